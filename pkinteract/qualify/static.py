"""The mechanistic static estimate of ICH M12 beside the simulation.

    AUCR = 1/(Ag·Bg·Cg·(1 − Fg) + Fg) · 1/(Σ fm·Ah·Bh·Ch + 1 − Σ fm)

times (1 + e)/(1 + e·Ag·Cg) of a drug with efflux e over uptake,

    A = 1/(1 + Σ I/Ki)    B = kdeg/(kdeg + Σ kinact·I/(KI + I))    C = 1 + Σ Emax·I/(EC50 + I) + Σ slope·I

with the highest concentrations: in the gut wall I = Fa·ka·dose/Qgut, at the liver's inlet
I = fu·(Cmax + Fa·Fg·ka·dose/(Qh·Rb)).
Cmax is the perpetrator's in the simulated arm; ka is its formulation's, and 0.1/min where that has none.
"""

from __future__ import annotations

from collections.abc import Iterable

from pkinteract.engine.curves import extremes
from pkinteract.library.evidence.studies import Arm, Study
from pkinteract.library.schema.monograph import Monograph
from pkinteract.model import patient as body
from pkinteract.model.clearance import return_ratio
from pkinteract.model.interaction import Level, fold, inactivation, inhibition
from pkinteract.model.parts import gut_availability, liver
from pkinteract.result import Result
from pkinteract.scenario import Dose
from pkinteract.units import dimension_of, to_canonical

FASTEST = 6.0
"""ka of ICH M12 where none is known: 0.1/min [1/h]."""

LATEST = 36.0
"""A perpetrator whose last dose lies longer before the window is washed out: no static estimate [h]."""

_Level = tuple[Monograph, float, float]
"""A perpetrator, and its concentration at the liver's inlet (bound as in plasma) and in the gut wall [mg/L]."""


def static_ratio(study: Study, result: Result) -> float | None:
    """The static estimate for a treatment arm [1]; None where the method has none (a metabolite, a washout).

    Doses of the victim that differ between the arms count, as in the ratios that are published.
    """
    scenario, start = result.scenario, study.treatment.window[0]
    shared = {intake.drug for intake in study.control.intakes}
    drugs = [drug for drug in study.perpetrators if drug not in shared]
    doses = [dose for dose in scenario.doses if dose.drug in drugs and dose.time <= start + LATEST]
    if study.analyte != study.victim or not doses or max(dose.time for dose in doses) < start - LATEST:
        return None
    levels = list(_levels(drugs, doses, result, start + LATEST))
    victim = scenario.monographs[study.victim]
    oral = all(dose.route == "oral" for dose in scenario.doses if dose.drug == study.victim and dose.time >= start)
    activity = body.activities(scenario.patient, scenario.enzymes)
    remaining, whole = 0.0, 0.0
    for pathway in victim.elimination.pathway:
        share = pathway.fraction.canonical * float(activity.get(pathway.enzyme or "", 1.0))
        whole += share
        if pathway.returned_by is not None:
            back = return_ratio(pathway)
            share *= (1 + back) / (1 + back * _factor(pathway.returned_by, "liver", levels, result))
        remaining += share * (_factor(pathway.enzyme, pathway.organ, levels, result) if pathway.enzyme else 1.0)
    if whole == 0 or remaining == 0:
        return None
    passed = gut_availability(victim) if oral else 1.0
    wall = 1.0 if victim.first_pass is None else _factor(victim.first_pass.gut_enzyme, "gut", levels, result)
    absorbed = 1.0
    if oral and victim.efflux is not None:
        ratio = victim.efflux.ratio.canonical
        absorbed = (1 + ratio) / (1 + ratio * _factor(victim.efflux.transporter, "gut", levels, result))
    given = [_given(study, arm) for arm in (study.control, study.treatment)]
    return absorbed * given[1] / given[0] * whole / remaining / (wall * (1 - passed) + passed)


def _given(study: Study, arm: Arm) -> float:
    """The victim's dose at the beginning of the window, or its last one before [mg or mg/kg]."""
    doses = [dose for intake in arm.intakes if intake.drug == study.victim for dose in intake.doses]
    return [dose.amount for dose in doses if dose.time <= arm.window[0]][-1]


def _levels(drugs: Iterable[str], doses: Iterable[Dose], result: Result, until: float) -> Iterable[_Level]:
    """Highest levels of the perpetrators and their metabolites."""
    monographs = result.scenario.monographs
    for drug in drugs:
        taken = [dose for dose in doses if dose.drug == drug]
        inlet, wall = max((_absorbed(dose, monographs[drug]) for dose in taken), default=(0.0, 0.0))
        waiting, seen = [drug], set[str]()
        while waiting:
            compound = waiting.pop()
            if compound in seen:
                continue
            seen.add(compound)
            monograph = monographs[compound]
            waiting += monograph.metabolites
            peak = _peak(compound, result, until)
            yield monograph, peak + (inlet if compound == drug else 0.0), wall if compound == drug else 0.0


def _absorbed(dose: Dose, monograph: Monograph) -> tuple[float, float]:
    """What absorption adds at the inlet of the liver, and the level in the gut wall [mg/L]."""
    if dose.route == "intravenous":
        return 0.0, 0.0
    formulation = monograph.absorption[dose.formulation]
    rates = [inlet.ka.canonical for inlet in formulation.inputs if inlet.ka is not None]
    rate = (max(rates) if rates else FASTEST) * dose.free
    organ, wall = liver(monograph), gut_availability(monograph)
    available = 1.0 if formulation.bioavailability is None else formulation.bioavailability.canonical
    absorbed = available / (wall * organ.availability)
    binding = monograph.binding
    blood = 1.0 if binding is None or binding.blood_to_plasma is None else binding.blood_to_plasma.canonical
    return absorbed * wall * rate / (body.LIVER_FLOW * blood), absorbed * rate / body.GUT_FLOW


def _peak(compound: str, result: Result, until: float) -> float:
    """Highest concentration from the first dose until a time [mg/L]."""
    scenario = result.scenario
    unit, monograph = scenario.units[compound], scenario.monographs[compound]
    peak = extremes(result.curve(compound), scenario.first_time, min(until, scenario.duration)).cmax
    molar = dimension_of(unit) == "molar concentration"
    return to_canonical(peak, unit) * (monograph.molar_mass.canonical / 1000 if molar else 1.0)


def _factor(enzyme: str, organ: str, levels: Iterable[_Level], result: Result) -> float:
    """A·B·C of an enzyme in an organ [1]."""
    met = [
        Level(compound=monograph, value=inlet, basis="total")
        if organ != "gut"
        else Level(compound=monograph, value=wall, basis="unbound")
        for monograph, inlet, wall in levels
    ]
    kept = inactivation(result.scenario.enzymes[enzyme], enzyme, organ, met)
    return kept * fold(enzyme, organ, met) * inhibition(enzyme, organ, met)
