"""A block of patients: drawn, given bodies, stepped together, measured and counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pkinteract.engine.control import TOO_FAST
from pkinteract.engine.counts import bins
from pkinteract.engine.kernel.vector import LANES
from pkinteract.engine.lanes.types import Lanes, Levels
from pkinteract.population.people.cohort import Array, Cohort, TextArray
from pkinteract.population.people.draw import draw
from pkinteract.population.run.bodies import bodies
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.run.sampled import times_with_samples, write_sampled
from pkinteract.population.run.solve import solved_patients
from pkinteract.population.statistics.metrics import ABOVE, daily_levels, measure_column, metrics
from pkinteract.population.statistics.tally import AFTER, BEFORE, EVER, Tally, count_bins, group_members

Columns = Mapping[str, npt.NDArray[Any]]

OK = "ok"
"""Status of a patient with a result; any other says why there is none."""

UNSETTLED = f"No steady state was found: the doses may be more than can be eliminated. Or: {TOO_FAST}"


@dataclass(frozen=True, kw_only=True)
class Block:
    """What came of a block.

    Attributes
    ----------
    columns
        The columns of ``patients.csv``, (patient,) each.
    profile
        (analyte, time, patient) levels, if the plan keeps them.
    """

    columns: Columns
    profile: Levels | None


def run_block(plan: RunPlan, numbers: range, tally: Tally) -> Block:
    """Simulate the patients with these numbers and add them to ``tally``.

    The last group of sixteen is filled up with those who would come next: a patient has the same neighbours, and so the
    same result to the last bit, in every population of the same seed.

    Raises
    ------
    InputError
        When the estimates of a fit are too uncertain to be drawn, or monograph values contradict each other.
    """
    count = len(numbers)
    drawn = draw(plan.scenario, plan.spec, numbers.start, count + -count % LANES)
    cohort = drawn.first(count)
    solved, status = _simulated(plan, drawn, count)
    measured = _measured(plan, solved)
    _count(plan, cohort, solved, measured, tally)
    failed = np.flatnonzero(~solved.ok)
    tally.patients[:] += np.array([len(numbers) - len(failed), len(failed)], dtype=np.uint32)
    tally.name({int(cohort.number[place]): str(status[place]) for place in failed})
    profile = solved.profile.copy() if plan.profiles else None
    solved.release()
    return Block(columns={**_traits(cohort), **measured, "status": status}, profile=profile)


def columns_of(plan: RunPlan, cohort: Cohort) -> Columns:
    """The columns of ``patients.csv`` for any patients, (n,) each in the unit of its name; nobody is counted.

    Raises
    ------
    InputError
        When monograph values contradict each other whoever takes the drugs.
    """
    solved, status = _simulated(plan, cohort, len(cohort.number))
    measured = _measured(plan, solved)
    solved.release()
    return {**_traits(cohort), **measured, "status": status}


def _simulated(plan: RunPlan, cohort: Cohort, count: int) -> tuple[Lanes, TextArray]:
    """What was read of each of the first patients, and their status."""
    patients = bodies(plan.scenario, cohort, plan.typical)
    times = times_with_samples(plan)
    done = write_sampled(solved_patients(plan.scenario, patients, times, plan.windows.edges), plan, times).first(count)
    why = TOO_FAST if plan.scenario.steady_state is None else UNSETTLED
    status = np.where(done.ok, OK, why).astype(object)
    for place, reason in patients.impossible.items():
        if place < count:
            status[place] = reason
    return done, status


def _measured(plan: RunPlan, solved: Lanes) -> dict[str, Array]:
    """The measures of every analyte by the name of their column; NaN where there is no result."""
    columns: dict[str, Array] = {}
    for analyte, windows in zip(plan.analytes, solved.windows, strict=True):
        some = windows if solved.ok.all() else np.where(solved.ok, windows, 0.0)
        measures = metrics(some, plan.windows, alert=analyte.alert is not None)
        columns |= {
            measure_column(analyte, name): np.where(solved.ok, value, np.nan) for name, value in measures.items()
        }
    return columns


def _count(plan: RunPlan, cohort: Cohort, solved: Lanes, measured: Mapping[str, Array], tally: Tally) -> None:
    """Add patients with a result to the counts of groups, measures, levels and risks."""
    ok, over = solved.ok, plan.windows
    member = group_members(plan, cohort)[:, ok]
    bins.count_groups([values[ok] for values in measured.values()], member[: tally.measures.shape[1]], tally.measures)
    tally.risk[:, :, 0] += member.sum(axis=1, dtype=np.uint32)
    bins.tally(solved, tally.levels, np.array(plan.lowest))
    for n, analyte in enumerate(plan.analytes):
        windows = solved.windows[n] if ok.all() else solved.windows[n][:, :, ok]
        means, _, _ = daily_levels(windows, over)
        count_bins(tally.averages[n], means, plan.lowest[n])
        if analyte.alert is not None:
            high = np.array([windows[day, ABOVE].sum(axis=0) > 0 for day in over.days])
            tally.above[n] += high.sum(axis=1, dtype=np.uint32)
            ever = measured[measure_column(analyte, "above_alert")][ok] > 0
            for when, risk in ((BEFORE, high[over.reference]), (AFTER, high[-1]), (EVER, ever)):
                tally.risk[n, :, when] += (member & risk).sum(axis=1, dtype=np.uint32)


def _traits(cohort: Cohort) -> Columns:
    """Who the patients are: body, genes, enzymes, factors on the drugs, and doses not taken."""
    columns: dict[str, npt.NDArray[Any]] = {
        "patient": cohort.number,
        "sex": np.where(cohort.female, "female", "male").astype(object),
        "age_y": cohort.age,
        "weight_kg": cohort.weight,
        "height_cm": 100 * cohort.height,
        "creatinine_clearance_mL_per_min": cohort.creatinine_clearance,
        "smoker": cohort.smoker,
    }
    for gene, genotype in cohort.phenotype.items():
        columns[gene] = genotype.phenotype
        if not np.isnan(genotype.score).all():
            columns[f"{gene}_activity_score"] = genotype.score
        columns[f"{gene}_activity"] = genotype.factor
    columns |= {f"{enzyme}_abundance": factor for enzyme, factor in cohort.abundance.items()}
    columns |= {f"{compound}_{key}_factor": factor for (compound, key), factor in cohort.factors.items()}
    if cohort.taken is not None:
        columns["doses_missed"] = (~cohort.taken).sum(axis=0)
    return columns
