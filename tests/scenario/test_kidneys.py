"""Kidneys of the patient: estimated within bounds, by the right weight, and asked for only where they matter."""

from __future__ import annotations

import pytest
from runs import drug, once, pathway, regimen, run, text
from scenario_files import load

from pkinteract.errors import InputError
from pkinteract.library.people import reference as people
from pkinteract.scenario import Scenario


def patient(*rows: str, weight: str = "70 kg", age: int = 45, sex: str = "male") -> Scenario:
    """Pregabalin in a patient of whose kidneys only ``rows`` tell."""
    source = text(regimen("pregabalin", once("100 mg")), age=age, patient="".join(f"{row}\n" for row in rows))
    source = source.replace('creatinine_clearance = "95 mL/min"\n', "").replace('"70 kg"', f'"{weight}"')
    return load(source.replace('sex = "female"', f'sex = "{sex}"'))


def refusals(*rows: str, **more: object) -> list[tuple[str | None, str]]:
    with pytest.raises(InputError) as error:
        patient(*rows, **more)  # type: ignore[arg-type]
    return [(problem.key, problem.message) for problem in error.value.problems]


@pytest.mark.parametrize(("sex", "ideal"), [("male", 50 + 2.3 * 10), ("female", 45.5 + 2.3 * 10)])
def test_cockcroft_gault_takes_the_adjusted_weight_in_obesity(sex: str, ideal: float) -> None:
    """At 70 inches and 120 kg: ideal weight and 0.4 of what is above it (closed form); the warning names it."""
    scenario = patient('height = "177.8 cm"', 'serum_creatinine = "1 mg/dL"', weight="120 kg", sex=sex)

    adjusted = ideal + 0.4 * (120 - ideal)
    expected = 95 * adjusted * (0.85 if sex == "female" else 1) / 72
    assert scenario.patient.creatinine_clearance == pytest.approx(expected)
    assert any(f"adjusted weight of {adjusted:.0f} kg" in warning for warning in scenario.warnings)


def test_the_whole_weight_counts_below_a_body_mass_index_of_30_and_without_a_height() -> None:
    """The equation as published; who is heavy and has no height is warned of it, others are not."""
    slim = patient('height = "180 cm"', 'serum_creatinine = "1 mg/dL"', weight="95 kg")
    unknown = patient('serum_creatinine = "1 mg/dL"', weight="95 kg")
    usual = patient('serum_creatinine = "1 mg/dL"')

    for scenario in (slim, unknown):
        assert scenario.patient.creatinine_clearance == pytest.approx(95 * 95 / 72)
    assert any("Write the height" in warning for warning in unknown.warnings)
    assert not any("height" in warning for warning in (*usual.warnings, *slim.warnings))


@pytest.mark.parametrize(
    ("rows", "weight", "age", "expected"),
    [
        (['serum_creatinine = "9 umol/L"'], "70 kg", 45, "907 mL/min"),
        (['serum_creatinine = "0.6 mg/dL"'], "200 kg", 25, "532 mL/min"),
        (['egfr = "190 mL/min/1.73m2"', 'height = "240 cm"'], "250 kg", 25, "mL/min"),
    ],
)
def test_an_absurd_clearance_is_refused_with_what_to_write(
    rows: list[str], weight: str, age: int, expected: str
) -> None:
    """No kidneys clear 300 mL/min; only where the weight may be that of obesity the message asks for the height."""
    ((key, message),) = refusals(*rows, weight=weight, age=age)

    assert key in ("patient.serum_creatinine", "patient.egfr")
    assert expected in message
    assert 'creatinine_clearance = "120 mL/min"' in message
    assert ("give the height" in message) == (weight == "200 kg")


def test_a_large_clearance_is_bounded_and_said() -> None:
    """Between what virtual patients have at most and what is refused the bound counts, with a warning."""
    scenario = patient('serum_creatinine = "0.4 mg/dL"')

    assert scenario.patient.creatinine_clearance == people.bounds()["creatinine_clearance"][1] == 200
    assert any("231 mL/min" in warning and "200 mL/min counts" in warning for warning in scenario.warnings)


@pytest.mark.parametrize("unit", ["mL/min/1.73m2", "mL/min/1.73 m2", "mL/min/1.73m^2", "mL/min / 1.73 m²"])
def test_a_filtration_rate_is_that_of_the_body(unit: str) -> None:
    """Times the surface by Mosteller over 1.73 m2 (closed form), at each weight of the run."""
    change = '[[patient.change]]\nat = "2 d"\nweight = "100 kg"'
    scenario = patient(f'egfr = "60 {unit}"', 'height = "170 cm"', change)

    clearances = [scenario.patient.creatinine_clearance, scenario.patients[0][1].creatinine_clearance]
    expected = [60 * (weight * 170 / 3600) ** 0.5 / 1.73 for weight in (70, 100)]
    assert clearances == pytest.approx(expected)


def test_bad_kidneys_and_albumin_are_refused_all_at_once() -> None:
    """Every key that is wrong, with what to write."""
    problems = refusals(
        'creatinine_clearance = "60 mL/min"',
        'serum_creatinine = "1 mg/dL"',
        'egfr = "60 mL/min"',
        'albumin = "400 g/L"',
    )
    ((key, message),) = refusals('egfr = "60 mL/min/1.73m2"')

    expected = [
        ("patient.serum_creatinine", "not both"),
        ("patient.egfr", '"60 mL/min/1.73m2"'),
        ("patient.egfr", "not both"),
        ("patient.albumin", "between 5 g/L and 70 g/L"),
    ]
    assert len(problems) == len(expected)
    assert all(any(key == at and part in message for at, message in problems) for key, part in expected)
    assert (key, "the height" in message) == ("patient.egfr", True)


@pytest.mark.parametrize("share", [0.15, 0.2, 0.25])
def test_kidneys_are_asked_for_where_they_matter(share: float) -> None:
    """Up to a fifth of the clearance, kidneys that are not given are normal: the run of 100 mL/min, and a warning."""
    own = drug("own", pathway("kidney", share, kind="renal") + pathway("rest", 1 - share))
    source = text(regimen("own", once("100 mg")))
    without = source.replace('creatinine_clearance = "95 mL/min"\n', "")

    if share > 0.2:
        with pytest.raises(InputError, match="own is cleared by the kidneys"):
            run(without, drugs=(own,))
        return
    normal = run(source.replace("95 mL/min", "100 mL/min"), drugs=(own,))
    silent = run(without, drugs=(own,))
    assert (silent.concentration == normal.concentration).all()
    assert any(f"own ({share:.0%} of its clearance)" in warning for warning in silent.scenario.warnings)
    assert not any("kidneys" in warning for warning in normal.scenario.warnings)
