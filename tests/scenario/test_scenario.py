"""Scenario files: what each key of the contract means, read through ``load_scenario``; courses: test_courses.py."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from runs import daily, once, regimen, run, text
from runs import drug as own_drug
from scenario_files import amounts, load, one

from pkinteract import load_scenario
from pkinteract.scenario import Scenario

ROOT = Path(__file__).parents[2]
OWN = (ROOT / "tests/scenario/broken/library/own.toml").read_text("utf-8")


# ---- routes and doses ----


def test_a_dose_per_weight_is_multiplied_by_the_weight() -> None:
    """5 mg/kg in 70 kg is 350 mg, in ``dose`` and in ``at``."""
    assert amounts(one('dose = "5 mg/kg"')) == [350]
    assert amounts(one('until = "1 d"', 'at = { "08:00" = "100 ug/kg" }')) == pytest.approx([7])


def test_doses_are_labelled_and_free() -> None:
    """The salt is taken off once: amitriptyline hydrochloride holds 0.884 of base, ``tablet-base`` all of it."""
    hydrochloride = one('dose = "100 mg"', drug="amitriptyline").doses[0]
    base = load(text(regimen("amitriptyline", once("100 mg"), formulation="tablet-base"))).doses[0]

    assert (hydrochloride.formulation, hydrochloride.amount, hydrochloride.free) == ("tablet", 100, pytest.approx(88.4))
    assert (base.formulation, base.amount, base.free) == ("tablet-base", 100, 100)


def test_a_course_may_change_its_route() -> None:
    """One regimen, tablets and an infusion: the intravenous course finds the intravenous formulation."""
    infusion = once("500 mg", "1 d", 'route = "intravenous"', 'infusion = "15 min"')

    tablet, drip = load(text(regimen("levetiracetam", once("500 mg"), infusion))).doses

    assert (tablet.route, tablet.formulation, tablet.duration) == ("oral", "tablet", 0)
    assert (drip.route, drip.formulation, drip.duration) == ("intravenous", "intravenous", 0.25)


def test_an_infusion_peaks_when_it_ends() -> None:
    """Constant input into one compartment: C = R/CL·(1 − exp(−k·t)) (closed form)."""
    result = run(
        text(
            regimen("drip", once("500 mg", "0 d", 'route = "intravenous"', 'infusion = "2 h"')),
            step="0.5 h",
            days=1,
        ),
        drugs=(own_drug("drip"),),
    )
    clearance, volume = 5.0, 50.0

    rising = result.time <= 2
    expected = 250 / clearance * (1 - np.exp(-clearance / volume * result.time[rising]))
    np.testing.assert_allclose(result.concentration[0][rising], expected, rtol=1e-6, atol=1e-9)
    assert result.time[np.argmax(result.concentration[0])] == 2


def test_lag_and_bioavailability_of_a_course_replace_those_of_the_formulation() -> None:
    """A lag of 2 h moves the curve by 2 h; half the bioavailability halves it where nothing saturates (closed form)."""
    plain = run(text(regimen("levetiracetam", once("500 mg"))))
    late = run(text(regimen("levetiracetam", once("500 mg", "0 d", 'lag = "2 h"'))))
    half = run(text(regimen("levetiracetam", once("500 mg", "0 d", "bioavailability = 0.5"))))
    percent = run(text(regimen("levetiracetam", once("500 mg", "0 d", 'bioavailability = "50 %"'))))

    np.testing.assert_allclose(late.concentration[0][2:], plain.concentration[0][:-2], rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(late.concentration[0][:3], 0, atol=1e-12)
    np.testing.assert_allclose(half.concentration, plain.concentration / 2, rtol=1e-9)
    np.testing.assert_array_equal(percent.concentration, half.concentration)


# ---- overrides, parameters, own drugs ----

SINGLE = regimen("amitriptyline", once("75 mg"))


def test_an_override_may_be_written_with_or_without_quotes() -> None:
    """``"elimination.clearance"``, ``elimination.clearance`` and a table of its own are one path."""
    quoted = load(text(SINGLE) + '[override.amitriptyline]\n"elimination.clearance" = "30 L/h"\n')
    bare = load(text(SINGLE) + '[override.amitriptyline]\nelimination.clearance = "30 L/h"\n')
    nested = load(text(SINGLE) + '[override.amitriptyline.elimination]\nclearance = "30 L/h"\n')

    assert quoted.monographs == bare.monographs == nested.monographs
    assert quoted.overrides == {"amitriptyline": {"elimination.clearance": "30 L/h"}}
    assert quoted.monographs["amitriptyline"].elimination.clearance.canonical == 30


def test_an_override_reaches_metabolites_and_values_left_out() -> None:
    """A metabolite of the run has its own table; a lag that the monograph leaves out may be given."""
    scenario = load(
        text(SINGLE)
        + '[override.nortriptyline]\n"distribution.volume" = "1000 L"\n'
        + '[override.amitriptyline]\n"absorption.tablet.lag" = "30 min"\n'
    )

    lag = scenario.monographs["amitriptyline"].absorption["tablet"].lag
    assert scenario.monographs["nortriptyline"].distribution.volume.canonical == 1000
    assert lag is not None
    assert lag.canonical == 0.5


def test_fractions_may_be_overridden_together() -> None:
    """Shares that add up to 1 only together are accepted together."""
    scenario = load(
        text(SINGLE)
        + '[override.amitriptyline]\n"elimination.pathway.hydroxylation.fraction" = "0.1947"\n'
        + '"elimination.pathway.demethylation-3a4.fraction" = "20 %"\n'
    )

    pathways = {row.id: row.fraction.canonical for row in scenario.monographs["amitriptyline"].elimination.pathway}
    assert pathways["hydroxylation"] == 0.1947
    assert pathways["demethylation-3a4"] == pytest.approx(0.2)


def test_parameters_come_from_a_fit_and_the_scenario_has_the_last_word() -> None:
    """Each value of the fit is used unless the scenario overrides it."""
    fit = '[override.carbamazepine]\n"absorption.tablet.ka" = "0.5 1/h"\nabsorption.tablet.bioavailability = "0.7"\n'
    own = '[override.carbamazepine]\n"absorption.tablet.ka" = "0.6 1/h"\n'

    scenario = load(
        text(regimen("carbamazepine", once("200 mg")), extra='parameters = "fit.toml"\n') + own, {"fit.toml": fit}
    )

    tablet = scenario.monographs["carbamazepine"].absorption["tablet"]
    assert tablet.ka is not None
    assert tablet.bioavailability is not None
    assert (tablet.ka.canonical, tablet.bioavailability.canonical) == (0.6, 0.7)


def test_the_fit_in_the_repository_can_be_used(tmp_path: Path) -> None:
    """``fits/carbamazepine/result.toml`` is a parameter file."""
    fit = (ROOT / "fits/carbamazepine/result.toml").as_posix()
    path = tmp_path / "case.toml"
    path.write_text(text(regimen("carbamazepine", once("200 mg")), extra=f'parameters = "{fit}"\n'), "utf-8")

    scenario = load_scenario(path)

    ka = scenario.monographs["carbamazepine"].absorption["tablet"].ka
    assert ka is not None
    assert ka.canonical == pytest.approx(0.3267, rel=1e-3)


def test_a_drug_of_ones_own_is_added_to_the_library() -> None:
    """``library`` names files beside the scenario; a bare quantity counts as assumed."""
    scenario = load(text(regimen("mydrug", once("100 mg")), extra='library = ["own.toml"]\n'), {"own.toml": OWN})

    assert scenario.dosed == ("mydrug",)
    assert scenario.monographs["mydrug"].elimination.clearance.kind == "assumed"


def test_a_file_of_ones_own_replaces_the_shipped_one() -> None:
    """The same id, other numbers."""
    mine = OWN.replace('"mydrug"', '"carbamazepine"')

    scenario = load(
        text(regimen("carbamazepine", once("100 mg")), extra='library = ["mine.toml"]\n'), {"mine.toml": mine}
    )

    assert scenario.monographs["carbamazepine"].elimination.clearance.canonical == 5
    assert list(scenario.monographs) == ["carbamazepine"]


def test_a_reporting_unit_may_be_changed() -> None:
    """10 mg/L of carbamazepine (236.27 g/mol) are 42.3 µmol/L (closed form); other analytes keep theirs."""
    source = text(regimen("carbamazepine", once("200 mg")))
    plain = run(source)

    molar = run(source + '[output]\nunits = { carbamazepine = "umol/L" }\n')

    assert [analyte.column for analyte in molar.analytes] == [
        "carbamazepine_umol_per_L",
        "carbamazepine-epoxide_mg_per_L",
    ]
    np.testing.assert_allclose(molar.concentration[0], plain.concentration[0] * 1000 / 236.27, rtol=1e-12)
    np.testing.assert_array_equal(molar.concentration[1], plain.concentration[1])


# ---- patient ----


def patient(*rows: str, age: str = "45 y", drug: str = "carbamazepine") -> Scenario:
    source = text(regimen(drug, once("200 mg"))).replace('creatinine_clearance = "95 mL/min"\n', "")
    table = "".join(f"{row}\n" for row in rows)
    return load(source.replace('age = "45 y"\nsex = "female"\n', f'age = "{age}"\n{table}'))


@pytest.mark.parametrize(("sex", "expected"), [("female", 98.13), ("male", 115.45)])
@pytest.mark.parametrize("creatinine", ["0.8 mg/dL", "8 mg/L", "70.72 umol/L", "0.07072 mmol/L"])
def test_creatinine_clearance_by_cockcroft_gault(sex: str, expected: float, creatinine: str) -> None:
    """(140 − 45)·70/(72·0.8) mL/min, times 0.85 in women, whatever the unit (closed form)."""
    found = patient(f'sex = "{sex}"', f'serum_creatinine = "{creatinine}"', drug="levetiracetam").patient

    assert found.creatinine_clearance == pytest.approx(expected, rel=2e-4)
    assert found.serum_creatinine == pytest.approx(0.8, rel=2e-4)


def test_a_creatinine_clearance_is_taken_as_given() -> None:
    """In mL/min, from any unit of clearance; nobody asks for it when no drug is cleared by the kidneys."""
    given_ = patient('sex = "male"', 'creatinine_clearance = "3 L/h"', drug="levetiracetam").patient
    none = patient('sex = "male"').patient

    assert given_.creatinine_clearance == pytest.approx(50)
    assert (given_.serum_creatinine, none.creatinine_clearance) == (None, None)


def test_patient_values_are_converted() -> None:
    """Weight in kg, age in years, height in m."""
    source = text(regimen("carbamazepine", once("200 mg")), patient='height = "165 cm"\nsmoker = true\n')
    found = load(
        source.replace('"70 kg"', '"70500 g"')
        .replace('"45 y"', '"540 wk"')
        .replace("[patient]", "[patient]\nextrapolate = true")
    ).patient

    assert (found.weight, found.height, found.smoker) == (70.5, pytest.approx(1.65), True)
    assert found.age == pytest.approx(540 * 7 / 365.25)


def test_an_age_that_no_monograph_covers_runs_only_when_told_to() -> None:
    """``extrapolate = true`` turns the refusal into a warning that names the drug and its ages."""
    scenario = patient('sex = "male"', "extrapolate = true", age="9 y")

    assert scenario.patient.extrapolate
    assert any("carbamazepine is described for 18 to 100 y, the patient is 9" in row for row in scenario.warnings)
    assert not patient('sex = "male"', age="18 y").warnings


@pytest.mark.parametrize("written", ['"poor"', "0", "0.0", '"0"', '"*4/*4"', '"*3/*5"'])
def test_one_phenotype_has_many_forms(written: str) -> None:
    """A word, an activity score and star alleles say the same."""
    found = patient('sex = "male"', "[patient.phenotype]", f"CYP2D6 = {written}").patient.phenotype["CYP2D6"]

    assert (found.phenotype, found.score, found.factor) == ("poor", 0, 0)


# ---- the whole ----


def test_a_scenario_knows_its_name_and_its_text(tmp_path: Path) -> None:
    """The name is the file's stem, the text is the file's."""
    path = tmp_path / "my-switch.toml"
    path.write_text(text(SINGLE), "utf-8")

    scenario = load_scenario(path)

    assert (scenario.name, scenario.title, scenario.text) == ("my-switch", "test", text(SINGLE))


def test_monographs_follow_the_file_each_with_its_metabolites() -> None:
    """Dosed drugs in file order, each once, each followed by what it forms."""
    scenario = load(
        text(regimen("carbamazepine", once("200 mg")), SINGLE, regimen("carbamazepine", once("200 mg", "1 d")))
    )

    assert list(scenario.monographs) == ["carbamazepine", "carbamazepine-epoxide", "amitriptyline", "nortriptyline"]
    assert scenario.dosed == ("carbamazepine", "amitriptyline")


@pytest.mark.parametrize(
    ("rows", "warning"),
    [
        (['until = "5 d"', 'dose = "200 mg"'], "is a single dose and needs no until"),
        (
            ['until = "5 d"', 'dose = "200 mg"', 'taper_to = "50 mg"', 'step_every = "7 d"', 'every = "12 h"'],
            "taper_to is never reached",
        ),
        (
            ['until = "5 d"', 'dose = "200 mg"', 'taper_to = "200 mg"', 'step_every = "6 h"', 'every = "12 h"'],
            "is shorter than every",
        ),
    ],
    ids=["until without every", "taper of one level", "steps shorter than the interval"],
)
def test_what_looks_like_a_slip_is_warned_of(rows: list[str], warning: str) -> None:
    """What the contract allows but nobody means is run, with a warning that names the line."""
    scenario = one(*rows)

    (found,) = scenario.warnings
    assert found.startswith("line ")
    assert "regimen[0].course[0]" in found
    assert warning in found


def test_courses_that_overlap_or_come_too_late_are_warned_of() -> None:
    """Both are given, or none is; either way it is said."""
    scenario = load(
        text(
            regimen(
                "carbamazepine",
                daily("200 mg", "12 h", "0 d", "5 d"),
                daily("200 mg", "12 h", "4 d", "8 d"),
                daily("200 mg", "12 h", "20 d", "30 d"),
            )
        )
    )

    overlap, late = scenario.warnings
    assert "regimen[0].course[1]: begins before the course above it ends; both are given" in overlap
    assert "regimen[0].course[2]: begins after the end of the run and gives no dose" in late


@pytest.mark.parametrize("path", sorted((ROOT / "scenarios").glob("*.toml")), ids=lambda path: path.stem)
def test_every_scenario_of_the_repository_is_sound(path: Path) -> None:
    """They are read without a problem and without a warning, but of the dose that two are about."""
    about = {
        "amitriptyline-raised-during-induction": "amitriptyline 250 mg a day",
        "levetiracetam-renal-impairment": "levetiracetam 2000 mg a day",
    }.get(path.stem)
    said = load_scenario(path).warnings

    assert (about is None) == (not said)
    assert all(about is not None and about in text for text in said)
