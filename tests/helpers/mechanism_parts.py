"""The parts of each mechanism, and what a system and its input have of them: what random ones must come with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import get_args

from random_systems import Case

from pkinteract.engine.events import EventKind
from pkinteract.engine.system import Binding

KINDS = get_args(EventKind)

PARTS: dict[str, Callable[[Case], bool]] = {
    "absorption, first order": lambda case: any(row.ka is not None for row in case.system.depots),
    "absorption, as it flows in": lambda case: any(row.ka is None for row in case.system.depots),
    "balance, peripheral compartments": lambda case: any(row.peripherals for row in case.system.compounds),
    "binding, sites": lambda case: any(row.bmax is not None for row in _bindings(case)),
    "binding, constant ratio": lambda case: any(row.bmax is None for row in _bindings(case)),
    "binding, displaced": lambda case: any(row.displacers for row in _bindings(case)),
    "clearance, enzyme": lambda case: any(row.enzyme is not None for row in case.system.pathways),
    "clearance, saturated": lambda case: any(row.saturation is not None for row in case.system.pathways),
    "clearance, competitive": lambda case: any(row.inhibitors and row.competitive for row in case.system.pathways),
    "clearance, not competitive": lambda case: any(
        row.inhibitors and row.saturation is not None and not row.competitive for row in case.system.pathways
    ),
    "clearance, returned": lambda case: any(row.back is not None for row in case.system.pathways),
    "wall, efflux": lambda case: bool(case.system.effluxes),
    "wall, inhibited efflux": lambda case: any(row.inhibitors for row in case.system.effluxes),
    "wall, moving efflux": lambda case: any(row.enzyme is not None for row in case.system.effluxes),
    "disposition": lambda case: len(case.system.compounds) > 1,
    "formation, by a pathway": lambda case: bool(case.system.formations),
    "formation, in the gut wall": lambda case: bool(case.system.gut_formations),
    "portal, enzyme of the wall": lambda case: any(row.gut_enzyme is not None for row in case.system.compounds),
    "portal, inhibited wall": lambda case: any(row.gut_inhibitors for row in case.system.compounds),
    "inactivation": lambda case: bool(case.system.inactivations),
    "induction, saturable": lambda case: any(row.emax is not None for row in case.system.inductions),
    "induction, power": lambda case: any(row.hill is not None for row in case.system.inductions),
    "induction, competing": lambda case: any(count > 1 for count in Counter(_groups(case)).values()),
    "induction, without limit": lambda case: any(row.slope is not None for row in case.system.inductions),
    "portal, inlet": lambda case: any(row.site == "inlet" for row in case.system.actors),
    "liver, behind": lambda case: any(row.hepatic for row in case.system.pathways),
    "liver, beside": lambda case: any(
        not row.hepatic and case.system.compounds[row.compound].flow is not None for row in case.system.pathways
    ),
    "release, transit": lambda case: any(row.kind == "transit" for row in case.system.releases),
    "release, Weibull": lambda case: any(row.kind == "weibull" for row in case.system.releases),
    "release, absorbed at once": lambda case: any(row.ka is None for row in case.system.releases),
    "turnover": lambda case: bool(case.system.enzymes),
    **{f"event, {kind}": lambda case, kind=kind: any(row.kind == kind for row in case.events) for kind in KINDS},
}
"""What the random systems must come with, by mechanism."""


def _bindings(case: Case) -> list[Binding]:
    return [row.binding for row in case.system.compounds if row.binding is not None]


def _groups(case: Case) -> list[tuple[int, int]]:
    return [(row.enzyme, row.group) for row in case.system.inductions if row.slope is None]
