"""Populations: measures, what is counted, who computes it, and what the command writes."""

from __future__ import annotations

import csv
import json
import math
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from itertools import permutations
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, given
from hypothesis import strategies as st
from runs import average, daily, drug, once, oral, pathway, regimen, text, written
from scipy import stats

from pkinteract import load_scenario, population, simulate
from pkinteract.analysis.levels import alert_spans
from pkinteract.cli import main
from pkinteract.engine.counts.bins import count_groups, gathered, scatter
from pkinteract.engine.curves import extremes
from pkinteract.errors import PopulationError, SimulationError
from pkinteract.population.people.draw import draw
from pkinteract.population.people.specification import specification
from pkinteract.population.run.block import columns_of, run_block
from pkinteract.population.run.partitions import FORMS, add_packed, compute
from pkinteract.population.run.plan import RunPlan, plan_of
from pkinteract.population.statistics import tally as counting
from pkinteract.population.statistics.metrics import metrics, times_to_shares, windows_of
from pkinteract.report.population.text import population_lines
from pkinteract.report.workers import Draw, drawing
from pkinteract.text.words import words_of

pytestmark = pytest.mark.compiled

SWITCH = text(
    regimen("amitriptyline", daily("150 mg", "24 h", "-20 d", "20 d")),
    regimen("carbamazepine", daily("400 mg", "12 h", "-20 d", "0 d")),
    days=20,
)
"""Carbamazepine stopped after three weeks."""

N = 2000
"""Patients of the runs that are compared: four partitions."""

MANY = 3 * N
"""Patients of a run that is struck after its first partition: seconds of work are left then."""

TABLES = {
    "patients.csv",
    "bands.csv",
    "days.csv",
    "metrics.csv",
    "risk.csv",
    "sampling.csv",
    "guidance.csv",
    "run.json",
}

FICKLE = (
    drug(
        "fickle",
        oral(1.0, 1.0),
        pathway("all", 1.0, kind="other"),
        volume="10 L",
        clearance="6000 L/h",
    )
    .replace(
        'clearance = "6000 L/h"', 'clearance = { value = 6000, unit = "L/h", kind = "assumed", cv = 1.5, note = "x" }'
    )
    .replace("[elimination]", '[[distribution.peripheral]]\nvolume = "20 L"\nflow = "10 L/h"\n[elimination]')
)
"""A drug that some patients clear too fast for any solver: with two compartments no rate is known beforehand."""


SWIFT = drug(
    "swift",
    oral(1.0, 1.0),
    '[[distribution.peripheral]]\nvolume = "20 L"\nflow = "10 L/h"\n',
    pathway("all", 1.0, "CYP3A4", 'km = { value = 1000, unit = "mg/L", basis = "total" }'),
    volume="1 L",
    clearance="1e5 L/h",
)
"""A drug whose rate constant is 1e5 per hour wherever there is as much of its enzyme as there usually is."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scenario in it, and in ``threads`` its population, computed in threads."""
    top = tmp_path_factory.mktemp("population")
    written(top, SWITCH, name="switch")
    assert process(top, "-n", N, "--out", "threads").returncode == 0
    return top


@pytest.fixture(scope="module")
def undisturbed(folder: Path) -> Path:
    """The population of ``MANY``, computed in threads without a disturbance."""
    assert process(folder, "-n", MANY, "--out", "undisturbed").returncode == 0
    return folder / "undisturbed"


@pytest.fixture(scope="module")
def plan(folder: Path) -> RunPlan:
    """The plan of a small population of the same scenario."""
    scenario = load_scenario(folder / "switch.toml")
    return plan_of(scenario, specification(scenario, 48, 3))


def arguments(*more: object) -> list[str]:
    return ["population", "switch.toml", "--no-figure", *map(str, more)]


def process(top: Path, *more: object) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    line = [sys.executable, "-m", "pkinteract", *arguments(*more)]
    return subprocess.run(line, cwd=top, capture_output=True, text=True, encoding="utf-8", check=False)


def command(scenario: Path, out: str, *more: object, figure: bool = False) -> Result:
    """The command in this process; ``out`` is a folder beside the scenario."""
    where = ["--out", str(scenario.parent / out)]
    figures = [] if figure else ["--no-figure"]
    return CliRunner().invoke(main, ["population", str(scenario), *where, *figures, *map(str, more)])


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def same_bytes(one: Path, other: Path) -> None:
    names = {path.name for path in one.iterdir()}
    assert names == {path.name for path in other.iterdir()}
    assert not [name for name in names if (one / name).read_bytes() != (other / name).read_bytes()]


# ---- measures ----


STEADY = text(
    regimen("amitriptyline", daily("150 mg", "24 h", "-2 d", "10 d", "steady_state = true")),
    regimen("carbamazepine", daily("400 mg", "12 h", "-2 d", "0 d", "steady_state = true")),
    days=10,
)
"""The same switch, begun at steady state."""


@pytest.mark.parametrize(
    "source",
    [SWITCH, SWITCH.replace('duration = "20 d"', 'duration = "20.3 d"'), STEADY],
    ids=["whole days", "a part of a day", "steady state"],
)
def test_measures_are_those_of_a_single_run(source: str, tmp_path: Path) -> None:
    """Patients without any difference have the averages, extremes, areas and hours of ``simulate``, to 1e-5 of Cmax."""
    scenario = load_scenario(written(tmp_path, source))
    result = simulate(scenario)
    drawn = draw(scenario, specification(scenario), 0, 1)
    body = ("weight", "age", "female", "creatinine_clearance")
    fixed = frozenset([*body, *scenario.monographs, *drawn.phenotype, *drawn.abundance])
    plan = plan_of(scenario, replace(specification(scenario, 3), fixed=fixed))

    found = run_block(plan, range(3), counting.empty_tally(plan, plan.spec.n)).columns

    end = scenario.duration
    for analyte, curve in zip(result.analytes, result.curves, strict=True):
        unit = analyte.column.removeprefix(f"{analyte.id}_")
        whole, last, first = (extremes(curve, *span) for span in ((0, end), (end - 24, end), (-24, 0)))
        expected = {
            f"cavg_before_{unit}": average(curve, -24, 0),
            f"cavg_after_{unit}": average(curve, end - 24, end),
            f"cmax_{unit}": whole.cmax,
            f"peak_before_{unit}": first.cmax,
            f"peak_after_{unit}": last.cmax,
            f"trough_before_{unit}": first.cmin,
            f"trough_after_{unit}": last.cmin,
        }
        for name, value in expected.items():
            np.testing.assert_allclose(found[f"{analyte.id}_{name}"], value, atol=1e-5 * whole.cmax, err_msg=name)
        area = found[f"{analyte.id}_auc_{unit.replace('_per', '_h_per')}"]
        np.testing.assert_allclose(area, float(curve.integral(0, end)), rtol=1e-4)
        ends = [*range(24, int(end), 24), end]
        folds = np.array([average(curve, day - 24, day) for day in (0, *ends)]) / average(curve, -24, 0)
        np.testing.assert_allclose(found[f"{analyte.id}_fold_rise"], folds[-1], atol=1e-4)
        np.testing.assert_allclose(found[f"{analyte.id}_fold_highest"], folds.max(), atol=1e-4)
        np.testing.assert_allclose(found[f"{analyte.id}_fold_lowest"], folds.min(), atol=1e-4)
        if analyte.alert is not None:
            hours = np.diff(alert_spans(result, result.analytes.index(analyte)).within(0.0, end)).sum()
            np.testing.assert_allclose(found[f"{analyte.id}_above_alert_h"], hours, atol=0.05)


