"""Doses that are allowed but not usual: outside the range of a day, or not to be made of what is sold."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pkinteract.library.schema.dosing import Strengths, milligrams
from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.values import Value
from pkinteract.scenario.doses import dose_count
from pkinteract.scenario.types import TOLERANCE, Course, Patient, Regimen
from pkinteract.text.remark import Remark, remark
from pkinteract.text.toml_lines import Key

ADULT = 18.0
"""Age from which the usual ranges hold [y]."""

MOST_PIECES = 40
"""More tablets than this at once are not looked for; the range of a day speaks of such a dose."""

MOST_STEPS = 100_000
"""Amounts of more steps than this, of the largest that all pieces are multiples of, are not looked at."""

GRAIN = 1e-6
"""Amounts that differ by less than this are the same [mg]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _ConstantDose:
    """A constant stretch of one course: what is taken a day [mg], as labelled on the default formulation.

    ``share`` is what 1 mg of the course's own ``form`` is there.
    """

    key: Key
    start: float
    stop: float
    daily: float
    oral: bool
    share: float
    form: str


def unusual_doses(
    regimens: Sequence[Regimen],
    monographs: Mapping[str, Monograph],
    patient: Patient,
    states: Sequence[tuple[float, Patient]],
) -> Iterator[tuple[Key, Remark]]:
    """What is unusual of the doses of a scenario, each at the key of its course; of ranges only in adults.

    Parameters
    ----------
    patient
        As the run begins.
    states
        The patient from a time [h] on, in order; none where dialysis replaces the kidneys.
    """
    for drug in dict.fromkeys(regimen.drug for regimen in regimens):
        monograph = monographs[drug]
        own = [
            (("regimen", r, "course", c), course)
            for r, regimen in enumerate(regimens)
            if regimen.drug == drug
            for c, course in enumerate(regimen.courses)
        ]
        if patient.age >= ADULT:
            yield from _range(own, monograph, patient.weight)
            yield from _kidneys(own, monograph, states)


def unmakeable_dose(course: Course, monograph: Monograph) -> Remark | None:
    """What to say of a course whose doses cannot be made of the usual strengths; None if they can."""
    strengths = monograph.dosing.strengths.get(course.formulation)
    if strengths is None:
        return None
    for amount in sorted({*course.levels, *(dose.amount for dose in course.clock)}):
        near = _nearest(amount, strengths)
        if near is not None:
            return remark(
                "remark.unmakeable" if len(near) == 1 else "remark.unmakeable-between",
                amount=amount,
                drug=monograph.id,
                formulation=course.formulation,
                sold=strengths.amounts,
                whole=_broken(strengths),
                **dict(zip(("nearest", "next"), near, strict=False)),
                rounded=remark("remark.round-to") if len(course.levels) > 1 else "",
            )
    return None


def _range(courses: Sequence[tuple[Key, Course]], monograph: Monograph, weight: float) -> Iterator[tuple[Key, Remark]]:
    dosing = monograph.dosing
    low, high, once = (_mg(value, weight) for value in (dosing.low, dosing.high, dosing.single_high or dosing.high))
    most = _mg(dosing.most, weight)
    if high is not None and most is not None:
        high = min(high, most)
    for key, course in courses:
        share = _as_default(course, monograph)
        amount = _amounts(course)[0] * share
        if dose_count(course) == 1 and once is not None and amount > once + GRAIN:
            sentence = "remark.once" if dosing.single_high else "remark.once-day"
            usual = once if dosing.single_high else _span(low, high)
            given = _amount(amount, {(share, course.formulation)}, monograph)
            yield key, remark(sentence, drug=monograph.id, amount=given, day=course.start / 24, usual=usual)
    stretches = _repeated(courses, monograph)
    reached, forms = 0.0, set[tuple[float, str]]()
    said: set[Key] = set()
    for stretch, running in _totals(stretches):
        daily = sum(one.daily for one in running)
        if daily > reached:
            reached, forms = daily, _forms(running)
        if high is not None and daily > high + GRAIN and stretch.key not in said:
            said.add(stretch.key)
            yield (
                stretch.key,
                remark(
                    "remark.above" if most is None or daily <= most + GRAIN else "remark.far-above",
                    drug=monograph.id,
                    daily=_amount(daily, _forms(running), monograph),
                    day=stretch.start / 24,
                    usual=_span(low, high),
                    ceiling="" if most is None else remark("remark.ceiling", most=most),
                ),
            )
    oral = next((stretch for stretch in stretches if stretch.oral), None)
    if low is not None and oral is not None and reached < min(low, _mg(dosing.start, weight) or low) - GRAIN:
        most_taken = _amount(reached, forms, monograph)
        yield oral.key, remark("remark.below", drug=monograph.id, reached=most_taken, usual=_span(low, high))


