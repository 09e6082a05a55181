"""The page of a population, and the levels that it expects of the patients: held to its own tables."""

from __future__ import annotations

import csv
import json
import re
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from icalendar import Calendar
from runs import daily, regimen, text, written

from pkinteract.cli import main

pytestmark = pytest.mark.compiled

N = 400

RISING = text(
    regimen("amitriptyline", daily("150 mg", "24 h", "-20 d", "20 d")),
    regimen("carbamazepine", daily("400 mg", "12 h", "-20 d", "0 d")),
    days=20,
)
"""Carbamazepine stopped: what it induced falls, and amitriptyline rises."""

FALLING = text(
    regimen("lamotrigine", daily("100 mg", "12 h", "-20 d", "30 d")),
    regimen("carbamazepine", daily("400 mg", "12 h", "0 d", "30 d")),
    days=30,
)
"""Carbamazepine begun: lamotrigine falls below its range."""


def command(source: Path, out: Path, *more: object) -> Result:
    return CliRunner().invoke(main, ["population", str(source), "--out", str(out), *map(str, more)])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def sentence(folder: Path, label: str) -> str:
    page = (folder / "report.html").read_text("utf-8")
    found = re.search(rf"<dt>{label}</dt><dd>(.*?)</dd>", page)
    assert found is not None
    return unescape(found.group(1))


def answer(folder: Path) -> str:
    """The answer of the page."""
    page = (folder / "report.html").read_text("utf-8")
    return page[page.index('<section id="answer"') : page.index("</section>")]


def drawn(folder: Path) -> dict[str, Any]:
    """What the page draws."""
    found = re.search(r'id="data">(.*?)</script>', (folder / "report.html").read_text("utf-8"))
    assert found is not None
    chart: dict[str, Any] = json.loads(found.group(1))
    return chart


