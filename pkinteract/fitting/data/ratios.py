"""Published interaction studies of the library's evidence table -> rows of a fit: ratios of areas and of peaks."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from pkinteract.errors import InputError, PkinteractError
from pkinteract.fitting.data.summary import PublishedNumber, Span, SummaryEntry, study_of
from pkinteract.fitting.data.weights import MeasurementPrecision
from pkinteract.library import Library, load_library
from pkinteract.library.evidence import studies as published
from pkinteract.library.evidence.ratios import RATIOS
from pkinteract.qualify.design import plan
from pkinteract.qualify.exposure import expose

_ROOM = 2.0
"""How much longer an arm to infinity runs than the library's own values ask for, as a trial may clear more slowly."""


@dataclass(frozen=True, kw_only=True)
class SimulatedRatios:
    """The rows of the studies that could be simulated, and why others could not."""

    summary: SummaryEntry
    failures: tuple[str, ...]


def ratio_rows(studies: Iterable[published.Study], index: int) -> SimulatedRatios:
    """A row per ratio of exposure that was published, each against its own control arm.

    Parameters
    ----------
    index
        Position of the data set in the fit file.
    """
    library = load_library()
    numbers: list[PublishedNumber] = []
    failures: list[str] = []
    for study in studies:
        lacking = [drug for drug in (*study.drugs, *study.measured) if drug not in library.files]
        if lacking:
            failures.append(f"{study.id}: no monograph of {', '.join(dict.fromkeys(lacking))}")
            continue
        try:
            numbers += _rows(study, library)
        except InputError as error:
            failures.append(f"{study.id}: {error.problems[0].key} {error.problems[0].message}")
        except (PkinteractError, ValueError) as error:
            failures.append(f"{study.id}: {error}")
    return SimulatedRatios(
        summary=SummaryEntry(index=index, path=RATIOS, rows=tuple(numbers), log=True, weights="none"),
        failures=tuple(failures),
    )


def _rows(study: published.Study, library: Library) -> Iterator[PublishedNumber]:
    if study.exposure is None or study.metric == "trough":
        return
    control = _span(study, study.control, library)
    treatment = _span(study, study.treatment, library)
    yield PublishedNumber(
        line=study.line,
        kind="auc",
        analytes=(study.analyte,),
        span=treatment,
        reference=control,
        value=study.exposure.ratio,
        unit="1",
        base="mg/L*h",
        precision=MeasurementPrecision(),
    )


def _span(study: published.Study, arm: published.Arm, library: Library) -> Span:
    """The window of an arm in a run that is long enough for it."""
    planned = plan(study, arm, library)
    start, stop = planned.window
    end = stop
    if math.isinf(stop):
        _, result = expose(planned, library)
        end = start + _ROOM * (result.scenario.duration - start)
    scenario = replace(planned.scenario(end, library), name=study.id)
    return Span(study=study_of(scenario), start=start, stop=stop)
