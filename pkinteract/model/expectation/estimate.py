"""How much levels change in the long run, before anything is simulated: every drug at its average, all acting on all.

The largest daily doses of a scenario come in evenly. Averages, enzymes and first pass are those at which what comes in
is cleared: a fixed point of the model's own algebra at constant levels. Where doses and their absorption matter, as for
an inhibitor that is short-lived, and before all is settled, the run says more.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pkinteract.library.schema.monograph import Monograph, Pathway
from pkinteract.model import patient as body
from pkinteract.model.clearance import formed_ratio, gut_share, pathway_clearance, pathways, return_ratio
from pkinteract.model.expectation.intake import available, daily_dose, family_of, stays
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
    """Compound to its average with the drugs that it meets over that with its own drug alone [1].

    A drug that has gone before output begins, or before the other comes, is not met. Infinite, and alone in the answer,
    where more of a compound comes in than can be cleared.
    """
    there = stays(scenario)
    known: dict[frozenset[str], dict[str, float]] = {}
    ratios: dict[str, float] = {}
    for drug in there:
        met = [other for other, stay in there.items() if other == drug or stay.meets(there[drug])]
        ratios |= _change(scenario, drug, met, known)
    beyond = {name: ratio for name, ratio in ratios.items() if math.isinf(ratio)}
    return beyond or {name: ratios[name] for name in scenario.monographs if name in ratios}


def pair_changes(scenario: Scenario, pairs: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dict[str, float]]:
    """Of pairs of perpetrator and victim: the victim and its metabolites to their averages with it over without [1].

    Empty where none settles, and where the two are never there together.
    """
    there = stays(scenario)
    known: dict[frozenset[str], dict[str, float]] = {}
    return {
        (perpetrator, victim): _change(scenario, victim, (perpetrator, victim), known)
        if {perpetrator, victim} <= there.keys() and there[perpetrator].meets(there[victim])
        else {}
        for perpetrator, victim in pairs
    }


def averages(scenario: Scenario, drug: str) -> dict[str, float]:
    """Averages of a drug and its metabolites with no other drug [mg/L]; empty where none settles."""
    levels = _settled(scenario, frozenset(family_of(scenario, drug)))
    return {} if max(levels.values(), default=0.0) > _MOST else levels


def averages_together(scenario: Scenario, drugs: Iterable[str]) -> dict[str, float]:
    """Averages of some drugs and their metabolites, all acting on all [mg/L]; empty where none settles."""
    levels = _settled(scenario, frozenset(name for drug in drugs for name in family_of(scenario, drug)))
    return {} if max(levels.values(), default=0.0) > _MOST else levels


def _change(
    scenario: Scenario, drug: str, met: Iterable[str], known: dict[frozenset[str], dict[str, float]]
) -> dict[str, float]:
    """What the drugs ``met`` make of the averages of one and its metabolites [1]; ``known`` are averages settled."""
    mine = frozenset(family_of(scenario, drug))
    present = mine.union(*(family_of(scenario, other) for other in met))
    for group in (mine, present):
        if group not in known:
            known[group] = _settled(scenario, group)
    alone, together = known[mine], known[present]
    beyond = [name for name, level in together.items() if level > _MOST]
    if beyond:
        return dict.fromkeys(beyond, math.inf)
    own = (name for name in alone if together and (name == drug or name not in scenario.dosed))
    return {name: together[name] / alone[name] for name in own if alone[name] > _LEAST}


def _settled(scenario: Scenario, present: frozenset[str]) -> dict[str, float]:
    """Average of those ``present`` [mg/L, total]; above ``_MOST`` where one rises on, empty if none settles."""
    intakes = {drug: _intake(scenario, drug) for drug in present}
    resting = {drug: _resting(scenario, drug) for drug in present}
    averages = {name: 1.0 for name in scenario.monographs if name in present}
    for _ in range(_ROUNDS):
        target = _Round(scenario, averages, intakes, resting).target()
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
    for regimen in (regimen for regimen in scenario.regimens if regimen.drug == drug):
        course = max(
            regimen.courses, key=lambda course: daily_dose(course) * available(monograph, course), default=None
        )
        if course is None:
            continue
        amount = daily_dose(course) * available(monograph, course) / 24
        if monograph.absorption[course.formulation].route == "oral":
            oral += amount / gut_availability(monograph) / liver(monograph).availability
        else:
            vein += amount
    return _Influx(oral=oral, vein=vein)


def _resting(scenario: Scenario, drug: str) -> list[float]:
    """Clearances by the pathways of a drug at rest, intrinsic where the liver has a flow [L/h]."""
    monograph = scenario.monographs[drug]
    organ = liver(monograph)
    ways = pathways(monograph)
    rates = (float(pathway_clearance(scenario.patient, monograph, pathway)) for pathway in ways)
    inside = (pathway.kind in ("enzyme", "biliary") for pathway in ways)
    return [rate / organ.availability if here else rate for rate, here in zip(rates, inside, strict=True)]


class ActingLevels:
    """Averages of compounds, and what follows from them where they act.

    Attributes
    ----------
    averages
        Compound to its average in plasma [mg/L, total].
    """

    def __init__(
        self, scenario: Scenario, averages: Mapping[str, float], intakes: Mapping[str, _Influx] | None = None
    ) -> None:
        self.averages = averages
        self._size = float(body.size_factor(scenario.patient))
        self._monographs = scenario.monographs
        self._intakes = {name: _intake(scenario, name) for name in averages} if intakes is None else intakes

    def plasma(self, name: str) -> Level:
        """The average in plasma."""
        return Level(compound=self._monographs[name], value=self.averages[name], basis="total")

    def inlet(self, name: str) -> Level:
        """The level in plasma at the liver's inlet, with what is being absorbed."""
        monograph = self._monographs[name]
        binding = monograph.binding
        blood = 1.0 if binding is None or binding.blood_to_plasma is None else binding.blood_to_plasma.canonical
        passed = self._intakes[name].oral * gut_availability(monograph)
        value = self.averages[name] + passed / (body.LIVER_FLOW * self._size * blood)
        return Level(compound=monograph, value=value, basis="total")

    def wall(self, name: str) -> Level:
        """What is being absorbed, in the gut wall."""
        value = self._intakes[name].oral / (body.GUT_FLOW * self._size)
        return Level(compound=self._monographs[name], value=value, basis="unbound")


