"""The balance of mass of lanes: what came in is what is there and what left, to 1e-5 of the dose."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from lane_balance import lane_imbalance
from random_systems import Case, cases

from pkinteract.engine.events import Event

pytestmark = [pytest.mark.compiled, pytest.mark.slow]

EXAMPLES = int(os.environ.get("PKINTERACT_FUZZ", "10"))
SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]
PHASES = [Phase.explicit, Phase.reuse, Phase.generate]
"""A counterexample is shown as it is found: each new structure costs a second of a compiler."""


@settings(max_examples=EXAMPLES, phases=PHASES, suppress_health_check=SLOW)
@given(case=cases())
def test_the_balance_of_any_system_closes_in_lanes(case: Case) -> None:
    """Between all inputs, for every compound: the equations and the quadrature are none of the lanes' own."""
    assert lane_imbalance(case, replace(case.system, step_all=True)) is None


def without(events: Sequence[Event], lost: Event) -> tuple[Event, ...]:
    """The events but one."""
    return tuple(event for event in events if event is not lost)


@settings(max_examples=max(3, EXAMPLES // 10), phases=PHASES, suppress_health_check=SLOW)
@given(case=cases(), data=st.data())
def test_a_dose_that_lanes_missed_is_found(case: Case, data: st.DataObject) -> None:
    """Given one bolus more than the lanes were, the balance lacks it in its compound from that dose on."""
    system = replace(case.system, step_all=True)
    target = data.draw(st.integers(0, len(system.compounds) - 1))
    lost = Event(time=3.0, kind="bolus", target=target, amount=system.scale[target])
    told = tuple(sorted([*case.events, lost], key=lambda event: event.time))

    found = lane_imbalance(replace(case, events=told), system, given=without(told, lost))

    assert found is not None
    assert found.compound == target
    assert found.missing == pytest.approx(lost.amount, rel=1e-3)
