"""The common problem as other solvers see it: one subject, the same equations, doses and output times, 1e-6.

The right-hand side is the straight-line Python that the program writes of the system, called with plain lists: what
somebody would write by hand for this one system, and faster than one that reads a description. Every solver is stopped
and restarted at each dose, as it must be, and asked for the levels at every hour.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib.util import find_spec
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy.integrate import odeint, solve_ivp

from pkinteract.engine.control import TRACE, floors
from pkinteract.engine.events import Event, event_table
from pkinteract.engine.lanes.structure import lean
from pkinteract.engine.reference.medium import Row, evaluated
from pkinteract.engine.reference.solve import everything, initial_store
from pkinteract.engine.single.generate import compile_python, generate
from pkinteract.engine.system import System
from pkinteract.model import build
from pkinteract.scenario import Scenario

RTOL = 1e-6

Array = npt.NDArray[np.float64]
Right = Callable[[float, Array], list[float]]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """The common problem: states, then what is in the depots."""

    system: System
    events: tuple[Event, ...]
    duration: float
    right: Right
    begin: Array
    smallest: Array

    def stretches(self) -> Iterator[tuple[float, Array, list[Event]]]:
        """From dose to dose: begin, output times inside and the end, and the doses at the begin."""
        times = sorted({0.0, self.duration, *(event.time for event in self.events)})
        for left, right in pairwise(times):
            grid = np.unique([*np.arange(math.floor(left) + 1.0, right), right])
            yield left, grid, [event for event in self.events if event.time == left]

    def place(self, event: Event) -> int:
        """The state that a dose goes to."""
        return self.system.layout.n_states + self.system.layout.stepped_depots.index(event.target)


def problem(scenario: Scenario) -> Problem:
    """The equations of a scenario whose doses are all absorbed from depots, without enzymes that act on nothing."""
    model = build(scenario)
    numbers = np.array(model.system.parameters)[:, None]
    system = lean(replace(model.system, step_all=True), numbers)
    rate, _ = compile_python(generate(system))
    n, parameters, depots = system.layout.n_states, list(system.parameters), system.layout.stepped_depots
    kas = [parameters[ka] for ka in (system.depots[j].ka for j in depots) if ka is not None]
    nothing, empty = [0.0] * len(system.stepped), [0.0] * len(kas)

    def right(_: float, y: Array) -> list[float]:
        values = y.tolist()
        slopes = [0.0] * n
        rate(values[:n], parameters, values[n:], empty, [], nothing, slopes)
        return slopes + [-ka * amount for ka, amount in zip(kas, values[n:], strict=True)]

    return Problem(
        system=system,
        events=model.events,
        duration=scenario.duration,
        right=right,
        begin=np.array([*system.layout.resting(), *empty]),
        smallest=np.array([*floors(system.layout), *(TRACE * system.scale[system.depots[j].compound] for j in depots)]),
    )


def by_solve_ivp(given: Problem, method: str) -> Array:
    """Levels at the end by scipy's ``solve_ivp``."""
    y = given.begin.copy()
    for left, grid, doses in given.stretches():
        for event in doses:
            y[given.place(event)] += event.amount
        span = (left, float(grid[-1]))
        atol = RTOL * given.smallest
        y = solve_ivp(given.right, span, y, method=method, t_eval=grid, rtol=RTOL, atol=atol).y[:, -1].copy()
    return y


def by_reference(scenario: Scenario) -> None:
    """LSODA on the equations of our reference solver, read from the arrays of any system at every evaluation."""
    model = build(scenario)
    layout = everything(model.system)
    nothing: list[Row] = [0.0] * len(model.system.compounds)

    def slopes(_: float, y: Array, constant: list[float]) -> Array:
        return np.array(evaluated(layout, [*y.tolist(), *constant], list(nothing), []).slopes)

    store, moving = initial_store(layout, None), layout.n_states + len(layout.depots)
    atol = RTOL * 1e-3 * np.array(layout.sizes())
    for left, right in pairwise(sorted({0.0, scenario.duration, *(event.time for event in model.events)})):
        for _, place, amount, _ in event_table(layout, [event for event in model.events if event.time == left]):
            store[place] += amount
        grid = np.unique([*np.arange(math.floor(left) + 1.0, right), right])
        given = (store[moving:].tolist(),)
        solved = solve_ivp(slopes, (left, right), store[:moving], "LSODA", grid, rtol=RTOL, atol=atol, args=given)
        store[:moving] = solved.y[:, -1]


