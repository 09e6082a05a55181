"""A total level that falls and an unbound one that does not are told together, drug by drug."""

from __future__ import annotations

import pytest
from own_drugs import INHIBITOR
from runs import daily, drug, pathway, regimen, run, text

from pkinteract.analysis import answer_of
from pkinteract.analysis.moves import displacements

BOUND = '[binding]\nfraction_unbound = "0.1"\nblood_to_plasma = "1"\n[unbound]\n'
VICTIMS = ("one", "two")
RIVAL = drug(
    "rival", *(f'[displaces.{name}]\nki = {{ value = 2, unit = "mg/L", basis = "total" }}\n' for name in VICTIMS)
)


@pytest.mark.parametrize(("inhibitor", "falls"), [(None, True), ("1 mg", True), ("16 mg", False)])
def test_each_total_level_goes_with_its_own_unbound_one(inhibitor: str | None, falls: bool) -> None:
    """Two drugs displaced on one day; where an inhibitor makes up for it no total falls, and nothing is said."""
    drugs = (*(drug(name, pathway("oxidation", 1.0, "CYP3A4"), BOUND) for name in VICTIMS), RIVAL, INHIBITOR)
    taken = [regimen(name, daily("120 mg", "12 h", "-20 d", "60 d")) for name in VICTIMS]
    taken += [regimen("rival", daily("600 mg", "12 h", "5 d", "60 d"))]
    taken += [regimen("inhibitor", daily(inhibitor, "12 h", "5 d", "60 d"))] if inhibitor else []
    result = run(text(*taken, days=40, step="6 h"), drugs=drugs)
    answer = answer_of(result)
    pairs = [(total.analyte.id, free.analyte.id) for total, free in displacements(result, answer.moves)]

    assert pairs == ([(name, f"{name}-unbound") for name in VICTIMS] if falls else [])
    assert sorted(alert.analyte for alert in answer.alerts if alert.rule == "displaced") == [*VICTIMS] * falls
