"""Exposure, alerts and comparison against closed forms of drugs of one's own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import INTRAVENOUS, daily, drug, once, oral, regimen, run, text, written

from pkinteract.analysis import answer_of
from pkinteract.analysis.exposure import dose_folds
from pkinteract.cli import main
from pkinteract.export.tables.run import alert_table, comparison_table, day_table, exposure_table
from pkinteract.result import Result
from pkinteract.text.csv import Table

RANGE = '[reference_range]\nlow = "0.5 mg/L"\nhigh = "1.5 mg/L"\nalert = "1.8 mg/L"\n'
VICTIM = drug("victim", RANGE, oral(1.0, 1.0), INTRAVENOUS)
"""50 L, 5 L/h: ke = 0.1 /h, and 100 mg into the vein give 2 mg/L."""

KE = 0.1
INTO_VEIN = 'route = "intravenous"'


def simulated(*courses: str, days: float = 2, extra: str = "", victim: str = VICTIM) -> Result:
    return run(
        text(regimen("victim", *courses), days=days).replace("[simulation]\n", f"[simulation]\n{extra}"),
        drugs=(victim,),
    )


def rows(table: Table) -> list[Mapping[str, object]]:
    return [dict(zip(table, values, strict=True)) for values in zip(*table.values(), strict=True)]


def found(result: Result, rule: str = "") -> list[Mapping[str, object]]:
    return [row for row in rows(alert_table(answer_of(result))) if rule in ("", row["rule"])]


def test_a_bolus_is_judged_by_its_closed_form() -> None:
    """2·exp(-t/10 h) mg/L: extremes, the last 24 h, and the shares of time between the levels it falls through."""
    table = rows(exposure_table(simulated(once("100 mg", "0 d", INTO_VEIN))))

    assert len(table) == 1
    row = table[0]
    assert row["cmax"] == pytest.approx(2, rel=1e-12)
    assert row["tmax_h"] == 0.0
    assert row["ctrough"] == pytest.approx(2 * math.exp(-4.8), rel=1e-9)
    area = 20 * (math.exp(-2.4) - math.exp(-4.8))
    assert row["auc_24h"] == pytest.approx(area, rel=1e-9)
    assert row["cavg_24h"] == pytest.approx(area / 24, rel=1e-9)
    inside = (math.log(2 / 0.5) - math.log(2 / 1.5)) / KE
    assert row["percent_time_in_range"] == pytest.approx(100 * inside / 48, rel=1e-6)
    assert row["percent_time_above_alert"] == pytest.approx(100 * math.log(2 / 1.8) / KE / 48, rel=1e-6)
    assert (row["reference_low"], row["reference_high"]) == pytest.approx((0.5, 1.5))
    assert (row["from_day"], row["to_day"], row["period"], row["unit"]) == (0.0, 2.0, 1, "mg/L")


@settings(max_examples=25, deadline=None)
@given(st.floats(0.15, 5.0), st.floats(0.0, 20.0))
def test_the_peak_of_an_oral_dose_is_exact_wherever_it_lies(ka: float, start: float) -> None:
    """Cmax and tmax = ln(ka/ke)/(ka - ke) after the dose, not the nearest row of the grid."""
    victim = drug("victim", oral(ka), INTRAVENOUS)

    row = rows(exposure_table(simulated(once("100 mg", f"{start!r} h"), days=4, victim=victim)))[-1]

    tmax = math.log(ka / KE) / (ka - KE)
    cmax = 2 * ka / (ka - KE) * (math.exp(-KE * tmax) - math.exp(-ka * tmax))
    assert row["cmax"] == pytest.approx(cmax, rel=1e-8)
    assert row["tmax_h"] == pytest.approx(start + tmax, abs=1e-3)


def test_of_nearly_equal_peaks_the_highest_is_found() -> None:
    """Levetiracetam three times a day: no point of a curve sampled every 6 s lies above Cmax."""
    result = run(text(regimen("levetiracetam", daily("500 mg", "8 h")), days=28.3))
    curve = result.curve("levetiracetam")

    row = rows(exposure_table(result))[0]

    highest = curve.value(np.linspace(0, 28.3 * 24, 407_521)).max()
    assert row["cmax"] >= highest * (1 - 1e-12)
    assert row["cmax"] == pytest.approx(highest, rel=1e-7)


def test_periods_lie_between_changes_of_any_course_also_before_t_0() -> None:
    """Two drugs, each change of either ends a period for both; the run begins at its first dose."""
    other = drug("other")
    result = run(
        text(
            regimen("victim", daily("100 mg", "24 h", "-10 d", "3 d"), daily("50 mg", "24 h", "3 d", "5 d")),
            regimen("other", daily("10 mg", "24 h", "-2 d", "12 d")),
            days=8,
        ),
        drugs=(VICTIM, other),
    )

    table = rows(exposure_table(result))

    spans = [(row["period"], row["from_day"], row["to_day"]) for row in table if row["analyte"] == "victim"]
    assert spans == [(1, -10.0, -2.0), (2, -2.0, 3.0), (3, 3.0, 5.0), (4, 5.0, 8.0)]
    assert [row["analyte"] for row in table] == ["victim"] * 4 + ["other"] * 4
    assert [row["ratio_to_reference"] for row in table if row["period"] == 2] == [1.0, 1.0]


def test_a_taper_makes_a_period_of_every_level() -> None:
    """Four levels of two days each."""
    course = daily("100 mg", "24 h", "0 d", "8 d", 'taper_to = "25 mg"', 'step_every = "2 d"')

    table = rows(exposure_table(simulated(course, days=8)))

    assert [(row["from_day"], row["to_day"]) for row in table] == [(0, 2), (2, 4), (4, 6), (6, 8)]


@pytest.mark.parametrize(("stop", "reference"), [("-0.5 h", 1), ("-1 h", 2), ("-1.5 h", 2)])
def test_the_reference_is_the_period_that_holds_the_hour_before_t_0(stop: str, reference: int) -> None:
    """t = -1 h belongs to the period that begins there."""
    courses = daily("100 mg", "12 h", "-10 d", stop), daily("50 mg", "12 h", stop, "4 d")

    table = rows(exposure_table(simulated(*courses, days=4)))

    assert [row["period"] for row in table if row["ratio_to_reference"] == 1.0] == [reference]


def test_without_a_time_before_t_0_the_first_period_is_the_reference() -> None:
    """Doubling the dose of a linear drug at its periodic state doubles Cavg."""
    courses = daily("100 mg", "12 h", "0 d", "10 d"), daily("200 mg", "12 h", "10 d", "20 d")

    table = rows(exposure_table(simulated(*courses, days=20)))

    assert [row["ratio_to_reference"] for row in table] == [1.0, pytest.approx(2.0, rel=1e-6)]
    assert table[0]["cavg_24h"] == pytest.approx(200 / 24 / 5, rel=1e-6)


def test_a_day_without_a_dose_is_highest_where_it_begins() -> None:
    """2·exp(-t/10 h) mg/L: on every day the peak is the level at its beginning, which is its trough too."""
    table = [row for row in rows(day_table(simulated(once("100 mg", "0 d", INTO_VEIN), days=6))) if row["day"]]

    assert [row["peak"] for row in table] == pytest.approx([row["trough"] for row in table], rel=1e-9)
    assert [row["peak"] for row in table] == pytest.approx([2 * math.exp(-2.4 * day) for day in range(1, 6)], rel=1e-8)


def test_doses_of_a_short_period_are_those_of_a_day() -> None:
    """Twice the dose in the last twelve hours, of which one dose is seen: twice as much a day as before."""
    courses = daily("100 mg", "12 h", "-10 d", "3.5 d"), daily("200 mg", "12 h", "3.5 d", "9 d")

    assert list(dose_folds(simulated(*courses, days=4))) == [1.0, 2.0]


def test_a_ratio_is_told_per_dose_where_the_dose_changed(tmp_path: Path) -> None:
    """Levetiracetam doubled: twice the level, once per dose; carbamazepine beside it has its ratio alone."""
    doubled = daily("500 mg", "12 h", "0 d", "10 d"), daily("1000 mg", "12 h", "10 d", "20 d")
    same = regimen("carbamazepine", daily("200 mg", "12 h", "0 d", "20 d", "steady_state = true"))
    source = written(tmp_path, text(regimen("levetiracetam", *doubled), same, days=20))

    done = CliRunner().invoke(main, ["run", str(source), "--out", str(tmp_path / "out"), "--no-figure"])

    rows = [line.split() for line in done.output.splitlines() if line.strip().startswith("levetiracetam ")]
    ends = [line for line in done.output.splitlines() if "per dose" in line]
    assert len(ends) == 1
    assert ends[0].split()[0] == "levetiracetam"
    whole, per_dose = float(rows[-1][5]), float(rows[-1][6].strip("("))
    assert whole == pytest.approx(2 * per_dose, rel=0.01)


def test_a_drug_that_was_not_there_has_no_ratio() -> None:
    """Started at t = 0 beside another one: there is nothing to divide by, and no time of a peak before."""
    other = regimen("other", daily("10 mg", "24 h", "-5 d", "5 d"))
    result = run(text(regimen("victim", daily("100 mg")), other, days=5), drugs=(VICTIM, drug("other")))

    table = rows(exposure_table(result))

    ratios = {row["analyte"]: row["ratio_to_reference"] for row in table if row["period"] == 2}
    before = next(row for row in table if row["analyte"] == "victim" and row["period"] == 1)
    assert (before["cmax"], before["tmax_h"], before["cavg_24h"], before["ratio_to_reference"]) == (
        0.0,
        None,
        0.0,
        None,
    )
    assert ratios["victim"] is None
    assert ratios["other"] is not None


def test_a_drug_without_a_range_is_not_judged() -> None:
    """Neither range, share of time nor alert."""
    result = simulated(once("1000 mg", "0 d", INTO_VEIN), victim=drug("victim"))

    row = rows(exposure_table(result))[0]

    judged = ["reference_low", "reference_high", "percent_time_in_range", "percent_time_above_alert"]
    assert [row[name] for name in judged] == [None] * 4
    assert found(result) == []


def test_an_alert_level_counts_at_all_times() -> None:
    """A bolus passes 1.8 mg/L between doses: one alert, from the dose until the level is passed again."""
    alerts = found(simulated(once("100 mg", "6 h", INTO_VEIN)))

    assert [(row["severity"], row["analyte"], row["rule"]) for row in alerts] == [("grave", "victim", "above-alert")]
    assert alerts[0]["from_h"] == pytest.approx(6.0, abs=1e-5)
    assert alerts[0]["to_h"] == pytest.approx(6 + math.log(2 / 1.8) / KE, abs=1e-5)
    assert alerts[0]["text"] == "Victim above the alert level of 1.8 mg/L, up to 2 mg/L"


def sampled(level: str = "", of: str = "sample") -> str:
    """The victim with an alert level of 0.3 mg/L that is of a sample, or of any level."""
    return drug("victim", f'[reference_range]\nalert = "0.3 mg/L"\nalert_of = "{of}"\n{level}', oral(), INTRAVENOUS)


def test_an_alert_level_of_troughs_is_passed_by_troughs_alone() -> None:
    """100 mg a day: troughs from 0.18 to 0.20 mg/L, then 200 mg: 0.38 and more; closed form, told from the first on.

    Shares, days and the alert are of the same samples, each counting to the next.
    """
    courses = daily("100 mg", "24 h", "0 d", "5 d", INTO_VEIN), daily("200 mg", "24 h", "5 d", "10 d", INTO_VEIN)
    result = simulated(*courses, days=10, victim=sampled())

    alerts = found(result, "above-alert")

    worst = 2 * sum(math.exp(-24 * KE * n) * (2 if n <= 4 else 1) for n in range(1, 10))
    assert [(row["from_h"], row["to_h"], row["since"]) for row in alerts] == [(144, 240, "after")]
    assert alerts[0]["text"] == f"Victim before a dose above the alert level of 0.3 mg/L, up to {worst:.3g} mg/L"
    assert [row["percent_time_above_alert"] for row in rows(exposure_table(result))] == pytest.approx([0, 80])
    assert day_table(result)["above_alert"] == [False] * 6 + [True] * 4


def test_the_same_level_is_passed_at_all_times_if_it_is_of_any() -> None:
    """Every peak of 2 mg/L is above 0.3 mg/L."""
    assert len(found(simulated(daily("100 mg"), victim=sampled(of="any")), "above-alert")) == 1


def test_an_alert_level_of_a_time_after_a_dose_is_judged_then() -> None:
    """Twelve hours after 100 mg 0.60 mg/L and more, before the next 0.18: above; 19 h after 0.299: from the second."""
    doses = daily("100 mg", "24 h", "0 d", "5 d", INTO_VEIN)
    twelve, nineteen = (simulated(doses, days=5, victim=sampled(f'after = "{h} h"\n')) for h in (12, 19))

    assert [row["from_h"] for row in found(twelve, "above-alert")] == [12]
    assert [row["from_h"] for row in found(nineteen, "above-alert")] == [24 + 19]


def test_after_the_last_dose_an_alert_level_of_troughs_goes_on() -> None:
    """A single 1000 mg leave 20·exp(-2.4) = 1.81 mg/L when the next dose would have been due, and 0.16 a day later."""
    alerts = found(simulated(once("1000 mg", "0 d", INTO_VEIN), days=4, victim=sampled()), "above-alert")

    assert [(row["from_h"], row["to_h"]) for row in alerts] == [(24, 48)]


def test_lithium_is_judged_by_the_level_of_twelve_hours() -> None:
    """600 mg twice a day: troughs of 0.70 mmol/L inside the range, peaks of 1.4 above the alert level: nothing."""
    result = run(text(regimen("lithium", daily("600 mg", "12 h", "-20 d", "5 d")), days=5))

    assert result.curve("lithium").value(np.arange(0, 120, 0.5)).max() > 1.2
    assert found(result) == []


@pytest.mark.parametrize(("name", "dose"), [("tacrolimus", "7 mg"), ("ciclosporin", "210 mg")])
def test_a_peak_is_not_judged_by_what_is_published_for_values_before_a_dose(name: str, dose: str) -> None:
    """A graft's usual dose with a value before it inside the range is no alert, though its peak is above 20 or 400."""
    steady = daily(dose, "12 h", "0 d", "20 d", "steady_state = true")

    assert found(run(text(regimen(name, steady), days=2))) == []


