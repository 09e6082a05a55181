"""What of the patient only rules ask, and the rules that fire, for ``run.json``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from pkinteract.guidance.types import Guidance
from pkinteract.scenario.context import Context


def context_record(context: Context) -> dict[str, object]:
    """Every key of the context as plain data."""
    values = {field.name: getattr(context, field.name) for field in fields(context)}
    return {name: sorted(value) if isinstance(value, frozenset) else value for name, value in values.items()}


def guidance_record(guidance: Sequence[Guidance]) -> list[dict[str, object]]:
    """The rules that fire, without their texts: these stand in ``guidance.csv``."""
    return [
        {
            "severity": one.severity,
            "drugs": list(one.drugs),
            "rule": one.rule,
            "body": one.body,
            "confidence": one.confidence,
            "source": one.source,
            "assumed": list(one.assumed),
            "notes": [{"what": note.what, **note.values} for note in one.notes],
            "alternatives": [
                {"drug": other.drug, "severity": other.severity, "rule": other.rule or None}
                for other in one.alternatives
            ],
        }
        for one in guidance
    ]
