"""What is known of the pairs of a scenario, in lines that ``check`` and ``run`` share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.text.words import Words

_TOGETHER = ("mechanism", "looked-for-none", "no-data")
"""Statuses whose pairs share a line."""


def pair_lines(evidence: Sequence[PairEvidence], words: Words) -> Iterator[str]:
    """A head, what was studied and what is not modelled pair by pair, and the others by status; nothing of one drug."""
    if not evidence:
        return
    yield words.say("terminal.pairs")
    for pair in evidence:
        if pair.status == "studied":
            yield f"  {_pair(pair, words)}: {_studied(pair, words)}"
        elif pair.status == "known-not-modelled":
            yield f"  {_pair(pair, words)}: {_known(pair, words)}"
    for status in _TOGETHER:
        mine = [_pair(pair, words) for pair in evidence if pair.status == status]
        if mine:
            yield f"  {words.say(f'terminal.{status}')}: {', '.join(mine)}"


def published(pair: PairEvidence, words: Words, key: str = "terminal.to") -> str:
    """The published ratio, or the smallest and the largest of several; empty without one."""
    parts = [words.number(part) for part in pair.published_text.split(" to ")]
    return words.say(key, low=parts[0], high=parts[1]) if len(parts) == 2 else parts[0]


def _pair(pair: PairEvidence, words: Words) -> str:
    grades = f"{pair.grade_perpetrator}, {pair.grade_victim}"
    return words.say("terminal.pair", perpetrator=pair.perpetrator, victim=pair.victim, grades=grades)


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
