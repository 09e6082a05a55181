"""Every two drugs of the library together: a population without any difference is what a single run is."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from runs import course, regimen, text, written

from pkinteract import load_scenario, simulate
from pkinteract.library import load_library
from pkinteract.population.people.draw import draw
from pkinteract.population.people.specification import specification
from pkinteract.population.run.block import OK, run_block
from pkinteract.population.run.plan import plan_of
from pkinteract.population.statistics import tally

pytestmark = [pytest.mark.compiled, pytest.mark.slow]

LIBRARY = load_library()
DOSED = [drug for drug in LIBRARY.ids() if LIBRARY.monograph(drug).absorption]
PAIRS = list(combinations(DOSED, 2))
"""All pairs of what can be given; ``make fuzz`` goes through all, ``make test`` through sixty."""

CHOSEN = PAIRS if "PKINTERACT_FUZZ" in os.environ else random.Random(2026).sample(PAIRS, 60)


def _given(drug: str, start: str) -> str:
    dosing = LIBRARY.monograph(drug).dosing
    assert dosing is not None
    dose = dosing.low or dosing.single_high or dosing.high
    assert dose is not None
    return regimen(drug, course(start, f'dose = "{dose.value} {dose.unit}"', 'every = "24 h"', 'until = "3 d"'))


@pytest.mark.parametrize(("first", "second"), CHOSEN)
def test_a_pair_is_the_same_in_lanes_as_alone(first: str, second: str, tmp_path: Path) -> None:
    """
    One drug for three days, the other from the second day on, in somebody without any difference from the typical.

    The levels of the compiled runner are those of the single one, to 1e-5 of each analyte's Cmax.
    """
    source = text(_given(first, "0 d"), _given(second, "1 d"), days=3)
    scenario = load_scenario(written(tmp_path, source))
    drawn = draw(scenario, specification(scenario), 0, 1)
    body = ("weight", "age", "female", "creatinine_clearance")
    fixed = frozenset([*body, *scenario.monographs, *drawn.phenotype, *drawn.abundance])
    plan = replace(plan_of(scenario, replace(specification(scenario, 1), fixed=fixed)), profiles=True)

    result = simulate(scenario)
    block = run_block(plan, range(1), tally.empty_tally(plan, plan.spec.n))

    assert block.columns["status"][0] == OK
    assert block.profile is not None
    shown = [analyte.id for analyte in result.analytes]
    for analyte, levels in zip(plan.analytes, block.profile[:, :, 0], strict=True):
        curve = result.curves[shown.index(analyte.id)]
        expected = curve.value(plan.grid)
        assert np.abs(levels - expected).max() <= 1e-5 * expected.max(), analyte.id
