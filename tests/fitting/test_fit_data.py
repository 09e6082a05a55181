"""Data of a fit against closed forms and scipy: weights, levels below quantification, records, steady states."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from fit_files import ALL, DATA, TIMES, TRUE, bateman, command, csv, fitted, parameter, values, written
from runs import course, drug, oral, pathway, regimen, text
from scipy import optimize, stats

from pkinteract.engine.curves import Array

pytestmark = pytest.mark.compiled

LINEAR = parameter("f", 'transform = "none"', 'upper = "1"')
"""Concentrations are proportional to F, so everything about its estimate has a closed form."""

COUNTS = np.array([3, 12, 6, 6, 1, 20, 6, 4, 6, 2, 9])
SDS = np.array([0.2, 0.3, 0.25, 0.3, 0.2, 0.1, 0.15, 0.1, 0.08, 0.1, 0.05])


def noisy(seed: int = 7) -> Array:
    return bateman(TIMES) * 0.8 + np.random.default_rng(seed).normal(0, 0.05, len(TIMES))


def test_means_count_by_the_subjects_behind_them(tmp_path: Path) -> None:
    """Weights n: regression with variance SD²/n; the SD is that of one subject (closed form)."""
    x, y = bateman(TIMES), noisy()
    rows = csv(zip(TIMES, y, COUNTS, strict=True), "time_h,conc_mg_per_L,n")

    group = fitted(tmp_path, DATA, LINEAR, '[residual]\nweights = "n"\n', levels=rows)

    slope = np.sum(COUNTS * x * y) / np.sum(COUNTS * x**2)
    sd = math.sqrt(np.sum(COUNTS * (y - slope * x) ** 2) / (len(x) - 1))
    [row] = group.estimates
    assert (row.value, group.sd) == pytest.approx((slope, sd), rel=1e-5)
    assert row.se == pytest.approx(sd / math.sqrt(np.sum(COUNTS * x**2)), rel=1e-5)


def test_a_mean_of_n_counts_as_n_equal_levels(tmp_path: Path) -> None:
    """With a given SD, a mean of n and n levels that are all the mean give the same estimates."""
    residual = '[residual]\nproportional = "10 %"\nmodel = "log"\n'
    y = noisy()
    repeated = csv((row for n, row in zip(COUNTS, zip(TIMES, y, strict=True), strict=True) for _ in range(n)))
    means = csv(zip(TIMES, y, COUNTS, strict=True), "time_h,conc_mg_per_L,n")

    single = fitted(tmp_path, DATA, ALL, residual, levels=repeated)
    mean = fitted(tmp_path, DATA, ALL, residual, 'weights = "n"\n', levels=means)

    assert values(mean) == pytest.approx(values(single), rel=1e-6)
    assert [row.se for row in mean.estimates] == pytest.approx([row.se for row in single.estimates], rel=1e-4)


@pytest.mark.parametrize("unit", ["mg_per_L", "ng_per_mL"])
def test_each_mean_has_its_own_sd(unit: str, tmp_path: Path) -> None:
    """Weights sd: SD/√n of each point is known; estimate, standard error and likelihood (closed form, scipy)."""
    x, y = bateman(TIMES), noisy()
    written_sds = SDS * (1000 if unit == "ng_per_mL" else 1)
    rows = csv(zip(TIMES, y, written_sds, COUNTS, strict=True), f"time_h,conc_mg_per_L,sd_{unit},n")

    group = fitted(tmp_path, DATA, LINEAR, '[residual]\nweights = "sd"\n', levels=rows)

    sds = SDS / np.sqrt(COUNTS)
    slope = np.sum(x * y / sds**2) / np.sum(x**2 / sds**2)
    [row] = group.estimates
    assert (row.value, row.se) == pytest.approx((slope, np.sum(x**2 / sds**2) ** -0.5), rel=1e-5)
    assert group.minus_2ll == pytest.approx(-2 * np.sum(stats.norm.logpdf(y, slope * x, sds)), rel=1e-6)


@pytest.mark.parametrize("geometric", [True, False])
def test_an_sd_of_logarithms_is_the_geometric_one_or_follows_from_the_mean(geometric: bool, tmp_path: Path) -> None:
    """Log residual: ln gsd, or √ln(1 + (SD/mean)²); ln F is the mean of the log ratios weighted by 1/SD²."""
    y = noisy()
    given = np.exp(SDS) if geometric else SDS
    sds = SDS if geometric else np.sqrt(np.log1p((SDS / y) ** 2))
    name = "gsd" if geometric else "sd_mg_per_L"
    rows = csv(zip(TIMES, y, given, strict=True), f"time_h,conc_mg_per_L,{name}")

    group = fitted(
        tmp_path, DATA, parameter("f", 'upper = "1"'), '[residual]\nmodel = "log"\nweights = "sd"\n', levels=rows
    )

    [row] = group.estimates
    expected = np.average(np.log(y / bateman(TIMES)), weights=1 / sds**2)
    assert (row.log_value, row.log_se) == pytest.approx((expected, np.sum(1 / sds**2) ** -0.5), rel=1e-5)


def test_a_column_of_weights_belongs_to_the_analyte_in_its_name(tmp_path: Path) -> None:
    """n_<analyte> and sd_<analyte>_<unit> mean what n and sd_<unit> mean where there is one analyte."""
    rows = list(zip(TIMES, noisy(), SDS, COUNTS, strict=True))
    residual = '[residual]\nweights = "sd"\n'

    named, short = (
        fitted(tmp_path, DATA, LINEAR, residual, levels=csv(rows, head))
        for head in (
            "time_h,drug-x_mg_per_L,sd_drug-x_mg_per_L,n_drug-x",
            "time_h,conc_mg_per_L,sd_mg_per_L,n",
        )
    )

    assert values(named) == values(short)


def test_columns_of_weights_are_passed_over_unless_they_are_asked_for(tmp_path: Path) -> None:
    """Without weights in [residual] they change nothing, and the report says that they were not used."""
    rows = csv(zip(TIMES, noisy(), SDS, COUNTS, strict=True), "time_h,conc_mg_per_L,sd_mg_per_L,n")
    plain = fitted(tmp_path, DATA, LINEAR, levels=csv(zip(TIMES, noisy(), strict=True)))

    path = written(tmp_path, DATA, LINEAR, levels=rows)
    done = command("fit", path, "--out", tmp_path / "out", "--no-figure")

    assert done.exit_code == 0, done.output
    assert "columns passed over: sd_mg_per_L, n" in (tmp_path / "out/report.md").read_text("utf-8")
    assert f"f {plain.estimates[0].value:.4g}" in done.output


LIMIT = 0.5
SD = 0.12


def censored(seed: int, share: float = 1.0) -> Array:
    """Levels with log-normal noise; what lies below the limit is NaN."""
    seen = share * bateman(TIMES) * np.exp(np.random.default_rng(seed).normal(0, SD, len(TIMES)))
    return np.where(seen < LIMIT, np.nan, seen)


def censored_csv(seen: Array) -> str:
    return csv((t, f"<{LIMIT}" if math.isnan(y) else y) for t, y in zip(TIMES, seen, strict=True))


def below(model: str, size: str) -> str:
    return f'[residual]\nmodel = "{model}"\nbelow = "likelihood"\n{size}\n'


@pytest.mark.parametrize("model", ["additive", "log"])
def test_the_censored_likelihood_has_its_maximum_where_scipy_finds_it(model: str, tmp_path: Path) -> None:
    """Beal's M3: density where measured, Φ below the limit, minimised directly on the closed form; to 1e-5."""
    seen = censored(3)
    low = np.isnan(seen)
    size = 'additive = "0.12 mg/L"' if model == "additive" else 'proportional = "12 %"'

    group = fitted(tmp_path, DATA, ALL, below(model, size), levels=censored_csv(seen))

    def minus_2ll(logs: Array) -> float:
        level = bateman(TIMES, *np.exp(logs))
        if model == "log":
            measured = stats.lognorm.logpdf(seen[~low], s=SD, scale=level[~low])
            under = stats.norm.logcdf(np.log(LIMIT / level[low]) / SD)
        else:
            measured = stats.norm.logpdf(seen[~low], level[~low], SD)
            under = stats.norm.logcdf((LIMIT - level[low]) / SD)
        return float(-2 * (np.sum(measured) + np.sum(under)))

    options = {"xatol": 1e-10, "fatol": 1e-13, "maxiter": 10_000, "maxfev": 10_000}
    start = np.log([TRUE["clearance"], TRUE["volume"], TRUE["ka"]])
    direct = optimize.minimize(minus_2ll, start, method="Nelder-Mead", options=options)
    assert np.count_nonzero(low) >= 3
    assert values(group) == pytest.approx(dict(zip(TRUE, np.exp(direct.x), strict=True)), rel=1e-5)
    assert group.minus_2ll == pytest.approx(direct.fun, abs=1e-6)


