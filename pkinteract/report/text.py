"""What the commands print."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pkinteract import NOTICE
from pkinteract.library import Library
from pkinteract.library.monograph import Monograph
from pkinteract.model import Model
from pkinteract.model.trace import interactions
from pkinteract.scenario import Course, Scenario

if TYPE_CHECKING:
    from pkinteract.result import Result, Table


def rows_text(rows: Sequence[Sequence[str]], indent: str = "  ") -> list[str]:
    """Rows as aligned columns."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))] if rows else []
    return [
        indent + "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def summary_lines(result: Result, exposure: Table, alerts: Table, written: Sequence[Path]) -> list[str]:
    """What ``run`` prints of one result."""
    rows: list[Sequence[str]] = [("analyte", "unit", "day", "average", "lowest", "ratio")]
    for i, analyte in enumerate(exposure["analyte"]):
        ratio = exposure["ratio_to_reference"][i]
        cells = [f"{exposure[name][i]:.3g}" for name in ("cavg_24h", "ctrough")]
        rows.append(
            (
                str(analyte),
                str(exposure["unit"][i]),
                f"{exposure['to_day'][i]:g}",
                *cells,
                f"{ratio:.2f}" if ratio else "–",
            )
        )
    lines = [f"{result.scenario.name}: {result.scenario.title}", "  last 24 h before each change, and at the end:"]
    lines += rows_text(rows)
    count = len(alerts["text"])
    lines.append(f"  {count} alert{'s' if count != 1 else ''}" + (":" if count else ""))
    lines += [
        f"    day {alerts['from_h'][i] / 24:.1f}–{alerts['to_h'][i] / 24:.1f}: {alerts['text'][i]}"
        for i in range(min(count, 6))
    ]
    if count > 6:
        lines.append(f"    and {count - 6} more in alerts")
    lines += [f"  warning: {text}" for text in result.scenario.warnings]
    lines += [f"  wrote {path}" for path in written]
    return [*lines, f"  {NOTICE}"]


def check_lines(scenario: Scenario, model: Model) -> list[str]:
    """What ``check`` prints of one scenario."""
    patient = scenario.patient
    kidney = (
        ""
        if patient.creatinine_clearance is None
        else f", creatinine clearance {patient.creatinine_clearance:.0f} mL/min"
    )
    genes = "".join(f", {gene} {row.phenotype} (activity {row.factor:g})" for gene, row in patient.phenotype.items())
    person = f"{patient.sex}, {patient.age:g} y, {patient.weight:g} kg{kidney}{', smoker' if patient.smoker else ''}"
    grid = f"output from 0 to {scenario.duration / 24:g} d every {scenario.step:g} h"
    lines = [
        f"{scenario.path}: ok",
        f"  {scenario.title}",
        f"  patient   {person}{genes}",
        f"  run       from day {scenario.first_time / 24:g}, {grid}, "
        f"{len(scenario.doses)} doses, {model.system.n_states} states",
    ]
    for regimen in scenario.regimens:
        for course in regimen.courses:
            lines.append(f"  regimen   {regimen.drug} {course.formulation}: {_course(course)}")
    for row in interactions(scenario):
        victims = ", ".join(f"{drug} ({share:.0%} of its clearance)" for drug, share in dict(row["victims"]).items())  # type: ignore[call-overload]
        basis = f"Emax {row['emax']:g}, EC50 {row['ec50_total_mg_per_L']:.3g} mg/L total"
        lines.append(
            f"  induces   {row['perpetrator']} → {row['acts_on']} ({basis}): {victims or 'no drug of this scenario'}"
        )
    return lines + [f"  warning   {text}" for text in scenario.warnings]


def _course(course: Course) -> str:
    span = f"day {course.start / 24:g}" if course.single else f"day {course.start / 24:g} to {course.stop / 24:g}"
    if course.clock:
        dose = "daily " + ", ".join(f"{row.amount:g} mg" for row in course.clock)
    elif len(course.levels) > 1:
        dose = (
            f"{course.levels[0]:g} to {course.levels[-1]:g} mg in {len(course.levels)} steps, every {course.every:g} h"
        )
    else:
        dose = f"{course.levels[0]:g} mg" + ("" if course.single else f" every {course.every:g} h")
    missed = f", {len(course.missed)} missed" if course.missed else ""
    return f"{span}, {dose}{missed}{', at steady state' if course.steady_state else ''}"


def library_lines(library: Library) -> list[str]:
    """What ``drugs`` prints without a name."""
    rows = [("drug", "group", "cleared by", "induces", "formulations")]
    for drug in library.ids():
        monograph = library.monograph(drug)
        cleared = dict.fromkeys(row.enzyme or row.id for row in monograph.elimination.pathway)
        rows.append(
            (
                drug,
                monograph.group or "–",
                ", ".join(cleared),
                ", ".join(monograph.induces) or "–",
                ", ".join(monograph.absorption) or "– (metabolite)",
            )
        )
    return rows_text(rows, "")


def monograph_lines(monograph: Monograph) -> list[str]:
    """The whole monograph: values with unit, kind, CV and source, then the citations."""
    return list(_monograph(monograph))


def _monograph(monograph: Monograph) -> Iterator[str]:
    yield f"{monograph.name} ({monograph.id})" + (f", ATC {monograph.atc}" if monograph.atc else "")
    yield from textwrap.wrap(
        " ".join((monograph.notes or "").split()), 110, initial_indent="  ", subsequent_indent="  "
    )
    rows = [("value", "", "unit", "kind", "CV", "source")]
    notes = []
    for path, value in monograph.values():
        cv = "" if value.cv is None else f"{value.cv:.0%}"
        basis = f" ({value.basis})" if value.basis else ""
        rows.append((path, f"{value.value:g}", value.unit + basis, value.kind, cv, value.source or "–"))
        interval = f"interval {value.interval[0]:g} to {value.interval[1]:g}; " if value.interval else ""
        if value.note or interval:
            notes.append(f"{path}: {interval}{value.note or ''}")
    yield from rows_text(rows)
    yield "Notes"
    for note in notes:
        yield from textwrap.wrap(note, 110, initial_indent="  ", subsequent_indent="    ")
    yield "Sources"
    for key, source in monograph.sources.items():
        yield f"  {key}: {source.cite}" + (f", {source.url}" if source.url else "")
