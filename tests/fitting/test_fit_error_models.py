"""Residual errors in proportion to the prediction, and levels between ends, against the likelihood by scipy."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from fit_files import ALL, DATA, TIMES, TRUE, bateman, command, csv, fitted, parameter, values, written
from scipy import optimize, stats

from pkinteract.engine.curves import Array

pytestmark = pytest.mark.compiled

SCALE = parameter("f", 'lower = "0.01"', 'upper = "1"')
"""Concentrations are proportional to F: the derivative of every logarithm by that of F is 1."""

PROPORTIONAL = '[residual]\nmodel = "proportional"\n'
GIVEN = PROPORTIONAL + 'proportional = "30 %"\n'
COMBINED = '[residual]\nmodel = "combined"\nadditive = "0.1 mg/L"\nproportional = "25 %"\n'
WIDTHS: dict[str, tuple[str, Callable[[Array], Array] | None]] = {
    "estimated": (PROPORTIONAL, None),
    "given": (GIVEN, lambda level: 0.3 * level),
    "combined": (COMBINED, lambda level: np.hypot(0.1, 0.25 * level)),
}
"""Residual table, and the SD by the predicted level; None where it is estimated in proportion."""


def noisy(seed: int, noise: float = 0.3) -> Array:
    return bateman(TIMES) * np.maximum(1 + np.random.default_rng(seed).normal(0, noise, len(TIMES)), 0.05)


def minus_2ll(seen: Array, level: Array, width: Callable[[Array], Array] | None, counts: Array) -> float:
    """-2 log likelihood; an SD that is estimated is the likeliest."""
    sd = np.sqrt(np.mean(counts * (seen / level - 1) ** 2)) * level if width is None else width(level)
    return float(-2 * np.sum(stats.norm.logpdf(seen, level, sd / np.sqrt(counts))))


def likeliest(cost: Callable[[Array], float]) -> tuple[dict[str, float], float]:
    """Clearance, volume and ka at the smallest cost, which takes their logarithms."""
    options = {"xatol": 1e-10, "fatol": 1e-13, "maxiter": 20_000, "maxfev": 20_000}
    start = np.log(list(TRUE.values()))
    found = optimize.minimize(cost, start, method="Nelder-Mead", options=options)
    found = optimize.minimize(cost, found.x, method="Nelder-Mead", options=options)
    return dict(zip(TRUE, map(float, np.exp(found.x)), strict=True)), float(found.fun)


@pytest.mark.parametrize("weights", ["none", "n"])
@pytest.mark.parametrize("model", WIDTHS)
def test_the_prediction_weighs_a_level(model: str, weights: str, tmp_path: Path) -> None:
    """Estimates and -2 log likelihood are those of the density with the SD at the prediction, by scipy, to 1e-5."""
    tables, width = WIDTHS[model]
    counts = np.arange(1.0, len(TIMES) + 1) if weights == "n" else np.ones(len(TIMES))
    seen = noisy(4)
    data = csv(zip(TIMES, seen, counts.astype(int), strict=True), "time_h,conc_mg_per_L,n")

    group = fitted(tmp_path, DATA, ALL, f'{tables}weights = "{weights}"\n', levels=data)

    expected, smallest = likeliest(lambda logs: minus_2ll(seen, bateman(TIMES, *np.exp(logs)), width, counts))
    assert values(group) == pytest.approx(expected, rel=1e-5)
    assert group.minus_2ll == pytest.approx(smallest, abs=1e-6)


@pytest.mark.parametrize("method", ["leastsq", "nelder"])
@pytest.mark.parametrize("model", WIDTHS)
def test_every_method_finds_the_same_likelihood(model: str, method: str, tmp_path: Path) -> None:
    """What is minimised is the likelihood itself, so it does not matter how."""
    data = csv(zip(TIMES, noisy(5), strict=True))

    one, other = (
        fitted(tmp_path, DATA, ALL, WIDTHS[model][0], f'[method]\nname = "{name}"\n', levels=data)
        for name in ("least_squares", method)
    )

    assert values(other) == pytest.approx(values(one), rel=2e-5)


@pytest.mark.parametrize("start", [(50, 50, 1), (5, 5, 1), (50, 5, 1), (0.5, 500, 1), (50, 500, 10), (5, 50, 0.1)])
@pytest.mark.parametrize("model", WIDTHS)
def test_a_start_that_is_ten_times_off_leads_to_the_same_likelihood(
    model: str, start: tuple[float, float, float], tmp_path: Path
) -> None:
    """Clearance, volume and ka from a tenth to ten times the truth: the likelihood that the truth leads to.

    The values may be others: with ka and clearance/volume exchanged the curve is the same.
    """
    data = csv(zip(TIMES, noisy(4), strict=True))
    far = "".join(parameter(name, initial=float(value)) for name, value in zip(TRUE, start, strict=True))

    near, found = (fitted(tmp_path, DATA, tables, WIDTHS[model][0], levels=data) for tables in (ALL, far))

    assert found.minus_2ll == pytest.approx(near.minus_2ll, abs=1e-6)


@pytest.mark.parametrize("model", WIDTHS)
def test_the_standard_error_holds_what_the_size_of_the_residuals_tells(model: str, tmp_path: Path) -> None:
    """F alone: the expected information on ln F is Σ (f/s)² + 2(d ln s/d ln f)²; an estimated SD takes its part away.

    In proportion d ln s/d ln f is 1 for all levels, so that the SD takes all of it and N/σ² is left.
    """
    tables, width = WIDTHS[model]
    seen = 0.6 * noisy(6)

    group = fitted(tmp_path, DATA, SCALE, tables, levels=csv(zip(TIMES, seen, strict=True)))

    [estimate], [level] = group.estimates, group.predicted
    if width is None:
        information = len(TIMES) / group.sd**2
    else:
        slope = np.log(width(level * 1.001) / width(level / 1.001)) / (2 * math.log(1.001))
        information = float(np.sum((level / width(level)) ** 2 + 2 * slope**2))
    assert estimate.log_se == pytest.approx(1 / math.sqrt(information), rel=1e-5)


@pytest.mark.parametrize("model", WIDTHS)
def test_a_profile_ends_where_the_likelihood_ratio_says(model: str, tmp_path: Path) -> None:
    """F alone: -2 log likelihood by scipy at both ends lies above its minimum by the quantile of the 95 % interval."""
    tables, width = WIDTHS[model]
    seen, shape = 0.6 * noisy(7), bateman(TIMES)
    profile = '[interval]\nmethod = "profile"\n'

    group = fitted(tmp_path, DATA, SCALE, tables, profile, levels=csv(zip(TIMES, seen, strict=True)))

    [row], ones = group.estimates, np.ones(len(TIMES))
    best, *ends = (minus_2ll(seen, f * shape, width, ones) for f in (row.value, row.low, row.high) if f is not None)
    count = len(TIMES)
    quantile = stats.chi2.ppf(0.95, 1)
    if width is None:
        quantile = count * math.log1p(stats.f.ppf(0.95, 1, count - 1) / (count - 1))
    assert [end - best for end in ends] == pytest.approx([quantile] * 2, rel=1e-2)


@pytest.mark.parametrize("model", WIDTHS)
def test_a_posterior_is_that_of_the_likelihood(model: str, tmp_path: Path) -> None:
    """F alone: mean and SD of ln F by integration over the density; an estimated SD is integrated out.

    To four standard errors of as many draws as the chain holds independent ones.
    """
    tables, width = WIDTHS[model]
    seen, shape = 0.6 * noisy(8), bateman(TIMES)
    # Half of the walkers move together: thirty-two fill the sixteen lanes.
    walkers = 32
    sampling = f"[posterior]\nwalkers = {walkers}\nsteps = 250\nburn = 50\n"

    group = fitted(tmp_path, DATA, SCALE, tables, sampling, levels=csv(zip(TIMES, seen, strict=True)))

    logs = np.linspace(math.log(0.2), 0, 4001)
    costs = np.array([minus_2ll(seen, math.exp(x) * shape, width, np.ones(len(TIMES))) for x in logs])
    weights = np.exp(-(costs - costs.min()) / 2)
    weights /= weights.sum()
    mean = float(weights @ logs)
    sd = math.sqrt(float(weights @ (logs - mean) ** 2))
    assert group.posterior is not None
    drawn = np.log(group.posterior.values[:, 0])
    independent = walkers * group.posterior.steps / group.posterior.times[0]
    assert np.mean(drawn) == pytest.approx(mean, abs=4 * sd / math.sqrt(independent))
    assert np.std(drawn) == pytest.approx(sd, rel=4 / math.sqrt(2 * independent))


def test_a_level_that_is_predicted_as_nothing_has_no_proportional_error(tmp_path: Path) -> None:
    """Before the first dose the prediction is 0, and so would be the SD: refused with the line, exit status 3."""
    rows = csv([(0, 0.4), *zip(TIMES, bateman(TIMES), strict=True)])

    done = command("fit", written(tmp_path, DATA, ALL, PROPORTIONAL, levels=rows), "--out", tmp_path / "out")

    assert done.exit_code == 3
    assert "line 2 is predicted as 0, which has no SD in proportion to it" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("model", ["additive", "combined"])
@pytest.mark.parametrize("source", ["levels", "records"])
def test_a_level_below_zero_counts(source: str, model: str, tmp_path: Path) -> None:
    """An assay's error about 0 makes levels negative: F as by scipy from all of them, also with a combined error."""
    seen = bateman(TIMES) * 0.5
    seen[-2:] = -0.02, -0.3
    width: Callable[[Array], Array] = np.ones_like if model == "additive" else lambda f: np.hypot(0.1, 0.25 * f)
    residual = COMBINED if model == "combined" else ""
    rows = [(0, 100, "."), *((t, 0, y) for t, y in zip(TIMES, seen, strict=True))]
    files = {"records.csv": csv(rows, "TIME,AMT,DV")}
    data = {"levels": DATA, "records": '[[data]]\nrecords = "records.csv"\ndrug = "drug.toml"\nunit = "mg/L"\n'}[source]
    path = written(tmp_path, data, SCALE, residual, levels=csv(zip(TIMES, seen, strict=True)), files=files)

    done = command("fit", path, "--out", tmp_path / "out")
    group = fitted(tmp_path, data, SCALE, residual, levels=csv(zip(TIMES, seen, strict=True)), files=files)

    def cost(f: float) -> float:
        level = f * bateman(TIMES)
        return float(-2 * np.sum(stats.norm.logpdf(seen, level, width(level))))

    best = optimize.minimize_scalar(cost, bounds=(0.01, 1), method="bounded", options={"xatol": 1e-12})
    assert done.exit_code == 0, done.output
    assert values(group)["f"] == pytest.approx(best.x, rel=1e-6)


