"""The right-hand side for sixteen at a time: each function walks the list of one mechanism in the structure's table.

A list at ``t[at]`` begins with its number of rows. Their fields are rows of the array ``a``; a factor that a structure
lacks is the row of ones, a flow that it lacks the row of zeros. Equations stand with the rows, in ``mechanisms``.
"""

from __future__ import annotations

from typing import Any

from pkinteract.engine.kernel.vector import power, root, size
from pkinteract.engine.lanes import header


def ratios(a: Any, t: Any, at: int, total: Any) -> Any:
    """``total`` plus the sum of concentrations over constants: a count at ``at``, then pairs (row, reciprocal)."""
    for n in range(t[at]):
        total = total + a[t[at + 1 + 2 * n]] * a[t[at + 2 + 2 * n]]
    return total


def following(a: Any, t: Any, at: int) -> None:
    """Enzymes that drivers move, E = A·(1 + Σ strength·z): (level, activity, count, (strength, driver)...)."""
    count, at = t[at], at + 1
    for _ in range(count):
        activity = a[t[at + 1]]
        a[t[at]] = activity * ratios(a, t, at + 2, a[header.ONE])
        at += 3 + 2 * t[at + 2]


def products(a: Any, t: Any, at: int) -> None:
    """(product, one, other): concentrations c = x/V, those bound as in the reference e = n·c, gut levels w/Qgut."""
    count, at = t[at], at + 1
    for _ in range(count):
        a[t[at]] = a[t[at + 1]] * a[t[at + 2]]
        at += 3


def binding(a: Any, t: Any, at: int) -> None:
    """Unbound ratio n, and e = n·c: (sites, n, e, c, fu, 1/fu, Bmax, Kd, count, displacers...)."""
    count, at = t[at], at + 1
    for _ in range(count):
        total, reference, inverse = a[t[at + 3]], a[t[at + 4]], a[t[at + 5]]
        rivals = ratios(a, t, at + 8, a[header.ONE])
        if t[at] == 0:
            free = 1.0 / (reference * (1.0 + (inverse - 1.0) / rivals))
        else:
            kd = a[t[at + 7]] * rivals
            half = a[t[at + 6]] + kd - total
            free = 2.0 * kd / (reference * (half + root(half * half + 4.0 * kd * total)))
        a[t[at + 1]] = free
        a[t[at + 2]] = free * total
        at += 9 + 2 * t[at + 8]


def uptake(a: Any, t: Any, at: int) -> None:
    """Rate of absorption w = Σ sources: (w, count, (rate, factor)...)."""
    count, at = t[at], at + 1
    for _ in range(count):
        total = a[t[at + 2]] * a[t[at + 3]]
        for n in range(1, t[at + 1]):
            total = total + a[t[at + 2 + 2 * n]] * a[t[at + 3 + 2 * n]]
        a[t[at]] = total
        at += 2 + 2 * t[at + 1]


def gut_wall(a: Any, t: Any, at: int) -> None:
    """Gut availability b = 1/(1 + ratio·E/(1 + Σ I/Ki)): (b, ratio, level, count, inhibitors...)."""
    count, at = t[at], at + 1
    for _ in range(count):
        lost = a[t[at + 1]] * a[t[at + 2]]
        if t[at + 3] > 0:
            lost = lost / ratios(a, t, at + 3, a[header.ONE])
        a[t[at]] = 1.0 / (1.0 + lost)
        at += 4 + 2 * t[at + 3]


def past_gut(a: Any, t: Any, at: int) -> None:
    """What passes the gut wall q = b·w, and what it removes o = w - q: (q, o, b, w)."""
    count, at = t[at], at + 1
    for _ in range(count):
        absorbed = a[t[at + 3]]
        passed = a[t[at + 2]] * absorbed
        a[t[at]] = passed
        a[t[at + 1]] = absorbed - passed
        at += 4


