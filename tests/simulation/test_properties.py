"""What must hold of any mixture of mechanisms: random systems of the engine, and scenarios; more by ``make fuzz``."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from own_drugs import binding
from random_systems import STOP, Case, cases
from runs import daily, drug, oral, pathway, regimen, run, text
from scipy.special import gammaincc

from pkinteract.engine.events import Event
from pkinteract.engine.mechanisms.release import profiles
from pkinteract.engine.reference.medium import medium
from pkinteract.engine.single.march import solve
from pkinteract.engine.solution import Solution
from pkinteract.engine.system import Actor, Binding, Compound, Pathway, Ratio, System, checked
from pkinteract.engine.uptake import absorption

TIMES = np.linspace(0.0, STOP, 73)
TIGHT = 1e-8
CLOSE = 1e-5
"""Errors allowed, relative to the largest amount of each compound: that of the default tolerance."""

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""A counterexample is shown as it is found: to shrink one takes minutes."""

any_system = settings(
    max_examples=int(os.environ.get("PKINTERACT_FUZZ", "25")), phases=PHASES, suppress_health_check=SLOW
)


def solved(case: Case, **more: object) -> Solution:
    found = solve(case.system, case.events, 0.0, STOP, rtol=TIGHT, **more)  # type: ignore[arg-type]
    assert found.failure is None
    return found


def close(one: np.ndarray, other: np.ndarray, smallest: float = 0.0) -> None:
    top = np.maximum(np.abs(other).max(axis=-1, keepdims=True), smallest)
    np.testing.assert_allclose(one / top, other / top, rtol=0, atol=CLOSE)


def amounts(solution: Solution) -> np.ndarray:
    return np.array([curve.value(TIMES) for curve in solution.amounts])


def levels(solution: Solution) -> np.ndarray:
    return np.array([curve.value(TIMES) for curve in solution.enzymes]).reshape(-1, len(TIMES))


# ---- systems ----


def linear(system: System) -> System:
    """The same without anything that saturates or acts."""
    return replace(
        system,
        compounds=tuple(replace(row, gut_inhibitors=(), binding=_plain(row)) for row in system.compounds),
        pathways=tuple(
            replace(
                row,
                saturation=None,
                inhibitors=(),
                back=None if row.back is None else replace(row.back, inhibitors=()),
            )
            for row in system.pathways
        ),
        effluxes=tuple(replace(row, inhibitors=()) for row in system.effluxes),
        inductions=(),
        inactivations=(),
    )


def _plain(row: Compound) -> Binding | None:
    return None if row.binding is None else Binding(reference=row.binding.reference)


@pytest.mark.slow
@any_system
@given(cases(), st.data())
def test_without_saturation_or_interaction_inputs_add(case: Case, data: st.DataObject) -> None:
    """Superposition: any division of the doses over two runs, the sum of which is the run with all."""
    case = replace(case, system=linear(case.system))
    keys = sorted({(row.kind, row.target, abs(row.amount)) for row in case.events})
    here = {key for key in keys if data.draw(st.booleans())}
    halves = [
        replace(
            case, events=tuple(row for row in case.events if ((row.kind, row.target, abs(row.amount)) in here) == side)
        )
        for side in (True, False)
    ]

    whole, parts = amounts(solved(case)), [amounts(solved(half)) for half in halves]

    close(parts[0] + parts[1], whole, 1e-3 * case.system.scale[0])


@pytest.mark.slow
@any_system
@given(cases(), st.floats(0.1, STOP - 0.1))
def test_stopping_and_going_on_changes_nothing(case: Case, cut: float) -> None:
    """Solved to any time and on from the state there: the same curves and the same end."""
    whole = solved(case)
    first = solve(case.system, case.events, 0.0, cut, rtol=TIGHT)
    second = solve(case.system, case.events, cut, STOP, rtol=TIGHT, initial=first.end)

    late = np.linspace(cut + 1e-6, STOP, 30)
    for kind in ("amounts", "enzymes"):
        for one, other in zip(getattr(whole, kind), getattr(second, kind), strict=True):
            top = max(float(one.value(TIMES).max()), 1e-3 * case.system.scale[0] if kind == "amounts" else 1.0)
            np.testing.assert_allclose(other.value(late), one.value(late), rtol=0, atol=CLOSE * top)


