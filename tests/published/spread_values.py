"""Published spreads between people: the rows of spreads.csv, and what virtual patients say to each.

The test and ``docs/compounds.py`` use the same functions. ``taken`` is written as in compounds.csv. ``people`` are
``Europeans``, of all adult ages and sizes, or ``Europeans of one body`` (a woman of 70 kg, 45 years), for studies that
took the body out of their spread; a number before them is how many, where a tail is asked for. ``with CYP2B6 normal``
keeps those who were born so; ``as CYP2D6 poor`` gives everybody that phenotype, and the typical level of the enzyme. A
``quantity`` is a statistic of a measure.
"""

from __future__ import annotations

import csv
import re
import tempfile
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import pandas as pd
from published.compound_values import intakes, regimens
from runs import written

from pkinteract import load_scenario, population

TABLE = Path(__file__).parent / "spreads.csv"
with TABLE.open(encoding="utf-8") as _file:
    SPREADS = list(csv.DictReader(_file))
PATIENTS = 2048
"""Patients of each population."""

PAIRED = 512
"""Patients where everybody is given a phenotype: medians of the same people are compared."""

DAYS = 20
"""Length of the run after a single dose, where the row gives none [d]."""

_PEOPLE = re.compile(
    r"(?:(?P<count>[\d,]+) )?Europeans(?P<body> of one body)?(?: (?P<how>with|as) (?P<gene>\w+) (?P<phenotype>\S+))?"
)
_ADULT = 'weight = "70 kg"\nage = "45 y"\nsex = "female"\nheight = "168 cm"\ncreatinine_clearance = "95 mL/min"\n'
_ONE_BODY = ["weight", "height", "age", "creatinine_clearance"]
_COLUMNS = {"average": "cavg_after", "trough": "trough_after", "peak": "cmax", "AUC": "auc"}


def people(row: dict[str, str]) -> pd.DataFrame:
    """The virtual patients of a row, one line each."""
    parts = _parts(row)
    made = (parts["gene"], parts["phenotype"]) if parts["how"] == "as" else None
    usual = PATIENTS if made is None else PAIRED
    count = usual if parts["count"] is None else int(parts["count"].replace(",", ""))
    everybody = _patients(row["taken"], count, parts["body"] is not None, made)
    return everybody[everybody[parts["gene"]] == parts["phenotype"]] if parts["how"] == "with" else everybody


def _parts(row: dict[str, str]) -> dict[str, str | None]:
    match = _PEOPLE.fullmatch(row["people"])
    if match is None:
        raise ValueError(f"{row['people']!r} are no people")
    return match.groupdict()


@lru_cache(maxsize=64)
def _patients(taken: str, count: int, one_body: bool, made: tuple[str, str] | None) -> pd.DataFrame:
    rows = intakes(taken)
    days = rows[0].days or (DAYS if rows[0].every is None else 1)
    fixed = (_ONE_BODY if one_body else []) + ([made[0]] if made else [])
    phenotype = f'[patient.phenotype]\n{made[0]} = "{made[1]}"\n' if made else ""
    women = "women = 1.0\n" if one_body else ""
    source = (
        f'title = "published spread"\n[simulation]\nduration = "{days} d"\nstep = "24 h"\n[patient]\n{_ADULT}'
        f'{phenotype}[population]\nn = {count}\nancestry = "European"\n{women}'
        f"fixed = {fixed}\n{regimens(rows, '2 d')}"
    )
    with tempfile.TemporaryDirectory() as folder:
        patients = population(load_scenario(written(Path(folder), source))).patients
    assert (patients["status"] == "ok").all()
    return patients


def measured(row: dict[str, str], measure: str) -> pd.Series[float]:
    """A measure of the row's analyte in each of its people; CL/F is that of a dose of 1."""
    name, _, other = measure.partition(" over ")
    if other:
        return measured(row, name) / measured(row | {"drug": other}, name)
    if name == "CL/F":
        return 1 / measured(row, "AUC" if " once" in row["taken"] else "average")
    patients, start = people(row), f"{row['drug']}_{_COLUMNS[name]}_"
    (column,) = (name for name in patients.columns if name.startswith(start))
    return patients[column]


def variation(values: pd.Series[float]) -> float:
    """Coefficient of variation [1]."""
    return float(values.std() / values.mean())


def quartile_ratio(values: pd.Series[float]) -> float:
    """Upper over lower quartile [1]."""
    return float(values.quantile(0.75) / values.quantile(0.25))


def reach(values: pd.Series[float], count: int) -> float:
    """Highest over lowest of ``count`` people [1]: the median of all such groups, one after the other."""
    groups = [values[first : first + count] for first in range(0, len(values) - count + 1, count)]
    return float(pd.Series([group.max() / group.min() for group in groups]).median())


def explained(values: pd.Series[float], groups: pd.Series[float]) -> float:
    """Share of the variance that lies between groups [1]."""
    return float(1 - (values - values.groupby(groups).transform("mean")).var() / values.var())


STATISTICS: dict[str, Callable[[pd.Series[float]], float]] = {
    "CV": variation,
    "quartile ratio": quartile_ratio,
    "median": lambda values: float(values.median()),
    "5th percentile": lambda values: float(values.quantile(0.05)),
    "95th percentile": lambda values: float(values.quantile(0.95)),
}


def spread(row: dict[str, str]) -> float:
    """What virtual patients say to a row, in the row's unit."""
    statistic, measure = row["quantity"].split(" of ", 1)
    values = measured(row, measure)
    if statistic in STATISTICS:
        return STATISTICS[statistic](values)
    name, _, argument = statistic.rpartition(" ")
    if name == "median over":
        normal = f"{row['people'].rsplit(' ', 1)[0]} {argument}"
        return float(values.median() / measured(row | {"people": normal}, measure).median())
    if name == "share above":
        return float((values > float(argument)).mean())
    if name == "share below":
        return float((values < float(argument)).mean())
    if name == "range in":
        return reach(values, int(argument))
    if name == "share explained by":
        return explained(values, people(row)[f"{argument}_activity"])
    raise ValueError(f"{statistic!r} is no statistic")