def _kidneys(
    courses: Sequence[tuple[Key, Course]], monograph: Monograph, states: Sequence[tuple[float, Patient]]
) -> Iterator[tuple[Key, Remark]]:
    """Repeated doses above the highest of kidneys that fail, once for each course and limit."""
    if not monograph.dosing.kidneys:
        return
    stretches = _repeated(courses, monograph)
    coming = deque(sorted(stretches, key=lambda one: one.start))
    taken: list[_ConstantDose] = []
    said: set[tuple[Key, float]] = set()
    for time in sorted({*(stretch.start for stretch in stretches), *(time for time, _ in states)}):
        while coming and coming[0].start <= time + TOLERANCE:
            taken.append(coming.popleft())
        taken = [one for one in taken if one.stop > time + TOLERANCE]
        patient = next((state for begin, state in reversed(states) if begin <= time + TOLERANCE), None)
        limit = None if patient is None else monograph.dosing.kidney_limit(patient.creatinine_clearance)
        if not taken or patient is None or limit is None:
            continue
        daily, most = sum(one.daily for one in taken), milligrams(limit.most, patient.weight)
        key = max(taken, key=lambda one: one.start).key
        if daily > most + GRAIN and (key, limit.clearance) not in said:
            said.add((key, limit.clearance))
            note = "" if limit.most.note is None else remark("remark.note", note=limit.most.note)
            yield (
                key,
                remark(
                    "remark.kidney-limit",
                    drug=monograph.id,
                    daily=_amount(daily, _forms(taken), monograph),
                    day=time / 24,
                    most=most,
                    clearance=limit.clearance,
                    note=note,
                ),
            )


def _repeated(courses: Sequence[tuple[Key, Course]], monograph: Monograph) -> list[_ConstantDose]:
    """The constant stretches of the courses of more than one dose."""
    return [
        stretch
        for key, course in courses
        if dose_count(course) > 1
        for stretch in _stretches(key, course, _as_default(course, monograph))
    ]


def _totals(stretches: Sequence[_ConstantDose]) -> Iterator[tuple[_ConstantDose, tuple[_ConstantDose, ...]]]:
    """Each stretch as it begins, with all that are taken from then on; of two that begin together the later."""
    running: list[_ConstantDose] = []
    for _, begins, stretch in sorted(
        [(stretch.stop - TOLERANCE, False, stretch) for stretch in stretches]
        + [(stretch.start, True, stretch) for stretch in stretches],
        key=lambda event: event[0],
    ):
        if begins:
            running.append(stretch)
            yield stretch, tuple(running)
        else:
            running.remove(stretch)


def _forms(stretches: Sequence[_ConstantDose]) -> set[tuple[float, str]]:
    """What 1 mg of each formulation is on the default one, and the formulation."""
    return {(one.share, one.form) for one in stretches}


def _amount(amount: float, forms: set[tuple[float, str]], monograph: Monograph) -> Remark:
    """An amount on the default formulation [mg]: as it was written, with what it counts as where that is another."""
    usual = _form(str(monograph.default_formulation), monograph)
    if all(math.isclose(share, 1.0, rel_tol=1e-9) for share, _ in forms):
        return remark("remark.amount", amount=_rounded(amount))
    if len(forms) > 1:
        return remark("remark.amount-together", amount=_rounded(amount), usual=usual)
    ((share, form),) = forms
    written = {"written": _rounded(amount / share), "form": _form(form, monograph)}
    return remark("remark.amount-counted", **written, amount=_rounded(amount), usual=usual)


