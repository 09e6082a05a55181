"""Posteriors with closed forms, what is written of them, and when they are not to be trusted."""

from __future__ import annotations

import csv as tables
import math
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from fit_files import DATA, TIMES, bateman, command, csv, fitted, parameter, written
from scipy import stats

from pkinteract.engine.curves import Array
from pkinteract.fitting import Group, estimate, read_fit
from pkinteract.fitting.types import Posterior

pytestmark = pytest.mark.compiled

LINEAR = parameter("f", 'transform = "none"', 'lower = "0.01"', 'upper = "1"')
"""Concentrations are proportional to F, so its posterior has a closed form."""
SD = 0.05
GIVEN = f'[residual]\nadditive = "{SD} mg/L"\n'
SAMPLED = "[posterior]\nwalkers = 8\nsteps = 400\nburn = 50\nseed = 2\n"


def measured() -> Array:
    return bateman(TIMES) * 0.8 + np.random.default_rng(7).normal(0, SD, len(TIMES))


def levels() -> str:
    return csv(zip(TIMES, measured(), strict=True))


def slope() -> tuple[float, float]:
    """Least-squares slope, and the sum of squares of the prediction at F = 1."""
    x = bateman(TIMES)
    return float(x @ measured() / (x @ x)), float(x @ x)


def effective(posterior: Posterior) -> float:
    """Independent draws that the chain of 8 walkers is worth."""
    return 8 * posterior.steps / float(np.max(posterior.times))


def quantile_error(density: float, probability: float, draws: float) -> float:
    """Standard error of a sample quantile, where the density there is known."""
    return math.sqrt(probability * (1 - probability) / draws) / density


def test_a_linear_parameter_with_a_given_sd_has_a_normal_posterior(tmp_path: Path) -> None:
    """Mean, SD and the three quantiles (closed form), within 4 Monte Carlo errors of the chain's effective size."""
    group = fitted(tmp_path, DATA, LINEAR, GIVEN, SAMPLED, levels=levels())

    posterior = group.posterior
    assert posterior is not None
    centre, squares = slope()
    exact = stats.norm(centre, SD / math.sqrt(squares))
    draws = effective(posterior)
    assert posterior.values.shape[1] == 1
    assert np.mean(posterior.values) == pytest.approx(centre, abs=4 * exact.std() / math.sqrt(draws))
    assert np.std(posterior.values) == pytest.approx(exact.std(), rel=4 / math.sqrt(2 * draws))
    for found, probability in zip(posterior.quantiles[0], (0.025, 0.5, 0.975), strict=True):
        wanted = exact.ppf(probability)
        assert found == pytest.approx(wanted, abs=4 * quantile_error(exact.pdf(wanted), probability, draws))


def test_an_sd_that_is_not_given_is_sampled_too(tmp_path: Path) -> None:
    """F follows a t distribution, the variance an inverse chi-square one (closed form), within 4 Monte Carlo errors."""
    group = fitted(tmp_path, DATA, LINEAR, SAMPLED, levels=levels())

    posterior = group.posterior
    assert posterior is not None
    centre, squares = slope()
    dof = len(TIMES) - 1
    left = float(np.sum((measured() - centre * bateman(TIMES)) ** 2))
    exact = stats.t(dof, centre, math.sqrt(left / dof / squares))
    draws = effective(posterior)
    for found, probability in zip(posterior.quantiles[0], (0.025, 0.5, 0.975), strict=True):
        wanted = exact.ppf(probability)
        assert found == pytest.approx(wanted, abs=4 * quantile_error(exact.pdf(wanted), probability, draws))
    middle = math.sqrt(left / stats.chi2(dof).ppf(0.5))
    density = stats.chi2(dof).pdf(left / middle**2) * 2 * left / middle**3
    assert posterior.parameters[1] is None
    assert posterior.quantiles[1, 1] == pytest.approx(middle, abs=4 * quantile_error(density, 0.5, draws))