def test_daily_passages_of_an_alert_level_are_one_alert() -> None:
    """100 mg a day into the vein: above the level for an hour or two each day, told once."""
    alerts = found(simulated(daily("100 mg", "24 h", "0 d", "5 d", INTO_VEIN), days=6), "above-alert")

    assert len(alerts) == 1
    assert alerts[0]["from_h"] == pytest.approx(0.0, abs=1e-5)
    peak = 2 * -math.expm1(-12.0) / -math.expm1(-2.4)
    assert alerts[0]["to_h"] == pytest.approx(96 + math.log(peak / 1.8) / KE, abs=1e-4)
    assert "around the daily peaks" in str(alerts[0]["text"])


def test_a_range_counts_before_doses_only() -> None:
    """Peaks of 2 mg/L lie above the range, but every pre-dose value from the second on is 0.2 mg/L: low, never high."""
    alerts = found(simulated(daily("100 mg", "24 h", "0 d", "5 d", INTO_VEIN), days=6))

    judged = [row for row in alerts if row["rule"] != "above-alert"]
    assert [(row["severity"], row["rule"], row["from_h"], row["to_h"]) for row in judged] == [
        ("note", "below-range", 24, 96)
    ]
    trough = 2 * math.exp(-2.4)
    assert judged[0]["text"] == f"Victim before a dose below 0.5 mg/L, down to {trough:.3g} mg/L"


