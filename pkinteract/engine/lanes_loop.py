"""The march of ``lanes``: numba compiles this text together with the generated ``rates`` and ``attempt``.

All subjects of a group take the same steps, as long as the one that needs the shortest allows. Every loop over the
subjects is free of conditions, so that it becomes vector instructions; what needs conditions is rare and stands apart.
What the arrays hold is said in ``lanes`` and ``lanes_rows``; ``share`` is compiled from the text of ``loop``.
"""

from __future__ import annotations

from math import exp, floor, inf, lgamma, log, sqrt

import numpy as np

from pkinteract.engine import lanes_rows, pair
from pkinteract.engine.loop import share
from pkinteract.engine.mechanisms import release

SHARP, SAME = release.SHARP, release.SAME
LANES = lanes_rows.LANES
MARKS, SEEN, TURN = np.array(lanes_rows.MARKS), len(lanes_rows.SEEN), len(lanes_rows.TURN)
NODES = np.array(pair.NODES)
CLOSE = 1e-6
"""How close to it a level or a turn is found, of a step."""

KEPT = 3
"""Steps for which the answers to what falls are kept at least: where little changes, they are few and long."""

SIGNATURE = (
    "int64(float64[::1], int64[::1], int64[::1], int64, int64[:, ::1], float64[:, :, ::1], float64[:, ::1], "
    "float64[:, ::1], float64, float64, float64, float64, float64[::1], int64[::1], int64[::1], float64[:, ::1], "
    "float64[::1], float64[::1], float64[::1], float64[:, :, :, :], float32[:, ::1], int64)"
)
"""What ``march`` is compiled for."""

ASKED_FOR = exp, floor, lgamma, log, sqrt
"""What the generated text and that of ``share`` call."""


def rates(a):
    """Write the slopes at the start of a step. This and the next nine are generated: ``compiled`` puts them here."""
    raise NotImplementedError


def linearise(a):
    """Write how fast every mode falls and how the states answer to it, from where the subjects stand."""
    raise NotImplementedError


def decays(h, a, bits):
    """Write what is left of every mode at the later nodes of a step of ``h`` and at a tenth.

    ``bits`` is ``a`` as integers.
    """
    raise NotImplementedError


def attempt(h, g, a):
    """Make a step: new states, slopes and depots, the highest term of the curve inside, sum of squares of errors."""
    raise NotImplementedError


def read(t, h, a):
    """Write each analyte over the step as powers of θ, and add to the window its integral, hours above and extremes.

    Extremes are those of both ends. A number above 0 in the row of news says that more is to be seen: ``observe``.
    """
    raise NotImplementedError


def fades(after, a, bits):
    """Write what is left of every mode at a time after the start of a step; ``bits`` as in ``decays``."""
    raise NotImplementedError


def turning(t, h, a, bits):
    """Find where an analyte turns, in the rows of the turn, and add it to the window's extremes that they hold.

    A number above 0 in the row of the odd says that this is not all: ``follow``.
    """
    raise NotImplementedError


def onward(a):
    """Write what is left of every mode a stride later."""
    raise NotImplementedError


def values(theta, a, out):
    """Write each analyte at θ of the step to out (analyte·lane)."""
    raise NotImplementedError


def accept(a):
    """Go on from the new states, slopes and depots."""
    raise NotImplementedError


def released(h, a, at, releases, doses, amounts, t, nodes):
    """Write the release rate of every row at the first ``nodes`` nodes of a step; doses are (row, begin)."""
    for n in range(LANES * 7 * len(releases)):
        a[at + n] = 0.0
    for n in range(len(doses)):
        j = int(doses[n, 0])
        for lane in range(LANES):
            age = t - doses[n, 1 + lane]
            if amounts[n, lane] > 0.0 and 0.0 <= age < releases[j, 4, lane]:
                for s in range(nodes):
                    given = amounts[n, lane] * share(releases[j, :, lane], age + NODES[s] * h, s == 0)
                    a[at + LANES * (7 * j + s) + lane] += given


