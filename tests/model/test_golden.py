"""Golden files: levels, enzymes and what ``check`` expects of drugs of one's own in patients unlike the usual one.

Each mechanism has its closed form elsewhere, most in a body of 70 kg, where a factor of size is 1; here all are in one
body that is heavier, poorer or ill. After a change that is meant, of an enzyme's half-life too, the files are written
again by ``python tests/model/test_golden.py``, with ``tests/helpers`` on the path, and read.
"""

from __future__ import annotations

import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from golden import compare, write
from runs import INTRAVENOUS, course, daily, drug, once, pathway, regimen, text, written

from pkinteract import load_scenario, simulate
from pkinteract.model.expectation.estimate import averages, averages_together, changes, pair_changes
from pkinteract.model.expectation.intake import half_life, stays
from pkinteract.model.expectation.limits import estimate_limits
from pkinteract.model.expectation.network import links
from pkinteract.scenario import Scenario

FOLDER = Path(__file__).parent / "golden"


def constant(name: str, value: float, unit: str = "mg/L", basis: str = "total") -> str:
    given = f'value = {value!r}, unit = "{unit}", kind = "assumed", note = "test", basis = "{basis}"'
    return f"{name} = {{ {given} }}\n"


BOUND = '[binding]\nfraction_unbound = "0.2"\nblood_to_plasma = "0.8"\n'
SIDES = '[[distribution.peripheral]]\nvolume = "30 L"\nflow = "4 L/h"\n'
WALL = '[first_pass]\ngut_availability = "0.6"\ngut_enzyme = "CYP3A4"\n'
EFFLUX = '[efflux]\ntransporter = "P-gp"\nratio = "0.5"\n'
SCORES = (
    'activity = [ { score = { value = 1, unit = "1", kind = "assumed", note = "test" }, '
    'factor = { value = 0.7, unit = "1", kind = "assumed", note = "test" } } ]'
)
CLEARED = drug(
    "victim",
    SIDES,
    SIDES.replace("30", "12").replace("4 L/h", "1 L/h"),
    pathway("first", 0.4, "CYP3A4", constant("km", 2.0), 'forms = "child"', 'yield = "0.8"'),
    pathway("second", 0.2, "CYP2D6", SCORES),
    pathway("third", 0.1, "UGT1A4", constant("km", 3.0, basis="unbound"), 'inhibition = "non-competitive"'),
    pathway("bile", 0.1, kind="biliary"),
    pathway("kidney", 0.2, kind="renal"),
    BOUND,
    WALL,
    EFFLUX,
    '[absorption.oral]\nka = "0.7 1/h"\nbioavailability = "0.3"\nlag = "0.5 h"\n',
    INTRAVENOUS,
    clearance="20 L/h",
    liver="well-stirred",
)
CHILD = drug("child", pathway("own", 0.5, "CYP1A2"), pathway("rest", 0.5), clearance="3 L/h", mass="316 g/mol")
CHILD = CHILD.split("[absorption")[0].replace('formulation = "oral"\n', "")
INDUCER = drug(
    "inducer",
    '[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "4"\nemax_gut = "2"\nhill = "1.5"\n',
    constant("ec50", 4.0),
    f"[induces.UGT1A4]\n{constant('slope', 0.3, 'L/mg')}",
)
RIVAL = drug(
    "rival",
    BOUND,
    f"[inhibits.CYP3A4]\n{constant('ki', 3.0, 'umol/L')}{constant('ki_gut', 2.0, basis='unbound')}",
    f"[inhibits.UGT1A4]\n{constant('ki', 0.2, basis='unbound')}",
    f"[inhibits.P-gp]\n{constant('ki', 1.0)}",
    f'[inactivates.CYP2D6]\nkinact = "0.02 1/h"\n{constant("ki", 1.0)}',
)
SITES = (
    '[binding]\nfraction_unbound = "0.1"\nalbumin = "43 g/L"\n[binding.sites]\n'
    f'capacity = "120 mg/L"\n{constant("kd", 8.0, basis="unbound")}'
)
ILL = drug(
    "ill",
    SITES,
    '[[elimination.hepatic_function]]\nclass = "B"\nfactor = "0.6"\n',
    '[[elimination.age_effect]]\nage_from = "65 y"\nfactor = "0.7"\n',
    '[dialysis]\nclearance = "4 L/h"\n',
    pathway("first", 0.7, "CYP2C9", 'returned = "0.5"', 'returned_by = "APEH"'),
    pathway("kidney", 0.3, kind="renal"),
    volume="0.2 L/kg",
    clearance="0.8 L/h",
)
DISPLACER = drug(
    "displacer",
    f"[displaces.ill]\n{constant('ki', 20.0)}[displaces.other]\n{constant('ki', 15.0)}",
    f"[inhibits.APEH]\n{constant('ki', 2.0)}",
    clearance="1 L/h",
)
OTHER = drug(
    "other",
    '[binding]\nfraction_unbound = "0.05"\nalbumin = "42 g/L"\n',
    '[[elimination.renal_function]]\nfrom = "60 mL/min"\nfactor = "1"\n',
    '[[elimination.renal_function]]\nfrom = "0 mL/min"\nfactor = "0.4"\n',
    clearance="2 L/h",
).replace("[elimination]\n", '[elimination]\nweight_exponent = "0.5"\n')
FORMS = drug(
    "forms",
    '[absorption.oral]\nbioavailability = "0.9"\nsalt = "hydrochloride"\nsalt_factor = "0.88"\n'
    'food = { bioavailability = "0.8", ka = "0.5", lag = "2" }\n'
    '[[absorption.oral.part]]\nfraction = "0.6"\nka = "1 1/h"\nlag = "0.25 h"\n'
    '[[absorption.oral.part]]\nfraction = "0.4"\nka = "0.2 1/h"\n',
    '[absorption.slow]\nka = "1 1/h"\nbioavailability = "0.7"\nzero_order = "5 h"\nlag = "1 h"\n',
    '[absorption.chain]\nbioavailability = "0.8"\nhalf_dose = "400 mg"\ntransit = { number = "3", mean_time = "2 h" }\n'
    'ka = "0.9 1/h"\n',
    '[absorption.depot]\nbioavailability = "1"\nweibull = { scale = "8 h", shape = "1.4" }\n',
    INTRAVENOUS,
)

