"""The march of sixteen subjects: from event to event, in steps that the one allows who needs the shortest.

What an event does, when a step is accepted and how long the next one is are those of ``events`` and ``control``.
"""

from __future__ import annotations

from math import inf
from typing import Any

from pkinteract.engine import control
from pkinteract.engine.kernel.vector import LANES, call, kernel, largest_of
from pkinteract.engine.lanes import header
from pkinteract.engine.lanes.reading import closed, fades, levels, opened, read
from pkinteract.engine.mechanisms import release
from pkinteract.engine.pair import NODES

KEPT = 3
"""Steps for which the answers to what falls are kept at least: where little changes, they are few and long."""

RELEASE_NUMBERS = 7
"""Numbers of a release: what ``release.share`` takes, in its order, and the age at which it is over."""

share = kernel(release.share)
fitting, tightened = kernel(control.fitting), kernel(control.tightened)
shorter, longer = kernel(control.shorter), kernel(control.longer)
MOST_STEPS, FIRST_STEP = control.MOST_STEPS, control.FIRST_STEP


@kernel
def released(
    time: float, h: float, nodes: int, first: int, doses: int, begins: Any, amounts: Any, which: Any, numbers: Any,
    t: Any, d: Any,
) -> int:  # fmt: skip
    """Write the release rates [mg/h] at the first nodes of a step of ``h`` from ``time`` on [h].

    Gives the first dose whose release is not over.
    """
    at = LANES * t[header.RELEASED]
    for n in range(LANES * 7 * t[header.RELEASES]):
        d[at + n] = 0.0
    going = False
    for n in range(first, doses):
        j, over = which[n], True
        for lane in range(LANES):
            place = LANES * RELEASE_NUMBERS * j + lane
            age = time - begins[LANES * n + lane]
            ends = numbers[place + 6 * LANES]
            over = over and age >= ends
            if amounts[LANES * n + lane] > 0.0 and 0.0 <= age < ends:
                weibull, one, two = numbers[place] > 0.0, numbers[place + LANES], numbers[place + 2 * LANES]
                constant, sharp = numbers[place + 3 * LANES], numbers[place + 4 * LANES]
                even = numbers[place + 5 * LANES]
                for node in range(nodes):
                    rate = share(weibull, one, two, constant, sharp, even, age + NODES[node] * h, node == 0)
                    d[at + LANES * (7 * j + node) + lane] += amounts[LANES * n + lane] * rate
        going = going or not over
        if not going:
            first = n + 1
    return first


@kernel
def advance(a: Any, t: Any) -> None:
    """Go on from the new states, slopes and depots."""
    for i in range(t[header.STATES]):
        a[t[header.STATE] + i] = a[t[header.NEW_STATE] + i]
        a[t[header.SLOPE] + i] = a[t[header.NEW_SLOPE] + i]
    for i in range(t[header.DEPOTS]):
        a[t[header.DEPOT] + i] = a[t[header.NEW_DEPOT] + i]


@kernel
def switched(place: int, sets: Any, a: Any, t: Any) -> None:
    """Take other parameters and weights from a set."""
    count, weights = t[header.PARAMETERS], t[header.WEIGHTS]
    first = place * (count + weights)
    for n in range(count):
        value = sets[first + n]
        a[t[header.PARAMETER] + n] = value
        a[t[header.RECIPROCAL] + n] = 1.0 / value
    for n in range(weights):
        a[t[header.WEIGHT] + n] = sets[first + count + n]


