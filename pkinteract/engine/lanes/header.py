"""The first numbers of a structure's table: how many there are of everything, where its rows and lists begin.

Rows are counted in the array of a group (row, lane), lists in the table itself.
"""

from __future__ import annotations

NAMES = (
    # how many
    "STATES", "DEPOTS", "RELEASES", "MODES", "ANALYTES", "PARAMETERS", "WEIGHTS",
    # rows that stay: numbers, where it stands, what comes in
    "PARAMETER", "RECIPROCAL", "SMALLEST", "WEIGHT", "ALERT", "STATE", "DEPOT", "INFLOW", "INFUSION",
    # rows of a step: where it leads, slopes at both ends, highest term of the curve, release rates
    "NEW_STATE", "NEW_DEPOT", "SLOPE", "NEW_SLOPE", "QUARTIC", "ERROR", "RELEASED",
    # rows of what falls
    "RATE", "INVERSE", "ANSWER", "PART", "LEFT", "FADE", "STRIDE",
    # rows of what is read
    "POWER", "FALLEN", "WINDOW", "END", "NEWS",
    # list of what is read
    "CURVES",
)  # fmt: skip
"""What each number is, in order."""

ZERO = 0
"""The first row: zeros."""

(
    STATES, DEPOTS, RELEASES, MODES, ANALYTES, PARAMETERS, WEIGHTS,
    PARAMETER, RECIPROCAL, SMALLEST, WEIGHT, ALERT, STATE, DEPOT, INFLOW, INFUSION,
    NEW_STATE, NEW_DEPOT, SLOPE, NEW_SLOPE, QUARTIC, ERROR, RELEASED,
    RATE, INVERSE, ANSWER, PART, LEFT, FADE, STRIDE,
    POWER, FALLEN, WINDOW, END, NEWS,
    CURVES,
) = range(len(NAMES))  # fmt: skip

LEFT_ROWS = 6
"""Rows of what is left of a mode: at the later nodes of the pair, and at a tenth of a step."""

WINDOW_ROWS = 6
"""Rows of a window: what is measured, and the level at the time of the maximum."""

END_ROWS = 7
"""Rows of an analyte in a step: level at both ends, slope at five marks."""

NEXT, PARTS_READ, MODES_READ, FALLEN_ROW, MODE_LIST = range(5)
"""What is read of an analyte: where the list of the next begins, how many parts, how many modes, first of their rows of
what is left to fall, and then the modes."""
