"""What stands on the page of a run, as plain data for its template."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pkinteract import __version__
from pkinteract.analysis import Answer
from pkinteract.analysis.levels import trough_doses
from pkinteract.analysis.moves import Move
from pkinteract.analysis.sampling import Sample
from pkinteract.analytes import name_of
from pkinteract.export.tables.run import alert_text
from pkinteract.guidance.types import Guidance
from pkinteract.library.fingerprint import fingerprint
from pkinteract.library.schema.monograph import clearing
from pkinteract.model.expectation.evidence import PairEvidence
from pkinteract.report.cautions import cautions_told, remarks_told
from pkinteract.report.effect.page import effect_content, pillar_content
from pkinteract.report.page.bodies import bodies_of, context_lines
from pkinteract.report.page.chart import chart_content, daily_amounts, stretches_of
from pkinteract.report.pairs import published
from pkinteract.report.run.sentences import Sentence, of_typical, value_name
from pkinteract.result import LevelFit, Result
from pkinteract.scenario import Scenario
from pkinteract.text.words import Words

if TYPE_CHECKING:
    from pkinteract.effect.types import Engagement
    from pkinteract.population.statistics.people import PatientSpread

STRETCHES = 12
"""Stretches of equal dosing of a drug that are told at most."""

ROOM = 180_000
"""Room for the numbers of the library and their sources [byte]."""

PAPER_PAIRS = 8
"""Pairs of a kind that are named on paper at most; more of them only on the screen."""

STRONG = 1.25
"""A ratio that is expected of a mechanism, or its inverse, from which the pair is named on paper all the same [1]."""

IN_TABLE = ("studied", "known-not-modelled")
"""What is known of pairs that stand in a table."""

Row = Mapping[str, Any]


def page_content(
    answer: Answer,
    sentences: Sequence[Sentence],
    pairs: Sequence[PairEvidence],
    words: Words,
    people: PatientSpread | None = None,
    guidance: Sequence[Guidance] = (),
    effect: Engagement | None = None,
) -> dict[str, Any]:
    """Everything that the template shows, texts in the language of ``words``; ``people`` around the typical patient.

    ``effect`` is what the run does in the brain, where that was asked for.
    """
    result = answer.result
    scenario = result.scenario
    numbers, left_out = _numbers(result, words)
    return {
        "language": words.language,
        "title": scenario.title,
        "name": scenario.name,
        "start": None if scenario.start is None else words.say("page.start", date=_moment(scenario, 0.0)),
        "program": __version__,
        "library": fingerprint(),
        "patient": list(_patient(scenario, words)),
        "defaulted": list(_defaulted(scenario, words)),
        "taken": list(scenario.not_modelled),
        "sentences": [{"label": words.say(f"label.{sentence.label}"), "text": sentence.text} for sentence in sentences],
        "moves": [_move(answer, move, words) for move in answer.moves],
        **_around(result, words, people),
        "samples": list(_samples(answer, words, people)),
        "alerts": [
            {
                "severity": alert.severity,
                "severity_text": words.say(f"severity.{alert.severity}"),
                "since": words.say(f"since.{alert.since}"),
                "from_day": words.day(alert.start),
                "to_day": words.day(alert.stop),
                "text": alert_text(alert, result, words),
            }
            for alert in answer.alerts
        ],
        "pairs": [_pair(pair, scenario, words) for pair in pairs if pair.status in IN_TABLE],
        "other_pairs": list(_other_pairs(pairs, scenario, words)),
        "pillars": pillar_content(scenario, words),
        "effect": None if effect is None else effect_content(effect, words),
        "guidance": list(bodies_of(guidance, scenario, words)),
        "doses": list(_doses(scenario, words)),
        "measured": list(_measured(result, words)),
        "fitted": [] if result.fit is None else list(_fitted(answer, result.fit, words)),
        "notice": words.say("page.notice" if result.fit is None else "page.notice-fitted"),
        "dated": scenario.start is not None,
        "numbers": numbers,
        "left_out": left_out,
        "warnings": [
            *cautions_told(scenario, words),
            *(() if people is None else remarks_told(people.warnings, scenario, words)),
            *(() if result.fit is None else (note.told(words) for note in result.fit.warnings)),
        ],
        "chart": chart_content(answer, words, people),
    }


def _around(result: Result, words: Words, people: PatientSpread | None) -> Row:
    """What the bands around the curves hold, and what they are called in a table; None without any."""
    if people is not None:
        text = words.say("page.people_text", count=people.count)
        return {"people": text, "people_head": words.say("page.people")}
    if result.fit is not None and result.fit.bands:
        return {"people": words.say("page.fitted_text"), "people_head": words.say("page.interval")}
    return {"people": None, "people_head": None}


def _patient(scenario: Scenario, words: Words) -> Iterator[str]:
    person = scenario.patient
    yield words.say(f"patient.{person.sex}")
    yield words.say("patient.age", age=person.age)
    yield words.say("patient.weight", weight=person.weight)
    if person.height is not None:
        yield words.say("patient.height", height=100 * person.height)
    if person.creatinine_clearance is not None:
        yield words.say("patient.clearance", clearance=person.creatinine_clearance)
    if scenario.sessions:
        yield words.say("patient.dialysis", count=len(scenario.sessions))
    if person.albumin is not None:
        yield words.say("patient.albumin", albumin=person.albumin)
    if person.smoker:
        yield words.say("patient.smoker")
    if person.hepatic_class is not None:
        yield words.say("patient.liver", child=person.hepatic_class)
    if person.pregnancy is not None:
        yield words.say("patient.pregnancy", week=person.pregnancy)
    for gene, activity in person.phenotype.items():
        yield f"{gene} {words.say(f'phenotype.{activity.phenotype}')}"
    yield from context_lines(scenario.context, words)


def _defaulted(scenario: Scenario, words: Words) -> Iterator[str]:
    """What the file does not say and the run took as usual."""
    from pkinteract.library.phenotypes import genes

    person = scenario.patient
    known = clearing(scenario.monographs.values())
    usual = [gene for gene in genes() if gene in known and gene not in person.phenotype]
    if usual:
        yield words.say("default.genes", genes=words.listed(usual))
    if not person.smoker and "CYP1A2" in known:
        yield words.say("default.smoker")
    if person.creatinine_clearance is None:
        yield words.say("default.kidneys")
    if person.hepatic_class is None:
        yield words.say("default.liver")


def _move(answer: Answer, move: Move, words: Words) -> Row:
    """A row of the table of what changes: averages, and values before a dose."""
    curve = answer.result.curves[move.place]
    doses = trough_doses(answer.result.scenario, move.analyte.parent).tolist()
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
        "half": "–" if move.half is None else words.day(move.half),
        "most": "–" if move.most is None else words.day(move.most),
        "trough_before": troughs[0] or "–",
        "trough_after": troughs[1] or "–",
    }


def _samples(answer: Answer, words: Words, people: PatientSpread | None) -> Iterator[Row]:
    scenario = answer.result.scenario
    places = {analyte.id: place for place, analyte in enumerate(answer.result.analytes)}
    for sample in answer.samples:
        share = sample.share
        place = places[sample.analyte.id]
        band = _fitted_ends(answer.result, place, sample) if people is None else people.band(place, sample.time)
        yield {
            "day": words.day(sample.time, 2),
            "date": _moment(scenario, sample.time),
            "analyte": name_of(sample.analyte.id, scenario, words.language),
            "hours": "–" if sample.hours is None else words.written(round(sample.hours, 1)),
            "why": words.say(f"sample.{sample.why}"),
            "share": "–" if share is None else f"{100 * share:.0f} %",
            "expected": f"{words.written(sample.expected)} {sample.analyte.unit}",
            "people": "–" if band is None else "–".join(words.written(end) for end in band),
        }


def _fitted_ends(result: Result, place: int, sample: Sample) -> tuple[float, float] | None:
    """Ends of the band of a fitted patient at a sample; None where an analyte has none, or there is no such patient."""
    band = None if result.fit is None else result.fit.band(sample.analyte.id)
    if band is None:
        return None
    low, high = band.ends(np.array([sample.time]), np.array([sample.expected]))[:, 0].tolist()
    return None if math.isnan(low) or math.isnan(high) else (low, high)


def _pair(pair: PairEvidence, scenario: Scenario, words: Words) -> Row:
    return {
        "pair": _acts(pair, scenario, words),
        "status_text": words.say(f"status.{pair.status}"),
        "expected": "–" if pair.expected is None else words.written(float(f"{pair.expected:.3g}")),
        "published": published(pair, words) or "–",
        "studies": pair.studies or "–",
        "grades": f"{pair.grade_perpetrator}, {pair.grade_victim}",
    }


def _acts(pair: PairEvidence, scenario: Scenario, words: Words) -> str:
    perpetrator, victim = (name_of(drug, scenario, words.language) for drug in (pair.perpetrator, pair.victim))
    return words.say("page.acts", perpetrator=perpetrator, victim=victim)


def _other_pairs(pairs: Sequence[PairEvidence], scenario: Scenario, words: Words) -> Iterator[Row]:
    """Pairs that nobody studied, by what is known of them; on ``paper`` where they are many only those that count."""
    for status in sorted({pair.status for pair in pairs} - set(IN_TABLE)):
        mine = [pair for pair in pairs if pair.status == status]
        names = {pair: _expecting(pair, scenario, words) for pair in mine}
        kept = [name for pair, name in names.items() if _strong(pair)]
        left = words.say("page.pairs_in", count=len(mine) - len(kept), file="pairs.csv")
        yield {
            "status_text": words.say(f"status.{status}"),
            "text": "; ".join(names.values()),
            "paper": "; ".join([*kept, left]) if len(mine) - len(kept) > PAPER_PAIRS else "",
        }


def _expecting(pair: PairEvidence, scenario: Scenario, words: Words) -> str:
    """A pair, with what the model expects of its mechanism."""
    acts = _acts(pair, scenario, words)
    if pair.status != "mechanism" or pair.expected is None:
        return acts
    return f"{acts} ({words.say('page.expects', ratio=float(f'{pair.expected:.3g}'))})"


def _strong(pair: PairEvidence) -> bool:
    """Whether a mechanism is expected to change the level by a quarter."""
    expected = pair.expected if pair.status == "mechanism" else None
    return expected is not None and expected > 0 and max(expected, 1 / expected) >= STRONG


def _doses(scenario: Scenario, words: Words) -> Iterator[Row]:
    """Stretches of equal dosing, drug by drug."""
    for drug in scenario.dosed:
        stretches = stretches_of(daily_amounts(scenario, drug))
        text = "; ".join(
            words.say("dosed", amount=words.dose(float(amount)), first=first, last=after - 1)
            for first, after, amount in stretches[:STRETCHES]
        )
        yield {
            "drug": name_of(drug, scenario, words.language),
            "text": text + (" …" if len(stretches) > STRETCHES else ""),
        }


def _measured(result: Result, words: Words) -> Iterator[Row]:
    """Measured levels beside what the run predicts."""
    scenario, after = result.scenario, result.at_levels()
    before = after if result.fit is None else result.fit.typical.at_levels()
    for observation, predicted, typical in zip(scenario.observations, after, before, strict=True):
        below = "<\u202f" if observation.below else ""
        ratio = observation.value / predicted if predicted > 0 and not observation.below else None
        yield {
            "day": words.day(observation.time, 2),
            "date": _moment(scenario, observation.time),
            "analyte": name_of(observation.analyte, scenario, words.language),
            "measured": f"{below}{words.written(observation.value)} {observation.unit}",
            "predicted": f"{words.written(predicted)} {observation.unit}",
            "typical": f"{words.written(typical)} {observation.unit}",
            "ratio": "–" if ratio is None else words.written(ratio),
        }


def _fitted(answer: Answer, fit: LevelFit, words: Words) -> Iterator[Row]:
    """Values of this patient beside those of a typical one."""
    for value in fit.values:
        ends = None if value.low is None or value.high is None else (value.low, value.high)
        yield {
            "value": value_name(value, answer, fit, words),
            "unit": "" if value.unit == "1" else value.unit,
            "typical": words.written(value.typical),
            "patient": words.written(value.value),
            "interval": "–"
            if ends is None
            else words.say("terminal.to", **dict(zip(("low", "high"), ends, strict=True))),
            "ratio": of_typical(value.ratio, words),
        }


def _moment(scenario: Scenario, time: float) -> str:
    moment = scenario.date(time)
    return "" if moment is None else f"{moment:%Y-%m-%d %H:%M}"


def _numbers(result: Result, words: Words) -> tuple[list[Row], int]:
    """The numbers of the library with their sources, as many as there is room for, and how many are left out."""
    room: int = ROOM
    kept: list[Row] = []
    for number in result.numbers:
        room -= 120 + sum(len(str(cell).encode()) for cell in number.values())
        if room < 0:
            break
        unit = "" if number["unit"] == "1" else f" {number['unit']}"
        source = number["source"] or number["note"] or "–"
        kind = words.say(f"kind.{str(number['kind']).replace(' ', '-')}")
        value = f"{words.number(str(number['value']))}{unit}"
        kept.append({**number, "number": value, "kind": kind, "source": source})
    return kept, len(result.numbers) - len(kept)
