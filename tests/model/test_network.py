"""Who acts on whom: what ``check`` prints and ``run.json`` records, from drugs of one's own."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from click.testing import CliRunner
from own_drugs import binding
from runs import INTRAVENOUS, daily, drug, once, oral, pathway, regimen, run, text, written

from pkinteract import load_scenario, simulate
from pkinteract.cli import main
from pkinteract.export.record.run import record
from pkinteract.library import load_library

DOSES = regimen("rival", daily("120 mg", "12 h")) + regimen("victim", daily("100 mg"))
"""240 mg/d over 5 L/h keep up 2 mg/L of the drug "rival"."""

VICTIM = drug("victim", pathway("first", 0.6, "CYP3A4"), pathway("second", 0.4, "CYP2D6"))
GUT = '[first_pass]\ngut_availability = "0.7"\ngut_enzyme = "CYP3A4"\n'
IN_GUT = drug("victim", pathway("first", 1.0, "CYP2D6"), GUT, oral(1.0, 0.5), INTRAVENOUS)


def constant(name: str, value: float, unit: str = "mg/L", basis: str = "total") -> str:
    return f'{name} = {{ value = {value!r}, unit = "{unit}", basis = "{basis}" }}\n'


def acts(folder: Path, rival: str, victim: str = VICTIM, *, doses: str = DOSES, patient: str = "") -> list[str]:
    """The lines of ``check`` on interactions."""
    path = written(folder, text(doses, patient=patient), (rival, victim))
    done = CliRunner().invoke(main, ["check", str(path)])
    assert done.exit_code == 0, done.stderr
    return [line.removeprefix("  acts      ") for line in done.stdout.splitlines() if line.startswith("  acts ")]


def recorded(rival: str, victim: str = VICTIM, *, doses: str = DOSES, patient: str = "") -> list[dict[str, object]]:
    """``interactions`` of run.json."""
    rows = json.loads(json.dumps(record(run(text(doses, patient=patient, days=1), drugs=(rival, victim)))))
    return list(rows["interactions"])


INHIBITS = "[inhibits.CYP3A4]\n" + constant("ki", 0.5)


def test_an_inhibitor_and_its_victims_are_named(tmp_path: Path) -> None:
    """Constant with unit and basis, 1/(1 + 2/0.5) = 0.2 of the activity, each victim with its share (golden)."""
    rival = drug("rival", pathway("own", 0.1, "CYP2C9"), pathway("rest", 0.9), INHIBITS)

    assert acts(tmp_path, rival) == [
        "rival → CYP3A4, reversible inhibition (Ki 0.5 mg/L total): about 0.2-fold; victim (60% of its clearance)"
    ]
    (row,) = recorded(rival)
    assert row == {
        "perpetrator": "rival",
        "acts_on": "CYP3A4",
        "mechanism": "reversible inhibition",
        "constants": {"ki": {"value": 0.5, "unit": "mg/L", "basis": "total"}},
        "source": None,
        "expected_average_mg_per_L": 2.0,
        "expected_factor": 0.2,
        "nil_because": None,
        "victims": {"victim": 0.6},
        "victims_in_gut_wall": [],
    }


@pytest.mark.parametrize(
    ("table", "constants", "factor"),
    [
        (f"[inhibits.CYP3A4]\n{constant('ki', 0.1, basis='unbound')}", "Ki 0.1 mg/L unbound", 1 / (1 + 2 * 0.25 / 0.1)),
        (f"[inhibits.CYP3A4]\n{constant('ki', 2.0, 'umol/L')}", "Ki 2 umol/L total", 1 / (1 + 2 / (2 * 0.3))),
        (
            f'[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "5"\n{constant("ec50", 4.0)}hill = "2"\n',
            "Emax 5, EC50 4 mg/L total, Hill 2",
            1 + 5 * 0.25 / 1.25,
        ),
        (
            f"[induces.CYP3A4]\n{constant('slope', 0.8, 'L/mg', 'unbound')}",
            "slope 0.8 L/mg unbound",
            1 + 0.8 * 0.25 * 2,
        ),
        (
            f'[inactivates.CYP3A4]\nkinact = "0.03 1/h"\n{constant("ki", 4.0)}',
            "kinact 0.03 1/h, Ki 4 mg/L total",
            1 / (1 + 0.03 * 2 / 6 / (math.log(2) / load_library().enzymes["CYP3A4"].liver.half_life.canonical)),
        ),
        (
            f"[displaces.victim]\n{constant('ki', 2.0)}",
            "Ki 2 mg/L total",
            1 / (1 + 9 / 2) / 0.1,
        ),
    ],
)
def test_what_to_expect_follows_from_constants_and_average(
    tmp_path: Path, table: str, constants: str, factor: float
) -> None:
    """The factor is the mechanism's own formula at the average plasma level of 2 mg/L, whatever basis and unit."""
    rival = drug("rival", binding(unbound=0.25), table)
    victim = drug("victim", pathway("first", 0.6, "CYP3A4"), pathway("second", 0.4, "CYP2D6"), binding(unbound=0.1))

    (line,) = acts(tmp_path, rival, victim)
    (row,) = recorded(rival, victim)

    assert f"({constants}): about {factor:.2g}-fold; victim (" in line
    assert row["expected_factor"] == pytest.approx(factor, rel=1e-3)
    assert row["nil_because"] is None


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (f"[inhibits.CYP3A4]\n{constant('ki', 200.0)}", "the average 2 mg/L is far below Ki 200 mg/L total"),
        (
            f'[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "5"\n{constant("ec50", 9.0, "g/L", "unbound")}',
            "the average 2 mg/L is far below EC50 9 g/L unbound",
        ),
        (f"[induces.CYP3A4]\n{constant('slope', 0.001, 'L/mg')}", "the average 2 mg/L is too low"),
        (f"[inhibits.CYP2C9]\n{constant('ki', 0.5)}", "it clears no drug of this scenario"),
        (f"[inhibits.CYP2D6]\n{constant('ki', 0.5)}", "this patient has none of it"),
    ],
)
def test_an_effect_that_is_nil_says_why(tmp_path: Path, table: str, reason: str) -> None:
    """Too low a level, nobody to act on, or an enzyme that the patient lacks."""
    rival, poor = drug("rival", binding(unbound=0.25), table), '[patient.phenotype]\nCYP2D6 = "poor"\n'

    (line,) = acts(tmp_path, rival, patient=poor)
    (row,) = recorded(rival, patient=poor)

    assert line.endswith(f": nil: {reason}")
    assert row["nil_because"] == reason