def test_a_rise_is_timed_on_the_average_of_the_last_24_hours() -> None:
    """1 + (1 - exp(-t/5 d)): half of the way to the end after ln 2 and 90 % after ln 10 time constants.

    A straight line through a day of it is off by a day²/(8·5 d) at most.
    """
    ends = 24.0 * np.arange(61)
    means = 2 - np.exp(-ends / 120)[:, None]

    half, most = (days[0] for days in times_to_shares(means, ends, (0.5, 0.9)))

    assert half == pytest.approx(5 * math.log(2), abs=1 / 40)
    assert most == pytest.approx(5 * math.log(10), abs=1 / 40)


@given(st.lists(st.floats(0.1, 100), min_size=2, max_size=30), st.floats(0.05, 1.0))
def test_a_change_is_timed_where_the_line_passes(means: list[float], share: float) -> None:
    """There the line between the averages has gone that share of its way, and not before.

    No day for a change of less than 5 %, or of less than 0.1 % of the highest average.
    """
    ends = 24.0 * np.arange(len(means))

    [[day]] = times_to_shares(np.array(means)[:, None], ends, [share])

    change = means[-1] - means[0]
    if abs(change) < max(0.05 * means[0], 1e-3 * max(means)) or change == 0:
        assert math.isnan(day)
    else:
        there = (np.interp(24 * day, ends, means) - means[0]) / change
        assert there == pytest.approx(share, abs=1e-6)
        before = (np.array(means)[ends < 24 * day - 1e-6] - means[0]) / change
        assert np.all(before[1:] < share + 1e-9)


@pytest.mark.parametrize(
    ("span", "edges", "first", "last"),
    [
        ((-480.0, 96.0), [-24, 0, 24, 48, 72, 96], (-24, 0), (72, 96)),
        ((0.0, 60.0), [0, 24, 36, 48, 60], (0, 24), (36, 60)),
        ((-12.0, 48.0), [0, 24, 48], (0, 24), (24, 48)),
        ((0.0, 10.0), [0, 10], (0, 10), (0, 10)),
    ],
    ids=["a day before", "ends within a day", "half a day before", "less than a day"],
)
def test_the_reference_day_and_the_last_one(
    span: tuple[float, float], edges: list[float], first: tuple[float, float], last: tuple[float, float]
) -> None:
    """The day before t = 0 if the run holds all of it, else the first; the last 24 h, or all of a shorter run."""
    found = windows_of(*span)

    assert found.edges.tolist() == edges
    for day, ends in ((found.days[found.reference], first), (found.days[-1], last)):
        assert (found.edges[day.start], found.edges[day.stop]) == ends


@given(st.lists(st.integers(1, 1000).map(lambda tenths: tenths / 10), min_size=2, max_size=30, unique=True))
def test_a_change_that_passes_is_measured_where_it_is_largest(means: list[float]) -> None:
    """The highest and the lowest day over the first, and when they end; no day for less than 5 %."""
    over = windows_of(-24.0, 24.0 * (len(means) - 1))
    rows = np.zeros((len(means), 5, 1))
    rows[:, 0, 0], rows[:, 1, 0] = 24 * np.array(means), means

    found = metrics(rows, over, alert=False)

    for name, day in (("highest", int(np.argmax(means))), ("lowest", int(np.argmin(means)))):
        fold = means[day] / means[0]
        assert found[f"fold_{name}"][0] == pytest.approx(fold)
        at = found[f"t_{name}"][0]
        assert math.isnan(at) if abs(fold - 1) < 0.0499 else abs(fold - 1) < 0.0501 or at == day


def test_an_inhibitor_for_ten_days_shows_as_a_rise_that_passes(tmp_path: Path) -> None:
    """Carbamazepine with fluconazole for ten days is higher in between than at the end; fluconazole is gone."""
    source = text(
        regimen("carbamazepine", daily("400 mg", "12 h", "-30 d", "45 d")),
        regimen("fluconazole", daily("400 mg", "24 h", "0 d", "10 d")),
        days=45,
    )
    done = command(written(tmp_path, source), "out", "-n", 16)

    found = pd.read_csv(tmp_path / "out/patients.csv")
    assert (found.status == "ok").all()
    assert found.carbamazepine_fold_rise.median() == pytest.approx(1.0, abs=0.05)
    assert found.carbamazepine_fold_highest.median() > 1.2
    assert found.carbamazepine_t_highest_day.between(3, 12).all()
    assert found.fluconazole_t50_day.isna().all()
    assert "highest, fold" in done.stdout


def test_a_level_before_which_there_was_nothing_has_no_fold_rise() -> None:
    """From zero to 24 unit·h a day: no ratio, but half of the way after half a day."""
    over = windows_of(-48.0, 96.0)
    rows = np.zeros((len(over.edges) - 1, 5, 1))
    rows[over.output] = np.array([24.0, 1.0, 12.0, 1.0, 0.0])[:, None]

    found = metrics(rows, over, alert=False)

    assert math.isnan(found["fold_rise"][0])
    assert found["t50"][0] == pytest.approx(0.5)
    assert found["auc"][0] == 96


