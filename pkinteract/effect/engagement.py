"""What a run does in the brain: engagement of sites, drugs by their range, and excitation over inhibition."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np
import numpy.typing as npt

from pkinteract.effect.binders import Binders, antiseizure_sites, partner_sites, site_days
from pkinteract.effect.constants import brain_ratio
from pkinteract.effect.contexts import ALCOHOL, DRAVET, Withholding, is_sodium_blocker, relevant, tapers
from pkinteract.effect.levels import Averages, averages_of, has_middle, unbound_level
from pkinteract.effect.pillars import main_pillars, silent_for
from pkinteract.effect.site import excitability_ratio, range_units, ratio_band
from pkinteract.effect.types import Arrow, BrainDays, Engagement, RangeDays, RatioDays, State
from pkinteract.engine.curves import Array
from pkinteract.library.mechanisms.schema import SeizureType
from pkinteract.result import Analyte, Result

Flags = npt.NDArray[np.bool_]

ON_BOARD = 1 / 30
"""Share of its highest average of the run from which a drug counts as on board [1]."""

MOVED = 1.25
"""Fold change of a drug without units from which a ratio without it would mislead: at most 0.11 units by its range."""


def engagement_of(
    result: Result,
    *,
    conditions: Collection[str] = (),
    seizures: Sequence[str] = (),
    ranged: bool = False,
) -> Engagement:
    """What a run does in the brain, as ``docs/effect.md`` defines it.

    Parameters
    ----------
    result
        The run.
    conditions
        Of the patient: ``dravet``, ``scn1a-loss-of-function`` and ``alcohol-withdrawal`` matter, others do not.
    seizures
        Kinds of seizures of the patient; without any all sites count. Of those of which the library does not say what
        counts for them (atonic, spasms) the ratio is withheld.
    ranged
        Whether drugs without a constant that fits count by their range.
    """
    averages = averages_of(result)
    sites = antiseizure_sites(result, averages)
    ranges = _ranges(result, averages, {drug for site in sites for drug in site.drugs})
    sight = _Sight(result=result, averages=averages, sites=sites, ranges=ranges, conditions=frozenset(conditions))
    kinds: Sequence[str | None] = list(dict.fromkeys(seizures)) or [None]
    return Engagement(
        result=result,
        time=averages.time,
        reference=averages.reference,
        brain=_brain(result, averages),
        sites=tuple(site_days(site) for site in sites),
        ranges=ranges,
        partners=partner_sites(result, averages),
        ratios=tuple(_ratio(sight, kind, ranged=ranged) for kind in kinds),
        ranged=ranged,
        conditions=relevant(conditions),
        sodium_left=_sodium_left(sight),
    )


@dataclass(frozen=True, eq=False, kw_only=True)
class _Sight:
    """What a ratio is made from."""

    result: Result
    averages: Averages
    sites: tuple[Binders, ...]
    ranges: tuple[RangeDays, ...]
    conditions: frozenset[str]

    @property
    def in_dravet(self) -> bool:
        return bool(DRAVET & self.conditions)

    def on_board(self, drug: str) -> Flags:
        """Whether a drug is there, (time,)."""
        level = self.averages.level[_judged(self.result, drug).id]
        return (level > 0) & (level >= ON_BOARD * np.max(level, initial=0.0))

    @property
    def blockers(self) -> list[str]:
        """Dosed drugs that work by sodium channels."""
        scenario = self.result.scenario
        return [drug for drug in scenario.dosed if is_sodium_blocker(scenario.monographs[drug])]


def _brain(result: Result, averages: Averages) -> tuple[BrainDays, ...]:
    """Every compound that works by a pillar or has a target."""
    shown = []
    for compound, monograph in result.scenario.monographs.items():
        if monograph.pillar or monograph.target:
            value = monograph.brain.kp_uu
            level = unbound_level(result, averages, compound) * brain_ratio(monograph)
            kind = "assumed" if value is None else value.kind
            shown.append(BrainDays(compound=compound, level=level, ratio=brain_ratio(monograph), kind=kind))
    return tuple(shown)


def _judged(result: Result, drug: str) -> Analyte:
    """The analyte by which a drug without a constant is judged: what carries its effect, or a sum that has a range."""
    carriers = [pillar.through for pillar in result.scenario.monographs[drug].pillar if pillar.through]
    own = result.analyte(carriers[0] if carriers else drug)
    sums = [analyte for analyte in result.analytes if analyte.parent == drug and own.id in analyte.parts]
    return next((analyte for analyte in (own, *sums) if has_middle(analyte) and not analyte.unbound), own)


def _ranges(result: Result, averages: Averages, bound: Collection[str]) -> tuple[RangeDays, ...]:
    shown: dict[str, RangeDays] = {}
    for drug in result.scenario.dosed:
        monograph = result.scenario.monographs[drug]
        analyte = _judged(result, drug)
        if not monograph.pillar or drug in bound or analyte.id in shown:
            continue
        level = averages.level[analyte.id]
        low, high = (analyte.low or 0.0, analyte.high or 0.0) if has_middle(analyte) else (0.0, 0.0)
        shown[analyte.id] = RangeDays(
            drug=drug,
            judged=analyte.id,
            pillars=main_pillars(monograph),
            states=tuple(_state(value, float(np.max(level, initial=0.0)), analyte) for value in level.tolist()),
            units=range_units(level, math.sqrt(low * high)) if low > 0 else None,
        )
    return tuple(shown.values())


def _state(level: float, highest: float, analyte: Analyte) -> State:
    if level <= 0 or level < ON_BOARD * highest:
        return "gone"
    if analyte.low is None or analyte.high is None:
        return "no-range"
    return "below" if level < analyte.low else "above" if level > analyte.high else "inside"


def _ratio(sight: _Sight, kind: str | None, *, ranged: bool) -> RatioDays:
    """The ratio for a kind of seizure: what gains or loses units since the reference day, and what withholds it."""
    monographs, dosed = sight.result.scenario.monographs, sight.result.scenario.dosed
    silent = [drug for drug in dosed if kind is not None and silent_for(monographs[drug], kind) is not None]
    worse = [drug for drug in silent if kind is not None and silent_for(monographs[drug], kind) == "worse"]
    counted = [drug for drug in dosed if drug not in silent and not (sight.in_dravet and drug in sight.blockers)]
    zero = np.zeros_like(sight.averages.time)
    parts = [units for site in sight.sites if (units := site.units(counted))]
    by_range = {each.drug: each.units for each in sight.ranges if ranged and each.units is not None}
    parts += [[units] for drug, units in by_range.items() if drug in counted]
    whole = sum((ways[0] for ways in parts), zero)
    withheld, arrows = _contexts(sight, kind, counted, by_range), _arrows(sight, worse)
    at = sight.averages.reference
    if at is None:
        ratio = low = high = np.full_like(zero, np.nan)
    else:
        moved = [np.array([units - units[at] for units in ways]) for ways in parts]
        ratio = excitability_ratio(sum((ways[0] for ways in moved), zero))
        low, high = ratio_band(
            sum((ways.min(axis=0) for ways in moved), zero), sum((ways.max(axis=0) for ways in moved), zero)
        )
    given = np.array([not reasons for reasons in withheld])
    return RatioDays(
        seizure=kind,
        units=whole,
        ratio=np.where(given, ratio, np.nan),
        low=np.where(given, low, np.nan),
        high=np.where(given, high, np.nan),
        withheld=withheld,
        arrows=arrows,
        silent=tuple(silent),
        worse=tuple(worse),
    )


def _contexts(
    sight: _Sight, kind: str | None, counted: Sequence[str], by_range: Mapping[str, Array]
) -> tuple[tuple[Withholding, ...], ...]:
    """Why the ratio is withheld at each time."""
    times, at = sight.averages.time, sight.averages.reference
    never = np.zeros(len(times), dtype=bool)
    reasons: dict[Withholding, Flags] = {}
    if at is None:
        reasons["no-change"] = ~never
    if kind is not None and kind not in get_args(SeizureType):
        reasons["no-statement"] = ~never
    if sight.in_dravet:
        reasons["sodium-in-dravet"] = sum((sight.on_board(drug) for drug in sight.blockers), never)
    if ALCOHOL in sight.conditions:
        reasons["alcohol-withdrawal"] = ~never
    reasons["taper"] = sum((times > time for _, time in tapers(sight.result.scenario)), never)
    reasons["moves"] = never if at is None else _moving(sight, counted, by_range)
    return tuple(tuple(reason for reason, when in reasons.items() if when[n]) for n in range(len(times)))


def _moving(sight: _Sight, counted: Sequence[str], by_range: Mapping[str, Array]) -> Flags:
    """Whether a drug that has no units is at another level than on the reference day, (time,)."""
    at = sight.averages.reference
    moving = np.zeros(len(sight.averages.time), dtype=bool)
    without = [drug for site in sight.sites for drug in site.unranged]
    without += [each.drug for each in sight.ranges if each.drug not in by_range]
    for drug in without:
        if drug in counted:
            level = sight.averages.level[_judged(sight.result, drug).id]
            floor = ON_BOARD * np.max(level, initial=0.0)
            one, other = np.maximum(level, floor), max(float(level[at]), float(floor)) if at is not None else 0.0
            moving |= (floor > 0) & ((one > MOVED * other) | (other > MOVED * one))
    return moving


def _arrows(sight: _Sight, worse: Sequence[str]) -> tuple[Arrow, ...]:
    """Which way the state of the patient or a drug that may bring seizures on pushes at each time."""
    times, at = sight.averages.time, sight.averages.reference
    never = np.zeros(len(times), dtype=bool)
    bad = [*worse, *(sight.blockers if sight.in_dravet else [])]
    there = sum((sight.on_board(drug) for drug in bad), never)
    up = there | (np.ones_like(never) if ALCOHOL in sight.conditions else never)
    up |= sum((times > time for _, time in tapers(sight.result.scenario)), never)
    down = ~up if at is not None and there[at] else never
    return tuple("up" if one else "down" if other else "" for one, other in zip(up, down, strict=True))


def _sodium_left(sight: _Sight) -> Array | None:
    """Units of sodium blockers over those of the reference day, (time,) [1], by their range where there is no other."""
    parts = [units[0] for site in sight.sites if (units := site.units(sight.blockers))]
    parts += [each.units for each in sight.ranges if each.units is not None and each.drug in sight.blockers]
    at = sight.averages.reference
    whole = sum(parts, np.zeros_like(sight.averages.time))
    return None if at is None or not whole[at] > 0 else np.asarray(whole / whole[at])
