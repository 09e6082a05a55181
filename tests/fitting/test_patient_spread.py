"""Levels of which it is not known how people differ: they are left out of a patient's fit, and said so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from patient_levels import ERROR, TWO, fitted, monograph, observation, values, written
from runs import daily, drug, oral, regimen, text

import pkinteract
from pkinteract import load_scenario, simulate
from pkinteract.analysis import answer_of
from pkinteract.errors import InputError
from pkinteract.export.tables.patient import level_table
from pkinteract.export.tables.run import alert_text
from pkinteract.fitting.patient.fitted import fitted_result
from pkinteract.fitting.patient.individual import individual
from pkinteract.fitting.patient.priors import patient_fit
from pkinteract.library import load_library
from pkinteract.report.run.sentences import sentences_of
from pkinteract.text.words import LANGUAGES, words_of

DRUGS = Path(pkinteract.__file__).parent / "library/drugs"

pytestmark = pytest.mark.compiled


def test_values_without_a_cv_are_refused(tmp_path: Path) -> None:
    """A drug file without between-subject CVs says nothing of people, so a level cannot be weighed."""
    path = written(tmp_path, own=drug("drug-x", oral()))

    with pytest.raises(InputError, match=r"the clearance of drug-x has no between-subject CV.*in its drug file add"):
        patient_fit(load_scenario(path))


LEVETIRACETAM = regimen("levetiracetam", daily("1000 mg", "12 h", "0 d", "5 d"))


def test_what_is_written_for_a_drug_without_a_cv_works(tmp_path: Path) -> None:
    """The refusal of a drug of the library says to copy its file, name it and add a CV: then its level is fitted."""
    source = text(LEVETIRACETAM, days=5) + observation("96 h", "14.5 mg/L", "levetiracetam")
    (tmp_path / "anna.toml").write_text(source, "utf-8")
    with pytest.raises(InputError, match=r"copy pkinteract/library/drugs/levetiracetam\.toml") as refused:
        patient_fit(load_scenario(tmp_path / "anna.toml"))
    said = str(refused.value)

    shipped = (DRUGS / "levetiracetam.toml").read_text("utf-8")
    known = shipped.replace("clearance = {", "clearance = { cv = 0.27,", 1)
    (tmp_path / "levetiracetam.toml").write_text(known, "utf-8")
    named = re.search(r'library = \["[a-z.]+"\]', said)
    assert named is not None
    (tmp_path / "anna.toml").write_text(f"{named.group()}\n{source}", "utf-8")

    assert [one.name for one in patient_fit(load_scenario(tmp_path / "anna.toml")).parameters] == [
        "levetiracetam_clearance"
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_level_is_not_judged_where_nobody_knows_how_people_differ(language: str, tmp_path: Path) -> None:
    """
    Levetiracetam has no CV: its level is left out of the fit, said so everywhere, and contradicts nothing.

    At three times the prediction the alert is a note that asks for no check; no range of people comes from the error.
    """
    source = 'library = ["drug.toml"]\n' + text(
        regimen("drug-x", daily("100 mg", "12 h", "0 d", "5 d")), LEVETIRACETAM, days=5
    )
    (tmp_path / "drug.toml").write_text(monograph(), "utf-8")
    path = tmp_path / "anna.toml"
    path.write_text(source + TWO + observation("96 h", "30 mg/L", "levetiracetam"), "utf-8")
    found = individual(load_scenario(path), error=ERROR)
    result = fitted_result(found, simulate(load_scenario(path)))
    words = words_of(language)
    answer = answer_of(result)
    said = " ".join(sentence.text for sentence in sentences_of(answer, words))
    unknown = {"en": "how people differ in it", "de": "wie sich Menschen darin unterscheiden"}[language]

    assert values(found) == pytest.approx(values(fitted()), rel=1e-6)
    assert result.fit is not None
    assert (result.fit.conflicts, len(result.fit.bands)) == ((), 1)
    assert unknown in said
    rows = level_table(found)
    assert rows["weighed"] == [True, True, False]
    assert (rows["population_low_95"][2], rows["probability"][2], rows["contradiction"][2]) == (None, None, None)
    (alert,) = [one for one in answer.alerts if one.rule == "measured"]
    assert (alert.severity, unknown in alert_text(alert, result, words)) == ("note", True)


def lent() -> list[tuple[str, str]]:
    """Drugs that are given and what is measured of them: compounds whose clearance has no CV, though another value has.

    That is a value of the compound itself, or of what forms it.
    """
    library = load_library()
    drugs = {name: library.monograph(name) for name in library.ids()}
    pairs = [(name, name) for name in drugs] + [(name, made) for name, one in drugs.items() for made in one.metabolites]
    return [
        (given, measured)
        for given, measured in pairs
        if not drugs[measured].spread_known
        and drugs[given].absorption
        and any(value.cv is not None for one in {given, measured} for _, value in drugs[one].values())
    ]


@pytest.mark.parametrize(("given", "measured"), lent())
def test_another_values_spread_is_not_that_of_a_level(given: str, measured: str, tmp_path: Path) -> None:
    """Clozapine's CV says nothing of norclozapine's clearance: every such level of the library is refused alone."""
    doses = regimen(given, daily("10 mg", "24 h", "0 d", "5 d"))
    path = tmp_path / "anna.toml"
    path.write_text(text(doses, days=5) + observation("96 h", "1 ug/L", measured), "utf-8")

    with pytest.raises(InputError, match=f"the clearance of {measured} has no between-subject CV"):
        patient_fit(load_scenario(path))


def test_a_sum_is_weighed_only_where_each_part_can_be(tmp_path: Path) -> None:
    """Of a measured sum whose second part has no CV nobody knows the spread; that of the first part is weighed."""
    doses = regimen("risperidone", daily("2 mg", "12 h", "0 d", "5 d"))
    levels = observation("96 h", "30 ug/L", "risperidone+paliperidone") + observation("96 h", "8 ug/L", "risperidone")
    path = tmp_path / "anna.toml"
    path.write_text(text(doses, days=5) + levels, "utf-8")

    [series] = patient_fit(load_scenario(path)).series

    assert [analyte.id for analyte in series.analytes] == ["risperidone"]
    assert len(series.values) == 1
