"""What a scenario is once it is read: frozen data in h, mg and the patient's customary units."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pkinteract.scenario.context import NOTHING_KNOWN, Context
from pkinteract.scenario.sessions import dialysed_states
from pkinteract.text.words import words_of

if TYPE_CHECKING:
    from pkinteract.library import Enzyme
    from pkinteract.library.phenotypes import Activity
    from pkinteract.library.schema.monograph import Monograph
    from pkinteract.scenario.advise.types import AdviseSpecification
    from pkinteract.scenario.observation import Observation
    from pkinteract.scenario.population.types import PopulationSpecification
    from pkinteract.scenario.protocol.types import Protocol
    from pkinteract.text.remark import Caution

Route = Literal["oral", "intravenous"]
Sex = Literal["female", "male"]
Food = Literal["fed", "fasted"]

TOLERANCE = 1e-6
"""Two times closer than this are the same time [h]."""

ANCESTRY = "European"
"""Biogeographic group of the frequency tables unless another is named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """The person who takes the drugs, from some time of the run on.

    Attributes
    ----------
    weight
        Body weight [kg].
    age
        Age at t = 0 [y]; it stays the same during the run.
    height
        Body height [m], None when not given.
    creatinine_clearance
        As given, by Cockcroft–Gault or from a filtration rate [mL/min]; None when nothing was given, and kidneys count
        as normal.
    serum_creatinine
        The level behind a Cockcroft–Gault clearance [mg/dL]; None without one.
    egfr
        The filtration rate behind a clearance [mL/min per 1.73 m2 of surface]; None without one.
    albumin
        In plasma [g/L]; None when not given, and it counts as normal.
    hepatic_class
        Child–Pugh class A, B or C; None when none was given.
    pregnancy
        Gestational age where this record begins [wk]; None when not pregnant.
    phenotype
        Gene to the activity of its enzyme.
    abundance
        Enzyme to a further factor on its uninduced level [1]; 1 where it names none.
    extrapolate
        Whether ages that a monograph does not cover were accepted.
    dialysed
        Whether a session of haemodialysis is going on.
    """

    weight: float
    age: float
    sex: Sex
    height: float | None
    creatinine_clearance: float | None
    serum_creatinine: float | None
    egfr: float | None
    albumin: float | None
    smoker: bool
    hepatic_class: str | None
    pregnancy: float | None
    phenotype: Mapping[str, Activity]
    abundance: Mapping[str, float]
    extrapolate: bool
    dialysed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Session:
    """A session of haemodialysis, from ``start`` to ``stop`` [h]."""

    start: float
    stop: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockDose:
    """A dose taken every day: its first time at or after t = 0 [h, 0 to 24) and the labelled amount [mg].

    ``per_weight`` says whether it was written per kg.
    """

    offset: float
    amount: float
    per_weight: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """A stretch of one regimen: doses fall at start ≤ t < stop.

    Exactly one of three: ``every`` is given, ``clock`` is not empty, or it is a single dose at ``start``.

    Attributes
    ----------
    start, stop, every
        From the first possible dose to the first no longer given, equal for a single dose; dosing interval [h].
    clock
        Daily doses at clock times, sorted by offset.
    cycle
        Lengths of the stretch with doses and the stretch without [h], repeated from ``start`` on; None without.
    weekdays
        Days on which doses are given, 0 is Monday; empty means every day.
    midnight
        A time at which a Monday begins [h]; counts only with ``weekdays``.
    count
        Number of doses, when the course was written so; ``stop`` agrees with it.
    levels
        Labelled amounts [mg]: one, or one per step of a taper; empty with ``clock``.
    per_weight
        Whether ``levels`` were written per kg; they are those of the patient's weight at ``start``.
    level_length
        How long a taper stays at each level [h].
    infusion
        Duration of each infusion [h]; 0 for an instantaneous dose.
    lag, bioavailability
        Replace the formulation's [h], [1]; None leaves it alone.
    missed
        Times of the doses that were not taken [h], sorted.
    steady_state
        Whether the run begins at the periodic state of this course.
    """

    start: float
    stop: float
    every: float | None
    clock: tuple[ClockDose, ...]
    cycle: tuple[float, float] | None
    weekdays: frozenset[int]
    midnight: float
    count: int | None
    levels: tuple[float, ...]
    per_weight: bool
    level_length: float | None
    formulation: str
    route: Route
    food: Food
    infusion: float
    lag: float | None
    bioavailability: float | None
    missed: tuple[float, ...]
    steady_state: bool

    @property
    def single(self) -> bool:
        """Whether it is one dose at ``start``."""
        return self.every is None and not self.clock

    @property
    def changes(self) -> tuple[float, ...]:
        """Times at which the dosing changes: start, each further level of a taper, stop [h]."""
        steps = () if self.level_length is None else range(1, len(self.levels))
        inner = tuple(self.start + k * (self.level_length or 0.0) for k in steps)
        return (self.start, *inner) if self.single else (self.start, *inner, self.stop)

    @property
    def phases(self) -> tuple[float, ...]:
        """Times within the course at which a stretch of its cycle ends [h]; none without a cycle."""
        if self.cycle is None:
            return ()
        on, off = self.cycle
        rounds = range(math.ceil((self.stop - self.start) / (on + off)))
        edges = (self.start + n * (on + off) + part for n in rounds for part in (0.0, on))
        return tuple(edge for edge in edges if self.start < edge < self.stop)


