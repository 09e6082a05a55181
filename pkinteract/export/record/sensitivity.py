"""``run.json`` of a sensitivity analysis: what was run, and which draws make up an input."""

from __future__ import annotations

from collections.abc import Mapping

from pkinteract.export.record.population import NOTICE
from pkinteract.library.fingerprint import fingerprint
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.sensitivity import inputs_of
from pkinteract.text.record import head, recipe, source


def sensitivity_record(name: str, plan: RunPlan, options: Mapping[str, object] | None = None) -> dict[str, object]:
    """The record of a sensitivity analysis as plain data; ``name`` is what its folder is called."""
    scenario = plan.scenario
    return {
        **head(fingerprint(), notice=NOTICE),
        "scenario": source(name, scenario.title, scenario.text),
        "patients": plan.spec.n,
        "seed": plan.spec.seed,
        "inputs": [{"label": factor.label, "draws": sorted(factor.names)} for factor in inputs_of(plan)],
        "rerun": recipe("sensitivity", options or {}, [scenario.path.name], scenario.files),
    }