@any_system
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_compounds_changes_nothing(case: Case, random: object) -> None:
    """Compounds in another order have the same curves."""
    order = list(range(len(case.system.compounds)))
    random.shuffle(order)  # type: ignore[attr-defined]
    place = {old: new for new, old in enumerate(order)}

    one, other = amounts(solved(case)), amounts(solved(permuted(case, order, place)))

    close(other[[place[i] for i in range(len(order))]], one, 1e-3 * case.system.scale[0])


def permuted(case: Case, order: list[int], place: dict[int, int]) -> Case:
    """The case with compound ``order[n]`` in row n."""
    system = case.system

    def actor(row: Actor) -> Actor:
        return replace(row, compound=place[row.compound])

    def ratios(rows: tuple[Ratio, ...]) -> tuple[Ratio, ...]:
        return tuple(replace(row, actor=actor(row.actor)) for row in rows)

    def compound(row: Compound) -> Compound:
        bound = row.binding
        bound = None if bound is None else replace(bound, displacers=ratios(bound.displacers))
        return replace(row, gut_inhibitors=ratios(row.gut_inhibitors), binding=bound)

    def pathway_of(row: Pathway) -> Pathway:
        own = None if row.saturation is None else ratios((row.saturation,))[0]
        back = None if row.back is None else replace(row.back, inhibitors=ratios(row.back.inhibitors))
        return replace(row, compound=place[row.compound], inhibitors=ratios(row.inhibitors), saturation=own, back=back)

    moved = replace(
        system,
        compounds=tuple(compound(system.compounds[old]) for old in order),
        depots=tuple(replace(row, compound=place[row.compound]) for row in system.depots),
        releases=tuple(replace(row, compound=place[row.compound]) for row in system.releases),
        pathways=tuple(pathway_of(row) for row in system.pathways),
        formations=tuple(replace(row, target=place[row.target]) for row in system.formations),
        gut_formations=tuple(
            replace(row, compound=place[row.compound], target=place[row.target]) for row in system.gut_formations
        ),
        effluxes=tuple(
            replace(row, compound=place[row.compound], inhibitors=ratios(row.inhibitors)) for row in system.effluxes
        ),
        inductions=tuple(replace(row, actor=actor(row.actor)) for row in system.inductions),
        inactivations=tuple(replace(row, actor=actor(row.actor)) for row in system.inactivations),
    )
    events = tuple(
        replace(row, target=place[row.target]) if row.kind in ("bolus", "rate") else row for row in case.events
    )
    return Case(system=checked(moved), events=events)


@any_system
@given(cases(), st.floats(0.01, 100.0))
def test_doses_and_constants_together_only_change_the_scale(case: Case, factor: float) -> None:
    """All doses and all constants that are concentrations times a factor: all amounts times it, enzymes as before."""
    system = case.system
    numbers = list(system.parameters)
    bindings = [row.binding for row in system.compounds if row.binding is not None]
    concentrations = {row.constant for row in system.ratios} | {row.ki for row in system.inactivations}
    concentrations |= {row.ec50 for row in system.inductions if row.ec50 is not None}
    concentrations |= {index for row in bindings for index in (row.bmax, row.kd) if index is not None}
    for index in concentrations:
        numbers[index] *= factor
    for slope in {row.slope for row in system.inductions if row.slope is not None}:
        numbers[slope] /= factor
    scaled = Case(
        system=replace(system, parameters=tuple(numbers), scale=tuple(factor * size for size in system.scale)),
        events=tuple(replace(row, amount=factor * row.amount) for row in case.events),
    )

    one, other = solved(case), solved(scaled)

    close(amounts(other) / factor, amounts(one), 1e-3 * system.scale[0])
    np.testing.assert_allclose(levels(other), levels(one), rtol=0, atol=CLOSE)


