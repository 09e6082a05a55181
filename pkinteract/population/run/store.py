"""Finished partitions in a folder, from which an interrupted run goes on."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import numpy as np

from pkinteract.errors import InputError, Problem
from pkinteract.population.run.executors import Executor
from pkinteract.population.run.partitions import PATIENTS, PROFILES, Files, Form, add_packed, checksums
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.tally import Tally, empty_tally

FOLDER, _PLAN = "partitions", "plan.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """The partitions of a plan below the folder of its results.

    A file of a partition is written under another name and renamed, its counts last: where they are, and of this plan,
    the partition is finished.
    """

    plan: RunPlan
    form: Form
    top: Path

    @property
    def folder(self) -> Path:
        """Where the partitions are."""
        return self.top / FOLDER

    def begin(self, *, resume: bool, force: bool) -> None:
        """Make the folder ready; without ``resume`` partitions of an earlier run of this plan go.

        Raises
        ------
        InputError
            When it holds partitions of another plan and ``force`` is not given, or cannot be written.
        """
        mine = self._record()
        held = _stored_plan(self.folder)
        if held is not None and held != mine and not force:
            raise _taken(self.folder, _other(held, mine, resume=resume))
        try:
            if held is not None and not (resume and held == mine):
                self.remove()
            self.folder.mkdir(parents=True, exist_ok=True)
            _write(self.folder / _PLAN, (json.dumps(mine, indent=1) + "\n").encode())
        except OSError as error:
            raise _taken(self.folder, f"cannot be written: {error.strerror or error}") from None

    def _record(self) -> dict[str, Any]:
        plan = self.plan
        return {
            "scenario": plan.scenario.name,
            "n": plan.spec.n,
            "seed": plan.spec.seed,
            "format": self.form.ending,
            "profiles": plan.profiles,
            "partition": plan.partition,
            "fingerprint": plan.fingerprint,
        }

    def finished(self) -> list[int]:
        """Numbers of the partitions that are complete and as they were written."""
        return [partition for partition in range(self.plan.partitions) if self._complete(partition)]

    def _complete(self, partition: int) -> bool:
        try:
            beside = {name: (self.folder / name).read_bytes() for name in self._rows(partition)}
            with ZipFile(self._counts(partition)) as whole, np.load(self._counts(partition)) as arrays:
                mine = str(arrays["plan"]) == self.plan.fingerprint and str(arrays["beside"]) == checksums(beside)
                return mine and whole.testzip() is None
        except (OSError, ValueError, KeyError, BadZipFile, zlib.error):
            return False

    def _counts(self, partition: int) -> Path:
        return self.folder / f"{partition:05}.npz"

    def _rows(self, partition: int) -> list[str]:
        patients = f"{PATIENTS}-{partition:05}.{self.form.ending}"
        return [patients, *([f"{PROFILES}-{partition:05}.parquet"] if self.plan.profiles else [])]

    def put(self, files: Files) -> None:
        """Keep the files of a partition.

        Raises
        ------
        InputError
            When they cannot be written.
        """
        try:
            for name, content in files.items():
                _write(self.folder / name, content)
        except OSError as error:
            raise _taken(self.folder, f"cannot be written: {error.strerror or error}") from None

    def counts(self, partition: int) -> bytes:
        """The counts of a finished partition, packed."""
        return self._counts(partition).read_bytes()

    def put_together(self, path: Path) -> None:
        """Write ``patients.csv``: the rows of all partitions below one head."""
        with path.open("wb") as file:
            for partition in range(self.plan.partitions):
                head, end, lines = (self.folder / f"{PATIENTS}-{partition:05}.csv").read_bytes().partition(b"\r\n")
                file.writelines((lines,) if partition else (head, end, lines))

    def handed_out(self) -> dict[str, Callable[[Path], None]]:
        """What puts each Parquet file where the results are, as ``patients/part-00012.parquet``."""
        return {
            f"{kind}/{path.name.replace(kind, 'part')}": partial(_put_beside, path)
            for kind in (PATIENTS, PROFILES)
            for path in sorted(self.folder.glob(f"{kind}-*.parquet"))
        }

    def remove(self) -> None:
        """Remove the partitions; anything else in their folder stays."""
        tables = [f"{PATIENTS}-*.csv", f"{PATIENTS}-*.parquet", f"{PROFILES}-*.parquet"]
        for pattern in ("[0-9]*.npz", *tables, _PLAN, "*.unfinished"):
            for path in self.folder.glob(pattern):
                path.unlink()
        if not any(self.folder.iterdir()):
            self.folder.rmdir()


def run_plan(store: Store, ready: Sequence[int], executor: Executor, done: Callable[[int], None]) -> Tally:
    """Compute what is missing of a plan and add everything up.

    Parameters
    ----------
    ready
        Partitions that are finished.
    done
        Is told numbers of patients as they are finished.

    Raises
    ------
    InputError
        When the folder cannot be written.
    ClusterError
        When the executor gives up.
    """
    plan, total = store.plan, empty_tally(store.plan, store.plan.spec.n)
    for partition in ready:
        add_packed(total, store.counts(partition))
    missing = sorted(set(range(plan.partitions)) - set(ready))
    for partition, files in executor(plan, store.form, missing, done):
        store.put(files)
        add_packed(total, files[f"{partition:05}.npz"])
    return total


def _put_beside(kept: Path, path: Path) -> None:
    """Give a file a second name, or copy it where the system cannot."""
    try:
        path.hardlink_to(kept)
    except OSError:
        shutil.copyfile(kept, path)


def _write(path: Path, content: bytes) -> None:
    draft = path.with_name(f"{path.name}.unfinished")
    draft.write_bytes(content)
    draft.replace(path)


def _stored_plan(folder: Path) -> dict[str, Any] | None:
    """What the partitions in a folder are of; None when there are none."""
    try:
        record = json.loads((folder / _PLAN).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return record if isinstance(record, dict) else None


def _other(held: dict[str, Any], mine: dict[str, Any], *, resume: bool) -> str:
    """Why partitions are of another plan, and what to do."""
    differing = [key for key in mine if key != "fingerprint" and held.get(key) != mine[key]]
    what = ", ".join(f"{key} {held.get(key)} instead of {mine[key]}" for key in differing)
    why = what or "the scenario, the drugs or the program are not those of then"
    text = f"holds partitions of another population ({why}); "
    return text + ("--resume needs the same one; " if resume else "") + "name another folder or add --force"


def _taken(folder: Path, message: str) -> InputError:
    return InputError(folder, [Problem(line=None, key="--out", message=message)])
