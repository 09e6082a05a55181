"""Transporters of the gut wall: what they send back of a drug while it is absorbed, and what slows them down there."""

from __future__ import annotations

from pkinteract.engine import system as rows
from pkinteract.model.interaction import constant_in
from pkinteract.model.parts import ModelContext, SystemRows, unbound_constant


def add_effluxes(parts: SystemRows, frame: ModelContext) -> None:
    """Append a row for every drug that a transporter sends back."""
    for drug, monograph in frame.monographs.items():
        efflux = monograph.efflux
        if efflux is None:
            continue
        level = frame.regulated.get((efflux.transporter, "gut"))
        ratio = efflux.ratio.canonical * (1.0 if level is not None else frame.activity[efflux.transporter])
        row = rows.Efflux(
            compound=frame.order[drug],
            ratio=parts.add(ratio),
            enzyme=level,
            inhibitors=gut_inhibitors(parts, frame, efflux.transporter),
        )
        parts.effluxes.append(row)


def gut_inhibitors(parts: SystemRows, frame: ModelContext, protein: str) -> tuple[rows.Ratio, ...]:
    """What inhibits an enzyme or transporter of the gut wall, by what is being absorbed."""
    ratios = []
    for drug, other in frame.monographs.items():
        inhibition = other.inhibits.get(protein)
        if inhibition is not None and "gut" in (inhibition.organs or frame.organs(protein)):
            constant = unbound_constant(constant_in(inhibition, "gut"), other)
            actor = rows.Actor(compound=frame.order[drug], site="gut")
            ratios.append(rows.Ratio(actor=actor, constant=parts.add(constant)))
    return tuple(ratios)
