"""The first numbers of a structure's table: how many there are of everything, where its rows and lists begin.

Rows are counted in the array of a group (row, lane), lists in the table itself.
"""

from __future__ import annotations

NAMES = (
    # how many
    "STATES", "DEPOTS", "FEEDS", "RELEASES", "MODES", "ANALYTES", "PARAMETERS",
    # rows that stay: numbers, where it stands, what comes in
    "PARAMETER", "RECIPROCAL", "STATE", "SMALLEST", "DEPOT", "INFLOW", "INFUSION", "WEIGHT", "ALERT",
    # rows of a step
    "POINT", "SLOPE", "ABSORBED", "RELEASED", "RELEASING", "NEW_DEPOT", "TRIED", "QUARTIC", "ERROR",
    # rows of what falls
    "RATE", "INVERSE", "ANSWER", "COUPLING", "GIVEN", "AMPLITUDE", "PART", "LEFT", "SHIFT", "FADE", "STRIDE", "SPARE",
    # rows of what is read
    "POWER", "FALLEN", "WINDOW", "END", "NEWS", "TURN",
    # lists of the right-hand side, in the order of evaluation
    "FOLLOWING", "CONCENTRATIONS", "BINDING", "EFFECTIVE", "UPTAKE", "GUT_LEVELS", "GUT_WALL", "PAST_GUT", "INLET",
    "INTRINSIC", "LIVER", "MIXED", "LOSS", "BALANCE", "FORMATION", "RESERVOIRS", "TURNOVER", "DRIVERS",
    # lists of what falls and of what is read
    "DECAYING", "COLUMNS", "SOLVING", "PARTS", "CURVES", "READING",
)  # fmt: skip
"""What each number is, in order."""

ONE, ZERO = 0, 1
"""The first two rows: ones, and zeros."""

(
    STATES, DEPOTS, FEEDS, RELEASES, MODES, ANALYTES, PARAMETERS,
    PARAMETER, RECIPROCAL, STATE, SMALLEST, DEPOT, INFLOW, INFUSION, WEIGHT, ALERT,
    POINT, SLOPE, ABSORBED, RELEASED, RELEASING, NEW_DEPOT, TRIED, QUARTIC, ERROR,
    RATE, INVERSE, ANSWER, COUPLING, GIVEN, AMPLITUDE, PART, LEFT, SHIFT, FADE, STRIDE, SPARE,
    POWER, FALLEN, WINDOW, END, NEWS, TURN,
    FOLLOWING, CONCENTRATIONS, BINDING, EFFECTIVE, UPTAKE, GUT_LEVELS, GUT_WALL, PAST_GUT, INLET,
    INTRINSIC, LIVER, MIXED, LOSS, BALANCE, FORMATION, RESERVOIRS, TURNOVER, DRIVERS,
    DECAYING, COLUMNS, SOLVING, PARTS, CURVES, READING,
) = range(len(NAMES))  # fmt: skip