@pytest.fixture(scope="module")
def rising(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a population in which amitriptyline rises."""
    top = tmp_path_factory.mktemp("page")
    done = command(written(top, RISING, name="rising"), top / "out", "-n", N)
    assert done.exit_code == 0, done.output
    (top / "printed.txt").write_text(done.stdout, "utf-8")
    return top / "out"


@pytest.fixture(scope="module")
def falling(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The German results of a population in which lamotrigine falls."""
    top = tmp_path_factory.mktemp("page")
    done = command(written(top, FALLING, name="falling"), top / "out", "-n", N, "--language", "de")
    assert done.exit_code == 0, done.output
    return top / "out"


def test_who_is_at_risk_is_told_with_the_numbers_of_the_table_of_risks(rising: Path) -> None:
    """Shares of the patients above the alert level, interval and groups are those of ``risk.csv``, to three digits."""
    told = sentence(rising, "Who is at risk")
    table = [row for row in rows(rising / "risk.csv") if row["analyte"] == "amitriptyline+nortriptyline"]
    [everybody] = [row for row in table if row["group"] == "all"]
    [poor] = [row for row in table if (row["group"], row["level"]) == ("CYP2D6", "poor")]

    found = re.match(
        r"Of (\d+) virtual patients ([\d.]+) % \(95 % interval ([\d.]+) to ([\d.]+)\) have amitriptyline \+ "
        r"nortriptyline above its alert level of (\d+) ng/mL on the last day, ([\d.]+) % on day -1, and ([\d.]+) % at "
        r"any time from day 0 on\.",
        told,
    )
    group = re.search(r"CYP2D6 poor metaboliser \(([\d.]+) % of (\d+)\)", told)

    assert found is not None
    assert group is not None
    assert (found.group(1), found.group(5)) == (str(N), everybody["alert"])
    for place, column in (
        (2, "share_after"),
        (3, "low_after"),
        (4, "high_after"),
        (6, "share_before"),
        (7, "share_ever"),
    ):
        assert float(found.group(place)) == pytest.approx(100 * float(everybody[column]), rel=5e-3)
    assert float(group.group(1)) == pytest.approx(100 * float(poor["share_after"]), rel=5e-3)
    assert group.group(2) == poor["n"]


def test_a_level_that_nothing_moves_is_told_where_somebody_is_above_its_alert_level(tmp_path: Path) -> None:
    """Beside a level that moves: of lithium in failing kidneys nothing was said, as nortriptyline moved."""
    lithium = regimen("lithium", daily("300 mg", "12 h", "-20 d", "30 d"))
    table = '[population]\ncreatinine_clearance = { mean = "20 mL/min", sd = "5 mL/min" }\n'
    source = written(tmp_path, RISING.replace("[[regimen]]", f"{table}[[regimen]]", 1) + lithium)

    done = command(source, tmp_path / "out", "-n", 24, "--no-figure")

    told = " ".join(done.output.split())
    [everybody] = [
        row for row in rows(tmp_path / "out" / "risk.csv") if (row["analyte"], row["group"]) == ("lithium", "all")
    ]
    assert float(everybody["share_after"]) > 0.5
    found = re.findall(r"Of 24 virtual patients [\d.]+ % \(95 % interval [\d.]+ to [\d.]+\) have (.*?) above", told)
    assert found == ["amitriptyline + nortriptyline", "lithium"]


def test_a_group_is_named_only_where_the_command_prints_it(rising: Path) -> None:
    """Each is above the alert level more often than the others, by the interval of its risk ratio."""
    groups = re.findall(r"(CYP\w+) (\w+) metaboliser \(", sentence(rising, "Who is at risk").split("more often")[1])
    table = {(row["group"], row["level"]): row for row in rows(rising / "risk.csv") if "+" in row["analyte"]}

    assert groups
    assert all(float(table[group]["risk_ratio_low_after"]) > 1 for group in groups)


def test_how_many_fall_below_the_range_is_counted_in_the_patients(falling: Path) -> None:
    """In German; the lowest level of the last day of each, but for those within 1.6 % of the limit and rounding."""
    found = re.match(
        r"Bei etwa (\d+) % von (\d+) virtuellen Patienten liegt der niedrigste Spiegel von Lamotrigin am "
        r"letzten Tag unter ([\d,]+) mg/L",
        sentence(falling, "Wer ist gefährdet"),
    )
    troughs = [float(row["lamotrigine_trough_after_mg_per_L"]) for row in rows(falling / "patients.csv")]

    assert found is not None
    assert int(found.group(2)) == len(troughs) == N
    low = float(found.group(3).replace(",", "."))
    below = [100 * sum(trough < width * low for trough in troughs) / N for width in (0.984, 1, 1.016)]
    assert 0 < below[1] < 100
    assert below[0] - 0.5 <= int(found.group(1)) <= below[2] + 0.5


def test_a_level_to_draw_has_the_band_of_the_patients_at_that_time(rising: Path) -> None:
    """``low`` and ``high`` are 5 and 95 % of ``bands.csv``, around what is expected; the page says them too."""
    bands = {(row["analyte"], float(row["time_h"])): row for row in rows(rising / "bands.csv")}
    samples = rows(rising / "sampling.csv")
    page = (rising / "report.html").read_text("utf-8")

    assert samples
    for sample in samples:
        band = bands[sample["analyte"], 24 * float(sample["day"])]
        assert (sample["low"], sample["high"]) == (band["p5"], band["p95"])
        assert float(sample["low"]) < float(sample["expected"]) < float(sample["high"])
    found = [tuple(map(float, ends)) for ends in re.findall(r"<td>([\d.]+)–([\d.]+)</td></tr>", page)]
    expected = [(float(sample["low"]), float(sample["high"])) for sample in samples]
    assert found == [pytest.approx(ends, rel=5e-3) for ends in expected]


def test_a_level_between_two_times_of_the_grid_has_no_band(tmp_path: Path) -> None:
    """With a step of 7 h the doses lie between the times at which patients are counted: nothing is read across them."""
    source = written(tmp_path, RISING.replace('step = "1 h"', 'step = "7 h"'), name="coarse")

    assert command(source, tmp_path / "out", "-n", 20, "--no-figure").exit_code == 0

    samples = rows(tmp_path / "out" / "sampling.csv")
    assert samples
    on_grid = [24 * float(sample["day"]) % 7 == 0 for sample in samples]
    assert [(sample["low"] != "") for sample in samples] == on_grid
    assert not all(on_grid)


def test_the_page_draws_the_bands_of_the_tables_around_every_curve(rising: Path) -> None:
    """5, 50 and 95 % of ``bands.csv`` by the hour, to four digits; nothing before the patients are counted."""
    chart = drawn(rising)
    days = [round(day * 24) for day in chart["day"]]
    bands = {
        (row["analyte"], float(row["time_h"])): [float(row[name]) for name in ("p5", "p50", "p95")]
        for row in rows(rising / "bands.csv")
    }

    curves = {curve["name"]: curve["people"] for panel in chart["panels"] for curve in panel["curves"]}
    assert len(curves) == len({analyte for analyte, _ in bands})
    for name, analyte in (("nortriptyline", "nortriptyline"), ("carbamazepine", "carbamazepine")):
        for hour in (-24, -1, 0, 100, 479):
            here = [line[days.index(hour)] for line in curves[name]]
            assert here == pytest.approx(bands[analyte, hour], rel=1e-3, abs=1e-9)
        assert [line[days.index(-25)] for line in curves[name]] == [None] * 3


def test_the_page_goes_with_the_figures_and_is_named_in_the_record(rising: Path, tmp_path: Path) -> None:
    """--no-figure omits it and keeps ``sampling.csv``, and a page that was there before goes."""
    source = written(tmp_path, RISING, name="rising")
    recorded = json.loads((rising / "run.json").read_text("utf-8"))["files"]
    assert command(source, tmp_path / "out", "-n", 20).exit_code == 0
    assert (tmp_path / "out" / "report.html").exists()

    assert command(source, tmp_path / "out", "-n", 20, "--no-figure").exit_code == 0

    assert {"report.html", "sampling.csv"} <= set(recorded)
    assert not (tmp_path / "out" / "report.html").exists()
    assert (tmp_path / "out" / "sampling.csv").exists()


def test_the_page_and_the_samples_are_the_same_whoever_computes_the_patients(rising: Path) -> None:
    """Two processes instead of threads: the same bytes."""
    other = rising.parent / "processes"

    assert command(rising.parent / "rising.toml", other, "-n", N, "--workers", 2).exit_code == 0

    for name in ("report.html", "sampling.csv", "run.json"):
        assert (other / name).read_bytes() == (rising / name).read_bytes()


def test_a_scenario_asks_for_a_language_and_the_option_goes_before_it(falling: Path, tmp_path: Path) -> None:
    """Page and reasons are German where either says so; another language is refused, and nothing is written."""
    source = written(tmp_path, RISING + '[output]\nlanguage = "de"\n', name="german")

    refused = command(source, tmp_path / "refused", "-n", 20, "--language", "fr")
    asked = command(source, tmp_path / "asked", "-n", 20, "--no-figure")
    preferred = command(source, tmp_path / "preferred", "-n", 20, "--no-figure", "--language", "en")

    assert (refused.exit_code, asked.exit_code, preferred.exit_code) == (2, 0, 0)
    assert "'fr' is not one of 'en', 'de'" in refused.stderr
    assert not (tmp_path / "refused").exists()
    assert "eingetreten" in rows(tmp_path / "asked" / "sampling.csv")[0]["why"]
    assert "is done" in rows(tmp_path / "preferred" / "sampling.csv")[0]["why"]
    assert '<html lang="de">' in (falling / "report.html").read_text("utf-8")
    assert "virtuellen Patienten zu dieser Zeit" in (falling / "report.html").read_text("utf-8")


def test_the_page_warns_of_a_gene_that_is_drawn_over_that_of_the_patient(tmp_path: Path) -> None:
    """The patient of the file is a poor metaboliser and the others are drawn: the page says how to keep it."""
    source = written(tmp_path, RISING + '[patient.phenotype]\nCYP2D6 = "poor"\n', name="poor")

    assert command(source, tmp_path / "out", "-n", 20).exit_code == 0

    page = unescape((tmp_path / "out" / "report.html").read_text("utf-8"))
    assert '<li>CYP2D6 is drawn; to keep "poor", write [population] with fixed = ["CYP2D6"]</li>' in page


def test_of_a_passing_rise_the_groups_are_those_above_at_any_time(tmp_path: Path) -> None:
    """Paroxetine for two weeks: most who pass the alert level are below it on the last day, as ``risk.csv`` counts."""
    passing = text(
        regimen("amitriptyline", daily("150 mg", "24 h", "-20 d", "50 d")),
        regimen("paroxetine", daily("20 mg", "24 h", "2 d", "16 d")),
        days=50,
    )
    out = tmp_path / "out"

    assert command(written(tmp_path, passing, name="passing"), out, "-n", N).exit_code == 0

    said = sentence(out, "Who is at risk")
    table = [row for row in rows(out / "risk.csv") if row["analyte"] == "amitriptyline+nortriptyline"]
    found = re.search(r"At any time more often than others: (.*?)\.( |$)", said)
    assert found is not None
    shares = [float(share) for share in re.findall(r"\(([\d.]+) % of \d+\)", found.group(0))]
    ever = [100 * float(row["share_ever"]) for row in table]
    assert all(min(abs(share - other) for other in ever) < 0.06 for share in shares)
    assert min(shares) > 100 * float(table[0]["share_ever"])


def test_a_spread_that_nobody_knows_is_told_wherever_shares_are(tmp_path: Path) -> None:
    """Levetiracetam's clearance has no CV: answer, page, terminal and record say so, until a CV is given."""
    falling = text(
        regimen("levetiracetam", daily("500 mg", "12 h", "-5 d", "10 d")),
        regimen("carbamazepine", daily("400 mg", "12 h", "0 d", "10 d")),
        days=10,
    )
    unknown = "how people differ in levetiracetam is known here only as far as body, kidneys, genes and enzymes go"
    given = falling + '[population]\ncv = { "levetiracetam.clearance" = "25 %" }\n'

    said = command(written(tmp_path, falling, name="unknown"), tmp_path / "out", "-n", 20)
    known = command(written(tmp_path, given, name="known"), tmp_path / "known", "-n", 20, "--no-figure")

    assert f"warning: {unknown}" in said.stdout
    assert f"<li>{unknown}" in unescape((tmp_path / "out" / "report.html").read_text("utf-8"))
    assert f"H{unknown[1:]}: these shares are uncertain." in sentence(tmp_path / "out", "Who is at risk")
    assert any(text.startswith(unknown) for text in json.loads((tmp_path / "out" / "run.json").read_text())["warnings"])
    assert "how people differ" not in known.stdout.lower()
    assert json.loads((tmp_path / "known" / "run.json").read_text())["warnings"] == []


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "other people than the patient of the scenario: creatinine clearance 9 mL/min (theirs "),
        ("de", "andere Menschen als die Person des Szenarios: Kreatinin-Clearance 9 mL/min (bei ihnen "),
    ],
)
def test_a_patient_whom_nobody_is_like_is_told(language: str, said: str, tmp_path: Path) -> None:
    """Shares among sound kidneys were told of a patient without any, and nothing said that they are not his."""
    source = written(tmp_path, RISING.replace("95 mL/min", "9 mL/min"))

    done = command(source, tmp_path / "out", "-n", 16, "--language", language, "--no-figure")

    assert said in " ".join(done.output.split())


