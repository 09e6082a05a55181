"""``run.json``: what was run, with which numbers, from which sources, by which solver."""

from __future__ import annotations

from pkinteract.result import Result
from pkinteract.scenario import Patient
from pkinteract.text.record import head, source


def record(result: Result) -> dict[str, object]:
    """The record of a run as plain data."""
    scenario, patient, status = result.scenario, result.scenario.patient, result.status
    return {
        **head(),
        "scenario": source(scenario.name, scenario.title, scenario.text),
        "patient": {
            **_traits(patient),
            "phenotype": {
                gene: {"phenotype": row.phenotype, "score": row.score, "activity": row.factor}
                for gene, row in patient.phenotype.items()
            },
            "abundance": dict(patient.abundance),
        },
        "patient_changes": [{"time_h": time, **_traits(person)} for time, person in scenario.patients],
        "warnings": list(scenario.warnings),
        "overrides": {drug: dict(values) for drug, values in scenario.overrides.items()},
        "analytes": [
            {
                "id": row.id,
                "unit": row.unit,
                "reference_low": row.low,
                "reference_high": row.high,
                "alert": row.alert,
                "range_source": row.range_source,
            }
            for row in result.analytes
        ],
        "interactions": list(result.interactions),
        "numbers": list(result.numbers),
        "solver": {
            "method": status.method,
            "steps": status.steps,
            "rejected": status.rejected,
            "note": status.message,
        },
    }


def _traits(patient: Patient) -> dict[str, object]:
    """What the model knows of a patient but the genes; ``pregnancy_wk`` where this state begins."""
    return {
        "weight_kg": patient.weight,
        "age_y": patient.age,
        "sex": patient.sex,
        "height_m": patient.height,
        "creatinine_clearance_mL_per_min": patient.creatinine_clearance,
        "smoker": patient.smoker,
        "hepatic_class": patient.hepatic_class,
        "pregnancy_wk": patient.pregnancy,
    }
