"""Whole numbers in bins, a bin at a time, as text for numba: see ``counts.py``."""

from __future__ import annotations

import numpy as np


def histogram(curves, once, counts, lowest):
    """Count levels, curves (group, time, analyte, lane), whose upper bits name their bin, into counts.

    ``once`` (group, lane) is 1 for the subjects that count, else 0; counts are (analyte, time, bin).
    """
    groups, times, analytes, lanes = curves.shape
    last, places = counts.shape[2] - 1, np.empty(lanes, dtype=np.int32)
    for r in range(times):
        for c in range(analytes):
            row, low = counts[c, r], lowest[c]
            for g in range(groups):
                line, counted = curves[g, r, c], once[g]
                for lane in range(lanes):
                    place = (line[lane] >> 17) - low
                    place = 0 if place < 0 else place
                    places[lane] = last if place > last else place
                for lane in range(lanes):
                    row[np.uint64(places[lane])] += counted[lane]


def most_pairs(counts):
    """No fewer than the pairs that ``gather`` writes of counts, the last of a zero."""
    found = len(counts) // 255 + 1
    for place in range(len(counts)):
        found += (np.int64(counts[place]) + 254) // 255
    return found


def gather(counts, words, several, pairs):
    """Write counts as pairs of how far to go and what to count there, neither above 255; returns the number of pairs.

    A longer way takes several pairs that count nothing, a larger count several that go nowhere. ``words`` are the same
    numbers, ``several`` in one: most are zero and passed over. In the others a pair is written for zeros as well, over
    which the next is written, as that takes less time than to guess which they are.
    """
    found, before = 0, 0
    for word in range(len(words)):
        if words[word] == 0:
            continue
        for place in range(word * several, (word + 1) * several):
            gap, number = place - before, np.int64(counts[place])
            if number > 0 and (gap > 255 or number > 255):
                while gap > 255:
                    pairs[found, 0], pairs[found, 1] = 255, 0
                    gap -= 255
                    found += 1
                while number > 255:
                    pairs[found, 0], pairs[found, 1] = gap, 255
                    gap, number = 0, number - 255
                    found += 1
            pairs[found, 0], pairs[found, 1] = gap, number
            found += number > 0
            before = place if number > 0 else before
    return found


def scatter(pairs, counts):
    """Add what was gathered to other counts."""
    place = 0
    for n in range(len(pairs)):
        place += np.int64(pairs[n, 0])
        counts[place] += pairs[n, 1]


def locate(counts, ranks, places, inside):
    """The bin of each rank (row, rank) of counts (row, bin), and the share of the bin's counts that is below it."""
    bins = counts.shape[1]
    up_to = np.empty(bins, dtype=np.int64)
    for row in range(len(counts)):
        total = 0
        for place in range(bins):
            total += np.int64(counts[row, place])
            up_to[place] = total
        for n in range(ranks.shape[1]):
            place = min(np.searchsorted(up_to, ranks[row, n], side="right"), bins - 1)
            below = up_to[place - 1] if place > 0 else 0
            places[row, n] = place
            inside[row, n] = (ranks[row, n] - below + 0.5) / max(up_to[place] - below, 1)


def sums(counts, values, found):
    """For each row of counts (row, bin): their sum, and those of values and squared values (bin,) as often."""
    for row in range(len(counts)):
        total, first, second = 0, 0.0, 0.0
        for place in range(counts.shape[1]):
            number = np.int64(counts[row, place])
            total += number
            first += number * values[place]
            second += number * values[place] * values[place]
        found[row, 0], found[row, 1], found[row, 2] = total, first, second
