"""Any mixture of mechanisms: generated code against scipy on an independent right-hand side; more by ``make fuzz``."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from random_systems import STOP, Case, cases

from pkinteract.engine.lanes.doses import KINDS, Inputs
from pkinteract.engine.lanes.solve import Reading, solve_lanes
from pkinteract.engine.reference import solve_reference
from pkinteract.engine.solve import solve

EXAMPLES = int(os.environ.get("PKINTERACT_FUZZ", "50"))
TIMES = np.linspace(0.0, STOP, 289)
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""A counterexample is shown as it is found: to shrink one takes minutes."""


@settings(max_examples=EXAMPLES, phases=PHASES, suppress_health_check=SLOW)
@given(cases())
def test_generated_code_agrees_with_scipy_on_any_system(case: Case) -> None:
    """The error is at most 1e-5 of each compound's Cmax (or of a thousandth of the largest dose), nothing negative."""
    fast = solve(case.system, case.events, 0.0, STOP)
    slow = solve_reference(case.system, case.events, 0.0, STOP, rtol=1e-9)

    assert fast.failure is None
    for one, other in zip(fast.amounts, slow.amounts, strict=True):
        expected = other.value(TIMES)
        top = max(float(expected.max()), 1e-3 * case.system.scale[0])
        np.testing.assert_allclose(one.value(TIMES), expected, rtol=0, atol=1e-5 * top)
        assert float(one.value(TIMES).min()) >= -1e-5 * top
    for one, other in zip(fast.enzymes, slow.enzymes, strict=True):
        np.testing.assert_allclose(one.value(TIMES), other.value(TIMES), rtol=0, atol=1e-5)


@settings(max_examples=EXAMPLES, phases=PHASES, suppress_health_check=SLOW)
@given(cases())
def test_lanes_agree_with_scipy_on_any_system(case: Case) -> None:
    """The same of the compiled runner: 1e-5 of each compound's Cmax."""
    system = replace(case.system, step_all=True)
    volumes = np.array([system.parameters[compound.volume] for compound in system.compounds])
    count = len(volumes)
    inputs = Inputs(
        times=np.array([[event.time] for event in case.events]).reshape(-1, 1),
        kinds=np.array([KINDS[event.kind] for event in case.events], dtype=np.int64),
        targets=np.array([event.target for event in case.events], dtype=np.int64),
        amounts=np.array([[event.amount] for event in case.events]).reshape(-1, 1),
    )
    reading = Reading(
        grid=TIMES, weights=np.eye(count)[:, :, None], alerts=np.full(count, np.inf), edges=np.array([0.0, STOP])
    )

    lanes = solve_lanes(system, np.array(system.parameters)[:, None], inputs, reading, 0.0, STOP, double=True)
    slow = solve_reference(system, case.events, 0.0, STOP, rtol=1e-9)

    assert lanes.ok.all()
    for levels, other, window in zip(lanes.profile[:, :, 0], slow.amounts, lanes.windows[:, 0, :, 0], strict=True):
        expected = other.value(TIMES)
        top = max(float(expected.max()), 1e-3 * case.system.scale[0])
        np.testing.assert_allclose(levels, expected, rtol=0, atol=1e-5 * top)
        assert window[0] == pytest.approx(float(other.integral(0.0, STOP)), abs=1e-5 * top * STOP)
        assert window[1] >= float(expected.max()) - 1e-5 * top
