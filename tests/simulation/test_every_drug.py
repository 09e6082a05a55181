"""Every drug of the library that can be given runs, as exactly as promised."""

from __future__ import annotations

import numpy as np
import pytest
from runs import course, regimen, run, text

from pkinteract.library import load_library

LIBRARY = load_library()
DOSED = [drug for drug in LIBRARY.ids() if LIBRARY.monograph(drug).absorption]
REFERENCE_RTOL = 1e-10
"""Puts the reference's own error below a tenth of the 1e-5 that is measured.

Where distribution is fast its curve is coarser inside a step than at the ends: triazolam 8e-6 at 1e-9, 3e-4 at 1e-7.
"""


@pytest.mark.parametrize("drug", DOSED)
def test_two_doses_run_and_agree_with_the_reference(drug: str) -> None:
    """
    A usual dose on two days: levels of the drug and of what it forms are finite and there.

    The error of each is at most 1e-5 of its Cmax, that of enzymes 1e-5 (against scipy on its own right-hand side).
    """
    dosing = LIBRARY.monograph(drug).dosing
    assert dosing is not None
    dose = dosing.low or dosing.single_high or dosing.high
    assert dose is not None
    given = f'dose = "{dose.value} {dose.unit}"'
    source = text(regimen(drug, course("0 d", given, 'every = "24 h"', "count = 2")), days=2, step="0.5 h")

    fast, reference = run(source), run(source, solver="reference", rtol=REFERENCE_RTOL)

    assert fast.status.ok
    for analyte, levels, expected in zip(fast.analytes, fast.concentration, reference.concentration, strict=True):
        assert np.isfinite(levels).all(), analyte.id
        assert (levels >= 0).all(), analyte.id
        assert levels.max() > 0, analyte.id
        assert float(fast.curve(analyte.id).integral(0, 48)) > 0, analyte.id
        assert np.abs(levels - expected).max() <= 1e-5 * expected.max(), analyte.id
    np.testing.assert_allclose(fast.enzyme_level, reference.enzyme_level, rtol=1e-5)
