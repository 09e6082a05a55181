"""Counting of levels, as text for numba: see ``lanes.tally``."""

from __future__ import annotations


def histogram(profile, counts, lowest):
    """Count every value of profile (analyte, time, subject), whose upper bits name its bin, into counts."""
    for c in range(profile.shape[0]):
        for r in range(profile.shape[1]):
            row = counts[c, r]
            last = len(row) - 1
            for lane in range(profile.shape[2]):
                place = (profile[c, r, lane] >> 17) - lowest
                row[min(max(place, 0), last)] += 1
