"""What ``check`` expects of the levels, against closed forms and against the run."""

from __future__ import annotations

import math
import os
import random
from pathlib import Path

import pytest
from click.testing import CliRunner
from own_drugs import binding
from runs import average, daily, drug, once, pathway, regimen, run, text, written
from scenario_files import load

from pkinteract.cli import main
from pkinteract.library import load_library
from pkinteract.model.expectation.estimate import changes
from pkinteract.model.expectation.intake import half_life
from pkinteract.model.expectation.limits import estimate_limits
from pkinteract.model.expectation.network import links

DOSES = {
    "amitriptyline": ("75 mg", "24 h"),
    "carbamazepine": ("400 mg", "12 h"),
    "erythromycin": ("500 mg", "8 h"),
    "fluconazole": ("200 mg", "24 h"),
    "fluvoxamine": ("100 mg", "24 h"),
    "itraconazole": ("200 mg", "24 h"),
    "ketoconazole": ("200 mg", "12 h"),
    "lamotrigine": ("100 mg", "12 h"),
    "metoprolol": ("100 mg", "12 h"),
    "midazolam": ("7.5 mg", "24 h"),
    "paroxetine": ("20 mg", "24 h"),
    "phenytoin": ("200 mg", "24 h"),
    "quetiapine": ("100 mg", "12 h"),
    "rifampicin": ("600 mg", "24 h"),
    "s-warfarin": ("5 mg", "24 h"),
    "simvastatin": ("40 mg", "24 h"),
    "valproate": ("500 mg", "12 h"),
}
INHIBITOR = 'ki = { value = 0.5, unit = "mg/L", basis = "total" }\n'


def sixty_days(*drugs: str) -> str:
    return text(*(regimen(name, daily(*DOSES[name], "-60 d", "1 d")) for name in drugs), days=1)


@pytest.mark.parametrize(
    ("victim", "other", "apart"),
    [
        ("simvastatin", "itraconazole", 1.4),
        ("midazolam", "ketoconazole", 1.4),
        ("midazolam", "erythromycin", 1.4),
        ("midazolam", "fluvoxamine", 1.4),
        ("midazolam", "carbamazepine", 1.05),
        ("amitriptyline", "paroxetine", 1.05),
        ("amitriptyline", "rifampicin", 3.5),
        ("simvastatin", "rifampicin", 3.5),
        ("carbamazepine", "erythromycin", 1.05),
        ("s-warfarin", "fluconazole", 1.05),
        ("lamotrigine", "valproate", 1.05),
        ("metoprolol", "paroxetine", 1.05),
        ("quetiapine", "phenytoin", 1.05),
    ],
)
def test_check_expects_what_the_run_shows(victim: str, other: str, apart: float) -> None:
    """The change of the average after two months of both, to the factor that docs/model.md tells."""
    alone, both = run(sixty_days(victim)), run(sixty_days(victim, other))
    shown = average(both.curve(victim), 0, 24) / average(alone.curve(victim), 0, 24)

    expected = changes(both.scenario)[victim]

    assert abs(math.log(expected / shown)) < math.log(apart)


LIBRARY = load_library()
DOSED = [drug for drug in LIBRARY.ids() if LIBRARY.monograph(drug).absorption]


def _touched(perpetrator: str) -> set[str]:
    """Enzymes that a drug or a metabolite of it acts on."""
    found: set[str] = set()
    for name in LIBRARY.reported(perpetrator):
        if name in LIBRARY.files:
            row = LIBRARY.monograph(name)
            found |= {*row.induces, *row.inhibits, *row.inactivates}
    return found


def _clearing(victim: str) -> set[str]:
    """Enzymes that clear a drug, or meet it in the gut wall."""
    row = LIBRARY.monograph(victim)
    wall = set() if row.first_pass is None else {row.first_pass.gut_enzyme}
    return wall | {pathway.enzyme for pathway in row.elimination.pathway if pathway.enzyme is not None}


TOUCHED = {drug: _touched(drug) for drug in DOSED}
CLEARING = {drug: _clearing(drug) for drug in DOSED}
PAIRS = [
    (other, victim)
    for other in DOSED
    for victim in DOSED
    if other != victim and not TOUCHED[other].isdisjoint(CLEARING[victim])
]
"""Ordered pairs with a constant; ``make fuzz`` goes through all, ``make test`` through thirty."""

CHOSEN = PAIRS if "PKINTERACT_FUZZ" in os.environ else random.Random(2026).sample(PAIRS, 30)


def _usual(drug: str) -> str:
    """Three months of the middle of the usual range, twice a day where the half-life is short."""
    dosing = LIBRARY.monograph(drug).dosing
    ends = [value for value in (dosing.low, dosing.high, dosing.single_high) if value is not None]
    middle = math.sqrt(ends[0].value * ends[-1].value)
    often = half_life(LIBRARY.monograph(drug), load(text(regimen("caffeine", once("1 mg")))).patient) < 12
    dose, every = (middle / 2, "12 h") if often else (middle, "24 h")
    return regimen(drug, daily(f"{dose:.4g} {ends[0].unit}", every, "-90 d", "1 d"))


