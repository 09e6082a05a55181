"""Partitions: pieces of a run that are computed anywhere and travel as files.

What a worker gives back is the content of a few files: ``00012.npz`` with the counts and, unless they are Parquet, the
rows of the patients; ``patients-00012.parquet`` and ``profiles-00012.parquet`` where they are asked for.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pkinteract.engine.lanes.counts import gathered, scatter
from pkinteract.engine.lanes.solve import Levels
from pkinteract.engine.memory import give_back
from pkinteract.population.run.block import Columns, run_block
from pkinteract.population.run.plan import BLOCK, Plan
from pkinteract.population.statistics.tally import Tally, empty

Form = Literal["csv", "parquet"]
"""How the rows of the patients are kept: in the partition until they are written as CSV, or as Parquet at once."""

PATIENTS, PROFILES = "patients", "profiles"

Files = Mapping[str, bytes]
"""Name of a file to its content, the one that makes the partition complete last."""


def compute(plan: Plan, partition: int, form: Form, done: Callable[[int], None] | None = None) -> Files:
    """Simulate a partition.

    Parameters
    ----------
    done
        Is told the number of patients of every block that is finished.
    """
    numbers = plan.patients(partition)
    tally = empty(plan, len(numbers))
    parts: list[Columns] = []
    profiles: list[Columns] = []
    for start in range(numbers.start, numbers.stop, BLOCK):
        block = run_block(plan, range(start, min(start + BLOCK, numbers.stop)), tally)
        parts.append(block.columns)
        if block.profile is not None:
            profiles.append(_long(plan, block.columns["patient"], block.profile))
        if done is not None:
            done(len(block.columns["patient"]))
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    files: dict[str, bytes] = {}
    if form == "parquet":
        files[f"{PATIENTS}-{partition:05}.parquet"] = _parquet([columns])
    if plan.profiles:
        files[f"{PROFILES}-{partition:05}.parquet"] = _parquet(profiles)
    files[f"{partition:05}.npz"] = _packed(plan, tally, columns if form == "csv" else {})
    tally.give_back()
    return files


def _long(plan: Plan, patients: npt.NDArray[Any], profiles: Levels) -> Columns:
    """Profiles (analyte, time, patient) with a row for every patient and time."""
    times = np.tile(plan.grid, len(patients))
    columns: dict[str, npt.NDArray[Any]] = {"patient": np.repeat(patients, len(plan.grid)), "time_h": times}
    return columns | {row.column: profiles[n].T.ravel() for n, row in enumerate(plan.analytes)}


def _parquet(tables: Sequence[Columns]) -> bytes:
    """Tables of the same columns as one Parquet file, a row group each."""
    import pyarrow as pa
    from pyarrow import parquet

    file = io.BytesIO()
    first = pa.table(dict(tables[0]))
    with parquet.ParquetWriter(file, first.schema) as writer:
        for table in tables:
            writer.write_table(pa.table(dict(table), schema=first.schema))
    return file.getvalue()


def _packed(plan: Plan, tally: Tally, columns: Columns) -> bytes:
    """The counts and columns of a partition as one file; text as places in a list of the words that occur."""
    packed = {f"counts {name}": gathered(counts) for name, counts in tally.arrays().items()}
    arrays: dict[str, npt.NDArray[Any]] = {"plan": np.array(plan.fingerprint), **packed}
    arrays["failures"] = np.array(json.dumps(list(tally.failures.items())))
    for name, column in columns.items():
        if column.dtype == object:
            words, places = np.unique(column.astype(str), return_inverse=True)
            arrays[f"words {name}"], arrays[f"text {name}"] = words, places.astype(np.int32)
        else:
            arrays[f"column {name}"] = column
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    for pairs in packed.values():
        give_back(pairs)
    return file.getvalue()


def add_packed(total: Tally, content: bytes) -> None:
    """Add the counts of a stored partition to a tally."""
    with np.load(io.BytesIO(content)) as arrays:
        for name, counts in total.arrays().items():
            scatter(arrays[f"counts {name}"], counts)
        total.name(dict(json.loads(str(arrays["failures"]))))


def unpacked_columns(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """The rows of a stored partition."""
    columns: dict[str, npt.NDArray[Any]] = {}
    with np.load(io.BytesIO(content)) as arrays:
        for key in arrays.files:
            kind, _, name = key.partition(" ")
            if kind == "text":
                columns[name] = arrays[f"words {name}"].astype(object)[arrays[key]]
            elif kind == "column":
                columns[name] = arrays[key]
    return columns
