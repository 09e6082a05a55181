"""States in which a ratio would mislead: what withholds it, from when on, and which way the state pushes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Literal

from pkinteract.analysis.causes import dose_causes
from pkinteract.library.mechanisms.reader import mechanisms
from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.targets import SODIUM
from pkinteract.scenario import Scenario

Withholding = Literal["sodium-in-dravet", "alcohol-withdrawal", "taper", "moves", "no-statement", "no-change"]
"""Why a ratio is withheld."""

DRAVET = frozenset({"dravet", "scn1a-loss-of-function"})
"""Conditions in which a block of sodium channels takes firing from interneurons first."""

ALCOHOL = "alcohol-withdrawal"

LONG = 28 * 24.0
"""Use of a drug after which the receptors of its site have given way [h]: more than four weeks, as the Joint clinical
practice guideline on benzodiazepine tapering (2025) counts dependence."""


def relevant(conditions: Collection[str]) -> tuple[str, ...]:
    """Those of a patient's conditions in which a ratio is withheld or changes its meaning."""
    return tuple(sorted({ALCOHOL, *DRAVET}.intersection(conditions)))


def is_sodium_blocker(monograph: Monograph) -> bool:
    """Whether a drug works by sodium channels, as far as that is settled."""
    return any(pillar.name in SODIUM and pillar.part == "main" for pillar in monograph.pillar)


def tapers(scenario: Scenario) -> Iterator[tuple[str, float]]:
    """Drugs of sites that adapt and the time [h] at which, after long use, their dose first goes down."""
    adapting = {site.id for site in mechanisms().site if site.adapts}
    for drug in scenario.dosed:
        if not adapting.intersection(pillar.site or "" for pillar in scenario.monographs[drug].pillar):
            continue
        courses = [course for regimen in scenario.regimens if regimen.drug == drug for course in regimen.courses]
        kept = any(course.steady_state for course in courses)
        begin = min(course.start for course in courses)
        for time in scenario.changes:
            down = any(
                cause.drug == drug and (cause.after or 0.0) < (cause.before or 0.0)
                for cause in dose_causes(scenario, time)
            )
            if down and time < scenario.duration and (kept or time - begin >= LONG):
                yield drug, time
                break
