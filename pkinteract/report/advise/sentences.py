"""What an advice says in words: the fifth sentence of the answer, and what stands in the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pkinteract.advise.outcome import Advice
from pkinteract.advise.shares import PeopleAdvice
from pkinteract.advise.steps import PlannedDose, PlannedStep
from pkinteract.advise.types import Candidate, Task
from pkinteract.analytes import name_of
from pkinteract.export.tables.advise import clock, days_outside, ratio_span
from pkinteract.library import load_library
from pkinteract.report.run.phrases import day_text
from pkinteract.report.run.sentences import Label
from pkinteract.text.words import Words

OFTEN = 0.25
"""Share of the days outside the band from which another drug has to be found [1]."""

UNSETTLED = 0.05
"""Difference of the averages of the three days before the first change from which it is told [1]."""


def advice_sentences(
    advice: Advice,
    chosen: Candidate,
    steps: Sequence[PlannedStep],
    people: PeopleAdvice | None,
    words: Words,
    others: Sequence[str] = (),
) -> dict[Label, list[str]]:
    """When to measure; and what to do: the steps, what they lead to, what remains, and what virtual patients have.

    ``others`` are drugs whose levels change too, where nobody named the one whose doses are looked for.
    """
    measured = [_check(advice, step, step.check, words) for step in steps if step.check is not None]
    do = [
        *_needless(advice, chosen, words),
        *(_step(advice, step, words) for step in steps),
        *_outcome(advice, chosen, words),
        *_limit(advice, chosen, words),
        *([] if people is None else _people(people, words)),
        *_led(advice, words),
        *_moved_too(advice, others, words),
    ]
    return {"measure": measured, "do": do} if measured else {"do": do}


def _names(advice: Advice, words: Words) -> dict[str, object]:
    task = advice.task
    return {
        "drug": _given(task, words),
        "analyte": name_of(task.analyte.id, task.scenario, words.language),
        "unit": task.analyte.unit,
        "of": words.say(f"advise.{task.wanted.of}"),
    }


def _given(task: Task, words: Words) -> str:
    """What is given: the racemate, where the drug is a part of one."""
    taken = task.scenario.regimens
    for racemate in load_library().racemates:
        if task.drug in racemate.drugs and {regimen.drug for regimen in taken} >= set(racemate.drugs):
            return racemate.name if words.language == "de" else racemate.name.lower()
    return name_of(task.drug, task.scenario, words.language)


def _needless(advice: Advice, chosen: Candidate, words: Words) -> Iterator[str]:
    if not chosen.schedule and chosen.score.passes:
        low, high = ratio_span(advice, chosen)
        band, kept = advice.task.band, advice.task.wanted.keep is not None
        ends = {"low": low, "high": high} if kept else {"low": low * band.target, "high": high * band.target}
        yield words.say("advise.needless" if kept else "advise.needless-inside", **_names(advice, words), **ends)


def _step(advice: Advice, step: PlannedStep, words: Words) -> str:
    scenario = advice.task.scenario
    values = {**_names(advice, words), "day": day_text(scenario, step.time, words)}
    if all(dose.amount == 0 for dose in step.doses):
        return words.say("advise.pause", **values)
    doses = [_dose(advice, dose, words) for dose in step.doses]
    return words.say("advise.again" if step.back else "advise.step", **values, doses=words.listed(doses))


def _dose(advice: Advice, dose: PlannedDose, words: Words) -> str:
    made = "" if dose.tablets is None or not dose.tablets.parts else f" ({words.number(dose.tablets.text)})"
    if dose.every is not None:
        return words.say("advise.dose-every", amount=words.dose(dose.amount), tablets=made, every=dose.every)
    if advice.task.scenario.start is None:
        return words.say("advise.dose-times", amount=words.dose(dose.amount), tablets=made, count=len(dose.hours))
    times = words.listed([clock(hour) for hour in dose.hours])
    return words.say("advise.dose", amount=words.dose(dose.amount), tablets=made, times=times)


def _check(advice: Advice, step: PlannedStep, time: float, words: Words) -> str:
    day = day_text(advice.task.scenario, time, words)
    return words.say("advise.check", day=day, level=step.expected, **_names(advice, words))


def _outcome(advice: Advice, chosen: Candidate, words: Words) -> Iterator[str]:
    task = advice.task
    low, high = ratio_span(advice, chosen)
    none = next(one.candidate for one in advice.alternatives if one.name == "unchanged")
    ends = dict(zip(("lowest", "highest"), ratio_span(advice, none), strict=True))
    kept = "kept" if task.wanted.keep is not None else "inside"
    values = {**_names(advice, words), "low": low, "high": high, "first": task.band.low, "last": task.band.high, **ends}
    if chosen.schedule and chosen.score.passes:
        yield words.say(f"advise.{kept}", **values)
    elif not chosen.score.passes:
        count = days_outside(advice, chosen)
        yield words.say(f"advise.fails-{kept}", **values, days=count, of_days=int(advice.counted.sum()))
    if advice.unavoidable.any():
        early = chosen.levels[advice.unavoidable] / task.band.target
        key = "advise.unavoidable-one" if len(early) == 1 else "advise.unavoidable"
        yield words.say(key, count=len(early), least=float(early.min()), most=float(early.max()))
    if advice.stopped:
        yield words.say("advise.stopped", count=advice.seen)
    elif not advice.complete:
        yield words.say("advise.incomplete", count=advice.seen)
    if task.unsettled is not None and task.unsettled > UNSETTLED and task.wanted.keep is not None:
        yield words.say("advise.unsettled", **_names(advice, words), percent=100 * task.unsettled)


def _limit(advice: Advice, chosen: Candidate, words: Words) -> Iterator[str]:
    if chosen.score.passes or advice.stopped:
        return
    if advice.limits is None:
        yield words.say("advise.no-dose")
        return
    names, candidate = advice.limits.names, advice.limits.candidate
    low, high = ratio_span(advice, candidate)
    key = "advise.would-pass" if candidate.score.passes else "advise.would-help"
    limits = words.listed([words.say(f"limit.{name.replace(' ', '-')}") for name in names])
    yield words.say(key if len(names) == 1 else f"{key}-together", limit=limits, low=low, high=high)
    if days_outside(advice, chosen) < OFTEN * advice.counted.sum():
        return
    if any(advice.task.sizes[step.option] == 0 for step in chosen.schedule):
        yield words.say("advise.pause-or-another", **_names(advice, words))
    elif "highest dose" in names:
        yield words.say("advise.another")


def _people(people: PeopleAdvice, words: Words) -> Iterator[str]:
    for share in people.shares:
        if share.group == "all":
            yield words.say(
                f"advise.share-{share.outcome.replace('_', '-')}",
                count=share.patients,
                before=round(100 * share.unchanged),
                after=round(100 * share.advised),
            )


def _led(advice: Advice, words: Words) -> Iterator[str]:
    led_by = advice.task.scenario.monographs[advice.task.drug].dosing.led_by
    if led_by is not None:
        yield words.say("advise.led", led_by=led_by, **_names(advice, words))


def _moved_too(advice: Advice, others: Sequence[str], words: Words) -> Iterator[str]:
    if others:
        names = [name_of(drug, advice.task.scenario, words.language) for drug in others]
        yield words.say("advise.moved-too", **_names(advice, words), others=words.listed(names), other=others[0])
