"""Fits against closed forms: estimates, intervals, priors, robust loss, criteria, and what the command writes."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fit_files import ALL, DATA, DOSE, TIMES, TRUE, bateman, command, csv, fitted, parameter, values, written
from runs import drug, once, pathway, regimen, text
from scipy import optimize, stats

from pkinteract import load_scenario, simulate
from pkinteract.engine.curves import Array
from pkinteract.fitting import estimate, read_fit

pytestmark = pytest.mark.compiled

LINEAR = parameter("f", 'transform = "none"', 'upper = "1"')
"""Concentrations are proportional to F, so everything about its estimate has a closed form."""


def noisy(sd: float = 0.05, seed: int = 7) -> Array:
    return bateman(TIMES) * 0.8 + np.random.default_rng(seed).normal(0, sd, len(TIMES))


def levels(measured: Array) -> str:
    return csv(zip(TIMES, measured, strict=True))


@pytest.mark.parametrize("method", ["least_squares", "leastsq", "nelder"])
def test_exact_data_give_the_true_values(method: str, tmp_path: Path) -> None:
    """Without noise each method finds clearance, volume and ka of the closed form."""
    group = fitted(tmp_path, DATA, ALL, f'[method]\nname = "{method}"\n')

    assert values(group) == pytest.approx(TRUE, rel=1e-5)


@pytest.mark.parametrize("model", ["additive", "proportional", "log"])
def test_every_residual_model_finds_exact_values(model: str, tmp_path: Path) -> None:
    """Without noise the weights do not matter."""
    group = fitted(tmp_path, DATA, ALL, f'[residual]\nmodel = "{model}"\n')

    assert values(group) == pytest.approx(TRUE, rel=1e-5)


def test_shared_and_own_values_are_estimated_together(tmp_path: Path) -> None:
    """Clearance and volume of all, ka of each subject: a joint fit gives all four (closed form)."""
    subjects = (("a", 0.7), ("b", 2.0))
    rows = [(name, t, c) for name, ka in subjects for t, c in zip(TIMES, bateman(TIMES, ka=ka), strict=True)]
    tables = parameter("clearance") + parameter("volume") + parameter("ka", 'shared = "subject"')

    group = fitted(tmp_path, DATA, tables, levels=csv(rows, "subject,time_h,conc_mg_per_L"))

    assert values(group) == pytest.approx({"clearance": 5, "volume": 50, "ka/a": 0.7, "ka/b": 2.0}, rel=1e-5)


def test_dose_and_weight_of_each_subject_count(tmp_path: Path) -> None:
    """Doses per kg and weights from the data: volumes follow weight, clearances its power of 0.75 (closed form)."""
    rows = []
    for name, weight, dose in (("a", 50.0, 2.0), ("b", 100.0, 1.0)):
        body = {"clearance": 5 * (weight / 70) ** 0.75, "volume": 50 * weight / 70, "dose": dose * weight}
        rows += [(name, weight, dose, t, c) for t, c in zip(TIMES, bateman(TIMES, **body), strict=True)]

    group = fitted(tmp_path, levels=csv(rows, "subject,weight_kg,dose_mg_per_kg,time_h,conc_mg_per_L"))

    assert values(group) == pytest.approx(TRUE, rel=1e-5)


def test_units_of_the_data_are_those_of_their_columns(tmp_path: Path) -> None:
    """Minutes and umol/L are read as such: the same estimates as from h and mg/L (molar mass 300 g/mol)."""
    rows = zip(TIMES * 60, bateman(TIMES) / 0.3, strict=True)

    group = fitted(tmp_path, levels=csv(rows, "time_min,drug-x_umol_per_L"))

    assert values(group) == pytest.approx(TRUE, rel=1e-5)


def test_parent_and_metabolite_are_fitted_together(tmp_path: Path) -> None:
    """Two columns of one file inform one fit: share formed and metabolite clearance (closed form)."""
    share, km = 0.4, 0.3
    formed = share * 0.1 * DOSE * 250 / 300 * (np.exp(-0.1 * TIMES) - np.exp(-km * TIMES)) / (km - 0.1)
    parent = DOSE / 50 * np.exp(-0.1 * TIMES)
    made = drug("drug-x", pathway("conversion", 0.5, "", 'forms = "product"'), pathway("rest", 0.5))
    product = drug("product", volume="20 L", mass="250 g/mol", clearance="3 L/h").split("[absorption")[0]
    scenario = 'library = ["drug.toml", "product.toml"]\n'
    scenario += text(
        regimen("drug-x", once("100 mg", "0 d", 'route = "intravenous"'), formulation="intravenous"), days=4
    )
    product = product.replace('formulation = "oral"\n', "")
    tables = (
        '[parameter.share]\npath = "drug-x.elimination.pathway.conversion.fraction"\ninitial = "0.5"\n'
        'lower = "0.01"\nupper = "0.99"\n[parameter.rest]\npath = "drug-x.elimination.pathway.rest.fraction"\n'
        'expr = "1 - share"\nunit = "1"\n'
        '[parameter.loss]\npath = "product.elimination.clearance"\ninitial = "3 L/h"\n'
    )
    files = {"drug.toml": made, "product.toml": product, "scenario.toml": scenario}
    rows = csv(zip(TIMES, parent, formed / 20, strict=True), "time_h,drug-x_mg_per_L,product_mg_per_L")

    group = fitted(tmp_path, DATA, tables, levels=rows, files=files)

    assert values(group) == pytest.approx({"share": share, "rest": 1 - share, "loss": km * 20}, rel=1e-5)


def test_a_linear_parameter_has_the_interval_of_linear_regression(tmp_path: Path) -> None:
    """Estimate, standard error, t interval and residual SD of a regression through the origin (closed form)."""
    x, y = bateman(TIMES), noisy()

    group = fitted(tmp_path, DATA, LINEAR, levels=levels(y))

    slope = x @ y / (x @ x)
    sd = math.sqrt(np.sum((y - slope * x) ** 2) / (len(x) - 1))
    se = sd / math.sqrt(x @ x)
    half = stats.t.ppf(0.975, len(x) - 1) * se
    [row] = group.estimates
    assert (row.value, row.se, group.sd) == pytest.approx((slope, se, sd), rel=1e-5)
    assert (row.low, row.high) == pytest.approx((slope - half, slope + half), rel=1e-5)


@pytest.mark.parametrize("given", [False, True], ids=["estimated-sd", "given-sd"])
def test_profile_and_covariance_agree_where_the_model_is_linear(given: bool, tmp_path: Path) -> None:
    """The profile likelihood of a linear parameter is a parabola; 1e-3 is the resolution of the search for its ends."""
    residual = '[residual]\nmodel = "additive"\nadditive = "0.05 mg/L"\n' if given else ""

    wald = fitted(tmp_path, DATA, LINEAR, residual, levels=levels(noisy()))
    profile = fitted(tmp_path, DATA, LINEAR, residual, '[interval]\nmethod = "profile"\n', levels=levels(noisy()))

    expected, found = wald.estimates[0], profile.estimates[0]
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), rel=1e-3)
    assert profile.warnings == ()


@pytest.mark.parametrize("given", [False, True], ids=["estimated-sd", "given-sd"])
def test_a_profile_ends_where_the_likelihood_ratio_says(given: bool, tmp_path: Path) -> None:
    """At the ends of ka's interval the other two refitted (closed form, scipy) cost one 95 % quantile more."""
    y = noisy()
    residual = '[residual]\nadditive = "0.05 mg/L"\n' if given else ""

    group = fitted(tmp_path, DATA, ALL, residual, '[interval]\nmethod = "profile"\n', levels=levels(y))

    def smallest(ka: float | None) -> float:
        def errors(logs: Array) -> Array:
            rest = np.exp(logs)
            return (y - bateman(TIMES, rest[0], rest[1], rest[2] if ka is None else ka)) / (0.05 if given else 1)

        start = np.log([5.0, 60.0, 1.0] if ka is None else [5.0, 60.0])
        return float(2 * optimize.least_squares(errors, start, xtol=1e-12, ftol=1e-12).cost)

    row = next(row for row in group.estimates if row.parameter.name == "ka")
    dof = len(y) - 3
    for end in (row.low, row.high):
        assert end is not None
        more = smallest(end) - smallest(None)
        quantile = stats.chi2.ppf(0.95, 1) if given else stats.f.ppf(0.95, 1, dof)
        assert (more if given else more / smallest(None) * dof) == pytest.approx(quantile, rel=1e-2)


