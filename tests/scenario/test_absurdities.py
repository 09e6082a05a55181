"""What no body does is refused; what is allowed and looks like a slip is warned of."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from runs import course, daily, drug, once, pathway, regimen, run, text
from scenario_files import load

import pkinteract.library.people
from pkinteract.errors import InputError
from pkinteract.library.phenotypes import commonest, genes
from pkinteract.report.cautions import cautions_told
from pkinteract.text.words import words_of

ONE = regimen("amitriptyline", once("75 mg"))


@pytest.mark.parametrize(
    ("age", "weight", "accepted"),
    [(45, "0.5 kg", False), (45, "23 kg", False), (45, "211 kg", False), (45, "24 kg", True), (45, "150 kg", True)],
)
def test_a_weight_does_not_change_beyond_any_body(age: float, weight: str, accepted: bool) -> None:
    """From 70 kg to a third or threefold at most, with the line and the weight before."""
    source = text(ONE, age=age, days=4, patient=f'[[patient.change]]\nat = "2 d"\nweight = "{weight}"\n')
    if accepted:
        assert load(source).patients
        return
    with pytest.raises(InputError) as caught:
        load(source)
    assert [problem.key for problem in caught.value.problems] == ["patient.change[0].weight"]
    assert "the 70 kg before" in caught.value.problems[0].message


@pytest.mark.parametrize("mass", ["1e-9 g/mol", "0.9 g/mol", "1e7 g/mol"])
def test_a_molar_mass_is_that_of_a_molecule(mass: str) -> None:
    """An override of what it would multiply every metabolite by."""
    with pytest.raises(InputError, match="must lie between 1 and 1,000,000 g/mol"):
        load(text(ONE, days=2) + f'[override.amitriptyline]\nmolar_mass = "{mass}"\n')


@pytest.mark.parametrize(("level", "accepted"), [("8 g/L", False), ("0.31 g/L", False), ("0.29 g/L", True)])
@pytest.mark.parametrize("analyte", ["amitriptyline", "nortriptyline", "amitriptyline+nortriptyline"])
def test_a_level_is_not_a_thousand_times_the_highest_of_its_range(analyte: str, level: str, accepted: bool) -> None:
    """300 ng/mL are the alert level of metabolite and sum; amitriptyline has its range in the sum alone."""
    source = text(ONE, days=4) + f'[[observation]]\nat = "2 d"\nanalyte = "{analyte}"\nlevel = "{level}"\n'
    if accepted:
        assert load(source).observations
        return
    with pytest.raises(InputError, match="more than 1,000 times the highest level of its range"):
        load(source)


@pytest.mark.parametrize(("patient", "warned"), [("", True), ('[patient.phenotype]\nCYP3A5 = "poor"\n', False)])
def test_a_genotype_that_few_have_is_not_taken_in_silence(patient: str, warned: bool) -> None:
    """Tacrolimus without CYP3A5 is that of *1/*1, as one European in a hundred is."""
    warnings = load(text(regimen("tacrolimus", once("5 mg")), days=2, patient=patient)).warnings
    assert any("most Europeans are poor. Write CYP3A5" in one for one in warnings) == warned


def test_the_commonest_phenotype_is_that_of_the_frequencies() -> None:
    """For every gene: named where it is not the normal one, by the table that patients are drawn from, of Europeans."""
    table = pd.read_csv(Path(pkinteract.library.people.__path__[0]) / "phenotypes.csv")
    known = table[table["gene"].isin(genes())]
    for gene, rows in known.groupby("gene"):
        most = rows.loc[rows["European"].idxmax(), "phenotype"]
        assert commonest(str(gene)) == (None if most == "normal" else most)
    assert not known.empty


def test_a_drug_does_not_form_itself() -> None:
    """A pathway whose metabolite is its own drug would make drug of drug."""
    own = drug("x", pathway("all", 1.0, "CYP3A4", 'forms = "x"'))

    with pytest.raises(InputError, match="a drug cannot form itself"):
        run(text(regimen("x", once("100 mg")), days=2), drugs=(own,))


@pytest.mark.parametrize(
    ("source", "warning"),
    [
        (text(ONE, days=2, age=90, patient='pregnancy = "20 wk"\n'), "is unusual at 90 y; is the age right?"),
        (
            text(ONE, days=2, age=90, patient='[[patient.change]]\nat = "1 d"\npregnancy = "4 wk"\n'),
            "patient.change[0].pregnancy: is unusual at 90 y; is the age right?",
        ),
        (
            text(regimen("amitriptyline", once("75 mg", "0 d", 'lag = "5 d"')), days=2),
            "the lag of amitriptyline is longer than the run; nothing of it is absorbed in it",
        ),
        (
            text(
                regimen(
                    "amitriptyline",
                    course("0 d", "count = 2", 'every = "12 h"', 'dose = "75 mg"', 'missed = ["0 d", "0.5 d"]'),
                ),
                days=2,
            ),
            "every dose of amitriptyline is missed; nothing of it is ever taken",
        ),
    ],
    ids=["pregnant at 90", "becoming pregnant at 90", "lag beyond the run", "all missed"],
)
def test_what_looks_like_a_slip_is_warned_of(source: str, warning: str) -> None:
    """It runs, and says so; the same scenario without it does not."""
    assert any(warning in line for line in load(source).warnings)
    assert not any(warning in line for line in load(text(ONE, days=2)).warnings)


def test_every_warning_is_said_in_german_too() -> None:
    """Line, key and sentence; drugs by the names that the language has, numbers with a comma."""
    doses = (once("87.25 mg"), once("900 mg", "1 d"))
    scenario = load(text(regimen("phenytoin", daily("37.5 mg", "24 h")), regimen("amitriptyline", *doses), days=4))

    english = scenario.warnings
    german = cautions_told(scenario, words_of("de"))

    assert len(german) == len(english) > 2
    assert all(line.startswith("Zeile ") and "mg" in line for line in german)
    assert any("Phenytoin höchstens 37,5 mg am Tag: weniger als die üblichen" in line for line in german)
    assert not any(word in line for line in german for word in ("usual", "nearest", "amitriptyline"))
