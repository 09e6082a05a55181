"""Processes killed while they write, counted: ``make drills``. What is left must be an old or a new set of results.

No hook in the program helps: a run is started as a user starts it, its draft of the results is waited for, and SIGKILL
comes after a delay that sweeps over the whole write.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

DRAFT = ".unfinished-out-"
SCENARIO = """title = "{title}"
[simulation]
duration = "10 d"
[patient]
weight = "70 kg"
age = "45 y"
sex = "female"
[[regimen]]
drug = "carbamazepine"
[[regimen.course]]
from = "0 d"
until = "8 d"
dose = "{dose} mg"
every = "12 h"
"""

MINE = "mine.txt"
"""A file of the user; that it has got its second name in the draft is the sign that folder and draft change places."""

LAST = 0.006
"""How long the rest of the write may take after that sign [s]."""

Files = dict[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """A command whose write is aimed at, without its folder."""

    name: str
    arguments: tuple[str, ...]


RUNS = (
    Variant(name="run", arguments=("run", "case.toml", "--no-figure")),
    Variant(name="run with figures", arguments=("run", "case.toml")),
    Variant(name="run of two scenarios", arguments=("run", "case.toml", "other.toml", "--no-figure")),
)
SHARES = (0.7, 0.1, 0.2)
"""Of the kills, by variant."""

POPULATIONS = tuple(
    Variant(
        name=f"population, {form}",
        arguments=("population", "case.toml", "-n", "3000", "--no-figure", "--resume", "--format", form),
    )
    for form in ("csv", "parquet")
)


def write_scenarios(room: Path, dose: int) -> None:
    """The scenarios of a set, which differs from another one in every file."""
    (room / "case.toml").write_text(SCENARIO.format(title=f"case of {dose}", dose=dose), "utf-8")
    (room / "other.toml").write_text(SCENARIO.format(title=f"other of {dose}", dose=dose + 100), "utf-8")


def started(room: Path, variant: Variant, out: str, *more: str) -> subprocess.Popen[bytes]:
    """A command of its own process group, with a folder for temporary files of its own."""
    (room / "tmp").mkdir(exist_ok=True)
    line = [sys.executable, "-m", "pkinteract", *variant.arguments, "--out", out, *more]
    return subprocess.Popen(
        line,
        cwd=room,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, "TMPDIR": str(room / "tmp")},
    )


def finished(room: Path, variant: Variant, out: str, *more: str) -> None:
    """Run a command to its end."""
    process = started(room, variant, out, *more)
    _, said = process.communicate()
    if process.returncode:
        raise RuntimeError(f"{variant.name}: {said.decode()}")


def contents(folder: Path, *, without: Sequence[str] = ()) -> Files:
    """Every file below a folder but those in some of its folders."""
    files = (path for path in folder.rglob("*") if path.is_file() and path.relative_to(folder).parts[0] not in without)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def drafts(room: Path) -> list[str]:
    """Drafts of results that are there."""
    return [entry.name for entry in os.scandir(room) if entry.name.startswith(DRAFT)]


def killed(process: subprocess.Popen[bytes], room: Path, delay: float, *, after: Sequence[str] = ()) -> bool:
    """Kill a process some time [s] after all of ``after`` are in its draft; False where it was done before.

    Without ``after`` the time begins with the process; the name "." stands for the draft itself.
    """
    before = set(drafts(room))
    while process.poll() is None and not any(
        all((room / draft / name).exists() for name in after) for draft in set(drafts(room)) - before
    ):
        if not after:
            break
        time.sleep(0.0002)
    end = time.perf_counter() + delay
    while time.perf_counter() < end and process.poll() is None:
        time.sleep(min(0.0005, max(0.0, end - time.perf_counter())))
    process.kill()
    process.wait()
    if process.stderr is not None:
        process.stderr.close()
    return process.returncode == -signal.SIGKILL


def write_time(room: Path, variant: Variant) -> float:
    """How long a draft is there [s]."""
    process = started(room, variant, "out")
    before = set(drafts(room))
    while process.poll() is None and not set(drafts(room)) - before:
        time.sleep(0.0002)
    begin = time.perf_counter()
    while set(drafts(room)) - before:
        time.sleep(0.0002)
    process.communicate()
    return time.perf_counter() - begin


def kill_runs(room: Path, variant: Variant, count: int) -> Counter[str]:
    """Kill runs that would replace one set by another; how often each outcome was seen."""
    sets: dict[int, Files] = {}
    for dose in (100, 300):
        write_scenarios(room, dose)
        finished(room, variant, f"set-{dose}")
        sets[dose] = contents(room / f"set-{dose}")
    shutil.copytree(room / "set-300", room / "out")
    (room / "out" / MINE).write_text("mine", "utf-8")
    longest = min(write_time(room, variant) for _ in range(3 if count > 9 else 1))
    seen: Counter[str] = Counter()
    here = 300
    while seen["killed"] < count:
        wanted = 400 - here
        write_scenarios(room, wanted)
        place = (seen["killed"] + 0.5) / count
        last = seen["tried"] % 2 == 1
        delay, after = (LAST * place, [MINE]) if last else (longest * place, ["."])
        seen["tried"] += 1
        struck = killed(started(room, variant, "out"), room, delay, after=after)
        left = contents(room / "out")
        kept = left.pop(MINE, b"") == b"mine"
        outcome = "old" if left == sets[here] else "new" if left == sets[wanted] else "TORN"
        here = wanted if outcome == "new" else here
        seen[outcome if kept else "LOST A FILE OF THE USER"] += struck
        seen["killed" if struck else "over before"] += 1
        if seen["over before"] > 10 * count + 20:
            raise RuntimeError(f"{variant.name}: its write is over before it can be struck")
        if outcome == "TORN":
            finished(room, variant, "out")
            here = wanted
    write_scenarios(room, 400 - here)
    finished(room, variant, "out")
    seen["remains"] += len(drafts(room)) + len([*(room / "tmp").glob("pkinteract-*")])
    return seen


def kill_populations(room: Path, variant: Variant, count: int, *, seed: int = 1) -> Counter[str]:
    """Kill populations and go on until they are through; what was left, and whether the end is bit for bit the same."""
    write_scenarios(room, 100)
    begin = time.perf_counter()
    finished(room, variant, "whole", "--seed", "1")
    whole_time = time.perf_counter() - begin
    finished(room, variant, "older", "--seed", "2")
    whole, older = contents(room / "whole"), contents(room / "older")
    seen: Counter[str] = Counter()
    delays = _swept(count, whole_time, seed)
    while seen["killed"] < count:
        shutil.rmtree(room / "out", ignore_errors=True)
        shutil.copytree(room / "older", room / "out")
        (room / "out" / MINE).write_text("mine", "utf-8")
        through = False
        for _ in range(6):
            aimed, delay = next(delays)
            struck = killed(started(room, variant, "out", "--seed", "1"), room, delay, after=["."] if aimed else [])
            left = contents(room / "out", without=("partitions",))
            kept = left.pop(MINE, b"") == b"mine"
            seen["killed"] += struck
            outcome = "old" if left == older else "new" if left == whole else "TORN"
            seen[outcome if kept else "LOST A FILE OF THE USER"] += struck
            through = not struck
            if through or seen["killed"] >= count:
                break
        if not through:
            finished(room, variant, "out", "--seed", "1")
        left = contents(room / "out")
        left.pop(MINE, None)
        seen["ends"] += 1
        seen["ends that are bit for bit the same"] += left == whole
    seen["remains"] += len(drafts(room)) + len([*(room / "tmp").glob("pkinteract-*")])
    return seen


def _swept(count: int, longest: float, seed: int) -> Iterator[tuple[bool, float]]:
    """Whether to wait for the write, and delays [s]: over a whole run, and every third one over its write."""
    chance = random.Random(seed)
    while True:
        order = list(range(count))
        chance.shuffle(order)
        for n in order:
            aimed = n % 3 == 0
            yield aimed, (0.06 if aimed else longest) * n / max(1, count - 1)


def main() -> None:
    """Kill as often as asked, and print what was seen as a table."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--runs", type=int, default=400)
    asked.add_argument("--populations", type=int, default=50)
    given = asked.parse_args()
    for variant, share in zip(RUNS, SHARES, strict=True):
        with tempfile.TemporaryDirectory(prefix="drill-") as room:
            seen = kill_runs(Path(room), variant, round(given.runs * share))
            print(variant.name, json.dumps(dict(sorted(seen.items()))), flush=True)
    for variant in POPULATIONS:
        with tempfile.TemporaryDirectory(prefix="drill-") as room:
            seen = kill_populations(Path(room), variant, given.populations // len(POPULATIONS))
            print(variant.name, json.dumps(dict(sorted(seen.items()))), flush=True)


if __name__ == "__main__":
    main()
