"""Genes, enzymes and drugs of virtual patients: frequencies, distributions and correlations as published."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from populations import (
    CRITICAL,
    ERROR,
    N,
    distance,
    drawn,
    headline,
    log_sd,
    population,
)
from runs import daily, regimen, text
from scenario_files import load
from scipy import stats

from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.lognormal import log_sd as log_sd_drawn
from pkinteract.library.people import reference as people
from pkinteract.library.phenotypes import activity
from pkinteract.population.people.cohort import Array
from pkinteract.population.people.draw import draw
from pkinteract.population.people.draw import drawn as drawn_of
from pkinteract.population.people.specification import PopulationSpecification, specification
from pkinteract.population.run.bodies import bodies
from pkinteract.scenario import Scenario
from pkinteract.scenario.population.reader import FACTORS
from pkinteract.scenario.streams import Streams

# Genes


ALL_GENES = tuple(
    (gene, group) for gene in people.drawn_genes() for group in people.ANCESTRIES if people.has_frequencies(gene, group)
)


def frequencies(gene: str, group: str) -> dict[str, float]:
    """Phenotype to its published share among those with one."""
    with (people.FOLDER / "phenotypes.csv").open(encoding="utf-8", newline="") as file:
        rows = {row["phenotype"]: float(row[group]) for row in csv.DictReader(file) if row["gene"] == gene}
    rows.pop("indeterminate", None)
    return {name: share / sum(rows.values()) for name, share in rows.items() if share}


@pytest.mark.parametrize(("gene", "group"), ALL_GENES)
def test_phenotypes_are_as_frequent_as_published(gene: str, group: str) -> None:
    """Chi-square of 20,000 draws against the table of the group; 1 in 10,000 by chance."""
    expected = frequencies(gene, group)

    cohort = draw(
        metabolised(),
        PopulationSpecification(ancestry={group: 1.0}, fixed=frozenset(people.drawn_genes()) - {gene}),
        0,
        N,
    )

    kinds = cohort.phenotype[gene].phenotype
    counts = {name: int(np.sum(kinds == name)) for name in expected}
    assert sum(counts.values()) == N
    whole = [(counts[name], N * share) for name, share in expected.items() if N * share >= 5]
    rare = [(counts[name], N * share) for name, share in expected.items() if N * share < 5]
    assert sum((n - m) ** 2 / m for n, m in whole) < stats.chi2.ppf(0.9999, max(len(whole) - 1, 1))
    assert all(n <= stats.poisson.ppf(0.99999, m) for n, m in rare)


@cache
def metabolised() -> Scenario:
    """A drug of one's own that every polymorphic enzyme clears."""
    genes = people.drawn_genes()
    rows = "".join(
        f'[[elimination.pathway]]\nid = "by-{gene.lower()}"\nenzyme = "{gene}"\nfraction = "{1 / len(genes)}"\n'
        for gene in genes
    )
    monograph = (
        'id = "all"\nname = "All"\nunit = "mg/L"\nmolar_mass = "300 g/mol"\n[distribution]\nvolume = "50 L"\n'
        f'[elimination]\nclearance = "5 L/h"\n{rows}[absorption.oral]\nka = "1 1/h"\n'
    )
    return load(text(regimen("all", daily("100 mg")), extra='library = ["all.toml"]\n'), {"all.toml": monograph})


@pytest.mark.parametrize(
    ("gene", "expected", "apart"),
    [
        ("CYP2D6", {"ultrarapid": 0.0308, "normal": 0.5138, "intermediate": 0.3906, "poor": 0.0647}, 0.02),
        (
            "CYP2C19",
            {"ultrarapid": 0.0464, "rapid": 0.2712, "normal": 0.3961, "intermediate": 0.2622, "poor": 0.0241},
            0.001,
        ),
        ("CYP2C9", {"normal": 0.6285, "intermediate": 0.3453, "poor": 0.0257}, 0.001),
    ],
)
def test_europeans_are_as_cpic_says(gene: str, expected: dict[str, float], apart: float) -> None:
    """Phenotype frequencies of Europeans in the CPIC tables of 2022.

    Those of CYP2D6 count *9 and *41 as 0.5, which is 0.25 today: up to 0.02 apart.
    """
    table = people.gene_frequencies(gene, "European")

    for phenotype, share in expected.items():
        rows = zip(table.activities, table.frequencies, strict=True)
        assert sum(part for made, part in rows if made.phenotype == phenotype) == pytest.approx(share, abs=apart)


