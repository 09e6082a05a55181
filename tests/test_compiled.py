"""Compiled runs: the same numbers as the run in CPython."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from engine_systems import EVERYTHING_EVENTS, everything, two_compartments

from pkinteract.engine.compiled import solve_at
from pkinteract.engine.control import Failure
from pkinteract.engine.events import Event, Switch
from pkinteract.engine.single.march import solve
from pkinteract.engine.system import Pathway, Release, System

pytestmark = pytest.mark.compiled

TIMES = np.linspace(0.0, 240.0, 481)
EVENTS = tuple(sorted([*EVERYTHING_EVENTS, Event(time=3.0, kind="release", target=0, amount=60.0)]))


def system() -> System:
    """Everything that ``engine_systems`` has, with a Weibull release."""
    base = everything()
    n = len(base.parameters)
    release = Release(compound=3, kind="weibull", first=n, second=n + 1)
    return dataclasses.replace(
        base, parameters=(*base.parameters, 5.0, 0.8), releases=(release,), depots=base.depots, step_all=True
    )


def test_compiled_runs_take_the_steps_of_cpython() -> None:
    """Doses, infusion, release and a change of the parameters half way: the same states to rounding."""
    whole = system()
    faster = list(whole.parameters)
    faster[6] *= 2
    switches = [Switch(time=100.0, parameters=tuple(faster))]

    found = solve_at(whole, EVENTS, 0.0, TIMES, switches=switches)

    slow = solve(whole, EVENTS, 0.0, 240.0, switches=switches)
    assert not isinstance(found, Failure)
    for i, state in whole.layout.central.items():
        expected = slow.amounts[i].value(TIMES)
        np.testing.assert_allclose(found[:, state], expected, rtol=0, atol=1e-9 * expected.max())
    for e, curve in enumerate(slow.enzymes):
        np.testing.assert_allclose(found[:, whole.layout.first_enzyme + e], curve.value(TIMES), rtol=1e-9)


def test_a_compiled_run_goes_on_from_a_state() -> None:
    """From the state at 96 h on it is the rest of the whole run."""
    whole = system()
    half = solve(whole, EVENTS, 0.0, 96.0, rtol=1e-9).end

    found = solve_at(whole, EVENTS, 96.0, TIMES[TIMES >= 96.0], rtol=1e-9, initial=half)

    expected = solve(whole, EVENTS, 0.0, 240.0, rtol=1e-9).amounts[2].value(TIMES[TIMES >= 96.0])
    assert not isinstance(found, Failure)
    np.testing.assert_allclose(found[1:, whole.layout.central[2]], expected[1:], rtol=0, atol=1e-7 * expected.max())


def test_a_hopeless_system_is_a_failure_not_a_number() -> None:
    """A rate constant of 1e12 /h ends in the reason that CPython gives."""
    whole = system()
    fast = dataclasses.replace(
        whole,
        parameters=(*whole.parameters, 1e15),
        pathways=(*whole.pathways, Pathway(compound=0, clearance=len(whole.parameters))),
    )

    found = solve_at(fast, EVENTS, 0.0, TIMES)

    assert isinstance(found, Failure)
    assert "check ka, volumes and clearances" in found.reason


def test_compiled_text_is_kept_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel is a file under the hash of its text; a second process finds it there."""
    from pkinteract.engine.compiled import kernel
    from pkinteract.engine.single.generate import generate_rate

    monkeypatch.setenv("PKINTERACT_CACHE", str(tmp_path))
    kernel.cache_clear()

    first = kernel(generate_rate(everything()))

    (file,) = tmp_path.glob("pkinteract_kernel_*.py")
    assert "def rate(y, p, d, o, v, u, f):" in file.read_text("utf-8")
    assert kernel(generate_rate(everything())) is first
    kernel.cache_clear()


def test_threads_that_meet_a_new_structure_together_share_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight threads ask for the same new text at once, forty times: one file and one kernel each."""
    from pkinteract.engine.compiled import kernel
    from pkinteract.engine.single.generate import generate_rate

    monkeypatch.setenv("PKINTERACT_CACHE", str(tmp_path))
    texts = [f"{generate_rate(two_compartments(stepped=True))}# {n}\n" for n in range(40)]

    with ThreadPoolExecutor(8) as pool:
        found = [list(pool.map(kernel, [text] * 8)) for text in texts]

    assert len(list(tmp_path.glob("pkinteract_kernel_*.py"))) == 40
    assert all(one is rows[0] for rows in found for one in rows)
    kernel.cache_clear()
