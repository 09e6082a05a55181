"""What is said of one patient's levels: ``report.md``, and the lines that the command prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import pkinteract
from pkinteract.export.fit import number
from pkinteract.export.tables.patient import percent_moved
from pkinteract.fitting.patient.individual import Individual, PatientEstimate, WeighedLevel
from pkinteract.report.lines import level_text, markdown, rows_text


def patient_report(found: Individual) -> str:
    """The whole report."""
    lines = [f"# {markdown(found.scenario.title)}", "", pkinteract.NOTICE, ""]
    lines += [f"* Levels and doses: {markdown(found.scenario.path.name)}", f"* {_error_text(found)}"]
    if found.uninformed:
        lines.append(f"* No level depends on {', '.join(map(shown, found.uninformed))}: the population's value stays")
    lines += [f"* {markdown(text)}" for text in found.scenario.warnings]
    lines += ["", *(f"**Warning**: {markdown(text)}\n" for text in found.warnings)]
    lines += ["## Values of this patient", ""]
    lines += ["| value | unit | population | 95 % of people | this patient | 95 % interval | shrinkage |"]
    lines += ["|---|---|---:|---|---:|---|---:|"]
    lines += [f"| {' | '.join(_value_cells(row))} |" for row in found.learned]
    lines += ["", _SHRINKAGE, "", "## Levels", ""]
    lines += ["| time | analyte | measured | population, 95 % | this patient, 95 % | residual | without this level |"]
    lines += ["|---|---|---:|---|---|---:|---:|"]
    lines += [f"| {' | '.join(_level_cells(row))} |" for row in found.levels]
    lines += ["", _LEVELS, "", "## What each level did", "", *_influence(found)]
    return "\n".join(lines) + "\n"


_SHRINKAGE = (
    "Shrinkage is the share of the variance between people that is left after the levels: at 0 % the levels decide, at "
    "100 % they say nothing and the population's value stands. A value without one follows from the others."
)
_LEVELS = (
    "Predictions with the range where 95 of 100 measured levels lie, the residual error included. The residual is the "
    "distance from this patient's prediction in SDs of that error. The last column is what the other levels, or the "
    "population if there are none, predict."
)


def _error_text(found: Individual) -> str:
    return f"Between measured and predicted levels {100 * found.error:g} % (SD of the logarithm; `--error` changes it)"


def shown(name: str) -> str:
    """A parameter's name in words."""
    return name.replace("_", " ")


def _unit(row: PatientEstimate) -> str:
    """The unit of a value; what a typical person has as 1 is relative to that."""
    parameter = row.estimate.parameter
    return parameter.unit if parameter.paths else "relative"


def _value_cells(row: PatientEstimate) -> list[str]:
    one = row.estimate
    people = "" if row.spread is None else f"{number(row.spread[0])} to {number(row.spread[1])}"
    interval = "" if one.low is None else f"{number(one.low)} to {number(one.high)}"
    shrinkage = "" if row.shrinkage is None else f"{100 * row.shrinkage:.0f} %"
    name = shown(one.parameter.name)
    return [name, _unit(row), number(row.population), people, number(one.value), interval, shrinkage]


def _when(row: WeighedLevel) -> str:
    return f"day {row.observation.time / 24:.4g}"


def _level_cells(row: WeighedLevel) -> list[str]:
    return [
        _when(row),
        row.observation.analyte,
        level_text(row.observation),
        f"{row.population:.3g} ({_span(row.expected)})",
        f"{row.individual:.3g} ({_span(row.individually_expected)})",
        f"{row.residual:.1f}",
        f"{row.without:.3g}",
    ]


def _span(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.3g} to {ends[1]:.3g}"


def _influence(found: Individual) -> Iterator[str]:
    """Every estimate again without each level."""
    free = [row for row in found.learned if row.spread is not None]
    names = [row.estimate.parameter.name for row in free]
    yield f"| left out | {' | '.join(map(shown, names))} |"
    yield f"|---|{'---:|' * len(names)}"
    yield f"| none | {' | '.join(f'{number(row.estimate.value)} {_unit(row)}' for row in free)} |"
    for level in found.levels:
        others = [number(level.without_values[name]) for name in names]
        moved = [_percent(percent_moved(level, row)) for row in free]
        cells = [f"{value} ({change})" for value, change in zip(others, moved, strict=True)]
        yield f"| {_when(level)}, {level.observation.analyte} {level_text(level.observation)} | {' | '.join(cells)} |"
    yield ""
    yield "In brackets: how far this level moved the estimate that the others give."


def _percent(change: float) -> str:
    return f"{change:+.0f} %" if abs(change) >= 0.5 else "0 %"


def patient_lines(found: Individual, written: Iterable[Path]) -> Iterator[str]:
    """Estimates, levels, warnings and files, as the command prints them."""
    yield f"{found.scenario.name}: {found.scenario.title}"
    yield f"  {_error_text(found).replace('`', '')}"
    head = ("value", "unit", "population", "95 % of people", "this patient", "95 % interval", "shrinkage")
    yield from rows_text([head, *(_value_cells(row) for row in found.learned)])
    yield ""
    head = ("time", "analyte", "measured", "population, 95 %", "this patient, 95 %", "residual", "without")
    yield from rows_text([head, *(_level_cells(row) for row in found.levels)])
    yield from (f"  warning: {text}" for text in found.warnings)
    yield from (f"  warning: {text}" for text in found.scenario.warnings)
    yield from (f"  wrote {path}" for path in written)
    yield f"  {pkinteract.NOTICE}"
