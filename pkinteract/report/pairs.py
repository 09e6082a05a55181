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
    for pair in evidence:
        if pair.status == "studied":
            yield f"  {_pair(pair)}: {_studied(pair)}"
        elif pair.status == "known-not-modelled":
            yield f"  {_pair(pair)}: {_known(pair)}"
    for status, name in _TOGETHER.items():
        mine = [_pair(pair) for pair in evidence if pair.status == status]
        if mine:
            yield f"  {name}: {', '.join(mine)}"


def _pair(pair: PairEvidence) -> str:
    return f"{pair.perpetrator} on {pair.victim} ({pair.grade_perpetrator}, {pair.grade_victim})"


def _studied(pair: PairEvidence) -> str:
    ratios = f"{pair.studies} ratio{'s' if pair.studies > 1 else ''}"
    error = "own values, no fold error" if pair.fold_error is None else f"fold error {pair.fold_error:.2f}"
    return f"studied, {ratios} of {pair.published_text}, {error}{_missed(pair)}"


def _missed(pair: PairEvidence) -> str:
    if pair.worst is None:
        return ""
    of = "" if pair.worst.analyte == pair.victim else f" of {pair.worst.analyte}"
    return f"; missed: {pair.worst.study}{of}, {pair.worst.observed:.3g} seen, {pair.worst.predicted:.3g} predicted"


def _known(pair: PairEvidence) -> str:
    """The published size, of what, by whom."""
    known = pair.known
    if known is None or known.ratio is None:
        return "known, not modelled"
    size = pair.published_text.replace(" to ", "- to ")
    note = f"; {known.note}" if known.note else ""
    return f"known, not modelled: {known.analyte} {size}-fold ({known.source}{note})"