def _form(name: str, monograph: Monograph) -> str:
    """A formulation with its salt."""
    form = monograph.absorption.get(name)
    return name if form is None or form.salt is None else f"{name}, {form.salt}"


def _rounded(amount: float) -> float:
    """An amount to four digits; to three where it has more of them [mg]."""
    four = float(f"{amount:.4g}")
    return four if math.isclose(four, amount, rel_tol=1e-9) else float(f"{amount:.3g}")


def _stretches(key: Key, course: Course, share: float) -> Iterator[_ConstantDose]:
    """A stretch per level of a taper, or one."""
    alike: dict[str, Any] = {"key": key, "oral": course.route == "oral", "share": share, "form": course.formulation}
    if course.every is None or course.level_length is None:
        daily = sum(_amounts(course)) * (1.0 if course.every is None else 24 / course.every)
        yield _ConstantDose(**alike, start=course.start, stop=course.stop, daily=daily * share)
        return
    for k, level in enumerate(course.levels):
        start = course.start + k * course.level_length
        stop = course.stop if k == len(course.levels) - 1 else start + course.level_length
        yield _ConstantDose(**alike, start=start, stop=stop, daily=level * 24 / course.every * share)


def _amounts(course: Course) -> tuple[float, ...]:
    return course.levels or tuple(dose.amount for dose in course.clock)


def _as_default(course: Course, monograph: Monograph) -> float:
    """Labelled amount on the default formulation that holds as much free drug as 1 mg of the course's."""
    factors = [
        1.0 if form is None or form.salt_factor is None else form.salt_factor.canonical
        for form in (
            monograph.absorption[course.formulation],
            monograph.absorption.get(str(monograph.default_formulation)),
        )
    ]
    return factors[0] / factors[1]


def most_a_day(course: Course, monograph: Monograph, patient: Patient, clearance: float | None) -> float | None:
    """Highest lasting dose a day of an adult, as labelled on the formulation of a course [mg]; None if none is known.

    ``clearance`` is that of creatinine [mL/min]; None where kidneys count as normal.
    """
    most = monograph.dosing.limit(patient.weight, clearance, lasting=True)
    return None if most is None else most / _as_default(course, monograph)


def _mg(value: Value | None, weight: float) -> float | None:
    return None if value is None else milligrams(value, weight)


def _span(low: float | None, high: float | None) -> Remark:
    if low is None or high is None:
        return remark("remark.least", low=low) if low is not None else remark("remark.most", high=high)
    return remark("remark.equal", low=low) if low == high else remark("remark.span", low=low, high=high)


def _broken(strengths: Strengths) -> Remark:
    """Which tablets count in halves too."""
    if not strengths.halved:
        return remark("remark.whole")
    if strengths.halved == strengths.amounts:
        return remark("remark.halves")
    return remark("remark.halves-of", halved=strengths.halved)


def _nearest(amount: float, strengths: Strengths) -> tuple[float, ...] | None:
    """None if whole tablets, and halves where they may be broken, add up to an amount [mg]; else its neighbours."""
    pieces = [round(mg / GRAIN) for mg in (*strengths.amounts, *(mg / 2 for mg in strengths.halved))]
    step = math.gcd(*pieces)
    wanted = amount / GRAIN / step
    if wanted > min(MOST_PIECES * max(pieces) / step, MOST_STEPS):
        return None
    coins = [piece // step for piece in pieces]
    sums = [True] + [False] * (int(wanted) + max(coins))
    for total in range(1, len(sums)):
        sums[total] = any(coin <= total and sums[total - coin] for coin in coins)
    if abs(wanted - round(wanted)) * step < 1 and round(wanted) < len(sums) and sums[round(wanted)]:
        return None
    below = [n for n in range(1, int(wanted) + 1) if sums[n]][-1:]
    above = [n for n in range(int(wanted) + 1, len(sums)) if sums[n]][:1]
    return tuple(n * step * GRAIN for n in (*below, *above))
