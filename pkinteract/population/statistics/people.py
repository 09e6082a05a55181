"""How the levels of the patients lie around the curve of the typical one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from pkinteract.population.people.cohort import Array
from pkinteract.population.people.draw import unlike
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.tally import Tally, quantiles
from pkinteract.result import Analyte
from pkinteract.scenario.types import TOLERANCE
from pkinteract.text.remark import Remark, remark

EDGES = (0.05, 0.5, 0.95)
"""Ends of the band that holds nine patients in ten, and their median between them."""

_OWN = {
    "age": "remark.own-age",
    "weight": "remark.own-weight",
    "creatinine_clearance": "remark.own-creatinine-clearance",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientSpread:
    """The spread of the levels of virtual patients.

    Attributes
    ----------
    count
        Patients that were simulated.
    times
        (time,) the grid of the plan [h].
    levels
        (analyte, 3, time) ``EDGES`` of the levels, in the unit of each analyte; NaN where there is nobody.
    warnings
        What to know of the patients.
    """

    count: int
    times: Array
    levels: Array
    warnings: tuple[Remark, ...]

    def band(self, place: int, time: float) -> tuple[float, float] | None:
        """5 and 95 % of the levels of an analyte at a time [h]; None where nobody has one, or off the grid.

        Between two times of the grid a dose may lie: nothing is read across it.
        """
        near = int(np.argmin(np.abs(self.times - time)))
        low, _, high = (float(level) for level in self.levels[place, :, near])
        return None if abs(self.times[near] - time) > TOLERANCE or np.isnan(low) else (low, high)


def people_of(plan: RunPlan, tally: Tally) -> PatientSpread:
    """The spread of what was counted."""
    levels = [quantiles(tally.levels[place], EDGES, lowest) for place, lowest in enumerate(plan.lowest)]
    return PatientSpread(
        count=int(tally.patients[0]), times=plan.grid, levels=np.array(levels), warnings=tuple(remarks_of(plan))
    )


def remarks_of(plan: RunPlan) -> Iterator[Remark]:
    """What to know of the patients: whom they are not like, what they forget, what is drawn, what nobody knows."""
    traits = tuple(
        remark(_OWN[name], **{end: float(f"{value:.3g}") for end, value in ends.items()})
        for name, ends in unlike(plan.scenario, plan.spec).items()
    )
    if traits:
        yield remark("remark.unlike", traits=traits)
    if plan.spec.adherence is not None and min(plan.spec.adherence.taken) < 1:
        yield remark("remark.forgotten")
    for gene, activity in plan.scenario.patient.phenotype.items() if plan.scenario.population is None else ():
        if gene in plan.genes and activity.phenotype != "normal":
            yield remark("remark.drawn-over", gene=gene, phenotype=activity.phenotype)
    unknown = spread_unknown(plan, plan.analytes)
    if unknown:
        yield remark("remark.spread-unknown", drugs=unknown, drug_id=unknown[0])


def spread_unknown(plan: RunPlan, analytes: Iterable[Analyte]) -> tuple[str, ...]:
    """Compounds of analytes whose clearance has a CV neither in the library nor in the population, and is not fixed."""
    compounds = dict.fromkeys(part for analyte in analytes for part in analyte.parts)
    known = plan.spec.fixed | {name.removesuffix(".clearance") for name in plan.spec.cvs}
    return tuple(name for name in compounds if name not in known and not plan.scenario.monographs[name].spread_known)