@dataclass(frozen=True, slots=True, kw_only=True)
class Regimen:
    """One drug and its courses, in the order of the file; ``formulation`` as named, else the monograph's default."""

    drug: str
    formulation: str
    courses: tuple[Course, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """One dose event.

    Attributes
    ----------
    time
        When it is taken or the infusion begins [h].
    amount, free
        As labelled, and as free drug after the salt factor [mg]; nothing is lost to bioavailability here.
    per_weight
        Whether the amount was written per kg, and goes with the weight in a population.
    duration
        Of the infusion [h]; 0 is instantaneous.
    lag, bioavailability
        The course's own [h], [1]; None means the formulation's.
    missed
        Scheduled but not taken.
    regimen, course
        Positions in the file.
    """

    time: float
    drug: str
    formulation: str
    route: Route
    food: Food
    amount: float
    free: float
    per_weight: bool
    duration: float
    lag: float | None
    bioavailability: float | None
    missed: bool
    regimen: int
    course: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SteadyState:
    """The joint periodic state at which the run begins.

    Attributes
    ----------
    time
        Start of the courses and of the run [h]; the state holds just before the doses at this time.
    period
        Common multiple of the courses' intervals [h].
    courses
        (regimen, course) positions of the courses that have it.
    doses
        One period of their doses, at ``time - period`` ≤ t < ``time``, sorted; none is missed.
    """

    time: float
    period: float
    courses: tuple[tuple[int, int], ...]
    doses: tuple[Dose, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A checked scenario.

    Attributes
    ----------
    name
        Stem of the file's name.
    text, files
        The file as it was read; what else was read, by path as its folder sees it.
    start
        Calendar time of t = 0, local and without a time zone; None when not anchored.
    duration, step
        Length of the output and its grid [h].
    first_time
        Where the run begins [h]: the earliest course's start, or 0.
    patient
        As the run begins.
    patients
        What the patient becomes and when [h], sorted: every change that is written, and every week of a pregnancy from
        which a monograph has another factor.
    sessions
        Of haemodialysis, those that touch the run, sorted; none overlaps another.
    regimens
        In the order of the file.
    doses
        Every dose before ``duration``, sorted by time, then by regimen and course; missed ones are flagged.
    steady_state
        None unless a course asks for it.
    monographs
        Dosed drugs in file order, each followed by the metabolites it forms, overrides applied.
    enzymes
        The library's enzymes, overrides applied.
    units
        Reporting unit of every analyte: each compound of ``monographs`` and each sum of a dosed drug.
    observations
        Measured levels, sorted by time.
    protocols
        What changes doses by a level or on a day, in the order of the file; ``regimens`` and ``doses`` are before them.
    population
        The virtual patients it asks for; None without such a table.
    advise
        Which doses are looked for; None without such a table.
    own
        Drugs and metabolites of files of one's own.
    overrides
        Drug, or "enzymes", to dotted path to quantity, those of ``parameters`` included.
    context
        What of the patient only rules ask.
    cautions
        What is allowed but looks like a slip.
    names, not_modelled
        What the names of the file mean that are no ids, each once; what else is taken, and the library has nothing of.
    language
        Of the texts that are written about the run.
    """

    name: str
    title: str
    path: Path
    text: str
    start: datetime | None
    duration: float
    step: float
    first_time: float
    patient: Patient
    patients: tuple[tuple[float, Patient], ...]
    regimens: tuple[Regimen, ...]
    doses: tuple[Dose, ...]
    steady_state: SteadyState | None
    monographs: Mapping[str, Monograph]
    enzymes: Mapping[str, Enzyme]
    units: Mapping[str, str]
    observations: tuple[Observation, ...]
    population: PopulationSpecification | None
    overrides: Mapping[str, Mapping[str, str]]
    cautions: tuple[Caution, ...]
    own: frozenset[str] = frozenset()
    language: str = "en"
    names: tuple[str, ...] = ()
    not_modelled: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    sessions: tuple[Session, ...] = ()
    advise: AdviseSpecification | None = None
    protocols: tuple[Protocol, ...] = ()
    context: Context = NOTHING_KNOWN

    @property
    def warnings(self) -> tuple[str, ...]:
        """``cautions`` in English, with line and key."""
        return tuple(caution.told(words_of("en")) for caution in self.cautions)

    @property
    def states(self) -> tuple[tuple[float, Patient], ...]:
        """What the patient becomes and when [h], sorted: ``patients``, and begin and end of each session."""
        if not self.sessions:
            return self.patients
        states = dialysed_states([(self.first_time, self.patient), *self.patients], self.sessions)
        return tuple((time, patient) for time, patient in states if time < self.duration - TOLERANCE)

    @property
    def dosed(self) -> tuple[str, ...]:
        """Ids of the dosed drugs, each once, in file order."""
        return tuple(dict.fromkeys(regimen.drug for regimen in self.regimens))

    @property
    def changes(self) -> tuple[float, ...]:
        """Times within the run at which any course begins, steps or ends, or the patient changes [h], sorted."""
        courses = [course for regimen in self.regimens for course in regimen.courses]
        return self._within([*(time for course in courses for time in course.changes), *(t for t, _ in self.patients)])

    @property
    def edges(self) -> tuple[float, ...]:
        """The same with the ends of the phases of every cycle [h], sorted."""
        courses = [course for regimen in self.regimens for course in regimen.courses]
        return self._within([*self.changes, *(time for course in courses for time in course.phases)])

    def _within(self, times: Iterable[float]) -> tuple[float, ...]:
        """Those within the run, sorted, each once."""
        inside = [time for time in sorted(times) if self.first_time <= time <= self.duration]
        return tuple(time for i, time in enumerate(inside) if i == 0 or time - inside[i - 1] > TOLERANCE)

    def date(self, time: float) -> datetime | None:
        """Calendar time of ``time`` [h], to the second; None when not anchored."""
        return None if self.start is None else self.start + timedelta(seconds=round(time * 3600))
