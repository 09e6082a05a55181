"""What is read of the analytes while a step is there: integrals, extremes, hours above a level, levels at times.

An analyte over a step is a polynomial of θ, the share of the step, and what falls of each mode beside it.
"""

from __future__ import annotations

from math import exp, inf
from typing import Any

from pkinteract.engine.kernel.vector import LANES, any_of, choose, falling, kernel, larger, smaller
from pkinteract.engine.lanes import header

MARKS = (0.0, 0.1, 0.3, 0.6, 1.0)
"""Where in a step the slope of an analyte is looked at, to see whether it turns."""

M1, M2, M3 = MARKS[1:4]

SAME = 1e-5
"""Maxima this close, relative to the larger, are the same: the first counts. It is what a level may be off."""

ROUNDS = 4
"""Rounds in which a turn is looked for."""

MEASURES = ("integral", "max", "time of max", "min", "hours above")
"""What is measured of an analyte in every window."""

CLOSE = 1e-6
"""How close to it a level or a turn is found, of a step."""


@kernel
def read(start: float, h: float, inside: bool, a: Any, t: Any, d: Any) -> None:
    """Each analyte over a step of ``h`` from ``start`` on [h], as powers of θ; with ``inside``, added to its window.

    The polynomial is the quartic with the values and slopes of both ends and the highest term that was tried.
    """
    at = t[header.CURVES]
    for c in range(t[header.ANALYTES]):
        modes, fallen, listed = t[at + header.MODES_READ], t[at + header.FALLEN_ROW], at + header.MODE_LIST
        zero = a[header.ZERO]
        c0, end, c1, slope, c4 = zero, zero, zero, zero, zero
        pair = listed + modes
        for _ in range(t[at + header.PARTS_READ]):
            weight, place = a[t[pair]], t[pair + 1]
            c0 = c0 + weight * a[t[header.STATE] + place]
            end = end + weight * a[t[header.NEW_STATE] + place]
            c1 = c1 + weight * (h * a[t[header.SLOPE] + place])
            slope = slope + weight * (h * a[t[header.NEW_SLOPE] + place])
            c4 = c4 + weight * a[t[header.QUARTIC] + place]
            pair += 2
        ends = t[header.END] + header.END_ROWS * c
        a[ends], a[ends + 1] = c0, end
        high, low = larger(c0, end), smaller(c0, end)
        for k in range(modes):
            total, parts = zero, t[pair]
            for n in range(parts):
                total = total + a[t[pair + 1 + 2 * n]] * a[t[pair + 2 + 2 * n]]
            pair += 1 + 2 * parts
            a[fallen + k] = total
            left = a[t[header.LEFT] + header.LEFT_ROWS * t[listed + k] + 4]
            fall = h * a[t[header.RATE] + t[listed + k]] * total
            c0 = c0 - total
            end = end - total * left
            c1 = c1 + fall
            slope = slope + fall * left
        values, bends = end - c0 - c1 - c4, slope - c1 - 4.0 * c4
        c2, c3 = 3.0 * values - bends, bends - 2.0 * values
        power = t[header.POWER] + 5 * c
        a[power], a[power + 1], a[power + 2], a[power + 3], a[power + 4] = c0, c1, c2, c3, c4
        if inside:
            whole = h * (c0 + 0.5 * c1 + (1.0 / 3.0) * c2 + 0.25 * c3 + 0.2 * c4)
            g0, g1 = c1, c1 + M1 * (2.0 * c2 + M1 * (3.0 * c3 + 4.0 * M1 * c4))
            g2 = c1 + M2 * (2.0 * c2 + M2 * (3.0 * c3 + 4.0 * M2 * c4))
            g3 = c1 + M3 * (2.0 * c2 + M3 * (3.0 * c3 + 4.0 * M3 * c4))
            g4 = c1 + 2.0 * c2 + 3.0 * c3 + 4.0 * c4
            for k in range(modes):
                total, row = a[fallen + k], t[header.LEFT] + header.LEFT_ROWS * t[listed + k]
                fall = h * a[t[header.RATE] + t[listed + k]] * total
                three, end_left, tenth = a[row + 1], a[row + 4], a[row + 5]
                g0 = g0 - fall
                g1 = g1 - fall * tenth
                g2 = g2 - fall * three
                g3 = g3 - fall * three * three
                g4 = g4 - fall * end_left
                whole = whole + total * (1.0 - end_left) * a[t[header.INVERSE] + t[listed + k]]
            a[ends + 2], a[ends + 3], a[ends + 4], a[ends + 5], a[ends + 6] = g0, g1, g2, g3, g4
            turns = larger(larger(-g0 * g1, -g1 * g2), larger(-g2 * g3, -g3 * g4))
            add_to_window(start, h, c, whole, high, low, turns, a, t)
            follow_turns(start, h, c, at, a, t, d)
        at = t[at + header.NEXT]


