"""What the columns of a data set may hold, and which of them go together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pkinteract.records.subject import RecordedDrug

MOST_DOSES = 200_000
"""Most additional doses of one record."""

MOST_OVERLAPS = 1000
"""Most earlier doses of a steady state that may still be waiting or running in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordColumn:
    """Bounds of a column, both allowed unless ``above``; ``only`` lists the values of a code.

    ``doses`` says that it counts in dose records only, ``rate`` that it counts where RATE has this code.
    """

    example: str
    low: float = 0.0
    high: float = 1e6
    above: bool = False
    only: tuple[int, ...] = ()
    whole: bool = False
    required: bool = False
    doses: bool = False
    rate: int | None = None

    def problem(self, value: float) -> str:
        """What is wrong with a value; nothing if it may stand."""
        if self.only and value not in self.only:
            codes = [str(code) for code in self.only]
            return f"must be {', '.join(codes[:-1])} or {codes[-1]}"
        if self.whole and value != int(value):
            return "must be a whole number"
        if value < self.low or (self.above and value == self.low):
            return f"must be {'above' if self.above else 'at least'} {self.low:,.10g}"
        return f"must be at most {self.high:,.10g}" if value > self.high else ""


COLUMNS: Mapping[str, RecordColumn] = {
    "ID": RecordColumn(example="1"),
    "TIME": RecordColumn(example="hours such as 12.5", low=-1e7, high=1e7, required=True),
    "AMT": RecordColumn(example="mg such as 100"),
    "EVID": RecordColumn(example="0 to 4", only=(0, 1, 2, 3, 4)),
    "CMT": RecordColumn(example="1 or 2", low=-1e4, high=1e4, whole=True),
    "RATE": RecordColumn(example="mg/h such as 25", low=-1e6),
    "II": RecordColumn(example="hours such as 12"),
    "ADDL": RecordColumn(example="a number of doses such as 6", high=MOST_DOSES, whole=True),
    "SS": RecordColumn(example="0, 1 or 2", only=(0, 1, 2)),
    "LAG": RecordColumn(example="hours such as 0.5", doses=True),
    "F": RecordColumn(example="a share such as 0.8", high=100, doses=True),
    "DUR": RecordColumn(example="hours such as 2", above=True, doses=True, rate=-2),
    "R1": RecordColumn(example="mg/h such as 25", above=True, doses=True, rate=-1),
    "WT": RecordColumn(example="kg such as 70", low=0.5, high=400, required=True),
    "AGE": RecordColumn(example="years such as 45", high=130, required=True),
    "CRCL": RecordColumn(example="mL/min such as 95", high=1000, required=True),
}
"""Every column that is read; a covariate has a value on every record."""

SHORTEST, LONGEST = 1e-6, 1e7
"""Durations of an infusion [h], and the shortest interval of doses: those that times of the size of TIME resolve."""

UNSUPPORTED = dict.fromkeys(
    ("DATE", "DAT1", "DAT2", "DAT3"),
    "is not read, nor are clock times; write TIME in hours from the subject's first record on",
)

MISNAMED = {
    **dict.fromkeys(("ALAG", "ALAG1", "ALAG2", "TLAG", "LAG1", "LAG2"), "LAG"),
    **dict.fromkeys(("F1", "F2", "BIOAV"), "F"),
    **dict.fromkeys(("D1", "D2", "DUR1", "DUR2"), "DUR"),
    **dict.fromkeys(("R2", "RATE2"), "R1"),
}
"""Names of NONMEM parameters that look as if they were columns, and the column that does the same."""


@dataclass(frozen=True, slots=True)
class Raw:
    """The numbers of one line by column; None where a cell says nothing."""

    values: Mapping[str, float | None]

    def get(self, name: str, default: float = 0.0) -> float:
        """A number, or what a missing one means."""
        value = self.values.get(name)
        return default if value is None else value

    @property
    def event(self) -> int:
        """EVID; without one a record with an amount is a dose."""
        return int(self.get("EVID", 1.0 if self.get("AMT") > 0 else 0.0))

    @property
    def compartment(self) -> int:
        """CMT; the first without one."""
        return int(self.get("CMT", 1.0)) or 1

    def counts(self, name: str) -> bool:
        """Whether a column says something about a record of this kind; data sets hold 0 or -99 in the others."""
        column = COLUMNS[name]
        return (self.event in (1, 4) or not column.doses) and column.rate in (None, self.get("RATE"))


