"""From a System to straight-line Python that takes one Runge-Kutta step.

The text holds indices and the coefficients of the method, never a name or a number that a user wrote. It runs in
CPython on lists and compiles under numba unchanged. What it writes is meant to be read: ``pkinteract run --show-code``
prints it.

The method is the embedded pair 5(4) of Dormand and Prince (J Comput Appl Math 1980;6:19-26), first same as last.
Depots decay in closed form, so absorption enters each stage as ka·D·exp(-ka·c·h).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pkinteract.engine.system import System

NODES = ("0.0", "1/5", "3/10", "4/5", "8/9", "1.0", "1.0")
STAGES = (
    (),
    ("1/5",),
    ("3/40", "9/40"),
    ("44/45", "-56/15", "32/9"),
    ("19372/6561", "-25360/2187", "64448/6561", "-212/729"),
    ("9017/3168", "-355/33", "46732/5247", "49/176", "-5103/18656"),
    ("35/384", "0", "500/1113", "125/192", "-2187/6784", "11/84"),
)
ERROR = ("71/57600", "0", "-71/16695", "71/1920", "-17253/339200", "22/525", "-1/40")
QUARTIC = (
    "-12715105075/11282082432",
    "0",
    "87487479700/32700410799",
    "-10690763975/1880347072",
    "701980252875/199316789632",
    "-1453857185/822651844",
    "69997945/29380423",
)
"""Highest term of the pair's continuous extension (see ``solve``), by stage."""

Kernel = tuple[Callable[..., Any], Callable[..., Any]]


def generate(system: System) -> str:
    """Write ``rate`` (the slopes at a state) and ``step`` (one Runge-Kutta step) for the structure of ``system``.

    The functions take lists (CPython) or arrays (numba)::

        rate(y, p, d, u, f)               slopes f at state y
        step(h, g, y, p, d, u, f, w, z, k)   states and depots z after h, stage slopes k (7 a state, stage by stage)

    ``p`` parameters, ``d`` depot amounts [mg] at the start of the step, ``u`` infusion rate per stepped compound
    [mg/h], ``w`` smallest size of each state that counts. ``step`` returns the sum of squares, over all states, of the
    embedded error and of ``g`` times the quartic term of the continuous extension, both relative to max(|state|, w).
    """
    n = system.n_states
    lines = ["def rate(y, p, d, u, f):", *_parameters(system)]
    lines += [f"    x{i} = y[{i}]" for i in range(n)]
    lines += _absorption(system, 0)
    lines += _slopes(system, "f1_")
    lines += [f"    f[{i}] = f1_{i}" for i in range(n)]
    lines += ["", "", "def step(h, g, y, p, d, u, f, w, z, k):", *_parameters(system)]
    lines += [f"    y{i} = y[{i}]" for i in range(n)]
    lines += [f"    f1_{i} = f[{i}]" for i in range(n)]
    for stage in range(1, 7):
        lines.append(f"    # stage {stage + 1}, at {NODES[stage]} h")
        lines += [f"    x{i} = y{i} + h * ({_combination(STAGES[stage], i)})" for i in range(n)]
        lines += _absorption(system, stage)
        lines += _slopes(system, f"f{stage + 1}_")
    lines.append("    # new states and depots, stage slopes, error")
    lines += [f"    z[{i}] = x{i}" for i in range(n)]
    lines += [f"    z[{n + slot}] = r{slot} / p{system.depots[j].ka}" for slot, j in enumerate(system.stepped_depots)]
    lines += [f"    k[{s * n + i}] = f{s + 1}_{i}" for s in range(7) for i in range(n)]
    lines.append("    error = 0.0")
    for i in range(n):
        lines += [f"    s = h / max(abs(y{i}), w[{i}])", f"    e = s * ({_combination(ERROR, i)})"]
        lines += [f"    q = s * g * ({_combination(QUARTIC, i)})", "    error += e * e + q * q"]
    return "\n".join([*lines, "    return error", ""])


@lru_cache(maxsize=64)
def compile_python(text: str) -> Kernel:
    """Make ``(rate, step)`` of a generated text, for CPython."""
    space: dict[str, Any] = {"exp": math.exp}
    exec(compile(text, "<generated step>", "exec"), space)
    return space["rate"], space["step"]


def _parameters(system: System) -> list[str]:
    return [f"    p{i} = p[{i}]" for i in sorted(_used(system))]


def _used(system: System) -> set[int]:
    used: set[int] = set()
    for i in system.stepped:
        row = system.compounds[i]
        used |= {row.volume} | {index for side in row.peripherals for index in (side.out, side.back)}
        used |= {index for index in (row.flow, row.gut_ratio) if index is not None}
        used |= {system.pathways[j].clearance for j in system.pathways_of(i)}
    used |= {system.depots[j].ka for j in system.stepped_depots}
    used |= {index for row in system.enzymes for index in (row.kdeg, row.activity)}
    used |= {index for row in system.inductions for index in (row.emax, row.ec50, row.hill) if index is not None}
    return used | {row.ratio for row in system.formations} | {row.ratio for row in system.gut_formations}


def _combination(weights: tuple[str, ...], i: int) -> str:
    terms = [f"{_number(weight)} * f{s + 1}_{i}" for s, weight in enumerate(weights) if weight != "0"]
    return " + ".join(terms)


def _number(fraction: str) -> str:
    over, _, under = fraction.partition("/")
    return repr(float(over) / float(under or 1))