@pytest.mark.parametrize(
    ("ki", "rows", "expected"),
    [
        (0.5, "", "about 0.2-fold; victim (in the gut wall)"),
        (200.0, "", "while it is absorbed; victim (in the gut wall)"),
        (0.5, 'organs = ["gut"]\n', "about 0.2-fold; victim (in the gut wall)"),
        (0.5, 'organs = ["liver"]\n', "nil: it clears no drug of this scenario"),
    ],
)
def test_a_victim_in_the_gut_wall_is_told_from_one_in_the_liver(
    tmp_path: Path, ki: float, rows: str, expected: str
) -> None:
    """A drug that the enzyme meets in the gut alone is there no share of a clearance, and no low average excuses."""
    rival = drug("rival", "[inhibits.CYP3A4]\n" + constant("ki", ki) + rows)

    (line,) = acts(tmp_path, rival, IN_GUT)
    (row,) = recorded(rival, IN_GUT)

    assert line.endswith(f": {expected}")
    assert row["victims_in_gut_wall"] == ([] if "nil" in expected else ["victim"])


def test_a_victim_of_liver_and_gut_is_met_in_both(tmp_path: Path) -> None:
    """Unless the inhibitor is injected, or acts in one of them only."""
    both = drug("victim", pathway("first", 0.6, "CYP3A4"), pathway("second", 0.4), GUT, oral(1.0, 0.5), INTRAVENOUS)
    injected = DOSES.replace('every = "12 h"\n', 'every = "12 h"\nroute = "intravenous"\n')

    for rows, doses, where in (
        ("", DOSES, "60% of its clearance and in the gut wall"),
        ("", injected, "60% of its clearance"),
        ('organs = ["liver"]\n', DOSES, "60% of its clearance"),
        ('organs = ["gut"]\n', DOSES, "in the gut wall"),
    ):
        (line,) = acts(tmp_path, drug("rival", INHIBITS + rows), both, doses=doses)

        assert line.endswith(f": about 0.2-fold; victim ({where})")


