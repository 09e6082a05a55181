"""What ``run.json`` says of engagement: the numbers it was made with, with their sources, and the conventions."""

from __future__ import annotations

from pkinteract.effect.site import BASES
from pkinteract.effect.types import Engagement


def engagement_record(engagement: Engagement) -> dict[str, object]:
    """Constants and ratios of brain over plasma of every compound, and what the ratio was made with."""
    monographs = engagement.result.scenario.monographs
    numbers = [
        {
            "item": day.compound,
            "path": path,
            "value": value.value,
            "unit": value.unit,
            "kind": value.kind,
            "basis": value.basis,
            "source": None if value.source is None else monographs[day.compound].sources[value.source].cite,
            "note": value.note,
        }
        for day in engagement.brain
        for path, value in monographs[day.compound].values()
        if path.split(".")[0] in ("target", "brain")
    ]
    assumed = [day.compound for day in engagement.brain if monographs[day.compound].brain.kp_uu is None]
    return {
        "bases": list(BASES),
        "reference_h": None if engagement.reference is None else float(engagement.time[engagement.reference]),
        "range_units": engagement.ranged,
        "conditions": list(engagement.conditions),
        "seizures": [ratio.seizure or "all" for ratio in engagement.ratios],
        "brain_ratio_taken_as_1": assumed,
        "numbers": numbers,
    }
