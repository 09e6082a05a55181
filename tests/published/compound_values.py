"""Published values of single drugs: the rows of compounds.csv, and what the library says to each.

The test and ``docs/compounds.py`` use the same functions. A row's ``taken`` is one dose or a regimen, several drugs
joined by " + ": ``alprazolam 1 mg once``, ``clobazam 20 mg every 24 h`` (at steady state), ``... every 12 h for 7 d``,
with ``as <formulation>``, ``fed`` and ``if CYP2C19 poor`` where they matter. The first drug is the one that counts.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from runs import average, half_life, run

from pkinteract.analytes import unit_factor
from pkinteract.engine.curves import Curve, extremes
from pkinteract.library import load_library
from pkinteract.library.schema.monograph import REFERENCE_WEIGHT
from pkinteract.model.patient import reference_clearance
from pkinteract.result import Result
from pkinteract.units import dimension_of

TABLE = Path(__file__).parent / "compounds.csv"
with TABLE.open(encoding="utf-8") as _file:
    VALUES = list(csv.DictReader(_file))
LIBRARY = load_library()
CLOSE = 1.3
"""Fold within which a value counts as met in the shares."""

NOTHING = 1e-6
"""Share of an area that does not count [1]."""

_TAKEN = re.compile(
    r"(?P<drug>[\w-]+) (?P<dose>[\d.]+ \S+) (?:once|every (?P<every>\d+) h)(?: for (?P<days>\d+) d)?"
    r"(?: as (?P<form>[\w-]+))?(?P<fed> fed)?(?: if (?P<gene>\w+) (?P<phenotype>\w+))?"
)
_ADULT = '[patient]\nweight = "70 kg"\nage = "35 y"\nsex = "female"\ncreatinine_clearance = "100 mL/min"\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """One drug of a row's ``taken``: interval [h] or None for a single dose, days or None for steady state."""

    drug: str
    dose: str
    every: float | None
    days: float | None
    form: str
    fed: bool
    genes: str

    @property
    def last(self) -> float:
        """Time of the last dose [h]."""
        return 0.0 if self.every is None or self.days is None else self.days * 24 - self.every

    @property
    def free(self) -> float:
        """Free drug of one dose [mg]."""
        number, unit = self.dose.split()
        scale = {"mg": 1.0, "g": 1000.0, "mg/kg": 70.0}[unit]
        way = LIBRARY.monograph(self.drug).absorption[self.form]
        return float(number) * scale * (1.0 if way.salt_factor is None else way.salt_factor.canonical)


def intakes(taken: str) -> list[Intake]:
    """The drugs of a row's ``taken``."""
    found = []
    for part in taken.split(" + "):
        match = _TAKEN.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no dose or regimen")
        every, days = match["every"], match["days"]
        found.append(
            Intake(
                drug=match["drug"],
                dose=match["dose"],
                every=None if every is None else float(every),
                days=None if days is None else float(days),
                form=match["form"] or str(LIBRARY.monograph(match["drug"]).formulation),
                fed=match["fed"] is not None,
                genes=f'{match["gene"]} = "{match["phenotype"]}"\n' if match["gene"] else "",
            )
        )
    return found


def simulated(taken: str, scale: float) -> Result:
    """The run of ``taken``, from its first dose (or a day at steady state) to 9 times ``scale`` [h] after the last."""
    return _simulated(taken, float(np.ceil(9 * scale / 24)))


@lru_cache(maxsize=512)
def _simulated(taken: str, washout: float) -> Result:
    rows = intakes(taken)
    days = rows[0].last / 24 + max(washout, 3)
    head = f'title = "published value"\n[simulation]\nduration = "{days} d"\nstep = "24 h"\n{_ADULT}'
    genes = f"[patient.phenotype]\n{''.join(row.genes for row in rows)}" if any(row.genes for row in rows) else ""
    return run(head + genes + regimens(rows))