def test_an_inducer_acts_in_the_gut_wall_by_its_plasma_level(tmp_path: Path) -> None:
    """Injected or not, and nil where that level is too low."""
    induces = '[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "5"\n'
    injected = DOSES.replace('every = "12 h"\n', 'every = "12 h"\nroute = "intravenous"\n')

    (strong,) = acts(tmp_path, drug("rival", induces + constant("ec50", 2.0)), IN_GUT, doses=injected)
    (weak,) = acts(tmp_path, drug("rival", induces + constant("ec50", 2000.0)), IN_GUT)

    assert strong.endswith(": about 3.5-fold; victim (in the gut wall)")
    assert weak.endswith(": nil: the average 2 mg/L is far below EC50 2000 mg/L total")


def test_a_drug_that_acts_on_itself_is_its_own_victim(tmp_path: Path) -> None:
    """Autoinduction names the drug, with the level that is left: C·(1 + 2·C/(2 + C)) = 2 mg/L gives √(4/3) = 1.155."""
    own = drug(
        "rival",
        pathway("own", 1.0, "CYP3A4"),
        f'[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "2"\n{constant("ec50", 2.0)}',
    )

    (line,) = acts(tmp_path, own, drug("victim", pathway("first", 1.0, "CYP2D6")))
    (row,) = recorded(own, drug("victim", pathway("first", 1.0, "CYP2D6")))

    level = math.sqrt(4 / 3)
    assert row["expected_average_mg_per_L"] == pytest.approx(level, rel=1e-3)
    assert line.endswith(f": about {1 + 2 * level / (2 + level):.2g}-fold; rival (100% of its clearance)")


def test_a_metabolite_that_inhibits_is_a_perpetrator(tmp_path: Path) -> None:
    """Its average is what is formed over its own clearance: 2 mg/L·5 L/h·0.5·1.5/(3 L/h) = 2.5 mg/L."""
    parent = drug("rival", pathway("forming", 0.5, "", 'forms = "metabolite"'), pathway("rest", 0.5))
    metabolite = (
        drug("metabolite", INHIBITS, clearance="3 L/h", mass="450 g/mol")
        .split("[absorption")[0]
        .replace('formulation = "oral"\n', "")
    )
    path = written(tmp_path, text(DOSES), (parent, metabolite, VICTIM))

    done = CliRunner().invoke(main, ["check", str(path)])

    assert "acts      metabolite → CYP3A4, reversible inhibition (Ki 0.5 mg/L total): about 0.17-fold" in done.stdout


@pytest.mark.parametrize(("clearance", "average"), [("100 mL/min", 2.0), ("5 mL/min", 40.0), ("0 mL/min", 2e6)])
def test_the_average_is_that_of_this_patient(tmp_path: Path, clearance: str, average: float) -> None:
    """10 mg/h over 5 L/h times creatinine clearance over 100 mL/min, and no error where nothing is left."""
    rival = drug("rival", pathway("kidney", 1.0, kind="renal"), "[inhibits.CYP3A4]\n" + constant("ki", 150.0))
    path = written(tmp_path, text(DOSES, days=1).replace("95 mL/min", clearance), (rival, VICTIM))

    (row,) = record(simulate(load_scenario(path)))["interactions"]  # type: ignore[misc]

    assert row["expected_average_mg_per_L"] == pytest.approx(average)
    assert (row["nil_because"] is None) == (average > 3)


def test_displacement_of_a_drug_that_is_not_taken_is_not_listed(tmp_path: Path) -> None:
    """What the patient does not take cannot be displaced."""
    rival = drug("rival", f"[displaces.victim]\n{constant('ki', 2.0)}")
    victim = drug("victim", binding(unbound=0.1))

    assert acts(tmp_path, rival, victim, doses=regimen("rival", once("100 mg"))) == []
