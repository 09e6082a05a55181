"""How much levels change in the long run, before anything is simulated: every drug at its average, all acting on all.

The largest daily doses of a scenario come in evenly. Averages, enzymes and first pass are those at which what comes in
is cleared: a fixed point of the model's own algebra at constant levels. Where doses and their absorption matter, as for
an inhibitor that is short-lived, and before all is settled, the run says more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from pkinteract.library.schema.monograph import Monograph, Pathway
from pkinteract.model import patient as body
from pkinteract.model.clearance import formed_ratio, gut_share, pathway_clearance, pathways
from pkinteract.model.expectation.network import available, daily
from pkinteract.model.interaction import Level, fold, inactivation, inhibition
from pkinteract.model.parts import gut_availability, liver
from pkinteract.scenario import Scenario

_ROUNDS, _CLOSE = 300, 1e-4
"""Rounds at most, and the relative change that ends them [1]."""

_LEAST, _MOST = 1e-12, 1e5
"""An average below the first is none, one above the second rises on and on [mg/L]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Influx:
    """What comes in of a compound: through the gut wall (before it) and into a vein [mg/h]."""

    oral: float
    vein: float


def changes(scenario: Scenario) -> dict[str, float]:
    """Compound to its average with all drugs of the scenario over that with its own drug alone [1].

    Infinite, and alone in the answer, where more of a compound comes in with all drugs than can be cleared.
    """
    together = _settled(scenario, frozenset(scenario.monographs))
    beyond = [name for name, level in together.items() if level > _MOST]
    if beyond:
        return dict.fromkeys(beyond, math.inf)
    found: dict[str, float] = {}
    for drug in scenario.dosed if together else ():
        alone = _settled(scenario, _family(scenario.monographs, drug))
        mine = (name for name in alone if name == drug or name not in scenario.dosed)
        found |= {name: together[name] / alone[name] for name in mine if alone[name] > _LEAST}
    return {name: found[name] for name in scenario.monographs if name in found}


def _family(monographs: Mapping[str, Monograph], drug: str) -> frozenset[str]:
    """A drug with its metabolites, theirs, and so on."""
    found, waiting = set[str](), [drug]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += monographs[name].metabolites
    return frozenset(found)


def _settled(scenario: Scenario, present: frozenset[str]) -> dict[str, float]:
    """Average of those ``present`` [mg/L, total]; above ``_MOST`` where one rises on, empty if none settles."""
    intakes = {drug: _intake(scenario, drug) for drug in present}
    averages = {name: 1.0 for name in scenario.monographs if name in present}
    for _ in range(_ROUNDS):
        target = _Round(scenario, averages, intakes).target()
        moved = {name: math.sqrt(level * max(target[name], _LEAST)) for name, level in averages.items()}
        if all(abs(math.log(moved[name] / averages[name])) < _CLOSE for name in averages):
            return moved
        if max(moved.values()) > _MOST:
            return moved
        averages = moved
    return {}


def _intake(scenario: Scenario, drug: str) -> _Influx:
    """Hourly amounts of the courses with the largest daily dose, by mouth what reaches the gut wall."""
    monograph = scenario.monographs[drug]
    oral = vein = 0.0
    for regimen in (row for row in scenario.regimens if row.drug == drug):
        course = max(regimen.courses, key=lambda row: daily(row) * available(monograph, row), default=None)
        if course is None:
            continue
        amount = daily(course) * available(monograph, course) / 24
        if monograph.absorption[course.formulation].route == "oral":
            oral += amount / gut_availability(monograph) / liver(monograph).availability
        else:
            vein += amount
    return _Influx(oral=oral, vein=vein)


