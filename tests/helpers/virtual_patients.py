"""Cohorts of virtual patients made by hand, and one of them as the patient of a scenario."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pkinteract.library.phenotypes import activity
from pkinteract.population.people.cohort import Cohort, Genotype, IntArray
from pkinteract.scenario import Patient, Scenario

GENES = {
    "CYP2D6": ("poor", "intermediate", "normal", "ultrarapid"),
    "CYP2C19": ("poor", "intermediate", "normal", "rapid", "ultrarapid"),
    "CYP2C9": ("poor", "intermediate", "normal"),
}


def crowd(scenario: Scenario, count: int = 20, seed: int = 1, **changes: object) -> Cohort:
    """Patients of all sizes, ages, kidneys and phenotypes; ``changes`` are fields of the cohort."""
    random = np.random.default_rng(seed)
    made = Cohort(
        number=np.arange(count),
        weight=random.uniform(40, 140, count),
        age=random.uniform(18, 95, count),
        female=random.random(count) < 0.5,
        height=random.uniform(1.4, 2.0, count),
        creatinine_clearance=random.uniform(5, 160, count),
        smoker=random.random(count) < 0.5,
        phenotype={gene: _genotype(gene, random.integers(0, len(GENES[gene]), count)) for gene in GENES},
        abundance={enzyme: np.exp(0.3 * random.standard_normal(count)) for enzyme in scenario.enzymes},
        factors={},
        taken=None,
        late=None,
    )
    return replace(made, **changes)


def _genotype(gene: str, drawn: IntArray) -> Genotype:
    rows = [activity(gene, GENES[gene][i]) for i in drawn]
    return Genotype(
        phenotype=np.array([row.phenotype for row in rows], dtype=object),
        score=np.array([np.nan if row.score is None else row.score for row in rows]),
        factor=np.array([row.factor for row in rows]),
    )


def person(scenario: Scenario, cohort: Cohort, column: int) -> Patient:
    """One of a cohort as the patient of a scenario; what a cohort's factors do is left out."""
    return replace(
        scenario.patient,
        weight=float(cohort.weight[column]),
        age=float(cohort.age[column]),
        creatinine_clearance=float(cohort.creatinine_clearance[column]),
        smoker=bool(cohort.smoker[column]),
        phenotype={gene: activity(gene, row.phenotype[column]) for gene, row in cohort.phenotype.items()},
        abundance={enzyme: float(row[column]) for enzyme, row in cohort.abundance.items()},
    )