def _absorption(system: System, stage: int) -> list[str]:
    """Rate of absorption [mg/h] from each depot at the time of a stage."""
    lines = []
    for slot, j in enumerate(system.stepped_depots):
        ka = f"p{system.depots[j].ka}"
        decay = (
            ""
            if stage == 0
            else f" * exp(-{ka} * h)"
            if stage >= 5
            else f" * exp(-{ka} * ({_number(NODES[stage])} * h))"
        )
        lines.append(f"    r{slot} = {ka} * d[{slot}]{decay}")
    return lines


def _slopes(system: System, f: str) -> list[str]:
    """All slopes at the states x, absorption rates r and infusion rates u."""
    lines: list[str] = []
    for i in system.stepped:
        lines += _availability(system, i)
    for i in system.stepped:
        lines += _loss(system, i)
    for i in system.stepped:
        lines += _balance(system, i, f)
    for e in range(len(system.enzymes)):
        lines += _turnover(system, e, f)
    return lines


def _enzyme(system: System, e: int) -> str:
    return f"x{system.first_enzyme + e}"


def _clearance(system: System, j: int) -> str:
    row = system.pathways[j]
    return f"p{row.clearance}" if row.enzyme is None else f"p{row.clearance} * {_enzyme(system, row.enzyme)}"


def _availability(system: System, i: int) -> list[str]:
    """Concentration c, intrinsic clearances a, liver and gut availability of a compound."""
    row = system.compounds[i]
    lines = [f"    c{i} = x{system.central[i]} / p{row.volume}"]
    lines += [f"    a{j} = {_clearance(system, j)}" for j in system.pathways_of(i)]
    if row.flow is not None:
        total = " + ".join(f"a{j}" for j in system.pathways_of(i, hepatic=True)) or "0.0"
        lines.append(f"    g{i} = 1.0 / (p{row.flow} + ({total}))")
    if row.gut_ratio is not None:
        level = "" if row.gut_enzyme is None else f" * {_enzyme(system, row.gut_enzyme)}"
        lines.append(f"    b{i} = 1.0 / (1.0 + p{row.gut_ratio}{level})")
    return lines


def _loss(system: System, i: int) -> list[str]:
    """Absorbed rate q past the gut, and the loss l by each pathway [mg/h]."""
    row = system.compounds[i]
    slots = [f"r{slot}" for slot, j in enumerate(system.stepped_depots) if system.depots[j].compound == i]
    lines = []
    absorbed = " + ".join(slots)
    if absorbed:
        lines.append(f"    q{i} = {absorbed}" if row.gut_ratio is None else f"    q{i} = b{i} * ({absorbed})")
    if row.flow is not None:
        inlet = f"p{row.flow} * c{i}" + (f" + q{i}" if absorbed else "")
        lines.append(f"    m{i} = g{i} * ({inlet})")
    for j in system.pathways_of(i):
        behind = row.flow is not None and system.pathways[j].hepatic
        lines.append(f"    l{j} = a{j} * {'m' if behind else 'c'}{i}")
    if absorbed and row.gut_ratio is not None:
        lines.append(f"    o{i} = ({absorbed}) - q{i}")
    return lines


def _balance(system: System, i: int, f: str) -> list[str]:
    """Slopes of the central and peripheral amounts."""
    row = system.compounds[i]
    state = system.central[i]
    gains = [f"u[{system.stepped.index(i)}]"]
    if any(system.depots[j].compound == i for j in system.stepped_depots):
        gains.append(f"q{i}")
    liver = "" if row.flow is None else f" * p{row.flow} * g{i}"
    gut = "" if row.gut_ratio is None else f" * b{i}"
    for made in system.formations:
        if made.target == i:
            gains.append(f"p{made.ratio} * l{made.pathway}{liver}")
    for wall in system.gut_formations:
        if wall.target == i and any(system.depots[j].compound == wall.compound for j in system.stepped_depots):
            gains.append(f"p{wall.ratio} * o{wall.compound}{liver}{gut}")
    losses = [f"l{j}" for j in system.pathways_of(i)]
    lines = []
    for n, side in enumerate(row.peripherals):
        lines.append(f"    v{n} = p{side.out} * x{state} - p{side.back} * x{state + 1 + n}")
        losses.append(f"v{n}")
    total = " + ".join(gains) + "".join(f" - {loss}" for loss in losses)
    return [
        *lines,
        f"    {f}{state} = {total}",
        *(f"    {f}{state + 1 + n} = v{n}" for n in range(len(row.peripherals))),
    ]


def _turnover(system: System, e: int, f: str) -> list[str]:
    """Slope of an enzyme level under its inducers, group by group."""
    row = system.enzymes[e]
    rows = [induction for induction in system.inductions if induction.enzyme == e]
    lines, synthesis = [], ["1.0"]
    for group in sorted({induction.group for induction in rows}):
        members = [induction for induction in rows if induction.group == group]
        for n, one in enumerate(members):
            ratio = f"c{one.compound} / p{one.ec50}"
            lines.append(f"    s{n} = {ratio}" if one.hill is None else f"    s{n} = abs({ratio}) ** p{one.hill}")
        over = " + ".join(f"p{one.emax} * s{n}" for n, one in enumerate(members))
        under = " + ".join(f"s{n}" for n in range(len(members)))
        lines.append(f"    t{group} = ({over}) / (1.0 + {under})")
        synthesis.append(f"t{group}")
    total = " + ".join(synthesis)
    lines.append(
        f"    {f}{system.first_enzyme + e} = p{row.kdeg} * (p{row.activity} * ({total}) - {_enzyme(system, e)})"
    )
    return lines
