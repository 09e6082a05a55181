"""What is known of the pairs of a scenario, in lines that ``check`` and ``run`` share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pkinteract.model.expectation.evidence import PairEvidence

_TOGETHER = {
    "mechanism": "mechanism only, no studied ratio",
    "looked-for-none": "looked for, none found",
    "no-data": "no data",
}
"""Statuses whose pairs share a line, and what it calls them."""


def pair_lines(evidence: Sequence[PairEvidence]) -> Iterator[str]:
    """A head, what was studied and what is not modelled pair by pair, and the others by status; nothing of one drug."""
    if not evidence:
        return
    yield "what is known of each pair (with the grades of both drugs):"
    for row in evidence:
        if row.status == "studied":
            yield f"  {_pair(row)}: {_studied(row)}"
        elif row.status == "known-not-modelled":
            yield f"  {_pair(row)}: {_known(row)}"
    for status, name in _TOGETHER.items():
        mine = [_pair(row) for row in evidence if row.status == status]
        if mine:
            yield f"  {name}: {', '.join(mine)}"


def _pair(row: PairEvidence) -> str:
    return f"{row.perpetrator} on {row.victim} ({row.grade_perpetrator}, {row.grade_victim})"


def _studied(row: PairEvidence) -> str:
    ratios = f"{row.studies} ratio{'s' if row.studies > 1 else ''}"
    error = "own values, no fold error" if row.fold_error is None else f"fold error {row.fold_error:.2f}"
    return f"studied, {ratios} of {row.published_text}, {error}{_missed(row)}"


def _missed(row: PairEvidence) -> str:
    if row.worst is None:
        return ""
    of = "" if row.worst.analyte == row.victim else f" of {row.worst.analyte}"
    return f"; missed: {row.worst.study}{of}, {row.worst.observed:.3g} seen, {row.worst.predicted:.3g} predicted"


def _known(row: PairEvidence) -> str:
    """The published size, of what, by whom."""
    known = row.known
    if known is None or known.ratio is None:
        return "known, not modelled"
    size = row.published_text.replace(" to ", "- to ")
    note = f"; {known.note}" if known.note else ""
    return f"known, not modelled: {known.analyte} {size}-fold ({known.source}{note})"