@kernel
def add_to_window(start: float, h: float, c: int, whole: Any, high: Any, low: Any, turns: Any, a: Any, t: Any) -> None:
    """Add a step of ``h`` from ``start`` on [h] to an analyte's window, as far as its ends tell.

    News above 0 say that more is to be seen.
    """
    window, alert = t[header.WINDOW] + header.WINDOW_ROWS * c, a[t[header.ALERT] + c]
    ends = t[header.END] + header.END_ROWS * c
    a[window] = a[window] + whole
    at_start = (1.0 + SAME) * a[ends] >= a[ends + 1]
    new = high > (1.0 + SAME) * a[window + 5]
    time = choose(at_start, start, start + h)
    a[window + 2] = choose(new, time, a[window + 2])
    a[window + 5] = choose(new, choose(at_start, a[ends], a[ends + 1]), a[window + 5])
    a[window + 1] = larger(a[window + 1], high)
    a[window + 3] = smaller(a[window + 3], low)
    a[window + 4] = a[window + 4] + choose(low > alert, h, 0.0)
    a[t[header.NEWS] + c] = larger(turns, smaller(high - alert, alert - low))


@kernel
def height(order: int, lane: int, c: int, at: int, h: float, theta: float, t: Any, d: Any) -> float:
    """An analyte of a subject, whose list is at ``at``, at ``theta`` [1] of a step of ``h`` [h].

    In the unit that the weights of the run give; with ``order`` 1 its slope by θ.
    """
    q = LANES * (t[header.POWER] + 5 * c) + lane
    c0, c1, c2, c3, c4 = d[q], d[q + LANES], d[q + 2 * LANES], d[q + 3 * LANES], d[q + 4 * LANES]
    level: float
    if order == 0:
        level = c0 + theta * (c1 + theta * (c2 + theta * (c3 + theta * c4)))
    else:
        level = c1 + theta * (2.0 * c2 + theta * (3.0 * c3 + theta * 4.0 * c4))
    for k in range(t[at + header.MODES_READ]):
        amplitude = d[LANES * (t[at + header.FALLEN_ROW] + k) + lane]
        if amplitude != 0.0:
            rate = d[LANES * (t[header.RATE] + t[at + header.MODE_LIST + k]) + lane] * h
            level += amplitude * exp(-rate * theta) * (1.0 if order == 0 else -rate)
    return level


@kernel
def passing(
    order: int, level: float, lane: int, c: int, at: int, h: float, left: float, right: float, t: Any, d: Any
) -> float:
    """Where an analyte, or its slope, passes a level: θ [1] between ``left`` and ``right``.

    False position in the Illinois form: Dowell, Jarratt. BIT 1971;11:168-74.
    """
    low = height(order, lane, c, at, h, left, t, d) - level
    high = height(order, lane, c, at, h, right, t, d) - level
    theta = left
    for _ in range(50):
        before = theta
        theta = (left * high - right * low) / (high - low)
        here = height(order, lane, c, at, h, theta, t, d) - level
        if here == 0.0 or abs(theta - before) < CLOSE:
            break
        if here * high < 0.0:
            left = right
            low = high
        else:
            low *= 0.5
        right = theta
        high = here
    return theta


@kernel
def follow_turns(start: float, h: float, c: int, at: int, a: Any, t: Any, d: Any) -> None:
    """See to what the ends of a step of ``h`` from ``start`` on [h] do not tell.

    The turns of an analyte, and time above its alert level [h].
    """
    if not any_of(a[t[header.NEWS] + c] > 0.0):
        return
    turning(start, h, c, at, a, t)
    news = LANES * (t[header.NEWS] + c)
    for lane in range(LANES):
        if d[news + lane] > 0.0:
            turned(start, h, lane, c, at, t, d)