def record_problems(record: Raw, dosing: RecordedDrug | None) -> Iterator[tuple[str, str]]:
    """What does not go together in one record: column and message."""
    if record.event not in (1, 4):
        yield from _no_dose(record)
        return
    yield from _amount(record)
    yield from _infusion(record)
    yield from _repeats(record)
    if dosing is not None:
        yield from _target(record, dosing)
    if record.get("RATE") == -1 and record.values.get("R1") is None:
        yield "R1", "is needed with RATE -1; write mg/h such as 25"


def _no_dose(record: Raw) -> Iterator[tuple[str, str]]:
    kind = {0: "an observation", 2: "an event without a dose", 3: "a reset"}[record.event]
    for name in ("AMT", "RATE", "II", "ADDL", "SS"):
        if record.get(name) != 0:
            example = "; write EVID 4 to reset and dose" if record.event == 3 else "; a dose is EVID 1"
            yield name, f"must be 0 or missing, EVID {record.event} is {kind}{example}"
    if record.event == 2 and record.compartment < 0:
        yield "CMT", "must not be negative, compartments are not switched off"


def _amount(record: Raw) -> Iterator[tuple[str, str]]:
    rate, constant = record.get("RATE"), record.get("AMT") == 0
    if rate < 0 and rate not in (-1, -2):
        yield "RATE", f"must be above 0, or -1 or -2, got {rate:g}"
    if not constant:
        return
    if record.get("SS") == 0 or rate in (0, -2):
        yield "AMT", "must be above 0 in a dose; 0 only with SS 1 or 2 and a RATE, a constant infusion at steady state"
    for name in ("II", "ADDL"):
        if record.get(name) != 0:
            yield name, "must be 0 or missing where AMT is 0, a constant infusion is not repeated"


def _infusion(record: Raw) -> Iterator[tuple[str, str]]:
    """A duration, given or of amount and rate, that no sum of times holds beside the others."""
    name = {-1: "R1", -2: "DUR"}.get(int(record.get("RATE")), "RATE")
    given, amount = record.get(name), record.get("AMT") * record.get("F", 1.0)
    if given <= 0 or amount == 0:
        return
    duration = given if name == "DUR" else amount / max(given, amount * 1e-300)
    if not SHORTEST <= duration <= LONGEST:
        text = f"makes an infusion of {duration:.3g} h; write one of {SHORTEST:g} to {LONGEST:,.0f} h"
        yield name, f"{text}, or RATE 0 for a dose at once"


def _repeats(record: Raw) -> Iterator[tuple[str, str]]:
    if record.get("AMT") == 0:
        return
    interval = record.get("II")
    for name in ("ADDL", "SS"):
        if record.get(name) > 0 and interval == 0:
            yield "II", f"must be above 0 where {name} is {record.get(name):g}"
        elif record.get(name) > 0 and interval < SHORTEST:
            yield "II", f"must be at least {SHORTEST:g} h where {name} is {record.get(name):g}"
    if record.get("SS") == 0 or interval == 0:
        return
    rate = record.get("R1") if record.get("RATE") == -1 else record.get("RATE")
    duration = record.get("AMT") * record.get("F", 1.0) / rate if rate > 0 else record.get("DUR")
    if (duration + record.get("LAG")) / interval > MOST_OVERLAPS:
        text = f"is so short that more than {MOST_OVERLAPS:,} doses would be running in at once; write a longer one"
        yield "II", text


def _target(record: Raw, dosing: RecordedDrug) -> Iterator[tuple[str, str]]:
    depot = dosing.formulation is not None
    if not depot and record.compartment != 1:
        yield "CMT", f"must be 1 (central), {dosing.drug} has no absorption, got {record.compartment}"
        return
    if record.compartment not in (1, 2):
        yield "CMT", f"must be 1 (depot) or 2 (central) in a dose, got {record.compartment}"
        return
    into_depot, rate = depot and record.compartment == 1, record.get("RATE")
    if into_depot and rate != 0 and not dosing.infusible:
        yield "RATE", f'must be 0 or missing, formulation "{dosing.formulation}" has its own course of input'
    if rate == -2 and record.values.get("DUR") is None and not (into_depot and dosing.zero_order):
        yield "DUR", "is needed with RATE -2; write hours such as 2"
    given = record.values.get("F")
    if into_depot and given is not None and dosing.first_pass < 1 and given > dosing.first_pass * (1 + 1e-9):
        yield "F", f"{given:.4g} is above Fg·Fh {dosing.first_pass:.4g}, what gut and liver let through; lower it"
