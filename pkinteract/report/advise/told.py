"""An advice with everything that is told of it: tables, sentences, what stands on the page and in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pkinteract.advise.advised import Advised
from pkinteract.export.tables.advise import (
    alternatives_table,
    days_outside,
    ratio_span,
    schedule_table,
    schedule_text,
    share_table,
    ways_of,
)
from pkinteract.report.advise.sentences import advice_sentences
from pkinteract.report.run.sentences import Label
from pkinteract.text.csv import Table
from pkinteract.text.record import recipe, source
from pkinteract.text.words import Words, words_of


@dataclass(frozen=True, eq=False, kw_only=True)
class ToldAdvice:
    """An advice in words and tables.

    Attributes
    ----------
    sentences
        When to measure and what to do.
    tables
        Name of the file to its table.
    """

    advised: Advised
    sentences: Mapping[Label, Sequence[str]]
    tables: Mapping[str, Table]

    @property
    def name(self) -> str:
        """What the record calls it."""
        return f"{self.advised.advice.task.scenario.name}-advise"

    def record(self, options: Mapping[str, object]) -> dict[str, object]:
        """What ``run.json`` says of it, and of how it is run again with these ``options``."""
        advice, chosen, people = self.advised.advice, self.advised.chosen, self.advised.people
        task, wanted = advice.task, advice.task.wanted
        said: dict[str, object] = {
            "drug": task.drug,
            "target": task.analyte.id,
            "of": wanted.of,
            "first_change_h": task.start,
            "reference": task.reference,
            "unit": task.analyte.unit,
            "band": [task.band.low, task.band.high],
            "schedule": schedule_text(task, chosen, words_of("en")),
            "passes": chosen.score.passes,
            "excess": chosen.score.excess,
            "unavoidable_days": int(advice.unavoidable.sum()),
            "limits": [] if advice.limits is None else list(advice.limits.names),
            "complete": advice.complete,
            "stopped": advice.stopped,
            "judged": advice.seen,
            "virtual_patients": None if people is None else people.shares[0].patients,
        }
        scenario = task.scenario
        return {
            "scenario": source(self.name, scenario.title, scenario.text),
            "advise": said,
            "rerun": None if advice.stopped else recipe("advise", options, [scenario.path.name], scenario.files),
        }

    def content(self, words: Words) -> dict[str, Any]:
        """What the page shows: rows of the schedule and of other ways."""
        advice, chosen = self.advised.advice, self.advised.chosen
        task = advice.task
        table = schedule_table(advice, self.advised.steps, words)
        rows = [dict(zip(table, cells, strict=True)) for cells in zip(*table.values(), strict=True)]
        ways = [(words.say(f"way.{name.replace(' ', '-')}"), one) for name, one in ways_of(advice, chosen)]
        return {
            "steps": [
                {
                    **row,
                    "tablets": words.number(str(row["tablets"])) or "–",
                    "check_on": row["check_on"] or "–",
                    "day": words.number(f"{round(float(row['day']), 2):g}"),
                    "dose_mg": words.dose(float(row["dose_mg"])),
                }
                for row in rows
            ],
            "ways": [
                {
                    "name": name,
                    "schedule": schedule_text(task, one, words) or "–",
                    "outside": days_outside(advice, one),
                    "lowest": words.written(ratio_span(advice, one)[0]),
                    "highest": words.written(ratio_span(advice, one)[1]),
                }
                for name, one in ways
            ],
        }


def told_advice(advised: Advised, language: str) -> ToldAdvice:
    """Put an advice in words and tables."""
    words = words_of(language)
    advice, chosen, people = advised.advice, advised.chosen, advised.people
    moved = dict.fromkeys(move.analyte.parent for move in advised.before.told)
    asked = advice.task.scenario.advise
    chosen_here = asked is None or asked.drug is None
    others = [drug for drug in moved if chosen_here and drug != advice.task.drug]
    tables = {
        "schedule": schedule_table(advice, advised.steps, words),
        "alternatives": alternatives_table(advice, chosen),
    }
    return ToldAdvice(
        advised=advised,
        sentences=advice_sentences(advice, chosen, advised.steps, people, words, others),
        tables=tables if people is None else {**tables, "shares": share_table(people)},
    )
