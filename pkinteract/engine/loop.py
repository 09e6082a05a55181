"""The march of ``solve`` for compiled runs: numba compiles this text together with the generated ``rate``.

It takes the same steps as the generated code does in CPython, but with loops over states instead of one statement each,
so that a new structure compiles in seconds; and it keeps nothing but the states at the times asked for. What the arrays
hold is said in ``compiled``.
"""

from __future__ import annotations

from math import exp, inf, lgamma, log, sqrt

import numpy as np

from pkinteract.engine import pair
from pkinteract.engine.mechanisms import release

SHARP, SAME = release.SHARP, release.SAME
NODES, STAGES, ERROR, DENSE = np.array(pair.NODES), np.array(pair.STAGES), np.array(pair.ERROR), np.array(pair.DENSE)


def rate(y, p, d, o, v, u, f):
    """Stands for the generated function: ``compiled`` puts that one's text in this place."""
    raise NotImplementedError(sqrt(2.0))


def share(row, age, after):
    """Share of a dose released per hour, as ``release.Profile.rate``; rows (weibull, first, second, sharp, over)."""
    first, second, sharp = row[1], row[2], row[3]
    if age < 0.0:
        return 0.0
    if sharp > 0.0 and age < sharp * (1.0 - SAME if after else 1.0 + SAME):
        return SHARP / sharp
    if row[0] > 0.0:
        x = age / first
        return second / first * x ** (second - 1.0) * exp(-(x**second))
    x = first * age
    if x == 0.0:
        return first if second == 0.0 else 0.0
    return first * exp(second * log(x) - x - lgamma(second + 1.0))


def released(v, releases, doses, t, span):
    """Write the release rate of every row at ``t + span`` to ``v``; doses are (row, begin, amount)."""
    for j in range(len(releases)):
        v[7 * j] = 0.0
    for n in range(len(doses)):
        j, age = int(doses[n, 0]), t - doses[n, 1]
        if 0.0 <= age < releases[j, 4]:
            v[7 * j] += doses[n, 2] * share(releases[j], age + span, span == 0.0)


def depleted(d, o, kas, span, into):
    """Write what is left in every depot after ``span``."""
    for j in range(len(d)):
        if kas[j] > 0.0:
            kept = o[j] / kas[j]
            into[j] = kept + (d[j] - kept) * exp(-kas[j] * span)


def attempt(h, g, y, p, d, o, v, u, w, z, k, x, e, t, kas, releases, doses):
    """One step from y to z with stage slopes k (7, state); k[0] is given. Returns the sum of squares of the errors."""
    n = len(y)
    for s in range(1, 7):
        for i in range(n):
            total = 0.0
            for r in range(s):
                total += STAGES[s, r] * k[r, i]
            x[i] = y[i] + h * total
        if s < 6:
            depleted(d, o, kas, NODES[s] * h, e)
            if len(releases):
                released(v, releases, doses, t, NODES[s] * h)
        rate(x, p, e, o, v, u, k[s])
    error = 0.0
    for i in range(n):
        z[i] = x[i]
        embedded, quartic = 0.0, 0.0
        for s in range(7):
            embedded += ERROR[s] * k[s, i]
            quartic += DENSE[s, 3] * k[s, i]
        size = h / max(abs(y[i]), w[i])
        error += (size * embedded) ** 2 + (size * g * quartic) ** 2
    return error


def between(out, theta, h, y, k):
    """The continuous extension at ``theta`` of a step."""
    for i in range(len(y)):
        total = 0.0
        for s in range(7):
            b = theta * (DENSE[s, 0] + theta * (DENSE[s, 1] + theta * (DENSE[s, 2] + theta * DENSE[s, 3])))
            total += b * k[s, i]
        out[i] = y[i] + h * total


def jump(event, y, d, o, u):
    """Make the jump of an event (time, kind, place, amount, longest step): depot, inflow, bolus, infusion or none."""
    kind, place = int(event[1]), int(event[2])
    if kind == 0:
        d[place] += event[3]
    elif kind == 1:
        o[place] += event[3]
    elif kind == 2:
        y[place] += event[3]
    elif kind == 3:
        u[place] += event[3]


def march(sets, since, y, d, o, u, kas, w, rtol, g, start, events, releases, doses, times, out, most, z, x, k, e, v):
    """Step from ``start`` through ``times``; returns the number of steps, or minus it where it gave up.

    The last five are room to work in.
    """
    n = len(y)
    t, h, limit = start, 0.5, rtol * rtol
    place, row, chosen, steps = 0, 0, 0, 0
    while row < len(times) and times[row] <= start:
        for i in range(n):
            out[row, i] = y[i]
        row += 1
    while row < len(times):
        while place < len(events) and events[place, 0] <= t:
            jump(events[place], y, d, o, u)
            h = min(h, events[place, 4])
            place += 1
        while chosen + 1 < len(since) and since[chosen + 1] <= t:
            chosen += 1
        p = sets[chosen]
        end = min(times[-1], events[place, 0] if place < len(events) else inf)
        end = min(end, since[chosen + 1] if chosen + 1 < len(since) else inf)
        if len(releases):
            released(v, releases, doses, t, 0.0)
        rate(y, p, d, o, v, u, k[0])
        tried = 0
        while t < end:
            left = end - t
            size = left if h >= left else (left / 2.0 if 2.0 * h > left else h)
            error = attempt(size, g, y, p, d, o, v, u, w, z, k, x, e, t, kas, releases, doses) / limit
            steps += 1
            tried += 1
            if tried > most:
                return -steps
            if not error <= 1.0:
                h = size * (max(0.2, 0.9 * error**-0.1) if error < 1e60 else 0.1)
                continue
            after = end if size == left else t + size
            while row < len(times) and times[row] <= after:
                between(out[row], (times[row] - t) / size, size, y, k)
                row += 1
            depleted(d, o, kas, size, d)
            t = after
            for i in range(n):
                y[i] = z[i]
                k[0, i] = k[6, i]
            h = size * min(4.0, 0.9 * max(error, 1e-9) ** -0.1)
    return steps