SATURATED = drug(
    "victim",
    pathway("first", 1.0, "CYP3A4", constant("km", 1.0), 'forms = "child"', 'yield = "0.7"'),
    f"[inhibits.CYP1A2]\n{constant('ki', 5.0)}",
    clearance="4 L/h",
)


def every(dose: str, interval: str, start: str, until: str, *rows: str) -> str:
    return daily(dose, interval, start, until, *rows)


CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "liver and gut": (
        text(
            regimen("victim", every("100 mg", "12 h", "0 d", "12 d"), once("20 mg", "5 d", 'route = "intravenous"')),
            regimen("inducer", every("300 mg", "24 h", "2 d", "6 d")),
            regimen("rival", every("60 mg", "12 h", "7 d", "10 d")),
            days=12,
            patient="smoker = true\n[patient.phenotype]\nCYP2D6 = 1.0\n",
        ).replace("70 kg", "112 kg"),
        (CLEARED, CHILD, INDUCER, RIVAL),
    ),
    "binding, age and kidneys": (
        text(
            regimen("ill", every("300 mg", "12 h", "-3 d", "9 d")),
            regimen("displacer", every("200 mg", "12 h", "1 d", "4 d")),
            regimen("other", every("50 mg", "24 h", "-2 d", "9 d")),
            days=9,
            age=71,
            patient='albumin = "30 g/L"\nhepatic_class = "B"\nabundance = { APEH = 0.6, CYP2C9 = 1.3 }\n'
            '[[patient.change]]\nat = "3 d"\nalbumin = "38 g/L"\n'
            '[[patient.change]]\nat = "5 d"\ncreatinine_clearance = "22 mL/min"\n',
        ).replace("70 kg", "52 kg")
        + '[[dialysis]]\nat = "6 d"\nlength = "4 h"\nevery = "48 h"\n',
        (ILL, DISPLACER, OTHER),
    ),
    "forms": (
        text(
            regimen(
                "forms",
                every("100 mg", "24 h", "0 d", "2 d", 'food = "fed"'),
                every("100 mg", "24 h", "2 d", "3 d"),
                course("6 d", 'dose = "80 mg"', 'route = "intravenous"', 'infusion = "3 h"'),
                course("7 d", 'dose = "80 mg"', 'bioavailability = "0.5"', 'lag = "2 h"'),
            ),
            regimen("forms", once("100 mg", "3 d"), formulation="slow"),
            regimen("forms", once("100 mg", "4 d"), once("300 mg", "4.5 d"), formulation="chain"),
            regimen("forms", once("100 mg", "5 d"), formulation="depot"),
            days=8,
        ),
        (FORMS,),
    ),
    "more than can be cleared": (
        text(
            regimen("victim", every("100 mg", "24 h", "0 d", "2 d"), every("250 mg", "24 h", "2 d", "6 d")),
            regimen("rival", every("60 mg", "12 h", "1 d", "6 d")),
            days=6,
        ).replace("70 kg", "90 kg"),
        (SATURATED, CHILD, RIVAL),
    ),
    "from steady state": (
        text(
            regimen("victim", every("40 mg", "12 h", "0 d", "6 d", "steady_state = true")),
            regimen("rival", every("30 mg", "8 h", "0 d", "2 d", "steady_state = true")),
            days=6,
        ).replace("70 kg", "45 kg"),
        (CLEARED, CHILD, RIVAL),
    ),
}