# ---- what is counted ----


@given(st.lists(st.floats(1e-6, 1e9), min_size=1, max_size=300), st.lists(st.floats(0, 1), min_size=1, max_size=5))
def test_quantiles_of_counts_are_within_a_bin(values: list[float], shares: list[float]) -> None:
    """Whatever the sample, streamed quantiles lie within 1.6 % of those that numpy finds in all of it."""
    counts = np.bincount(counting.bins(values), minlength=counting.ALL_BINS)[None].astype(np.uint32)

    found = counting.quantiles(counts, shares)[:, 0]

    np.testing.assert_allclose(found, np.quantile(values, shares), rtol=0.0161)


def test_quantiles_of_a_smooth_sample_are_closer() -> None:
    """Of 20,000 log-normal levels the percentiles of the bands are within 0.3 %, mean and SD within 0.1 %."""
    values = np.exp(np.random.default_rng(1).standard_normal(20_000))
    counts = np.bincount(counting.bins(values), minlength=counting.ALL_BINS)[None].astype(np.uint32)

    found, (mean, sd) = counting.quantiles(counts, (0.05, 0.5, 0.95))[:, 0], counting.moments(counts)

    np.testing.assert_allclose(found, np.quantile(values, (0.05, 0.5, 0.95)), rtol=3e-3)
    np.testing.assert_allclose([mean[0], sd[0]], [values.mean(), values.std(ddof=1)], rtol=1e-3)


@pytest.mark.parametrize("kind", [np.uint16, np.uint32])
def test_every_value_counts_once_in_each_of_its_groups(kind: type[np.uint16] | type[np.uint32]) -> None:
    """Of every row and group the counts are those of its members' bins; what is no number counts nowhere."""
    random = np.random.default_rng(1)
    values, member = np.exp(random.normal(0, 8, (5, 100))), random.random((4, 100)) < 0.3
    values[random.random(values.shape) < 0.1] = np.nan
    values[0, :3] = 0.0, -3.0, np.inf
    counts = np.ones((5, 4, counting.ALL_BINS), dtype=kind)

    count_groups(values, member, counts)

    for row, of_row in zip(values, counts, strict=True):
        for some, found in zip(member, of_row, strict=True):
            mine = counting.bins(row[some & ~np.isnan(row)])
            np.testing.assert_array_equal(found, 1 + np.bincount(mine, minlength=counting.ALL_BINS))


@given(
    st.dictionaries(
        st.one_of(st.integers(0, 3), st.integers(200, 800), st.integers(2990, 2999)),
        st.one_of(st.integers(0, 3), st.sampled_from([254, 255, 256, 510, 511, 2**16 - 1])),
    ),
    st.sampled_from([np.uint16, np.uint32]),
)
def test_counts_travel_without_loss(some: dict[int, int], kind: type[np.uint16] | type[np.uint32]) -> None:
    """Counts of any size, any way apart: packed and added to others they are their sum, bin by bin."""
    part, total = np.zeros((2, 1501), dtype=kind), np.full((2, 1501), 7, dtype=np.uint32)
    part.reshape(-1)[list(some)] = list(some.values())

    pairs = gathered(part)
    scatter(pairs, total)

    np.testing.assert_array_equal(total, part.astype(np.uint32) + 7)
    assert len(pairs) <= 3002 // 255 + sum(-(-number // 255) for number in some.values())


