"""Who acts on what in a scenario, through which constant, how much to expect, and why an effect is nil."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.values import Value
from pkinteract.model import patient as body
from pkinteract.model.clearance import pathway_clearance
from pkinteract.model.expectation.estimate import ActingLevels, averages
from pkinteract.model.expectation.intake import Stay, available, daily_dose, family_of, stays, typical_clearance
from pkinteract.model.interaction import Level, fold, inactivation, inhibition
from pkinteract.model.parts import fraction_unbound
from pkinteract.scenario import Patient, Scenario

NIL = 0.02
"""Relative change below which an effect is called nil [1]."""


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
        Plasma level to expect [mg/L, total]: what the largest daily dose keeps up, with what the compound, its parent
        and its metabolites do to each other but without the other drugs.
    factor
        What it does in the long run: to the enzyme's level or activity in the liver, or to the unbound fraction [1].
        An inducer acts by its plasma level, an inhibitor by the level at the liver's inlet.
    wall
        The same of the enzyme in the gut wall, where an inhibitor acts by what is being absorbed, evenly over the
        day [1]; None where it meets no victim there.
    victims
        Compounds that the target clears and the share it carries [1]; for displacement the compound itself, with 1.
    gut
        Victims that it meets in the gut wall.
    activity
        Uninduced level of the enzyme in this patient [1].
    missed
        Why it meets none of its victims, None if it meets one.
    """

    perpetrator: str
    target: str
    mechanism: str
    constants: Mapping[str, Value]
    average: float
    factor: float
    wall: float | None
    victims: Mapping[str, float]
    gut: tuple[str, ...]
    activity: float
    missed: str | None
    source: str | None

    @property
    def why_nil(self) -> str | None:
        """Why nothing is to be expected; None when something is."""
        if self.missed is not None:
            return self.missed
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
        """Whether neither the liver's inlet nor the gut wall sees an effect to speak of at even levels."""
        return all(abs(factor - 1) < NIL for factor in (self.factor, self.wall) if factor is not None)

    @property
    def text(self) -> str:
        """The constants in one line."""
        names = {
            "emax": "Emax",
            "emax_gut": "Emax in the gut wall",
            "ec50": "EC50",
            "hill": "Hill",
            "slope": "slope",
            "ki": "Ki",
            "ki_gut": "Ki in the gut wall",
            "kinact": "kinact",
        }
        return ", ".join(f"{names[name]} {_written(value)}" for name, value in self.constants.items())

    def record(self) -> dict[str, object]:
        """The link as plain data."""
        return {
            "perpetrator": self.perpetrator,
            "acts_on": self.target,
            "mechanism": self.mechanism,
            "constants": {
                name: {"value": constant.value, "unit": constant.unit}
                | ({"basis": constant.basis} if constant.basis else {})
                for name, constant in self.constants.items()
            },
            "source": self.source,
            "expected_average_mg_per_L": float(f"{self.average:.4g}"),
            "expected_factor": float(f"{self.factor:.4g}"),
            "expected_factor_in_gut_wall": None if self.wall is None else float(f"{self.wall:.4g}"),
            "nil_because": self.why_nil,
            "victims": dict(self.victims),
            "victims_in_gut_wall": list(self.gut),
        }


def links(scenario: Scenario) -> tuple[Link, ...]:
    """Every action of a compound of the scenario, in the order of the compounds."""
    levels = _levels(scenario)
    there = _stays_of_compounds(scenario)
    return tuple(link for drug in scenario.monographs for link in _links(scenario, drug, levels, there))


def _stays_of_compounds(scenario: Scenario) -> dict[str, list[Stay]]:
    """Compound to the stays of the drugs that it is or comes from."""
    stays_of: dict[str, list[Stay]] = {name: [] for name in scenario.monographs}
    for drug, stay in stays(scenario).items():
        for name in family_of(scenario, drug):
            stays_of[name].append(stay)
    return stays_of


def _links(scenario: Scenario, drug: str, levels: ActingLevels, there: Mapping[str, Sequence[Stay]]) -> Iterator[Link]:
    monograph = scenario.monographs[drug]
    average = levels.averages[drug]
    level = Level(compound=monograph, value=average, basis="total")
    inlet, wall = levels.inlet(drug), levels.wall(drug)
    activity = body.activities(scenario.patient, scenario.enzymes)
    mine = there[drug]
    met = {name for name, others in there.items() if any(stay.meets(other) for stay in mine for other in others)}
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
        in_wall: float | None = None,
        organs: Sequence[str] = ("liver", "gut"),
    ) -> Link:
        known = {name: value for name, value in constants if value is not None}
        source = next((value.source for value in known.values() if value.source), None)
        shares = {target: 1.0} if mechanism == "displacement" else _victims(target, organs, scenario.monographs)
        gut = _gut_victims(target, scenario.monographs) if "gut" in organs else ()
        seen = {name: share for name, share in shares.items() if name in met or not mine}
        over = bool(shares) and not seen
        seen = shares if over else seen
        gut = tuple(name for name in gut if name in seen)
        return Link(
            perpetrator=drug,
            target=target,
            mechanism=mechanism,
            constants=known,
            average=average,
            factor=factor,
            wall=in_wall if gut else None,
            victims=seen,
            gut=gut,
            activity=float(activity.get(target, 1.0)),
            missed=_apart(mine, [stay for name in shares for stay in there[name]]) if over else None,
            source=None if source is None else monograph.sources[source].cite,
        )

    for enzyme, induction in monograph.induces.items():
        names = ("emax", "emax_gut", "ec50", "hill", "slope")
        given = [(name, getattr(induction, name)) for name in names]
        rises = fold(enzyme, "liver", [level]), fold(enzyme, "gut", [level])
        yield link(enzyme, f"induction ({induction.receptor or 'linear'})", given, *rises)
    for enzyme, reversible in monograph.inhibits.items():
        organs = _organs(reversible.organs, absorbed)
        left = inhibition(enzyme, "liver", [inlet])
        given = [("ki", reversible.ki), ("ki_gut", reversible.ki_gut)]
        yield link(enzyme, "reversible inhibition", given, left, inhibition(enzyme, "gut", [wall]), organs)
    for enzyme, lasting in monograph.inactivates.items():
        organs = _organs(lasting.organs, absorbed)
        entry = scenario.enzymes[enzyme]
        left, kept = inactivation(entry, enzyme, "liver", [inlet]), inactivation(entry, enzyme, "gut", [wall])
        yield link(enzyme, "inactivation", [("kinact", lasting.kinact), ("ki", lasting.ki)], left, kept, organs)
    for other, rival in monograph.displaces.items():
        if other in scenario.monographs:
            free = fraction_unbound(scenario.monographs[other])
            pushed = 1 / (1 + (1 / free - 1) / (1 + level.over(rival.ki)))
            yield link(other, "displacement", [("ki", rival.ki)], pushed / free)


