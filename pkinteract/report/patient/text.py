"""What is said of one patient's levels: ``report.md``, and the lines that the command prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from pkinteract.export.fit import number
from pkinteract.export.tables.patient import percent_moved
from pkinteract.fitting.patient.individual import Individual, PatientEstimate
from pkinteract.fitting.patient.weighed import WeighedLevel
from pkinteract.report.lines import level_text, markdown, rows_text
from pkinteract.text.words import day_number, three_digits, words_of


def notice() -> str:
    """What stands below everything that is made of a patient's levels."""
    return words_of("en").say("terminal.notice-fitted")


def patient_report(individual: Individual) -> str:
    """The whole report."""
    lines = [f"# {markdown(individual.scenario.title)}", "", notice(), ""]
    lines += [f"* Levels and doses: {markdown(individual.scenario.path.name)}", f"* {_error_text(individual)}"]
    if individual.uninformed:
        lines.append(
            f"* No level depends on {', '.join(map(shown, individual.uninformed))}: the population's value stays"
        )
    lines += [f"* {markdown(text)}" for text in (*individual.scenario.names, *individual.scenario.warnings)]
    lines += ["", *(f"**Warning**: {markdown(text)}\n" for text in individual.warnings)]
    lines += ["## Values of this patient", ""]
    lines += ["| value | unit | population | 95 % of people | this patient | 95 % interval | shrinkage |"]
    lines += ["|---|---|---:|---|---:|---|---:|"]
    lines += [f"| {' | '.join(_value_cells(value))} |" for value in individual.learned]
    lines += ["", _SHRINKAGE, "", "## Levels", ""]
    lines += ["| time | analyte | measured | population, 95 % | this patient, 95 % | residual | without this level |"]
    lines += ["|---|---|---:|---|---|---:|---:|"]
    lines += [f"| {' | '.join(_level_cells(level))} |" for level in individual.levels]
    lines += ["", _LEVELS, "", "## What each level did", "", *_influence(individual)]
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


def _error_text(individual: Individual) -> str:
    sd = f"{100 * individual.error:g} %"
    return f"Between measured and predicted levels {sd} (SD of the logarithm; `--error` changes it)"


def shown(name: str) -> str:
    """A parameter's name in words."""
    return name.replace("_", " ")


def _unit(value: PatientEstimate) -> str:
    """The unit of a value; what a typical person has as 1 is relative to that."""
    parameter = value.estimate.parameter
    return parameter.unit if parameter.paths else "relative"


def _value_cells(value: PatientEstimate) -> list[str]:
    one = value.estimate
    people = "" if value.spread is None else f"{number(value.spread[0])} to {number(value.spread[1])}"
    interval = "" if one.low is None else f"{number(one.low)} to {number(one.high)}"
    shrinkage = "" if value.shrinkage is None else f"{100 * value.shrinkage:.0f} %"
    name = shown(one.parameter.name)
    return [name, _unit(value), number(value.population), people, number(one.value), interval, shrinkage]


def _when(level: WeighedLevel) -> str:
    return f"day {day_number(level.observation.time, 2)}"


def _level_cells(level: WeighedLevel) -> list[str]:
    return [
        _when(level),
        level.observation.analyte,
        level_text(level.observation),
        f"{three_digits(level.population)} ({_span(level.expected)})",
        f"{three_digits(level.individual)} ({_span(level.individually_expected)})",
        f"{level.residual:.1f}",
        three_digits(level.without),
    ]


def _span(ends: tuple[float, float]) -> str:
    return f"{three_digits(ends[0])} to {three_digits(ends[1])}"


def _influence(individual: Individual) -> Iterator[str]:
    """Every estimate again without each level."""
    free = [value for value in individual.learned if value.spread is not None]
    names = [value.estimate.parameter.name for value in free]
    yield f"| left out | {' | '.join(map(shown, names))} |"
    yield f"|---|{'---:|' * len(names)}"
    yield f"| none | {' | '.join(f'{number(value.estimate.value)} {_unit(value)}' for value in free)} |"
    for level in individual.levels:
        others = [number(level.without_values[name]) for name in names]
        moved = [_percent(percent_moved(level, value)) for value in free]
        cells = [f"{value} ({change})" for value, change in zip(others, moved, strict=True)]
        yield f"| {_when(level)}, {level.observation.analyte} {level_text(level.observation)} | {' | '.join(cells)} |"
    yield ""
    yield "In brackets: how far this level moved the estimate that the others give."


def _percent(change: float) -> str:
    return f"{change:+.0f} %" if abs(change) >= 0.5 else "0 %"


def patient_lines(individual: Individual, written: Iterable[Path]) -> Iterator[str]:
    """Estimates, levels, warnings and files, as the command prints them."""
    yield f"{individual.scenario.name}: {individual.scenario.title}"
    yield from (f"  {text}" for text in individual.scenario.names)
    yield f"  {_error_text(individual).replace('`', '')}"
    head = ("value", "unit", "population", "95 % of people", "this patient", "95 % interval", "shrinkage")
    yield from rows_text([head, *(_value_cells(value) for value in individual.learned)])
    yield ""
    head = ("time", "analyte", "measured", "population, 95 %", "this patient, 95 %", "residual", "without")
    yield from rows_text([head, *(_level_cells(level) for level in individual.levels)])
    yield from (f"  warning: {text}" for text in individual.warnings)
    yield from (f"  warning: {text}" for text in individual.scenario.warnings)
    yield from (f"  wrote {path}" for path in written)
    yield f"  {notice()}"
