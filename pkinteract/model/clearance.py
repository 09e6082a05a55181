"""Pathways of elimination, what slows them down, and the metabolites that they form."""

from __future__ import annotations

from collections.abc import Mapping

from pkinteract.engine import system as rows
from pkinteract.library.schema.monograph import NORMAL_CREATININE_CLEARANCE, Monograph, Pathway
from pkinteract.library.schema.values import Value
from pkinteract.model import patient as body
from pkinteract.model.interaction import acts_in
from pkinteract.model.parts import ModelContext, SystemRows, acting_constant, interaction_of
from pkinteract.model.patient import Number, Person

_WHOLE = Pathway.model_construct(
    id="other",
    kind="other",
    fraction=Value.model_construct(value=1.0, unit="1", kind="assumed", note="the only pathway"),
)

DIALYSIS = "dialysis"
"""What the pathway of a drug through the dialyser is called; it acts on the unbound level, as all clearance does."""


def pathways(monograph: Monograph) -> tuple[Pathway, ...]:
    """Pathways of a compound; a single constant one if the monograph names none."""
    return monograph.elimination.pathway or (_WHOLE,)


def add_pathways(parts: SystemRows, frame: ModelContext) -> None:
    """Append the pathways of every compound, that through the dialyser last, and the formation of metabolites."""
    for monograph in frame.monographs.values():
        through_gut: dict[str, float] = {}
        for pathway in pathways(monograph):
            here = len(parts.pathways)
            parts.pathways.append(_pathway(parts, frame, monograph, pathway))
            parts.names.append((monograph.id, pathway.id))
            if pathway.forms is not None:
                ratio = formed_ratio(frame.monographs, monograph, pathway, pathway.forms)
                target = frame.order[pathway.forms]
                parts.formations.append(rows.Formation(pathway=here, target=target, ratio=parts.add(ratio)))
                share = gut_share(monograph, pathway)
                if share:
                    through_gut[pathway.forms] = through_gut.get(pathway.forms, 0.0) + ratio * share
        if frame.dialysis and monograph.dialysis is not None:
            cleared = monograph.dialysis.clearance.canonical if frame.patient.dialysed else 0.0
            parts.pathways.append(rows.Pathway(compound=frame.order[monograph.id], clearance=parts.add(cleared)))
            parts.names.append((monograph.id, DIALYSIS))
        for metabolite, ratio in through_gut.items():
            wall = rows.GutFormation(
                compound=frame.order[monograph.id], target=frame.order[metabolite], ratio=parts.add(ratio)
            )
            parts.gut_formations.append(wall)


def _pathway(parts: SystemRows, frame: ModelContext, monograph: Monograph, pathway: Pathway) -> rows.Pathway:
    liver = frame.livers[monograph.id]
    hepatic = pathway.kind in ("enzyme", "biliary") and liver.flow is not None
    clearance = pathway_clearance(frame.patient, monograph, pathway) * frame.factor(monograph.id, "clearance")
    if hepatic:
        clearance = clearance / liver.availability
    enzyme = None
    if pathway.enzyme is not None:
        enzyme = frame.regulated.get((pathway.enzyme, pathway.organ))
        clearance = clearance * (1.0 if enzyme is not None else frame.activity[pathway.enzyme])
    saturation = None
    if pathway.km is not None:
        actor = interaction_of(frame, monograph.id, pathway.km, "inlet" if hepatic else "plasma")
        saturation = rows.Ratio(actor=actor, constant=parts.add(acting_constant(pathway.km, monograph)))
    back = _return(parts, frame, pathway)
    if back is not None and pathway.returned is not None:
        clearance = clearance / (1 - pathway.returned.canonical)
    return rows.Pathway(
        compound=frame.order[monograph.id],
        clearance=parts.add(clearance),
        enzyme=enzyme,
        hepatic=hepatic,
        saturation=saturation,
        inhibitors=_inhibitors(parts, frame, pathway.enzyme, pathway.organ),
        competitive=pathway.inhibition == "competitive",
        back=back,
    )


def _return(parts: SystemRows, frame: ModelContext, pathway: Pathway) -> rows.Return | None:
    """What comes back of a pathway; None where nothing does."""
    if pathway.returned is None or pathway.returned_by is None:
        return None
    enzyme = frame.regulated.get((pathway.returned_by, "liver"))
    ratio = return_ratio(pathway) * (1.0 if enzyme is not None else frame.activity[pathway.returned_by])
    inhibitors = _inhibitors(parts, frame, pathway.returned_by, "liver")
    return rows.Return(ratio=parts.add(ratio), enzyme=enzyme, inhibitors=inhibitors)


def return_ratio(pathway: Pathway) -> float:
    """Return over loss of a pathway's product at rest [1]; 0 where nothing comes back."""
    share = 0.0 if pathway.returned is None else pathway.returned.canonical
    return share / (1 - share)


def pathway_clearance(patient: Person, monograph: Monograph, pathway: Pathway) -> Number:
    """Plasma clearance by a pathway in this patient at an enzyme level of 1 [L/h]."""
    elimination = monograph.elimination
    reference = body.reference_clearance(elimination.clearance) * pathway.fraction.canonical
    share = reference * body.clearance_factor(elimination, patient)
    if pathway.kind == "renal":
        return share * body.filtered(patient) / NORMAL_CREATININE_CLEARANCE
    return share * body.weight_factor(elimination, patient) * body.own_activity(pathway, patient)


def _inhibitors(parts: SystemRows, frame: ModelContext, enzyme: str | None, organ: str) -> tuple[rows.Ratio, ...]:
    """What inhibits an enzyme: at the liver's inlet, a transporter of the kidney by the level in plasma."""
    ratios = []
    for drug, other in frame.monographs.items() if enzyme is not None else ():
        inhibition = other.inhibits.get(enzyme or "")
        if inhibition is not None and acts_in(inhibition, organ):
            actor = interaction_of(frame, drug, inhibition.ki, "inlet" if organ == "liver" else "plasma")
            ratios.append(rows.Ratio(actor=actor, constant=parts.add(acting_constant(inhibition.ki, other))))
    return tuple(ratios)


def formed_ratio(monographs: Mapping[str, Monograph], parent: Monograph, pathway: Pathway, metabolite: str) -> float:
    """Metabolite formed per parent lost [mg/mg]: yield times ratio of molar masses."""
    formed = 1.0 if pathway.formed is None else pathway.formed.canonical
    return formed * monographs[metabolite].molar_mass.canonical / parent.molar_mass.canonical


def gut_share(monograph: Monograph, pathway: Pathway) -> float:
    """Share of a pathway in what the gut enzyme of its compound carries [1]."""
    if monograph.first_pass is None or pathway.enzyme != monograph.first_pass.gut_enzyme:
        return 0.0
    carried = [other.fraction.canonical for other in monograph.elimination.pathway if other.enzyme == pathway.enzyme]
    return pathway.fraction.canonical / sum(carried)