@kernel
def march(
    linearising: Any, beginning: Any, stepping: Any, a: Any, d: Any, t: Any,
    start: float, stop: float, rtol: float,
    events: int, times: Any, places: Any, amounts: Any, longest: Any,
    switches: int, since: Any, sets: Any,
    doses: int, begins: Any, given: Any, which: Any, numbers: Any,
    windows: int, edges: Any, groups: int, group: int, measured: Any,
    points: int, grid: Any, wide: int, single: Any, double: Any,
) -> int:  # fmt: skip
    """Step a group from ``start`` to ``stop`` [h]; returns the number of steps, or minus it where it gave up.

    Parameters
    ----------
    rtol
        Relative tolerance of a step [1].
    linearising, beginning, stepping
        ``falling.linearise``, ``step.begin`` and ``step.step`` for this table.
    a, d
        Rows of the group, and the same numbers one by one.
    t
        The structure's table.
    times, places, amounts, longest
        (event,) [h], row that an amount is added to or -1, (event, lane) [mg] or [mg/h], longest step after it [h].
    since, sets
        (switch,) [h] from which on parameters and weights are others, (switch, number, lane).
    begins, given, which, numbers
        Doses that are released: (dose, lane) [h] and [mg], in order of their earliest begin; (dose,) release; (release,
        ``RELEASE_NUMBERS``, lane).
    edges, measured
        (window + 1,) [h]; (analyte, window, measure, group, lane).
    grid, single, double
        (point,) [h]; (point, analyte, lane) levels, in double precision if ``wide``.
    """
    now, h, limit, steps = start, FIRST_STEP, rtol * rtol, 0
    place, point, edge, chosen, first, known = 0, 0, 0, 0, 0, -KEPT
    gap, jumped = grid[1] - grid[0] if points > 1 else inf, True
    fades(0.0, a, t, t[header.FADE])
    while point < points and grid[point] <= start:
        read(start, 0.0, False, a, t, d)
        levels(0.0, point, wide != 0, a, t, single, double)
        point += 1
    while now < stop:
        while place < events and times[place] <= now:
            if places[place] >= 0:
                a[places[place]] = a[places[place]] + amounts[place]
            h = min(h, longest[place])
            place += 1
            jumped = True
        while chosen < switches and since[chosen] <= now:
            switched(chosen, sets, a, t)
            chosen += 1
            jumped = True
            known = steps - KEPT
        while edge <= windows and edges[edge] <= now:
            if edge > 0:
                closed(edge - 1, windows, groups, group, a, t, measured)
            opened(a, t)
            edge += 1
        end = stop
        if place < events:
            end = min(end, times[place])
        if chosen < switches:
            end = min(end, since[chosen])
        if edge <= windows:
            end = min(end, edges[edge])
        if t[header.RELEASES] > 0:
            first = released(now, 0.0, 1, first, doses, begins, given, which, numbers, t, d)
        if steps >= known + KEPT:
            call(linearising, a, 0.0)
            fades(gap, a, t, t[header.STRIDE])
            known = steps
        call(beginning, a, 0.0)
        inside = 0 < edge <= windows
        tried = 0
        while now < end:
            left = end - now
            size = fitting(h, left)
            if t[header.RELEASES] > 0:
                first = released(now, size, 7, first, doses, begins, given, which, numbers, t, d)
            call(stepping, a, size)
            error = largest_of(a[t[header.ERROR]]) / limit
            steps += 1
            tried += 1
            if tried > MOST_STEPS:
                return -steps
            strict = tightened(error, jumped)
            if not strict <= 1.0:
                h = shorter(size, strict)
                continue
            jumped = False
            after = end if size == left else now + size
            if inside or (point < points and grid[point] <= after):
                read(now, size, inside, a, t, d)
            fresh = True
            while point < points and grid[point] <= after:
                if not fresh and abs(grid[point] - grid[point - 1] - gap) <= 1e-9 * gap:
                    for m in range(t[header.MODES]):
                        a[t[header.FADE] + m] = a[t[header.FADE] + m] * a[t[header.STRIDE] + m]
                else:
                    fades(grid[point] - now, a, t, t[header.FADE])
                levels((grid[point] - now) / size, point, wide != 0, a, t, single, double)
                fresh = False
                point += 1
            advance(a, t)
            now = after
            h = longer(size, error)
    if 0 < edge <= windows and edges[edge] <= stop:
        closed(edge - 1, windows, groups, group, a, t, measured)
    return steps
