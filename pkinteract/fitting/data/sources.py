"""``[[data]]`` -> the series of every subject, whatever file they come from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pkinteract.errors import InputError, did_you_mean
from pkinteract.fitting.data.digitised import curve_series
from pkinteract.fitting.data.levels import LevelFormat, read_levels
from pkinteract.fitting.data.ratios import ratio_rows
from pkinteract.fitting.data.records import RecordFormat, read_recorded, unknown_analyte
from pkinteract.fitting.data.series import MeasuredSeries, series_of
from pkinteract.fitting.data.studies import summary_series
from pkinteract.fitting.data.summary import read_summary
from pkinteract.fitting.inputs.parameters import Refuse
from pkinteract.fitting.inputs.schema import DataTable, ResidualTable, StudiesTable
from pkinteract.fitting.types import RULED, Omitted, Series
from pkinteract.library import load_library
from pkinteract.library.evidence.ratios import read_studies
from pkinteract.library.evidence.studies import Study
from pkinteract.records import RecordedDrug, recorded_drug
from pkinteract.scenario import Scenario, read_scenario
from pkinteract.text.inputs import input_exists
from pkinteract.text.toml_lines import Key
from pkinteract.units import dimension_of, from_canonical, parse, split

KINDS = ("file", "records", "profiles", "summary", "studies")
"""Keys that name the file of the measurements, of which an entry has one."""

SIGNED = ("additive", "combined")
"""Residual models with a part that does not depend on the level: a measured level may be negative."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DataEntry:
    """A ``[[data]]`` entry that was read.

    Attributes
    ----------
    path
        The file of the measurements.
    scenarios
        Every scenario that its series were treated by.
    omitted, notes
        What is not used and why; what to know of the data.
    """

    path: Path
    series: tuple[Series, ...]
    scenarios: tuple[Scenario, ...]
    omitted: tuple[Omitted, ...]
    notes: tuple[str, ...]


def read_source(
    index: int, table: DataTable, residual: ResidualTable, folder: Path, refuse: Refuse
) -> DataEntry | None:
    """Read an entry; None if it cannot be read, reported at the keys of its table.

    Parameters
    ----------
    folder
        Where the fit file is.
    refuse
        Called with a key of the entry and what is wrong there.
    """
    given = [name for name in KINDS if getattr(table, name) is not None]
    if len(given) != 1:
        wanted = (
            'file = "levels.csv", records = "data.csv", profiles = "curves.csv", summary = "published.csv" and studies'
        )
        refuse((), f"needs one of {wanted}" + (f", not {' and '.join(given)}" if given else ""))
        return None
    [kind] = given
    if kind == "records":
        return _treated(index, table, residual, folder, refuse)
    for key in ("drug", "unit", "dvid"):
        if getattr(table, key) is not None:
            refuse((key,), "goes with records; leave it out")
    if table.studies is not None:
        return _compared(index, table, table.studies, residual, refuse)
    if kind == "summary":
        return _published(index, table, residual, folder, refuse)
    scenario = None
    if table.scenario is None:
        refuse(("scenario",), 'is required; write for example scenario = "scenario.toml"')
    else:
        try:
            scenario = read_scenario(folder / table.scenario)
        except InputError as error:
            for text in _inner(table.scenario, error):
                refuse(("scenario",), text)
    if scenario is not None and scenario.protocols:
        refuse(("scenario",), RULED)
        scenario = None
    if kind == "profiles" and scenario is not None and scenario.steady_state is not None:
        text = "begins at a steady state, the curves bring doses of their own; leave steady_state out"
        refuse(("scenario",), text)
        scenario = None
    if kind == "profiles":
        return _digitised(index, table, scenario, folder, refuse)
    return _measured(index, table, residual, scenario, folder, refuse)


def _measured(
    index: int,
    table: DataTable,
    residual: ResidualTable,
    scenario: Scenario | None,
    folder: Path,
    refuse: Refuse,
) -> DataEntry | None:
    """The entry of a data file."""
    name = table.file or ""
    path = folder / name
    keep, log = residual.below == "likelihood", residual.model == "log"
    reading = LevelFormat(
        lloq=_lloq(table, refuse),
        weights=residual.weights,
        log=log,
        keep_below=keep,
        signed=residual.model in SIGNED,
    )
    try:
        levels = read_levels(path, reading)
    except InputError as error:
        for text in _inner(name, error):
            refuse(("file",), text)
        return None
    if scenario is None:
        return None
    data = MeasuredSeries(index=index, path=path, levels=levels, scenario=scenario, analyte=table.analyte, log=log)
    counts = [("no value", levels.empty), *([] if keep else [("below quantification", levels.below)])]
    notes = [f"{path.name}: columns passed over: {', '.join(levels.other)}"] if levels.other else []
    notes += [f"{path.name}: no level of subject {', '.join(levels.silent)} counts"] if levels.silent else []
    return DataEntry(
        path=path,
        series=tuple(series_of(data, lambda key, text: refuse(key or ("file",), text))),
        scenarios=(scenario,),
        omitted=tuple(Omitted(data=index, reason=reason, count=count) for reason, count in counts if count),
        notes=(*notes, *_oddities([scenario])),
    )