def test_activity_scores_of_cyp2c9_are_as_cpic_says() -> None:
    """How a phenotype divides into scores, by alleles, is what CPIC gives for Europeans, to 0.001."""
    table = people.gene_frequencies("CYP2C9", "European")

    found = {made.score: share for made, share in zip(table.activities, table.frequencies, strict=True)}

    published = {2.0: 0.628453, 1.5: 0.207581, 1.0: 0.137679, 0.5: 0.019907, 0.0: 0.00578}
    assert found == pytest.approx({score: share / 0.9994 for score, share in published.items()}, abs=0.001)


@pytest.mark.parametrize(("gene", "group"), ALL_GENES)
def test_genotypes_are_those_of_the_library(gene: str, group: str) -> None:
    """Every activity that is drawn is one that a scenario can name, with its phenotype and factor."""
    for made in people.gene_frequencies(gene, group).activities:
        if made.score is not None:
            assert activity(gene, made.score) == made
        else:
            assert activity(gene, made.phenotype).phenotype == made.phenotype


def test_mixed_ancestry_mixes_the_frequencies() -> None:
    """CYP2C19 poor metabolisers among 60 % Europeans and 40 % East Asians are 60 and 40 % of theirs."""
    cohort = drawn(population('ancestry = { European = 0.6, "East Asian" = "40 %" }'))

    poor = np.mean(cohort.phenotype["CYP2C19"].phenotype == "poor")

    shares = [frequencies("CYP2C19", group)["poor"] for group in ("European", "East Asian")]
    assert poor == pytest.approx(0.6 * shares[0] + 0.4 * shares[1], abs=ERROR / 2)


# Enzymes and drugs


@pytest.mark.parametrize(("enzyme", "cv"), [("CYP3A4", 0.27), ("CYP2D6", 0.58), ("CYP2C19", 0.44), ("UGT1A4", 0.32)])
def test_enzymes_are_log_normal_about_one(enzyme: str, cv: float) -> None:
    """The logarithm of an uninduced level is normal with mean 0 and the SD of its CV (KS)."""
    level = drawn(headline()).abundance[enzyme]

    assert distance(np.log(level), 0.0, log_sd(cv)) < CRITICAL


@dataclass(frozen=True, slots=True, kw_only=True)
class _Even(Streams):
    """Patients whose random numbers fill 0 to 1 evenly, so that moments are those of the distribution."""

    def pairs(self, names: Sequence[str], places: Sequence[int] | None = None) -> tuple[Array, Array]:
        even = (np.arange(len(self.number)) + 0.5) / len(self.number)
        found = np.broadcast_to(even, (len(names), len(even)))
        return found, found


@pytest.mark.slow
@given(cv=st.floats(0.05, 5.0))
@settings(max_examples=25, deadline=None)
def test_a_cv_is_that_of_what_is_drawn(cv: float) -> None:
    """Factors on enzymes and drugs have the CV that is written, from 5 to 500 %, without the tails (0.1 % of it)."""
    fixed = 'fixed = ["CYP2D6", "CYP2C19", "CYP3A4", "CYP2C9", "CYP2C8"]'
    scenario = population(fixed, f'cv = {{ CYP1A2 = {cv!r}, "amitriptyline.volume" = {cv!r} }}')
    cohort = drawn_of(scenario, specification(scenario), _Even(seed=1, number=np.arange(100_001)))

    for factor in (cohort.abundance["CYP1A2"], cohort.factors["amitriptyline", "volume"]):
        assert np.std(factor) / np.mean(factor) == pytest.approx(cv, rel=1e-3)
        assert np.median(factor) == pytest.approx(1.0)