def inlet(a: Any, t: Any, at: int) -> None:
    """Concentration at the liver's inlet i = c + q/(Rb·Qh), and n·i: (i, n·i, c, q, 1/flow, n)."""
    count, at = t[at], at + 1
    for _ in range(count):
        total = a[t[at + 2]] + a[t[at + 3]] * a[t[at + 4]]
        a[t[at]] = total
        a[t[at + 1]] = a[t[at + 5]] * total
        at += 6


def intrinsic(a: Any, t: Any, at: int) -> None:
    """Intrinsic clearances: (a, clearance, level, kind, own, 1/Km, count, inhibitors...).

    Kind 0 has no denominator, 1 one of competitors, 2 one of inhibitors times one of its own saturation.
    """
    count, at = t[at], at + 1
    for _ in range(count):
        found = a[t[at + 1]] * a[t[at + 2]]
        if t[at + 3] == 1:
            found = found / ratios(a, t, at + 6, 1.0 + a[t[at + 4]] * a[t[at + 5]])
        elif t[at + 3] == 2:
            saturated = 1.0 + a[t[at + 4]] * a[t[at + 5]]
            found = found / (saturated * ratios(a, t, at + 6, a[header.ONE]))
        a[t[at]] = found
        at += 7 + 2 * t[at + 6]


def liver(a: Any, t: Any, at: int) -> None:
    """Availability Fh = flow/(flow + n·Σa), and n/(flow + n·Σa): (Fh, n·g, flow, n, count, a...)."""
    count, at = t[at], at + 1
    for _ in range(count):
        flow, free = a[t[at + 2]], a[t[at + 3]]
        total = a[header.ZERO]
        for n in range(t[at + 4]):
            total = total + a[t[at + 5 + n]]
        inverse = 1.0 / (flow + free * total)
        a[t[at]] = flow * inverse
        a[t[at + 1]] = free * inverse
        at += 5 + t[at + 4]


def mixed(a: Any, t: Any, at: int) -> None:
    """The unbound level that the liver works on, m = n·g·(flow·c + q): (m, n·g, flow, c, q)."""
    count, at = t[at], at + 1
    for _ in range(count):
        a[t[at]] = a[t[at + 1]] * (a[t[at + 2]] * a[t[at + 3]] + a[t[at + 4]])
        at += 5


def balance(a: Any, t: Any, at: int, slope: int) -> None:
    """Slopes of amounts: (place, infusion, q, losses, (loss)..., sides, (place, out, back, amount, other, n)...)."""
    count, at = t[at], at + 1
    for _ in range(count):
        place = slope + t[at]
        total = a[t[at + 1]] + a[t[at + 2]]
        for n in range(t[at + 3]):
            total = total - a[t[at + 4 + n]]
        at += 4 + t[at + 3]
        sides, at = t[at], at + 1
        for _ in range(sides):
            exchange = a[t[at + 1]] * a[t[at + 3]] * a[t[at + 5]] - a[t[at + 2]] * a[t[at + 4]]
            a[slope + t[at]] = exchange
            total = total - exchange
            at += 6
        a[place] = total


def formation(a: Any, t: Any, at: int, slope: int) -> None:
    """Metabolite that arrives, ratio·lost·Fh·b: (place, ratio, lost, Fh, b)."""
    count, at = t[at], at + 1
    for _ in range(count):
        place = slope + t[at]
        a[place] = a[place] + a[t[at + 1]] * a[t[at + 2]] * a[t[at + 3]] * a[t[at + 4]]
        at += 5


def reservoirs(a: Any, t: Any, at: int, slope: int) -> None:
    """Absorption compartments of releases: (place, released, ka, amount)."""
    count, at = t[at], at + 1
    for _ in range(count):
        a[slope + t[at]] = a[t[at + 1]] - a[t[at + 2]] * a[t[at + 3]]
        at += 4