def test_the_standard_error_comes_from_the_curvature_of_the_censored_likelihood(tmp_path: Path) -> None:
    """Linear parameter: the second derivative of -2 log likelihood is a sum of x²/SD² and λ(λ + z)x²/SD²."""
    seen = censored(5, share=0.8)
    low = np.isnan(seen)

    group = fitted(tmp_path, DATA, LINEAR, below("additive", 'additive = "0.12 mg/L"'), levels=censored_csv(seen))

    x, f = bateman(TIMES), group.estimates[0].value
    z = (LIMIT - f * x[low]) / SD
    hazard = stats.norm.pdf(z) / stats.norm.cdf(z)
    information = np.sum(x[~low] ** 2) + np.sum(hazard * (hazard + z) * x[low] ** 2)
    assert group.estimates[0].se == pytest.approx(SD / math.sqrt(information), rel=1e-5)


def test_the_likelihood_of_low_levels_takes_away_the_bias_of_leaving_them_out(tmp_path: Path) -> None:
    """Twenty simulated patients: what survives the limit is high and makes clearance low; the likelihood does not."""
    tables = parameter("clearance") + parameter("volume", "vary = false", initial=50.0)
    errors: dict[str, list[float]] = {"leave out": [], "likelihood": []}
    times = np.array([2.0, 20, 22, 23, 24, 26, 28])
    for seed in range(20):
        seen = bateman(times) * np.exp(np.random.default_rng(seed).normal(0, 0.3, len(times)))
        rows = csv((t, "<0.2" if y < 0.2 else y) for t, y in zip(times, seen, strict=True))
        for way, found in errors.items():
            residual = f'[residual]\nmodel = "log"\nproportional = "30 %"\nbelow = "{way}"\n'
            found.append(math.log(values(fitted(tmp_path, DATA, tables, residual, levels=rows))["clearance"] / 5))

    bias = {way: float(np.mean(found)) for way, found in errors.items()}
    error = {way: float(np.std(found)) / math.sqrt(len(found)) for way, found in errors.items()}
    assert abs(bias["likelihood"]) < 3 * error["likelihood"]
    assert bias["leave out"] < -3 * error["leave out"]


