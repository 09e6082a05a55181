"""Levels counted in bins of equal width on a logarithmic scale, and what is done with many such counts at a time.

The bin of a level is read off the upper bits of its single precision; the loops over bins are compiled.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pkinteract.engine.curves import Array
from pkinteract.engine.kernel import code
from pkinteract.engine.lanes.doses import Columns
from pkinteract.engine.lanes.types import Lanes
from pkinteract.engine.memory import reserve

Counts = npt.NDArray[np.uint32] | npt.NDArray[np.uint16]

BINS_PER_OCTAVE = 64
"""Bins between a level and its double: one is 1.1 to 1.6 % wide."""

LOWEST, HIGHEST = -24, 40
"""Powers of two between which levels have bins of their own."""

ALL_BINS = (HIGHEST - LOWEST) * BINS_PER_OCTAVE
"""All bins, whatever the unit."""

_BELOW = (LOWEST + 127) * BINS_PER_OCTAVE
"""Upper bits of the lower edge of the first bin."""


def bins(values: npt.ArrayLike) -> Columns:
    """Place of the bin of each value, in their shape and of any unit, among all bins; what is lower is in the first."""
    single = np.ascontiguousarray(values, dtype=np.float32)
    return np.clip((single.view(np.int32) >> 17).astype(np.int64) - _BELOW, 0, ALL_BINS - 1)


def edges_of_bins(lowest: int = 0, count: int = ALL_BINS) -> Array:
    """Lower edges of ``count`` bins from place ``lowest`` on, and the last upper one, (count + 1,).

    In the unit that was counted; what is below the first counts in it.
    """
    places = np.arange(lowest, lowest + count + 1, dtype=float)
    return np.asarray(
        np.ldexp(1.0 + places % BINS_PER_OCTAVE / BINS_PER_OCTAVE, (places // BINS_PER_OCTAVE).astype(int) + LOWEST)
    )


def tally(lanes: Lanes, counts: Counts, lowest: Columns) -> None:
    """Count the levels of all subjects that were solved.

    Parameters
    ----------
    counts
        (analyte, time, bin), added to.
    lowest
        (analyte,) place of the first bin of ``counts`` among all bins; what is below it counts in it.

    Raises
    ------
    ValueError
        When the counts do not lie together in memory.
    """
    groups, times, analytes, width = lanes.curves.shape
    once = np.zeros(groups * width, dtype=np.int64)
    once[: len(lanes.ok)] = lanes.ok
    first = np.ascontiguousarray(_BELOW + np.asarray(lowest), dtype=np.int64)
    _sized("histogram", counts)(
        groups, times, analytes, counts.shape[2], lanes.curves.reshape(-1).view(np.int32), once, first, _flat(counts)
    )


def count_groups(values: npt.ArrayLike, member: npt.NDArray[np.bool_], counts: Counts) -> None:
    """Count values (row, subject) in all bins, for every group that a subject is a ``member`` of, (group, subject).

    Parameters
    ----------
    counts
        (row, group, bin), added to. What is no number counts nowhere.
    """
    single = np.ascontiguousarray(values, dtype=np.float32)
    group, who = (np.ascontiguousarray(places) for places in np.nonzero(member))
    _sized("count_groups", counts)(
        *single.shape, *counts.shape[1:], _BELOW, single.view(np.int32), len(who), who, group, _flat(counts)
    )


def gathered(counts: Counts) -> npt.NDArray[np.uint8]:
    """Counts without those that are zero, in few bytes: pairs of how far to go and what to count there, (pair, 2).

    They are in room that can be given back.

    Raises
    ------
    ValueError
        When the counts do not lie together in memory.
    """
    several = 8 // counts.itemsize
    flat = np.pad(_flat(counts), (0, -counts.size % several)) if counts.size % several else _flat(counts)
    words = flat.view(np.uint64)
    pairs = reserve((_sized("most_pairs", counts)(len(flat), flat), 2), np.uint8)
    return pairs[: _sized("gather", counts)(len(words), several, flat, words, pairs.reshape(-1))]


def scatter(pairs: npt.NDArray[np.uint8], counts: Counts) -> None:
    """Add to ``counts`` those that were gathered of others of this shape.

    Raises
    ------
    ValueError
        When the counts do not lie together in memory.
    """
    _sized("scatter", counts)(len(pairs), np.ascontiguousarray(pairs).reshape(-1), _flat(counts))


def located(counts: Counts, ranks: Columns) -> tuple[Columns, Array]:
    """The bin of each rank (row, rank) of counts (row, bin), and the share of this bin's counts that is below it."""
    places, inside = np.empty(ranks.shape, dtype=np.int64), np.empty(ranks.shape)
    rows, count = counts.shape
    wanted, up_to = np.ascontiguousarray(ranks, dtype=np.int64), np.empty(count, dtype=np.int64)
    _sized("locate", counts)(
        rows, count, ranks.shape[1], _flat(np.ascontiguousarray(counts)), wanted, up_to, places, inside
    )
    return places, inside


def sums(counts: Counts, values: Array) -> Array:
    """For each row of counts (row, bin): how many, the sum of their values (bin,), and of the squares; (3, row)."""
    totals = np.empty((len(counts), 3))
    rows, count = counts.shape
    given = np.ascontiguousarray(values, dtype=float)
    _sized("sums", counts)(rows, count, _flat(np.ascontiguousarray(counts)), given, totals)
    return totals.T


def _flat(counts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same counts one by one; they must lie together."""
    flat = counts.reshape(-1)
    if flat.size and not np.shares_memory(flat, counts):
        raise ValueError("counts do not lie together")
    return flat


def _sized(name: str, counts: Counts) -> Any:
    """The compiled loop for counts of this width."""
    return code.function(f"{name}{8 * counts.itemsize}")