@any_system
@given(cases())
def test_no_drug_is_made_or_lost(case: Case) -> None:
    """What came in is what is there and what was lost, for every compound; flows by the reference's equations.

    In: infused, absorbed, formed. There: central, peripheral, depots, reservoirs, unreleased. Lost: efflux, gut, liver,
    plasma.
    """
    system = replace(case.system, step_all=True)
    solution = solved(replace(case, system=system))
    assert solution.end is not None
    total, absorbed = _integrals(system, case.events, solution)
    infused = np.zeros(len(system.compounds))
    outside = np.zeros(len(system.compounds))
    for row in case.events:
        left = row.amount * (max(STOP - row.time, 0.0) if row.kind in ("rate", "depot-rate") else 1.0)
        (infused if row.kind in ("bolus", "rate") else outside)[row.compound(system)] += left
    waiting = np.zeros(len(system.compounds))
    for slot, j in enumerate(system.layout.stepped_depots):
        waiting[system.depots[j].compound] += solution.end.depots[slot]
    for j, state in system.layout.reservoirs.items():
        waiting[system.releases[j].compound] += solution.end.stepped[state]
    for row in case.events:
        if row.kind == "release":
            waiting[row.compound(system)] += row.amount * _unreleased(system, row)

    for i, compound in enumerate(system.compounds):
        inside = float(solution.amounts[i].value(STOP))
        inside += sum(float(curve.value(STOP)) for curve in solution.peripherals.get(i, ()))
        lost = sum(total["eliminated"][j] for j in system.pathways_of(i))
        size = max(infused[i] + outside[i], inside + lost, system.scale[i])
        assert absorbed[i] + waiting[i] == pytest.approx(outside[i], abs=CLOSE * size)
        assert inside + lost == pytest.approx(infused[i] + total["arriving"][i], abs=CLOSE * size)
        if not any(row.target == i for row in (*system.formations, *system.gut_formations)):
            through = absorbed[i] - sum(total[where][i] for where in ("sent_back", "lost_in_gut", "lost_in_liver"))
            assert total["arriving"][i] == pytest.approx(through, abs=CLOSE * size)
        assert len(solution.peripherals.get(i, ())) == len(compound.peripherals)


def _unreleased(system: System, event: Event) -> float:
    """Share of a dose that is not released at the end [1]."""
    row = profiles(system)[event.target]
    age = STOP - event.time
    if row.weibull:
        return float(np.exp(-((age / row.first) ** row.second)))
    return float(gammaincc(row.second + 1, row.first * age))


