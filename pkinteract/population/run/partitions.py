"""Partitions: pieces of a run that are computed anywhere and travel as files.

What a worker gives back is the content of a few files: ``patients-00012.csv`` or ``.parquet`` with the rows of the
patients, ``profiles-00012.parquet`` if it is asked for, and ``00012.npz`` with the counts.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from pkinteract.engine.counts.bins import gathered, scatter
from pkinteract.engine.kernel.digits import joined_numbers
from pkinteract.engine.lanes.types import Levels
from pkinteract.engine.memory import release
from pkinteract.population.run.block import Columns, run_block
from pkinteract.population.run.plan import BLOCK, RunPlan
from pkinteract.population.statistics.tally import Tally, empty_tally
from pkinteract.text.csv import csv_text


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the rows of the patients are written, each partition where it is computed: ending and content of a file."""

    ending: Literal["csv", "parquet"]
    written: Callable[[Columns], bytes]


PATIENTS, PROFILES = "patients", "profiles"

Files = Mapping[str, bytes]
"""Name of a file to its content, the one that makes the partition complete last."""


def compute(plan: RunPlan, partition: int, form: Form, done: Callable[[int], None] | None = None) -> Files:
    """Simulate a partition.

    Parameters
    ----------
    done
        Is told the number of patients of every block that is finished.

    Raises
    ------
    InputError
        As :func:`pkinteract.population.run.block.run_block` does.
    """
    numbers = plan.patients(partition)
    tally = empty_tally(plan, len(numbers))
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
    files: dict[str, bytes] = {f"{PATIENTS}-{partition:05}.{form.ending}": form.written(columns)}
    if plan.profiles:
        files[f"{PROFILES}-{partition:05}.parquet"] = parquet_bytes(profiles)
    files[f"{partition:05}.npz"] = _packed(plan, tally, files)
    tally.release()
    return files


def _long(plan: RunPlan, patients: npt.NDArray[Any], profiles: Levels) -> Columns:
    """Profiles (analyte, time, patient) with a row for every patient and time."""
    times = np.tile(plan.grid, len(patients))
    columns: dict[str, npt.NDArray[Any]] = {"patient": np.repeat(patients, len(plan.grid)), "time_h": times}
    return columns | {analyte.column: profiles[n].T.ravel() for n, analyte in enumerate(plan.analytes)}


def parquet_bytes(tables: Sequence[Columns]) -> bytes:
    """Tables of the same columns as one Parquet file, a row group each."""
    import pyarrow as pa
    from pyarrow import parquet

    file = io.BytesIO()
    first = pa.table(dict(tables[0]))
    with parquet.ParquetWriter(file, first.schema) as writer:
        for table in tables:
            writer.write_table(pa.table(dict(table), schema=first.schema))
    return file.getvalue()


def checksums(files: Files) -> str:
    """The SHA-256 of every file by its name, as text."""
    return json.dumps({name: hashlib.sha256(content).hexdigest() for name, content in files.items()}, sort_keys=True)


def _packed(plan: RunPlan, tally: Tally, beside: Files) -> bytes:
    """The counts of a partition as one file, with the checksums of the files beside it."""
    packed = {f"counts {name}": gathered(counts) for name, counts in tally.arrays().items()}
    arrays: dict[str, npt.NDArray[Any]] = {"plan": np.array(plan.fingerprint), **packed}
    arrays["beside"] = np.array(checksums(beside))
    arrays["failures"] = np.array(json.dumps(list(tally.failures.items())))
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    for pairs in packed.values():
        release(pairs)
    return file.getvalue()


def add_packed(total: Tally, content: bytes) -> None:
    """Add the counts of a stored partition to a tally."""
    with np.load(io.BytesIO(content)) as arrays:
        for name, counts in total.arrays().items():
            scatter(arrays[f"counts {name}"], counts)
        total.name(dict(json.loads(str(arrays["failures"]))))


def _csv(columns: Columns) -> bytes:
    return csv_text(columns, joined_numbers).encode()


def _single_parquet(columns: Columns) -> bytes:
    return parquet_bytes([columns])


FORMS = {"csv": Form(ending="csv", written=_csv), "parquet": Form(ending="parquet", written=_single_parquet)}
"""How the rows of patients may be written."""