def test_a_prior_moves_the_estimate_as_bayes_says(tmp_path: Path) -> None:
    """Normal data, normal prior: the mean weighted by precision, its SD the root of their sum (closed form)."""
    x, y = bateman(TIMES), noisy()
    prior = parameter("f", 'transform = "none"', 'upper = "1"', 'prior = { mean = "0.5", cv = "10 %" }')

    group = fitted(tmp_path, DATA, prior, '[residual]\nadditive = "0.2 mg/L"\n', levels=levels(y))

    precision = x @ x / 0.2**2 + 1 / 0.05**2
    [row] = group.estimates
    assert row.value == pytest.approx((x @ y / 0.2**2 + 0.5 / 0.05**2) / precision, rel=1e-6)
    assert row.se == pytest.approx(precision**-0.5, rel=1e-5)


def test_a_map_estimate_minimises_minus_log_posterior(tmp_path: Path) -> None:
    """Two levels, log-normal priors on clearance and volume: as by direct minimisation of the closed form, to 1e-5."""
    times, measured = np.array([2.0, 12.0]), np.array([1.9, 0.9])
    tables = parameter("clearance", 'prior = { mean = "5 L/h", cv = "30 %" }')
    tables += parameter("volume", 'prior = { mean = "50 L", cv = "20 %" }')
    residual = '[residual]\nmodel = "log"\nproportional = "10 %"\n'

    group = fitted(tmp_path, DATA, tables, residual, levels=csv(zip(times, measured, strict=True)))

    def posterior(logs: Array) -> float:
        clearance, volume = np.exp(logs)
        errors = (np.log(measured) - np.log(bateman(times, clearance, volume))) / 0.1
        prior = math.log(clearance / 5) ** 2 / math.log1p(0.09) + math.log(volume / 50) ** 2 / math.log1p(0.04)
        return float((errors @ errors + prior) / 2)

    options = {"xatol": 1e-10, "fatol": 1e-14, "maxiter": 5000}
    direct = optimize.minimize(posterior, np.log([5.0, 50.0]), method="Nelder-Mead", options=options)
    assert values(group) == pytest.approx(dict(zip(("clearance", "volume"), np.exp(direct.x), strict=True)), rel=1e-5)


