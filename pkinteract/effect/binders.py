"""Who binds to a site, how strongly through the run, and how strongly in the middle of the reference range."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from pkinteract.effect.constants import constant_of, middle_strength
from pkinteract.effect.levels import Averages, effective
from pkinteract.effect.site import engagement, protection_units
from pkinteract.effect.types import SiteDays
from pkinteract.engine.curves import Array
from pkinteract.library.mechanisms.reader import mechanisms
from pkinteract.library.schema.targets import Affinity, PillarName
from pkinteract.result import Result

ENDS = ("constant", "low", "high")
"""The constant that is taken, and the ends of what was found."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Binders:
    """The drugs at a site.

    Attributes
    ----------
    strengths
        One (drug, time) array [1] for each way of reading the constants; the one that is taken first, without what a
        metabolite adds.
    references
        For each way the strength in the middle of the range [1], (drug,); NaN where a drug has no range.
    """

    site: str
    pillar: PillarName | None
    drugs: tuple[str, ...]
    strengths: tuple[Array, ...]
    references: tuple[Array, ...]

    def units(self, kept: Sequence[str]) -> list[Array]:
        """Protection units [1] by the drugs that are kept and have a range, (time,) for each way; none without any."""
        rows = [n for n, drug in enumerate(self.drugs) if drug in kept and np.isfinite(self.references[0][n])]
        if not rows:
            return []
        return [
            protection_units(strengths[rows], references[rows])
            for strengths, references in zip(self.strengths, self.references, strict=True)
        ]

    @property
    def unranged(self) -> tuple[str, ...]:
        """Drugs that have no range, and so no units."""
        return tuple(drug for drug, middle in zip(self.drugs, self.references[0], strict=True) if not middle > 0)


def antiseizure_sites(result: Result, averages: Averages) -> tuple[Binders, ...]:
    """Sites of antiseizure drugs with what binds there; of every dosed drug its first target alone."""
    scenario = result.scenario
    pillars = {site.id: site.pillar for site in mechanisms().site}
    drugs: dict[str, list[str]] = {}
    for drug in scenario.dosed:
        targets = scenario.monographs[drug].target
        if targets and pillars[targets[0].site] is not None:
            drugs.setdefault(targets[0].site, []).append(drug)
    return tuple(_binders(result, averages, site, pillars[site], members) for site, members in drugs.items())


def partner_sites(result: Result, averages: Averages) -> tuple[SiteDays, ...]:
    """Transporters that other drugs and their metabolites bind to; information alone, in no ratio."""
    monographs = result.scenario.monographs
    sites: dict[str, list[tuple[str, Affinity]]] = {}
    for site in mechanisms().site:
        for compound, monograph in monographs.items():
            for target in monograph.target:
                if site.pillar is None and target.site == site.id:
                    sites.setdefault(site.id, []).append((compound, target))
    shown = []
    for id, members in sites.items():
        rows = [
            effective(result, averages, target, compound) / constant_of(target, monographs[compound])
            for compound, target in members
        ]
        binders = Binders(
            site=id,
            pillar=None,
            drugs=tuple(compound for compound, _ in members),
            strengths=(np.array(rows),),
            references=(np.full(len(rows), np.nan),),
        )
        shown.append(site_days(binders))
    return tuple(shown)


def site_days(binders: Binders) -> SiteDays:
    """A site through the run, with the band of the ways in which its constants may be read."""
    engaged = [engagement(strengths.sum(axis=0)) for strengths in binders.strengths]
    units = binders.units(binders.drugs)
    return SiteDays(
        site=binders.site,
        pillar=binders.pillar,
        drugs=binders.drugs,
        alone=engagement(binders.strengths[0]),
        engagement=engaged[0],
        low=np.min(engaged, axis=0),
        high=np.max(engaged, axis=0),
        units=units[0] if units else None,
        units_low=np.min(units, axis=0) if units else None,
        units_high=np.max(units, axis=0) if units else None,
    )


def _binders(result: Result, averages: Averages, site: str, pillar: PillarName | None, drugs: Sequence[str]) -> Binders:
    """All drugs of a site with one end of their constants at a time, and with and without their metabolites."""
    strengths, references = [], []
    formed = {drug: _formed(result, site, drug) for drug in drugs}
    ways = product((False, True), ENDS) if any(formed.values()) else product((False,), ENDS)
    for whole, end in ways:
        pairs = [_strength(result, averages, drug, formed[drug] if whole else {}, end) for drug in drugs]
        strengths.append(np.array([strength for strength, _ in pairs]))
        references.append(np.array([reference for _, reference in pairs]))
    return Binders(
        site=site, pillar=pillar, drugs=tuple(drugs), strengths=tuple(strengths), references=tuple(references)
    )


def _formed(result: Result, site: str, drug: str) -> dict[str, Affinity]:
    """Metabolites of a drug that bind to the same site, each once, whoever else forms them."""
    monographs = result.scenario.monographs
    return {
        analyte.id: monographs[analyte.id].target[0]
        for analyte in result.analytes
        if analyte.parent == drug
        and analyte.id in monographs
        and analyte.id != drug
        and [target.site for target in monographs[analyte.id].target[:1]] == [site]
    }


def _strength(
    result: Result, averages: Averages, drug: str, formed: Mapping[str, Affinity], end: str
) -> tuple[Array, float]:
    """Strength of a drug through the run, and in the middle of its range with its metabolites in proportion.

    The proportion is that of their averages over the run.
    """
    target = result.scenario.monographs[drug].target[0]
    level = effective(result, averages, target, drug)
    monographs = result.scenario.monographs
    scale = 1.0 / constant_of(target, monographs[drug], end)
    centre = middle_strength(monographs[drug], end)
    strength, middle = level * scale, np.nan if centre is None else centre
    whole = float(level.sum())
    for compound, other in formed.items():
        added = effective(result, averages, other, compound) / constant_of(other, monographs[compound], end)
        strength = strength + added
        middle *= 1.0 + (float(added.sum()) / (whole * scale) if whole > 0 else 0.0)
    return strength, float(middle)
