"""Digitised carbamazepine curves, read in place where they are at hand; see docs/validation.md."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pkinteract import load_scenario
from pkinteract.analysis.profiles import (
    COLUMNS,
    PublishedCurve,
    StudyDose,
    curve_scenario_text,
    gmfe,
    log_errors,
    predicted_levels,
    published_curves,
)
from pkinteract.errors import InputError

CURVES = Path(__file__).parents[3] / "shared" / "evidence" / "osp_profiles.csv"


@pytest.mark.slow
@pytest.mark.skipif(not CURVES.exists(), reason="the digitised curves carry no licence and are not part of the project")
def test_carbamazepine_curves_lie_within_the_fold_errors_promised() -> None:
    """Pooled over all points the geometric mean fold error is at most 1.31, for repeated dosing at most 1.15."""
    found = list(published_curves(CURVES))

    errors = {profile.id: log_errors(profile) for profile in found}

    assert len(found) == 55
    assert gmfe(np.concatenate(list(errors.values()))) <= 1.31
    assert gmfe(np.concatenate([errors[profile.id] for profile in found if profile.multiple])) <= 1.15


def test_the_fold_error_is_the_geometric_mean_of_the_larger_over_the_smaller() -> None:
    """Twice and half as much are the same error (closed form)."""
    assert gmfe(np.log([2.0, 0.5, 1.0])) == pytest.approx(4 ** (1 / 3))


USUAL = {
    "dataset_id": "one",
    "study": "A 1990",
    "grouping": "healthy",
    "molecule": "Carbamazepine",
    "matrix": "plasma",
    "route": "PO",
    "regimen": "0:200",
    "formulation": "tablet",
    "co_medication": "",
    "body_weight_kg": "80",
    "time_h": "4",
    "conc_mg_per_L": "2.5",
    "phase": "single-dose",
}


def curves(folder: Path, *rows: dict[str, str], drug: str = "carbamazepine") -> list[PublishedCurve]:
    """Curves of a file with these cells, others as usual."""
    lines = [",".join(COLUMNS), *(",".join({**USUAL, **row}[name] for name in COLUMNS) for row in rows)]
    path = folder / "curves.csv"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return list(published_curves(path, drug))


def test_a_curve_is_read_as_it_is_written(tmp_path: Path) -> None:
    """Golden: every row of one data set, and what its first row says of the study."""
    rows = ({}, {"time_h": "8.5", "conc_mg_per_L": "3"}, {"dataset_id": "two", "body_weight_kg": ""})

    one, two = curves(tmp_path, *rows)

    assert one == PublishedCurve(
        id="one",
        drug="carbamazepine",
        study="A 1990",
        group="healthy",
        formulation=None,
        weight=80.0,
        multiple=False,
        doses=(StudyDose(time=0.0, amount=200.0, infusion=0.0),),
        times=(4.0, 8.5),
        observed=(2.5, 3.0),
        lines=(2, 3),
    )
    assert (two.id, two.weight, two.lines) == ("two", None, (4,))
    assert curves(tmp_path, {"phase": "multi-dose"})[0].multiple


@pytest.mark.parametrize(
    "row",
    [{"molecule": "phenytoin"}, {"matrix": "saliva"}, {"co_medication": "valproate"}, {"regimen": "0:200;12:?"}],
)
def test_what_is_not_alone_in_plasma_is_left_out(tmp_path: Path, row: dict[str, str]) -> None:
    """Another drug, another matrix, company, or a dose that is not known; serum counts as plasma does."""
    assert [one.id for one in curves(tmp_path, row, {"dataset_id": "kept", "matrix": "serum"})] == ["kept"]


@pytest.mark.parametrize(
    ("regimen", "doses"),
    [
        ("0:200;12.5:.5", [(0, 200, 0), (12.5, 0.5, 0)]),
        ("1:100/inf0.25h", [(1, 100, 0.25)]),
        ("0:10/bolus", [(0, 10, 0)]),
    ],
)
def test_doses_are_read_as_the_file_writes_them(
    tmp_path: Path, regimen: str, doses: list[tuple[float, float, float]]
) -> None:
    """Time, amount, and the length of an infusion."""
    (one,) = curves(tmp_path, {"regimen": regimen})

    assert [(dose.time, dose.amount, dose.infusion) for dose in one.doses] == doses


@pytest.mark.parametrize(
    ("row", "form"),
    [
        ({"route": "IV"}, "intravenous"),
        *(({"formulation": word}, "suspension") for word in ("Solution", "syrup", "suspension", "in glycol")),
        *(({"formulation": word}, "extended-release") for word in ("extended", "Carbatrol", "CBTL", "TEG-XR")),
        ({"grouping": "CR tablet"}, "extended-release"),
        ({"formulation": "tablet"}, None),
    ],
)
def test_a_formulation_is_told_by_words_of_the_study(tmp_path: Path, row: dict[str, str], form: str | None) -> None:
    """Of its formulation or its group, in any case."""
    assert curves(tmp_path, row)[0].formulation == form


def test_every_number_that_is_none_is_told_at_once(tmp_path: Path) -> None:
    """With line and column; a weight may be left out, a level may not."""
    with pytest.raises(InputError) as refused:
        curves(tmp_path, {"body_weight_kg": "", "time_h": "soon"}, {"conc_mg_per_L": "", "body_weight_kg": "inf"})

    assert [(problem.line, problem.key) for problem in refused.value.problems] == [
        (2, "time_h"),
        (3, "body_weight_kg"),
        (3, "conc_mg_per_L"),
    ]


def test_a_study_is_a_scenario(tmp_path: Path) -> None:
    """Its doses up to the last sample, one hour more, its weight or 70 kg, and values replaced."""
    (one,) = curves(tmp_path, {"route": "IV", "regimen": "0:100/inf0.5h;4:50/inf0.5h;9:50/inf0.5h"})
    (plain,) = curves(tmp_path, {"body_weight_kg": ""})
    path = tmp_path / "study.toml"
    path.write_text(curve_scenario_text(one, {"elimination.clearance": "2 L/h"}), "utf-8")

    scenario = load_scenario(path)

    assert [(dose.time, dose.duration, dose.route) for dose in scenario.doses] == [
        (0.0, 0.5, "intravenous"),
        (4.0, 0.5, "intravenous"),
    ]
    assert (scenario.title, scenario.duration, scenario.patient.weight) == ("one", 5.0, 80.0)
    assert scenario.monographs["carbamazepine"].elimination.clearance.canonical == 2.0
    assert 'weight = "70.0 kg"' in curve_scenario_text(plain)


def test_errors_are_of_levels_that_are_not_too_low(tmp_path: Path) -> None:
    """The logarithm of predicted over observed at each time; both count as 0.05 mg/L where they are below."""
    early = {"time_h": "0", "conc_mg_per_L": "0.01"}
    (one,) = curves(tmp_path, early, {"time_h": "24", "conc_mg_per_L": "1"}, {"time_h": "24", "conc_mg_per_L": "0.01"})

    levels = predicted_levels(one)

    assert levels[0] == 0
    assert levels[1] > 0.5
    assert log_errors(one) == pytest.approx([0.0, np.log(levels[1]), np.log(levels[1] / 0.05)])