def test_a_robust_loss_holds_against_an_outlier(tmp_path: Path) -> None:
    """soft_l1 with a given SD: as by direct minimisation of the same loss on the closed form."""
    x, y = bateman(TIMES), noisy()
    y[4] *= 3

    group = fitted(
        tmp_path, DATA, LINEAR, '[residual]\nadditive = "0.05 mg/L"\n[method]\nloss = "soft_l1"\n', levels=levels(y)
    )

    def cost(f: float) -> float:
        return float(np.sum(2 * (np.sqrt(1 + ((y - f * x) / 0.05) ** 2) - 1)))

    direct = optimize.minimize_scalar(cost, bounds=(0.3, 1.0), method="bounded", options={"xatol": 1e-9})
    assert group.estimates[0].value == pytest.approx(direct.x, rel=1e-5)
    assert group.aic is None


@pytest.mark.parametrize("model", ["additive", "proportional", "log"])
def test_aic_and_bic_are_those_of_the_density(model: str, tmp_path: Path) -> None:
    """-2 log likelihood by scipy's densities at the estimates; the SD counts as a parameter (closed form)."""
    y = noisy()

    group = fitted(tmp_path, DATA, LINEAR, f'[residual]\nmodel = "{model}"\n', levels=levels(y))

    [predicted] = group.predicted
    if model == "log":
        errors = np.log(y) - np.log(predicted)
        sd = np.sqrt(np.mean(errors**2))
        density = stats.lognorm.logpdf(y, s=sd, scale=predicted)
    else:
        width = np.ones_like(y) if model == "additive" else predicted
        sd = np.sqrt(np.mean(((y - predicted) / width) ** 2))
        density = stats.norm.logpdf(y, predicted, sd * width)
    expected = -2 * float(np.sum(density))
    assert group.minus_2ll == pytest.approx(expected, rel=1e-9)
    assert (group.aic, group.bic) == pytest.approx((expected + 4, expected + 2 * math.log(len(y))), rel=1e-9)


