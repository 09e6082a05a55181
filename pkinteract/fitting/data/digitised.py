"""Digitised curves of published studies -> one series each, with the doses of its study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from pkinteract.analysis.profiles import PublishedCurve, StudyDose, published_curves
from pkinteract.fitting.data.series import analyte_of
from pkinteract.fitting.types import Series
from pkinteract.scenario import Dose, Scenario

Phase = Literal["single-dose", "multi-dose"]


@dataclass(frozen=True, kw_only=True)
class CurveData:
    """A curve, and how many of its points are left out: below the limit, and not after the first dose."""

    series: Series
    below: int
    early: int


def curve_series(
    path: Path, index: int, scenario: Scenario, phase: Phase | None, floor: float, refuse: Callable[[str], None]
) -> Iterator[CurveData]:
    """Every curve of the drug that a scenario doses, taken by the scenario's patient with the weight of the study.

    Parameters
    ----------
    index
        Position of the data set in the fit file.
    phase
        Only curves of this kind; all if None.
    floor
        Concentrations below it are left out [mg/L].
    refuse
        Called with what does not go together.

    Raises
    ------
    InputError
        When the file cannot be read or a number in it is none.
    """
    if len(scenario.dosed) > 1:
        refuse(f"needs a scenario that doses one drug, not {', '.join(scenario.dosed)}")
        return
    [drug] = scenario.dosed
    count = 0
    for profile in published_curves(path, drug):
        if phase is None or profile.multiple == (phase == "multi-dose"):
            begun = [n for n, time in enumerate(profile.times) if time > profile.doses[0].time]
            kept = [n for n in begun if profile.observed[n] > 0 and profile.observed[n] >= floor]
            early = len(profile.times) - len(begun)
            count += 1
            if kept:
                series = _series(profile, kept, index, scenario)
                yield CurveData(series=series, below=len(begun) - len(kept), early=early)
    if count == 0:
        refuse(f"holds no curve of {drug} in plasma or serum without co-medication{f', {phase}' if phase else ''}")


def _series(profile: PublishedCurve, kept: list[int], index: int, scenario: Scenario) -> Series:
    times = np.unique([profile.times[n] for n in kept])
    analyte = analyte_of(scenario, profile.drug)
    weight = scenario.patient.weight if profile.weight is None else profile.weight
    last = max(profile.times)
    return Series(
        data=index,
        subject=f"{profile.id} {profile.study}, {profile.group}",
        scenario=scenario,
        patient=replace(scenario.patient, weight=weight),
        doses=tuple(_dose(given, profile, scenario) for given in profile.doses if given.time <= last),
        analytes=(analyte,),
        times=times,
        rows=tuple(int(np.searchsorted(times, profile.times[n])) for n in kept),
        columns=(0,) * len(kept),
        values=np.array([profile.observed[n] * analyte.factors[0] for n in kept]),
        lines=tuple(profile.lines[n] for n in kept),
    )


def _dose(given: StudyDose, profile: PublishedCurve, scenario: Scenario) -> Dose:
    monograph = scenario.monographs[profile.drug]
    formulation = profile.formulation or monograph.default_formulation or ""
    form = monograph.absorption[formulation]
    return Dose(
        time=given.time,
        drug=profile.drug,
        formulation=formulation,
        route=form.route,
        food="fasted",
        amount=given.amount,
        free=given.amount,
        per_weight=False,
        duration=given.infusion,
        lag=None,
        bioavailability=None,
        missed=False,
        regimen=0,
        course=0,
    )
