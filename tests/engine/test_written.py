"""The reference's right-hand side as text: what it works out is what the equations say."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from random_systems import Case, cases

from pkinteract.engine.reference.medium import evaluated
from pkinteract.engine.reference.solve import everything
from pkinteract.engine.reference.written import written_slopes


@settings(max_examples=30, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(cases(), st.randoms(use_true_random=False))
def test_the_text_works_out_what_the_equations_say(case: Case, random: object) -> None:
    """Slopes at any state, input and parameters are those of the equations on plain numbers, to the last digits."""
    layout = everything(case.system)
    draw = random.uniform  # type: ignore[attr-defined]
    moving = layout.n_states + len(layout.depots)
    parameters = [draw(0.5, 2.0) * number for number in case.system.parameters]
    store = [draw(0.0, 300.0) for _ in range(layout.size)]
    released = [draw(0.0, 50.0) for _ in case.system.releases]
    none: list[object] = [0.0] * len(case.system.compounds)

    text = written_slopes(layout)
    found = text(parameters)(store[moving:])(store[:moving], released)
    own = text(case.system.parameters)(store[moving:])(store[:moving], released)

    expected = evaluated(layout, list(store), list(none), list(released), parameters=parameters).slopes
    mine = evaluated(layout, list(store), list(none), list(released)).slopes
    np.testing.assert_allclose(found, np.asarray(expected, dtype=float), rtol=1e-12, atol=0)
    np.testing.assert_allclose(own, np.asarray(mine, dtype=float), rtol=1e-12, atol=0)
