"""The command: what it writes, says and returns; Ctrl-C; threads; the page in a browser."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from datetime import date
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from advised import asked, daily_levels
from click.testing import CliRunner, Result
from playwright.sync_api import sync_playwright
from runs import daily, regimen, text

import pkinteract
from pkinteract import load_scenario, simulate
from pkinteract.advise.advised import advised
from pkinteract.advise.levels import Levels
from pkinteract.advise.outcome import best_advice
from pkinteract.advise.people import typical_people
from pkinteract.analysis.moves import Move, moves_of
from pkinteract.cli import main
from pkinteract.model import build
from pkinteract.population.people.draw import draw
from pkinteract.population.people.specification import specification
from pkinteract.result import Result as SimulationResult

pytestmark = pytest.mark.compiled

CHROMIUM = shutil.which("chromium")
START = "start = 2026-01-03T08:00:00\n"
SOURCE = text(
    regimen("amitriptyline", daily("100 mg", "24 h", "-15 d", "16 d")),
    regimen("carbamazepine", daily("200 mg", "12 h", "-15 d", "0 d")),
    '[advise]\ndrug = "amitriptyline"\nkeep = "15 %"\n',
    days=16,
).replace("[simulation]\n", f"[simulation]\n{START}")
FAILING = text(
    regimen("tizanidine", daily("4 mg", "8 h", "-4 d", "10 d")),
    regimen("fluvoxamine", daily("50 mg", "12 h", "0 d", "5 d")),
    days=10,
)
FILES = {"concentrations.csv", "doses.csv", "exposure.csv", "alerts.csv", "daily.csv", "sampling.csv", "run.json"}
FILES |= {"schedule.csv", "alternatives.csv"}
FIGURES = {"report.html", "concentrations.png", "concentrations.svg"}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test works in a folder of its own."""
    monkeypatch.chdir(tmp_path)
    Path("case.toml").write_text(SOURCE, "utf-8")
    Path("failing.toml").write_text(FAILING, "utf-8")
    yield
    assert not list(tmp_path.rglob(".unfinished-*")), "half a result was left behind"


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["advise", *arguments])


def rows(path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(path).read_text("utf-8").splitlines()))


def said(done: Result) -> str:
    return " ".join(done.output.split())


def test_everything_is_written_and_says_the_same() -> None:
    """Files, the written scenario, the record, the dates: one schedule in all of them, and its run in the CSVs."""
    done = command("case.toml", "--write", "advised.toml")

    assert done.exit_code == 0, done.output
    folder = "results/case-advise"
    assert {path.name for path in Path(folder).iterdir()} >= FILES | FIGURES
    [step] = rows(f"{folder}/schedule.csv")
    first = rows(f"{folder}/alternatives.csv")[0]
    record = json.loads(Path(folder, "run.json").read_text("utf-8"))["advise"]
    assert list(step) == ["day", "date", "drug", "dose_mg", "tablets", "times", "check_on", "why"]
    assert (first["name"], first["passes"], first["days_outside"]) == ("advised", "true", "0")
    assert first["schedule"] == record["schedule"] == f"day {step['day']}: {step['dose_mg']} mg"
    assert step["date"].startswith(str(date(2026, 1, 3).replace(day=3 + int(step["day"]))))
    assert date.fromisoformat(step["check_on"]).weekday() < 5
    assert step["times"] == "08:00"
    assert f"{step['dose_mg']} mg ({step['tablets']})" in said(done)
    assert "decision support for professionals, not a medical device" in said(done)
    task, _ = asked(SOURCE)
    result = simulate(load_scenario("advised.toml"))
    kept = daily_levels(task, result) / task.band.target
    assert kept.min() == pytest.approx(float(first["lowest_ratio"]), rel=1e-5)
    assert kept.max() == pytest.approx(float(first["highest_ratio"]), rel=1e-5)
    levels = np.array(
        [float(row["amitriptyline+nortriptyline_ng_per_mL"]) for row in rows(f"{folder}/concentrations.csv")]
    )
    times = np.array([float(row["time_h"]) for row in rows(f"{folder}/concentrations.csv")])
    assert levels == pytest.approx(result.curve("amitriptyline+nortriptyline").value(times), rel=1e-4)
    assert "advise" not in tomllib.loads(Path("advised.toml").read_text("utf-8"))