def test_several_starts_are_compared(tmp_path: Path) -> None:
    """Starts drawn between the bounds; a fit repeats itself to the last digit."""
    bounds = {"clearance": ("1 L/h", "20 L/h"), "volume": ("20 L", "200 L"), "ka": ("0.3 1/h", "5 1/h")}
    tables = "".join(parameter(name, f'lower = "{low}"', f'upper = "{high}"') for name, (low, high) in bounds.items())

    first, second = (fitted(tmp_path, DATA, tables, "[method]\nstarts = 4\n") for _ in range(2))

    assert len(first.starts) == 4
    assert values(first) == values(second)
    assert values(first) == pytest.approx(TRUE, rel=1e-5)


def test_an_estimate_at_a_bound_is_said_to_be(tmp_path: Path) -> None:
    """A bound that keeps an estimate from its optimum: a warning and no interval."""
    tables = parameter("clearance", 'upper = "4 L/h"') + parameter("volume") + parameter("ka")

    group = fitted(tmp_path, DATA, tables)

    row = next(row for row in group.estimates if row.parameter.name == "clearance")
    assert any("clearance lies at its upper bound" in text for text in group.warnings)
    assert (row.se, row.low, row.high) == (None, None, None)


def test_estimates_that_cannot_be_told_apart_are_said_to_be(tmp_path: Path) -> None:
    """From late levels alone, F and volume are known only as a quotient: a warning, and no standard errors."""
    late = TIMES[6:]
    tables = parameter("volume") + parameter("f", 'lower = "0.05"', 'upper = "1"') + parameter("clearance")
    tables += '[parameter.ke]\nexpr = "clearance / volume"\nunit = "1/h"\n'

    group = fitted(tmp_path, DATA, tables, levels=csv(zip(late, bateman(late) * 0.8, strict=True)))

    assert any("told apart" in text or "cannot tell" in text for text in group.warnings)


def test_an_interrupt_keeps_the_best_point(tmp_path: Path) -> None:
    """Ctrl-C during the search: what was best by then is reported, as such."""
    seen: list[float] = []

    def interrupt(_: int, cost: float) -> None:
        seen.append(cost)
        if len(seen) == 4:
            raise KeyboardInterrupt

    fit = read_fit(written(tmp_path, DATA, ALL))
    [group] = estimate(fit, progress=interrupt).groups

    assert group.stopped
    assert "stopped by hand" in group.warnings[0]
    assert sum(float(np.sum(row**2)) for row in group.weighted) == pytest.approx(min(seen), rel=1e-12)