@kernel
def turning(start: float, h: float, c: int, at: int, a: Any, t: Any) -> None:
    """Where an analyte turns first in a step of ``h`` from ``start`` on [h]; what that makes of its window's extremes.

    Newton's method, kept between the two marks; a place that is δ off gives a height that is off by the third power of
    δ. News above 0 are left to those that turn twice or pass the alert level.
    """
    ends, window = t[header.END] + header.END_ROWS * c, t[header.WINDOW] + header.WINDOW_ROWS * c
    turns, left, right, here, there = a[header.ZERO], a[header.ZERO], a[header.ZERO], a[header.ZERO], a[header.ZERO]
    for n in range(3, -1, -1):
        one, two = a[ends + 2 + n], a[ends + 3 + n]
        passes = one * two < 0.0
        turns = turns + choose(passes, 1.0, 0.0)
        left = choose(passes, MARKS[n], left)
        right = choose(passes, MARKS[n + 1], right)
        here = choose(passes, one, here)
        there = choose(passes, two, there)
    theta = left + (right - left) * here / (here - there)
    power = t[header.POWER] + 5 * c
    c0, c1, c2, c3, c4 = a[power], a[power + 1], a[power + 2], a[power + 3], a[power + 4]
    top = c0
    for _ in range(ROUNDS):
        value = c0 + theta * (c1 + theta * (c2 + theta * (c3 + theta * c4)))
        slope = c1 + theta * (2.0 * c2 + theta * (3.0 * c3 + 4.0 * theta * c4))
        bend = 2.0 * c2 + theta * (6.0 * c3 + 12.0 * theta * c4)
        for k in range(t[at + header.MODES_READ]):
            rate = h * a[t[header.RATE] + t[at + header.MODE_LIST + k]]
            fallen = a[t[at + header.FALLEN_ROW] + k] * falling(-rate * theta)
            value = value + fallen
            slope = slope - rate * fallen
            bend = bend + rate * rate * fallen
        same = slope * here > 0.0
        left = choose(same, theta, left)
        right = choose(same, right, theta)
        move = theta - slope / bend
        move = choose((move - left) * (move - right) <= 0.0, move, 0.5 * (left + right))
        top = value + 0.5 * slope * (move - theta)
        theta = move
    first, last, alert = a[ends], a[ends + 1], a[t[header.ALERT] + c]
    top = choose(turns > 0.0, top, first)
    new = top > (1.0 + SAME) * a[window + 5]
    a[window + 2] = choose(new, start + h * theta, a[window + 2])
    a[window + 5] = choose(new, top, a[window + 5])
    a[window + 1] = larger(a[window + 1], top)
    a[window + 3] = smaller(a[window + 3], top)
    high, low = larger(top, larger(first, last)), smaller(top, smaller(first, last))
    a[t[header.NEWS] + c] = larger(turns - 1.0, smaller(high - alert, alert - low))


@kernel
def turned(start: float, h: float, lane: int, c: int, at: int, t: Any, d: Any) -> None:
    """Add all turns of one subject's analyte to its window, and the time above its alert level [h]."""
    w = LANES * (t[header.WINDOW] + header.WINDOW_ROWS * c) + lane
    ends = LANES * (t[header.END] + header.END_ROWS * c) + lane
    limit, since, before, above = d[LANES * (t[header.ALERT] + c) + lane], 0.0, d[ends], 0.0
    for mark in range(5):
        theta, here = 1.0, d[ends + LANES]
        if mark < 4:
            if not d[ends + LANES * (2 + mark)] * d[ends + LANES * (3 + mark)] < 0.0:
                continue
            theta = passing(1, 0.0, lane, c, at, h, MARKS[mark], MARKS[mark + 1], t, d)
            here = height(0, lane, c, at, h, theta, t, d)
            if here > (1.0 + SAME) * d[w + 5 * LANES]:
                d[w + 2 * LANES] = start + theta * h
                d[w + 5 * LANES] = here
            d[w + LANES] = max(d[w + LANES], here)
            d[w + 3 * LANES] = min(d[w + 3 * LANES], here)
        if before > limit and here > limit:
            above += theta - since
        elif before > limit or here > limit:
            cross = passing(0, limit, lane, c, at, h, since, theta, t, d)
            above += cross - since if before > limit else theta - cross
        since = theta
        before = here
    d[w + 4 * LANES] += h * above - (h if min(d[ends], d[ends + LANES]) > limit else 0.0)


@kernel
def opened(a: Any, t: Any) -> None:
    """Empty every analyte's window."""
    for c in range(t[header.ANALYTES]):
        window = t[header.WINDOW] + header.WINDOW_ROWS * c
        for n in range(6):
            a[window + n] = a[header.ZERO]
        a[window + 1] = -inf
        a[window + 3] = inf
        a[window + 5] = -inf


@kernel
def closed(place: int, windows: int, groups: int, group: int, a: Any, t: Any, out: Any) -> None:
    """Keep what the windows hold in ``out`` (analyte, window, measure, group) of lanes."""
    for c in range(t[header.ANALYTES]):
        for n in range(5):
            out[((c * windows + place) * 5 + n) * groups + group] = a[t[header.WINDOW] + header.WINDOW_ROWS * c + n]


@kernel
def fades(after: float, a: Any, t: Any, to: int) -> None:
    """Share of every mode [1] that is left ``after`` the start of a step [h], written from row ``to`` on."""
    for m in range(t[header.MODES]):
        a[to + m] = falling(-after * a[t[header.RATE] + m])


@kernel
def levels(theta: float, at_row: int, wide: bool, a: Any, t: Any, single: Any, double: Any) -> None:
    """Write each analyte at ``theta`` [1] of the step: what falls is left as the rows of fades say."""
    count, at, fade = t[header.ANALYTES], t[header.CURVES], t[header.FADE]
    for c in range(count):
        power, fallen = t[header.POWER] + 5 * c, t[at + header.FALLEN_ROW]
        inner = a[power + 2] + theta * (a[power + 3] + theta * a[power + 4])
        level = a[power] + theta * (a[power + 1] + theta * inner)
        for k in range(t[at + header.MODES_READ]):
            level = level + a[fallen + k] * a[fade + t[at + header.MODE_LIST + k]]
        if wide:
            double[at_row * count + c] = level
        else:
            single[at_row * count + c] = level
        at = t[at + header.NEXT]