@pytest.mark.parametrize(
    ("begin", "first", "since"), [("-242 h", 22, "before"), ("-240 h", 0, "before"), ("-2 h", 22, "after")]
)
def test_what_was_out_of_range_at_the_last_dose_before_was_so_before(begin: str, first: int, since: str) -> None:
    """Troughs of 0.2 mg/L that were low all along are not newly low, where a change at t = 0 has its first at 22:00.

    Nothing was there before a first dose at 22:00 of the day before.
    """
    result = simulated(daily("100 mg", "24 h", begin, "5 d", INTO_VEIN), days=5)

    (low,) = found(result, "below-range")

    assert (low["from_h"], low["since"]) == (first, since)


def test_a_range_of_a_time_after_a_dose_counts_then_only() -> None:
    """Two hours after a dose 1.64 mg/L and more, against troughs of 0.2 mg/L: above 1.5 mg/L, never low (closed form).

    The first dose is not judged, a time behind the end of the run neither, and no share of time in range is given.
    """
    limits = RANGE.replace("1.5 mg/L", "1.6 mg/L") + 'after = "2 h"\n'
    result = simulated(daily("100 mg", "24 h", "0 d", "5 d", INTO_VEIN), days=4.05, victim=drug("victim", limits))

    judged = [row for row in found(result) if row["rule"] != "above-alert"]

    assert [(row["severity"], row["rule"], row["from_h"], row["to_h"]) for row in judged] == [
        ("warning", "above-range", 26, 74)
    ]
    peak = 2 * math.exp(-2 * KE) * sum(math.exp(-24 * KE * n) for n in range(4))
    assert judged[0]["text"] == f"Victim 2 h after a dose above 1.6 mg/L, up to {peak:.3g} mg/L"
    assert {row["percent_time_in_range"] for row in rows(exposure_table(result))} == {None}


