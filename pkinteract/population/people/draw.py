"""Patients by number: the same person whatever block of the population it is drawn in, and whatever drugs are given."""

from __future__ import annotations

import numpy as np

from pkinteract.library.lognormal import enzyme_cvs
from pkinteract.library.people import reference as people
from pkinteract.model.enzymes import organs_in_use
from pkinteract.population.people.body import physiques
from pkinteract.population.people.cohort import Cohort, IntArray
from pkinteract.population.people.genes import genotypes
from pkinteract.population.people.intake import intake
from pkinteract.population.people.specification import PopulationSpecification
from pkinteract.population.people.uncertainty import uncertain_factors
from pkinteract.population.people.variation import abundances, factors, narrowing
from pkinteract.scenario import Scenario
from pkinteract.scenario.streams import Streams

COMMON = (0.005, 0.995)
"""Between these quantiles of what is drawn lies nearly everybody."""

LOOKED_AT = 512
"""Patients of whom these quantiles are, however many are run."""


def draw(scenario: Scenario, spec: PopulationSpecification, first: int, count: int) -> Cohort:
    """Patients ``first`` to ``first + count - 1`` of a population.

    Every number depends on the seed, the patient's number and what is drawn, on nothing else: populations of the same
    seed are the same people, whatever they take.

    Raises
    ------
    InputError
        When the estimates of a fit are too uncertain to be drawn.
    """
    return drawn(scenario, spec, Streams(seed=spec.seed, number=np.arange(first, first + count)))


def drawn(scenario: Scenario, spec: PopulationSpecification, streams: Streams) -> Cohort:
    """The patients whose random numbers ``streams`` gives.

    Raises
    ------
    InputError
        When the estimates of a fit are too uncertain to be drawn.
    """
    rows = _rows(spec, streams)
    body = physiques(scenario.patient, spec, streams, rows)
    used = dict.fromkeys(enzyme for enzyme, _ in organs_in_use(scenario.monographs, scenario.enzymes))
    free = [name for name in used if name not in spec.fixed]
    levels = abundances([name for name in free if name in enzyme_cvs(spec.cvs)], spec, streams)
    own = factors(scenario, spec, streams)
    own |= {(name, "clearance"): factor for name, factor in narrowing(scenario, spec, levels).items()}
    if spec.uncertainty is not None:
        own |= uncertain_factors(scenario, spec.uncertainty, spec.seed, streams.number)
    taken, late = (None, None) if spec.adherence is None else intake(scenario, spec.adherence, streams)
    return Cohort(
        number=streams.number,
        weight=body.weight,
        age=body.age,
        female=body.female,
        height=body.height,
        creatinine_clearance=body.creatinine_clearance,
        smoker=body.smoker,
        phenotype=genotypes([name for name in free if name in people.drawn_genes()], spec, streams, rows),
        abundance=levels,
        factors=own,
        taken=taken,
        late=late,
    )


def unlike(scenario: Scenario, spec: PopulationSpecification) -> dict[str, dict[str, float]]:
    """In what the own patient of a scenario is beyond nearly all that are drawn: ``own``, and ``low`` to ``high``.

    Of "age" [y], "weight" [kg] and "creatinine_clearance" [mL/min]; the ends are at ``COMMON``.
    """
    streams = Streams(seed=spec.seed, number=np.arange(LOOKED_AT))
    body = physiques(scenario.patient, spec, streams, _rows(spec, streams))
    traits = {}
    for name in ("age", "weight", "creatinine_clearance"):
        own = getattr(scenario.patient, name)
        low, high = (float(end) for end in np.quantile(getattr(body, name), COMMON))
        if own is not None and not low * (1 - 1e-9) <= own <= high * (1 + 1e-9):
            traits[name] = {"own": own, "low": low, "high": high}
    return traits


def _rows(spec: PopulationSpecification, streams: Streams) -> IntArray | None:
    """(n,) row of the table of patients: in its order when there are as many rows as patients, else at random."""
    if spec.ward is None:
        return None
    if spec.ward.size == spec.n:
        return streams.number % spec.ward.size
    return np.asarray(streams.uniforms(["row"])[0] * spec.ward.size, dtype=np.int64)
