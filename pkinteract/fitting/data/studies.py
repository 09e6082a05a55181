"""Published numbers -> series: the runs that they need, sampled where they need it, and what is made of the samples."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.fitting.data.series import analyte_of
from pkinteract.fitting.data.summary import PARTS, PublishedNumber, Span, StudyScenario, SummaryEntry
from pkinteract.fitting.predict.quantities import (
    CLEARANCES,
    MOMENTARY,
    TAIL,
    Measure,
    SummaryQuantity,
    nodes_of,
    quadrature_panels,
)
from pkinteract.fitting.types import Measurand, Series
from pkinteract.units import dimension_of, from_canonical


def summary_series(data: SummaryEntry) -> Iterator[Series]:
    """One series for all rows that share runs, directly or through rows between them."""
    for rows in _sharing_runs(data.rows):
        yield _series(data, rows)


def _sharing_runs(rows: Sequence[PublishedNumber]) -> list[list[PublishedNumber]]:
    """Rows that share a study, in the order of the first of each."""
    groups: list[tuple[set[int], list[PublishedNumber]]] = []
    for row in rows:
        mine = {id(span.study) for span in (row.span, row.reference) if span is not None}
        joined = [group for group in groups if group[0] & mine]
        apart = [group for group in groups if not group[0] & mine]
        members = [other for _, others in joined for other in others]
        merged = (mine.union(*(studies for studies, _ in joined)), [*members, row])
        groups = [*apart, merged] if not joined else [merged if group is joined[0] else group for group in groups]
        groups = [group for group in groups if group is merged or group not in joined]
    return [sorted(members, key=lambda row: row.line) for _, members in groups]


@dataclass(slots=True)
class _SampledStudy:
    """A study and what is sampled of it; ``samples`` are collected before they have a place."""

    study: StudyScenario
    analytes: list[Measurand] = field(default_factory=list)
    samples: list[Array] = field(default_factory=list)

    def column(self, analyte: Measurand) -> int:
        """Place of an analyte among those that are sampled."""
        if analyte not in self.analytes:
            self.analytes.append(analyte)
        return self.analytes.index(analyte)


def _series(data: SummaryEntry, rows: Sequence[PublishedNumber]) -> Series:
    spans = [span for row in rows for span in (row.span, row.reference) if span is not None]
    runs = {id(span.study): _SampledStudy(study=span.study) for span in spans}
    for row in rows:
        for span in (row.span, row.reference):
            if span is not None:
                runs[id(span.study)].samples += [nodes_of(_panels(row, span)).ravel(), _moments(row, span)]
    times = {key: np.unique(np.concatenate(run.samples)) for key, run in runs.items()}
    order = list(runs)

    def measure(row: PublishedNumber, span: Span) -> Measure:
        key = id(span.study)
        edges = _panels(row, span)
        moments = _moments(row, span)
        return Measure(
            kind=row.kind,
            run=order.index(key),
            columns=tuple(runs[key].column(analyte) for analyte in _sampled(row, span)),
            widths=np.diff(edges, axis=1)[:, 0],
            nodes=np.searchsorted(times[key], nodes_of(edges)),
            moments=np.searchsorted(times[key], moments),
            apart=float(moments[-1] - moments[0]) if len(moments) > 1 else 0.0,
            factor=_factor(row, span),
        )

    quantities = [
        SummaryQuantity(
            measure=measure(row, row.span), reference=None if row.reference is None else measure(row, row.reference)
        )
        for row in rows
    ]
    subject = spans[0].study.scenario.name
    solved = [_run(data, subject, run, times[key]) for key, run in runs.items()]
    shown = [_measurand(row) for row in rows]
    analytes = tuple(dict.fromkeys(shown))
    ends = [min(row.span.stop, row.span.study.end) for row in rows]
    when = np.unique(ends)
    widths = [row.precision.width(row.value, log=data.log) for row in rows]
    return Series(
        data=data.index,
        subject=subject,
        scenario=solved[0].scenario,
        patient=solved[0].patient,
        doses=solved[0].doses,
        analytes=analytes,
        times=when,
        rows=tuple(int(np.searchsorted(when, end)) for end in ends),
        columns=tuple(analytes.index(analyte) for analyte in shown),
        values=np.array([row.value for row in rows]),
        lines=tuple(row.line for row in rows),
        counts=np.array([row.precision.count for row in rows]) if data.weights == "n" else None,
        sds=np.array(widths, dtype=float) if data.weights == "sd" else None,
        runs=tuple(solved),
        quantities=tuple(quantities),
    )


def _run(data: SummaryEntry, subject: str, run: _SampledStudy, times: Array) -> Series:
    """The levels of a study at all times where a row needs one."""
    scenario = run.study.scenario
    count = len(run.analytes)
    return Series(
        data=data.index,
        subject=subject,
        scenario=scenario,
        patient=scenario.patient,
        doses=scenario.doses,
        analytes=tuple(run.analytes),
        times=times,
        rows=tuple(row for row in range(len(times)) for _ in range(count)),
        columns=tuple(column for _ in range(len(times)) for column in range(count)),
        values=np.empty(0),
        lines=(),
        steady=scenario.steady_state,
    )


def _measurand(row: PublishedNumber) -> Measurand:
    """What a row is called in tables and figures."""
    ratio = "" if row.reference is None else " ratio"
    return Measurand(id=f"{'/'.join(row.analytes)} {row.kind}{ratio}", unit=row.unit, parts=(), factors=())


def _sampled(row: PublishedNumber, span: Span) -> list[Measurand]:
    """What is sampled for a row: levels in the unit of the row, or a clearance [L/h]."""
    if row.kind in ("clearance", "formation_clearance"):
        parts = row.analytes[::-1]
        measure: Literal["clearance", "formation"] = "clearance" if row.kind == "clearance" else "formation"
        return [Measurand(id=row.analytes[0], unit="L/h", parts=parts, factors=(1.0,) * len(parts), measure=measure)]
    unit = PARTS.get(row.base, row.base.removesuffix("*h"))
    if row.kind in ("half_life", "oral_clearance"):
        unit = "mg/L"
    return [analyte_of(span.study.scenario, name, unit) for name in row.analytes]


def _panels(row: PublishedNumber, span: Span) -> Array:
    """Panels over the interval of a row; none where it takes single times only."""
    if row.kind in MOMENTARY or row.kind == "half_life":
        return np.empty((0, 2))
    return quadrature_panels(span.start, min(span.stop, span.study.end), span.study.jumps)


def _moments(row: PublishedNumber, span: Span) -> Array:
    """Single times that a row takes."""
    if row.kind in MOMENTARY:
        return np.array([span.start])
    if row.kind == "half_life":
        return np.array([span.start, span.stop])
    if math.isinf(span.stop):
        end = span.study.end
        last = max((time for time in span.study.jumps if time < end), default=span.start)
        return np.array([end - TAIL * (end - max(last, span.start)), end])
    return np.empty(0)


def _factor(row: PublishedNumber, span: Span) -> float:
    """What makes a measure the unit of its row: per kg of body weight, and times the dose of an oral clearance."""
    if row.kind == "half_life":
        return from_canonical(1.0, row.base)
    if row.kind not in CLEARANCES:
        return 1.0
    scenario = span.study.scenario
    states = [person for time, person in scenario.patients if time <= span.start]
    weight = (states or [scenario.patient])[-1].weight
    dose = sum(
        d.amount
        for d in scenario.doses
        if d.drug == row.analytes[0] and not d.missed and span.start - 1e-6 <= d.time < span.stop - 1e-6
    )
    per_weight = dimension_of(row.base) == "clearance per weight"
    factor = from_canonical(1.0, row.base) / (weight if per_weight else 1.0)
    return factor * (dose if row.kind == "oral_clearance" else 1.0)