def regimens(rows: list[Intake], steady: str = "1 h") -> str:
    """The drugs of a row's ``taken`` as a scenario has them; those at steady state are taken until ``steady``."""
    parts = []
    for row in rows:
        until = steady if row.days is None else f"{row.days} d"
        course = f'[[regimen.course]]\nfrom = "0 h"\ndose = "{row.dose}"\n'
        if row.every is not None:
            course += f'every = "{row.every} h"\nuntil = "{until}"\n'
            course += "steady_state = true\n" if row.days is None else ""
        course += 'food = "fed"\n' if row.fed else ""
        parts.append(f'[[regimen]]\ndrug = "{row.drug}"\nformulation = "{row.form}"\n{course}')
    return "".join(parts)


def scale_of(row: dict[str, str]) -> float:
    """Published half-life [h] of the row's compound, or of the drug that it comes from if that is longer; else 24 h."""
    names = {row["compound"], row["taken"].split(" ", 1)[0]}
    known = [
        float(other["value"]) for other in VALUES if other["quantity"] == "half-life" and other["compound"] in names
    ]
    return max(known, default=24.0)


def curve_of(row: dict[str, str], compound: str = "") -> tuple[Curve, float, float, float]:
    """Curve of a compound in a row's run [mg/L], begin and end of the last interval, and end of the run [h]."""
    result, first = simulated(row["taken"], scale_of(row)), intakes(row["taken"])[0]
    curve = result.curve(compound or row["compound"])
    stop = float(result.time[-1])
    return curve, first.last, stop if first.every is None else first.last + first.every, stop


def sum_of(compound: str) -> str:
    """The sum that a drug is judged by with its metabolite."""
    return LIBRARY.monograph(compound).sum[0].id


def in_mg_per_l(row: dict[str, str], compound: str = "") -> float:
    """Reporting unit of a compound, or of the drug of a sum [mg/L]."""
    monograph = LIBRARY.monograph((compound or row["compound"]).split("+")[0])
    return 1 / unit_factor(monograph.unit, monograph)


def peak_time(row: dict[str, str]) -> float:
    """Time of the peak after the last dose [h]."""
    curve, start, stop, end = curve_of(row)
    return float(extremes(curve, start, min(stop, end)).tmax) - start


def peak(row: dict[str, str]) -> float:
    """Highest level after the last dose [mg/L]."""
    curve, start, stop, _ = curve_of(row)
    return float(extremes(curve, start, stop).cmax) * in_mg_per_l(row)


def trough(row: dict[str, str]) -> float:
    """Level at the end of the last interval [mg/L]."""
    curve, _, stop, _ = curve_of(row)
    return float(curve.value(stop)) * in_mg_per_l(row)


def mean_level(row: dict[str, str], compound: str = "") -> float:
    """Average over the last interval [mg/L]."""
    curve, start, stop, _ = curve_of(row, compound)
    return average(curve, start, stop) * in_mg_per_l(row, compound)


def area(row: dict[str, str], compound: str = "") -> float:
    """Area over the last interval, or after one dose to infinity [mg·h/L]."""
    curve, start, stop, end = curve_of(row, compound)
    total = float(curve.integral(start, stop))
    remaining = float(curve.value(end))
    if stop == end and remaining * end > NOTHING * total:
        total += remaining * half_life(curve, 0.9 * end, end) / float(np.log(2))
    return total * in_mg_per_l(row, compound)


def first_area(row: dict[str, str]) -> float:
    """Area over the first hours of the last interval that the quantity names [mg·h/L]."""
    curve, start, _, _ = curve_of(row)
    hours = float(row["quantity"].split()[-2])
    return float(curve.integral(start, start + hours)) * in_mg_per_l(row)


def cleared(row: dict[str, str]) -> float:
    """Free drug of a dose over its area [L/h]."""
    return intakes(row["taken"])[0].free / area(row)


def halved(row: dict[str, str]) -> float:
    """Half-life from one to three published half-lives after the peak, as a study would sample it [h].

    Of a metabolite that nothing is taken of, ln 2·V/CL of its monograph.
    """
    if not row["taken"]:
        return float(
            np.log(2) * space(row) / reference_clearance(LIBRARY.monograph(row["compound"]).elimination.clearance)
        )
    curve, start, _, _ = curve_of(row)
    first, published = start + peak_time(row), float(row["value"])
    return half_life(curve, first + published, first + 3 * published)


