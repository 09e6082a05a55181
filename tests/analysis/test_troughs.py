"""Values before unlike doses of a day are not mixed: one clock time is the trough, in every output."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from runs import course, daily, drug, oral, pathway, regimen, run, text

from pkinteract.analysis import answer_of
from pkinteract.analysis.levels import first_of_day, sample_times, trough_doses
from pkinteract.analysis.sampling import samples_of
from pkinteract.export.calendar import calendar_text
from pkinteract.export.tables.run import alert_table, day_table, sampling_table
from pkinteract.report.run.sentences import sentences_of
from pkinteract.text.words import LANGUAGES, words_of

UNEQUAL = course("-20 d", 'until = "20 d"', 'at = { "08:00" = "50 mg", "22:00" = "150 mg" }', "steady_state = true")
LIMITS = """
[reference_range]
low = "0.7 mg/L"
high = "9 mg/L"
"""
OWN = drug("own", pathway("x", 0.7, "CYP3A4"), pathway("y", 0.3), LIMITS, oral())
BLOCKER = drug("blocker", oral(), '[inhibits.CYP3A4]\nki = { value = 1.0, unit = "mg/L", basis = "total" }\n')
"""Inhibits what clears the other one, by its level over its Ki."""


def unequal(start: str = "2026-02-02T07:00:00") -> str:
    return dated(text(regimen("own", UNEQUAL), regimen("blocker", daily("100 mg", "12 h", "3 d")), days=20), start)


def dated(source: str, start: str) -> str:
    return source.replace("[simulation]\n", f"[simulation]\nstart = {start}\n") if start else source


def clock(at: str) -> str:
    return course("0 d", 'until = "10 d"', f"at = {{ {at} }}")


@pytest.mark.parametrize(
    ("doses", "hours", "one"),
    [
        (clock('"08:00" = "50 mg", "22:00" = "150 mg"'), (8,), True),
        (clock('"08:00" = "50 mg", "20:00" = "50 mg"'), (8, 20), False),
        (clock('"08:00" = "50 mg", "14:00" = "50 mg", "20:00" = "50 mg"'), (8,), True),
        (clock('"08:00" = "50 mg", "20:00" = "80 mg"'), (8,), True),
        (clock('"08:00" = "50 mg", "23:30" = "150 mg"'), (8,), True),
        (daily("50 mg", "12 h", "0 d", "10 d"), (0, 12), False),
        (daily("50 mg", "5 h", "0 d", "10 d"), tuple(range(24)), False),
        (daily("50 mg", "12 h", "0 d", "36 h") + daily("100 mg", "12 h", "36 h", "10 d"), (0, 12), False),
    ],
)
def test_the_trough_is_that_of_one_clock_time_where_doses_are_unequal(
    doses: str, hours: tuple[int, ...], one: bool
) -> None:
    """Unequal by amount or interval: the first dose of each day alone; a step of the dose makes no such day."""
    result = run(text(regimen("own", doses), days=10), drugs=(OWN,))
    drawn = trough_doses(result.scenario, "own")
    assert drawn[0] == hours[0]

    assert first_of_day(result.scenario, "own") is one
    assert {round(hour) for hour in (drawn % 24).tolist()} == set(hours)
    assert set(drawn.tolist()) == set(sample_times(result.scenario, result.analyte("own")).tolist())


@pytest.mark.parametrize("start", ["2026-02-02T07:50:20", "2026-02-02T00:00:40"])
def test_a_dose_at_midnight_is_the_first_of_its_day(start: str) -> None:
    """Whatever minute and second of the day the run begins at."""
    source = dated(text(regimen("own", clock('"00:00" = "50 mg", "12:00" = "150 mg"')), days=10), start)
    scenario = run(source, drugs=(OWN,)).scenario
    drawn = trough_doses(scenario, "own").tolist()

    assert {scenario.date(time + 1e-6).hour for time in drawn[1:]} == {0}


def test_no_level_is_drawn_before_a_dose_that_is_missed() -> None:
    """The sample waits for the next dose that is taken; missed doses of another drug do not matter."""

    def samples(missed: str, of_other: str) -> list[float]:
        own = regimen("own", daily("100 mg", "12 h", "-20 d", "20 d", missed))
        blocker = regimen("blocker", daily("100 mg", "12 h", "3 d", "20 d", of_other))
        result = run(text(own, blocker, days=20), drugs=(OWN, BLOCKER))
        return [sample.time for sample in answer_of(result).samples if sample.analyte.id == "own"]

    first = samples("", "")[0]
    missed = f'missed = ["{first:g} h"]'

    assert first > 72
    assert samples("", missed)[0] == first
    assert samples(missed, "")[0] == first + 12


@pytest.mark.parametrize("start", ["2026-02-02T07:00:00", "2026-02-02T12:00:00", ""])
def test_every_output_has_the_trough_of_the_morning(start: str) -> None:
    """Before 22:00 the level is below 0.7 mg/L, before 08:00 never: no table, alert, sentence, entry has the former."""
    result = run(unequal(start), drugs=(OWN, BLOCKER))
    answer, midnight = answer_of(result), {"": 0, "2026-02-02T07": 7, "2026-02-02T12": 12}[start[:13]]
    curve, days = result.curve("own"), day_table(result)
    morning = np.array([24 * day + (8 - midnight) % 24 for day in range(20)], dtype=float)
    mine = [n for n, id in enumerate(days["analyte"]) if id == "own"]
    samples = sampling_table(answer)
    drawn = [day for day, id in zip(samples["day"], samples["analyte"], strict=True) if id == "own"]

    assert float(curve.value(22.0 - midnight)) < 0.7 < float(curve.value(morning).min())
    assert [days["trough"][n] for n in mine] == pytest.approx(curve.value(morning).tolist())
    assert all(days["in_range"][n] for n in mine)
    assert "below-range" not in alert_table(answer)["rule"]
    assert drawn
    assert {round(24 * day + midnight) % 24 for day in drawn} == {8}
    if start:
        stamps = [line for line in calendar_text(answer, words_of("en")).splitlines() if line.startswith("DTSTART")]
        assert {stamp[-6:] for stamp in stamps} == {"080000"}
    for language, said in zip(LANGUAGES, ("first dose", "ersten Dosis"), strict=True):
        texts = {one.label: one.text for one in sentences_of(answer, words_of(language))}
        assert said in texts["measure"]
        assert said in texts["do"]


def test_a_share_of_a_change_is_that_of_like_troughs() -> None:
    """The share that is done is that of the morning's values: of the last before the change and the last of the run."""
    result = run(unequal(), drugs=(OWN, BLOCKER))
    curve = result.curve("own")
    samples = [sample for sample in answer_of(result).samples if sample.analyte.id == "own"]

    before, after = (float(curve.value(time)) for time in (49.0, 457.0))
    assert samples
    for sample in samples:
        assert sample.share == pytest.approx((sample.expected - before) / (after - before), rel=1e-6)
        assert 0 < (sample.share or math.nan) <= 1.0


def test_a_share_that_says_nothing_is_left_out() -> None:
    """A move whose trough hardly differs, as beside doses on some days: no share, and no limit told instead."""
    result = run(unequal(), drugs=(OWN, BLOCKER))
    answer = answer_of(result)
    (move,) = [move for move in answer.moves if move.analyte.id == "own"]
    samples = samples_of(result, [replace(move, stop=move.cause + 2)], ())

    assert samples
    assert all(sample.share is None and sample.why != "alert" for sample in samples)
    for language, said in zip(LANGUAGES, ("while it is changing", "sich ändert"), strict=True):
        texts = {one.label: one.text for one in sentences_of(replace(answer, samples=samples), words_of(language))}
        assert texts["measure"].count(said) == len(samples)