def _treated(index: int, table: DataTable, residual: ResidualTable, folder: Path, refuse: Refuse) -> DataEntry | None:
    """The entry of a file of dosing records."""
    for key in ("scenario", "phase"):
        if getattr(table, key) is not None:
            refuse((key,), "does not go with records, which hold the doses; leave it out")
    if residual.weights != "none":
        refuse(
            ("records",), f'weights = "{residual.weights}" is read from a file with columns for it, not from records'
        )
    dosing = _dosing(table, folder, refuse)
    unit = _unit(table, refuse)
    limit = _lloq(table, refuse)
    analytes = {} if dosing is None else _analytes(table, dosing, refuse)
    if dosing is None or unit is None:
        return None
    if limit is not None and limit[1] != dimension_of(unit):
        refuse(("lloq",), f'is a {limit[1]}, unit = "{unit}" is not; write both alike')
        return None
    wanted = RecordFormat(
        unit=unit,
        analytes=analytes,
        limit=None if limit is None else from_canonical(limit[0], unit),
        keep_below=residual.below == "likelihood",
        keep_censored=residual.below != "leave out",
        signed=residual.model in SIGNED,
    )
    name = table.records or ""

    def report(line: int | None, key: str, message: str) -> None:
        where = ", ".join(part for part in (f"line {line}" if line else "", key) if part)
        refuse(("records",), f"{name}: {where}{': ' if where else ''}{message}")

    data = read_recorded(folder / name, index, dosing, wanted, report)
    if data is None:
        return None
    counts = [("no value", data.empty), *([] if wanted.keep_below else [("below quantification", data.below)])]
    counts += [] if wanted.keep_censored else [("beyond their DV by CENS", data.censored)]
    return DataEntry(
        path=folder / name,
        series=data.series,
        scenarios=(data.scenario,),
        omitted=tuple(Omitted(data=index, reason=reason, count=count) for reason, count in counts if count),
        notes=(*filter(None, [dosing.said]), *data.notes),
    )


def _dosing(table: DataTable, folder: Path, refuse: Refuse) -> RecordedDrug | None:
    """The drug of dosing records."""
    if table.drug is None:
        refuse(("drug",), 'is required with records; write for example drug = "my-drug.toml"')
        return None
    files = [table.drug] if isinstance(table.drug, str) else table.drug
    try:
        return recorded_drug([folder / file for file in files])
    except InputError as error:
        for text in _inner(error.file.name, error):
            refuse(("drug",), text)
        return None


def _unit(table: DataTable, refuse: Refuse) -> str | None:
    """Unit of DV."""
    if table.unit is None:
        refuse(("unit",), 'is required with records, it is that of DV; write for example unit = "mg/L"')
        return None
    try:
        dimension = dimension_of(table.unit)
    except ValueError as error:
        refuse(("unit",), str(error))
        return None
    if dimension not in ("concentration", "molar concentration"):
        refuse(("unit",), f'"{table.unit}" is a unit of {dimension}; write a concentration such as "mg/L"')
        return None
    return table.unit


def _analytes(table: DataTable, dosing: RecordedDrug, refuse: Refuse) -> dict[str, str]:
    """DVID to what was measured, the dosed drug where it is wrong."""
    analytes: dict[str, str] = {}
    if table.dvid is not None and table.analyte is not None:
        refuse(("analyte",), "does not go with dvid, which names the analytes; leave one of them out")
    keys: dict[Key, tuple[str, str]] = {("analyte",): ("", table.analyte or dosing.drug)}
    if table.dvid is not None:
        keys = {("dvid", number): (number, name) for number, name in table.dvid.items()}
    for key, (number, name) in keys.items():
        problem = unknown_analyte(dosing, name)
        analytes[number] = dosing.drug if problem else name
        if problem is not None:
            refuse(key, problem)
    return analytes