def relative(a: Any, t: Any, at: int) -> Any:
    """An inducer's concentration over its EC50, to the power of its Hill coefficient: (acting, 1/EC50, hill or -1)."""
    found = a[t[at]] * a[t[at + 1]]
    if t[at + 2] >= 0:
        found = power(size(found), a[t[at + 2]])
    return found


def turnover(a: Any, t: Any, at: int, slope: int) -> None:
    """Enzyme levels under their inducers, group by group, and inactivators.

    (place, kdeg, activity, level, groups, (count, (Emax, acting, 1/EC50, hill)...)..., slopes, (slope, acting)...,
    inactivators, (kinact, acting, KI)...).
    """
    count, at = t[at], at + 1
    for _ in range(count):
        place, kdeg, activity, level = slope + t[at], a[t[at + 1]], a[t[at + 2]], a[t[at + 3]]
        synthesis = a[header.ONE]
        groups, at = t[at + 4], at + 5
        for _ in range(groups):
            over, under = a[header.ZERO], a[header.ONE]
            members, at = t[at], at + 1
            for _ in range(members):
                share = relative(a, t, at + 1)
                over = over + a[t[at]] * share
                under = under + share
                at += 4
            synthesis = synthesis + over / under
        synthesis = ratios(a, t, at, synthesis)
        at += 1 + 2 * t[at]
        lost = a[header.ZERO]
        inactivators, at = t[at], at + 1
        for _ in range(inactivators):
            here = a[t[at + 1]]
            lost = lost + a[t[at]] * here / (a[t[at + 2]] + here)
            at += 3
        a[place] = kdeg * (activity * synthesis - level) - lost * level


def drivers(a: Any, t: Any, at: int, slope: int) -> None:
    """What moves the following enzymes.

    (place, kdeg, level, acting, 1/EC50, hill, rivals, (acting, 1/EC50, hill)...).
    """
    count, at = t[at], at + 1
    for _ in range(count):
        share = relative(a, t, at + 3)
        if t[at + 6] > 0:
            under = a[header.ONE]
            for n in range(t[at + 6]):
                under = under + relative(a, t, at + 7 + 3 * n)
            share = share / under
        a[slope + t[at]] = a[t[at + 1]] * (share - a[t[at + 2]])
        at += 7 + 3 * t[at + 6]


def flows(a: Any, t: Any, slope: int) -> None:
    """Slopes of all amounts at given availabilities and intrinsic clearances: linear in amounts and rates."""
    products(a, t, t[header.CONCENTRATIONS])
    products(a, t, t[header.EFFECTIVE])
    uptake(a, t, t[header.UPTAKE])
    past_gut(a, t, t[header.PAST_GUT])
    mixed(a, t, t[header.MIXED])
    products(a, t, t[header.LOSS])
    balance(a, t, t[header.BALANCE], slope)
    formation(a, t, t[header.FORMATION], slope)
    reservoirs(a, t, t[header.RESERVOIRS], slope)


def slopes(a: Any, t: Any, slope: int) -> None:
    """Slopes of all states at the point, from ``slope`` on."""
    following(a, t, t[header.FOLLOWING])
    products(a, t, t[header.CONCENTRATIONS])
    binding(a, t, t[header.BINDING])
    uptake(a, t, t[header.UPTAKE])
    products(a, t, t[header.GUT_LEVELS])
    gut_wall(a, t, t[header.GUT_WALL])
    past_gut(a, t, t[header.PAST_GUT])
    inlet(a, t, t[header.INLET])
    intrinsic(a, t, t[header.INTRINSIC])
    liver(a, t, t[header.LIVER])
    mixed(a, t, t[header.MIXED])
    products(a, t, t[header.LOSS])
    balance(a, t, t[header.BALANCE], slope)
    formation(a, t, t[header.FORMATION], slope)
    reservoirs(a, t, t[header.RESERVOIRS], slope)
    turnover(a, t, t[header.TURNOVER], slope)
    drivers(a, t, t[header.DRIVERS], slope)
