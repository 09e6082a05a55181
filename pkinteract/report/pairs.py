"""What is known of the pairs of a scenario, and what is taken that is not modelled: lines of several commands."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.scenario import Scenario

WIDTH = 108
"""Longest line; those who print it indent it by two."""

_TOGETHER = {
    "mechanism": "mechanism only, no studied ratio",
    "looked-for-none": "looked for, none found",
    "no-data": "no data",
}
"""Statuses whose pairs are counted, and what the lines call them."""


def pair_lines(evidence: Sequence[PairEvidence], table: str | None = None) -> Iterator[str]:
    """A head, the grades, what was studied and what is not modelled pair by pair, and how many pairs the others are.

    Parameters
    ----------
    evidence
        What is known of each pair; no line comes of one drug.
    table
        The file that has the pairs which are only counted; they are listed by perpetrator if left out.
    """
    if not evidence:
        return
    yield "what is known of each pair:"
    grades = {pair.perpetrator: pair.grade_perpetrator for pair in evidence}
    yield from _wrapped(f"grades of evidence: {', '.join(f'{drug} {grade}' for drug, grade in grades.items())}")
    for pair in evidence:
        name = f"{pair.perpetrator} on {pair.victim}"
        if pair.status == "studied":
            yield from _wrapped(f"{name}: {_studied(pair)}")
        elif pair.status == "known-not-modelled":
            yield from _wrapped(f"{name}: {_known(pair)}")
    for status, what in _TOGETHER.items():
        victims: dict[str, list[str]] = {}
        for pair in evidence:
            if pair.status == status:
                victims.setdefault(pair.perpetrator, []).append(pair.victim)
        count = sum(map(len, victims.values()))
        if count:
            yield f"  {what}: {count} of {len(evidence)} pairs{'' if table is None else f', in {table}'}"
            for perpetrator, others in victims.items() if table is None else ():
                everyone = len(others) == len(grades) - 1 > 1
                named = "each of the others" if everyone else ", ".join(others)
                yield from _wrapped(f"{perpetrator} on {named}", indent="    ")


def taken_lines(scenario: Scenario) -> Iterator[str]:
    """What else is taken, of which nothing is said."""
    if scenario.not_modelled:
        others = ", ".join(scenario.not_modelled)
        yield from _wrapped(f"taken but not in the model, nothing is said of their interactions: {others}", indent="")


def _wrapped(text: str, indent: str = "  ") -> list[str]:
    """A text in lines, the second and later ones set in."""
    return wrap(
        text,
        WIDTH,
        initial_indent=indent,
        subsequent_indent=f"{indent}  ",
        break_on_hyphens=False,
        break_long_words=False,
    )


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
