"""What all runners share: where everything stands, what an event adds to, how long a step is."""

from __future__ import annotations

import math

import numba
import numpy as np
import pytest
from engine_systems import everything
from hypothesis import given
from hypothesis import strategies as st
from random_systems import Case, cases
from runners import MARKED_FAST, RUNNERS

from pkinteract.engine import control
from pkinteract.engine.events import NOWHERE, Event, concerning, event_table, longest_steps, place
from pkinteract.engine.layout import Layout
from pkinteract.engine.reference.solve import everything as all_stepped
from pkinteract.engine.reference.solve import solve_reference
from pkinteract.engine.system import Actor, Compound, Depot, Pathway, Ratio, System

LENGTHS = st.floats(1e-9, 1e3)


@given(cases())
def test_every_number_of_the_store_has_one_place(case: Case) -> None:
    """States, depots, inflows and infusions fill the store without gap or overlap, whichever compounds are stepped."""
    alone = [Layout(system=case.system, stepped=(i,)) for i in range(len(case.system.compounds))]
    for layout in (case.system.layout, all_stepped(case.system), *alone):
        behind = (*layout.depots.values(), *layout.inflows.values(), *layout.infusions.values())
        assert [*range(layout.n_states), *behind] == list(range(layout.size))
        assert len(layout.sizes()) == layout.n_states + len(layout.depots)
        assert len(control.floors(layout)) == len(layout.resting()) == layout.n_states


@given(cases())
def test_an_event_adds_to_what_its_kind_says(case: Case) -> None:
    """A bolus to the central amount, an infusion to its rate, a dose to its depot; a release to none of the store."""
    layout = all_stepped(case.system)
    wanted = {"bolus": layout.central, "rate": layout.infusions, "depot": layout.depots, "depot-rate": layout.inflows}

    for event, (time, where, amount, longest) in zip(case.events, event_table(layout, case.events), strict=True):
        first = longest_steps(case.system)[event.target] if event.kind == "release" else control.FIRST_STEP
        assert (time, amount, longest) == (event.time, event.amount, first)
        assert where == (NOWHERE if event.kind == "release" else wanted[event.kind][event.target])


@given(cases())
def test_each_event_concerns_one_compound(case: Case) -> None:
    """Shared out by compound, no event is lost or doubled; asked for another's place the layout refuses."""
    alone = [Layout(system=case.system, stepped=(i,)) for i in range(len(case.system.compounds))]

    shared = [event for layout in alone for event in concerning(layout, case.events)]

    assert sorted(shared) == sorted(case.events)
    for layout in alone:
        for event in case.events:
            if event not in concerning(layout, case.events) and event.kind != "release":
                with pytest.raises(KeyError):
                    place(layout, event.kind, event.target)


@given(LENGTHS, LENGTHS)
def test_a_step_ends_where_it_should(h: float, left: float) -> None:
    """Never beyond the end nor longer than asked for, unless it fits; what is left after it is no splinter."""
    size = control.fitting(h, left)

    assert 0 < size <= min(left, max(h, left / 2))
    assert size == left or left - size >= size * (1 - 1e-12)


@given(LENGTHS, st.floats(0) | st.just(math.nan))
def test_a_step_that_failed_becomes_shorter_and_none_grows_without_bound(size: float, error: float) -> None:
    """Rejected steps shrink to at least a tenth, also when the error is no number; accepted ones grow to four times."""
    if control.accepted(error):
        assert 0.8 * size <= control.longer(size, error) <= 4 * size
    else:
        assert 0.1 * size <= control.shorter(size, error) < size


def walled(gut: float, inlet: float | None, ratio: float) -> System:
    """A drug with 100 mg or so in the body, of which an enzyme of the gut wall takes much while little comes in."""
    own = () if inlet is None else (Ratio(actor=Actor(compound=0, site="inlet", total=False), constant=7),)
    wall = Ratio(actor=Actor(compound=0, site="gut", total=False), constant=4)
    return System(
        parameters=(200.0, 28.0, 2.4, ratio, gut, 80.0, 18.0, inlet or 1.0),
        compounds=(Compound(volume=0, gut_ratio=3, gut_inhibitors=(wall,), portal=5, gut_flow=6),),
        scale=(700.0,),
        depots=(Depot(compound=0, ka=2, fed=True),),
        pathways=(Pathway(compound=0, clearance=1, inhibitors=own),),
    )


@pytest.mark.parametrize("runner", MARKED_FAST)
@pytest.mark.parametrize(("gut", "inlet", "ratio"), [(0.3, 0.3, 0.2), (0.3, None, 0.2), (0.1, 0.1, 1.0)])
def test_what_saturates_in_seconds_is_followed(runner: str, gut: float, inlet: float | None, ratio: float) -> None:
    """A drug that flows into the gut inhibits what takes it up there within half a minute: to 1e-5 of Cmax.

    The first slope of the first step sees an enzyme that the others do not; 1.5e-5 and 4e-5 of Cmax were left of it.
    """
    doses = ((10.0, "rate", 140.0), (12.0, "rate", -140.0), (13.25, "depot-rate", 720.0), (13.75, "depot-rate", -720.0))
    events = tuple(Event(time=time, kind=kind, target=0, amount=amount) for time, kind, amount in doses)
    times, system = np.linspace(0.0, 36.0, 289), walled(gut, inlet, ratio)

    found = RUNNERS[runner](system, events, 0.0, 36.0).amounts[0].value(times)

    expected = solve_reference(system, events, 0.0, 36.0, rtol=1e-10).amounts[0].value(times)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * float(expected.max()))


@given(st.floats(0) | st.just(math.nan), st.booleans())
def test_the_first_step_after_a_jump_is_judged_by_a_fiftieth(error: float, first: bool) -> None:
    """Errors are squares; no number stays none."""
    share = control.FIRST_SHARE if first else 1.0

    assert control.tightened(error, first) == pytest.approx(error / share**2, nan_ok=True)


@pytest.mark.compiled
@pytest.mark.parametrize("name", ["squared", "fitting", "shorter", "longer", "tightened", "accepted", "limit"])
def test_step_control_compiles_unchanged(name: str) -> None:
    """Under numba the same functions give the same numbers as in CPython, to rounding of powers."""
    plain = getattr(control, name)
    compiled = numba.njit(plain)
    few = [0.0, 1e-12, 0.3, 1.0, 7.5, 1e5, 1e61, math.inf, math.nan]
    count = plain.__code__.co_argcount
    rows = [(2.0, 0.5, one, 0.25, 3.0, one) if count == 6 else (0.7, one) if count == 2 else (one,) for one in few]
    rows = [row for row in rows if not (name == "shorter" and row[-1] <= 1.0)]

    for row in rows:
        assert compiled(*row) == pytest.approx(plain(*row), rel=1e-14, nan_ok=True)


def test_the_floors_follow_the_scale() -> None:
    """A ten-thousandth of a dose for amounts, a hundredth for levels of enzymes."""
    system = everything()

    floors = control.floors(system.layout)

    assert floors == [1e-2, 1e-2, 5e-3, 5e-3, 5e-3, 0.01, 0.01]