class _Round:
    """The levels of a round, and what follows from them."""

    def __init__(self, scenario: Scenario, averages: Mapping[str, float], intakes: Mapping[str, _Influx]) -> None:
        self.scenario, self.averages, self.intakes = scenario, averages, intakes
        self.activity = body.activities(scenario.patient, scenario.enzymes)
        self.size = float(body.size(scenario.patient))
        self.known: dict[tuple[str, str], float] = {}
        monographs = scenario.monographs
        self.plasma = [Level(compound=monographs[name], value=value, basis="total") for name, value in averages.items()]
        self.inlet = [Level(compound=row.compound, value=self._inlet(row), basis="total") for row in self.plasma]
        self.wall = [
            Level(
                compound=monographs[name],
                value=intakes[name].oral / (body.GUT_FLOW * self.size),
                basis="unbound",
            )
            for name in averages
        ]

    def _inlet(self, plasma: Level) -> float:
        """Level in plasma at the liver's inlet, with what is being absorbed [mg/L]."""
        monograph = plasma.compound
        binding = monograph.binding
        blood = 1.0 if binding is None or binding.blood_to_plasma is None else binding.blood_to_plasma.canonical
        passed = self.intakes[monograph.id].oral * gut_availability(monograph)
        return plasma.value + passed / (body.LIVER_FLOW * self.size * blood)

    def enzyme(self, name: str, organ: str) -> float:
        """Activity of an enzyme in an organ [1]."""
        if (name, organ) not in self.known:
            self.known[name, organ] = self._enzyme(name, organ)
        return self.known[name, organ]

    def _enzyme(self, name: str, organ: str) -> float:
        there: Iterable[Level] = self.inlet if organ == "liver" else self.wall
        left = inactivation(self.scenario.enzymes[name], name, organ, there) * inhibition(name, organ, there)
        return float(self.activity[name]) * fold(name, self.plasma) * left

    def target(self) -> dict[str, float]:
        """The averages at which what comes in with these levels is cleared [mg/L]."""
        made = dict.fromkeys(self.averages, 0.0)
        found: dict[str, tuple[float, float]] = {}
        for name, average in self.averages.items():
            monograph, intake = self.scenario.monographs[name], self.intakes[name]
            ways = pathways(monograph)
            rates = [self._rate(monograph, row) for row in ways]
            inside = [row.kind in ("enzyme", "biliary") for row in ways]
            hepatic = sum(rate for rate, here in zip(rates, inside, strict=True) if here)
            flow = liver(monograph).flow
            passing = 1.0 if flow is None else flow * self.size / (flow * self.size + hepatic)
            entering = intake.oral * self._wall(monograph)
            extracted = average * passing + (entering * (1 - passing) / hepatic if hepatic else 0.0)
            found[name] = intake.vein + entering * passing, sum(rates) - hepatic * (1 - passing)
            for row, rate, here in zip(ways, rates, inside, strict=True):
                if row.forms in made:
                    lost = rate * (extracted if here else average) + (intake.oral - entering) * gut_share(
                        monograph, row
                    )
                    made[row.forms] += lost * formed_ratio(self.scenario.monographs, monograph, row, row.forms)
        return {name: (reached + made[name]) / max(cleared, _LEAST) for name, (reached, cleared) in found.items()}

    def _rate(self, monograph: Monograph, row: Pathway) -> float:
        """Clearance by a pathway, intrinsic where the liver has a flow [L/h]."""
        found = float(pathway_clearance(self.scenario.patient, monograph, row))
        organ = liver(monograph)
        if row.kind in ("enzyme", "biliary"):
            found /= organ.availability
        if row.km is not None:
            mine = next(level for level in self.plasma if level.compound.id == monograph.id)
            found /= 1 + mine.over(row.km)
        return found * (1.0 if row.enzyme is None else self.enzyme(row.enzyme, "liver"))

    def _wall(self, monograph: Monograph) -> float:
        """Share that escapes the gut wall [1]."""
        if monograph.first_pass is None:
            return 1.0
        ratio = 1 / gut_availability(monograph) - 1
        return 1 / (1 + ratio * self.enzyme(monograph.first_pass.gut_enzyme, "gut"))
