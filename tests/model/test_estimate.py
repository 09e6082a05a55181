"""What ``check`` expects of the levels, against closed forms and against the run."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from click.testing import CliRunner
from own_drugs import binding
from runs import average, daily, drug, pathway, regimen, run, text, written
from scenario_files import load

from pkinteract.cli import main
from pkinteract.model.expectation.estimate import changes

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

    assert "expects   victim: in the long run about 1.9 times its average without the other drugs" in done.stdout
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