def test_shares_of_virtual_patients_and_german() -> None:
    """With --population: shares.csv by genotype, each a share; the answer in German."""
    done = command("case.toml", "--population", "30", "--no-figure", "--language", "de")

    assert done.exit_code == 0, done.output
    table = rows("results/case-advise/shares.csv")
    assert list(table[0]) == ["group", "outcome", "patients", "unchanged", "advised"]
    assert {row["outcome"] for row in table} == {"inside", "above_range", "below_range", "above_alert", "moved"}
    assert {row["patients"] for row in table if row["group"] == "all"} == {"30"}
    assert any(row["group"].startswith("CYP2D6") for row in table)
    assert all(0 <= float(row[name]) <= 1 for row in table for name in ("unchanged", "advised"))
    assert "Von 30 virtuellen Patienten" in said(done)
    assert not Path("results/case-advise/report.html").exists()


def test_kidney_limits_are_those_of_each_virtual_patient() -> None:
    """Levetiracetam that must rise: the doses of the schedule against the label's table at each one's own clearance."""
    begun = regimen("carbamazepine", daily("200 mg", "12 h", "1 d", "8 d"))
    drugs = (regimen("levetiracetam", daily("750 mg", "12 h", "-6 d", "8 d")), begun)
    table = '[advise]\ndrug = "levetiracetam"\nbetween = ["20 mg/L", "45 mg/L"]\n[population]\nage = ["65 y", "90 y"]\n'
    Path("old.toml").write_text(text(*drugs, table, days=8, age=70), "utf-8")
    scenario = load_scenario("old.toml")
    clearance = draw(scenario, specification(scenario, 40, None), 0, 40).creatinine_clearance
    most = np.select([clearance < 30, clearance < 50, clearance < 80], [1000.0, 1500.0, 2000.0], np.inf)

    made = pkinteract.advise(scenario, n=40)

    (kidneys,) = made.shares[(made.shares.group == "all") & (made.shares.outcome == "above_kidney_limit")].itertuples()
    last = 2 * made.schedule.dose_mg.iloc[-1]
    assert last > 1500
    assert (kidneys.unchanged, kidneys.advised) == pytest.approx((np.mean(most < 1500), np.mean(last > most)))
    assert kidneys.unchanged < kidneys.advised < 1
    (inside,) = made.shares[(made.shares.group == "all") & (made.shares.outcome == "inside")].itertuples()
    assert inside.advised <= np.mean(last <= most)


