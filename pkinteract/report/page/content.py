"""What stands on the page of a run, as plain data for its template."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from pkinteract import __version__
from pkinteract.analysis import Answer
from pkinteract.analysis.moves import Move
from pkinteract.analytes import name_of
from pkinteract.engine.curves import Array
from pkinteract.export.tables.run import alert_text
from pkinteract.library.fingerprint import fingerprint
from pkinteract.library.schema.monograph import enzymes_of
from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.report.pairs import published
from pkinteract.report.run.sentences import sentences_of
from pkinteract.result import Result
from pkinteract.scenario import Scenario
from pkinteract.text.words import Words

POINTS = 1200
"""Points of a curve at most."""

LEAD = 14 * 24.0
"""How much of the time before t = 0 is drawn at most [h]."""

Row = Mapping[str, Any]


def page_content(answer: Answer, pairs: Sequence[PairEvidence], words: Words, made: date) -> dict[str, Any]:
    """Everything that the template shows, texts in the language of ``words``."""
    result = answer.result
    scenario = result.scenario
    return {
        "language": words.language,
        "title": scenario.title,
        "name": scenario.name,
        "made": made.isoformat(),
        "program": __version__,
        "library": fingerprint(),
        "patient": list(_patient(scenario, words)),
        "defaulted": list(_defaulted(scenario, words)),
        "sentences": [
            {"label": words.say(f"label.{sentence.label}"), "text": sentence.text}
            for sentence in sentences_of(answer, words)
        ],
        "moves": [_move(answer, move, words) for move in answer.moves],
        "samples": list(_samples(answer, words)),
        "alerts": [
            {
                "severity": alert.severity,
                "severity_text": words.say(f"severity.{alert.severity}"),
                "since": words.say(f"since.{alert.since}"),
                "from_day": words.written(round(alert.start / 24, 1)),
                "to_day": words.written(round(alert.stop / 24, 1)),
                "text": alert_text(alert, result, words),
            }
            for alert in answer.alerts
        ],
        "pairs": [_pair(pair, scenario, words) for pair in pairs],
        "doses": list(_doses(scenario, words)),
        "numbers": list(result.numbers),
        "warnings": list(scenario.warnings),
        "chart": _chart(answer, words),
    }


def _patient(scenario: Scenario, words: Words) -> Iterator[str]:
    person = scenario.patient
    yield words.say(f"patient.{person.sex}")
    yield words.say("patient.age", age=person.age)
    yield words.say("patient.weight", weight=person.weight)
    if person.height is not None:
        yield words.say("patient.height", height=100 * person.height)
    if person.creatinine_clearance is not None:
        yield words.say("patient.clearance", clearance=person.creatinine_clearance)
    if person.smoker:
        yield words.say("patient.smoker")
    if person.hepatic_class is not None:
        yield words.say("patient.liver", child=person.hepatic_class)
    if person.pregnancy is not None:
        yield words.say("patient.pregnancy", week=person.pregnancy)
    for gene, activity in person.phenotype.items():
        yield f"{gene} {words.say(f'phenotype.{activity.phenotype}')}"


def _defaulted(scenario: Scenario, words: Words) -> Iterator[str]:
    """What the file does not say and the run took as usual."""
    from pkinteract.library.phenotypes import genes

    person = scenario.patient
    clearing = enzymes_of(scenario.monographs.values())
    usual = [gene for gene in genes() if gene in clearing and gene not in person.phenotype]
    if usual:
        yield words.say("default.genes", genes=words.listed(usual))
    if not person.smoker and "CYP1A2" in clearing:
        yield words.say("default.smoker")
    if person.creatinine_clearance is None:
        yield words.say("default.kidneys")
    if person.hepatic_class is None:
        yield words.say("default.liver")


def _move(answer: Answer, move: Move, words: Words) -> Row:
    """A row of the table of what changes: averages, and values before a dose."""
    curve = answer.result.curves[move.place]
    doses = [dose.time for dose in answer.result.scenario.doses if dose.drug == move.analyte.parent and not dose.missed]
    first = max([time for time in doses if time <= move.cause], default=None)
    end = move.extreme_time if move.returns else move.stop
    last = max([time for time in doses if time <= end], default=None)
    troughs = [None if time is None else words.written(float(curve.value(time))) for time in (first, last)]
    return {
        "analyte": name_of(move.analyte.id, answer.result.scenario, words.language),
        "unit": move.analyte.unit,
        "before": words.written(move.before),
        "after": words.written(move.target),
        "ratio": words.written(move.ratio) if move.settled else words.say("moving"),
        "half": "–" if move.half is None else words.written(round(move.half / 24, 1)),
        "most": "–" if move.most is None else words.written(round(move.most / 24, 1)),
        "troughs": [text or "–" for text in troughs],
    }


def _samples(answer: Answer, words: Words) -> Iterator[Row]:
    scenario = answer.result.scenario
    for sample in answer.samples:
        moment = scenario.date(sample.time)
        share = sample.share
        yield {
            "day": words.written(round(sample.time / 24, 2)),
            "date": "" if moment is None else f"{moment:%Y-%m-%d %H:%M}",
            "analyte": name_of(sample.analyte.id, scenario, words.language),
            "hours": "–" if sample.hours is None else words.written(round(sample.hours, 1)),
            "why": words.say(f"sample.{sample.why}"),
            "share": "–" if share is None else f"{100 * share:.0f} %",
            "expected": f"{words.written(sample.expected)} {sample.analyte.unit}",
        }


def _pair(pair: PairEvidence, scenario: Scenario, words: Words) -> Row:
    return {
        "perpetrator": name_of(pair.perpetrator, scenario, words.language),
        "victim": name_of(pair.victim, scenario, words.language),
        "status": pair.status,
        "status_text": words.say(f"status.{pair.status}"),
        "expected": "–" if pair.expected is None else words.written(float(f"{pair.expected:.3g}")),
        "published": published(pair, words) or "–",
        "studies": pair.studies,
        "grades": f"{pair.grade_perpetrator}, {pair.grade_victim}",
        "source": pair.source,
    }


def _doses(scenario: Scenario, words: Words) -> Iterator[Row]:
    """Stretches of equal dosing, drug by drug."""
    for drug in scenario.dosed:
        stretches: list[list[float]] = []
        days: dict[int, float] = {}
        for dose in scenario.doses:
            if dose.drug == drug and not dose.missed:
                day = math.floor(dose.time / 24 + 1e-9)
                days[day] = days.get(day, 0.0) + dose.amount
        for day, amount in sorted(days.items()):
            if stretches and abs(stretches[-1][2] - amount) < 1e-9 and day == stretches[-1][1] + 1:
                stretches[-1][1] = day
            else:
                stretches.append([day, day, amount])
        text = "; ".join(
            words.say("dosed", amount=float(amount), first=int(first), last=int(last))
            for first, last, amount in stretches[:12]
        )
        yield {
            "drug": name_of(drug, scenario, words.language),
            "text": text + (" …" if len(stretches) > 12 else ""),
        }


def _chart(answer: Answer, words: Words) -> Row:
    """Curves, ranges, measured levels, enzymes and dose lanes, for the script of the page."""
    result = answer.result
    scenario = result.scenario
    start = max(scenario.first_time, -min(LEAD, scenario.duration / 4))
    times = np.linspace(start, scenario.duration, min(POINTS, 2 + int(scenario.duration - start)))
    families: dict[tuple[str, str], list[int]] = {}
    for i, analyte in enumerate(result.analytes):
        families.setdefault((analyte.parent, analyte.unit), []).append(i)
    return {
        "day": _thinned(times / 24, 5),
        "start": None if scenario.start is None else scenario.start.isoformat(),
        "panels": [_panel(result, members, times, words) for members in families.values()],
        "enzymes": _enzymes(result, times),
        "lanes": [_lane(scenario, drug, start, words) for drug in scenario.dosed],
        "changes": [round(time / 24, 4) for time in scenario.changes if start < time < scenario.duration][:40],
        "change": None if answer.change is None else round(answer.change / 24, 4),
    }


def _panel(result: Result, members: Sequence[int], times: Array, words: Words) -> Row:
    analytes = [result.analytes[i] for i in members]
    judged = next((analyte for analyte in reversed(analytes) if analyte.low is not None), analytes[0])
    ids = {analyte.id for analyte in analytes}
    return {
        "unit": analytes[0].unit,
        "low": judged.low,
        "high": judged.high,
        "alert": judged.alert,
        "curves": [
            {
                "name": name_of(result.analytes[i].id, result.scenario, words.language),
                "values": _thinned(np.maximum(result.curves[i].value(times), 0.0), 4),
            }
            for i in members
        ],
        "measured": [
            {"day": round(observation.time / 24, 4), "value": observation.value, "analyte": observation.analyte}
            for observation in result.scenario.observations
            if observation.analyte in ids
        ],
    }


def _enzymes(result: Result, times: Array) -> list[Row]:
    """Levels of enzymes that move by more than a hundredth."""
    moving = [
        (name, curve)
        for name, curve in zip(result.enzymes, result.enzyme_curves, strict=True)
        if np.ptp(curve.value(curve.breaks)) > 0.01
    ]
    return [{"name": name.replace("_", " "), "values": _thinned(curve.value(times), 3)} for name, curve in moving]


def _lane(scenario: Scenario, drug: str, start: float, words: Words) -> Row:
    """Labelled amount of a drug on every day."""
    days: dict[int, float] = {}
    for dose in scenario.doses:
        if dose.drug == drug and not dose.missed and dose.time >= start:
            day = math.floor(dose.time / 24 + 1e-9)
            days[day] = days.get(day, 0.0) + dose.amount
    return {"name": name_of(drug, scenario, words.language), "days": sorted(days.items())}


def _thinned(values: Array, digits: int) -> list[float]:
    return [float(f"{value:.{digits}g}") for value in values.tolist()]