def height(order, a, q, fall, rates, modes, h, theta):
    """An analyte of a subject, whose polynomial is at q, at θ of a step; its slope by θ with ``order`` 1."""
    c0, c1, c2, c3, c4 = a[q], a[q + LANES], a[q + 2 * LANES], a[q + 3 * LANES], a[q + 4 * LANES]
    if order == 0:
        found = c0 + theta * (c1 + theta * (c2 + theta * (c3 + theta * c4)))
    else:
        found = c1 + theta * (2.0 * c2 + theta * (3.0 * c3 + theta * 4.0 * c4))
    for n in range(modes):
        if a[fall + LANES * n] != 0.0:
            rate = a[rates + LANES * n] * h
            found += a[fall + LANES * n] * exp(-rate * theta) * (1.0 if order == 0 else -rate)
    return found


def passing(order, level, a, q, fall, rates, modes, h, left, right):
    """Where an analyte, or its slope, passes a level between two places: false position after Illinois."""
    low = height(order, a, q, fall, rates, modes, h, left) - level
    high = height(order, a, q, fall, rates, modes, h, right) - level
    theta = left
    for _ in range(50):
        before, theta = theta, (left * high - right * low) / (high - low)
        here = height(order, a, q, fall, rates, modes, h, theta) - level
        if here == 0.0 or abs(theta - before) < CLOSE:
            break
        if here * high < 0.0:
            left, low = right, high
        else:
            low *= 0.5
        right, high = theta, here
    return theta


def follow(a, c, lane, places, modes, t, h):
    """Add all turns of one subject's analyte to its window, and the hours above its alert level."""
    w, at = places[7] + 5 * LANES * c + lane, places[8] + SEEN * LANES * c + lane
    q, fall, rates = places[6] + 5 * LANES * c + lane, places[11] + LANES * modes * c + lane, places[12] + lane
    limit, since, before, above = a[places[10] + LANES * c + lane], 0.0, a[at], 0.0
    for mark in range(len(MARKS)):
        theta, here = 1.0, a[at + LANES]
        if mark < len(MARKS) - 1:
            if not a[at + LANES * (2 + mark)] * a[at + LANES * (3 + mark)] < 0.0:
                continue
            theta = passing(1, 0.0, a, q, fall, rates, modes, h, MARKS[mark], MARKS[mark + 1])
            here = height(0, a, q, fall, rates, modes, h, theta)
            if here > a[w + LANES]:
                a[w + LANES], a[w + 2 * LANES] = here, t + theta * h
            a[w + 3 * LANES] = min(a[w + 3 * LANES], here)
        if before > limit and here > limit:
            above += theta - since
        elif before > limit or here > limit:
            cross = passing(0, limit, a, q, fall, rates, modes, h, since, theta)
            above += cross - since if before > limit else theta - cross
        since, before = theta, here
    a[w + 4 * LANES] += h * above - (h if min(a[at], a[at + LANES]) > limit else 0.0)


def copied(a, source, to, rows):
    """Copy some rows."""
    for n in range(LANES * rows):
        a[to + n] = a[source + n]


def observe(a, bits, count, places, falls, modes, t, h):
    """Where a step turns inside, its extremes; where it crosses an alert level, the hours above."""
    power, window, seen, news, alert = places[6], places[7], places[8], places[9], places[10]
    amplitude, rate, turn, most = places[11], places[12], places[15], falls.shape[1]
    for c in range(count):
        busy = False
        for lane in range(LANES):
            busy = busy or a[news + LANES * c + lane] > 0.0
        if not busy:
            continue
        extremes = window + LANES * (5 * c + 1)
        copied(a, power + 5 * LANES * c, turn, 5)
        copied(a, seen + SEEN * LANES * c, turn + 5 * LANES, SEEN)
        copied(a, alert + LANES * c, turn + LANES * (5 + SEEN), 1)
        copied(a, extremes, turn + LANES * (6 + SEEN), 3)
        for k in range(most):
            if falls[c, k] >= 0:
                copied(a, amplitude + LANES * (modes * c + falls[c, k]), turn + LANES * (TURN + k), 1)
                copied(a, rate + LANES * falls[c, k], turn + LANES * (TURN + most + k), 1)
            else:
                for n in range(LANES):
                    a[turn + LANES * (TURN + k) + n] = 0.0
        turning(t, h, a, bits)
        copied(a, turn + LANES * (6 + SEEN), extremes, 3)
        for lane in range(LANES):
            if a[turn + LANES * (TURN - 1) + lane] > 0.0:
                follow(a, c, lane, places, modes, t, h)


def opened(a, window, count):
    """Empty the five rows of every analyte's window."""
    for c in range(count):
        for lane in range(LANES):
            at = window + 5 * LANES * c + lane
            a[at], a[at + LANES], a[at + 2 * LANES], a[at + 3 * LANES], a[at + 4 * LANES] = 0.0, -inf, 0.0, inf, 0.0


