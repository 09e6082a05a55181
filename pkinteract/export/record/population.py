"""``run.json`` of a population: what was run, and on whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import asdict

from pkinteract import NOTICE as ONE
from pkinteract.export.record.guidance import guidance_record
from pkinteract.guidance.types import Guidance
from pkinteract.library.fingerprint import fingerprint
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.people import remarks_of
from pkinteract.population.statistics.tally import Tally
from pkinteract.text.record import head, recipe, source
from pkinteract.text.words import words_of

NOTICE = ONE.replace("a typical patient", "virtual patients")
"""Stands on everything that is handed out of a population."""


def population_record(
    name: str,
    plan: RunPlan,
    tally: Tally,
    guidance: Sequence[Guidance] = (),
    options: Mapping[str, object] | None = None,
) -> dict[str, object]:
    """The record of a population as plain data; ``name`` is what its folder is called, ``options`` what was asked."""
    scenario = plan.scenario
    return {
        **head(fingerprint(), notice=NOTICE),
        "scenario": source(name, scenario.title, scenario.text),
        "population": _plain(asdict(plan.spec)),
        "patients": {"simulated": int(tally.patients[0]), "without_result": int(tally.patients[1])},
        "partition": plan.partition,
        "fingerprint": plan.fingerprint,
        "reference_day": [float(plan.windows.ends[plan.windows.reference]) / 24 - 1, "24 h from there on, in days"],
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
            for analyte in plan.analytes
        ],
        "protocols": [
            {"drug": protocol.drug, "when": protocol.when, "then": protocol.then, "patients": some, "changes": changes}
            for protocol, (some, changes) in zip(scenario.protocols, tally.changes.tolist(), strict=True)
        ],
        "guidance": guidance_record(guidance),
        "names": list(scenario.names),
        "not_modelled": list(scenario.not_modelled),
        "warnings": [*scenario.warnings, *(one.told(words_of("en")) for one in remarks_of(plan))],
        "rerun": recipe("population", options or {}, [scenario.path.name], scenario.files),
    }


def _plain(thing: object) -> object:
    """What JSON can hold."""
    if isinstance(thing, Mapping):
        return {"/".join(key) if isinstance(key, tuple) else str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, Set):
        return sorted(thing)
    return [_plain(part) for part in thing] if isinstance(thing, (list, tuple)) else thing