def test_an_interrupt_says_who_was_not_fitted(tmp_path: Path) -> None:
    """Subjects fitted one at a time: those after the interrupt are named, those before it are kept."""
    rows = [(name, t, c) for name in ("a", "b", "c") for t, c in zip(TIMES, noisy(), strict=True)]
    tables = "".join(parameter(name, 'shared = "subject"') for name in ("clearance", "volume", "ka"))
    fit = read_fit(written(tmp_path, DATA, tables, levels=csv(rows, "subject,time_h,conc_mg_per_L")))
    [first] = [group.evaluations for group in estimate(fit).groups if group.subject == "a"]
    calls = iter(range(1, 10_000))

    def interrupt(_evaluations: int, _cost: float) -> None:
        if next(calls) == first + 3:
            raise KeyboardInterrupt

    done, stopped = estimate(fit, progress=interrupt).groups

    assert (done.subject, done.stopped, stopped.subject, stopped.stopped) == ("a", False, "b", True)
    assert stopped.warnings[-1] == "not fitted any more: subject c"


def test_levels_below_quantification_are_left_out_and_counted(tmp_path: Path) -> None:
    """BLQ, <x, a flag, and values under the LLOQ do not change the estimates; the report counts them."""
    rows = [(*row, 0) for row in zip(TIMES, bateman(TIMES), strict=True)]
    rows += [(40, "BLQ", 0), (42, "<0.1", 0), (44, 0.5, 1), (46, 0.01, 0), (48, "", 0)]
    data = DATA + 'lloq = "20 ng/mL"\n'
    path = written(tmp_path, data, ALL, levels=csv(rows, "time_h,conc_mg_per_L,blq"))

    done = command("fit", path, "--out", tmp_path / "out", "--no-figure")

    report = (tmp_path / "out/report.md").read_text("utf-8")
    assert done.exit_code == 0, done.output
    assert "Left out of levels.csv: 4 cells, below quantification" in report
    assert "Left out of levels.csv: 1 cells, no value" in report
    assert "11 concentrations" in report


def test_the_result_is_a_parameter_file_of_a_scenario(tmp_path: Path) -> None:
    """A scenario with ``parameters = "out/result.toml"`` gives the predictions of the fit."""
    path = written(tmp_path, DATA, ALL, levels=levels(noisy()))
    done = command("fit", path, "--out", tmp_path / "out")
    scenario = (tmp_path / "scenario.toml").read_text("utf-8")
    (tmp_path / "fitted.toml").write_text('parameters = "out/result.toml"\n' + scenario, "utf-8")

    curve = simulate(load_scenario(tmp_path / "fitted.toml"), rtol=1e-9).curve("drug-x")

    assert done.exit_code == 0, done.output
    rows = np.genfromtxt(tmp_path / "out/predictions.csv", delimiter=",", names=True, dtype=None, encoding="utf-8")
    np.testing.assert_allclose(curve.value(rows["time_h"]), rows["predicted"], rtol=2e-6)
    assert "# clearance, 95 %" in (tmp_path / "out/result.toml").read_text("utf-8")


@pytest.mark.parametrize(("given", "told"), [("0.05 mg/L", False), ("0.01 mg/L", True), (None, False)])
def test_residuals_larger_than_the_given_sd_are_told(given: str | None, told: bool, tmp_path: Path) -> None:
    """How many times, and that intervals are too narrow, where chance does not make them so; else their own SD."""
    rest = f'additive = "{given}"\n' if given else ""
    path = written(tmp_path, DATA, LINEAR, '[residual]\nmodel = "additive"\n' + rest, levels=levels(noisy()))
    [group] = estimate(read_fit(path)).groups

    done = command("fit", path, "--out", tmp_path / "out", "--no-figure")

    size = f"residuals {group.sd:.3g} times the given SD" if given else f"residual SD {group.sd:.3g}"
    said = f"the residuals are {group.sd:.3g} times as large as the given SD, so the intervals are too narrow"
    assert size in done.output
    assert (said in done.output) is told
    assert (said in (tmp_path / "out/report.md").read_text("utf-8")) is told


