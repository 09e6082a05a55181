"""Interaction studies of the library's evidence table as data of a fit: fluconazole on midazolam (Ahonen 1997)."""

from __future__ import annotations

import csv
import re
import tomllib
from pathlib import Path

import pytest
from fit_files import command

import pkinteract
from pkinteract.fitting import read_fit
from pkinteract.units import split

pytestmark = pytest.mark.compiled

ROW, OTHER, OBSERVED = "osp-1393", "osp-1392", 3.41
CHOSEN = f'perpetrator = ["fluconazole"], victim = ["midazolam"], without = ["{OTHER}"]'
PARAMETER = '[parameter.ki]\npath = "fluconazole.inhibits.CYP3A4.ki"\ninitial = "20 umol/L"\n'
LOG = '[residual]\nmodel = "log"\nproportional = "30 %"\n'
DRUG = Path(pkinteract.__file__).parent / "library/drugs/fluconazole.toml"


def written(folder: Path, chosen: str, residual: str = LOG) -> Path:
    path = folder / "fit.toml"
    path.write_text(f'title = "test"\n[[data]]\nstudies = {{ {chosen} }}\n{PARAMETER}{residual}', "utf-8")
    return path


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_one_study_is_met_and_qualify_predicts_the_same_with_its_value(tmp_path: Path) -> None:
    """
    One ratio decides one Ki, so the prediction is the observation to 1e-4, where the search ends.

    The area of the fit is a Gauss rule over samples, that of ``qualify`` the integral of the solver's curves: they
    agree to 1e-3.
    """
    fit = written(tmp_path, CHOSEN)

    done = command("fit", fit, "--out", tmp_path / "fit", "--no-figure")

    assert done.exit_code == 0, done.output
    [row] = rows(tmp_path / "fit/predictions.csv")
    assert (row["subject"], row["analyte"], float(row["observed"])) == (ROW, "midazolam auc ratio", OBSERVED)
    assert float(row["predicted"]) == pytest.approx(OBSERVED, rel=1e-4)

    text = (tmp_path / "fit/result.toml").read_text("utf-8")
    number, unit = split(tomllib.loads(text)["override"]["fluconazole"]["inhibits.CYP3A4.ki"])
    shipped = DRUG.read_text("utf-8")
    own, count = re.subn(r"(\[inhibits\.CYP3A4\]\nki = \{ value = )[0-9.]+", rf"\g<1>{number!r}", shipped)
    assert (count, unit) == (1, "umol/L")
    (tmp_path / "fluconazole.toml").write_text(own, "utf-8")

    held = command(
        *("qualify", "--row", ROW, "--drug", tmp_path / "fluconazole.toml", "--out", tmp_path / "held", "--no-figure")
    )

    assert held.exit_code == 0, held.output
    [study] = rows(tmp_path / "held/qualification.csv")
    assert float(study["predicted"]) == pytest.approx(OBSERVED, rel=1e-3)


def test_a_study_that_is_left_out_is_no_row(tmp_path: Path) -> None:
    """``perpetrator`` and ``victim`` choose both studies of the pair, ``without`` takes one away."""
    both = written(tmp_path, CHOSEN.replace(f'"{OTHER}"', ""))

    done = command("fit", both, "--out", tmp_path / "out", "--no-figure")

    assert done.exit_code == 0, done.output
    assert {row["subject"] for row in rows(tmp_path / "out/predictions.csv")} == {ROW, OTHER}


def test_drugs_of_a_fit_may_be_named_as_people_do(tmp_path: Path) -> None:
    """Paths and studies by brands are those by ids, and the notes say what each name means."""
    by_id = read_fit(written(tmp_path, CHOSEN))
    fit = tmp_path / "names.toml"
    named = CHOSEN.replace("fluconazole", "Diflucan").replace("midazolam", "Dormicum")
    parameter = PARAMETER.replace("fluconazole", "Fluconazol")
    fit.write_text(f'title = "test"\n[[data]]\nstudies = {{ {named} }}\n{parameter}{LOG}', "utf-8")

    by_name = read_fit(fit)

    assert by_name.parameters == by_id.parameters
    assert [one.subject for one in by_name.series] == [one.subject for one in by_id.series]
    assert set(by_name.notes) - set(by_id.notes) == {
        "Diflucan is fluconazole",
        "Dormicum is midazolam",
        "Fluconazol is fluconazole",
    }


def test_names_that_no_study_has_are_refused_together(tmp_path: Path) -> None:
    """Status 2: every name at once, with what is close, and nothing written."""
    fit = written(tmp_path, 'perpetrator = ["fluconazle"], victim = ["midazolm"], without = ["osp-139"]')

    done = command("fit", fit, "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert 'data[0].studies.perpetrator  no study has "fluconazle"; did you mean fluconazole' in done.stderr
    assert "data[0].studies.victim" in done.stderr
    assert 'no study has "midazolm"; did you mean midazolam' in done.stderr
    assert 'no study has "osp-139"; did you mean osp-139' in done.stderr
    assert "3 problems" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "residual", ["", '[residual]\nmodel = "proportional"\n', '[residual]\nmodel = "log"\nweights = "n"\n']
)
def test_ratios_need_the_log_model_without_weights(tmp_path: Path, residual: str) -> None:
    """Any other residual, the default one too, is refused with what to write."""
    done = command("fit", written(tmp_path, CHOSEN, residual), "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert 'are ratios; write model = "log" in [residual], without weights' in done.stderr


def test_what_the_evidence_table_says_cannot_be_said_again(tmp_path: Path) -> None:
    """Scenario, analyte and limit belong to measured levels."""
    keys = 'scenario = "scenario.toml"\nanalyte = "midazolam"\nlloq = "1 ng/mL"\n'
    fit = tmp_path / "fit.toml"
    fit.write_text(f'title = "test"\n[[data]]\nstudies = {{ {CHOSEN} }}\n{keys}{PARAMETER}{LOG}', "utf-8")

    done = command("fit", fit, "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert done.stderr.count("does not go with studies; leave it out") == 3
