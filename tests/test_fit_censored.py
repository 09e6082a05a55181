"""Levels that the columns CENS and LIMIT say not to have been measured, against their likelihood by scipy."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from fit_files import ALL, TIMES, TRUE, bateman, command, csv, fitted, values, written
from scipy import optimize, stats

from pkinteract.engine.curves import Array

RECORDS = '[[data]]\nrecords = "records.csv"\ndrug = "drug.toml"\nunit = "mg/L"\n'
HEAD = "TIME,AMT,DV,CENS,LIMIT"
LOW, BOTTOM, HIGH, TOP = 0.35, 0.1, 1.2, 3.0
"""Limit of quantification, what lies surely below it, and the same above the range of the assay [mg/L]."""

MODELS = {"additive": 'additive = "0.15 mg/L"\n', "log": 'proportional = "15 %"\n', "proportional": ""}


def seen(seed: int = 12) -> Array:
    return bateman(TIMES) * np.exp(np.random.default_rng(seed).normal(0, 0.15, len(TIMES)))


def records(levels: Array, *, closed: bool) -> str:
    """Dose and levels: those below LOW and above HIGH have CENS 1 and -1, and another end where it is ``closed``."""
    rows: list[tuple[object, ...]] = [(0, 100, ".", ".", ".")]
    for t, y in zip(TIMES, levels, strict=True):
        side = 1 if y < LOW else -1 if y > HIGH else 0
        cell = {0: y, 1: LOW, -1: HIGH}[side]
        other = {0: 0, 1: BOTTOM, -1: TOP}[side] if closed else "."
        rows.append((t, 0, cell, side, other))
    return csv(rows, HEAD)


@pytest.mark.parametrize("closed", [False, True], ids=["open", "closed"])
@pytest.mark.parametrize("model", MODELS)
def test_cens_and_limit_count_as_in_monolix(model: str, closed: bool, tmp_path: Path) -> None:
    """CENS 1 is Φ up to DV, -1 from DV on, LIMIT the other end: minimised directly by scipy, to 1e-5.

    The SD of the proportional residual is estimated with the others.
    """
    levels = seen()
    low, high = levels < LOW, levels > HIGH
    free = ~(low | high)
    residual = f'[residual]\nmodel = "{model}"\n{MODELS[model]}'

    group = fitted(tmp_path, RECORDS, ALL, residual, files={"records.csv": records(levels, closed=closed)})

    def between(low_end: Array, high_end: Array) -> float:
        with np.errstate(divide="ignore"):
            return float(np.sum(np.log(stats.norm.cdf(high_end) - stats.norm.cdf(low_end))))

    def cost(point: Array) -> float:
        level, sd = bateman(TIMES, *np.exp(point[:3])), math.exp(point[3]) if len(point) > 3 else 0.15
        made = np.log if model == "log" else np.asarray
        width = sd * level if model == "proportional" else np.full(len(level), sd)
        z = {end: (made(end) - made(level)) / width for end in (LOW, BOTTOM, HIGH, TOP)}
        found = stats.norm.logpdf(made(levels[free]), made(level[free]), width[free]).sum()
        found -= np.log(levels[free]).sum() if model == "log" else 0.0
        nothing = np.full(len(level), -np.inf)
        found += between((z[BOTTOM] if closed else nothing)[low], z[LOW][low])
        found += between(z[HIGH][high], (z[TOP] if closed else -nothing)[high])
        return float(-2 * found)

    options = {"xatol": 1e-10, "fatol": 1e-13, "maxiter": 20_000, "maxfev": 20_000}
    start = np.log([*TRUE.values(), *([0.15] if model == "proportional" else [])])
    for _ in range(2):
        best = optimize.minimize(cost, start, method="Nelder-Mead", options=options)
        start = best.x
    assert min(np.sum(low), np.sum(high), np.sum(free)) >= 2
    assert values(group) == pytest.approx(dict(zip(TRUE, np.exp(best.x[:3]), strict=True)), rel=1e-5)
    assert group.minus_2ll == pytest.approx(best.fun, abs=1e-6)


def test_what_cens_says_is_counted_and_marked(tmp_path: Path) -> None:
    """The report counts the kinds, predictions.csv marks them, CENS is no column passed over; all figures are drawn."""
    levels = seen()
    path = written(tmp_path, RECORDS, ALL, files={"records.csv": records(levels, closed=False)})

    done = command("fit", path, "--out", tmp_path / "out")

    assert done.exit_code == 0, done.output
    report = (tmp_path / "out/report.md").read_text("utf-8")
    rows = np.genfromtxt(tmp_path / "out/predictions.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    assert f"In records.csv: {np.sum(levels < LOW)} cells below quantification, in the likelihood" in report
    assert f"In records.csv: {np.sum(levels > HIGH)} cells above a limit, in the likelihood" in report
    assert "passed over" not in report
    assert list(rows["below"]) == [1 if y < LOW else -1 if y > HIGH else 0 for y in levels]


def test_what_cens_says_can_be_left_out_aloud(tmp_path: Path) -> None:
    """below = "leave out" leaves these levels out too, and counts them."""
    levels = seen()
    leave = '[residual]\nbelow = "leave out"\n'
    path = written(tmp_path, RECORDS, ALL, leave, files={"records.csv": records(levels, closed=True)})

    done = command("fit", path, "--out", tmp_path / "out", "--no-figure")

    report = (tmp_path / "out/report.md").read_text("utf-8")
    left = int(np.sum((levels < LOW) | (levels > HIGH)))
    assert done.exit_code == 0, done.output
    assert f"Left out of records.csv: {left} cells, beyond their DV by CENS" in report
    assert f"{len(levels) - left} concentrations" in report
