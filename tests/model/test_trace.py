"""Which numbers a run says that it used: those of the model itself where they act, and of a patient as given."""

from __future__ import annotations

import pytest
from own_drugs import binding
from runs import INTRAVENOUS, drug, once, oral, pathway, regimen, run, text

PLAIN = drug("victim", pathway("first", 0.6, "CYP1A2"), pathway("rest", 0.4))
WELL_STIRRED = drug("victim", pathway("first", 1.0, "CYP1A2"), binding(), oral(1.0, 0.5), liver="well-stirred")
RENAL = drug("victim", pathway("kidney", 1.0, kind="renal"))
INHIBITS = '[inhibits.CYP3A4]\nki = { value = 1, unit = "mg/L", basis = "total" }\n'
RIVAL = drug("rival", INHIBITS)
IN_GUT = '[first_pass]\ngut_availability = "0.7"\ngut_enzyme = "CYP3A4"\n'
IN_WALL = drug("victim", pathway("first", 1.0), IN_GUT, oral(1.0, 0.5), INTRAVENOUS)
CLEARED = drug("victim", pathway("first", 1.0, "CYP3A4"))
IDLE = drug("rival", pathway("own", 1.0, "CYP2C9"))
BESIDE = regimen("rival", once("1 mg"))

ALWAYS = [
    ("reference_weight", 70.0, "kg", "weight at which clearances, flows and volumes of a monograph hold"),
    (
        "clearance_exponent",
        0.75,
        "1",
        "clearances and flows follow weight to this power; volumes follow weight",
    ),
]
LIVER = ("liver_flow", 90.0, "L/h", "hepatic blood flow at 70 kg")
GUT = (
    "gut_flow",
    18.0,
    "L/h",
    "blood flow of the gut mucosa at 70 kg; absorption rate over it is the concentration in the gut wall",
)
KIDNEYS = (
    "normal_creatinine_clearance",
    100.0,
    "mL/min",
    "renal clearances of a monograph hold at this creatinine clearance",
)


def numbers(*drugs: str, more: str = "", patient: str = "", extra: str = "") -> list[dict[str, object]]:
    source = text(regimen("victim", once("1 mg")), more, days=1, patient=patient) + extra
    return [dict(row) for row in run(source, drugs=drugs).numbers]


@pytest.mark.parametrize(
    ("drugs", "more", "used"),
    [
        ((PLAIN,), "", []),
        ((WELL_STIRRED,), "", [LIVER]),
        ((RENAL,), "", [KIDNEYS]),
        ((IN_WALL, RIVAL), BESIDE, [GUT]),
        ((CLEARED, RIVAL), BESIDE, [LIVER]),
        ((WELL_STIRRED, IDLE), BESIDE, [LIVER]),
        ((RENAL, IDLE), BESIDE, [KIDNEYS]),
    ],
)
def test_numbers_of_the_model_itself_are_told_where_they_act(
    drugs: tuple[str, ...], more: str, used: list[tuple[object, ...]]
) -> None:
    """Golden: path, value, unit, kind and what each means; flows where something acts there, kidneys where renal."""
    told = [row for row in numbers(*drugs, more=more) if row["item"] == "physiology"]

    assert [(row["path"], row["value"], row["unit"], row["note"]) for row in told] == [*ALWAYS, *used]
    assert {(row["kind"], row["source"]) for row in told} == {("assumed", None)}


@pytest.mark.parametrize(
    ("smoker", "change", "told"),
    [("true", "", True), ("false", "", False), ("false", "true", True)],
)
def test_what_smoking_does_is_told_of_who_smokes(smoker: str, change: str, told: bool) -> None:
    """As the run begins, or later in it."""
    later = f'[[patient.change]]\nat = "0.5 d"\nsmoker = {change}\n' if change else ""

    rows = numbers(PLAIN, patient=f"smoker = {smoker}\n", extra=later)

    assert (("CYP1A2", "smoking") in {(row["item"], row["path"]) for row in rows}) is told


def test_what_no_curve_needs_is_not_told() -> None:
    """Of a drug of the library neither doses of the label, nor targets, nor what is known of the brain."""
    paths = {str(row["path"]).partition(".")[0] for row in run(text(regimen("carbamazepine", once("200 mg")))).numbers}

    assert {"distribution", "elimination", "absorption"} <= paths
    assert not paths & {"dosing", "target", "brain"}


def test_a_gene_is_told_with_what_its_factor_rests_on() -> None:
    """Item, path, unit, phenotype; without a gene nothing."""
    (row,) = [
        row
        for row in numbers(PLAIN, patient='[patient.phenotype]\nCYP2D6 = "poor"\n')
        if row["path"] == "activity factor"
    ]

    assert (row["item"], row["value"], row["unit"], row["kind"]) == ("CYP2D6", 0.0, "1", "measured")
    assert str(row["note"]).startswith("poor metaboliser; intrinsic clearance of nortriptyline")
    assert not [row for row in numbers(PLAIN) if row["path"] == "activity factor"]


DIALYSED = '[dialysis]\nclearance = "3 L/h"\n'
SESSION = '[[dialysis]]\nat = "2 h"\nlength = "4 h"\n'
BOUND = '[binding]\nfraction_unbound = "0.1"\nblood_to_plasma = "1"\nalbumin = "42 g/L"\n'


@pytest.mark.parametrize(
    ("victim", "path", "patient", "extra"),
    [
        (drug("victim", DIALYSED), "dialysis.clearance", "", SESSION),
        (drug("victim", BOUND), "binding.albumin", 'albumin = "30 g/L"\n', ""),
        (
            drug("victim", BOUND),
            "binding.albumin",
            "",
            '[[patient.change]]\nat = "0.5 d"\nalbumin = "30 g/L"\n',
        ),
    ],
)
def test_what_nothing_asks_for_is_not_told(victim: str, path: str, patient: str, extra: str) -> None:
    """Clearance by dialysis with sessions alone, the albumin of a binding where the patient's is given."""
    asked = {row["path"] for row in numbers(victim, patient=patient, extra=extra)}
    idle = {row["path"] for row in numbers(victim)}

    assert path in asked
    assert path not in idle
    assert {"distribution.volume", "elimination.clearance"} <= asked & idle
