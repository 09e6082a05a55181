"""Volumes, exchange, liver and gut of every compound, and its binding."""

from __future__ import annotations

from pkinteract.engine import system as rows
from pkinteract.library.schema.monograph import Monograph
from pkinteract.model import patient as body
from pkinteract.model.parts import (
    ModelContext,
    SystemRows,
    acting_constant,
    albumin_factor,
    fraction_unbound,
    gut_availability,
    interaction_of,
    is_variable,
    mass_concentration,
)
from pkinteract.model.transport import gut_inhibitors


def add_compounds(parts: SystemRows, frame: ModelContext) -> None:
    """Append a compound row for every monograph of the run."""
    for monograph in frame.monographs.values():
        parts.compounds.append(_compound(parts, frame, monograph))


def _compound(parts: SystemRows, frame: ModelContext, monograph: Monograph) -> rows.Compound:
    larger = frame.factor(monograph.id, "volume")
    central = body.volume(monograph.distribution.volume, frame.patient) * larger
    sides = []
    for side in monograph.distribution.peripheral:
        flow = body.reference_clearance(side.flow) * frame.size
        back = flow / (body.volume(side.volume, frame.patient) * larger)
        sides.append(rows.Peripheral(out=parts.add(flow / central), back=parts.add(back)))
    volume = parts.add(central)
    liver = frame.livers[monograph.id].flow
    gut_enzyme = gut_ratio = None
    inhibitors: tuple[rows.Ratio, ...] = ()
    if monograph.first_pass is not None:
        inhibitors = gut_inhibitors(parts, frame, monograph.first_pass.gut_enzyme)
        name, ratio = monograph.first_pass.gut_enzyme, 1 / gut_availability(monograph) - 1
        gut_enzyme = frame.regulated.get((name, "gut"))
        gut_ratio = parts.add(ratio if gut_enzyme is not None else ratio * frame.activity[name])
    return rows.Compound(
        volume=volume,
        peripherals=tuple(sides),
        flow=None if liver is None else parts.add(liver * frame.size),
        gut_enzyme=gut_enzyme,
        gut_ratio=gut_ratio,
        gut_inhibitors=inhibitors,
        portal=parts.add(_portal(monograph) * frame.size),
        gut_flow=parts.add(body.GUT_FLOW * frame.size),
        binding=_binding(parts, frame, monograph),
    )


def _portal(monograph: Monograph) -> float:
    """Hepatic flow as plasma sees it, Rb·Qh [L/h]; Rb is taken as 1 where the monograph gives none."""
    binding = monograph.binding
    ratio = 1.0 if binding is None or binding.blood_to_plasma is None else binding.blood_to_plasma.canonical
    return ratio * body.LIVER_FLOW


def _binding(parts: SystemRows, frame: ModelContext, monograph: Monograph) -> rows.Binding | None:
    rivals = {drug: other for drug, other in frame.monographs.items() if monograph.id in other.displaces}
    if monograph.binding is None or not is_variable(frame, monograph.binding, bool(rivals)):
        return None
    sites = monograph.binding.sites
    displacers = []
    for drug, other in rivals.items():
        ki = other.displaces[monograph.id].ki
        constant = parts.add(acting_constant(ki, other))
        displacers.append(rows.Ratio(actor=interaction_of(frame, drug, ki, "plasma"), constant=constant))
    free, more = fraction_unbound(monograph), albumin_factor(frame, monograph)
    return rows.Binding(
        reference=parts.add(free),
        bound=None if sites is not None else parts.add((1 / free - 1) * more),
        bmax=None if sites is None else parts.add(mass_concentration(sites.capacity, monograph) * more),
        kd=None if sites is None else parts.add(mass_concentration(sites.kd, monograph)),
        displacers=tuple(displacers),
    )