def closed(a, window, windows, place):
    """Keep what a window holds in windows (analyte, window, measure, lane)."""
    for c in range(len(windows)):
        for n in range(5):
            for lane in range(LANES):
                windows[c, place, n, lane] = a[window + LANES * (5 * c + n) + lane]


def jump(kind, place, amounts, a, y, depot, inflow, infusion):
    """Make the jump of an event: depot, inflow, bolus, infusion, or none for a release."""
    at = depot if kind == 0 else inflow if kind == 1 else y if kind == 2 else infusion if kind == 3 else -1
    for lane in range(LANES if at >= 0 else 0):
        a[at + LANES * place + lane] += amounts[lane]


def worst(a, error):
    """Largest sum of squares of the errors of the subjects; infinite when one is no number."""
    most = 0.0
    for lane in range(LANES):
        e = a[error + lane]
        if not e <= most:
            most = e if e > most else inf
    return most


def march(
    a, bits, places, modes, falls, releases, doses, released_amounts, rtol, g, start, stop,
    times, kinds, targets, amounts, longest, edges, grid, windows, profile, most,
):  # fmt: skip
    """Step a group from ``start`` to ``stop``; returns the number of steps, or minus it where it gave up.

    ``places`` are where the states, depots, inflows, infusions, releases, error, powers, windows, what is seen, news,
    alerts, amplitudes, rates of modes, fades, strides and turn begin in ``a``; ``modes`` is the number of
    modes, ``falls`` (analyte, n) are those of each analyte, filled up with -1.
    """
    y, depot, inflow, infusion, rate, error_at = places[0], places[1], places[2], places[3], places[4], places[5]
    window, count, t, h, limit, steps = places[7], len(windows), start, 0.5, rtol * rtol, 0
    place, row, edge, known = 0, 0, 0, -KEPT
    fade, stride, gap = places[13], places[14], grid[1] - grid[0] if len(grid) > 1 else inf
    while row < len(grid) and grid[row] <= start:
        decays(0.0, a, bits)
        read(start, 0.0, a)
        fades(0.0, a, bits)
        values(0.0, a, profile[row])
        row += 1
    while t < stop:
        while place < len(times) and times[place] <= t:
            jump(kinds[place], targets[place], amounts[place], a, y, depot, inflow, infusion)
            h = min(h, longest[place])
            place += 1
        while edge < len(edges) and edges[edge] <= t:
            if edge > 0:
                closed(a, window, windows, edge - 1)
            opened(a, window, count)
            edge += 1
        end = min(stop, times[place] if place < len(times) else inf)
        end = min(end, edges[edge] if edge < len(edges) else inf)
        if len(releases):
            released(0.0, a, rate, releases, doses, released_amounts, t, 1)
        if steps >= known + KEPT:
            linearise(a)
            fades(gap, a, bits)
            copied(a, fade, stride, modes)
            known = steps
        rates(a)
        tried = 0
        while t < end:
            left = end - t
            size = left if h >= left else (left / 2.0 if 2.0 * h > left else h)
            decays(size, a, bits)
            if len(releases):
                released(size, a, rate, releases, doses, released_amounts, t, 7)
            attempt(size, g, a)
            error = worst(a, error_at) / limit
            steps += 1
            tried += 1
            if tried > most:
                return -steps
            if not error <= 1.0:
                h = size * (max(0.2, 0.9 * error**-0.1) if error < 1e60 else 0.1)
                continue
            after = end if size == left else t + size
            inside = 0 < edge < len(edges)
            if inside or (row < len(grid) and grid[row] <= after):
                read(t, size, a)
            if inside:
                observe(a, bits, count, places, falls, modes, t, size)
            first = True
            while row < len(grid) and grid[row] <= after:
                since = grid[row] - (t if first else grid[row - 1])
                if abs(since - gap) > 1e-9 * gap:
                    fades(grid[row] - t, a, bits)
                elif first:
                    copied(a, stride, fade, modes)
                else:
                    onward(a)
                values((grid[row] - t) / size, a, profile[row])
                first = False
                row += 1
            accept(a)
            t = after
            h = size * min(4.0, 0.9 * max(error, 1e-9) ** -0.1)
    if 0 < edge < len(edges) and edges[edge] <= stop:
        closed(a, window, windows, edge - 1)
    return steps
