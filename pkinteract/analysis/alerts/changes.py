"""Levels that change while their own dose stays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from pkinteract.analysis.alerts.types import Alert, Severity
from pkinteract.analysis.moves import Move, running
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
    """Every move by more than ``FAR``; what a sum is judged by is told of the sum alone."""
    summed = {part for analyte in result.analytes if len(analyte.parts) > 1 for part in analyte.parts}
    for move in moves:
        if abs(move.extreme / move.before - 1) > FAR and move.analyte.id not in summed:
            yield _change(result, move)
            yield from _unjudged(result, move)
            if move.extreme < move.before:
                yield from _contraception(result, move)


def _change(result: Result, move: Move) -> Alert:
    """How far it moves; that less of a metabolite is formed, which nothing judges, is a note."""
    times, averages = running(result.curves[move.place], move.cause, move.stop, move.before)
    away = np.abs(averages / move.before - 1) > FAR
    ratio = move.extreme / move.before
    rises, comes_back = ratio > 1, move.returns
    judged = move.analyte.low is not None or move.analyte.high is not None
    byproduct = move.analyte.id != move.analyte.parent and len(move.analyte.parts) == 1 and not judged
    severity: Severity = "grave" if max(ratio, 1 / max(ratio, 1e-12)) >= GRAVE else "warning"
    values: dict[str, object] = {
        "analyte": move.analyte.id,
        "before": move.before,
        "after": move.extreme,
        "unit": move.analyte.unit,
        "fold": ratio,
        "share": 100 * ratio,
        "day": move.extreme_time / 24,
    }
    return Alert(
        start=float(times[away][0]),
        stop=float(times[away][-1]),
        severity="note" if byproduct and not rises else severity,
        analyte=move.analyte.id,
        rule="change",
        sentence=("peaks" if comes_back else "rise") if rises else ("dips" if comes_back else "fall"),
        values=values,
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
    """How long a contraceptive that inducers lower is not relied on."""
    scenario = result.scenario
    monograph = scenario.monographs[move.analyte.parent]
    if monograph.group != CONTRACEPTIVE or move.analyte.id != move.analyte.parent:
        return
    enzymes = {pathway.enzyme for pathway in monograph.elimination.pathway} | set(monograph.gut_proteins)
    inducers = [drug for drug in scenario.dosed if enzymes & set(scenario.monographs[drug].induces)]
    taken = [dose.time for dose in scenario.doses if dose.drug in inducers and not dose.missed]
    if not taken:
        return
    until = max(taken) / 24 + PROTECTION
    ends = max(taken) < scenario.duration - 72
    yield Alert(
        start=move.cause,
        stop=min(until * 24, scenario.duration) if ends else scenario.duration,
        severity="grave",
        analyte=move.analyte.id,
        rule="contraception",
        sentence="contraception" if ends else "contraception-open",
        values={
            "drug": move.analyte.parent,
            "share": 100 * move.extreme / move.before,
            "inducers": inducers,
            "day": until,
        },
    )
