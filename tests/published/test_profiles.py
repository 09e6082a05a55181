"""Digitised carbamazepine curves, read in place where they are at hand; see docs/validation.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pkinteract.analysis.profiles import gmfe, log_errors, published_curves

CURVES = Path(__file__).parents[3] / "shared" / "evidence" / "osp_profiles.csv"


@pytest.mark.slow
@pytest.mark.skipif(not CURVES.exists(), reason="the digitised curves carry no licence and are not part of the project")
def test_carbamazepine_curves_lie_within_the_fold_errors_promised() -> None:
    """Pooled over all points the geometric mean fold error is at most 1.31, for repeated dosing at most 1.15."""
    found = list(published_curves(CURVES))

    errors = {profile.id: log_errors(profile) for profile in found}

    assert len(found) == 55
    assert gmfe(np.concatenate(list(errors.values()))) <= 1.31
    assert gmfe(np.concatenate([errors[profile.id] for profile in found if profile.multiple])) <= 1.15


def test_the_fold_error_is_the_geometric_mean_of_the_larger_over_the_smaller() -> None:
    """Twice and half as much are the same error (closed form)."""
    assert gmfe(np.log([2.0, 0.5, 1.0])) == pytest.approx(4 ** (1 / 3))