def test_levels_in_the_likelihood_are_counted_and_marked(tmp_path: Path) -> None:
    """The report counts them; predictions.csv holds their limit, marked; all figures are drawn."""
    seen = censored(3)
    path = written(tmp_path, DATA, ALL, below("log", 'proportional = "12 %"'), levels=censored_csv(seen))

    done = command("fit", path, "--out", tmp_path / "out")

    count = int(np.count_nonzero(np.isnan(seen)))
    rows = np.genfromtxt(tmp_path / "out/predictions.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    assert done.exit_code == 0, done.output
    assert f"In levels.csv: {count} cells below quantification" in (tmp_path / "out/report.md").read_text("utf-8")
    assert list(rows["observed"][rows["below"] == 1]) == [LIMIT] * count


AUTO = (
    pathway("induced", 0.8, "CYP3A4")
    + pathway("rest", 0.2)
    + '[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "4"\nec50 = { value = 4, unit = "mg/L", basis = "total" }\n'
)
"""A drug that induces its own clearance, so that a steady state takes weeks."""


def test_a_fit_from_a_steady_state_is_that_of_a_long_run_in(tmp_path: Path) -> None:
    """Autoinduction, two subjects with doses of their own: estimates as after 120 d of doses, to 1e-6."""
    days = np.array([1.0, 2, 4, 8, 12, 14, 18, 23])
    exact = {"a": 2.0 + np.exp(-days / 9), "b": 6.0 + 2 * np.exp(-days / 9)}
    rows = [
        (name, dose, t, y) for name, dose in (("a", 200), ("b", 800)) for t, y in zip(days, exact[name], strict=True)
    ]
    tables = (
        parameter("clearance")
        + parameter("volume")
        + '[parameter.emax]\npath = "drug-x.induces.CYP3A4.emax"\ninitial = "3"\n'
    )
    found = {}
    for start, state in (("0 d", "steady_state = true"), ("-120 d", "")):
        courses = course(start, 'until = "4 d"', 'every = "24 h"', 'dose = "100 mg"', state)
        scenario = 'library = ["drug.toml"]\n' + text(regimen("drug-x", courses), days=4)
        files = {"drug.toml": drug("drug-x", AUTO, oral(0.6, 0.5)), "scenario.toml": scenario}
        levels = csv(rows, "subject,dose_mg,time_h,conc_mg_per_L")
        found[start] = fitted(tmp_path, DATA, tables, levels=levels, files=files)

    first, second = found.values()
    assert values(first) == pytest.approx(values(second), rel=1e-6)
    assert [row.se for row in first.estimates] == pytest.approx([row.se for row in second.estimates], rel=1e-4)


def test_doses_without_a_steady_state_end_the_fit(tmp_path: Path) -> None:
    """More than can be eliminated (Michaelis–Menten): said with what to do, status 3."""
    saturable = pathway("saturable", 1.0, "", 'km = { value = 3, unit = "mg/L", basis = "total" }')
    scenario = 'library = ["drug.toml"]\n'
    scenario += text(
        regimen("drug-x", course("0 d", 'until = "2 d"', 'every = "12 h"', 'dose = "900 mg"', "steady_state = true"))
    )
    files = {"drug.toml": drug("drug-x", saturable, oral()), "scenario.toml": scenario}

    done = command("fit", written(tmp_path, DATA, parameter("clearance"), files=files), "--out", tmp_path / "out")

    assert done.exit_code == 3
    assert "have no steady state" in done.stderr


def test_a_value_that_the_drug_file_leaves_out_can_be_estimated(tmp_path: Path) -> None:
    """A lag that no file holds: the closed form, shifted; the result is a parameter file of a scenario."""
    lag = '[parameter.lag]\npath = "drug-x.absorption.oral.lag"\ninitial = "20 min"\n'
    delayed = np.where(TIMES > 0.4, bateman(np.maximum(TIMES - 0.4, 0)), 0.0)
    path = written(tmp_path, DATA, ALL, lag, levels=csv(zip(TIMES, delayed, strict=True)))

    done = command("fit", path, "--out", tmp_path / "out", "--no-figure")
    scenario = (tmp_path / "scenario.toml").read_text("utf-8")
    (tmp_path / "fitted.toml").write_text('parameters = "out/result.toml"\n' + scenario, "utf-8")

    assert done.exit_code == 0, done.output
    assert values(fitted(tmp_path, DATA, ALL, lag, levels=csv(zip(TIMES, delayed, strict=True)))) == pytest.approx(
        {**TRUE, "lag": 24}, rel=1e-5
    )
    assert command("check", tmp_path / "fitted.toml").exit_code == 0


def test_a_data_set_counts_by_an_sd_of_its_own(tmp_path: Path) -> None:
    """Log residual, 10 % and 40 %: ln F is the mean of the log ratios weighted by 1/SD² (closed form)."""
    near, far = bateman(TIMES) * 0.5, bateman(TIMES) * 0.8
    (tmp_path / "far.csv").write_text(csv(zip(TIMES, far, strict=True)), "utf-8")
    other = DATA.replace("levels.csv", "far.csv") + 'proportional = "40 %"\n'
    residual = '[residual]\nmodel = "log"\nproportional = "10 %"\n'

    group = fitted(
        tmp_path, DATA, other, parameter("f", 'upper = "1"'), residual, levels=csv(zip(TIMES, near, strict=True))
    )

    [row] = group.estimates
    assert row.log_value == pytest.approx(np.average(np.log([0.5, 0.8]), weights=[16, 1]), rel=1e-6)
    assert row.log_se == pytest.approx((len(TIMES) * (1 / 0.1**2 + 1 / 0.4**2)) ** -0.5, rel=1e-5)


def test_a_parameter_that_follows_may_reach_nothing(tmp_path: Path) -> None:
    """1 - F where F ends at its bound of 1: the estimate is 0, its interval unknown, and nothing fails."""
    tables = parameter("f", 'upper = "1"') + '[parameter.lost]\nexpr = "1 - f"\nunit = "1"\n'
    residual = '[residual]\nmodel = "log"\nproportional = "10 %"\n'

    group = fitted(tmp_path, DATA, tables, residual, levels=csv(zip(TIMES, 1.5 * bateman(TIMES), strict=True)))

    lost = next(row for row in group.estimates if row.parameter.name == "lost")
    assert (lost.value, lost.low, lost.high) == (pytest.approx(0, abs=1e-9), None, None)
