"""What is known of every two drugs of a scenario: in ``check``, the text of ``run``, run.json and pairs.csv."""

from __future__ import annotations

import csv
import itertools
import json
import math
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from runs import daily, drug, oral, pathway, regimen, text, written
from scenario_files import load

from pkinteract import load_scenario
from pkinteract.cli import main
from pkinteract.library import load_library
from pkinteract.library.evidence.outcomes import kept_outcomes
from pkinteract.library.grades import grade_of
from pkinteract.model.expectation.evidence import MISS, PairEvidence, pair_evidence
from pkinteract.report.pairs import WIDTH, pair_lines
from pkinteract.text.words import words_of

COUNTED = {
    "mechanism": "mechanism only, no studied ratio",
    "looked-for-none": "looked for, none found",
    "no-data": "no data",
}
"""Statuses whose pairs a run only counts, and their words."""

DOSES = {
    "amitriptyline": ("75 mg", "24 h"),
    "carbamazepine": ("400 mg", "12 h"),
    "ethinylestradiol": ("0.03 mg", "24 h"),
    "lamotrigine": ("100 mg", "12 h"),
    "levetiracetam": ("500 mg", "12 h"),
    "levonorgestrel": ("0.15 mg", "24 h"),
    "midazolam": ("7.5 mg", "24 h"),
    "omeprazole": ("20 mg", "24 h"),
    "perampanel": ("12 mg", "24 h"),
    "phenytoin": ("150 mg", "24 h"),
    "pregabalin": ("150 mg", "24 h"),
    "quetiapine": ("200 mg", "12 h"),
    "rifampicin": ("600 mg", "24 h"),
    "simvastatin": ("40 mg", "24 h"),
    "triazolam": ("0.25 mg", "24 h"),
    "valproate": ("500 mg", "12 h"),
}


def given(*drugs: str) -> str:
    return text(*(regimen(name, daily(*DOSES[name])) for name in drugs), days=2)


def known(perpetrator: str, victim: str, *others: str, extra: str = "") -> PairEvidence:
    """What is known of a pair in a scenario."""
    rows = pair_evidence(load(given(perpetrator, victim, *others) + extra))
    return next(row for row in rows if (row.perpetrator, row.victim) == (perpetrator, victim))


@pytest.mark.parametrize(
    ("perpetrator", "victim", "status"),
    [
        ("carbamazepine", "midazolam", "studied"),
        ("rifampicin", "midazolam", "studied"),
        ("phenytoin", "triazolam", "mechanism"),
        ("perampanel", "levonorgestrel", "known-not-modelled"),
        ("valproate", "amitriptyline", "studied"),
        ("quetiapine", "carbamazepine", "known-not-modelled"),
        ("levetiracetam", "carbamazepine", "looked-for-none"),
        ("pregabalin", "levetiracetam", "no-data"),
        ("midazolam", "rifampicin", "no-data"),
    ],
)
def test_each_pair_has_one_of_five_statuses(perpetrator: str, victim: str, status: str) -> None:
    """By the rows of the qualification, the constants of the library and pairs.toml."""
    row = known(perpetrator, victim)

    assert row.status == status
    assert (row.expected is None) <= (status not in ("studied", "mechanism"))


def test_a_studied_pair_has_the_numbers_of_the_kept_qualification() -> None:
    """Rows that were read, their geometric mean fold error (closed form) and the ends of what was observed."""
    row = known("rifampicin", "midazolam")
    mine = [
        found
        for found in kept_outcomes()
        if found.perpetrators == ("rifampicin",) and found.victim == "midazolam" and not found.recalled
    ]

    assert row.studies == len(mine) > 10
    assert row.fold_error == pytest.approx(math.prod(found.fold_error for found in mine) ** (1 / len(mine)), rel=1e-12)
    assert row.published == (min(found.observed for found in mine), max(found.observed for found in mine))
    assert row.worst is not None
    assert row.worst.fold_error == max(found.fold_error for found in mine) >= MISS


def test_nothing_is_expected_of_a_drug_that_has_gone() -> None:
    """Carbamazepine that ended 60 days before quetiapine: studied, and no change."""
    past = regimen("carbamazepine", daily("400 mg", "12 h", "-120 d", "-60 d"))
    scenario = load(text(regimen("quetiapine", daily("200 mg", "12 h")), past))

    row = next(row for row in pair_evidence(scenario) if row.victim == "quetiapine")

    assert (row.status, row.expected) == ("studied", None)


def test_grades_are_those_of_the_monographs() -> None:
    """Each drug's own, in its column."""
    row, library = known("rifampicin", "quetiapine"), load_library()

    assert row.grade_perpetrator == grade_of(library.monograph("rifampicin")).grade
    assert row.grade_victim == grade_of(library.monograph("quetiapine")).grade


def test_a_recalled_ratio_is_no_study() -> None:
    """Phenytoin on midazolam is known from memory and from a study with another inducer, which is not taken here."""
    alone, both = known("phenytoin", "midazolam"), known("phenytoin", "midazolam", "carbamazepine")

    assert (alone.status, alone.studies) == ("mechanism", 0)
    assert (both.status, both.studies) == ("studied", 1)


def test_what_is_not_modelled_keeps_its_published_size() -> None:
    """The size of pairs.toml, not of the rows; the citation; the rows and their error beside it."""
    row = known("perampanel", "levonorgestrel")

    assert row.published == (0.6, 0.6)
    assert row.source
    assert row.studies >= 1


