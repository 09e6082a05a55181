"""Scenarios of library drugs, drawn at random: every runner against the reference, through the doors of the commands.

``make test`` runs a few, ``make nightly`` 200 that are others every night, ``make fuzz`` 2,000. A failure names its
number.
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from mechanism_parts import PARTS
from random_scenarios import DOSED, LIBRARY, random_scenario
from random_systems import Case
from scenario_errors import runner_errors
from scenario_files import load

from pkinteract.model import build

COUNT = int(os.environ.get("PKINTERACT_SCENARIOS", "4"))
FIRST = int(os.environ.get("PKINTERACT_FIRST", "0"))

ABSENT = {"absorption, as it flows in", "clearance, not competitive"}
"""What no drug of the library has; random systems have it."""

READ = max(COUNT, 40)


@pytest.mark.compiled
@pytest.mark.parametrize("number", range(FIRST, FIRST + COUNT))
def test_every_runner_agrees_with_the_reference_on_any_scenario(number: int) -> None:
    """
    Levels of ``run``, and of one of a population who is as the typical patient, to 1e-5 of each analyte's Cmax.

    Enzymes to 1e-5 of their own highest level, as the solver weighs them. No level is below zero by more.
    """
    errors = runner_errors(load(random_scenario(number)))

    assert errors.status == "ok"
    assert errors.worst <= 1e-5, errors


@pytest.mark.slow
def test_every_scenario_that_is_drawn_can_be_read() -> None:
    """Nothing is drawn that the reader refuses; among 2,000 is every drug, formulation and part of a mechanism.

    A drug comes at least ten times, a part of a mechanism twenty times; all is counted from 2,000 scenarios on.
    """
    drugs: Counter[str] = Counter()
    forms: set[tuple[str, str]] = set()
    parts: Counter[str] = Counter()
    for number in range(FIRST, FIRST + READ):
        scenario = load(random_scenario(number))
        drugs.update(scenario.dosed)
        forms |= {(regimen.drug, regimen.formulation) for regimen in scenario.regimens}
        model = build(scenario)
        case = Case(system=model.system, events=model.events)
        parts.update(name for name, has in PARTS.items() if has(case))

    assert set(drugs) <= set(DOSED)
    if READ >= 2000:
        assert {drug: drugs[drug] for drug in DOSED if drugs[drug] < 10} == {}
        assert forms == {(drug, form) for drug in DOSED for form in LIBRARY.monograph(drug).absorption}
        assert {part: parts[part] for part in PARTS if part not in ABSENT and parts[part] < 20} == {}
        assert {part for part in ABSENT if parts[part]} == set()
