"""Who acts on what in a scenario, through which constant, how much to expect, and why an effect is nil."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pkinteract.library.monograph import Monograph
from pkinteract.library.values import Value
from pkinteract.model import patient as body
from pkinteract.model.clearance import pathway_clearance, pathways
from pkinteract.model.interaction import Level, fold, inactivation, inhibition
from pkinteract.model.parts import fraction_unbound
from pkinteract.scenario import Course, Patient, Scenario

NIL = 0.02
"""Relative change below which an effect is called nil [1]."""

SMALLEST = 1e-6
"""Share of a monograph's clearance that is assumed to be left where kidneys or conditions leave none [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A compound acts on an enzyme, or on the binding of another compound.

    Attributes
    ----------
    target
        Enzyme, or compound whose binding it displaces.
    constants
        The constants as written, by name.
    average
        Plasma level to expect [mg/L, total]: the largest daily dose of the scenario over the clearance, with what the
        compound does to itself but without the others.
    factor
        What that level does in the long run: to the enzyme's level or activity, or to the unbound fraction [1].
    victims
        Compounds that the target clears and the share it carries [1]; for displacement the compound itself, with 1.
    gut
        Victims that it meets in the gut wall; there an inhibitor acts while it is being absorbed, by more than its
        plasma level.
    activity
        Uninduced level of the enzyme in this patient [1].
    """

    perpetrator: str
    target: str
    mechanism: str
    constants: Mapping[str, Value]
    average: float
    factor: float
    victims: Mapping[str, float]
    gut: tuple[str, ...]
    activity: float
    source: str | None

    @property
    def why_nil(self) -> str | None:
        """Why nothing is to be expected; None when something is."""
        if not self.victims:
            return "it clears no drug of this scenario"
        if self.activity == 0:
            return "this patient has none of it"
        if not self.weak or (self.gut and "induction" not in self.mechanism):
            return None
        limit = next((name for name in ("ec50", "ki") if name in self.constants), None)
        if limit is None:
            return f"the average {self.average:.2g} mg/L is too low"
        value = self.constants[limit]
        names = {"ec50": "EC50", "ki": "Ki"}
        return f"the average {self.average:.2g} mg/L is far below {names[limit]} {_written(value)}"

    @property
    def weak(self) -> bool:
        """Whether the plasma level has no effect to speak of."""
        return abs(self.factor - 1) < NIL

    @property
    def text(self) -> str:
        """The constants in one line."""
        names = {"emax": "Emax", "ec50": "EC50", "hill": "Hill", "slope": "slope", "ki": "Ki", "kinact": "kinact"}
        return ", ".join(f"{names[name]} {_written(value)}" for name, value in self.constants.items())

    def record(self) -> dict[str, object]:
        """The link as plain data."""
        return {
            "perpetrator": self.perpetrator,
            "acts_on": self.target,
            "mechanism": self.mechanism,
            "constants": {
                name: {"value": row.value, "unit": row.unit} | ({"basis": row.basis} if row.basis else {})
                for name, row in self.constants.items()
            },
            "source": self.source,
            "expected_average_mg_per_L": float(f"{self.average:.4g}"),
            "expected_factor": float(f"{self.factor:.4g}"),
            "nil_because": self.why_nil,
            "victims": dict(self.victims),
            "victims_in_gut_wall": list(self.gut),
        }


def links(scenario: Scenario) -> tuple[Link, ...]:
    """Every action of a compound of the scenario, in the order of the compounds."""
    averages = _averages(scenario)
    return tuple(link for drug in scenario.monographs for link in _links(scenario, drug, averages[drug]))


def _links(scenario: Scenario, drug: str, average: float) -> Iterator[Link]:
    monograph = scenario.monographs[drug]
    level = Level(compound=monograph, value=average, basis="total")
    activity = body.activities(scenario.patient, scenario.enzymes)
    absorbed = any(
        monograph.absorption[course.formulation].route == "oral"
        for regimen in scenario.regimens
        if regimen.drug == drug
        for course in regimen.courses
    )

    def link(
        target: str,
        mechanism: str,
        constants: Sequence[tuple[str, Value | None]],
        factor: float,
        organs: Sequence[str] = ("liver", "gut"),
    ) -> Link:
        known = {name: value for name, value in constants if value is not None}
        source = next((value.source for value in known.values() if value.source), None)
        return Link(
            perpetrator=drug,
            target=target,
            mechanism=mechanism,
            constants=known,
            average=average,
            factor=factor,
            victims={target: 1.0} if mechanism == "displacement" else _victims(target, organs, scenario.monographs),
            gut=_gut_victims(target, scenario.monographs) if "gut" in organs else (),
            activity=float(activity.get(target, 1.0)),
            source=None if source is None else monograph.sources[source].cite,
        )

    for enzyme, row in monograph.induces.items():
        given = [("emax", row.emax), ("ec50", row.ec50), ("hill", row.hill), ("slope", row.slope)]
        yield link(enzyme, f"induction ({row.receptor or 'linear'})", given, fold(enzyme, [level]))
    for enzyme, reversible in monograph.inhibits.items():
        organs = _organs(reversible.organs, absorbed)
        left = inhibition(enzyme, _first(reversible.organs), [level])
        yield link(enzyme, "reversible inhibition", [("ki", reversible.ki)], left, organs)
    for enzyme, gone in monograph.inactivates.items():
        organs = _organs(gone.organs, absorbed)
        left = inactivation(scenario.enzymes[enzyme], enzyme, _first(gone.organs), [level])
        yield link(enzyme, "inactivation", [("kinact", gone.kinact), ("ki", gone.ki)], left, organs)
    for other, rival in monograph.displaces.items():
        if other in scenario.monographs:
            free = fraction_unbound(scenario.monographs[other])
            pushed = 1 / (1 + (1 / free - 1) / (1 + level.over(rival.ki)))
            yield link(other, "displacement", [("ki", rival.ki)], pushed / free)


def _first(organs: Sequence[str] | None) -> str:
    """The organ that an effect is told of: the liver, unless it is one on the gut wall alone."""
    return "liver" if organs is None or "liver" in organs else "gut"


def _organs(given: Sequence[str] | None, absorbed: bool) -> list[str]:
    """Where an inhibitor acts: in the gut wall only while it is being absorbed."""
    return [organ for organ in given or ("liver", "gut") if organ == "liver" or absorbed]


def _victims(enzyme: str, organs: Sequence[str], monographs: Mapping[str, Monograph]) -> dict[str, float]:
    """Compounds that the enzyme clears, or meets in the gut wall, and the share of the clearance that it carries."""
    found: dict[str, float] = {}
    gut = _gut_victims(enzyme, monographs) if "gut" in organs else ()
    for drug, monograph in monographs.items():
        share = sum(row.fraction.canonical for row in monograph.elimination.pathway if row.enzyme == enzyme)
        share = share if "liver" in organs else 0.0
        if share or drug in gut:
            found[drug] = round(share, 6)
    return found


def _gut_victims(enzyme: str, monographs: Mapping[str, Monograph]) -> tuple[str, ...]:
    return tuple(
        drug for drug, row in monographs.items() if row.first_pass is not None and row.first_pass.gut_enzyme == enzyme
    )


def _averages(scenario: Scenario) -> dict[str, float]:
    """Plasma level that the largest daily dose of every drug keeps up without interactions [mg/L]."""
    found = dict.fromkeys(scenario.monographs, 0.0)
    for regimen in scenario.regimens:
        monograph = scenario.monographs[regimen.drug]
        largest = max((daily(course) * available(monograph, course) for course in regimen.courses), default=0.0)
        found[regimen.drug] += largest / 24 / _clearance(monograph, scenario.patient)
    for drug in scenario.dosed:
        found[drug] = _settled(scenario.monographs[drug], found[drug], scenario.patient)
    for parent, monograph in scenario.monographs.items():
        for row in monograph.elimination.pathway:
            if row.forms is not None:
                made = found[parent] * float(pathway_clearance(scenario.patient, monograph, row))
                made *= 1.0 if row.formed is None else row.formed.canonical
                child = scenario.monographs[row.forms]
                made *= child.molar_mass.canonical / monograph.molar_mass.canonical
                found[row.forms] += made / _clearance(child, scenario.patient)
    return found


def _settled(monograph: Monograph, level: float, patient: Patient) -> float:
    """The level that is left of ``level`` when a compound induces and inhibits its own clearance [mg/L]."""
    low, high = 0.0, 100 * level
    whole = _clearance(monograph, patient)
    shares = [
        (row.enzyme, float(pathway_clearance(patient, monograph, row)) / whole)
        for row in monograph.elimination.pathway
        if row.enzyme is not None
    ]
    for _ in range(60):
        middle = (low + high) / 2
        changes = [share * (_own(monograph, enzyme, middle) - 1) for enzyme, share in shares]
        low, high = (middle, high) if middle * (1 + sum(changes)) < level else (low, middle)
    return (low + high) / 2


def _own(monograph: Monograph, enzyme: str, level: float) -> float:
    mine = [Level(compound=monograph, value=level, basis="total")]
    return fold(enzyme, mine) * inhibition(enzyme, "liver", mine)


def daily(course: Course) -> float:
    """Labelled amount per day [mg]; that of a single dose."""
    if course.clock:
        return sum(row.amount for row in course.clock)
    return max(course.levels) * (1.0 if course.every is None else 24 / course.every)


def available(monograph: Monograph, course: Course) -> float:
    """Free drug that reaches the circulation per labelled amount [1]."""
    formulation = monograph.absorption[course.formulation]
    salt = 1.0 if formulation.salt_factor is None else formulation.salt_factor.canonical
    if course.bioavailability is not None:
        return salt * course.bioavailability
    return salt * (1.0 if formulation.bioavailability is None else formulation.bioavailability.canonical)


def _clearance(monograph: Monograph, patient: Patient) -> float:
    """Clearance of a normal metaboliser of this size, with these kidneys and conditions [L/h]."""
    found = float(sum(pathway_clearance(patient, monograph, row) for row in pathways(monograph)))
    return max(found, SMALLEST * body.reference_clearance(monograph.elimination.clearance))


def _written(value: Value) -> str:
    unit = "" if value.unit == "1" else f" {value.unit}"
    return f"{value.value:g}{unit}" + (f" {value.basis}" if value.basis else "")
