"""``run.json``: what was run, with which numbers, from which sources, by which solver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pkinteract.export.record.guidance import context_record, guidance_record
from pkinteract.guidance.types import Guidance
from pkinteract.library.fingerprint import fingerprint
from pkinteract.model.expectation.evidence import PairEvidence, pair_evidence
from pkinteract.result import LevelFit, Result
from pkinteract.scenario import Patient, Scenario
from pkinteract.text.inputs import seen_from
from pkinteract.text.record import head, recipe, source
from pkinteract.text.words import words_of

if TYPE_CHECKING:
    from pkinteract.effect.types import Engagement
    from pkinteract.scenario.protocol.types import CheckOutcome, Protocol


def run_record(
    result: Result,
    evidence: Sequence[PairEvidence] | None = None,
    guidance: Sequence[Guidance] = (),
    effect: Engagement | None = None,
    options: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """The record of a run as plain data.

    Parameters
    ----------
    result
        The run.
    evidence
        What is known of its pairs; looked up if left out.
    guidance
        The rules that fire.
    effect
        What it does in the brain, where that was asked for.
    options
        What the command was asked for.
    """
    pairs = pair_evidence(result.scenario) if evidence is None else evidence
    scenario, patient, status = result.scenario, result.scenario.patient, result.status
    return {
        **head(fingerprint(), notice=result.notice),
        "scenario": source(scenario.name, scenario.title, scenario.text),
        "patient": {
            **_traits(patient),
            "phenotype": {
                gene: {"phenotype": activity.phenotype, "score": activity.score, "activity": activity.factor}
                for gene, activity in patient.phenotype.items()
            },
            "abundance": dict(patient.abundance),
            **context_record(scenario.context),
        },
        "patient_changes": [{"time_h": time, **_traits(person)} for time, person in scenario.patients],
        "dialysis": [{"from_h": session.start, "to_h": session.stop} for session in scenario.sessions],
        "protocols": [_protocol(protocol, result.checks) for protocol in scenario.protocols],
        "names": list(scenario.names),
        "not_modelled": list(scenario.not_modelled),
        "warnings": list(scenario.warnings),
        "levels": None if result.fit is None else _levels(result, result.fit),
        "overrides": {drug: dict(values) for drug, values in scenario.overrides.items()},
        "analytes": [
            {
                "id": analyte.id,
                "unit": analyte.unit,
                "reference_low": analyte.low,
                "reference_high": analyte.high,
                "alert": analyte.alert,
                "alert_of": ("sample" if analyte.alert_sampled else "any") if analyte.alert is not None else None,
                "range_source": analyte.range_source,
            }
            for analyte in result.analytes
        ],
        "interactions": list(result.interactions),
        "pairs": [_pair(pair) for pair in pairs],
        "guidance": guidance_record(guidance),
        "numbers": list(result.numbers),
        **({} if effect is None else {"engagement": _engagement(effect)}),
        "solver": {
            "method": status.method,
            "steps": status.steps,
            "rejected": status.rejected,
            "note": status.message,
        },
        "rerun": recipe("run", options or {}, [scenario.path.name], scenario.files),
    }


def _protocol(protocol: Protocol, checks: Sequence[CheckOutcome]) -> dict[str, object]:
    """A protocol, and what each of its checks measured and decided."""
    condition = protocol.condition
    return {
        "drug": protocol.drug,
        "when": protocol.when,
        "then": protocol.then,
        "unit": None if condition is None else condition.unit,
        "checks": [
            {
                "time_h": check.time,
                "level": check.level,
                "measured": check.measured,
                "decision": check.decision,
                "from_h": check.since,
                "doses_before_mg": [before for before, _ in check.doses],
                "doses_after_mg": [after for _, after in check.doses],
            }
            for check in checks
            if check.protocol is protocol
        ],
    }


def _engagement(effect: Engagement) -> dict[str, object]:
    from pkinteract.export.record.engagement import engagement_record

    return engagement_record(effect)


def comparison_record(results: Sequence[Result], options: Mapping[str, object]) -> dict[str, object]:
    """The record of several scenarios beside one another; each also has its own."""
    scenarios = [result.scenario for result in results]
    sources = [source(scenario.name, scenario.title, scenario.text) for scenario in scenarios]
    top = scenarios[0].path.parent
    inputs = [seen_from(top, scenario.path) for scenario in scenarios]
    files = {
        name if Path(name).is_absolute() else seen_from(top, scenario.path.parent / name): text
        for scenario in scenarios
        for name, text in scenario.files.items()
    }
    return {
        **head(fingerprint()),
        "scenario": {"name": comparison_name(scenarios)},
        "scenarios": sources,
        "rerun": recipe("run", options, inputs, files),
    }


def comparison_name(scenarios: Sequence[Scenario]) -> str:
    """What a comparison is called: the names of its scenarios."""
    return ", ".join(scenario.name for scenario in scenarios)


def _levels(result: Result, fit: LevelFit) -> dict[str, object]:
    """What the measured levels made of the patient, and what they were expected to be before and after."""
    expected = zip(result.scenario.observations, fit.typical.at_levels(), result.at_levels(), strict=True)
    english = words_of("en")
    return {
        "residual_sd": fit.error,
        "values": [
            {
                "drug": value.drug,
                "path": value.path,
                "unit": value.unit,
                "typical": value.typical,
                "estimate": value.value,
                "low_95": value.low,
                "high_95": value.high,
            }
            for value in fit.values
        ],
        "observations": [
            {
                "time_h": level.time,
                "analyte": level.analyte,
                "unit": level.unit,
                "observed": level.value,
                "below": level.below,
                "typical": before,
                "predicted": after,
            }
            for level, before, after in expected
        ],
        "contradictions": [conflict.told(conflict.observation.analyte, english) for conflict in fit.conflicts],
        "not_weighed": [left.told(left.observation.analyte, english) for left in fit.unweighed],
        "warnings": [warning.told(english) for warning in fit.warnings],
    }


def _pair(pair: PairEvidence) -> dict[str, object]:
    """What is known of a pair; ``missed`` is its worst study, if that is missed."""
    missed, known = pair.worst, pair.known
    return {
        "perpetrator": pair.perpetrator,
        "victim": pair.victim,
        "status": pair.status,
        "expected": None if pair.expected is None else float(f"{pair.expected:.4g}"),
        "published": None if pair.published is None else list(pair.published),
        "studies": pair.studies,
        "fold_error": None if pair.fold_error is None else float(f"{pair.fold_error:.4g}"),
        "missed": None
        if missed is None
        else {
            "id": missed.id,
            "study": missed.study,
            "analyte": missed.analyte,
            "observed": missed.observed,
            "predicted": missed.predicted,
        },
        "analyte": None if known is None else known.analyte,
        "note": None if known is None else known.note,
        "grade_perpetrator": pair.grade_perpetrator,
        "grade_victim": pair.grade_victim,
        "source": pair.source,
    }


def _traits(patient: Patient) -> dict[str, object]:
    """What the model knows of a patient but the genes; ``pregnancy_wk`` where this state begins."""
    return {
        "weight_kg": patient.weight,
        "age_y": patient.age,
        "sex": patient.sex,
        "height_m": patient.height,
        "creatinine_clearance_mL_per_min": patient.creatinine_clearance,
        "egfr_mL_per_min_per_1.73m2": patient.egfr,
        "albumin_g_per_L": patient.albumin,
        "smoker": patient.smoker,
        "hepatic_class": patient.hepatic_class,
        "pregnancy_wk": patient.pregnancy,
    }
