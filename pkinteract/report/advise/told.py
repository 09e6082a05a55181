"""An advice with everything that is told of it: tables, sentences, what stands on the page and in the record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pkinteract.advise.levels import Levels
from pkinteract.advise.outcome import Advice
from pkinteract.advise.shares import PeopleAdvice
from pkinteract.advise.steps import PlannedStep, steps_of
from pkinteract.advise.types import Candidate
from pkinteract.export.tables.advise import (
    alternatives_table,
    days_outside,
    schedule_table,
    schedule_text,
    share_table,
    span,
    ways_of,
)
from pkinteract.report.advise.sentences import advice_sentences
from pkinteract.report.run.sentences import Label
from pkinteract.result import Result
from pkinteract.text.csv import Table
from pkinteract.text.words import Words, words_of


@dataclass(frozen=True, eq=False, kw_only=True)
class ToldAdvice:
    """An advice in words and tables.

    Attributes
    ----------
    chosen
        The schedule that is advised: the best one, or the one that virtual patients chose among the best.
    sentences
        When to measure and what to do.
    tables
        Name of the file to its table.
    """

    advice: Advice
    chosen: Candidate
    people: PeopleAdvice | None
    steps: tuple[PlannedStep, ...]
    sentences: Mapping[Label, Sequence[str]]
    tables: Mapping[str, Table]

    @property
    def name(self) -> str:
        """What the record calls it."""
        return f"{self.advice.task.scenario.name}-advise"

    def record(self) -> dict[str, object]:
        """What ``run.json`` says of it."""
        task, wanted = self.advice.task, self.advice.task.wanted
        return {
            "drug": task.drug,
            "target": task.analyte.id,
            "of": wanted.of,
            "first_change_h": task.start,
            "reference": task.reference,
            "unit": task.analyte.unit,
            "band": [task.band.low, task.band.high],
            "schedule": schedule_text(task, self.chosen, words_of("en")),
            "passes": self.chosen.score.passes,
            "excess": self.chosen.score.excess,
            "unavoidable_days": int(self.advice.unavoidable.sum()),
            "limit": None if self.advice.limit is None else self.advice.limit[0],
            "complete": self.advice.complete,
            "stopped": self.advice.stopped,
            "judged": self.advice.seen,
            "virtual_patients": None if self.people is None else self.people.shares[0].patients,
        }

    def content(self, words: Words) -> dict[str, Any]:
        """What the page shows: rows of the schedule, of other ways, and of virtual patients."""
        task = self.advice.task
        table = schedule_table(self.advice, self.steps, words)
        rows = [dict(zip(table, cells, strict=True)) for cells in zip(*table.values(), strict=True)]
        ways = [(words.say(f"way.{name.replace(' ', '-')}"), one) for name, one in ways_of(self.advice, self.chosen)]
        return {
            "steps": [
                {
                    **row,
                    "tablets": words.number(str(row["tablets"])) or "–",
                    "check_on": row["check_on"] or "–",
                    "day": words.written(round(float(row["day"]), 2)),
                    "dose_mg": words.written(float(row["dose_mg"])),
                }
                for row in rows
            ],
            "ways": [
                {
                    "name": name,
                    "schedule": schedule_text(task, one, words) or "–",
                    "outside": days_outside(self.advice, one),
                    "lowest": words.written(span(self.advice, one)[0]),
                    "highest": words.written(span(self.advice, one)[1]),
                }
                for name, one in ways
            ],
        }


def told_advice(
    advice: Advice, levels: Levels, people: PeopleAdvice | None, advised: Result, language: str
) -> ToldAdvice:
    """Put an advice in words and tables; ``advised`` is the run of the chosen schedule."""
    words = words_of(language)
    chosen = advice.best if people is None else people.chosen
    steps = steps_of(advice, chosen, levels, advised.curves[advice.task.place])
    tables = {"schedule": schedule_table(advice, steps, words), "alternatives": alternatives_table(advice, chosen)}
    return ToldAdvice(
        advice=advice,
        chosen=chosen,
        people=people,
        steps=steps,
        sentences=advice_sentences(advice, chosen, steps, people, words),
        tables=tables if people is None else {**tables, "shares": share_table(people)},
    )