def test_the_page_says_how_much_wider_the_whole_distribution_is() -> None:
    """docs/population.md: the underlying SD is 0.6 % larger at small CVs and 26 % at 5."""
    larger = [math.log1p(cv**2) ** -0.5 * log_sd_drawn(cv) - 1 for cv in (0.05, 5.0)]

    assert [f"{100 * share:.1f}" for share in larger] == ["0.6", "26.4"]


def test_a_cv_of_the_file_replaces_the_published_one() -> None:
    """``cv`` takes enzymes and numbers of drugs, those without a published CV too (KS)."""
    cohort = drawn(population('cv = { CYP3A4 = "60 %", EPHX1 = 0.2, "amitriptyline.volume" = 0.5 }'))

    for values, cv in (
        (cohort.abundance["CYP3A4"], 0.6),
        (cohort.abundance["EPHX1"], 0.2),
        (cohort.factors["amitriptyline", "volume"], 0.5),
    ):
        assert distance(np.log(values), 0.0, log_sd(cv)) < CRITICAL


def test_enzymes_correlate_as_in_livers() -> None:
    """CYP3A4 and CYP2C9 have the published rank correlation, pairs without one are independent."""
    level = drawn(headline()).abundance

    def rank(one: str, two: str) -> float:
        return float(stats.spearmanr(level[one], level[two])[0])

    assert rank("CYP3A4", "CYP2C9") == pytest.approx(0.55, abs=ERROR)
    assert rank("CYP3A4", "CYP2D6") == pytest.approx(0.0, abs=ERROR)
    assert rank("CYP2C19", "CYP2C9") == pytest.approx(0.0, abs=ERROR)


def test_midazolam_varies_as_measured() -> None:
    """The CV of CYP3A4 was chosen for this: per kg, intravenous clearance 16 %, oral 31 % in men and 41 % in women.

    Well-stirred liver and gut of the library's midazolam; within two standard errors of 66 people's CV, and between the
    sexes.
    """
    monograph = load_library().monograph("midazolam")
    scenario = load(text(regimen("midazolam", daily("7.5 mg"))))
    level = drawn(scenario).abundance
    share = {row.enzyme: row.fraction.canonical for row in monograph.elimination.pathway}
    flow = 0.66 * 90.0
    extraction = 0.99 * 25.3 / flow
    intrinsic = share["CYP3A4"] * level["CYP3A4"] + share["UGT1A4"] * level["UGT1A4"]
    intrinsic *= flow * extraction / (1 - extraction) / 0.99

    intravenous = flow * intrinsic / (flow + intrinsic) + 0.01 * 25.3
    passing = 1 / (1 + (1 / 0.62 - 1) * level["CYP3A4"]) * flow / (flow + intrinsic)

    assert np.std(intravenous) / np.mean(intravenous) == pytest.approx(0.16, abs=0.03)
    assert 0.31 < np.std(intravenous / passing) / np.mean(intravenous / passing) < 0.41


@pytest.mark.parametrize(
    "name", ["amitriptyline", "nortriptyline", "carbamazepine", "s-warfarin", "lamotrigine", "zonisamide"]
)
def test_a_drug_varies_as_published_in_all(name: str) -> None:
    """Enzymes and the drug's own factor together give normal metabolisers the CV of the monograph, to 4 % of it."""
    monograph = load_library().monograph(name)
    drug = {"nortriptyline": "amitriptyline", "s-warfarin": "s-warfarin"}.get(name, name)
    cohort = drawn(load(text(regimen(drug, daily("100 mg")))))
    enzymes = [(row.fraction.canonical, row.enzyme) for row in monograph.elimination.pathway]

    clearance = sum(share * cohort.abundance.get(enzyme or "", np.ones(N)) for share, enzyme in enzymes)
    clearance = clearance * cohort.factors[name, "clearance"]

    assert np.std(clearance) / np.mean(clearance) == pytest.approx(monograph.elimination.clearance.cv, rel=0.04)