def told(name: str) -> dict[str, Any]:
    """Levels and enzymes every seven hours, and what is expected before anything runs."""
    source, drugs = CASES[name]
    with tempfile.TemporaryDirectory() as folder:
        scenario = load_scenario(written(Path(folder), source, drugs))
        result = simulate(scenario)
    times = np.arange(0.0, scenario.duration, 7.0)
    return {
        "method": result.status.method,
        "levels": {one.id: result.curve(one.id).value(times) for one in result.analytes},
        "enzymes": dict(zip(result.enzymes, (curve.value(times) for curve in result.enzyme_curves), strict=True)),
        "left": {} if result.activity is None else result.activity.left(times),
        "expected": _expected(scenario),
    }


def _expected(scenario: Scenario) -> dict[str, Any]:
    network = links(scenario)
    taken = list(scenario.dosed)
    pairs = [(one, other) for one in taken for other in taken if one != other]
    return {
        "links": [link.record() | {"text": link.text} for link in network],
        "limits": estimate_limits(scenario, network),
        "stays": {drug: asdict(stay) for drug, stay in stays(scenario).items()},
        "half-lives": {name: half_life(one, scenario.patient) for name, one in scenario.monographs.items()},
        "changes": changes(scenario),
        "pairs": {f"{one} on {other}": change for (one, other), change in pair_changes(scenario, pairs).items()},
        "alone": {drug: averages(scenario, drug) for drug in taken},
        "together": averages_together(scenario, taken),
    }


def path_of(name: str) -> Path:
    return FOLDER / f"{name.replace(' ', '-').replace(',', '')}.json"


@pytest.mark.parametrize("name", CASES)
def test_what_a_model_makes_of_a_patient(name: str) -> None:
    """Golden: the file of the case, to 2e-5."""
    compare(told(name), path_of(name))


if __name__ == "__main__":
    for one in CASES:
        write(told(one), path_of(one))