def _integrals(
    system: System, events: tuple[Event, ...], solution: Solution
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Flows and absorption added up from 0 to the end [mg], by Gauss-Legendre quadrature on every step."""
    nodes, weights = np.polynomial.legendre.leggauss(10)
    breaks = np.unique(np.concatenate([curve.breaks for curve in solution.amounts]))
    half = np.diff(breaks) / 2
    times = ((breaks[:-1] + half)[:, None] + half[:, None] * nodes).ravel()
    x = np.array([curve.value(times) for curve in solution.amounts])
    e = np.array([curve.value(times) for curve in solution.enzymes]).reshape(-1, len(times))
    entering = absorption(system, events, 0.0, times, reservoirs=solution.reservoirs)
    found = medium(system, x, e, entering)
    share = (half[:, None] * weights).ravel()
    flows = ("arriving", "sent_back", "lost_in_gut", "lost_in_liver", "eliminated")
    return {name: np.array(getattr(found, name)) @ share for name in flows}, entering @ share


# ---- scenarios ----

CONSTANTS = st.floats(-1, 2).map(lambda exponent: round(10.0**exponent, 6))


@pytest.mark.slow
@settings(max_examples=20)
@given(
    ki=CONSTANTS,
    km=CONSTANTS,
    kind=st.sampled_from(["competitive", "non-competitive"]),
    liver=st.sampled_from(["linear", "well-stirred"]),
    basis=st.sampled_from(["total", "unbound"]),
    dose=st.integers(10, 900),
)
def test_an_inhibitor_never_raises_a_clearance(
    ki: float, km: float, kind: str, liver: str, basis: str, dose: int
) -> None:
    """Beside an inhibitor the victim's clearance is at most what it is without, at all times; nothing is negative."""
    own = f'km = {{ value = {km}, unit = "mg/L", basis = "{basis}" }}'
    victim = drug(
        "victim",
        pathway("first", 0.6, "CYP3A4", own, f'inhibition = "{kind}"'),
        pathway("second", 0.4, "CYP2D6"),
        binding(unbound=0.3),
        '[first_pass]\ngut_availability = "0.7"\ngut_enzyme = "CYP3A4"\n',
        oral(1.0, 0.4),
        clearance="30 L/h",
        liver=liver,
    )
    slows = f'ki = {{ value = {ki}, unit = "mg/L", basis = "{basis}" }}\n'
    other = drug("rival", f"[inhibits.CYP3A4]\n{slows}", binding(unbound=0.2))
    doses = [regimen(name, daily(f"{dose} mg", "8 h", "0 d", "3 d")) for name in ("victim", "rival")]

    alone = run(text(doses[0], days=3), drugs=(victim,))
    beside = run(text(*doses, days=3), drugs=(victim, other))

    before, after = (found.clearance["victim_total_L_per_h"] for found in (alone, beside))
    assert np.all(after <= before * (1 + CLOSE))
    assert after.min() < before.min() or ki > 50
    assert alone.concentration.min() >= 0
    assert beside.concentration.min() >= 0


UNITS = {
    "time": {"min": 60.0, "h": 1.0, "d": 1 / 24},
    "mass": {"ug": 1e3, "mg": 1.0, "g": 1e-3},
    "volume": {"mL": 1e3, "L": 1.0, "L/kg": 1 / 70},
    "clearance": {"L/h": 1.0, "mL/min": 1000 / 60, "mL/min/kg": 1000 / 60 / 70, "L/d": 24.0},
    "rate": {"1/h": 1.0, "1/min": 1 / 60, "1/d": 24.0},
    "concentration": {"mg/L": 1.0, "ng/mL": 1e3, "umol/L": 1000 / 300, "nmol/L": 1e6 / 300},
}


@settings(max_examples=20)
@given(st.fixed_dictionaries({name: st.sampled_from(sorted(rows)) for name, rows in UNITS.items()}))
def test_units_change_nothing(units: dict[str, str]) -> None:
    """Dose, times, volumes, clearances, rates and constants in any unit: the same run to 1e-7 of each maximum."""

    def source(chosen: dict[str, str]) -> tuple[str, tuple[str, ...]]:
        def q(dimension: str, value: float) -> str:
            unit = chosen[dimension]
            return f"{value * UNITS[dimension][unit]!r} {unit}"

        def acting(name: str, value: float) -> str:
            unit = chosen["concentration"]
            return (
                f'{name} = {{ value = {value * UNITS["concentration"][unit]!r}, unit = "{unit}", basis = "total" }}\n'
            )

        monograph = drug(
            "acting",
            pathway("own", 1.0, "CYP3A4", acting("km", 5.0)),
            f'[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "4"\n{acting("ec50", 3.0)}',
            f"[inhibits.CYP3A4]\n{acting('ki', 8.0)}",
            f'[inactivates.CYP3A4]\nkinact = "{q("rate", 0.01)}"\n{acting("ki", 2.0)}',
            f'[[distribution.peripheral]]\nvolume = "{q("volume", 30.0)}"\nflow = "{q("clearance", 6.0)}"\n',
            f'[absorption.oral]\nka = "{q("rate", 0.8)}"\nlag = "{q("time", 0.5)}"\nzero_order = "{q("time", 2.0)}"\n',
            volume=q("volume", 50.0),
            clearance=q("clearance", 6.0),
        )
        course = daily(q("mass", 200.0), q("time", 12.0), q("time", 0.0), q("time", 72.0), f'lag = "{q("time", 1.0)}"')
        return text(regimen("acting", course), days=3), (monograph,)

    usual = {"time": "h", "mass": "mg", "volume": "L", "clearance": "L/h", "rate": "1/h", "concentration": "mg/L"}
    (first, drugs), (second, others) = source(usual), source(units)

    one, other = run(first, drugs=drugs), run(second, drugs=others)

    for a, b in pairwise((one, other)):
        np.testing.assert_allclose(a.concentration, b.concentration, rtol=0, atol=1e-7 * b.concentration.max())
        np.testing.assert_allclose(a.enzyme_level, b.enzyme_level, rtol=1e-7)