def by_odeint(given: Problem) -> Array:
    """The same by scipy's ``odeint``, LSODA as one call into Fortran per stretch."""
    y = given.begin.copy()
    for left, grid, doses in given.stretches():
        for event in doses:
            y[given.place(event)] += event.amount
        atol = RTOL * given.smallest
        y = odeint(given.right, y, [left, *grid], tfirst=True, rtol=RTOL, atol=atol, mxstep=10_000)[-1].copy()
    return y


def by_roadrunner(given: Problem) -> Callable[[], Array]:
    """The same by libroadrunner: CVODE on code that LLVM compiles; what makes a run of a loaded model."""
    import antimony
    import roadrunner

    antimony.clearPreviousLoads()
    if antimony.loadAntimonyString(antimony_text(given)) < 0:
        raise ValueError(antimony.getLastError())
    runner = roadrunner.RoadRunner(antimony.getSBMLString("common"))
    runner.integrator.stiff = False
    runner.integrator.relative_tolerance = RTOL
    runner.integrator.absolute_tolerance = RTOL * float(given.smallest.min())
    depots = range(len(given.system.layout.stepped_depots))
    names = [*(f"x{i}" for i in range(given.system.layout.n_states)), *(f"d{i}" for i in depots)]
    runner.timeCourseSelections = names

    def run() -> Array:
        runner.reset()
        y = given.begin.copy()
        for left, grid, doses in given.stretches():
            for event in doses:
                place = given.place(event)
                runner[names[place]] = y[place] + event.amount
            for place in np.flatnonzero((y > 0) & (y < 1e-20)):
                runner[names[place]] = 0.0  # it asks for more accuracy than there is where something is all but gone
            y = np.array(runner.simulate(times=[left, *grid]))[-1]
        return y

    return run


def has_roadrunner() -> bool:
    """Whether libroadrunner and its model language are installed."""
    return all(find_spec(name) is not None for name in ("roadrunner", "antimony"))


def antimony_text(given: Problem) -> str:
    """The equations in the language of libroadrunner: each statement of the generated text becomes a rule."""
    system, lines = given.system, ["model common"]
    latest: dict[str, str] = {}
    for line in generate(system).split("\ndef step")[0].splitlines()[1:]:
        name, _, text = line.strip().partition(" = ")
        if re.fullmatch(r"p\d+|x\d+", name):
            continue
        text = re.sub(r"d\[(\d+)\]", r"d\1", re.sub(r"u\[\d+\]", "0", text)).replace("**", "^")
        text = re.sub(r"\b[a-z]\d+(?:_\d*)?\b", lambda found: latest.get(found[0], found[0]), text)
        if name.startswith("f["):
            lines.append(f"  x{name[2:-1]}' = {text}")
            continue
        latest[name] = f"{name}_{len(lines)}"
        lines.append(f"  {latest[name]} := {text}")
    for slot, j in enumerate(system.layout.stepped_depots):
        lines.append(f"  d{slot}' = -p{system.depots[j].ka} * d{slot}")
    lines += [f"  p{n} = {number!r}" for n, number in enumerate(system.parameters)]
    n = system.layout.n_states
    lines += [f"  x{i} = {float(value)!r}" for i, value in enumerate(given.begin[:n])]
    lines += [f"  d{i} = 0" for i in range(len(system.layout.stepped_depots))]
    return "\n".join([*lines, "end"])
