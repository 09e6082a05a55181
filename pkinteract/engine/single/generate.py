"""From a System to straight-line Python that takes one Runge-Kutta step.

The text holds indices and the coefficients of the method, never a name or a number that a user wrote. It runs in
CPython on lists and compiles under numba unchanged. What it writes is meant to be read: ``pkinteract run --show-code``
prints it.

The method is that of ``pair``. Depots decay in closed form, so absorption enters each stage as
inflow + (ka·D - inflow)·exp(-ka·c·h).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from pkinteract.engine.control import squared
from pkinteract.engine.mechanisms import parameters_used
from pkinteract.engine.pair import ERROR, NODES, QUARTIC, STAGES
from pkinteract.engine.single.text import write_slopes
from pkinteract.engine.system import System

Kernel = tuple[Callable[..., Any], Callable[..., Any]]


def generate(system: System) -> str:
    """Write ``rate`` (the slopes at a state) and ``step`` (one Runge-Kutta step) for the structure of ``system``.

    The functions take lists (CPython) or arrays (numba)::

        rate(y, p, d, o, v, u, f)                  slopes f at state y
        step(h, g, y, p, d, o, v, u, f, w, z, k)   states and depots z after h, stage slopes k (7 a state, by stage)

    ``p`` parameters, ``d`` depot amounts [mg] at the start of the step, ``o`` inflow per depot [mg/h], ``v`` release
    rates [mg/h] (7 a release, by stage), ``u`` infusion rate per stepped compound [mg/h], ``w`` smallest size of each
    state that counts, ``g`` the weight of the quartic term. ``step`` returns the sum over all states of
    :func:`pkinteract.engine.control.squared`.
    """
    layout = system.layout
    n = layout.n_states
    lines = [_rate(system), "", "def step(h, g, y, p, d, o, v, u, f, w, z, k):", *_parameters(system)]
    lines += [f"    y{i} = y[{i}]" for i in range(n)]
    lines += [f"    f1_{i} = f[{i}]" for i in range(n)]
    for stage in range(1, 7):
        lines.append(f"    # stage {stage + 1}, at {NODES[stage]} h")
        lines += [f"    x{i} = y{i} + h * ({combination(STAGES[stage], i)})" for i in range(n)]
        lines += _absorption(system, stage)
        lines += write_slopes(layout, f"f{stage + 1}_")
    lines.append("    # new states and depots, stage slopes, error")
    lines += [f"    z[{i}] = x{i}" for i in range(n)]
    lines += [f"    z[{n + slot}] = {_depot_after(system, slot)}" for slot in range(len(layout.stepped_depots))]
    lines += [f"    k[{s * n + i}] = f{s + 1}_{i}" for s in range(7) for i in range(n)]
    lines.append("    error = 0.0")
    for i in range(n):
        lines += [f"    e = {combination(ERROR, i)}", f"    q = {combination(QUARTIC, i)}"]
        lines.append(f"    error += squared(h, g, y{i}, w[{i}], e, q)")
    return "\n".join([*lines, "    return error", ""])


def _rate(system: System) -> str:
    layout = system.layout
    n = layout.n_states
    lines = ["def rate(y, p, d, o, v, u, f):", *_parameters(system)]
    lines += [f"    x{i} = y[{i}]" for i in range(n)]
    lines += _absorption(system, 0)
    lines += write_slopes(layout, "f1_")
    lines += [f"    f[{i}] = f1_{i}" for i in range(n)]
    return "\n".join([*lines, ""])


@lru_cache(maxsize=64)
def compile_python(text: str) -> Kernel:
    """Make ``(rate, step)`` of a generated text, for CPython."""
    space: dict[str, Any] = {"exp": math.exp, "sqrt": math.sqrt, "squared": squared}
    exec(compile(text, "<generated step>", "exec"), space)
    return space["rate"], space["step"]


def _parameters(system: System) -> list[str]:
    return [f"    p{i} = p[{i}]" for i in sorted(parameters_used(system.layout))]


def combination(weights: Sequence[float], i: int) -> str:
    """The slopes of state ``i`` at all stages, weighted by one number each: text of an expression."""
    return " + ".join(f"{weight!r} * f{s + 1}_{i}" for s, weight in enumerate(weights) if weight)


def _absorption(system: System, stage: int) -> list[str]:
    """Rate of absorption [mg/h] from each depot, and of release, at the time of a stage."""
    lines = []
    for slot, j in enumerate(system.layout.stepped_depots):
        depot = system.depots[j]
        if depot.ka is None:
            lines.append(f"    r{slot} = o[{slot}]")
            continue
        ka = f"p{depot.ka}"
        time = "" if stage == 0 else " * h" if stage >= 5 else f" * ({NODES[stage]!r} * h)"
        decay = f" * exp(-{ka}{time})" if time else ""
        if depot.fed:
            lines.append(f"    r{slot} = o[{slot}] + ({ka} * d[{slot}] - o[{slot}]){decay}")
        else:
            lines.append(f"    r{slot} = {ka} * d[{slot}]{decay}")
    return lines + [f"    v{j} = v[{7 * j + stage}]" for j in range(len(system.releases))]


def _depot_after(system: System, slot: int) -> str:
    ka = system.depots[system.layout.stepped_depots[slot]].ka
    return "0.0" if ka is None else f"r{slot} / p{ka}"