def test_a_high_value_before_a_dose_is_a_warning() -> None:
    """100 mg every 4 h accumulates above 1.5 mg/L: from the first pre-dose value that is, to the last."""
    alerts = found(simulated(daily("100 mg", "4 h", "0 d", "1 d", INTO_VEIN), days=2), "above-range")

    decay = math.exp(-0.4)
    before = [2 * sum(decay**k for k in range(1, n + 1)) for n in range(6)]
    first = 4 * next(n for n, value in enumerate(before) if value > 1.5)
    assert [(row["severity"], row["from_h"], row["to_h"]) for row in alerts] == [("warning", first, 20)]
    assert f"up to {max(before):.3g} mg/L" in str(alerts[0]["text"])


def test_the_gravest_alerts_come_first() -> None:
    """By gravity, then by beginning."""
    courses = daily("100 mg", "4 h", "0 d", "1 d", INTO_VEIN), daily("5 mg", "4 h", "1 d", "4 d")
    table = alert_table(answer_of(simulated(*courses, days=4)))

    order = [("grave", "warning", "note").index(str(severity)) for severity in table["severity"]]
    assert set(order) == {0, 1, 2}
    assert list(zip(order, table["from_h"], strict=True)) == sorted(zip(order, table["from_h"], strict=True))


def test_the_first_dose_of_a_drug_is_no_low_level() -> None:
    """Before its first dose a drug has no level to judge, also beside another drug that begins at steady state."""
    steady = regimen("amitriptyline", daily("100 mg", "24 h", "0 d", "20 d", "steady_state = true"))
    starting = regimen("carbamazepine", daily("200 mg", "12 h", "0 d", "20 d"))

    alerts = found(run(text(steady, starting, days=20)), "below-range")

    assert {row["analyte"]: row["from_h"] for row in alerts} == {
        "amitriptyline+nortriptyline": 0.0,
        "carbamazepine": 12.0,
    }