def _apart(mine: Sequence[Stay], others: Sequence[Stay]) -> str | None:
    """Why none of the stays of a compound meets one of the others; None where nothing is taken of those."""
    return max(mine, key=lambda stay: stay.gone).apart(others) if others else None


def _organs(given: Sequence[str] | None, absorbed: bool) -> list[str]:
    """Where an inhibitor acts: in the gut wall only while it is being absorbed."""
    return [organ for organ in given or ("liver", "gut", "kidney") if organ != "gut" or absorbed]


def _victims(enzyme: str, organs: Sequence[str], monographs: Mapping[str, Monograph]) -> dict[str, float]:
    """Compounds that the enzyme clears, or meets in the gut wall, and the share of the clearance that it carries."""
    shares: dict[str, float] = {}
    gut = _gut_victims(enzyme, monographs) if "gut" in organs else ()
    for drug, monograph in monographs.items():
        share = sum(
            pathway.fraction.canonical
            for pathway in monograph.elimination.pathway
            if (pathway.enzyme == enzyme and pathway.organ in organs)
            or (pathway.returned_by == enzyme and "liver" in organs)
        )
        if share or drug in gut:
            shares[drug] = round(share, 6)
    return shares


def _gut_victims(enzyme: str, monographs: Mapping[str, Monograph]) -> tuple[str, ...]:
    return tuple(drug for drug, drug_file in monographs.items() if enzyme in drug_file.gut_proteins)


def _levels(scenario: Scenario) -> ActingLevels:
    """Levels that the largest daily dose of every drug keeps up without the other drugs, where they act."""
    levels = _averages(scenario)
    for drug in scenario.dosed:
        levels |= averages(scenario, drug)
    return ActingLevels(scenario, levels)


def _averages(scenario: Scenario) -> dict[str, float]:
    """Plasma levels without first pass that moves [mg/L]: the answer where averages do not settle."""
    levels = dict.fromkeys(scenario.monographs, 0.0)
    for regimen in scenario.regimens:
        monograph = scenario.monographs[regimen.drug]
        largest = max((daily_dose(course) * available(monograph, course) for course in regimen.courses), default=0.0)
        levels[regimen.drug] += largest / 24 / typical_clearance(monograph, scenario.patient)
    for drug in scenario.dosed:
        levels[drug] = _settled(scenario.monographs[drug], levels[drug], scenario.patient)
    for parent, monograph in scenario.monographs.items():
        for pathway in monograph.elimination.pathway:
            if pathway.forms is not None:
                made = levels[parent] * float(pathway_clearance(scenario.patient, monograph, pathway))
                made *= 1.0 if pathway.formed is None else pathway.formed.canonical
                child = scenario.monographs[pathway.forms]
                made *= child.molar_mass.canonical / monograph.molar_mass.canonical
                levels[pathway.forms] += made / typical_clearance(child, scenario.patient)
    return levels


def _settled(monograph: Monograph, level: float, patient: Patient) -> float:
    """The level that is left of ``level`` when a compound induces and inhibits its own clearance [mg/L]."""
    low, high = 0.0, 100 * level
    whole = typical_clearance(monograph, patient)
    shares = [
        (pathway.enzyme, float(pathway_clearance(patient, monograph, pathway)) / whole)
        for pathway in monograph.elimination.pathway
        if pathway.enzyme is not None
    ]
    for _ in range(60):
        middle = (low + high) / 2
        changes = [share * (_own(monograph, enzyme, middle) - 1) for enzyme, share in shares]
        low, high = (middle, high) if middle * (1 + sum(changes)) < level else (low, middle)
    return (low + high) / 2


def _own(monograph: Monograph, enzyme: str, level: float) -> float:
    mine = [Level(compound=monograph, value=level, basis="total")]
    return fold(enzyme, "liver", mine) * inhibition(enzyme, "liver", mine)


def _written(value: Value) -> str:
    unit = "" if value.unit == "1" else f" {value.unit}"
    return f"{value.value:g}{unit}" + (f" {value.basis}" if value.basis else "")
