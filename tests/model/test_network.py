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
from pkinteract.export.record.run import run_record
from pkinteract.library import load_library
from pkinteract.model.expectation.network import links

DOSES = regimen("rival", daily("120 mg", "12 h")) + regimen("victim", daily("100 mg"))
"""240 mg/d over 5 L/h keep up 2 mg/L of the drug "rival"."""

INLET, WALL = 2 + 10 / 90, 10 / 18
"""Its level at the inlet of the liver, and in the gut wall, with 10 mg/h on their way in [mg/L]."""

VICTIM = drug("victim", pathway("first", 0.6, "CYP3A4"), pathway("second", 0.4, "CYP2D6"))
GUT = '[first_pass]\ngut_availability = "0.7"\ngut_enzyme = "CYP3A4"\n'
IN_GUT = drug("victim", pathway("first", 1.0, "CYP2D6"), GUT, oral(1.0, 0.5), INTRAVENOUS)


def test_targets_that_are_nil_for_one_reason_share_a_line(tmp_path: Path) -> None:
    """Three enzymes that clear nothing here are one line of ``check``, and three entries of run.json."""
    idle = [f"[inhibits.{enzyme}]\n{constant('ki', 0.5)}" for enzyme in ("CYP2C9", "CYP2C8", "CYP1A2")]
    rival = drug("rival", binding(unbound=0.25), *idle)

    lines, rows = acts(tmp_path, rival), recorded(rival)

    assert lines == ["rival → CYP2C9, CYP2C8, CYP1A2: nil each: it clears no drug of this scenario"]
    assert [row["nil_because"] for row in rows] == ["it clears no drug of this scenario"] * 3


def constant(name: str, value: float, unit: str = "mg/L", basis: str = "total") -> str:
    return f'{name} = {{ value = {value!r}, unit = "{unit}", basis = "{basis}" }}\n'


def acts(
    folder: Path, rival: str, victim: str = VICTIM, *, doses: str = DOSES, patient: str = "", days: float = 10
) -> list[str]:
    """The lines of ``check`` on interactions."""
    path = written(folder, text(doses, patient=patient, days=days), (rival, victim))
    done = CliRunner().invoke(main, ["check", str(path)])
    assert done.exit_code == 0, done.stderr
    return [line.removeprefix("  acts      ") for line in done.stdout.splitlines() if line.startswith("  acts ")]


def recorded(rival: str, victim: str = VICTIM, *, doses: str = DOSES, patient: str = "") -> list[dict[str, object]]:
    """``interactions`` of run.json."""
    rows = json.loads(json.dumps(run_record(run(text(doses, patient=patient, days=1), drugs=(rival, victim)))))
    return list(rows["interactions"])


INHIBITS = "[inhibits.CYP3A4]\n" + constant("ki", 0.5)


def test_an_inhibitor_and_its_victims_are_named(tmp_path: Path) -> None:
    """Constant with unit and basis, 1/(1 + (2 + 10/90)/0.5) of the activity, each victim with its share (golden)."""
    rival = drug("rival", pathway("own", 0.1, "CYP2C9"), pathway("rest", 0.9), INHIBITS)

    assert acts(tmp_path, rival) == [
        "rival → CYP3A4, reversible inhibition (Ki 0.5 mg/L total): about 0.19-fold; victim (60% of its clearance)"
    ]
    (row,) = recorded(rival)
    assert row == {
        "perpetrator": "rival",
        "acts_on": "CYP3A4",
        "mechanism": "reversible inhibition",
        "constants": {"ki": {"value": 0.5, "unit": "mg/L", "basis": "total"}},
        "source": None,
        "expected_average_mg_per_L": 2.0,
        "expected_factor": pytest.approx(1 / (1 + INLET / 0.5), rel=1e-3),
        "expected_factor_in_gut_wall": None,
        "nil_because": None,
        "victims": {"victim": 0.6},
        "victims_in_gut_wall": [],
    }