def test_the_same_bytes_from_any_number_of_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where levels are not sums, and in virtual patients."""
    saturated = text(
        regimen("phenytoin", daily("300 mg", "24 h", "-15 d", "12 d")),
        regimen("fluconazole", daily("200 mg", "24 h", "0 d", "8 d")),
        '[advise]\ndrug = "phenytoin"\nkeep = "10 %"\n',
        days=12,
    )
    Path("saturated.toml").write_text(saturated, "utf-8")
    for name, table in (("case", "shares.csv"), ("saturated", "alternatives.csv")):
        texts = set()
        for count in (1, 2, 4):
            monkeypatch.setattr(os, "cpu_count", lambda n=count: n)
            extra = ("--population", "300") if name == "case" else ()
            done = command(f"{name}.toml", "--no-figure", "--out", f"out-{name}-{count}", *extra)
            assert done.exit_code == 0, done.output
            out = Path(f"out-{name}-{count}")
            texts.add(tuple((out / file).read_bytes() for file in ("schedule.csv", "alternatives.csv", table)))
        assert len(texts) == 1


def test_where_nothing_passes_a_pause_or_another_drug_is_said() -> None:
    """Fluvoxamine on tizanidine: exit status 0, passes = false, the days outside, and what is left to do."""
    done = command("failing.toml", "--no-figure")

    assert done.exit_code == 0, done.output
    record = json.loads(Path("results/failing-advise/run.json").read_text("utf-8"))["advise"]
    assert record["passes"] is False
    assert record["excess"] > 0
    ways = {row["name"]: row for row in rows("results/failing-advise/alternatives.csv")}
    assert {"advised", "unchanged"} <= set(ways)
    assert not any(row["passes"] == "true" for row in ways.values())
    assert "No schedule within the limits keeps tizanidine where it was" in said(done)
    assert "So tizanidine has to be paused, or another drug found." in said(done)
    pauses = [row for row in rows("results/failing-advise/schedule.csv") if float(row["dose_mg"]) == 0]
    assert pauses
    assert all(row["tablets"] == "" for row in pauses)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("case.toml", "--write", "there.toml"), "--write"),
        (("case.toml", "--out", "other"), "other"),
        (("case.toml", "--levels", "--population", "10"), "either --levels or --population"),
    ],
)
def test_nothing_is_written_over_what_is_there(arguments: tuple[str, ...], part: str) -> None:
    """Status 2 before anything runs; an existing file, a folder of something else, two kinds of patients."""
    Path("there.toml").write_text("mine", "utf-8")
    Path("other").mkdir()
    Path("other/mine.txt").write_text("mine", "utf-8")

    done = command(*arguments)

    assert done.exit_code == 2
    assert part in done.output
    assert Path("there.toml").read_text("utf-8") == "mine"
    assert [path.name for path in Path("other").iterdir()] == ["mine.txt"]
    assert not Path("results").exists()


def test_progress_shows_on_a_terminal_alone() -> None:
    """The schedules that were judged are counted where somebody looks, towards no end, and nothing shows elsewhere."""

    class Terminal(StringIO):
        def isatty(self) -> bool:
            return True

    with redirect_stderr(Terminal()) as shown, pytest.raises(SystemExit):
        main(["advise", "case.toml", "--no-figure"], prog_name="pkinteract")
    assert re.search(r"\r[\d,]+ schedules, [\d,]+ a second *\n", shown.getvalue())
    assert not {"%", "/"} & set(shown.getvalue())
    assert command("case.toml", "--no-figure").stderr == ""


def test_the_unchanged_run_is_answered_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """One answer of the run without the schedule, one of that with it."""
    answered: list[str] = []

    def counted(result: SimulationResult) -> tuple[Move, ...]:
        answered.append(result.scenario.text)
        return moves_of(result)

    monkeypatch.setattr("pkinteract.analysis.answer.moves_of", counted)
    assert command("case.toml", "--no-figure").exit_code == 0

    assert len(answered) == len(set(answered)) == 2


INTERRUPTED = """
import os, signal, sys
from importlib import import_module
search = import_module("pkinteract.advise.search")
signal.signal(signal.SIGINT, signal.default_int_handler)
judge, calls = search._Branches._judge, 0
def interrupting(self, schedules):
    global calls
    calls += 1
    if calls == int(sys.argv[-1]):
        os.kill(os.getpid(), signal.SIGINT)
    return judge(self, schedules)
