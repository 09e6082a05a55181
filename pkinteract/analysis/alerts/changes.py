"""Levels that change while their own dose stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np

from pkinteract.analysis.alerts.types import GRAVITY, Alert, Severity
from pkinteract.analysis.causes import acts_on, is_dialysed
from pkinteract.analysis.drift import causes_of_move, course_of, doses_with, effect_beside_drift, unknown_part
from pkinteract.analysis.exposure import PRESENT, highest_level
from pkinteract.analysis.moves import Move, displacements, running
from pkinteract.analysis.settled import DAY, mean
from pkinteract.model.expectation.intake import family_of
from pkinteract.result import Result

FAR = 0.3
"""Relative change of the average of a day from which it is told [1]."""

GRAVE = 2.0
"""Fold change from which it is grave [1]."""

PROTECTION = 28.0
"""Days after the last dose of an inducer until which a contraceptive is not relied on, as product texts say [d]."""

CONTRACEPTIVE = "contraceptive"
"""Group of the monographs of contraceptives."""


def change_alerts(result: Result, moves: Iterable[Move]) -> Iterator[Alert]:
    """Every move by more than ``FAR``; what a sum is judged by is told of the sum alone.

    That a level goes on by itself to where it settles is a note.
    """
    summed = {part for analyte in result.analytes if len(analyte.parts) > 1 for part in analyte.parts}
    known = list(moves)
    displaced = dict(displacements(result, known))
    for move in known:
        if unknown_part(result, move):
            continue
        causes = () if move.steady else causes_of_move(result, move)
        settles = not (move.steady or move.returns or causes or is_dialysed(result.scenario, move.analyte.parent))
        effect = effect_beside_drift(result, move, causes)
        ratio = move.extreme / move.before if effect is None else effect
        if move in displaced:
            yield _displaced(move, displaced[move])
        elif abs(ratio - 1) > FAR and move.analyte.id not in summed:
            alert = _change(result, move) if effect is None else _drifting(result, move, effect)
            yield replace(alert, severity="note", sentence="settling") if settles else alert
            yield from _unjudged(result, move)
            yield from _contraception(result, move)


def _change(result: Result, move: Move) -> Alert:
    """How far it moves."""
    times, averages = running(result, move.place, (move.cause, move.stop), move.round)
    away = np.abs(averages / move.before - 1) > FAR
    reached = move.target if abs(move.ratio - 1) > FAR else move.extreme
    ratio = reached / move.before
    values: dict[str, object] = {
        "analyte": move.analyte.id,
        "before": move.before,
        "after": reached,
        "unit": move.analyte.unit,
        "average": move.round,
        "fold": ratio,
        "share": 100 * ratio,
        "day": move.extreme_time / 24,
    }
    return Alert(
        start=float(times[away][0]),
        stop=float(times[away][-1]),
        severity=_severity(move, ratio),
        analyte=move.analyte.id,
        rule="change",
        sentence=course_of(move, ratio),
        values={**values, "end": move.after} if move.returns and not move.back else values,
    )


def _drifting(result: Result, move: Move, effect: float) -> Alert:
    """What changes of something else make of a level on a way of its own; less grave where its dose makes up for it."""
    dosed = doses_with(result, move)
    ratios = (effect, move.ratio) if dosed else (effect,)
    values: dict[str, object] = {
        "analyte": move.analyte.id,
        "before": move.before,
        "after": move.target,
        "unit": move.analyte.unit,
        "average": move.round,
        "fold": effect,
    }
    return Alert(
        start=move.cause,
        stop=move.stop,
        severity=max((_severity(move, ratio) for ratio in ratios), key=GRAVITY.__getitem__),
        analyte=move.analyte.id,
        rule="change",
        sentence="dosed" if dosed else "drifting",
        values=values,
    )


def _severity(move: Move, ratio: float) -> Severity:
    """How grave a fold change is; less of a metabolite that nothing judges is a note."""
    judged = move.analyte.low is not None or move.analyte.high is not None
    byproduct = move.analyte.id != move.analyte.parent and len(move.analyte.parts) == 1 and not judged
    if byproduct and ratio <= 1:
        return "note"
    return "grave" if max(ratio, 1 / max(ratio, 1e-12)) >= GRAVE else "warning"


def _displaced(total: Move, free: Move) -> Alert:
    """A total level that falls and invites a higher dose, beside the unbound one, which does not."""
    low, high = free.analyte.low, free.analyte.high
    values: dict[str, object] = {
        "analyte": total.analyte.id,
        "share": 100 * total.after / total.before,
        "before": total.before,
        "after": total.after,
        "unit": total.analyte.unit,
        "free_before": free.before,
        "free_after": free.after,
        "free_unit": free.analyte.unit,
    }
    judged = low is not None and high is not None
    return Alert(
        start=total.cause,
        stop=total.stop,
        severity="warning",
        analyte=total.analyte.id,
        rule="displaced",
        sentence="displaced" if judged else "displaced-unjudged",
        values={**values, "low": low, "high": high} if judged else values,
    )


def cycle_alerts(result: Result) -> Iterator[Alert]:
    """Levels that go up and down with the phases of another drug's cycle, by the last whole round of the run.

    Of drugs in one cycle, such as those of a pill, one that acts on the level itself is named.
    Those of drugs that are taken in a cycle themselves go up and down with their own.
    """
    scenario = result.scenario
    summed = {part for analyte in result.analytes if len(analyte.parts) > 1 for part in analyte.parts}
    courses = [(regimen.drug, course) for regimen in scenario.regimens for course in regimen.courses]
    cycled = {drug for drug, course in courses if course.cycle is not None}
    together: dict[tuple[float, float, tuple[float, float]], list[str]] = {}
    for drug, course in courses:
        if course.cycle is not None:
            together.setdefault((course.start, min(course.stop, scenario.duration), course.cycle), []).append(drug)
    for (start, end, cycle), drugs in together.items():
        length = sum(cycle)
        rounds = int((end - start) / length + 1e-9)
        begin = start + (rounds - 1) * length
        if rounds < 1 or min(cycle) < DAY or begin < scenario.first_time or end <= 0:
            continue
        stop = begin + cycle[0]
        for analyte, curve in zip(result.analytes, result.curves, strict=True):
            beside, without = mean(curve, stop - DAY, stop), mean(curve, begin + length - DAY, begin + length)
            least = PRESENT * highest_level(curve)
            if analyte.parent in cycled or analyte.id in summed or min(beside, without) <= least:
                continue
            fold = max(beside, without) / min(beside, without)
            if fold - 1 > FAR:
                victims = set(family_of(scenario, analyte.parent))
                drug = next((drug for drug in drugs if acts_on(scenario, drug, victims)), drugs[0])
                yield Alert(
                    start=max(start, 0.0),
                    stop=end,
                    severity="grave" if fold >= GRAVE else "warning",
                    analyte=analyte.id,
                    rule="cycle",
                    sentence="cycle",
                    values={
                        "analyte": analyte.id,
                        "drug": drug,
                        "beside": beside,
                        "without": without,
                        "unit": analyte.unit,
                        "fold": without / beside,
                    },
                )


def single_dose_alerts(result: Result) -> Iterator[Alert]:
    """Equal single doses of a drug, each alone: areas over the time that all are followed, against the first one's."""
    scenario = result.scenario
    for drug in scenario.dosed:
        courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
        doses = [dose for dose in scenario.doses if dose.drug == drug and not dose.missed]
        alike = {(dose.free, dose.formulation, dose.route, dose.food) for dose in doses}
        if not all(course.single for course in courses) or len(doses) < 2 or len(alike) > 1:
            continue
        times = [dose.time for dose in doses]
        followed = min(other - one for one, other in pairwise([*times, scenario.duration]))
        curve = result.curve(drug)
        least = PRESENT * highest_level(curve)
        if followed < DAY or any(float(curve.value(time)) > least for time in times):
            continue
        first, *areas = (float(curve.integral(time, time + followed)) for time in times)
        for time, area in zip(times[1:], areas, strict=True):
            fold = area / first
            if abs(fold - 1) > FAR:
                yield Alert(
                    start=time,
                    stop=time + followed,
                    severity="grave" if max(fold, 1 / max(fold, 1e-12)) >= GRAVE else "warning",
                    analyte=drug,
                    rule="single-dose",
                    sentence="single-dose",
                    values={
                        "drug": drug,
                        "fold": fold,
                        "first": times[0] / 24,
                        "day": time / 24,
                        "days": followed / 24,
                    },
                )


