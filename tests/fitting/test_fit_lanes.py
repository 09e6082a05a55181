"""Fits in lanes: derivatives free of the noise of steps, points that fail by themselves, and no heavy imports."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from fit_files import ALL, DATA, INITIAL, TIMES, bateman, csv, parameter, written

from pkinteract.errors import SimulationError
from pkinteract.fitting import read_fit
from pkinteract.fitting.search.target import Best, Target

pytestmark = pytest.mark.compiled

SUBJECTS = tuple("abcdefghi")
"""With three estimates each there are more points than two groups of lanes hold."""


def test_derivatives_of_many_estimates_are_those_of_the_closed_form(tmp_path: Path) -> None:
    """Nine people with a ka of their own, clearance and volume shared: each column is the closed form's to 1e-6."""
    rows = [(name, t, c) for name in SUBJECTS for t, c in zip(TIMES, bateman(TIMES), strict=True)]
    tables = parameter("clearance") + parameter("volume") + parameter("ka", 'shared = "subject"')
    path = written(tmp_path, DATA, tables, levels=csv(rows, "subject,time_h,conc_mg_per_L"))
    fit = read_fit(path)

    with ThreadPoolExecutor(2) as pool:
        target = Target(fit=fit, series=fit.series, pool=pool, best=Best())
        found = target.jacobian(target.start())

    begin = {name: INITIAL[name] for name in ("clearance", "volume", "ka")}

    def slope(name: str) -> np.ndarray:
        sides = [bateman(TIMES, **{**begin, name: begin[name] * np.exp(move)}) for move in (-1e-4, 1e-4)]
        return -(sides[1] - sides[0]) / 2e-4

    expected = [np.tile(slope(name), len(SUBJECTS)) for name in ("clearance", "volume")]
    own = np.kron(np.eye(len(SUBJECTS)), slope("ka"))
    for column, other in zip(found.T, [*expected, *own], strict=True):
        np.testing.assert_allclose(column, other, rtol=0, atol=1e-6 * np.abs(other).max())


def test_a_point_that_cannot_be_is_told_and_spares_the_others(tmp_path: Path) -> None:
    """F of 2 among points that are possible: that one has its reason, and each other what it has alone."""
    fit = read_fit(written(tmp_path, DATA, ALL + parameter("f", 'upper = "3"')))
    begin = {name: INITIAL[name] for name in ("clearance", "volume", "ka", "f")}
    points = [{**begin, "f": f} for f in (0.5, 2.0, 0.9)]

    with ThreadPoolExecutor(2) as pool:
        target = Target(fit=fit, series=fit.series, pool=pool, best=Best())
        found = target.tried(points)
        alone = [target.predictions([points[n]])[0][0] for n in (0, 2)]

    assert isinstance(found[1], SimulationError)
    assert "bioavailability" in found[1].advice
    for rows, other in zip((found[0], found[2]), alone, strict=True):
        assert not isinstance(rows, SimulationError)
        np.testing.assert_allclose(rows[0], other, rtol=1e-9)


@pytest.mark.parametrize("model", ["additive", "log"])
def test_a_fit_with_its_figures_imports_no_compiler_and_no_pandas(model: str, tmp_path: Path) -> None:
    """Whoever fits a few levels waits for numpy, pydantic, scipy's optimisers and matplotlib's figures alone."""
    heavy = ["numba", "pandas", "scipy.stats", "scipy.integrate", "matplotlib.pyplot", "emcee"]
    path = written(tmp_path, DATA, ALL, f'[residual]\nmodel = "{model}"\n')
    program = (
        "import sys\nfrom pkinteract.cli import main\n"
        f"main(['fit', {str(path)!r}, '--out', {str(tmp_path / 'out')!r}], standalone_mode=False)\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120)

    assert done.stdout.endswith("\n[]\n")
    assert (tmp_path / "out/profiles.png").exists()
