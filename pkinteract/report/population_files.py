"""The files of a population, and the folder they go to."""

from __future__ import annotations

import hashlib
import json
import platform
import shutil
import tempfile
from collections.abc import Callable, Mapping, Set
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Literal

import numpy as np

from pkinteract import __version__
from pkinteract.errors import PopulationError
from pkinteract.export import refuse_foreign, write_all, write_csv, write_parquet
from pkinteract.export.csv import csv_text
from pkinteract.export.folder import RECORD, Writer
from pkinteract.export.parquet import require_parquet
from pkinteract.population.block import Columns
from pkinteract.population.executors import executor
from pkinteract.population.partitions import Form, parquet_bytes
from pkinteract.population.plan import Plan, plan_of
from pkinteract.population.spec import specification
from pkinteract.population.store import FOLDER, Store, run
from pkinteract.population.tables import bands_table, days_table, metrics_table, risk_table
from pkinteract.population.tally import Tally
from pkinteract.report import spare_help_texts
from pkinteract.report.drawing import Begin, Draw, drawing
from pkinteract.report.population_fan import fan_of
from pkinteract.report.population_text import NOTICE, population_lines
from pkinteract.scenario import Scenario

Progress = Callable[[int, int], Callable[[int], None]]
"""From the number of all patients, and of those that are there already, to what is told of every further one."""


def _csv(columns: Columns) -> bytes:
    return csv_text(columns).encode()


def _parquet(columns: Columns) -> bytes:
    return parquet_bytes([columns])


FORMS = {"csv": Form(ending="csv", written=_csv), "parquet": Form(ending="parquet", written=_parquet)}
"""How the rows of patients may be written."""

SMALL = 10_000
"""Patients up to whom matplotlib is loaded while they are computed; with more of them its memory comes after theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the command was asked for; None where it was not said."""

    n: int | None
    seed: int | None
    workers: int | None
    scheduler: str | None
    profiles: bool
    form: Literal["csv", "parquet"]
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
    spec = specification(scenario, wanted.n, wanted.seed)
    with drawing(partial(_fans, scenario), beside=wanted.figure and spec.n <= SMALL) as draw:
        return _run(plan_of(scenario, spec, profiles=wanted.profiles), folder, wanted, progress, draw)


def _fans(scenario: Scenario) -> Draw:
    """What draws the figures; imports matplotlib."""
    spare_help_texts()
    from pkinteract.report.population_figure import write_fan

    return partial(write_fan, scenario)


def _run(
    plan: Plan, folder: Path, wanted: Wanted, progress: Progress | None, draw: Begin
) -> tuple[list[str], PopulationError | None]:
    store = Store(plan=plan, form=FORMS[wanted.form], top=folder)
    with executor(wanted.workers, wanted.scheduler) as compute:
        store.begin(resume=wanted.resume, force=wanted.force)
        ready = store.finished()
        there = sum(len(plan.patients(partition)) for partition in ready)
        tally = run(store, ready, compute, progress(plan.spec.n, there) if progress else _silent)
    somebody = bool(tally.patients[0])
    written = _write(store, tally, draw if wanted.figure and somebody else None, keep=wanted.keep_partitions)
    lines = population_lines(plan, tally, len(ready), written)
    tally.give_back()
    return lines, None if somebody else PopulationError(plan.scenario.name, plan.spec.n, tally.failures.values())


def _silent(_: int) -> None:
    """Tell nobody."""


def _name(scenario: Scenario) -> str:
    return f"{scenario.name}-population"


def _write(store: Store, tally: Tally, draw: Begin | None, *, keep: bool) -> list[Path]:
    """Hand out what is kept in partitions, write everything else, and remove what an earlier run left."""
    plan, ours = store.plan, (store.top / RECORD).is_file()
    earlier = [*store.top.glob("fan-*.png"), *store.top.glob("fan-*.svg")] if ours else []
    if ours and store.form.ending != "csv":
        earlier.append(store.top / "patients.csv")
    with tempfile.TemporaryDirectory(prefix="pkinteract-") as room:
        fans: dict[str, Writer] = {} if draw is None else _drawn(plan, tally, draw, Path(room))
        files: dict[str, Writer] = {**_tables(store, tally), RECORD: partial(_write_record, plan, tally), **fans}
        handed = store.hand_out(keep=keep)
        written = write_all(store.top, files)
    for path in set(earlier) - set(written):
        path.unlink(missing_ok=True)
    if not keep:
        store.remove()
    return [*handed, *written, *([store.folder] if keep else [])]


def _tables(store: Store, tally: Tally) -> dict[str, Writer]:
    """Writers of the tables."""
    put, ending = (write_parquet, "parquet") if store.form.ending == "parquet" else (write_csv, "csv")
    tables = {"bands": bands_table, "days": days_table, "metrics": metrics_table, "risk": risk_table}
    files: dict[str, Writer] = {"patients.csv": store.put_together} if store.form.ending == "csv" else {}
    for name, table in tables.items():
        files[f"{name}.{ending}"] = partial(put, table(store.plan, tally))
    return files


def _drawn(plan: Plan, tally: Tally, draw: Begin, room: Path) -> dict[str, Writer]:
    """Writers of the figures, which are drawn in a ``room`` meanwhile."""
    names = [[f"fan-{analyte.id}.{ending}" for ending in ("png", "svg")] for analyte in plan.analytes]
    fans = [fan_of(plan, tally, place) for place in range(len(plan.analytes))]
    wait = cache(draw([(fan, [room / name for name in both]) for fan, both in zip(fans, names, strict=True)]))

    def put(name: str, path: Path) -> None:
        wait()
        shutil.move(room / name, path)

    return {name: partial(put, name) for both in names for name in both}


def _write_record(plan: Plan, tally: Tally, path: Path) -> None:
    """Write ``run.json``: what was run, and on whom."""
    scenario = plan.scenario
    record = {
        "notice": NOTICE,
        "versions": {"pkinteract": __version__, "python": platform.python_version(), "numpy": np.__version__},
        "scenario": {
            "name": _name(scenario),
            "title": scenario.title,
            "sha256": hashlib.sha256(scenario.text.encode()).hexdigest(),
            "text": scenario.text,
        },
        "population": _plain(asdict(plan.spec)),
        "patients": {"simulated": int(tally.patients[0]), "without_result": int(tally.patients[1])},
        "partition": plan.partition,
        "fingerprint": plan.fingerprint,
        "reference_day": [float(plan.windows.ends[plan.windows.reference]) / 24 - 1, "24 h from there on, in days"],
        "analytes": [
            {
                "id": row.id,
                "unit": row.unit,
                "reference_low": row.low,
                "reference_high": row.high,
                "alert": row.alert,
                "range_source": row.range_source,
            }
            for row in plan.analytes
        ],
        "warnings": list(scenario.warnings),
    }
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", "utf-8")


def _plain(thing: object) -> object:
    """What JSON can hold."""
    if isinstance(thing, Mapping):
        return {"/".join(key) if isinstance(key, tuple) else str(key): _plain(value) for key, value in thing.items()}
    if isinstance(thing, Set):
        return sorted(thing)
    return [_plain(part) for part in thing] if isinstance(thing, (list, tuple)) else thing
