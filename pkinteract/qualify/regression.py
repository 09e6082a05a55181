"""Whether a summary got worse than the one that is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from pkinteract.qualify.measure import GroupSummary
from pkinteract.text.csv import read_table

ROUNDING = 0.005
"""Relative change of a fold error that is rounding: other versions of numpy and scipy, other processors [1]."""

ROWS = 1
"""Rows that may leave a limit unnoticed: one that lies on it crosses it by rounding."""


def kept_summaries(path: Path) -> tuple[GroupSummary, ...]:
    """A summary as it was written.

    Raises
    ------
    InputError
        When the file cannot be read, or is none.
    """
    types = {field.name: str(field.type) for field in fields(GroupSummary)}
    return tuple(
        GroupSummary(**{name: _typed(row[name], kind) for name, kind in types.items()})
        for _, row in read_table(path, types)
    )


def _typed(text: str, kind: str) -> Any:
    if kind == "str":
        return text
    if not text:
        return None
    return int(text) if kind == "int" else float(text)


def regressions(summaries: Sequence[GroupSummary], kept: Sequence[GroupSummary]) -> list[str]:
    """What got worse, one line each: groups gone, fewer rows, larger errors, fewer rows inside a limit."""
    mine = {(summary.by, summary.group): summary for summary in summaries}
    lines = []
    for old in kept:
        new = mine.get((old.by, old.group))
        name = f"{old.by} {old.group}"
        if new is None:
            lines.append(f"{name}: no row is simulated any more, {old.n + old.n_peak} ratios were")
            continue
        if new.n < old.n or new.n_peak < old.n_peak:
            counts = f"{new.n} and {new.n_peak} ratios of exposure and Cmax"
            lines.append(f"{name}: {counts}, {old.n} and {old.n_peak} were")
        for what, now, before in (("GMFE", new.gmfe, old.gmfe), ("GMFE of Cmax", new.gmfe_peak, old.gmfe_peak)):
            if now is not None and before is not None and now > before * (1 + ROUNDING):
                lines.append(f"{name}: {what} {now:.4g}, was {before:.4g}")
        for what, now, before in (
            ("Guest's limits", new.within_guest, old.within_guest),
            ("1.5-fold", new.within_close, old.within_close),
            ("twofold", new.within_twofold, old.within_twofold),
        ):
            if now is not None and before is not None and round(before * new.n) - round(now * new.n) > ROWS:
                lines.append(f"{name}: within {what} {now:.1%}, was {before:.1%}")
    return lines
