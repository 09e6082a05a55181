"""What ``check`` prints."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from pkinteract.guidance.types import Guidance
from pkinteract.model import Model
from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.model.expectation.intake import family_of
from pkinteract.model.expectation.network import Link
from pkinteract.report.effect.pillars import pillar_lines
from pkinteract.report.guidance.text import gravest_lines
from pkinteract.report.lines import level_text, protocol_lines
from pkinteract.report.pairs import pair_lines, taken_lines
from pkinteract.scenario import Course, Patient, Scenario, Session
from pkinteract.scenario.file.courses import WEEKDAYS
from pkinteract.text.words import words_of

if TYPE_CHECKING:
    from pkinteract.scenario.population.types import PopulationSpecification


_WORTH_SAYING = 0.1
"""Smallest change of an average that ``check`` names [1]."""


def check_lines(
    scenario: Scenario,
    model: Model,
    network: Sequence[Link],
    changes: Mapping[str, float] | None = None,
    omitted: Mapping[str, Sequence[str]] | None = None,
    evidence: Sequence[PairEvidence] = (),
    guidance: Sequence[Guidance] = (),
) -> list[str]:
    """What ``check`` prints of one scenario.

    Parameters
    ----------
    changes
        Those of averages that the drugs together make [1].
    omitted
        Dosed drug to what its change leaves out.
    evidence
        What is known of its pairs.
    guidance
        Rules that fire without a run.
    """
    patient = scenario.patient
    genes = "".join(
        f", {gene} {activity.phenotype} (activity {activity.factor:g})" for gene, activity in patient.phenotype.items()
    )
    genes += "".join(f", {enzyme} {factor:g} times as abundant" for enzyme, factor in patient.abundance.items())
    grid = f"output from 0 to {scenario.duration / 24:g} d every {scenario.step:g} h"
    lines = [
        f"{scenario.path}: ok",
        f"  {scenario.title}",
        *(f"  name      {text}" for text in scenario.names),
        f"  patient   {patient.sex}, {patient.age:g} y, {', '.join(_traits(patient))}{genes}",
        *(
            f"  from      day {time / 24:g}: {', '.join(_differences(before, after))}"
            for (_, before), (time, after) in pairwise([(scenario.first_time, patient), *scenario.patients])
        ),
        f"  run       from day {scenario.first_time / 24:g}, {grid}, "
        f"{len(scenario.doses)} doses, {model.system.layout.n_states} states",
    ]
    for regimen in scenario.regimens:
        for course in regimen.courses:
            lines.append(f"  regimen   {regimen.drug} {course.formulation}: {_course(course)}")
    lines += [f"  protocol  {text}" for text in protocol_lines(scenario.protocols, words_of("en"))]
    if scenario.sessions:
        lines.append(f"  dialysis  {_sessions(scenario.sessions)}")
    for observation in scenario.observations:
        note = f", {observation.note}" if observation.note else ""
        lines.append(
            f"  level     day {observation.time / 24:g}, {observation.analyte} {level_text(observation)}{note}"
        )
    if scenario.population is not None:
        lines.append(f"  people    {', '.join(_people(scenario.population))}")
    lines += [f"  acts      {text}" for text in _acts(network)]
    lines += [f"  expects   {text}" for text in _changed(scenario, changes or {}, omitted or {})]
    words = words_of("en")
    lines += [f"  {text}" for text in pillar_lines(scenario, words)]
    lines += [f"  {text}" for text in (*pair_lines(evidence, words), *taken_lines(scenario, words))]
    lines += [f"  {text}" for text in gravest_lines(guidance, scenario, words)]
    return lines + [f"  warning   {text}" for text in scenario.warnings]


def _acts(network: Sequence[Link]) -> Iterator[str]:
    """Who acts on what; several targets of one drug on which nothing comes of it for the same reason share a line."""
    alike: dict[tuple[str, str], list[str]] = {}
    for link in network:
        if link.why_nil:
            alike.setdefault((link.perpetrator, link.why_nil), []).append(link.target)
    for link in network:
        targets = alike.pop((link.perpetrator, link.why_nil), []) if link.why_nil else [link.target]
        if len(targets) == 1:
            yield f"{link.perpetrator} → {link.target}, {link.mechanism} ({link.text}): {_expected(link)}"
        elif targets:
            yield f"{link.perpetrator} → {', '.join(dict.fromkeys(targets))}: nil each: {link.why_nil}"


def _changed(scenario: Scenario, changes: Mapping[str, float], omitted: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Averages that change by a tenth and more, and what the estimate leaves out."""
    parents = {name: drug for drug in reversed(scenario.dosed) for name in family_of(scenario, drug)}
    for name, ratio in changes.items():
        if math.isinf(ratio):
            yield f"{name}: with these drugs more of it comes in than can be cleared, so its level rises on"
        elif abs(ratio - 1) >= _WORTH_SAYING:
            size = f"{ratio:.3g}" if ratio < 0.995 else f"{ratio:.2g}"
            missing = omitted.get(name, omitted.get(parents[name], ()))
            tail = f"; leaves out {', '.join(missing)}" if missing else ""
            yield f"{name}: in the long run about {size} times its average without the other drugs{tail}"