@pytest.mark.parametrize(
    "extra",
    [
        '[override.carbamazepine]\n"elimination.clearance" = "2 L/h"\n',
        '[override.enzymes]\n"CYP3A4.liver.half_life" = "60 h"\n',
    ],
)
def test_values_of_ones_own_have_no_fold_error(extra: str) -> None:
    """The qualification was run with the library's; that it was studied stays true."""
    row = known("carbamazepine", "midazolam", extra=extra)

    assert row.status == "studied"
    assert (row.fold_error, row.worst) == (None, None)


def test_a_drug_of_ones_own_is_not_taken_for_the_shipped_one(tmp_path: Path) -> None:
    """A file with the id of a shipped drug replaces it, and the fold errors of the other go."""
    own = drug("midazolam", pathway("all", 1.0, "CYP3A4"), oral())
    path = written(tmp_path, given("carbamazepine", "midazolam").replace("7.5 mg", "7 mg"), (own,))

    row = next(row for row in pair_evidence(load_scenario(path)) if row.victim == "midazolam")

    assert row.studies > 0
    assert row.fold_error is None


def test_every_door_tells_the_same(tmp_path: Path) -> None:
    """A run of three drugs: six rows in pairs.csv and run.json, all of them in check, in run those of a known size."""
    path = written(tmp_path, given("ethinylestradiol", "levonorgestrel", "perampanel"))

    ran = CliRunner().invoke(main, ["run", str(path), "--no-figure", "--out", str(tmp_path / "out")])
    checked = CliRunner().invoke(main, ["check", str(path)])

    assert (ran.exit_code, checked.exit_code) == (0, 0), ran.output
    with (tmp_path / "out" / "pairs.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    recorded = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["pairs"]
    pairs = [("ethinylestradiol", "levonorgestrel"), ("ethinylestradiol", "perampanel")]
    pairs += [("levonorgestrel", "ethinylestradiol"), ("levonorgestrel", "perampanel")]
    pairs += [("perampanel", "ethinylestradiol"), ("perampanel", "levonorgestrel")]
    assert [(row["perpetrator"], row["victim"]) for row in rows] == pairs
    assert [(row["perpetrator"], row["victim"], row["status"]) for row in recorded] == [
        (row["perpetrator"], row["victim"], row["status"]) for row in rows
    ]
    last = rows[-1]
    assert (last["status"], last["published"]) == ("known-not-modelled", "0.6")
    lines = ran.output.splitlines()
    (known,) = [line for line in lines if line.strip().startswith("perampanel on levonorgestrel")]
    assert "0.6-fold" in known
    assert known in checked.output.splitlines()
    for status, words in COUNTED.items():
        count = sum(row["status"] == status for row in rows)
        told = [line.strip() for line in lines if line.strip().startswith(f"{words}:")]
        assert told == [f"{words}: {count} of 6 pairs, in pairs.csv"] * bool(count)
    assert "nil" not in "".join(line for line in lines if " on " in line)


def test_check_lists_every_pair_by_perpetrator_in_lines_that_can_be_read() -> None:
    """Whatever the statuses of 72 pairs: each once, under its status and count, and no line longer than 108 letters."""
    drugs = ["carbamazepine", "valproate", "amitriptyline", "ethinylestradiol", "levonorgestrel", "lamotrigine"]
    evidence = pair_evidence(load(given(*drugs, "simvastatin", "levetiracetam", "pregabalin")))

    lines = list(pair_lines(evidence, words_of("en")))

    assert max(map(len, lines)) <= WIDTH
    for status, words in COUNTED.items():
        mine = {(pair.perpetrator, pair.victim) for pair in evidence if pair.status == status}
        assert listed(lines, words, len(evidence), [pair.victim for pair in evidence]) == mine
    named = [line for line in lines for pair in evidence if line.startswith(f"  {pair.perpetrator} on {pair.victim}: ")]
    assert len(named) == sum(pair.status not in COUNTED for pair in evidence)


def listed(lines: list[str], words: str, count: int, drugs: list[str]) -> set[tuple[str, str]]:
    """The pairs below the line of a status, which says how many of all they are."""
    heads = [n for n, line in enumerate(lines) if line.startswith(f"  {words}: ")]
    below = itertools.takewhile(lambda line: line.startswith("    "), lines[heads[0] + 1 :] if heads else [])
    pairs: list[tuple[str, str]] = []
    for entry in re.sub(r"\n {6}", " ", "\n".join(below)).splitlines():
        perpetrator, _, victims = entry.strip().partition(" on ")
        others = [drug for drug in dict.fromkeys(drugs) if drug != perpetrator]
        named = others if victims == "each of the others" else victims.split(", ")
        pairs += [(perpetrator, victim) for victim in named]
    assert not heads or lines[heads[0]] == f"  {words}: {len(pairs)} of {count} pairs"
    return set(pairs)


def test_one_drug_has_no_pairs(tmp_path: Path) -> None:
    """The head of the table alone, and no line."""
    path = written(tmp_path, given("carbamazepine"))

    ran = CliRunner().invoke(main, ["run", str(path), "--no-figure", "--out", str(tmp_path / "out")])

    assert "what is known" not in ran.output
    assert len((tmp_path / "out" / "pairs.csv").read_text("utf-8").splitlines()) == 1


def test_a_known_miss_is_told_in_the_run_that_meets_it() -> None:
    """The worst study of rifampicin on midazolam stands in the text, with what was seen and what is predicted."""
    worst = known("rifampicin", "midazolam").worst
    assert worst is not None
    scenario = load(given("rifampicin", "midazolam"))
    text = " ".join(" ".join(pair_lines(pair_evidence(scenario), words_of("en"), "pairs.csv")).split())
    line = text[text.index("rifampicin on midazolam: ") :]

    assert f"missed: {worst.study}, {worst.observed:.3g} seen, {worst.predicted:.3g} predicted" in line