class _Round:
    """The levels of a round, and what follows from them."""

    def __init__(
        self,
        scenario: Scenario,
        averages: Mapping[str, float],
        intakes: Mapping[str, _Influx],
        resting: Mapping[str, Sequence[float]],
    ) -> None:
        self.scenario, self.averages, self.intakes, self.resting = scenario, averages, intakes, resting
        self.activity = body.activities(scenario.patient, scenario.enzymes)
        self.size = float(body.size_factor(scenario.patient))
        self.known: dict[tuple[str, str], float] = {}
        levels = ActingLevels(scenario, averages, intakes)
        self.plasma = [levels.plasma(name) for name in averages]
        self.inlet = [levels.inlet(name) for name in averages]
        self.wall = [levels.wall(name) for name in averages]

    def enzyme(self, name: str, organ: str) -> float:
        """Activity of an enzyme in an organ [1]."""
        if (name, organ) not in self.known:
            self.known[name, organ] = self._enzyme(name, organ)
        return self.known[name, organ]

    def _enzyme(self, name: str, organ: str) -> float:
        there: Iterable[Level] = {"liver": self.inlet, "gut": self.wall, "kidney": self.plasma}[organ]
        left = inactivation(self.scenario.enzymes[name], name, organ, there) * inhibition(name, organ, there)
        return float(self.activity[name]) * fold(name, organ, self.plasma) * left

    def target(self) -> dict[str, float]:
        """The averages at which what comes in with these levels is cleared [mg/L]."""
        made = dict.fromkeys(self.averages, 0.0)
        flows: dict[str, tuple[float, float]] = {}
        for name, average in self.averages.items():
            monograph, intake = self.scenario.monographs[name], self.intakes[name]
            ways = pathways(monograph)
            rates = [self._rate(monograph, *way) for way in zip(ways, self.resting[name], strict=True)]
            inside = [pathway.kind in ("enzyme", "biliary") for pathway in ways]
            hepatic = sum(rate for rate, here in zip(rates, inside, strict=True) if here)
            flow = liver(monograph).flow
            passing = 1.0 if flow is None else flow * self.size / (flow * self.size + hepatic)
            absorbed = intake.oral * self._efflux(monograph)
            entering = absorbed * self._wall(monograph)
            extracted = average * passing + (entering * (1 - passing) / hepatic if hepatic else 0.0)
            flows[name] = intake.vein + entering * passing, sum(rates) - hepatic * (1 - passing)
            for pathway, rate, here in zip(ways, rates, inside, strict=True):
                if pathway.forms in made:
                    lost = rate * (extracted if here else average) + (absorbed - entering) * gut_share(
                        monograph, pathway
                    )
                    made[pathway.forms] += lost * formed_ratio(
                        self.scenario.monographs, monograph, pathway, pathway.forms
                    )
        return {name: (reached + made[name]) / max(cleared, _LEAST) for name, (reached, cleared) in flows.items()}

    def _rate(self, monograph: Monograph, pathway: Pathway, rate: float) -> float:
        """Clearance by a pathway, from that at rest, intrinsic where the liver has a flow [L/h]."""
        if pathway.km is not None:
            mine = next(level for level in self.plasma if level.compound.id == monograph.id)
            rate /= 1 + mine.over(pathway.km)
        if pathway.returned_by is not None:
            back = return_ratio(pathway)
            rate *= (1 + back) / (1 + back * self.enzyme(pathway.returned_by, "liver"))
        return rate * (1.0 if pathway.enzyme is None else self.enzyme(pathway.enzyme, pathway.organ))

    def _efflux(self, monograph: Monograph) -> float:
        """What is absorbed past efflux, over that at rest [1]."""
        if monograph.efflux is None:
            return 1.0
        ratio = monograph.efflux.ratio.canonical
        return (1 + ratio) / (1 + ratio * self.enzyme(monograph.efflux.transporter, "gut"))

    def _wall(self, monograph: Monograph) -> float:
        """Share that escapes the gut wall [1]."""
        if monograph.first_pass is None:
            return 1.0
        ratio = 1 / gut_availability(monograph) - 1
        return 1 / (1 + ratio * self.enzyme(monograph.first_pass.gut_enzyme, "gut"))
