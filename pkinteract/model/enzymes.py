"""Turnover of the enzymes that move, and who induces and inactivates them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from pkinteract.engine import system as rows
from pkinteract.library import Enzyme
from pkinteract.library.schema.interactions import Induction
from pkinteract.library.schema.monograph import Monograph, enzymes_of
from pkinteract.model import patient as body
from pkinteract.model.interaction import emax_in
from pkinteract.model.parts import ModelContext, Organ, SystemRows, acting_constant, interaction_of, unbound_constant
from pkinteract.model.patient import Person

GROUPS = ("CAR/PXR", "AhR")
"""Receptor groups: inducers of one group compete, groups add."""


def organs_in_use(monographs: Mapping[str, Monograph], enzymes: Mapping[str, Enzyme]) -> list[Organ]:
    """Enzymes that clear a compound of the run or that one acts on, in library order, each organ."""
    used = enzymes_of(monographs.values())
    return [(name, organ) for name in enzymes if name in used for organ in enzymes[name].organs]


def regulated_enzymes(
    organs: Iterable[Organ],
    monographs: Mapping[str, Monograph],
    enzymes: Mapping[str, Enzyme],
    patients: Sequence[Person],
) -> dict[Organ, int]:
    """Row of every enzyme whose level changes: it is induced, inactivated, or the patient changes its activity."""
    first, *later = [body.activities(patient, enzymes) for patient in patients]
    changing = {name for name in enzymes if any(activity[name] != first[name] for activity in later)}
    rows_of: dict[Organ, int] = {}
    for name, organ in organs:
        acted = any(name in m.induces or _inactivates(m, name, organ) for m in monographs.values())
        if acted or name in changing:
            rows_of[name, organ] = len(rows_of)
    return rows_of


def add_enzymes(parts: SystemRows, frame: ModelContext) -> None:
    """Append the turnover of every moving enzyme with all that acts on it."""
    for (name, organ), row in frame.regulated.items():
        half_life = frame.enzymes[name].organs[organ].half_life.canonical
        turnover = rows.Enzyme(kdeg=parts.add(math.log(2) / half_life), activity=parts.add(frame.activity[name]))
        parts.enzymes.append(turnover)
        for drug, monograph in frame.monographs.items():
            if name in monograph.induces:
                parts.inductions.append(_induction(parts, frame, drug, monograph.induces[name], (name, organ)))
            if _inactivates(monograph, name, organ):
                parts.inactivations.append(_inactivation(parts, frame, drug, (name, organ), row))


def _induction(parts: SystemRows, frame: ModelContext, drug: str, induction: Induction, where: Organ) -> rows.Induction:
    monograph, row = frame.monographs[drug], frame.regulated[where]
    if induction.slope is not None:
        free = monograph.binding.fraction_unbound.canonical if monograph.binding is not None else 1.0
        slope = induction.slope.canonical * (free if induction.slope.basis == "unbound" else 1.0)
        actor = interaction_of(frame, drug, induction.slope, "plasma")
        return rows.Induction(enzyme=row, actor=actor, slope=parts.add(slope))
    if induction.emax is None or induction.ec50 is None or induction.receptor is None:
        raise ValueError(f"the induction by {drug} has neither a slope nor Emax, EC50 and receptor")
    return rows.Induction(
        enzyme=row,
        actor=interaction_of(frame, drug, induction.ec50, "plasma"),
        group=GROUPS.index(induction.receptor),
        emax=parts.add(emax_in(induction, where[1])),
        ec50=parts.add(acting_constant(induction.ec50, monograph)),
        hill=None if induction.hill is None else parts.add(induction.hill.canonical),
    )


def _inactivates(monograph: Monograph, enzyme: str, organ: str) -> bool:
    inactivation = monograph.inactivates.get(enzyme)
    return inactivation is not None and (not inactivation.organs or organ in inactivation.organs)


def _inactivation(parts: SystemRows, frame: ModelContext, drug: str, organ: Organ, row: int) -> rows.Inactivation:
    monograph = frame.monographs[drug]
    given = monograph.inactivates[organ[0]]
    gut = organ[1] == "gut"
    constant = unbound_constant(given.ki, monograph) if gut else acting_constant(given.ki, monograph)
    actor = (
        rows.Actor(compound=frame.order[drug], site="gut") if gut else interaction_of(frame, drug, given.ki, "inlet")
    )
    return rows.Inactivation(enzyme=row, actor=actor, kinact=parts.add(given.kinact.canonical), ki=parts.add(constant))
