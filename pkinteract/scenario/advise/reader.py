"""``[advise]`` -> what doses are looked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from pkinteract.library import Library
from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.advise.schema import AdviseTable, Weekday
from pkinteract.scenario.advise.types import KEEP, AdviseSpecification
from pkinteract.scenario.types import Regimen
from pkinteract.text.toml_lines import Key
from pkinteract.units import dimension_of, from_canonical, parse, split

Refuse = Callable[[Key, str], None]

WEEKDAYS: tuple[str, ...] = get_args(Weekday)
HERE = "advise"


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviseContext:
    """What ``[advise]`` needs to know of the rest of the file.

    Attributes
    ----------
    units
        Reporting unit of every analyte.
    span
        Begin and end of the run [h]; None where these are wrong themselves.
    start
        Calendar time of t = 0; None without one.
    whole
        Whether every drug of the file is known.
    """

    regimens: Sequence[Regimen]
    monographs: Mapping[str, Monograph]
    units: Mapping[str, str]
    span: tuple[float, float] | None
    start: datetime | None
    library: Library
    whole: bool


def read_advise(table: AdviseTable, around: AdviseContext, refuse: Refuse) -> AdviseSpecification | None:
    """What a table asks for; None if anything in it was refused.

    Parameters
    ----------
    refuse
        Takes a key and what is wrong there.
    """
    wrong: list[Key] = []

    def report(key: str, message: str) -> None:
        wrong.append((HERE, key))
        refuse((HERE, key), message)

    drug = _drug(table, around, report)
    target = _target(table, drug, around, report)
    _check_band(table, target, around, report)
    _check_times(table, around, report)
    if table.weekdays is not None and around.start is None and around.span is not None:
        report("weekdays", "needs a calendar; write for example start = 2026-01-05T08:00:00 in [simulation]")
    if table.weekdays == ():
        report("weekdays", 'names no day; write for example weekdays = ["mon", "thu"]')
    if table.halves and table.strengths:
        report("halves", "goes with the strengths of the monograph; list half tablets among the strengths instead")
    if drug is not None and not table.strengths and around.whole:
        _check_strengths(drug, around, report)
    if wrong:
        return None
    between = None
    if table.between is not None and target is not None:
        low, high = (_in_unit(text, target, around) for text in table.between)
        between = low, high
    return AdviseSpecification(
        drug=drug,
        target=target,
        keep=None if between is not None or table.range else table.keep or KEEP,
        between=between,
        of=table.of,
        start=table.since,
        stop=table.until,
        earliest=table.earliest,
        most_changes=table.most_changes,
        weekdays=frozenset(WEEKDAYS.index(day) for day in table.weekdays or ()),
        least_between=table.least_between,
        largest_step=table.largest_step,
        strengths=tuple(sorted(set(table.strengths))),
        halves=table.halves,
        split=table.split,
        loading=table.loading,
    )


Report = Callable[[str, str], None]


def _drug(table: AdviseTable, around: AdviseContext, report: Report) -> str | None:
    dosed = [regimen.drug for regimen in around.regimens]
    if table.drug is None or (table.drug not in dosed and not around.whole):
        return None
    if table.drug not in dosed:
        report("drug", around.library.absent(table.drug, dosed, "a drug that this scenario doses"))
        return None
    if dosed.count(table.drug) > 1:
        report("drug", f"{table.drug} has {dosed.count(table.drug)} regimens; write its courses below one")
        return None
    return table.drug


def _target(table: AdviseTable, drug: str | None, around: AdviseContext, report: Report) -> str | None:
    """The analyte that is judged; that of the drug itself where it is not named but the drug is."""
    if table.target is None:
        if drug is None:
            if table.drug is None and (table.between is not None or table.range):
                report("drug", f'is required with {"between" if table.between else "range"}; write drug = "…"')
            return None
        return target_of(around.monographs[drug])
    if not around.whole:
        return None
    if table.target.endswith("-unbound"):
        report("target", "is an unbound level; doses are looked for by total levels, write the drug itself")
        return None
    if table.target not in around.units:
        report("target", around.library.absent(table.target, around.units, "an analyte of this scenario"))
        return None
    parts = table.target.split("+")
    if table.drug is None:
        report("drug", 'is required with target; write for example drug = "amitriptyline"')
    elif drug is not None and not set(parts) <= {drug, *_formed(drug, around.monographs)}:
        own = ", ".join(
            name for name in around.units if set(name.split("+")) <= {drug, *_formed(drug, around.monographs)}
        )
        report("target", f"{table.target} does not come from {drug}; it has {own}")
    return table.target


def target_of(monograph: Monograph) -> str:
    """The analyte by which the doses of a drug are judged: the sum that it declares, else the drug."""
    return monograph.sum[0].id if monograph.sum else monograph.id


def _formed(drug: str, monographs: Mapping[str, Monograph]) -> set[str]:
    formed, waiting = set(), list(monographs[drug].metabolites)
    while waiting:
        compound = waiting.pop()
        if compound not in formed and compound in monographs:
            formed.add(compound)
            waiting += monographs[compound].metabolites
    return formed


def _check_band(table: AdviseTable, target: str | None, around: AdviseContext, report: Report) -> None:
    given = [name for name in ("keep", "range", "between") if getattr(table, name) not in (None, False)]
    if len(given) > 1:
        report(given[1], f"give one of {', '.join(given)}")
    if target is None:
        return
    if table.between is not None:
        try:
            low, high = (_in_unit(text, target, around) for text in table.between)
        except ValueError as error:
            report("between", str(error))
            return
        if not 0 < low < high:
            report(
                "between",
                f"the first must be above 0 and below the second, got {table.between[0]} and {table.between[1]}",
            )
    if table.range:
        monograph = around.monographs[target.split("+")[0]]
        band = next((total.reference_range for total in monograph.sum if total.id == target), monograph.reference_range)
        if band.low is None or band.high is None:
            report("range", f'no reference range is known for {target}; write between = ["…", "…"]')
        elif band.after is not None:
            report("range", f"the range of {target} holds {band.after.canonical:g} h after a dose; write between")
        elif table.of != "trough":
            report("of", 'a reference range holds for values before a dose; write of = "trough"')


def _in_unit(text: str, target: str, around: AdviseContext) -> float:
    """A level in the unit of the target."""
    unit = around.units[target]
    owner = around.monographs[target.split("+")[0]]
    amount = parse(text, "concentration", "molar concentration")
    molar = dimension_of(split(text)[1]) == "molar concentration"
    if molar and "+" in target:
        raise ValueError(f"{target} is a sum, which has no molar mass; write it in {unit}")
    mass = amount * owner.molar_mass.canonical / 1000 if molar else amount
    return (
        from_canonical(mass, unit)
        if dimension_of(unit) == "concentration"
        else from_canonical(1000 * mass / owner.molar_mass.canonical, unit)
    )


def _check_times(table: AdviseTable, around: AdviseContext, report: Report) -> None:
    if around.span is None:
        return
    end = around.span[1]
    for key, time in (("from", table.since), ("until", table.until), ("earliest", table.earliest)):
        if time is not None and not 0 <= time <= end:
            report(key, f"must lie within the run, from 0 to {end / 24:g} d, got {time / 24:g} d")
    begin, stop = table.since or 0.0, end if table.until is None else table.until
    if stop - begin < 24:
        report("until" if table.until is not None else "from", "leaves no whole day to judge; write a longer stretch")
    elif table.earliest is not None and table.earliest >= stop:
        report("earliest", "is not before the last judged day; no dose could be changed")


def _check_strengths(drug: str, around: AdviseContext, report: Report) -> None:
    """Refuse a drug that is only taken in forms of unknown strengths; which of several counts is known after a run."""
    regimen = next(regimen for regimen in around.regimens if regimen.drug == drug)
    forms = {course.formulation for course in regimen.courses}
    if forms.isdisjoint(around.monographs[drug].dosing.strengths):
        report("strengths", f'are not known of {drug} {min(forms)}; write for example strengths = ["10 mg", "25 mg"]')
