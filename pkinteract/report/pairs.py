"""What is known of every two drugs, in lines for ``check`` and ``run``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.scenario import Scenario
from pkinteract.text.words import Words

WIDTH = 108
"""Longest line; those who print it indent it by two."""

_TOGETHER = ("mechanism", "looked-for-none", "no-data")
"""Statuses whose pairs are counted."""


def pair_lines(evidence: Sequence[PairEvidence], words: Words, table: str | None = None) -> Iterator[str]:
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
    yield words.say("terminal.pairs")
    grades = {pair.perpetrator: pair.grade_perpetrator for pair in evidence}
    listed = ", ".join(f"{drug} {grade}" for drug, grade in grades.items())
    yield from _wrapped(words.say("terminal.grades", grades=listed))
    for pair in evidence:
        if pair.status == "studied":
            yield from _wrapped(f"{_pair(pair, words)}: {_studied(pair, words)}")
        elif pair.status == "known-not-modelled":
            yield from _wrapped(f"{_pair(pair, words)}: {_known(pair, words)}")
    where = "" if table is None else words.say("terminal.in", table=table)
    for status in _TOGETHER:
        victims: dict[str, list[str]] = {}
        for pair in evidence:
            if pair.status == status:
                victims.setdefault(pair.perpetrator, []).append(pair.victim)
        count = sum(map(len, victims.values()))
        if not count:
            continue
        what = words.say(f"terminal.{status}")
        yield "  " + words.say("terminal.counted", what=what, count=count, all=len(evidence), where=where)
        for perpetrator, others in victims.items() if table is None else ():
            everyone = len(others) == len(grades) - 1 > 1
            named = words.say("terminal.each") if everyone else ", ".join(others)
            text = words.say("terminal.pair", perpetrator=perpetrator, victim=named)
            yield from _wrapped(text, indent="    ")


def taken_lines(scenario: Scenario, words: Words) -> Iterator[str]:
    """What else is taken, of which nothing is said."""
    if scenario.not_modelled:
        yield from _wrapped(words.say("terminal.taken", drugs=", ".join(scenario.not_modelled)), indent="")


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


def published(pair: PairEvidence, words: Words, key: str = "terminal.to") -> str:
    """The published ratio, or the smallest and the largest of several; empty without one."""
    parts = [words.number(part) for part in pair.published_text.split(" to ")]
    return words.say(key, low=parts[0], high=parts[1]) if len(parts) == 2 else parts[0]


def _pair(pair: PairEvidence, words: Words) -> str:
    return words.say("terminal.pair", perpetrator=pair.perpetrator, victim=pair.victim)


def _studied(pair: PairEvidence, words: Words) -> str:
    ratios = words.say("terminal.ratios", count=pair.studies) if pair.studies > 1 else words.say("terminal.one")
    fold = None if pair.fold_error is None else words.number(f"{pair.fold_error:.2f}")
    error = words.say("terminal.own") if fold is None else words.say("terminal.error", fold=fold)
    missed = _missed(pair, words)
    return words.say("terminal.studied", ratios=ratios, published=published(pair, words), error=error, missed=missed)


def _missed(pair: PairEvidence, words: Words) -> str:
    worst = pair.worst
    if worst is None:
        return ""
    of = "" if worst.analyte == pair.victim else words.say("terminal.of", analyte=worst.analyte)
    seen, predicted = (words.number(f"{ratio:.3g}") for ratio in (worst.observed, worst.predicted))
    return words.say("terminal.missed", study=worst.study, of=of, observed=seen, predicted=predicted)


def _known(pair: PairEvidence, words: Words) -> str:
    """The published size, of what, by whom."""
    known = pair.known
    if known is None or known.ratio is None:
        return words.say("terminal.known")
    source = f"{pair.source}; {known.note}" if known.note else pair.source
    size = published(pair, words, "terminal.range")
    return words.say("terminal.size", analyte=known.analyte, published=size, source=source)
