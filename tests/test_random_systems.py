"""Any mixture of mechanisms: generated code against scipy on an independent right-hand side; more by ``make fuzz``."""

from __future__ import annotations

import math
import os

import numba
import numpy as np
from hypothesis import HealthCheck, Phase, given, settings
from random_systems import STOP, Case, cases

from pkinteract.engine.control import squared
from pkinteract.engine.reference.solve import solve_reference
from pkinteract.engine.single.generate import generate
from pkinteract.engine.single.march import solve

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


@settings(max_examples=max(EXAMPLES // 25, 2), phases=PHASES, suppress_health_check=SLOW)
@given(cases())
def test_generated_code_of_any_system_compiles_under_numba(case: Case) -> None:
    """The same text, compiled: the same step to rounding."""
    system = case.system
    n, depots = system.layout.n_states, len(system.layout.stepped_depots)
    if n == 0:
        return
    space: dict[str, object] = {"exp": math.exp, "sqrt": math.sqrt, "squared": squared}
    exec(generate(system), space)
    plain = space["step"]
    fast: dict[str, object] = {"exp": math.exp, "sqrt": math.sqrt, "squared": numba.njit(squared)}
    exec(generate(system), fast)
    compiled = numba.njit(fast["step"])
    y = np.linspace(1.0, 2.0, n)
    p, d, o = np.array(system.parameters), np.full(depots, 10.0), np.full(depots, 1.0)
    v, u = np.full(7 * len(system.releases), 2.0), np.zeros(len(system.stepped))

    outputs = []
    for step in (plain, compiled):
        z, k = np.zeros(n + depots), np.zeros(7 * n)
        error = step(0.1, 0.1, y, p, d, o, v, u, np.full(n, 0.1), np.ones(n), z, k)  # type: ignore[operator]
        outputs.append((error, z, k))

    assert math.isclose(outputs[0][0], outputs[1][0], rel_tol=1e-8)
    np.testing.assert_allclose(outputs[0][1], outputs[1][1], rtol=1e-11)
