"""The march of ``lanes``: numba compiles this text together with the generated ``rates`` and ``attempt``.

All subjects of a group take the same steps, as long as the one that needs the shortest allows. Every loop over the
subjects is free of conditions, so that it becomes vector instructions; what needs conditions is rare and stands apart.
What the arrays hold is said in ``lanes`` and ``lanes_text``; ``share`` is compiled from the text of ``loop``.
"""

from __future__ import annotations

from math import exp, floor, inf, lgamma, log, sqrt

import numpy as np

from pkinteract.engine import lanes_text, pair, release
from pkinteract.engine.loop import share

SHARP, SAME = release.SHARP, release.SAME
LANES = lanes_text.LANES
NODES = np.array(pair.NODES)
ASKED_FOR = exp, floor, lgamma, log, sqrt
"""What the generated text and that of ``share`` call."""


def rates(a):
    """Write the slopes at the start of a step. This and the next five are generated: ``compiled`` puts them here."""
    raise NotImplementedError


def decays(h, a, bits):
    """Write what is left of every depot at the five later nodes of a step of ``h``; ``bits`` is ``a`` as integers."""
    raise NotImplementedError


def attempt(h, g, a):
    """Make a step: new states, slopes and depots, the highest term of the curve inside, sum of squares of errors."""
    raise NotImplementedError


def read(t, h, a):
    """Write each analyte over the step as powers of θ, and add to the window its integral, hours above and extremes.

    Extremes are those of both ends. A number above 0 in the row of news says that more is to be seen: ``observe``.
    """
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


def value(a, q, theta):
    """The polynomial of a subject, whose first number is at q, at θ."""
    higher = a[q + 2 * LANES] + theta * (a[q + 3 * LANES] + theta * a[q + 4 * LANES])
    return a[q] + theta * (a[q + LANES] + theta * higher)


def turning(a, q):
    """Where in a step the slope of the polynomial is zero, which has other signs at its ends."""
    first, second, third, fourth = a[q + LANES], a[q + 2 * LANES], a[q + 3 * LANES], a[q + 4 * LANES]
    theta = first / (first - (first + 2.0 * second + 3.0 * third + 4.0 * fourth))
    for _ in range(4):
        slope = first + theta * (2.0 * second + theta * (3.0 * third + theta * 4.0 * fourth))
        bend = 2.0 * second + theta * (6.0 * third + theta * 12.0 * fourth)
        if bend != 0.0:
            theta = min(1.0, max(0.0, theta - slope / bend))
    return theta


def above(a, q, alert):
    """Share of a step above a level that the curve crosses in it: sixteen pieces, straight lines between."""
    total, before = 0.0, value(a, q, 0.0) - alert
    for n in range(1, 17):
        after = value(a, q, n / 16.0) - alert
        if before > 0.0 and after > 0.0:
            total += 1.0
        elif before > 0.0 or after > 0.0:
            total += max(before, after) / abs(before - after)
        before = after
    return total / 16.0


def observe(a, count, power, window, seen, news, alert, t, h):
    """Where a step turns inside, its extreme; where it crosses an alert level, the hours above."""
    for lane in range(LANES):
        if not a[news + lane] > 0.0:
            continue
        for c in range(count):
            at, q, w = seen + 3 * LANES * c + lane, power + 5 * LANES * c + lane, window + 5 * LANES * c + lane
            high, low, limit = a[at], a[at + LANES], a[alert + LANES * c + lane]
            counted = low > limit
            if a[at + 2 * LANES] < 0.0:
                theta = turning(a, q)
                middle = value(a, q, theta)
                high, low = max(high, middle), min(low, middle)
                if middle > a[w + LANES]:
                    a[w + LANES] = middle
                    a[w + 2 * LANES] = t + theta * h
                a[w + 3 * LANES] = min(a[w + 3 * LANES], middle)
            if high > limit and not low > limit:
                a[w + 4 * LANES] += h * (above(a, q, limit) - (1.0 if counted else 0.0))


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
    a, bits, places, releases, doses, released_amounts, rtol, g, start, stop,
    times, kinds, targets, amounts, longest, edges, grid, windows, profile, most,
):  # fmt: skip
    """Step a group from ``start`` to ``stop``; returns the number of steps, or minus it where it gave up.

    ``places`` are where the states, depots, inflows, infusions, releases, error, powers, windows, seen extremes, news
    and alerts begin in ``a``.
    """
    y, depot, inflow, infusion, rate, error_at = places[0], places[1], places[2], places[3], places[4], places[5]
    power, window, seen, news, alert = places[6], places[7], places[8], places[9], places[10]
    count, t, h, limit, steps = len(windows), start, 0.5, rtol * rtol, 0
    place, row, edge = 0, 0, 0
    while row < len(grid) and grid[row] <= start:
        read(start, 0.0, a)
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
                observe(a, count, power, window, seen, news, alert, t, size)
            while row < len(grid) and grid[row] <= after:
                values((grid[row] - t) / size, a, profile[row])
                row += 1
            accept(a)
            t = after
            h = size * min(4.0, 0.9 * max(error, 1e-9) ** -0.1)
    if 0 < edge < len(edges) and edges[edge] <= stop:
        closed(a, window, windows, edge - 1)
    return steps
