"""What is left of an induction after its inducer: midazolam after rifampicin, lamotrigine within the pill's cycle."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

import pytest
from runs import average, course, daily, once, regimen, run, text

from pkinteract.engine.curves import Curve

LAST_RIFAMPICIN = 96
"""Time of the last of five daily doses of 600 mg [h]."""

LAST_PILL = 24 * 76
"""Time of the last pill of the third cycle of 21 days with and 7 days without [h]."""


@lru_cache
def midazolam_after_rifampicin(hours: float) -> float:
    """AUC of 15 mg of midazolam by mouth ``hours`` after the last dose, over the AUC without rifampicin."""
    start = LAST_RIFAMPICIN + hours
    probe = regimen("midazolam", once("15 mg", f"{start} h"), formulation="oral")
    rifampicin = regimen("rifampicin", course("0 h", 'dose = "600 mg"', 'every = "24 h"', "count = 5"))

    after, alone = (
        run(text(*drugs, days=start / 24 + 3)).curve("midazolam") for drugs in ((probe, rifampicin), (probe,))
    )

    return float(after.integral(start, start + 72) / alone.integral(start, start + 72))


def lamotrigine(*others: str) -> Curve:
    """100 mg twice a day, and three cycles of 30 ug of ethinylestradiol, the last from day 56 to day 77."""
    pills = [course(f"{28 * n} d", 'dose = "0.03 mg"', 'every = "24 h"', "count = 21") for n in range(3)]
    drugs = (regimen("lamotrigine", daily("100 mg", "12 h")), regimen("ethinylestradiol", *pills), *others)
    return run(text(*drugs, days=112, step="24 h")).curve("lamotrigine")


def with_over_without(curve: Curve, *, days: int = 7) -> float:
    """Clearance of the last week with pills over that of the last ``days`` of the week without."""
    without = average(curve, 24 * (56 - days), 24 * 56)
    return without / average(curve, 24 * 70, 24 * 77)


def trough_without_over_with() -> float:
    """Before a dose three weeks after the last pill, over before a dose on the day after it."""
    curve = lamotrigine()
    return float(curve.value(LAST_PILL + 24 * 21) / curve.value(LAST_PILL + 24))


CARBAMAZEPINE = regimen("carbamazepine", daily("400 mg", "12 h"))
VALPROATE = regimen("valproate", daily("500 mg", "12 h"))

PUBLISHED: list[tuple[str, Callable[[], float], float, float, str]] = [
    # 0.023 and 0.132 in nine people; mean plus and less two standard errors, 0.006 and 0.028 (Backman 1998).
    (
        "midazolam-17-h",
        lambda: midazolam_after_rifampicin(17),
        0.011,
        0.035,
        "0.07: Emax and EC50 serve all studies of rifampicin; the same design gave 0.041 in Backman 1996",
    ),
    (
        "midazolam-4-d",
        lambda: midazolam_after_rifampicin(89),
        0.076,
        0.188,
        "0.28: follows from the first, as less was induced at the last dose",
    ),
    # Clearances 4.02 (0.38) and 3.03 (0.39), 4.95 (0.15) and 4.15 (0.26), 0.99 (0.16) and 0.90 (0.15) L/h in 12, 3 and
    # 7 women (Wegner 2014): the ratio of the means, each moved by a standard error. It is not known to us on which day
    # of the week without pills levels were drawn.
    ("pill-week", lambda: with_over_without(lamotrigine()), 1.06, 1.67, ""),
    (
        "pill-last-day-of-the-week",
        lambda: with_over_without(lamotrigine(), days=1),
        1.06,
        1.67,
        "1.78: at the end of the week the enzyme is nearly back, as Christensen 2007 asks for",
    ),
    ("pill-week-on-carbamazepine", lambda: with_over_without(lamotrigine(CARBAMAZEPINE)), 1.09, 1.31, ""),
    ("pill-week-on-valproate", lambda: with_over_without(lamotrigine(VALPROATE)), 0.79, 1.53, ""),
    # Trough 84 % higher (Christensen 2007); no spread is known to us, so 1.5-fold as for other antiseizure drugs.
    ("pill-trough", trough_without_over_with, 1.84 / 1.5, 1.84 * 1.5, ""),
]


@pytest.mark.parametrize(
    ("answer", "low", "high", "reason"), [row[1:] for row in PUBLISHED], ids=[row[0] for row in PUBLISHED]
)
def test_what_is_left_lies_within_the_published_spread(
    answer: Callable[[], float], low: float, high: float, reason: str
) -> None:
    """Inside the spread, or listed with the number and the reason of the miss (and then really outside it)."""
    value = answer()

    inside = low <= value <= high
    assert inside == (reason == ""), f"{value:.4g}, published {low:.4g} to {high:.4g}"
    if reason:
        assert f"{value:.2f}" == f"{float(reason.split(':')[0]):.2f}"


def test_midazolam_comes_back_within_two_weeks_of_rifampicin() -> None:
    """Oral AUC rises from day to day and ends just below its own baseline, from which it does not overshoot."""
    shares = [midazolam_after_rifampicin(24 * days) for days in (1, 2, 4, 7, 10, 14, 28)]

    assert all(before < after for before, after in pairwise(shares))
    assert shares[3] < 0.9 < shares[5]
    assert shares[-1] == pytest.approx(1, abs=0.001)
    assert shares[-1] < 1 + 1e-5


def test_most_of_the_rise_of_lamotrigine_falls_in_the_first_week_without_pills() -> None:
    """The trough rises mostly in week 1 (Christensen 2007)."""
    curve = lamotrigine()

    with_pills, week, end = (float(curve.value(LAST_PILL + 24 * days)) for days in (1, 8, 35))

    assert 0.5 < (week - with_pills) / (end - with_pills) < 1