def test_forgotten_doses_are_said_and_counts_where_not_everybody_has_a_measure(tmp_path: Path) -> None:
    """Half of the way to an end like the beginning is known of those who forgot alone: n of ``metrics.csv``."""
    one = regimen("lamotrigine", daily("100 mg", "12 h", "-20 d", "4 d"))
    table = "[population]\nadherence = { taken = 0.97 }\n"
    source = written(tmp_path, text(one, days=4).replace("[[regimen]]", f"{table}[[regimen]]", 1))

    told = " ".join(command(source, tmp_path / "out", "-n", 40, "--no-figure").output.split())

    [known] = [
        row["n"] for row in rows(tmp_path / "out" / "metrics.csv") if (row["metric"], row["group"]) == ("t50", "all")
    ]
    assert 0 < int(known) < 40
    assert f") n={known} " in told
    assert "doses are forgotten by chance" in told
    assert "n of them, where not all have one" in told


def test_without_a_change_only_who_passes_an_alert_level_is_told(tmp_path: Path) -> None:
    """A low dose of one drug by itself moves nothing and harms nobody: there is no sentence, and the bands stay."""
    source = written(tmp_path, text(regimen("carbamazepine", daily("100 mg", "24 h", "-20 d", "5 d")), days=5))

    assert command(source, tmp_path / "out", "-n", 20).exit_code == 0

    assert "Who is at risk" not in (tmp_path / "out" / "report.html").read_text("utf-8")
    assert all("people" in curve for panel in drawn(tmp_path / "out")["panels"] for curve in panel["curves"])


