"""The files of a population, and the folder they go to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from pkinteract.errors import PopulationError
from pkinteract.export import write_parquet
from pkinteract.export.parquet import require_parquet
from pkinteract.export.record.population import record
from pkinteract.export.tables.population import bands_table, days_table, metrics_table, risk_table
from pkinteract.population.people.specification import specification
from pkinteract.population.run.executors import executor
from pkinteract.population.run.partitions import Form
from pkinteract.population.run.plan import plan_of
from pkinteract.population.run.store import FOLDER, Store, run
from pkinteract.population.statistics.tally import Tally
from pkinteract.report.population.text import population_lines
from pkinteract.scenario import Scenario
from pkinteract.text.csv import csv_text, write_csv
from pkinteract.text.folder import RECORD, Writer, refuse_foreign, write_all
from pkinteract.text.record import write_record

Progress = Callable[[int, int], Callable[[int], None]]
"""From the number of all patients, and of those that are there already, to what is told of every further one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command was asked for; None where it was not said."""

    n: int | None
    seed: int | None
    workers: int | None
    scheduler: str | None
    profiles: bool
    form: Form
    resume: bool
    keep_partitions: bool
    figure: bool
    force: bool


def run_population(
    scenario: Scenario, folder: Path, wanted: Wanted, progress: Progress | None
) -> tuple[list[str], PopulationError | None]:
    """Everything that the command does.

    Returns
    -------
    tuple
        The lines that it prints; and the error with which it ends after these where nobody has a result. Files are
        written all the same, without figures, since they hold the reason of every patient.

    Raises
    ------
    InputError
        When the folder holds something else, Parquet or Dask is missing, or the scheduler does not answer.
    SimulationError
        When the typical patient cannot be simulated.
    ClusterError
        When the workers or their scheduler are lost.
    """
    if wanted.form == "parquet" or wanted.profiles:
        require_parquet("--format" if wanted.form == "parquet" else "--profiles")
    if not wanted.force:
        refuse_foreign(folder, _name(scenario), unfinished=(FOLDER,))
    plan = plan_of(scenario, specification(scenario, wanted.n, wanted.seed), profiles=wanted.profiles)
    store = Store(plan=plan, form=wanted.form, top=folder)
    with executor(wanted.workers, wanted.scheduler) as compute:
        store.begin(resume=wanted.resume, force=wanted.force)
        ready = store.finished()
        there = sum(len(plan.patients(partition)) for partition in ready)
        tally = run(store, ready, compute, progress(plan.spec.n, there) if progress else _silent)
    somebody = bool(tally.patients[0])
    written = _write(store, tally, figure=wanted.figure and somebody, keep=wanted.keep_partitions)
    lines = population_lines(plan, tally, len(ready), written)
    tally.give_back()
    return lines, None if somebody else PopulationError(scenario.name, plan.spec.n, tally.failures.values())


def _silent(_: int) -> None:
    """Tell nobody."""


def _name(scenario: Scenario) -> str:
    return f"{scenario.name}-population"


def _write(store: Store, tally: Tally, *, figure: bool, keep: bool) -> list[Path]:
    """Hand out what is kept in partitions, write everything else, and remove what an earlier run left."""
    plan, ours = store.plan, (store.top / RECORD).is_file()
    earlier = [*store.top.glob("fan-*.png"), *store.top.glob("fan-*.svg")] if ours else []
    put, ending = (write_parquet, "parquet") if store.form == "parquet" else (write_csv, "csv")
    tables = {"bands": bands_table, "days": days_table, "metrics": metrics_table, "risk": risk_table}
    files: dict[str, Writer] = {f"{name}.{ending}": partial(put, table(plan, tally)) for name, table in tables.items()}
    if store.form == "csv":
        files = {"patients.csv": partial(_write_patients, store), **files}
    elif ours:
        earlier.append(store.top / "patients.csv")
    files[RECORD] = partial(write_record, record(_name(plan.scenario), plan, tally))
    if figure:
        from pkinteract.report.drawing import save
        from pkinteract.report.population.figure import draw_fan

        for place, analyte in enumerate(plan.analytes):
            drawing = draw_fan(plan, tally, place)
            files |= dict.fromkeys((f"fan-{analyte.id}.png", f"fan-{analyte.id}.svg"), partial(save, drawing))
    handed = store.hand_out(keep=keep)
    written = write_all(store.top, files)
    for path in set(earlier) - set(written):
        path.unlink(missing_ok=True)
    if not keep:
        store.remove()
    return [*handed, *written, *([store.folder] if keep else [])]


def _write_patients(store: Store, path: Path) -> None:
    """Write ``patients.csv`` a partition at a time."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for partition in range(store.plan.partitions):
            head, end, rows = csv_text(store.columns(partition)).partition("\r\n")
            file.write(rows if partition else head + end + rows)