def test_a_course_that_gives_no_dose_raises_no_alert() -> None:
    """A course after the end of the run is warned of by the reader; nothing is judged."""
    result = run(
        text(regimen("levetiracetam", once("500 mg", "20 d")), regimen("carbamazepine", once("200 mg")), days=10)
    )

    assert found(result) == []
    assert [row["cmax"] for row in rows(exposure_table(result)) if row["analyte"] == "levetiracetam"] == [0.0]


def test_the_sum_is_judged_and_not_its_metabolite() -> None:
    """Amitriptyline + nortriptyline has the range; nortriptyline beside it keeps its alert level alone."""
    result = run(text(regimen("amitriptyline", daily("150 mg")), days=3))

    ranges = {row.id: (row.low, row.high, row.alert) for row in result.analytes}

    assert ranges["amitriptyline+nortriptyline"] == pytest.approx((80, 200, 300))
    assert ranges["nortriptyline"] == (None, None, pytest.approx(300))


def test_ranges_do_not_depend_on_the_order_of_regimens() -> None:
    """Amitriptyline and nortriptyline both dosed: the sum is judged, each drug belongs to its own doses."""
    rows = [regimen("amitriptyline", daily("100 mg")), regimen("nortriptyline", daily("25 mg"))]

    pair = [run(text(*order, days=3)) for order in (rows, rows[::-1])]

    judged = [{row.id: (row.parent, row.low, row.high, row.alert) for row in result.analytes} for result in pair]
    assert judged[0] == judged[1]
    assert judged[0]["nortriptyline"] == ("nortriptyline", None, None, pytest.approx(300))