@pytest.mark.parametrize("model", ["log", "proportional"])
def test_a_level_below_zero_has_no_relative_error(model: str, tmp_path: Path) -> None:
    """Refused with its line, exit status 2."""
    rows = csv([*zip(TIMES, bateman(TIMES), strict=True), (40, -0.02)])
    path = written(tmp_path, DATA, SCALE, f'[residual]\nmodel = "{model}"\n', levels=rows)

    done = command("fit", path, "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert f'line {len(TIMES) + 2}, conc_mg_per_L: must not be below 0, got "-0.02"' in done.stderr
    assert not (tmp_path / "out").exists()


# ---- levels below quantification, the SD estimated ----

LIMIT = 0.35
BELOW = 'below = "likelihood"\n'


@pytest.mark.parametrize("model", ["additive", "proportional", "log"])
def test_low_levels_count_in_the_likelihood_of_an_estimated_sd(model: str, tmp_path: Path) -> None:
    """Beal's M3 with the SD among what is estimated, minimised directly by scipy on the closed form; to 1e-5."""
    seen = noisy(9, 0.15)
    low = seen < LIMIT
    rows = csv((t, f"<{LIMIT}" if y < LIMIT else y) for t, y in zip(TIMES, seen, strict=True))

    group = fitted(tmp_path, DATA, ALL, f'[residual]\nmodel = "{model}"\n{BELOW}', levels=rows)

    def cost(logs: Array) -> float:
        level, sd = bateman(TIMES, *np.exp(logs[:3])), math.exp(logs[3])
        if model == "log":
            measured = stats.lognorm.logpdf(seen[~low], s=sd, scale=level[~low])
            return float(-2 * (measured.sum() + stats.norm.logcdf(np.log(LIMIT / level[low]) / sd).sum()))
        width = sd * (level if model == "proportional" else np.ones(len(level)))
        measured = stats.norm.logpdf(seen[~low], level[~low], width[~low])
        return float(-2 * (measured.sum() + stats.norm.logcdf((LIMIT - level[low]) / width[low]).sum()))

    options = {"xatol": 1e-10, "fatol": 1e-13, "maxiter": 20_000, "maxfev": 20_000}
    start = np.array([*np.log(list(TRUE.values())), math.log(0.15)])
    for _ in range(2):
        found = optimize.minimize(cost, start, method="Nelder-Mead", options=options)
        start = found.x
    count, free = int(np.sum(~low)), 3
    assert np.sum(low) >= 2
    assert values(group) == pytest.approx(dict(zip(TRUE, np.exp(found.x[:3]), strict=True)), rel=1e-5)
    assert group.sd == pytest.approx(math.exp(found.x[3]) * math.sqrt(count / (count - free)), rel=1e-5)
    assert group.minus_2ll == pytest.approx(found.fun, abs=1e-6)
