"""Which studies and time points are wanted."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pkinteract.errors import InputError, Problem, did_you_mean
from pkinteract.library import load_library
from pkinteract.library.evidence.ratios import RATIOS, read_studies
from pkinteract.library.evidence.studies import Study
from pkinteract.library.evidence.timecourses import TIMECOURSES, TimePoint, read_time_courses


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """Rows of tables: study arms, and time points; ``source`` is the table that a problem is told of."""

    studies: tuple[Study, ...]
    points: tuple[TimePoint, ...]
    source: Path

    @property
    def rows(self) -> tuple[Study | TimePoint, ...]:
        """All of them."""
        return (*self.studies, *self.points)

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all rows."""
        return tuple(row.id for row in self.rows)


def evidence(studies: Path | None = None, points: Path | None = None) -> Evidence:
    """What is shipped; with a table of one's own, what that has alone.

    Raises
    ------
    InputError
        When a table is wrong.
    """
    shipped = studies is None and points is None
    return Evidence(
        studies=read_studies(studies or RATIOS) if shipped or studies is not None else (),
        points=read_time_courses(points or TIMECOURSES) if shipped or points is not None else (),
        source=studies or points or RATIOS,
    )


def chosen_evidence(known: Evidence, *, perpetrator: str | None, victim: str | None, row: str | None) -> Evidence:
    """Rows of a perpetrator, of a victim, and of an id; all where none is named.

    Raises
    ------
    InputError
        When no row has what is named, or none has all of it.
    """
    perpetrator, victim = (_id(name) for name in (perpetrator, victim))
    named = {
        "--perpetrator": (perpetrator, {drug for one in known.rows for drug in one.perpetrators}),
        "--victim": (victim, {one.victim for one in known.rows}),
        "--row": (row, set(known.ids)),
    }
    problems = [
        Problem(line=None, key=key, message=_unknown(wanted, there, drug=key != "--row"))
        for key, (wanted, there) in named.items()
        if wanted is not None and wanted not in there
    ]
    if problems:
        raise InputError(known.source, problems)

    def fits(one: Study | TimePoint) -> bool:
        return (
            (perpetrator is None or perpetrator in one.perpetrators)
            and (victim is None or victim == one.victim)
            and (row is None or row == one.id)
        )

    chosen = Evidence(
        studies=tuple(filter(fits, known.studies)), points=tuple(filter(fits, known.points)), source=known.source
    )
    if not chosen.rows:
        text = f"no row has {' and '.join(wanted for wanted, _ in named.values() if wanted)} together; leave one out"
        raise InputError(known.source, [Problem(line=None, key="", message=text)])
    return chosen


def _id(drug: str | None) -> str | None:
    """The id of a drug of the library by any name; what means none stays."""
    return drug if drug is None else load_library().named(drug) or drug


def _unknown(wanted: str, known: set[str], *, drug: bool) -> str:
    there = sorted(known)
    hint = load_library().instead(wanted, there) if drug else did_you_mean(wanted, there)
    return f'"{wanted}" stands in no row of the table; {hint}'
