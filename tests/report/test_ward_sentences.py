"""Sentences as a ward reads them: none is against a table, an alert or another sentence of the same run."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from runs import average, daily, regimen, run, text

from pkinteract.analysis import Answer, answer_of
from pkinteract.model.expectation.evidence import pair_evidence
from pkinteract.report.run.sentences import sentences_of
from pkinteract.text.words import words_of

STEADY = "steady_state = true"


def kept(dose: str, every: str = "24 h", *, start: str = "-60 d", until: str = "400 d") -> str:
    """A course at steady state as the run begins."""
    return daily(dose, every, start, until, STEADY)


def answered(*regimens: str, days: float, patient: str = "") -> Answer:
    return answer_of(run(text(*regimens, days=days, patient=patient, step="6 h")))


def told(answer: Answer, language: str = "en") -> Mapping[str, str]:
    pairs = pair_evidence(answer.result.scenario)
    return {sentence.label: sentence.text for sentence in sentences_of(answer, words_of(language), pairs)}


# ---- who is at risk ----


def test_a_risk_is_told_of_the_patient_whose_level_it_is() -> None:
    """Kidneys that fail and recover: at the peak the clearance is 35 mL/min already, and 30 make little more of it."""
    failing = '[[patient.change]]\nat = "5 d"\ncreatinine_clearance = "35 mL/min"\n'
    recovered = '[[patient.change]]\nat = "15 d"\ncreatinine_clearance = "95 mL/min"\n'
    lithium = regimen("lithium", kept("450 mg", "12 h"))

    answer = answered(lithium, days=30, patient=failing + recovered)
    for_good = told(answered(lithium, days=30, patient=failing))

    assert answer.told[0].ratio > 2
    assert "risk" not in told(answer)
    assert "risk" not in for_good
