"""Which studies of a table are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pkinteract.errors import InputError, Problem, did_you_mean
from pkinteract.library.evidence.studies import Study


def choose(
    studies: Sequence[Study], table: Path, *, perpetrator: str | None, victim: str | None, row: str | None
) -> tuple[Study, ...]:
    """Studies of a perpetrator, of a victim, and of an id; all where none is named.

    Raises
    ------
    InputError
        When no row has what is named, or none has all of it.
    """
    named = {
        "--perpetrator": (perpetrator, {drug for study in studies for drug in study.perpetrators}),
        "--victim": (victim, {study.victim for study in studies}),
        "--row": (row, {study.id for study in studies}),
    }
    found = [
        Problem(line=None, key=key, message=_unknown(wanted, known))
        for key, (wanted, known) in named.items()
        if wanted is not None and wanted not in known
    ]
    if found:
        raise InputError(table, found)
    chosen = tuple(
        study
        for study in studies
        if (perpetrator is None or perpetrator in study.perpetrators)
        and (victim is None or victim == study.victim)
        and (row is None or row == study.id)
    )
    if not chosen:
        text = f"no row has {' and '.join(wanted for wanted, _ in named.values() if wanted)} together; leave one out"
        raise InputError(table, [Problem(line=None, key="", message=text)])
    return chosen


def _unknown(wanted: str, known: set[str]) -> str:
    return f'"{wanted}" stands in no row of the table; {did_you_mean(wanted, sorted(known))}'