@pytest.mark.parametrize(
    ("events", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_intervals_of_shares_are_those_of_newcombe(events: int, total: int, low: float, high: float) -> None:
    """Wilson's score intervals as printed by Newcombe, Stat Med 1998;17:857-72, table I, method 3."""
    found = counting.wilson(events, total)

    assert [float(end) for end in found] == pytest.approx([low, high], abs=5e-5)


def test_an_interval_of_a_ratio_is_that_of_koopman() -> None:
    """The score interval of 36 of 40 over 16 of 80 as in Koopman, Biometrics 1984;40:513-7: 2.94 to 7.15."""
    found = counting.ratio_interval(36, 40, 16, 80)

    assert [float(end) for end in found] == pytest.approx([2.94, 7.15], abs=5e-3)


@given(st.integers(1, 400), st.integers(0, 400), st.integers(0, 400), st.integers(0, 4000))
def test_a_ratio_is_above_one_where_the_chi_square_test_says_so(events: int, free: int, other: int, rest: int) -> None:
    """The lower end is above 1 exactly when Pearson's test of equal shares refuses at the same level."""
    total, others = events + free, other + rest
    assume(others > 0 and 0 < events + other < total + others)

    low, high = (float(end) for end in counting.ratio_interval(events, total, other, others))

    statistic = stats.chi2_contingency([[events, free], [other, rest]], correction=False).statistic
    assume(abs(statistic - stats.chi2.ppf(0.95, 1)) > 1e-6)
    larger = events * others > other * total
    assert (low > 1) is bool(larger and statistic > stats.chi2.ppf(0.95, 1))
    assert low <= events * others / max(other * total, 1e-300) * (1 + 1e-9)
    assert high == math.inf or high * other * total >= events * others * (1 - 1e-9)


@given(
    numbers=st.tuples(*[st.integers(0, 60)] * 4).filter(lambda some: some[0] + some[1] > 0 and some[2] + some[3] > 0)
)
def test_what_chance_makes_is_the_hypergeometric_tail(numbers: tuple[int, int, int, int]) -> None:
    """Closed form: of scipy, where a group has more than its share; else it is no matter of chance."""
    events, free, other, _ = numbers
    total, everybody = events + free, sum(numbers)

    found = counting.chance_of(events, total, events + other, everybody)

    more = events * everybody > (events + other) * total
    expected = stats.hypergeom.sf(events - 1, everybody, events + other, total) if more else 1.0
    assert found == pytest.approx(expected, rel=1e-7, abs=1e-12)


@pytest.mark.parametrize(
    ("poor", "others", "words"),
    [
        ((1, 145), (1, 12_000), None),
        ((2, 145), (2, 12_000), "82.8 times the share of the others (14.6–465)"),
        ((5, 145), (400, 12_000), None),
        ((4, 42), (9, 558), None),
        ((12, 145), (0, 12_000), "at least"),
    ],
    ids=["one patient", "two patients", "as many as chance makes", "few", "nobody else"],
)
def test_a_group_is_named_for_more_than_one_patient_and_more_than_chance(
    plan: RunPlan, poor: tuple[int, int], others: tuple[int, int], words: str | None
) -> None:
    """The text names it with the ratio and its interval, or does not name it."""
    tally = counting.empty_tally(plan, plan.spec.n)
    names = counting.groups(plan)
    place = next(n for n, analyte in enumerate(plan.analytes) if analyte.id == "amitriptyline+nortriptyline")
    for row, counts in ((("CYP2D6", "poor"), [poor]), (("CYP2D6", "normal"), [others]), (names[0], [poor, others])):
        tally.risk[place, names.index(row), 0] = sum(total for _, total in counts)
        tally.risk[place, names.index(row), counting.AFTER] = sum(events for events, _ in counts)

    lines = [line for line in population_lines(plan, tally, 0, [], words_of("en")) if "CYP2D6 poor" in line]

    assert len(lines) == (words is not None)
    assert words is None or words in lines[0]


def test_the_tables_of_the_terminal_are_in_the_language(plan: RunPlan) -> None:
    """Every line is another in German but the title, with a decimal comma; groups and failures too."""
    tally = counting.empty_tally(plan, plan.spec.n)
    names = counting.groups(plan)
    place = next(n for n, analyte in enumerate(plan.analytes) if analyte.id == "amitriptyline+nortriptyline")
    risky = (("CYP2D6", "poor"), ("age_y", "65 and above"), ("smoker", "true"))
    risky = tuple(group for group in risky if group in names)
    tally.risk[place, 0, 0], tally.risk[place, 0, counting.AFTER] = 12_000, 400
    for group in risky:
        tally.risk[place, names.index(group), 0], tally.risk[place, names.index(group), counting.AFTER] = 1000, 200
    tally.patients[:] = 12_000, 12
    tally.failures.update(dict.fromkeys(range(9), "cannot be"))

    english, german = (population_lines(plan, tally, 1, [], words_of(language)) for language in ("en", "de"))

    assert len(english) == len(german)
    same = [line for line in english[1:] if line in german]
    assert all(re.fullmatch(r"[ \w+/,.–-]*", line) for line in same), same
    told = "\n".join(german)
    for said in (
        "davon 12 ohne Ergebnis",
        "Verhältnis",
        "200 von 1.000",
        "20,0 %",
        "Patient 0: ",
        "langsam",
        "Raucher",
    ):
        assert said in told


def test_a_sum_of_parts_does_not_depend_on_their_order(plan: RunPlan) -> None:
    """Three blocks added in any order, or packed and read again, give the counts of one block after the other."""
    together, parts = counting.empty_tally(plan, plan.spec.n), []
    for start in (0, 16, 32):
        run_block(plan, range(start, start + 16), together)
        parts.append(counting.empty_tally(plan, plan.spec.n))
        run_block(plan, range(start, start + 16), parts[-1])

    for order in permutations(parts):
        total = counting.empty_tally(plan, plan.spec.n)
        for part in order:
            total.add(part)
        for name, counts in total.arrays().items():
            np.testing.assert_array_equal(counts, together.arrays()[name], err_msg=name)
    content = compute(plan, 0, FORMS["csv"])["00000.npz"]
    stored = counting.empty_tally(plan, plan.spec.n)
    add_packed(stored, content)
    for name, counts in stored.arrays().items():
        np.testing.assert_array_equal(counts, together.arrays()[name], err_msg=name)


def test_everybody_is_counted_once(plan: RunPlan) -> None:
    """Levels of sex, age, kidneys and weight, and phenotypes of each gene, add up to the population."""
    total = counting.empty_tally(plan, plan.spec.n)

    run_block(plan, range(48), total)

    names = counting.groups(plan)
    for group in {group for group, _ in names}:
        mine = [n for n, (name, _) in enumerate(names) if name == group]
        assert total.risk[0, mine, 0].sum() == 48, group
    assert total.levels.sum(axis=2).min() == total.levels.sum(axis=2).max() == 48


# ---- who computes it ----


def of_its_own(arguments_: list[str], top: Path) -> subprocess.Popen[str]:
    """A process that is waited for or killed."""
    return subprocess.Popen(arguments_, cwd=top, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def until(happened: Callable[[], object], process_: subprocess.Popen[str]) -> None:
    """Wait for something that comes while the process runs."""
    while not happened():
        assert process_.poll() is None, "it ended too early"
        time.sleep(0.002)


def finished(top: Path) -> int:
    """Number of partitions that stand in a folder."""
    return len(list((top / "partitions").glob("*.npz")))


@contextmanager
def cluster(workers: int, top: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A scheduler and workers begun by hand; gives its address and its process."""
    where = top / "scheduler.json"
    file = ["--no-dashboard", "--scheduler-file", str(where)]
    worker = ["dask_worker", "--nthreads", "1", "--no-nanny", "--local-directory", str(top)]
    begun = [
        subprocess.Popen([sys.executable, "-m", f"distributed.cli.{name}", *more, *file], stderr=subprocess.DEVNULL)
        for name, *more in [["dask_scheduler", "--host", "127.0.0.1", "--port", "0"], *[worker] * workers]
    ]
    try:
        while not where.exists() or not where.stat().st_size:
            assert begun[0].poll() is None
            time.sleep(0.05)
        yield json.loads(where.read_text("utf-8"))["address"], begun[0]
    finally:
        for each in reversed(begun):
            each.terminate()
        for each in begun:
            each.wait()


@pytest.mark.cluster
@pytest.mark.slow
def test_processes_write_what_threads_write(folder: Path) -> None:
    """Every file of a local cluster of two has the bytes of the run in threads."""
    done = process(folder, "-n", N, "--out", "processes", "--workers", 2)

    assert (done.returncode, done.stderr) == (0, "")
    same_bytes(folder / "threads", folder / "processes")


def test_a_patient_is_the_same_beside_any_neighbours(folder: Path) -> None:
    """The first 20 rows of 50 patients are those of 20, byte by byte, though their last group is not full then."""
    few, many = ((folder / name) for name in ("few", "many"))
    for top, count in ((few, 20), (many, 50)):
        assert command(folder / "switch.toml", top.name, "-n", count).exit_code == 0

    lines = [(top / "patients.csv").read_bytes().split(b"\r\n") for top in (few, many)]

    assert lines[0][:21] == lines[1][:21]


@pytest.mark.cluster
@pytest.mark.slow
def test_a_first_run_writes_what_later_ones_write(folder: Path, tmp_path: Path) -> None:
    """With an empty cache the code is compiled first, which a terminal is told: the bytes are those of code on disk."""
    line = [sys.executable, "-m", "pkinteract", *arguments("-n", N, "--out", "first")]
    emptied = {**os.environ, "PKINTERACT_CACHE": str(tmp_path)}
    ours, terminal = os.openpty()
    told = b""

    with subprocess.Popen(line, cwd=folder, env=emptied, stdout=subprocess.DEVNULL, stderr=terminal) as running:
        os.close(terminal)
        with suppress(OSError):
            while more := os.read(ours, 4096):
                told += more

    os.close(ours)
    assert running.returncode == 0
    assert told.startswith(b"compiling for this processor, once: about ")
    same_bytes(folder / "threads", folder / "first")


@pytest.mark.cluster
@pytest.mark.slow
def test_a_cluster_begun_by_hand_writes_what_threads_write(folder: Path, tmp_path: Path) -> None:
    """A scheduler and two workers give the same bytes; when the scheduler is lost, status 3 and how to go on."""
    with cluster(2, tmp_path) as (address, scheduler):
        done = process(folder, "-n", N, "--out", "scheduler", "--scheduler", address)
        more = arguments("-n", MANY, "--out", "lost", "--scheduler", address)
        running = of_its_own([sys.executable, "-m", "pkinteract", *more], folder)
        until(lambda: finished(folder / "lost"), running)
        scheduler.kill()
        _, complaint = running.communicate()

    assert (done.returncode, done.stderr) == (0, "")
    same_bytes(folder / "threads", folder / "scheduler")
    assert running.returncode == 3
    assert re.fullmatch(r"Error: the scheduler was lost \(\w+\); --resume goes on from what is finished\n", complaint)


@pytest.mark.cluster
@pytest.mark.slow
def test_a_worker_that_dies_changes_nothing(folder: Path, undisturbed: Path) -> None:
    """One of two workers is killed while it computes: the run ends without a word, with the same bytes."""
    running = of_its_own(
        [sys.executable, "-m", "pkinteract", *arguments("-n", MANY, "--out", "died", "--workers", 2)], folder
    )
    until(lambda: finished(folder / "died"), running)
    children = psutil.Process(running.pid).children()
    victim = next(child for child in children if "spawn_main" in " ".join(child.cmdline()))

    victim.kill()
    _, complaint = running.communicate()

    assert (running.returncode, complaint) == (0, "")
    same_bytes(undisturbed, folder / "died")


@pytest.mark.cluster
@pytest.mark.slow
def test_an_interrupted_run_goes_on(folder: Path, undisturbed: Path) -> None:
    """Killed without a chance to tidy up, it has left finished partitions; --resume computes the others alone."""
    running = of_its_own([sys.executable, "-m", "pkinteract", *arguments("-n", MANY, "--out", "killed")], folder)
    until(lambda: finished(folder / "killed"), running)
    running.kill()
    running.communicate()
    kept = finished(folder / "killed")

    other = process(folder, "-n", MANY, "--seed", 2, "--out", "killed", "--resume")
    done = process(folder, "-n", MANY, "--out", "killed", "--resume")

    assert 1 <= kept < 12
    assert other.returncode == 2
    assert "holds partitions of another population (seed 1 instead of 2)" in other.stderr
    assert done.returncode == 0
    assert f"went on from {kept} of 12 partitions" in done.stdout
    same_bytes(undisturbed, folder / "killed")


PARTITION_DAMAGE = {
    "cut": lambda content: content[:50],
    "empty": lambda content: b"",
    "a flipped bit": lambda content: content[:-200] + bytes([content[-200] ^ 1]) + content[-199:],
}
"""What may have happened to a file of a partition since it was written."""


@pytest.mark.parametrize("name", ["00000.npz", "patients-00000.csv"])
@pytest.mark.parametrize("what", PARTITION_DAMAGE)
def test_a_damaged_partition_is_computed_again(name: str, what: str, tmp_path: Path) -> None:
    """Cut, empty or with a bit changed, its counts or its rows: --resume does not use it, the result is the same."""
    scenario = written(tmp_path, SWITCH, name="switch")
    words = [
        "population",
        str(scenario),
        "-n",
        "20",
        "--no-figure",
        "--keep-partitions",
        "--out",
        str(tmp_path / "out"),
    ]
    first = CliRunner().invoke(main, words)
    whole = (tmp_path / "out/patients.csv").read_bytes()
    kept = tmp_path / "out/partitions" / name
    content = kept.read_bytes()

    intact = CliRunner().invoke(main, [*words, "--resume"])
    kept.write_bytes(PARTITION_DAMAGE[what](content))
    again = CliRunner().invoke(main, [*words, "--resume"])

    assert [first.exit_code, intact.exit_code, again.exit_code] == [0, 0, 0]
    assert "went on from 1 of 1 partitions" in intact.stdout
    assert "went on from" not in again.stdout
    assert (tmp_path / "out/patients.csv").read_bytes() == whole
    assert kept.read_bytes() == content


@pytest.mark.cluster
def test_a_run_that_is_stopped_says_how_to_go_on(folder: Path) -> None:
    """Ctrl-C keeps what is finished and names the option."""
    running = of_its_own([sys.executable, "-m", "pkinteract", *arguments("-n", MANY, "--out", "stopped")], folder)
    until(lambda: finished(folder / "stopped"), running)

    running.send_signal(signal.SIGINT)
    _, complaint = running.communicate()

    assert running.returncode == 130
    assert "--resume goes on" in complaint
    assert finished(folder / "stopped") >= 1


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (("--workers", "2", "--scheduler", "tcp://127.0.0.1:8786"), "give either --workers or --scheduler"),
        (
            ("--scheduler", "somewhere"),
            "somewhere  no Dask scheduler answers (missing port number in address 'somewhere')",
        ),
        (("--workers", "0"), "0 is not in the range x>=1"),
        (("-n", "0"), "0 is not in the range 1<=x<=100000000"),
        (("--seed", "-1"), "-1 is not in the range 0<=x<=9223372036854775807"),
        (("--format", "nonmem"), "'nonmem' is not one of 'csv', 'parquet'"),
    ],
    ids=["both", "no address", "no workers", "nobody", "negative seed", "unknown format"],
)
def test_broken_flags_are_refused(more: tuple[str, ...], complaint: str, folder: Path) -> None:
    """Status 2, what is wrong, no traceback, nothing written."""
    done = command(folder / "switch.toml", "broken", *more)

    assert (done.exit_code, done.stdout) == (2, "")
    assert complaint in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "broken").exists()


@pytest.mark.parametrize(
    ("module", "more", "complaint"),
    [
        ("distributed", ["--workers", "2"], 'dask  needs Dask; install it with: pip install "pkinteract[cluster]"'),
        ("pyarrow", ["--profiles"], 'parquet needs pyarrow; install it with: pip install "pkinteract[parquet]"'),
    ],
)
def test_what_is_not_installed_is_named(module: str, more: list[str], complaint: str, folder: Path) -> None:
    """The message says what to install; nothing is computed or written."""
    line = ["population", "switch.toml", "--out", "missing", *more]
    code = f"import sys\nsys.modules[{module!r}] = None\nfrom pkinteract.cli import main\nmain({line})"

    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"Error: {more[0]}: 1 problem\n")
    assert done.stderr.endswith(f"{complaint}\n")
    assert not (folder / "missing").exists()


# ---- what it writes ----


def test_the_files_of_a_population(folder: Path) -> None:
    """Those of the contract; nothing unfinished is left."""
    assert {path.name for path in (folder / "threads").iterdir()} == TABLES


def test_patients_have_a_row_each(folder: Path) -> None:
    """Numbered in order, body, genes and measures with units in their names, a status."""
    found = rows(folder / "threads/patients.csv")

    assert [row["patient"] for row in found] == [str(n) for n in range(N)]
    names = list(found[0])
    body = ["sex", "age_y", "weight_kg", "height_cm", "creatinine_clearance_mL_per_min", "smoker"]
    assert names[1:7] == body
    assert {"CYP2D6", "CYP2D6_activity_score", "CYP2D6_activity", "CYP3A4_abundance"} <= set(names)
    for measure in (
        "cavg_before_ng_per_mL",
        "auc_ng_h_per_mL",
        "fold_rise",
        "t50_day",
        "tmax_day",
        "trough_after_ng_per_mL",
    ):
        assert f"amitriptyline_{measure}" in names
    assert {"nortriptyline_above_alert_h", "nortriptyline_first_above_alert_day"} <= set(names)
    assert names[-1] == "status"
    assert {row["status"] for row in found} == {"ok"}


def test_tables_agree_with_the_patients(folder: Path) -> None:
    """Quantiles of measures within 1.6 % of those of patients.csv, in all and by phenotype; risks counted exactly."""
    patients = pd.read_csv(folder / "threads/patients.csv")
    spread, risk = pd.read_csv(folder / "threads/metrics.csv"), pd.read_csv(folder / "threads/risk.csv")

    for group, mine in [(("all", "all"), patients), (("CYP2D6", "poor"), patients[patients.CYP2D6 == "poor"])]:
        of_group = spread[(spread.group == group[0]) & (spread.level == group[1])]
        for metric, name in [("cmax", "cmax_ng_per_mL"), ("fold_rise", "fold_rise"), ("t50", "t50_day")]:
            [row] = of_group[(of_group.analyte == "nortriptyline") & (of_group.metric == metric)].to_dict("records")
            column = mine[f"nortriptyline_{name}"]
            assert row["n"] == column.count()
            expected = column.quantile([0.05, 0.25, 0.5, 0.75, 0.95])
            np.testing.assert_allclose([row[f"p{p}"] for p in (5, 25, 50, 75, 95)], expected, rtol=0.0161)
        total = "amitriptyline+nortriptyline"
        [row] = risk[(risk.analyte == total) & (risk.group == group[0]) & (risk.level == group[1])].to_dict("records")
        above = (mine[f"{total}_trough_after_ng_per_mL"] > row["alert"]).sum()
        assert row["n"] == len(mine)
        assert row["at_risk_after"] == pytest.approx(above, abs=0.01 * len(mine))
        assert row["at_risk_ever"] == (mine[f"{total}_above_alert_h"] > 0).sum()
        assert row["low_after"] <= row["share_after"] <= row["high_after"]


def test_poor_metabolisers_are_told_apart(folder: Path) -> None:
    """The risk ratio of a level is the share in it over the share of everybody else."""
    risk = pd.read_csv(folder / "threads/risk.csv")
    mine = risk[risk.analyte == "amitriptyline+nortriptyline"].set_index(["group", "level"])
    everybody, poor = mine.loc[("all", "all")], mine.loc[("CYP2D6", "poor")]

    others = (everybody.at_risk_after - poor.at_risk_after) / (everybody.n - poor.n)

    assert poor.risk_ratio_after == pytest.approx(poor.share_after / others, rel=1e-6)
    assert poor.risk_ratio_after > 2
    assert math.isnan(everybody.risk_ratio_after)


def test_bands_stand_on_the_output_grid(folder: Path) -> None:
    """From the day before t = 0 to the end; quantiles in order; the days have averages and shares above the alert."""
    bands, days = pd.read_csv(folder / "threads/bands.csv"), pd.read_csv(folder / "threads/days.csv")
    quantiles = [f"p{p}" for p in (5, 10, 25, 50, 75, 90, 95)]

    for _, rows_ in bands.groupby("analyte"):
        np.testing.assert_array_equal(rows_.time_h, np.arange(-24, 481))
        np.testing.assert_allclose(rows_.day, rows_.time_h / 24, rtol=1e-9)
    for table in (bands, days):
        assert (np.diff(table[quantiles], axis=1) >= 0).all()
    for _, rows_ in days.groupby("analyte"):
        np.testing.assert_array_equal(rows_.day, np.arange(-4, 21))
    judged = days[days.analyte == "amitriptyline+nortriptyline"]
    assert judged.share_above_alert.iloc[-1] > judged.share_above_alert.iloc[0]


def test_the_record_says_who_was_simulated(folder: Path) -> None:
    """run.json holds the scenario, the population and how many came to nothing; no path, no time of day."""
    record = json.loads((folder / "threads/run.json").read_text("utf-8"))

    assert record["scenario"]["name"] == "switch-population"
    assert record["scenario"]["text"] == (folder / "switch.toml").read_text("utf-8")
    assert (record["population"]["n"], record["population"]["seed"]) == (N, 1)
    assert record["patients"] == {"simulated": N, "without_result": 0}
    assert str(folder) not in json.dumps(record)


def test_the_table_of_the_scenario_counts_unless_a_flag_does(folder: Path) -> None:
    """[population] gives n and seed; -n and --seed replace them. The same patients come whatever n is."""
    (folder / "table.toml").write_text(SWITCH + "[population]\nn = 20\nseed = 1\n", "utf-8")

    first = command(folder / "table.toml", "table")
    more = command(folder / "table.toml", "flags", "-n", 24, "--seed", 2)

    assert first.exit_code == more.exit_code == 0
    assert "20 virtual patients, seed 1" in first.stdout
    assert "not a medical device" in first.stdout
    assert len(rows(folder / "flags/patients.csv")) == 24
    table, flags, known = (bodies(folder / out / "patients.csv")[:20] for out in ("table", "flags", "threads"))
    assert table == known
    assert table != flags


def bodies(path: Path) -> list[tuple[str, ...]]:
    """Something of what every patient is."""
    return [(row["age_y"], row["weight_kg"], row["CYP2D6"]) for row in rows(path)]


@pytest.mark.slow
def test_parquet_and_profiles_hold_the_same(folder: Path) -> None:
    """Patients in parts as in CSV; each profile reaches its patient's peak; an hour's profiles give its band."""
    done = command(folder / "switch.toml", "parts", "-n", N, "--format", "parquet", "--profiles", "--keep-partitions")

    assert done.exit_code == 0
    names = {path.name for path in (folder / "parts").iterdir()}
    assert names == {
        "patients",
        "profiles",
        "partitions",
        "run.json",
        *(f"{t}.parquet" for t in ("bands", "days", "metrics", "risk", "sampling", "guidance")),
    }
    found, expected = pd.read_parquet(folder / "parts/patients"), pd.read_csv(folder / "threads/patients.csv")
    assert list(found.columns) == list(expected.columns)
    for name in expected.columns:
        if pd.api.types.is_float_dtype(expected[name].dtype):
            np.testing.assert_allclose(found[name].astype(float), expected[name], rtol=1e-6)
    profiles = pd.read_parquet(folder / "parts/profiles")
    assert list(profiles.columns[:2]) == ["patient", "time_h"]
    hour = profiles[profiles.time_h == 200].amitriptyline_ng_per_mL
    bands = pd.read_csv(folder / "threads/bands.csv")
    [row] = bands[(bands.analyte == "amitriptyline") & (bands.time_h == 200)].to_dict("records")
    np.testing.assert_allclose([row["p5"], row["p50"], row["p95"]], hour.quantile([0.05, 0.5, 0.95]), rtol=0.0161)
    tops = profiles[profiles.time_h >= 0].groupby("patient").amitriptyline_ng_per_mL.max()
    assert (tops <= 1.00001 * found.amitriptyline_cmax_ng_per_mL.to_numpy()).all()
    assert (tops >= 0.97 * found.amitriptyline_cmax_ng_per_mL.to_numpy()).all()


def test_results_replace_those_of_another_format(folder: Path) -> None:
    """A folder never mixes two runs: patients as CSV go when Parquet comes, and the other way round."""
    scenario = folder / "switch.toml"

    first = command(scenario, "twice", "-n", 20)
    second = command(scenario, "twice", "-n", 20, "--format", "parquet")
    after = {path.name for path in (folder / "twice").iterdir()}
    third = command(scenario, "twice", "-n", 20)

    assert first.exit_code == second.exit_code == third.exit_code == 0
    tables = ("bands", "days", "metrics", "risk", "sampling", "guidance")
    assert after == {"patients", "run.json", *(f"{name}.parquet" for name in tables)}
    assert {path.name for path in (folder / "twice").iterdir()} == TABLES


def test_a_folder_with_something_else_is_left_alone(folder: Path) -> None:
    """Foreign files, the results of ``run``, and partitions of another plan each need --force."""
    (folder / "papers").mkdir()
    (folder / "papers/letter.txt").write_text("mine", "utf-8")
    scenario = folder / "switch.toml"
    single = ["run", str(scenario), "--no-figure", "--out", str(folder / "single")]
    assert CliRunner().invoke(main, single).exit_code == 0
    assert command(scenario, "kept", "-n", 20, "--keep-partitions").exit_code == 0

    refused = [command(scenario, out, "-n", 21) for out in ("papers", "single", "kept")]
    forced = command(scenario, "kept", "-n", 21, "--force")

    assert [done.exit_code for done in refused] == [2, 2, 2]
    assert "holds files that are not ours" in refused[0].stderr
    assert 'holds the results of "switch"' in refused[1].stderr
    assert "another population (n 20 instead of 21)" in refused[2].stderr
    assert forced.exit_code == 0
    assert len(rows(folder / "kept/patients.csv")) == 21
    assert not (folder / "kept/partitions").exists()


@pytest.mark.slow
def test_failures_are_named_and_counted(folder: Path) -> None:
    """A patient who clears a drug too fast for any solver has a row that says so, and is left out of every count."""
    written(folder, text(regimen("fickle", once("100 mg")), days=1), (FICKLE,), name="fickle")

    done = command(folder / "fickle.toml", "fickle", "-n", 64)

    assert done.exit_code == 0
    found = rows(folder / "fickle/patients.csv")
    failed = [row for row in found if row["status"] != "ok"]
    assert 0 < len(failed) < 64
    assert all("far too fast" in row["status"] and row["fickle_cmax_mg_per_L"] == "" for row in failed)
    assert f"{len(failed)} patients without a result" in done.stdout
    assert f"patient {failed[0]['patient']}: " in done.stdout
    spread = {row["metric"]: row["n"] for row in rows(folder / "fickle/metrics.csv") if row["group"] == "all"}
    assert spread["cmax"] == str(64 - len(failed))


@pytest.mark.slow
@pytest.mark.parametrize("name", ["population", "sensitivity"])
def test_a_population_without_a_result_is_no_success(name: str, tmp_path: Path) -> None:
    """Exit status 3 with the reason and what to try, once; the population's files name every patient, without a fan."""
    rare = "[patient.abundance]\nCYP3A4 = 0.01\n[population]\ncv = { CYP3A4 = 0.05 }\n"
    written(tmp_path, text(regimen("swift", once("100 mg")), days=1, patient=rare), (SWIFT,), name="swift")

    count = "5" if name == "population" else "2"
    done = CliRunner().invoke(main, [name, str(tmp_path / "swift.toml"), "-n", count, "--out", str(tmp_path / "out")])

    assert done.exit_code == 3
    assert "swift: not one of " in done.stderr
    assert done.stderr.count("far too fast") == 1
    assert "[population]" in done.stderr
    if name == "sensitivity":
        assert not (tmp_path / "out").exists()
        return
    assert {path.name for path in (tmp_path / "out").iterdir()} == TABLES
    assert ["far too fast" in row["status"] for row in rows(tmp_path / "out/patients.csv")] == [True] * 5
    assert json.loads((tmp_path / "out/run.json").read_text("utf-8"))["patients"] == {
        "simulated": 0,
        "without_result": 5,
    }


def test_a_population_without_a_result_has_no_frames(tmp_path: Path) -> None:
    """From Python it is the error that the command prints, with its reasons."""
    rare = "[patient.abundance]\nCYP3A4 = 0.01\n[population]\ncv = { CYP3A4 = 0.05 }\n"
    written(tmp_path, text(regimen("swift", once("100 mg")), days=1, patient=rare), (SWIFT,), name="swift")

    with pytest.raises(PopulationError, match="not one of 5"):
        population(load_scenario(tmp_path / "swift.toml"), n=5)


@pytest.fixture(scope="module")
def fans(folder: Path) -> Path:
    """A small population with its figures, drawn by processes beside the command."""
    line = [sys.executable, "-m", "pkinteract", "population", "switch.toml", "-n", "20", "--out", "fans"]
    assert subprocess.run(line, cwd=folder, check=False).returncode == 0
    return folder / "fans"


@pytest.mark.slow
def test_a_fan_for_every_analyte(fans: Path, folder: Path) -> None:
    """PNG and SVG with the names of the drugs that start or stop, the alert level and the notice."""
    analytes = (
        "amitriptyline",
        "nortriptyline",
        "amitriptyline+nortriptyline",
        "carbamazepine",
        "carbamazepine-epoxide",
    )
    shutil.copytree(fans, folder / "fewer")
    drawn = {path.name for path in fans.glob("fan-*")}
    assert drawn == {f"fan-{analyte}.{ending}" for analyte in analytes for ending in ("png", "svg")}
    svg = (fans / "fan-amitriptyline+nortriptyline.svg").read_text("utf-8")
    for words in ("carbamazepine stopped", "alert level 300", "20 virtual patients", "not a medical device"):
        assert words in svg
    again = command(folder / "switch.toml", "fewer", "-n", 20)
    assert again.exit_code == 0
    assert not list((folder / "fewer").glob("fan-*"))


def test_figures_are_the_same_whoever_draws_them(fans: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn by processes beside the command, or in it where there is one processor, every file has the same bytes."""
    monkeypatch.setattr(os, "cpu_count", lambda: 1)

    assert command(folder / "switch.toml", "here", "-n", 20, figure=True).exit_code == 0

    same_bytes(fans, folder / "here")


def test_figures_are_drawn_here_when_the_process_beside_dies(tmp_path: Path) -> None:
    """Whether it ends while it loads, or one of the two while it draws: every file is there all the same."""
    here = os.getpid()

    def draw(where: str, what: str, paths: Sequence[Path]) -> None:
        if os.getpid() != here and where == what:
            os.kill(os.getpid(), signal.SIGKILL)
        for path in paths:
            path.write_text(what)

    def load(where: str) -> Draw:
        if os.getpid() != here and where == "loading":
            os.kill(os.getpid(), signal.SIGKILL)
        return partial(draw, where)

    for where in ("loading", "first", "second"):
        with drawing(partial(load, where), beside=True) as begin:
            begin([(what, [tmp_path / f"{where}-{what}"]) for what in ("first", "second", "third")])()
        for what in ("first", "second", "third"):
            assert (tmp_path / f"{where}-{what}").read_text() == what


@pytest.mark.parametrize(("table", "kept"), [("", False), ('\n[population]\nfixed = ["CYP2D6"]\n', True)])
def test_a_gene_of_the_patient_that_is_drawn_gets_a_warning(tmp_path: Path, table: str, kept: bool) -> None:
    """Without [population] the patient's "poor" is drawn over, and the output says how to keep it; fixed keeps it."""
    patient = f'\n[patient.phenotype]\nCYP2D6 = "poor"\n{table}'
    path = written(tmp_path, text(regimen("amitriptyline", daily("50 mg")), days=2, patient=patient))

    done = command(path, "out", "-n", 16)

    assert done.exit_code == 0, done.output
    assert ('to keep "poor", write [population] with fixed = ["CYP2D6"]' in done.output) is not kept
    found = rows(tmp_path / "out" / "patients.csv")
    assert ("CYP2D6" not in found[0]) is kept


def test_a_steady_state_that_a_run_refuses_a_patient_has_not(tmp_path: Path) -> None:
    """500 mg a day is more than 38 kg can eliminate where all of it saturates: run and patient are refused."""
    sated = drug("sated", pathway("all", 1.0, "", 'km = { value = 5, unit = "mg/L", basis = "total" }'))
    source = text(regimen("sated", daily("500 mg", "24 h", "-2 d", "2 d", "steady_state = true")), days=2)
    heavy = load_scenario(written(tmp_path, source.replace("70 kg", "120 kg"), (sated,), name="heavy"))
    light = load_scenario(written(tmp_path, source.replace("70 kg", "38 kg"), (sated,), name="light"))
    fixed = frozenset([*heavy.monographs, "age", "female", "creatinine_clearance"])
    plan = plan_of(heavy, replace(specification(heavy, 2), fixed=fixed))
    cohort = replace(draw(heavy, plan.spec, 0, 2), weight=np.array([120.0, 38.0]))

    statuses = columns_of(plan, cohort)["status"]

    assert statuses[0] == "ok"
    assert "steady state" in statuses[1]
    with pytest.raises(SimulationError, match="steady state"):
        simulate(light)
