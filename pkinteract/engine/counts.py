"""Levels counted in bins of equal width on a logarithmic scale, and what is done with many such counts at a time.

The bin of a level is read off the upper bits of its single precision; the loops over bins are compiled.
"""

from __future__ import annotations

from functools import lru_cache
from types import ModuleType

import numpy as np
import numpy.typing as npt

from pkinteract.engine.compiled import COMPILED, compiled, source_of
from pkinteract.engine.curves import Array
from pkinteract.engine.lanes import Lanes
from pkinteract.engine.lanes_input import Columns
from pkinteract.engine.lanes_rows import LANES
from pkinteract.engine.room import take

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
    """Place of the bin of each value among all bins; what is lower than the first is in the first."""
    single = np.ascontiguousarray(values, dtype=np.float32)
    return np.clip((single.view(np.int32) >> 17).astype(np.int64) - _BELOW, 0, ALL_BINS - 1)


def edges_of_bins(lowest: int = 0, count: int = ALL_BINS) -> Array:
    """Lower edges of bins from place ``lowest`` on, and the last upper one; what is below the first counts in it."""
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
    """
    once = np.zeros(lanes.curves.shape[0] * LANES, dtype=counts.dtype)
    once[: len(lanes.ok)] = lanes.ok
    first = _BELOW + np.asarray(lowest, dtype=np.int64)
    _loops().histogram(lanes.curves.view(np.int32), once.reshape(-1, LANES), counts, first)


def gathered(counts: Counts) -> npt.NDArray[np.uint8]:
    """Counts without those that are zero, in few bytes: pairs of how far to go and what to count there, (pair, 2).

    They are in room that can be given back.
    """
    several = 8 // counts.itemsize
    flat = np.pad(counts.reshape(-1), (0, -counts.size % several)) if counts.size % several else counts.reshape(-1)
    pairs = take((_loops().most_pairs(flat), 2), np.uint8)
    return pairs[: _loops().gather(flat, flat.view(np.uint64), several, pairs)]


def scatter(pairs: npt.NDArray[np.uint8], counts: Counts) -> None:
    """Add to ``counts`` those that were gathered of others of this shape."""
    _loops().scatter(pairs, counts.reshape(-1))


def located(counts: Counts, ranks: Columns) -> tuple[Columns, Array]:
    """The bin of each rank (row, rank) of counts (row, bin), and the share of this bin's counts that is below it."""
    places, inside = np.empty(ranks.shape, dtype=np.int64), np.empty(ranks.shape)
    _loops().locate(np.ascontiguousarray(counts), np.ascontiguousarray(ranks), places, inside)
    return places, inside


def sums(counts: Counts, values: Array) -> Array:
    """For each row of counts (row, bin): how many, the sum of their values (bin,), and of the squares; (3, row)."""
    found = np.empty((len(counts), 3))
    _loops().sums(np.ascontiguousarray(counts), values, found)
    return found.T


@lru_cache(maxsize=1)
def _loops() -> ModuleType:
    return compiled(source_of("counts_loop.py", (), "", COMPILED))