def _unjudged(result: Result, move: Move) -> Iterator[Alert]:
    """That nothing is known to judge a drug, or a sum, by."""
    analyte = move.analyte
    own = analyte.id == analyte.parent or len(analyte.parts) > 1
    if own and analyte.low is None and analyte.high is None and analyte.alert is None:
        yield Alert(
            start=move.cause,
            stop=move.stop,
            severity="note",
            analyte=analyte.id,
            rule="no-range",
            sentence="no-range",
            values={"analyte": analyte.id},
        )


def _contraception(result: Result, move: Move) -> Iterator[Alert]:
    """How long a contraceptive that inducers lower, or have lowered, is not relied on."""
    scenario = result.scenario
    monograph = scenario.monographs[move.analyte.parent]
    if monograph.group != CONTRACEPTIVE or move.analyte.id != move.analyte.parent:
        return
    enzymes = {pathway.enzyme for pathway in monograph.elimination.pathway} | set(monograph.gut_proteins)
    inducers = [
        drug
        for drug in scenario.dosed
        if any(enzymes & set(scenario.monographs[part].induces) for part in family_of(scenario, drug))
    ]
    taken = [dose.time for dose in scenario.doses if dose.drug in inducers and not dose.missed]
    if not taken:
        return
    until = max(taken) / 24 + PROTECTION
    ends = max(taken) < scenario.duration - 72
    recovers = move.extreme > move.before
    if recovers and not move.cause - DAY <= max(taken) <= move.extreme_time:
        return
    yield Alert(
        start=move.cause,
        stop=min(until * 24, scenario.duration) if ends else scenario.duration,
        severity="warning" if recovers else "grave",
        analyte=move.analyte.id,
        rule="contraception",
        sentence="contraception-recovers" if recovers else "contraception" if ends else "contraception-open",
        values={
            "drug": move.analyte.parent,
            "share": 100 * move.extreme / move.before,
            "inducers": inducers,
            "day": until,
        },
    )
