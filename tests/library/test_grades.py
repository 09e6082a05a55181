"""Grades A to C, computed from the kinds of the values and from the rows of the qualification."""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import drug, oral, pathway

from pkinteract.library import load_library
from pkinteract.library.grades import grade_of
from pkinteract.library.schema.monograph import Monograph

MEASURED = 'kind = "measured", source = "paper"'
HEAD = "by,group,n,gmfe\n"


def valued(path: str, value: float, unit: str, kind: str) -> str:
    return f'{path} = {{ value = {value!r}, unit = "{unit}", {kind} }}\n'


def monograph(folder: Path, sourced: int, kind: str = MEASURED) -> Monograph:
    """A drug with five deciding values, of which the first ``sourced`` are of this kind and the others assumed."""
    kinds = [kind] * sourced + ['kind = "assumed", note = "a guess"'] * (5 - sourced)
    tables = (
        'id = "drug-x"\nname = "Drug X"\nunit = "mg/L"\nmolar_mass = "300 g/mol"\n[distribution]\n'
        + valued("volume", 50, "L", kinds[0])
        + "[elimination]\n"
        + valued("clearance", 5, "L/h", kinds[1])
        + '[[elimination.pathway]]\nid = "oxidation"\nenzyme = "CYP3A4"\n'
        + valued("fraction", 0.6, "1", kinds[2])
        + '[[elimination.pathway]]\nid = "kidney"\nkind = "renal"\n'
        + valued("fraction", 0.4, "1", kinds[3])
        + '[absorption.tablet]\nka = "1 1/h"\n'
        + valued("bioavailability", 0.8, "1", kinds[4])
        + '[absorption.syrup]\nka = "1 1/h"\nbioavailability = "0.9"\n[sources.paper]\ncite = "A paper"\n'
    )
    path = folder / "drug-x.toml"
    path.write_text(tables, "utf-8")
    return load_library([path]).monograph("drug-x")


def summary(folder: Path, *rows: str) -> Path:
    path = folder / "summary.csv"
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), "utf-8")
    return path


@pytest.mark.parametrize(
    ("sourced", "rows", "grade"),
    [
        (4, ["victim,drug-x,3,1.3"], "A"),
        (4, ["victim,drug-x,2,1.3"], "B"),
        (4, ["victim,drug-x,3,1.31"], "B"),
        (3, ["victim,drug-x,3,1.0"], "B"),
        (2, ["victim,drug-x,1,1.5"], "B"),
        (2, ["victim,drug-x,1,1.51"], "C"),
        (3, ["victim,drug-x,9,2.0"], "B"),
        (5, ["victim,drug-x,9,2.01"], "C"),
        (5, ["victim,other,9,1.0"], "B"),
        (2, ["victim,other,9,1.0"], "C"),
    ],
)
def test_a_grade_needs_sources_and_predictions_that_hold(
    sourced: int, rows: list[str], grade: str, tmp_path: Path
) -> None:
    """The rules of docs/library.md at their limits: of five deciding values 4 are 80 %, 3 are 60 %, 2 are 40 %."""
    read = monograph(tmp_path, sourced)

    found = grade_of(read, summary(tmp_path, *rows))

    assert (found.sourced, found.deciding) == (sourced, 5)
    assert found.grade == grade


@pytest.mark.parametrize(
    ("kind", "counts"),
    [
        (MEASURED, True),
        ('kind = "label", source = "paper"', True),
        ('kind = "fitted", source = "paper", interval = [0.1, 60]', True),
        ('kind = "fitted", source = "paper"', False),
        ('kind = "in vitro", source = "paper"', False),
        ('kind = "assumed", source = "paper", note = "why"', False),
    ],
)
def test_a_value_is_sourced_if_it_was_seen_in_people(kind: str, counts: bool, tmp_path: Path) -> None:
    """Measured, from a label, or fitted with an interval; in vitro and assumed are not."""
    read = monograph(tmp_path, 5, kind)

    found = grade_of(read, summary(tmp_path))

    assert found.sourced == (5 if counts else 0)


def test_rows_as_perpetrator_and_as_victim_count_together(tmp_path: Path) -> None:
    """The error is the geometric mean over all rows, 4·4·1·1 to the power 1/4 = 2 (closed form)."""
    rows = ["all,all,9,9.9", "perpetrator,drug-x + other,2,4", "victim,drug-x,2,1", "set,drug-x,5,9"]
    read = monograph(tmp_path, 5)

    found = grade_of(read, summary(tmp_path, *rows))

    assert found.rows == 4
    assert found.error == pytest.approx(2, rel=1e-12)


def test_a_drug_of_ones_own_without_sources_has_grade_c(tmp_path: Path) -> None:
    """Bare quantities are assumed, and no study has it."""
    path = tmp_path / "own.toml"
    path.write_text(drug("drug-x", pathway("p", 1.0, "CYP3A4"), oral()), "utf-8")

    found = grade_of(load_library([path]).monograph("drug-x"))

    assert (found.grade, found.sourced, found.error) == ("C", 0, None)