def test_an_alert_has_a_date_when_the_run_is_anchored() -> None:
    """t = 0 is 5 January 08:00."""
    result = simulated(once("100 mg", "6 h", INTO_VEIN), extra="start = 2026-01-05T08:00:00\n")

    assert found(result)[0]["date"] == "2026-01-05T14:00:00"


COMPARED = [
    "scenario",
    "analyte",
    "unit",
    "from_day",
    "to_day",
    "cavg",
    "cmax",
    "ctrough",
    "cavg_ratio",
    "cmax_ratio",
    "ctrough_ratio",
]


def test_a_comparison_goes_week_by_week() -> None:
    """Columns, weeks 0-7, 7-14 and the rest, and the ratios of a doubled dose: 2, beside 1 for the first scenario."""
    results = [simulated(daily(dose, "12 h", "-3 d"), days=16) for dose in ("100 mg", "200 mg")]

    table = comparison_table(results)

    assert list(table) == COMPARED
    assert list(zip(table["from_day"], table["to_day"], strict=True)) == [(0, 7), (7, 14), (14, 16)] * 2
    for name in ("cavg_ratio", "cmax_ratio", "ctrough_ratio"):
        assert table[name] == pytest.approx([1, 1, 1, 2, 2, 2], rel=1e-9)
    assert table["cavg"][1] == pytest.approx(100 / 12 / 5, rel=1e-6)


def test_unlike_things_are_not_compared() -> None:
    """No ratio for stretches of other lengths, for another unit, or for an analyte that the first scenario lacks."""
    first = simulated(daily("100 mg", "12 h", "-3 d"), days=10)
    longer = simulated(daily("100 mg", "12 h", "-3 d"), days=14)
    molar = run(
        text(regimen("victim", daily("100 mg", "12 h", "-3 d")), '[output.units]\nvictim = "umol/L"\n', days=7),
        drugs=(VICTIM,),
    )
    other = run(text(regimen("other", daily("100 mg")), days=7), drugs=(drug("other"),))

    ratios = comparison_table([first, longer, molar, other])["cavg_ratio"]

    assert ratios == [1.0, 1.0, pytest.approx(1.0), None, None, None]


# ---- what repeats by the week ----

SESSIONS = '[[dialysis]]\nat = "-40 d"\nevery = "56 h"\nlength = "4 h"\n'


def test_a_level_beside_dialysis_settles_by_the_week() -> None:
    """Levetiracetam on three sessions a week, its dose raised by half: both ends are settled, and the ratio is 1.5.

    A day's average never repeats from day to day; that of a week does, and of a linear drug it follows the dose.
    """
    doses = daily("500 mg", "24 h", "-42 d", "42 d"), daily("750 mg", "24 h", "42 d", "84 d")
    source = text(regimen("levetiracetam", *doses), days=84).replace("95 mL", "8 mL") + SESSIONS

    table = rows(exposure_table(run(source)))

    assert [row["state"] for row in table] == ["settled", "settled"]
    assert table[-1]["ratio_to_reference"] == pytest.approx(1.5, rel=1e-3)


def test_a_level_beside_weekly_doses_of_an_inhibitor_settles_by_the_week() -> None:
    """Caffeine beside fluvoxamine on Mondays alone: the average of each day differs, that of each week does not."""
    weekly = regimen("fluvoxamine", daily("100 mg", "24 h", "-56 d", "56 d", 'days = ["mon"]'))
    victim = regimen("caffeine", daily("100 mg", "8 h", "-56 d", "28 d"), daily("200 mg", "8 h", "28 d", "56 d"))
    source = text(victim, weekly, days=56).replace("[simulation]\n", "[simulation]\nstart = 2026-01-05T08:00:00\n")

    table = [row for row in rows(exposure_table(run(source))) if row["analyte"] == "caffeine"]

    assert {row["state"] for row in table} == {"settled"}
    assert table[-1]["ratio_to_reference"] == pytest.approx(2.0, rel=0.02)