def _people(spec: PopulationSpecification) -> Iterator[str]:
    """Who the virtual patients are, in words."""
    yield f"{spec.n:,} patients (seed {spec.seed})"
    groups = list(spec.ancestry.items())
    yield groups[0][0] if len(groups) == 1 else " and ".join(f"{share:.0%} {group}" for group, share in groups)
    if spec.ward is not None:
        yield f"rows of {spec.ward.name} ({spec.ward.size:,})"
    else:
        yield from () if "age" in spec.fixed else (f"{spec.ages[0]:g} to {spec.ages[1]:g} y",)
        yield from () if "female" in spec.fixed else (f"{spec.women:.0%} women",)
    if spec.smokers is not None:
        yield f"{spec.smokers:.0%} smokers"
    if spec.fixed:
        yield f"as [patient]: {' '.join(sorted('sex' if name == 'female' else name for name in spec.fixed))}"
    if spec.adherence is not None:
        low, high = min(spec.adherence.taken), max(spec.adherence.taken)
        share = f"{low:.0%}" if low == high else f"{low:.0%} to {high:.0%}"
        late = f", with delays (SD {spec.adherence.late:g} h)" if spec.adherence.late else ""
        yield f"{share} of the oral doses taken{late}"
    if spec.uncertainty is not None:
        yield f"{spec.uncertainty.draws} sets of parameters of {spec.uncertainty.name}"


def _expected(link: Link) -> str:
    """What to expect of an interaction, and in whom."""
    if link.why_nil:
        return f"nil: {link.why_nil}"
    strength = "while it is absorbed" if link.weak else _strength(link)
    places = {drug: [f"{share:.0%} of its clearance"] if share else [] for drug, share in link.victims.items()}
    for drug in link.gut:
        places[drug].append("in the gut wall")
    return f"{strength}; " + ", ".join(f"{drug} ({' and '.join(where)})" for drug, where in places.items())


def _strength(link: Link) -> str:
    """What it leaves of the enzyme, or makes of it, in the liver and in the gut wall."""
    liver = f"about {link.factor:.2g}-fold"
    if link.wall is None or link.wall == link.factor:
        return liver
    wall = f"{link.wall:.2g}-fold in the gut wall"
    return f"{liver} in the liver, {wall}" if any(link.victims.values()) else f"about {wall}"


def _traits(patient: Patient) -> Iterator[str]:
    """What may change in a patient, in words."""
    yield f"{patient.weight:g} kg"
    if patient.height is not None:
        yield f"{patient.height * 100:g} cm"
    if patient.creatinine_clearance is not None:
        yield f"creatinine clearance {patient.creatinine_clearance:.0f} mL/min"
    if patient.albumin is not None:
        yield f"albumin {patient.albumin:g} g/L"
    if patient.smoker:
        yield "smoker"
    if patient.hepatic_class is not None:
        yield f"Child–Pugh class {patient.hepatic_class}"
    if patient.pregnancy is not None:
        yield f"{patient.pregnancy:.3g} wk pregnant"


def _sessions(sessions: Sequence[Session]) -> str:
    """How many sessions of haemodialysis there are, and when."""
    hours = sorted({round(session.stop - session.start, 6) for session in sessions})
    length = f"{hours[0]:g} h" if len(hours) == 1 else f"{hours[0]:g} to {hours[-1]:g} h"
    if len(sessions) == 1:
        return f"one session of {length} on day {sessions[0].start / 24:.4g}"
    first, last = sessions[0].start / 24, sessions[-1].start / 24
    return f"{len(sessions)} sessions of {length} from day {first:.4g} to {last:.4g}"


def _differences(before: Patient, after: Patient) -> list[str]:
    """What is new in a patient, and what has ended."""
    old, new = list(_traits(before)), list(_traits(after))
    ended = [
        text
        for text, was, still in (
            ("no longer a smoker", before.smoker, after.smoker),
            ("no Child–Pugh class", before.hepatic_class is not None, after.hepatic_class is not None),
            ("no longer pregnant", before.pregnancy is not None, after.pregnancy is not None),
        )
        if was and not still
    ]
    return [*(text for text in new if text not in old), *ended] or ["as before"]


def _course(course: Course) -> str:
    span = f"day {course.start / 24:g}" if course.single else f"day {course.start / 24:g} to {course.stop / 24:g}"
    if course.clock:
        dose = "daily " + ", ".join(f"{dose.amount:g} mg" for dose in course.clock)
    elif len(course.levels) > 1:
        dose = (
            f"{course.levels[0]:g} to {course.levels[-1]:g} mg in {len(course.levels)} steps, every {course.every:g} h"
        )
    else:
        dose = f"{course.levels[0]:g} mg" + ("" if course.single else f" every {course.every:g} h")
    if course.cycle is not None:
        dose += f", {course.cycle[0] / 24:g} d on and {course.cycle[1] / 24:g} d off"
    if course.weekdays:
        dose += " on " + ", ".join(WEEKDAYS[day] for day in sorted(course.weekdays))
    if course.food == "fed":
        dose += ", with food"
    missed = f", {len(course.missed)} missed" if course.missed else ""
    return f"{span}, {dose}{missed}{', at steady state' if course.steady_state else ''}"
