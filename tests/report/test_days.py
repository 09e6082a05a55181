"""Days in sentences: the number, the date in brackets and the tables name the same day."""

from __future__ import annotations

import math
import re
import tempfile
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from advised import rewritten, searched
from hypothesis import given
from hypothesis import strategies as st
from runs import course, daily, regimen, text, written

from pkinteract import load_scenario
from pkinteract.advise.steps import planned_steps
from pkinteract.export.tables.advise import alternatives_table, schedule_table
from pkinteract.report.advise.sentences import advice_sentences
from pkinteract.report.run.phrases import day_text
from pkinteract.scenario import Scenario
from pkinteract.text.words import words_of

MIDNIGHT = "start = 2026-03-20T00:00:00\n"


@cache
def dated(days: int) -> Scenario:
    source = text(regimen("quetiapine", daily("200 mg", "24 h", "0 d", "2 d")), days=days)
    with tempfile.TemporaryDirectory() as folder:
        return load_scenario(written(Path(folder), source.replace("[simulation]\n", f"[simulation]\n{MIDNIGHT}")))


@given(minutes=st.integers(-60 * 24 * 30, 60 * 24 * 4000))
def test_a_day_is_never_told_before_it_begins(minutes: int) -> None:
    """Property: the day told is within a tenth of any minute, and the same day; its date is that of the day."""
    time, began = minutes / 60, datetime(2026, 3, 20)
    said, german = day_text(dated(300), time, words_of("en")), day_text(dated(300), time, words_of("de"))
    number, weekday, date = re.fullmatch(r"day (-?[\d.]+) \((\w+) (\d+) \w+\)", said).groups()  # type: ignore[union-attr]
    shown = began + timedelta(days=float(number) + 1e-9)

    assert abs(time / 24 - float(number)) <= 0.1
    assert math.floor(float(number) + 1e-9) == math.floor(time / 24 + 1e-9)
    assert (shown.day, f"{shown:%a}") == (int(date), weekday)
    assert german.startswith(f"Tag {number.replace('.', ',')} (")


@pytest.mark.parametrize(("language", "said"), [("en", "(Wed 5 Apr 2028)"), ("de", "(Mi, 5. April 2028)")])
def test_the_dates_of_a_long_run_have_a_year(language: str, said: str) -> None:
    """Beyond 300 days a day of the month comes round again; up to there dates stay short."""
    assert day_text(dated(301), 747.9 * 24, words_of(language)).endswith(said)
    assert "202" not in day_text(dated(300), 14 * 24.0, words_of(language))


@pytest.mark.compiled
@pytest.mark.parametrize("start", ["", MIDNIGHT])
def test_an_evening_dose_is_advised_on_its_own_day(start: str) -> None:
    """Quetiapine at 22:00: the sentence, the schedule and the other ways name the day on which the dose is taken."""
    quetiapine = regimen("quetiapine", course("-10 d", 'until = "16 d"', 'at = { "22:00" = "200 mg" }'))
    carbamazepine = regimen("carbamazepine", daily("200 mg", "12 h", "-10 d", "12 d"))
    table = '[advise]\ndrug = "quetiapine"\nfrom = "11 d"\nmost_changes = 1\n'
    source = text(quetiapine, carbamazepine, table, days=16).replace("[simulation]\n", f"[simulation]\n{start}")
    advised = searched(source)
    advice, words = advised.advice, words_of("en")
    curve = rewritten(advised.task, advice.best.schedule).curves[advised.task.place]
    steps = planned_steps(advice, advice.best, advised.levels, curve)
    table = schedule_table(advice, steps, words)
    said = advice_sentences(advice, advice.best, steps, None, words)["do"][: len(steps)]
    days = [int(day) for day in table["day"]]

    assert days
    assert [int(re.search(r"day (\d+)", one).group(1)) for one in said] == days  # type: ignore[union-attr]
    other = str(alternatives_table(advice, advice.best)["schedule"][0])
    assert re.findall(r"day ([\d.]+)", other) == [re.search(r"day ([\d.]+)", one).group(1) for one in said]  # type: ignore[union-attr]
