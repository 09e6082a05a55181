"""Absorption of carbamazepine per formulation, from 55 digitised curves; clearance and volume held.

Usage: python fits/carbamazepine-absorption/fit.py PROFILES.csv (writes result.toml beside itself)
"""

from __future__ import annotations

import sys
from pathlib import Path

import lmfit
import numpy as np

from pkinteract.analysis.profiles import gmfe, log_errors, profiles

VARIED = {
    "absorption.tablet.ka": (0.26, 0.05, 2.0, "1/h"),
    "absorption.tablet.bioavailability": (0.80, 0.5, 1.0, "1"),
    "absorption.extended-release.ka": (0.16, 0.03, 1.0, "1/h"),
    "absorption.extended-release.bioavailability": (0.76, 0.4, 1.0, "1"),
    "absorption.suspension.ka": (1.9, 0.3, 8.0, "1/h"),
    "absorption.suspension.bioavailability": (0.95, 0.5, 1.0, "1"),
}


def main() -> None:
    """Fit by least squares on log concentrations with a soft-L1 loss, and write the estimates."""
    found = list(profiles(Path(sys.argv[1])))
    names = {path: path.replace(".", "__").replace("-", "_") for path in VARIED}
    start = lmfit.Parameters()
    for path, (value, low, high, _) in VARIED.items():
        start.add(names[path], value=value, min=low, max=high)

    def residuals(trial: lmfit.Parameters) -> np.ndarray:
        overrides = {path: f"{trial[names[path]].value!r} {VARIED[path][3]}" for path in VARIED}
        return np.concatenate([log_errors(profile, overrides) for profile in found])

    fit = lmfit.minimize(residuals, start, method="least_squares", loss="soft_l1", diff_step=1e-3)
    lines = [
        f"# Estimates of fit.py: {fit.ndata} points of {len(found)} curves, GMFE {gmfe(residuals(fit.params)):.3f}.",
        "# Intervals are estimate ± 1.96 standard errors.",
        "# Points within a curve are taken as independent, so they are too narrow.",
        "",
        "[override.carbamazepine]",
    ]
    for path, name in names.items():
        one = fit.params[name]
        reach = 1.96 * (one.stderr or 0.0)
        interval = f"{one.value - reach:.3g} to {one.value + reach:.3g}"
        lines.append(f'"{path}" = "{one.value:.4g} {VARIED[path][3]}"  # {interval}')
    (Path(__file__).parent / "result.toml").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