def test_the_command_writes_every_file_and_nothing_else(tmp_path: Path) -> None:
    """Report, tables, record, parameter file and figures; a second run replaces them, a foreign folder is refused."""
    path = written(tmp_path, DATA, ALL, levels=levels(noisy()))
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign/thesis.txt").write_text("mine", "utf-8")

    first, second = (command("fit", path, "--out", tmp_path / "out") for _ in range(2))
    refused = command("fit", path, "--out", tmp_path / "foreign")

    expected = {"report.md", "result.toml", "estimates.csv", "predictions.csv", "run.json"}
    expected |= {"observed-predicted.png", "profiles.png", "residuals.png", "correlation.png"}
    assert {file.name for file in (tmp_path / "out").iterdir()} == expected
    assert (first.exit_code, second.exit_code, refused.exit_code) == (0, 0, 2)
    assert first.output == second.output
    assert json.loads((tmp_path / "out/run.json").read_text("utf-8"))["groups"][0]["observations"] == len(TIMES)


def test_profile_intervals_are_drawn_and_their_picture_does_not_outlive_them(tmp_path: Path) -> None:
    """The likelihood is drawn only where it was profiled; a later run without it removes the picture."""
    tables = "".join(parameter(name) for name in ("clearance", "volume", "ka"))
    profiled = written(tmp_path, DATA, tables + '[interval]\nmethod = "profile"\n', levels=levels(noisy()))
    out = tmp_path / "out"

    first = command("fit", profiled, "--out", out)
    drawn = (out / "profile-likelihood.png").exists()
    second = command("fit", written(tmp_path, DATA, tables, levels=levels(noisy())), "--out", out)

    assert (first.exit_code, drawn, second.exit_code) == (0, True, 0)
    assert not (out / "profile-likelihood.png").exists()


def test_results_of_subjects_who_are_gone_are_removed(tmp_path: Path) -> None:
    """One parameter file per subject; a run with other subjects does not leave those of the last one behind."""
    rows = [(name, t, c) for name in ("a", "b") for t, c in zip(TIMES, noisy(), strict=True)]
    tables = "".join(parameter(name, 'shared = "subject"') for name in ("clearance", "volume", "ka"))
    path = written(tmp_path, DATA, tables, levels=csv(rows, "subject,time_h,conc_mg_per_L"))
    out = tmp_path / "out"

    command("fit", path, "--out", out, "--no-figure")
    before = {file.name for file in out.glob("result*")}
    written(tmp_path, DATA, tables, levels=csv(rows[: len(TIMES)], "subject,time_h,conc_mg_per_L"))
    command("fit", path, "--out", out, "--no-figure")

    assert before == {"result-a.toml", "result-b.toml"}
    assert {file.name for file in out.glob("result*")} == {"result-a.toml"}


def test_values_that_no_body_can_have_end_the_fit(tmp_path: Path) -> None:
    """A bound that lets F above 1 is named, status 3, with what to do."""
    high = levels(bateman(TIMES) * 1.5)
    path = written(tmp_path, DATA, parameter("f", 'upper = "3"'), levels=high)

    done = command("fit", path, "--out", tmp_path / "out")

    assert done.exit_code == 3
    assert "narrow the bounds of the parameters" in done.stderr
    assert not (tmp_path / "out").exists()


def test_predictions_are_those_of_a_simulation(tmp_path: Path) -> None:
    """At the initial values the compiled predictions are the curve of ``simulate`` to 1e-6."""
    path = written(tmp_path, DATA, ALL)
    fit = read_fit(path)
    held = replace(fit, parameters=tuple(replace(row, initial=TRUE[row.name]) for row in fit.parameters))

    [group] = estimate(held).groups

    curve = simulate(load_scenario(tmp_path / "scenario.toml"), rtol=1e-9).curve("drug-x")
    np.testing.assert_allclose(group.predicted[0], curve.value(TIMES), rtol=1e-6)
