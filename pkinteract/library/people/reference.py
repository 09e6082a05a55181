"""The people that virtual patients are drawn like: size, kidneys, genes, enzymes, adherence.

The numbers are the files of ``people/``, each with its paper.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pkinteract.library.guidance.vocabulary import ANCESTRIES as ANCESTRIES
from pkinteract.library.phenotypes import Activity, activity
from pkinteract.text.csv import read_table
from pkinteract.units import from_canonical, to_canonical

FOLDER = Path(__file__).parent
"""The shipped tables."""

PERCENTILES = ("p5", "p25", "p50", "p75", "p95")
UNKNOWN = "indeterminate"
"""Label of the share that a frequency table gives no phenotype."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Percentiles of weight [kg] or height [m] of one sex.

    Attributes
    ----------
    ages
        Middle of each age band [y]; those of 80 and more count as 85.
    percentiles
        (5th, 25th, 50th, 75th, 95th) in each band.
    """

    ages: tuple[float, ...]
    percentiles: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kidneys:
    """Serum creatinine of one sex: median at 40 y [mg/dL], its rise from 20 to 80 y [1], SD of its logarithm [1]."""

    median: float
    rise: float
    spread: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Genes:
    """What people of one group have of one gene: the activities that occur, and how often [1]."""

    activities: tuple[Activity, ...]
    frequencies: tuple[float, ...]


@cache
def sizes() -> Mapping[tuple[str, str], Size]:
    """("weight" or "height", "male" or "female") to its percentiles."""
    sizes_at: dict[tuple[str, str], list[tuple[float, tuple[float, ...]]]] = {}
    for row in _rows("size.csv"):
        ages = (float(row["age_from_y"]), float(row["age_to_y"] or 89))
        unit = "kg" if row["quantity"] == "weight" else "m"
        values = [from_canonical(to_canonical(float(row[name]), row["unit"]), unit) for name in PERCENTILES]
        sizes_at.setdefault((row["quantity"], row["sex"]), []).append(((ages[0] + ages[1] + 1) / 2, tuple(values)))
    return {
        key: Size(ages=tuple(age for age, _ in by_age), percentiles=tuple(values for _, values in by_age))
        for key, by_age in sizes_at.items()
    }


@cache
def kidneys() -> Mapping[str, Kidneys]:
    """Sex to the serum creatinine."""
    return {
        sex: Kidneys(
            median=creatinine["median"]["value"], rise=creatinine["rise"]["value"], spread=creatinine["spread"]["value"]
        )
        for sex, creatinine in _table()["creatinine"].items()
    }


@cache
def bounds() -> Mapping[str, tuple[float, float]]:
    """Least and most of weight [kg], height [m], body mass index [kg/m2] and creatinine clearance [mL/min]."""
    units = {"weight": "kg", "height": "m", "body_mass_index": "1", "creatinine_clearance": "mL/min"}
    return {
        name: (_in(bound["from"], units[name]), _in(bound["until"], units[name]))
        for name, bound in _table()["bounds"].items()
    }


@cache
def weight_and_height() -> Mapping[str, float]:
    """Sex to the correlation of weight and height [1]."""
    return {sex: correlation["value"] for sex, correlation in _table()["size"].items()}


@cache
def published_enzyme_cvs() -> Mapping[str, float]:
    """Enzyme to the CV of its uninduced level between people of one genotype [1]."""
    return {name: cv["value"] for name, cv in _table()["enzymes"].items()}


@cache
def rank_correlations() -> Mapping[frozenset[str], float]:
    """Two enzymes to the rank correlation of their levels [1]."""
    return {frozenset(correlation["enzymes"]): correlation["rank"]["value"] for correlation in _table()["correlation"]}


@cache
def adherence() -> tuple[tuple[float, float, float, float], str]:
    """Share of doses taken when one, two, three and four or more are due a day [1], and the paper."""
    taken_by = _table()["adherence"]
    taken = tuple(taken_by[name]["value"] for name in ("once", "twice", "three_times", "four_times"))
    return (taken[0], taken[1], taken[2], taken[3]), _table()["sources"][taken_by["once"]["source"]]["cite"]


@cache
def drawn_genes() -> tuple[str, ...]:
    """Genes with frequencies, in the order of the table."""
    return tuple(dict.fromkeys(row["gene"] for row in _rows("phenotypes.csv")))


def has_frequencies(gene: str, group: str) -> bool:
    """Whether the frequencies of a gene are known in a group."""
    return any(row["gene"] == gene and row[group] for row in _rows("phenotypes.csv"))


@cache
def gene_frequencies(gene: str, group: str) -> Genes:
    """What people of a group have of a gene.

    The phenotypes are as frequent as the table says, those without one left out; how a phenotype divides into activity
    scores, or pairs of alleles, follows from the frequencies of alleles by Hardy–Weinberg proportions.

    Raises
    ------
    ValueError
        When the phenotypes of the table do not add up to 1.
    """
    shares = {row["phenotype"]: float(row[group]) for row in _rows("phenotypes.csv") if row["gene"] == gene}
    unknown = shares.pop(UNKNOWN, 0.0)
    total = sum(shares.values())
    if not 0.99 < total + unknown < 1.01:
        raise ValueError(f"the phenotypes of {gene} in {group} add up to {total + unknown}")
    pairs = _pairs(gene, group)
    frequencies: dict[Activity, float] = {}
    for phenotype, share in shares.items():
        inside = {made: chance for made, chance in pairs.items() if made.phenotype == phenotype}
        inside = inside or {activity(gene, phenotype): 1.0}
        for made, chance in inside.items():
            frequencies[made] = share / total * chance / sum(inside.values())
    activities = sorted(frequencies, key=lambda made: (made.factor, made.phenotype, made.score or 0.0))
    return Genes(activities=tuple(activities), frequencies=tuple(frequencies[made] for made in activities))


def _pairs(gene: str, group: str) -> dict[Activity, float]:
    """Chance of every activity by two alleles that are drawn independently; those of unknown function left out."""
    alleles: dict[str, float] = {}
    for row in _rows("alleles.csv"):
        if row["gene"] == gene and row[group] and _has_function(gene, row["allele"]):
            alleles[row["allele"]] = float(row[group])
    chances: dict[Activity, float] = {}
    for first, chance in alleles.items():
        for second, other in alleles.items():
            made = activity(gene, f"{first}/{second}")
            chances[made] = chances.get(made, 0.0) + chance * other
    return {made: chance for made, chance in chances.items() if chance > 0}


def _has_function(gene: str, allele: str) -> bool:
    try:
        activity(gene, f"{allele}/{allele}")
    except ValueError:
        return False
    return True


@cache
def _rows(name: str) -> tuple[Mapping[str, str], ...]:
    return tuple(row for _, row in read_table(FOLDER / name, ()))


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / "people.toml").read_text("utf-8"))


def _in(quantity: Mapping[str, Any], unit: str) -> float:
    return from_canonical(to_canonical(quantity["value"], quantity["unit"]), unit)
