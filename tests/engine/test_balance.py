"""The balance of mass of a run: it closes, and a dose that goes missing is found where it was given."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from random_systems import STOP, Case, cases
from runs import daily, regimen, text, written

from pkinteract import load_scenario, simulate, simulation
from pkinteract.engine.events import Event
from pkinteract.engine.reference.balance import imbalance
from pkinteract.engine.reference.solve import solve_reference
from pkinteract.engine.single.march import solve
from pkinteract.engine.solution import Solution
from pkinteract.errors import SimulationError

SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""A counterexample is shown as it is found: to shrink one takes minutes."""

SOLVERS: dict[str, Callable[..., Solution]] = {"single": solve, "reference": solve_reference}


@pytest.mark.slow
@pytest.mark.parametrize("solver", SOLVERS)
@settings(max_examples=25, phases=PHASES, suppress_health_check=SLOW)
@given(case=cases())
def test_the_balance_of_any_system_closes(solver: str, case: Case) -> None:
    """What came in is what is there and what left, between all inputs, for every compound that is stepped."""
    solution = SOLVERS[solver](case.system, case.events, 0.0, STOP)

    assert imbalance(case.system, case.events, solution, (0.0, STOP)) is None


@settings(max_examples=40, phases=PHASES, suppress_health_check=SLOW)
@given(case=cases(), data=st.data())
def test_a_dose_that_the_solver_missed_is_found_where_it_was_given(case: Case, data: st.DataObject) -> None:
    """Solved without one of its doses into the blood, at once or infused, the balance lacks it after that dose."""
    system = replace(case.system, step_all=True)
    doses = [event for event in case.events if event.kind in ("bolus", "rate") and event.amount > 0]
    if not doses:
        return
    lost = data.draw(st.sampled_from(doses))
    end = replace(lost, time=math.inf, amount=-lost.amount)
    ends = [event for event in case.events if event.time > lost.time and replace(event, time=math.inf) == end]
    gone = {id(lost), *map(id, ends[:1])}
    kept = tuple(event for event in case.events if id(event) not in gone)

    found = imbalance(system, case.events, solve(system, kept, 0.0, STOP), (0.0, STOP))

    assert found is not None
    assert found.compound == lost.compound(system)
    assert found.missing > 0
    assert found.stop > lost.time


def test_a_run_whose_balance_does_not_close_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The drug, the time and what to try are named."""

    def forgetful(system: object, events: tuple[Event, ...], *rest: object, **more: object) -> Solution:
        return solve(system, events[:3] + events[4:], *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(simulation, "solve", forgetful)
    path = written(tmp_path, text(regimen("carbamazepine", daily("200 mg", "12 h")), days=5))

    with pytest.raises(SimulationError, match="balance of carbamazepine does not close") as refused:
        simulate(load_scenario(path))

    assert refused.value.interval is not None
    assert refused.value.interval[0] == pytest.approx(36.0)