@pytest.mark.parametrize(
    ("table", "constants", "factor"),
    [
        (
            f"[inhibits.CYP3A4]\n{constant('ki', 0.1, basis='unbound')}",
            "Ki 0.1 mg/L unbound",
            1 / (1 + INLET * 0.25 / 0.1),
        ),
        (f"[inhibits.CYP3A4]\n{constant('ki', 2.0, 'umol/L')}", "Ki 2 umol/L total", 1 / (1 + INLET / (2 * 0.3))),
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
            1
            / (
                1
                + 0.03
                * INLET
                / (4 + INLET)
                / (math.log(2) / load_library().enzymes["CYP3A4"].liver.half_life.canonical)
            ),
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
    """The mechanism's own formula at the level that acts, of plasma or the liver's inlet, whatever basis and unit."""
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
        (0.5, "", f"about {1 / (1 + WALL / 0.5):.2g}-fold in the gut wall; victim (in the gut wall)"),
        (200.0, "", "while it is absorbed; victim (in the gut wall)"),
        (0.5, 'organs = ["gut"]\n', f"about {1 / (1 + WALL / 0.5):.2g}-fold in the gut wall; victim (in the gut wall)"),
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

    liver, wall = f"{1 / (1 + INLET / 0.5):.2g}-fold", f"{1 / (1 + WALL / 0.5):.2g}-fold in the gut wall"
    for rows, doses, expected in (
        ("", DOSES, f"about {liver} in the liver, {wall}; victim (60% of its clearance and in the gut wall)"),
        ("", injected, "about 0.2-fold; victim (60% of its clearance)"),
        ('organs = ["liver"]\n', DOSES, f"about {liver}; victim (60% of its clearance)"),
        ('organs = ["gut"]\n', DOSES, f"about {wall}; victim (in the gut wall)"),
    ):
        (line,) = acts(tmp_path, drug("rival", INHIBITS + rows), both, doses=doses)

        assert line.endswith(f": {expected}")


def test_what_acts_on_itself_keeps_up_the_level_that_is_told(tmp_path: Path) -> None:
    """
    A drug that a metabolite of its own inhibits stands higher than its dose over its clearance.

    In and out at the average C with 60 % blocked by the metabolite M = 2.5·C/2: C·(0.4 + 0.6/(1 + M/0.5)) = 2.
    """
    parent = drug("rival", pathway("forming", 0.4, "", 'forms = "metabolite"'), pathway("rest", 0.6, "CYP3A4"))
    metabolite = (
        drug("metabolite", INHIBITS, clearance="2 L/h").split("[absorption")[0].replace('formulation = "oral"\n', "")
    )
    path = written(tmp_path, text(DOSES), (parent, metabolite, VICTIM))

    rows = {row.perpetrator: row.average for row in links(load_scenario(path))}

    level = rows["metabolite"]
    whole = level * 2 / (0.4 * 5)
    assert whole * (0.4 + 0.6 / (1 + level / 0.5)) == pytest.approx(2, rel=1e-3)


def test_a_drug_that_has_gone_acts_on_nobody(tmp_path: Path) -> None:
    """
    Five half-lives of drug and enzyme after its last dose it is said to be gone, and nothing is expected of it.

    Volume 50 L, clearance 5 L/h, CYP3A4 at its slower organ: gone 5·(ln 2·10 h + half-life) after the last dose.
    """
    induces = '[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "5"\n' + constant("ec50", 2.0)
    rests = load_library().enzymes["CYP3A4"].organs.values()
    memory = 5 * (math.log(2) * 10 + max(row.half_life.canonical for row in rests))
    gone = f"nil: it is gone by day {math.floor(10 * (-60.5 + memory / 24)) / 10:g}, last dose on day -60.5"
    for until, start, expected in (
        ("-60 d", "0 d", gone),
        ("-60 d", "-90 d", gone),
        ("-1 d", "0 d", "about 3.5-fold; victim (60% of its clearance)"),
        (
            "-1 d",
            "40 d",
            f"nil: it is gone by day {math.floor(10 * (-1.5 + memory / 24)) / 10:g}, last dose on day -1.5",
        ),
    ):
        doses = regimen("rival", daily("120 mg", "12 h", "-120 d", until)) + regimen(
            "victim", daily("100 mg", "24 h", start)
        )
        (line,) = acts(tmp_path, drug("rival", induces), doses=doses, days=60)

        assert line.endswith(f": {expected}")


def test_a_drug_that_comes_after_its_victim_is_gone_acts_on_nobody(tmp_path: Path) -> None:
    """It is said when it begins."""
    doses = regimen("victim", daily("100 mg", "24 h", "0 d", "2 d")) + regimen("rival", daily("120 mg", "12 h", "40 d"))

    (line,) = acts(tmp_path, drug("rival", INHIBITS), doses=doses, days=60)

    assert line.endswith(": nil: it begins on day 40, when what it acts on is gone")


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

    (row,) = run_record(simulate(load_scenario(path)))["interactions"]  # type: ignore[misc]

    assert row["expected_average_mg_per_L"] == pytest.approx(average)
    assert (row["nil_because"] is None) == (average > 3)


def test_displacement_of_a_drug_that_is_not_taken_is_not_listed(tmp_path: Path) -> None:
    """What the patient does not take cannot be displaced."""
    rival = drug("rival", f"[displaces.victim]\n{constant('ki', 2.0)}")
    victim = drug("victim", binding(unbound=0.1))

    assert acts(tmp_path, rival, victim, doses=regimen("rival", once("100 mg"))) == []