def test_a_prior_counts_in_the_posterior(tmp_path: Path) -> None:
    """Normal data and a normal prior: the median lies at the mean weighted by precision (closed form)."""
    prior = parameter(
        "f", 'transform = "none"', 'lower = "0.01"', 'upper = "1"', 'prior = { mean = "0.5", cv = "4 %" }'
    )

    group = fitted(tmp_path, DATA, prior, GIVEN, SAMPLED, levels=levels())

    posterior = group.posterior
    assert posterior is not None
    centre, squares = slope()
    data, before = squares / SD**2, 1 / 0.02**2
    exact = stats.norm((centre * data + 0.5 * before) / (data + before), (data + before) ** -0.5)
    error = quantile_error(exact.pdf(exact.mean()), 0.5, effective(posterior))
    assert abs(exact.mean() - centre) > 8 * error
    assert posterior.quantiles[0, 1] == pytest.approx(exact.mean(), abs=4 * error)


def test_no_draw_lies_beyond_a_bound(tmp_path: Path) -> None:
    """The prior is uniform between the bounds: an upper bound within the likelihood cuts the posterior off."""
    centre, squares = slope()
    upper = centre + 0.5 * SD / math.sqrt(squares)
    bounded = parameter("f", 'transform = "none"', 'lower = "0.01"', f'upper = "{upper!r}"')

    group = fitted(
        tmp_path, DATA, bounded, GIVEN, "[posterior]\nwalkers = 4\nsteps = 150\nburn = 20\n", levels=levels()
    )

    assert group.posterior is not None
    assert np.max(group.posterior.values) <= upper
    assert np.max(group.posterior.values) > centre


def test_the_command_writes_the_draws_and_their_figure(tmp_path: Path) -> None:
    """posterior.csv holds what the report sums up, the same again by the same seed; a run without it removes both."""
    sampled = "[posterior]\nwalkers = 4\nsteps = 100\nburn = 20\n"
    path = written(tmp_path, DATA, LINEAR, sampled, levels=levels())
    out = tmp_path / "out"

    first = command("fit", path, "--out", out)
    text = (out / "posterior.csv").read_text("utf-8")
    figure = (out / "posterior.png").exists()
    report = (out / "report.md").read_text("utf-8")
    second = command("fit", path, "--out", out, "--no-figure")
    again = (out / "posterior.csv").read_text("utf-8")
    third = command("fit", written(tmp_path, DATA, LINEAR, levels=levels()), "--out", out)

    assert (first.exit_code, second.exit_code, third.exit_code) == (0, 0, 0), second.output + repr(second.exception)
    assert figure
    assert text == again
    assert not list(out.glob("posterior*"))
    rows = list(tables.DictReader(text.splitlines()))
    assert {(row["parameter"], row["unit"]) for row in rows} == {("f", "1"), ("residual_sd", "mg/L")}
    median = np.median([float(row["value"]) for row in rows if row["parameter"] == "f"])
    assert f"| f | {median:.5g} | 1 |" in report
    assert "fewer than 50 autocorrelation times" in first.output


def test_a_chain_that_is_stopped_is_kept_as_far_as_it_went(tmp_path: Path) -> None:
    """Ctrl-C while sampling: with 100 steps behind the burn-in the posterior stays, before that it is left out."""
    fit = read_fit(written(tmp_path, DATA, LINEAR, GIVEN, SAMPLED, levels=levels()))

    def stop_at(evaluations: int) -> Group:
        def interrupt(done: int, _: float) -> None:
            if done >= evaluations:
                raise KeyboardInterrupt

        [group] = estimate(fit, progress=interrupt).groups
        return group

    late, early = stop_at(8 * 200), stop_at(8 * 30)

    assert late.posterior is not None
    assert 100 <= late.posterior.steps < 400
    assert early.posterior is None
    assert (late.stopped, early.stopped) == (True, True)
    assert "stopped by hand while the posterior was sampled" in late.warnings
    assert any("the posterior is left out" in text for text in early.warnings)


def test_a_posterior_without_emcee_is_refused_with_advice(tmp_path: Path) -> None:
    """Where the extra is not installed the fit file is refused before anything runs, with how to install it."""
    path = written(tmp_path, DATA, LINEAR, GIVEN, SAMPLED, levels=levels())
    program = (
        "import sys\nsys.modules['emcee'] = None\nfrom pkinteract.cli import main\n"
        f"main(['fit', {str(path)!r}, '--out', {str(tmp_path / 'out')!r}])\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert 'posterior  needs emcee; install it with: pip install "pkinteract[mcmc]"' in done.stderr
    assert not (tmp_path / "out").exists()