def space(row: dict[str, str]) -> float:
    """All compartments together, at 70 kg [L]."""
    distribution = LIBRARY.monograph(row["compound"]).distribution
    volumes = [side.volume for side in (distribution, *distribution.peripheral)]
    return sum(
        value.canonical * (REFERENCE_WEIGHT if dimension_of(value.unit) == "volume per weight" else 1.0)
        for value in volumes
    )


def bioavailability(row: dict[str, str]) -> float:
    """That of the monograph; with ``taken``, the area by mouth over that of the same regimen by vein [1]."""
    if not row["taken"]:
        return absorbed(row)
    return area(row) / area(row | {"taken": f"{row['taken']} as intravenous"})


def absorbed(row: dict[str, str]) -> float:
    """Absolute bioavailability of the uninduced normal metaboliser, of the usual form [1]."""
    monograph = LIBRARY.monograph(row["compound"])
    value = monograph.absorption[str(monograph.formulation)].bioavailability
    return 1.0 if value is None else value.canonical


def unbound(row: dict[str, str]) -> float:
    """Unbound fraction [1]; with saturable sites at the level that ``taken`` says."""
    binding = LIBRARY.monograph(row["compound"]).binding
    assert binding is not None
    if binding.sites is None:
        return binding.fraction_unbound.canonical
    level = float(row["taken"].removeprefix("at ").removesuffix(" mg/L"))
    capacity, kd = binding.sites.capacity.canonical, binding.sites.kd.canonical
    free = capacity + kd - level
    return float(2 * kd / (free + np.sqrt(free**2 + 4 * kd * level)))


def renal_share(row: dict[str, str]) -> float:
    """Share of the clearance that goes through the kidneys [1]."""
    pathways = LIBRARY.monograph(row["compound"]).elimination.pathway
    return sum(p.fraction.canonical for p in pathways if p.kind == "renal" or p.id in ("renal", "kidney"))


def gut_left(row: dict[str, str]) -> float:
    """CYP3A4 of the gut wall over the last interval, relative to that before the first dose [1]."""
    _, start, stop, _ = curve_of(row)
    result = simulated(row["taken"], scale_of(row))
    return average(result.enzyme_curves[result.enzymes.index("CYP3A4_gut")], start, stop)


def over_parent(row: dict[str, str], measure: Callable[..., float]) -> float:
    """Area or average over that of the compound that the quantity names [1]."""
    parent = row["quantity"].rsplit(" ", 1)[-1]
    ratio = measure(row) / measure(row, parent)
    masses = [LIBRARY.monograph(name).molar_mass.canonical for name in (row["compound"], parent)]
    return ratio / (masses[0] / masses[1]) if row["quantity"].startswith("molar") else ratio


ANSWERS: dict[str, Callable[[dict[str, str]], float]] = {
    "fu": unbound,
    "F": bioavailability,
    "V": space,
    "V/F": lambda row: space(row) / absorbed(row),
    "CL": cleared,
    "CL/F": cleared,
    "half-life": halved,
    "tmax": peak_time,
    "peak": peak,
    "trough": trough,
    "average": mean_level,
    "average of the sum": lambda row: mean_level(row, sum_of(row["compound"])),
    "AUC": area,
    "renal share": renal_share,
    "gut CYP3A4": gut_left,
}


def answer(row: dict[str, str]) -> float:
    """What the library says to a row, in the row's unit."""
    quantity = row["quantity"]
    if quantity.endswith(" of normal metabolisers"):
        return mean_level(row) / mean_level(row | {"taken": row["taken"].split(" if ")[0]})
    if " over " in quantity:
        return over_parent(row, area if "AUC" in quantity else mean_level)
    value = first_area(row) if quantity.startswith("AUC 0 to") else ANSWERS[quantity](row)
    return value * {"ng/mL": 1e3, "ng·h/mL": 1e3}.get(row["unit"], 1.0)


def fold(row: dict[str, str], value: float) -> float:
    """How far a value is from the published one, 1 or more [1]."""
    published = float(row["value"])
    return max(value / published, published / value)
