"""When to draw a level, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pkinteract.analysis import Answer
from pkinteract.analysis.levels import first_of_day
from pkinteract.analysis.moves import Move
from pkinteract.analysis.sampling import Sample, hours_after
from pkinteract.report.run.phrases import MOST, analyte_name, written_day
from pkinteract.scenario import Scenario
from pkinteract.text.words import Words


def _drawn(scenario: Scenario, sample: Sample, words: Words) -> str:
    """When a level is drawn: before a dose, or the hours after one that its range is of."""
    after = hours_after(scenario, sample)
    if after is not None:
        return words.say("measure.after", hours=after)
    return words.say("measure.first" if first_of_day(scenario, sample.analyte.parent) else "measure.any")


def measure_sentences(answer: Answer, together: Sequence[tuple[Move, Move | None]], words: Words) -> Iterator[str]:
    """When to draw a level, of what can be judged if anything can; a total and an unbound one from one sample."""
    scenario = answer.result.scenario
    unbound = {total.analyte.id: free.analyte.id for total, free in together if free is not None}
    drawn = {(sample.analyte.id, sample.time): sample for sample in answer.samples}
    second = {(free, time) for total, free in unbound.items() for id, time in drawn if id == total}
    first = [sample for sample in answer.samples if (sample.analyte.id, sample.time) not in second]
    judged = [sample for sample in first if sample.analyte.limited]
    for sample in (judged or first)[:MOST]:
        free = drawn.get((unbound.get(sample.analyte.id, ""), sample.time))
        values = {
            "analyte": analyte_name(answer, sample.analyte.id, words),
            "day": written_day(answer, sample.time, words),
            "dose": _drawn(scenario, sample, words),
            "level": sample.expected,
            "unit": sample.analyte.unit,
        }
        share = sample.share
        if share is not None and 0 < share <= 1.2:
            done = {**values, "share": round(100 * min(share, 1.0))}
            key = "share" if free is None else "share-unbound"
            yield words.say(f"measure.{key}", **done, **({} if free is None else {"free": free.expected}))
        else:
            yield words.say("measure.limit" if sample.why == "alert" else "measure.moving", **values)