@pytest.mark.slow
@pytest.mark.parametrize(("other", "victim"), CHOSEN)
def test_check_expects_what_the_run_shows_of_every_pair(other: str, victim: str) -> None:
    """
    After three months of both: within 1.5-fold, or it is told what the estimate leaves out.

    Then it is on the same side and within threefold, unless the binding is left out, which moves a level either way.
    """
    alone, both = run(text(_usual(victim), days=1)), run(text(_usual(victim), _usual(other), days=1))
    shown = average(both.curve(victim), 0, 24) / average(alone.curve(victim), 0, 24)
    expected = changes(both.scenario)
    omitted = estimate_limits(both.scenario, links(both.scenario))[victim]

    if any(map(math.isinf, expected.values())):
        assert victim not in expected or shown > 1.5
    elif abs(math.log(expected[victim] / shown)) > math.log(1.5):
        assert omitted
        if not any("binding" in text for text in omitted):
            assert abs(math.log(expected[victim] / shown)) < math.log(3)
            assert (expected[victim] > 1) == (shown > 1)


def test_what_comes_after_a_drug_is_gone_is_not_changed_by_it() -> None:
    """Quetiapine 60 days after carbamazepine is what it is alone; a day after, carbamazepine counts and fades."""
    quetiapine = regimen("quetiapine", daily("200 mg", "12 h", "0 d", "30 d"))
    ended = {day: regimen("carbamazepine", daily("400 mg", "12 h", "-120 d", day)) for day in ("-60 d", "-1 d")}
    gone, fading = (load(text(quetiapine, past, days=30)) for past in ended.values())

    assert changes(gone)["quetiapine"] == pytest.approx(1, rel=1e-3)
    assert changes(fading)["quetiapine"] < 0.5
    assert estimate_limits(fading, links(fading))["quetiapine"] == (
        "that carbamazepine, last taken on day -1.5, fades",
    )


def test_what_the_estimate_leaves_out_is_told(tmp_path: Path) -> None:
    """Saturation, the hours in the gut wall, a short course; a drug at steady state is given for long enough."""
    simvastatin = regimen("simvastatin", daily("40 mg", "24 h", "0 d", "30 d", "steady_state = true"))
    short = regimen("rifampicin", daily("600 mg", "24 h", "10 d", "12 d"))
    scenario = load(text(simvastatin, short, regimen("itraconazole", daily("200 mg", "24 h", "0 d", "30 d")), days=30))

    told = estimate_limits(scenario, links(scenario))

    assert any(text.startswith("that rifampicin is given for 1 d of the ") for text in told["simvastatin"])
    assert "the peaks of rifampicin, which induce less than an even level" in told["simvastatin"]
    assert "the hours between itraconazole and simvastatin in the gut wall" in told["simvastatin"]
    assert told["rifampicin"] == ("the doses at which rifampicin saturates",)


def test_a_constant_inhibitor_gives_the_textbook_ratio(tmp_path: Path) -> None:
    """2 mg/L in vein and liver inlet against Ki 0.5 of 60 % of the clearance: 1/(0.4 + 0.6/(1 + 4)) = 1.92."""
    rival = drug("rival", f"[inhibits.CYP3A4]\n{INHIBITOR}")
    victim = drug("victim", pathway("first", 0.6, "CYP3A4"), pathway("second", 0.4, "CYP2D6"))
    doses = (
        regimen("rival", daily("120 mg", "12 h", "0 d", "9 d", 'route = "intravenous"')),
        regimen("victim", daily("100 mg")),
    )
    path = written(tmp_path, text(*doses), (rival, victim))

    done = CliRunner().invoke(main, ["check", str(path)])

    line = "  expects   victim: in the long run about 1.9 times its average without the other drugs"
    assert line in done.stdout.splitlines()
    assert "expects   rival" not in done.stdout


def test_drugs_that_do_nothing_to_each_other_are_expected_to_do_nothing() -> None:
    """Ratios of 1, to 1e-3."""
    found = changes(
        load(text(regimen("levetiracetam", daily("500 mg", "12 h")), regimen("pregabalin", daily("150 mg"))))
    )

    assert found == pytest.approx({"levetiracetam": 1.0, "pregabalin": 1.0}, rel=1e-3)


def test_a_drug_beyond_what_can_be_cleared_is_said_to_rise(tmp_path: Path) -> None:
    """10 mg/h against a Vmax of 12 mg/h, halved by the other drug."""
    rival = drug("rival", f"[inhibits.CYP3A4]\n{INHIBITOR}", binding())
    km = 'km = { value = 2, unit = "mg/L", basis = "total" }'
    victim = drug("victim", pathway("all", 1.0, "CYP3A4", km, 'inhibition = "non-competitive"'), clearance="6 L/h")
    doses = regimen("rival", daily("120 mg", "12 h")), regimen("victim", daily("240 mg"))
    path = written(tmp_path, text(*doses), (rival, victim))

    done = CliRunner().invoke(main, ["check", str(path)])

    assert "expects   victim: with these drugs more of it comes in than can be cleared" in done.stdout