def test_the_command_answers_first_in_the_sentences_of_the_page(rising: Path) -> None:
    """All of them, in their order and before the first table, with the shares of the virtual patients among them."""
    printed = " ".join((rising.parent / "printed.txt").read_text("utf-8").split())
    told = [f"{label}: {unescape(said)}" for label, said in re.findall(r"<dt>(.*?)</dt><dd>(.*?)</dd>", answer(rising))]

    places = [printed.index(" ".join(line.split())) for line in told]
    assert len(places) == 5
    assert places == sorted(places)
    assert places[-1] < printed.index("24-h average before t = 0")
    assert f"Who is at risk: Of {N} virtual patients" in printed


def test_a_calendar_has_the_band_of_the_patients_on_the_days_of_the_table(tmp_path: Path) -> None:
    """Read by a calendar library: the dates of ``sampling.csv``, 5 and 95 % of the levels then; only with start."""
    source = RISING.replace("[simulation]\n", "[simulation]\nstart = 2026-03-28T08:00:00\n")

    assert command(written(tmp_path, source), tmp_path / "out", "-n", 20, "--no-figure").exit_code == 0
    assert command(written(tmp_path, RISING), tmp_path / "bare", "-n", 20, "--no-figure").exit_code == 0

    events = Calendar.from_ical((tmp_path / "out" / "sampling.ics").read_bytes()).walk("VEVENT")
    samples = rows(tmp_path / "out" / "sampling.csv")
    assert [event["DTSTART"].dt.isoformat() for event in events] == [sample["date"] for sample in samples]
    for event, sample in zip(events, samples, strict=True):
        ends = re.search(r"have ([\d.]+) to ([\d.]+) ng/mL", str(event["DESCRIPTION"]))
        assert ends is not None
        expected = [float(sample[name]) for name in ("low", "high")]
        assert [float(end) for end in ends.groups()] == pytest.approx(expected, rel=6e-3)
    assert "sampling.ics" in json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["files"]
    assert not (tmp_path / "bare" / "sampling.ics").exists()
