"""Counting of levels, as text for numba: see ``lanes.tally``."""

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