search._Branches._judge = interrupting
from pkinteract.cli import main
main(sys.argv[1:-1], prog_name="pkinteract")
"""


def test_ctrl_c_keeps_the_best_so_far() -> None:
    """A real signal during the search: status 130, a whole folder with the best of what was tried, and that is said."""
    line = ["advise", "failing.toml", "--no-figure", "--out", "out", "2"]

    done = subprocess.run([sys.executable, "-c", INTERRUPTED, *line], capture_output=True, text=True, check=False)

    assert done.returncode == 130, done.stderr
    assert {path.name for path in Path("out").iterdir()} >= FILES
    whole = json.loads(Path("out/run.json").read_text("utf-8"))
    record = whole["advise"]
    assert record["stopped"] is True
    assert whole["rerun"] is None
    assert record["complete"] is False
    assert [row["name"] for row in rows("out/alternatives.csv")] == ["advised", "unchanged"]
    assert "The search was stopped" in " ".join(done.stdout.split())
    assert "Traceback" not in done.stderr


def test_ctrl_c_before_any_schedule_leaves_nothing() -> None:
    """As with other commands: status 130, nothing written."""
    line = ["advise", "failing.toml", "--no-figure", "--out", "out", "1"]
    early = "outcome = import_module('pkinteract.advise.outcome')\n"
    early += "outcome.best_advice = lambda *_, **__: os.kill(os.getpid(), 2)"
    program = INTERRUPTED.replace("search._Branches._judge = interrupting", early)

    done = subprocess.run([sys.executable, "-c", program, *line], capture_output=True, text=True, check=False)

    assert done.returncode == 130, done.stderr
    assert not Path("out").exists()


def test_a_search_that_is_stopped_is_within_what_was_judged() -> None:
    """What is kept is one of the schedules that were tried, its score the least of them."""
    task, _ = asked(SOURCE)
    model = build(task.scenario)
    levels = Levels(task, typical_people(task.scenario, model, task.place), model)
    seen = 0

    def stop(count: int) -> None:
        nonlocal seen
        seen += count
        if seen - count <= 100 < seen:
            raise KeyboardInterrupt

    advice = best_advice(task, levels, progress=stop)

    assert advice.stopped
    assert not advice.complete
    assert 1 <= advice.seen <= seen
    assert advice.limits is None


def test_ctrl_c_in_virtual_patients_leaves_what_was_found_without_them() -> None:
    """The best schedule of the typical patient, its run, and no share and no band of patients."""

    @contextmanager
    def bar(name: str) -> Iterator[None]:
        if name == "patients":
            raise KeyboardInterrupt
        yield

    unchanged = simulate(load_scenario("case.toml"))

    done = advised(unchanged, specification(unchanged.scenario, 20, 1), bar=bar)

    assert done.advice.stopped
    assert done.chosen is done.advice.best
    assert (done.people, done.spread) == (None, None)
    assert len(done.steps) == done.chosen.score.changes


@pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt-get install chromium)")
def test_the_page_shows_the_schedule_without_complaint() -> None:
    """In Chromium, without a network: the fifth sentence, the schedule and the other ways; no error, no request."""
    command("case.toml", "--out", "out")
    complaints: list[str] = []
    requests: list[str] = []
    with sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_context(offline=True).new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(Path("out/report.html").resolve().as_uri())
        shown = page.inner_text("body")
        table = page.inner_text("section[aria-labelledby=schedule-head] table >> nth=0")
        browser.close()

    [step] = rows("out/schedule.csv")
    assert complaints == []
    assert len(requests) == 1
    assert step["tablets"] in table
    assert "give amitriptyline" in shown
    assert "a week later" in shown


def test_doses_of_a_patient_are_those_of_their_own_fit() -> None:
    """With --levels: a patient with half the level of the typical one has another level to keep, and it is told."""
    low = '[[observation]]\nat = "0 d"\nanalyte = "amitriptyline+nortriptyline"\nlevel = "20 ng/mL"\n[advise]\n'
    Path("patient.toml").write_text(SOURCE.replace("[advise]\n", low), "utf-8")

    done = command("patient.toml", "--levels", "--no-figure")
    typical = command("case.toml", "--no-figure")

    assert done.exit_code == typical.exit_code == 0, done.output
    assert "Fitted to 1 measured level" in said(done)
    own, usual = (
        json.loads(Path(f"results/{name}-advise/run.json").read_text("utf-8"))["advise"] for name in ("patient", "case")
    )
    assert own["reference"] < 0.8 * usual["reference"]
    assert own["band"] == pytest.approx([own["reference"] * 0.85, own["reference"] * 1.15])