def _digitised(
    index: int, table: DataTable, scenario: Scenario | None, folder: Path, refuse: Refuse
) -> DataEntry | None:
    """The entry of a file of digitised curves."""
    path = folder / (table.profiles or "")
    limit = _lloq(table, refuse)
    if not input_exists(path):
        text = "there is no such file; the digitised curves are not part of the project (docs/validation.md)"
        refuse(("profiles",), text)
        return None
    if scenario is None:
        return None
    floor = 0.0 if limit is None else limit[0]
    try:
        curves = tuple(
            curve_series(path, index, scenario, table.phase, floor, lambda text: refuse(("profiles",), text))
        )
    except InputError as error:
        for text in _inner(table.profiles or "", error):
            refuse(("profiles",), text)
        return None
    counts = [
        ("below quantification", sum(curve.below for curve in curves)),
        ("not after the first dose", sum(curve.early for curve in curves)),
    ]
    return DataEntry(
        path=path,
        series=tuple(curve.series for curve in curves),
        scenarios=(scenario,),
        omitted=tuple(Omitted(data=index, reason=reason, count=count) for reason, count in counts if count),
        notes=tuple(_oddities([scenario])),
    )


def _published(index: int, table: DataTable, residual: ResidualTable, folder: Path, refuse: Refuse) -> DataEntry | None:
    """The entry of a table of published summary numbers."""
    name = table.summary or ""
    for key in ("scenario", "analyte", "lloq", "phase"):
        if getattr(table, key) is not None:
            refuse((key,), "does not go with summary; leave it out, the table says it for every number")
    try:
        data = read_summary(folder / name, index, log=residual.model == "log", weights=residual.weights)
    except InputError as error:
        for text in _inner(name, error):
            refuse(("summary",), text)
        return None
    return DataEntry(
        path=data.path,
        series=tuple(summary_series(data)),
        scenarios=tuple(data.scenarios),
        omitted=(),
        notes=tuple(_oddities(data.scenarios)),
    )


def _compared(
    index: int, table: DataTable, wanted: StudiesTable, residual: ResidualTable, refuse: Refuse
) -> DataEntry | None:
    """The entry of interaction studies of the library's evidence table."""
    for key in ("scenario", "analyte", "lloq", "phase"):
        if getattr(table, key) is not None:
            refuse((key,), "does not go with studies; leave it out, the evidence table says it for every study")
    if residual.model != "log" or residual.weights != "none":
        refuse(("studies",), 'are ratios; write model = "log" in [residual], without weights')
        return None
    studies = [study for study in read_studies() if study.used and study.exposure is not None and not study.recalled]
    unknown = False
    for key in ("perpetrator", "victim", "without"):
        known = {name for study in studies for name in _named(study, key)}
        for name in getattr(wanted, key):
            if name not in known:
                there = sorted(known)
                hint = did_you_mean(name, there) if key == "without" else load_library().instead(name, there)
                refuse(("studies", key), f'no study has "{name}"; {hint}')
                unknown = True
    if unknown:
        return None
    chosen = [
        study
        for study in studies
        if (not wanted.perpetrator or set(study.perpetrators) & set(wanted.perpetrator))
        and (not wanted.victim or study.victim in wanted.victim)
        and study.id not in wanted.without
    ]
    ratios = ratio_rows(chosen, index)
    if not ratios.summary.rows:
        refuse(("studies",), "choose no study that can be simulated")
        return None
    return DataEntry(
        path=ratios.summary.path,
        series=tuple(summary_series(ratios.summary)),
        scenarios=tuple(ratios.summary.scenarios),
        omitted=(),
        notes=tuple(f"not used: {text}" for text in ratios.failures),
    )


def _named(study: Study, key: str) -> tuple[str, ...]:
    """What a key of ``studies`` names."""
    return {"perpetrator": study.perpetrators, "victim": (study.victim,), "without": (study.id,)}[key]


def _lloq(table: DataTable, refuse: Refuse) -> tuple[float, str] | None:
    if table.lloq is None:
        return None
    try:
        value = parse(table.lloq, "concentration", "molar concentration", example="0.1 mg/L")
    except ValueError as error:
        refuse(("lloq",), str(error))
        return None
    return value, dimension_of(split(table.lloq)[1])


def _inner(name: str, error: InputError) -> Iterator[str]:
    """The problems of a file that a key names."""
    for problem in error.problems:
        where = ", ".join(part for part in (f"line {problem.line}" if problem.line else "", problem.key) if part)
        yield f"{name}: {where}{': ' if where else ''}{problem.message}"


def _oddities(scenarios: Sequence[Scenario]) -> Iterator[str]:
    """What looks like a slip in a scenario, and what its names mean."""
    for scenario in scenarios:
        for text in (*scenario.names, *scenario.warnings):
            yield f"{scenario.path.name}: {text}"


def within(index: int, refuse: Refuse) -> Refuse:
    """What reports a problem at a key of the entry."""

    def report(key: Key, message: str) -> None:
        refuse(("data", index, *key), message)

    return report
