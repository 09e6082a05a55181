"""Whole numbers in bins, a bin at a time: compiled, see ``bins``. Arrays are flat, their shapes come beside them."""

from __future__ import annotations

from typing import Any

from pkinteract.engine.kernel.vector import LANES, kernel

TOGETHER = 8
"""Times at which the levels of all groups are counted before those of later times, so that their bins stay close."""

INFINITE = 0x7F800000
"""Bits of infinity; those of what is no number are larger."""


@kernel
def histogram(
    groups: int, times: int, analytes: int, bins: int, curves: Any, once: Any, lowest: Any, counts: Any
) -> int:
    """Count levels, curves (group, time, analyte, lane), whose upper bits name their bin, into counts.

    ``once`` (group, lane) is 1 for the subjects that count, else 0; counts are (analyte, time, bin), ``lowest``
    (analyte,) is the place of their first bin. What is below it counts in it, what is above the last in that.
    """
    for first in range(0, times, TOGETHER):
        for g in range(groups):
            for r in range(first, min(first + TOGETHER, times)):
                for c in range(analytes):
                    row, low = (c * times + r) * bins, lowest[c]
                    line = ((g * times + r) * analytes + c) * LANES
                    for lane in range(LANES):
                        place = (curves[line + lane] >> 17) - low
                        place = min(max(place, 0), bins - 1)
                        counts[row + place] += once[g * LANES + lane]
    return 0


@kernel
def count_groups(
    rows: int, subjects: int, groups: int, bins: int, lowest: int, values: Any, members: int, who: Any, group: Any,
    counts: Any,
) -> int:  # fmt: skip
    """Count values (row, subject), whose upper bits name their bin, into counts (row, group, bin); no number nowhere.

    ``who`` (member,) of the subjects is in which ``group`` (member,); ``lowest`` is the place of the first bin.
    """
    for row in range(rows):
        for n in range(members):
            bits = values[row * subjects + who[n]]
            if bits & 0x7FFFFFFF <= INFINITE:
                place = min(max((bits >> 17) - lowest, 0), bins - 1)
                counts[(row * groups + group[n]) * bins + place] += 1
    return 0


@kernel
def most_pairs(size: int, counts: Any) -> int:
    """No fewer than the pairs that ``gather`` writes of counts, the last of a zero."""
    pairs = size // 255 + 1
    for place in range(size):
        number = int(counts[place])
        pairs += min(number, 1) + (number >> 7)
    return pairs


@kernel
def gather(words: int, several: int, counts: Any, word: Any, pairs: Any) -> int:
    """Write counts as pairs of how far to go and what to count there, neither above 255; returns the number of pairs.

    A longer way takes several pairs that count nothing, a larger count several that go nowhere. ``word`` are the same
    numbers, ``several`` in one: most are zero and passed over. In the others a pair is written for zeros as well, over
    which the next is written, as that takes less time than to guess which they are.
    """
    pair, before = 0, 0
    for n in range(words):
        if word[n] == 0:
            continue
        for place in range(n * several, (n + 1) * several):
            gap, number = place - before, int(counts[place])
            if gap > 255 or number > 255:
                while gap > 255:
                    pairs[2 * pair], pairs[2 * pair + 1] = 255, 0
                    gap -= 255
                    before += 255
                    pair += 1
                while number > 255:
                    pairs[2 * pair], pairs[2 * pair + 1] = gap, 255
                    gap = 0
                    number -= 255
                    pair += 1
            pairs[2 * pair], pairs[2 * pair + 1] = gap, number
            pair += min(number, 1)
            before = place if number > 0 else before
    return pair


@kernel
def scatter(size: int, pairs: Any, counts: Any) -> int:
    """Add what was gathered to other counts."""
    place = 0
    for n in range(size):
        place += int(pairs[2 * n])
        counts[place] += pairs[2 * n + 1]
    return 0


@kernel
def locate(rows: int, bins: int, ranks: int, counts: Any, rank: Any, up_to: Any, places: Any, inside: Any) -> int:
    """The bin of each rank (row, rank) of counts (row, bin), and the share of the bin's counts that is below it.

    ``up_to`` (bin,) is room to work in.
    """
    for row in range(rows):
        total = 0
        for place in range(bins):
            total += int(counts[row * bins + place])
            up_to[place] = total
        for n in range(ranks):
            wanted, low, high = rank[row * ranks + n], 0, bins - 1
            while low < high:
                middle = (low + high) // 2
                if up_to[middle] > wanted:
                    high = middle
                else:
                    low = middle + 1
            below = up_to[low - 1] if low > 0 else 0
            places[row * ranks + n] = low
            inside[row * ranks + n] = (wanted - below + 0.5) / max(up_to[low] - below, 1)
    return 0


@kernel
def sums(rows: int, bins: int, counts: Any, values: Any, out: Any) -> int:
    """For each row of counts (row, bin): their sum, and those of values and squared values (bin,) as often."""
    for row in range(rows):
        total, first, second = 0, 0.0, 0.0
        for place in range(bins):
            number = int(counts[row * bins + place])
            total += number
            first += number * values[place]
            second += number * values[place] * values[place]
        out[3 * row], out[3 * row + 1], out[3 * row + 2] = float(total), first, second
    return 0