DRUGS = [name for name in load_library().ids() if load_library().monograph(name).absorption]


@pytest.mark.parametrize("drug", DRUGS)
def test_every_cv_varies_the_patients_or_is_refused(drug: str) -> None:
    """Of every number of a drug and its metabolites, and of every enzyme of the library.

    A CV of a drug is refused exactly where it changes no parameter and no dose of anybody, one of an enzyme where it
    clears no compound of the scenario.
    """
    source = regimen(drug, daily("10 mg"), formulation=next(iter(load_library().monograph(drug).absorption)))
    scenario = population(regimens=(source,), days=1)
    keys = [f"{name}.{key}" for name in scenario.monographs for key in FACTORS]
    pathways = [row for m in scenario.monographs.values() for row in m.elimination.pathway]
    cleared = {name for row in pathways for name in (row.enzyme, row.returned_by) if name}
    cleared |= {protein for m in scenario.monographs.values() for protein in m.gut_proteins}

    refused = refused_cvs({**dict.fromkeys(keys, 2.5), **dict.fromkeys(scenario.enzymes, 0.1)}, source)

    assert refused & set(scenario.enzymes) == set(scenario.enzymes) - cleared
    for name in (*keys, *cleared):
        assert varies(scenario, keys, name) is (name not in refused), name


def refused_cvs(cvs: dict[str, float], source: str) -> set[str]:
    """Those that a scenario refuses, all together."""
    table = ", ".join(f'"{name}" = {cv}' for name, cv in cvs.items())
    with pytest.raises(InputError) as caught:
        population(f"cv = {{ {table} }}", regimens=(source,), days=1)
    problems = caught.value.problems
    assert all(row.message.startswith("would vary nothing: ") for row in problems)
    return {row.key.removeprefix("population.cv.") for row in problems}


def varies(scenario: Scenario, keys: Sequence[str], name: str) -> bool:
    """Whether two sizes of a CV give somebody other parameters or doses."""
    first, second = (
        bodies(scenario, drawn(scenario, 4, cvs={**dict.fromkeys(keys, 1e-9), name: cv})) for cv in (2.0, 2.5)
    )
    same = np.array_equal(first.parameters, second.parameters)
    return not (same and np.array_equal(first.inputs.amounts, second.inputs.amounts))


@pytest.mark.parametrize("cv", [0.05, 0.1, 0.2])
def test_a_cv_below_that_of_the_enzymes_narrows_what_they_do(cv: float) -> None:
    """Clearance of normal metabolisers by phenytoin's enzymes, times its own factor, has the CV that was written."""
    scenario = load(text(regimen("phenytoin", daily("300 mg"))))
    cohort = drawn(scenario, 4000, cvs={"phenytoin.clearance": cv})

    shares = {row.enzyme: row.fraction.canonical for row in scenario.monographs["phenytoin"].elimination.pathway}
    levels = {name: cohort.abundance[name] for name in ("CYP2C9", "CYP2C19")}
    clearance = 1 + sum(shares[name] * (level - 1) for name, level in levels.items())
    narrowed = clearance * cohort.factors["phenytoin", "clearance"]

    assert clearance.std() / clearance.mean() == pytest.approx(0.243, rel=0.05)
    assert narrowed.std() / narrowed.mean() == pytest.approx(cv, rel=0.08)


def test_bioavailability_varies_only_where_no_first_pass_is_modelled() -> None:
    """Amitriptyline's varies with liver enzymes; phenobarbital's by itself, and nobody absorbs more than there is."""
    scenario = load(text(regimen("amitriptyline", daily("75 mg")), regimen("phenobarbital", daily("100 mg"))))

    cohort = drawn(scenario)

    share = cohort.factors["phenobarbital", "bioavailability"]
    assert ("amitriptyline", "bioavailability") not in cohort.factors
    assert share.max() <= 1.0
    assert np.percentile(share, 50) == pytest.approx(math.exp(log_sd(0.11) * stats.norm.ppf(0.25)), rel=0.01)
    assert not bodies(scenario, drawn(scenario, 500)).impossible
