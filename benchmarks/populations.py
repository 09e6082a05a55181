"""How time and memory of a population grow, in processes of their own and in one that has run a population before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from table import Section, medians

COMMON, AGAIN = Path(__file__).with_name("common.toml"), Path(__file__).with_name("again.py")
SIZES = (1, 10, 100, 1_000, 10_000, 100_000)
COUNT, ROUNDS = 8_000, 3

_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def sections() -> Iterator[Section]:
    """Tables of time and memory over subjects, and of time over days, compounds, cores and the first use."""
    out = Path(tempfile.mkdtemp(prefix="pkinteract-bench-"))
    _population(COMMON, 16, out / "warm")
    memory: dict[int, float] = {}

    def alone(n: int) -> None:
        memory[n] = max(memory.get(n, 0.0), _population(COMMON, n, out / str(n))[1])

    found = medians({n: partial(alone, n) for n in SIZES}, ROUNDS, warm=False)
    again = _again(COMMON, out / "again")
    yield Section(
        title="Time and memory over subjects",
        said="`pkinteract population` on the common problem, without figures: from start to end of a process, medians "
        f"of {ROUNDS} and the largest memory of all; and once more in a process that has run it before, medians of 3, "
        "of 15 up to a thousand. Without the start, the median of the times of 1, 10 and 100, time grows from 1,000 to "
        f"100,000 subjects with their number to the power {_power(again):.2f} in a process that has run before. In "
        f"processes of their own that is {_power(found):.2f}, and uncertain: from one to the next the start varies by "
        "what a thousand take.",
        head=("subjects", "seconds", "largest memory, MB", "seconds, run before", "subjects a second"),
        rows=[
            (f"{n:,}", f"{found[n]:.2f}", f"{memory[n]:.0f}", f"{again[n]:.2f}", f"{n / again[n]:,.0f}") for n in SIZES
        ],
    )
    yield _variants(out)
    empty = {"PKINTERACT_CACHE": str(out / "cache")}
    yield Section(
        title="First use",
        said="Sixteen subjects of the common problem: the shared code is compiled once on a machine and kept on disk, "
        "and so is the step of a structure, which is traced at its first run.",
        head=("cache", "seconds"),
        rows=[
            (name, f"{_population(COMMON, 16, out / name, extra=empty)[0]:.1f}") for name in ("empty", "filled before")
        ],
    )


def _power(seconds: Mapping[int, float]) -> float:
    """The slope of time over subjects on logarithmic scales, without the start: the median of the small sizes."""
    small, large = [n for n in SIZES if n <= 100], [n for n in SIZES if n >= 1_000]
    start = np.median([seconds[n] for n in small])
    return float(np.polyfit(np.log(large), np.log([seconds[n] - start for n in large]), 1)[0])


def _again(scenario: Path, folder: Path) -> dict[int, float]:
    """Seconds of each size once more in one process."""
    line = [sys.executable, str(AGAIN), str(scenario), str(folder), *map(str, SIZES)]
    printed = subprocess.run(line, check=True, capture_output=True, text=True).stdout
    return {int(n): float(seconds) for n, seconds in json.loads(printed).items()}


def _variants(out: Path) -> Section:
    """Time on one core, over other days, and with fewer compounds."""
    text = COMMON.read_text("utf-8")
    head, *regimens = text.split("[[regimen]]")
    changed = {f"{days} d": text.replace("120 d", f"{days} d") for days in (30, 60, 240)}
    for count, name in ((1, "amitriptyline alone"), (2, "with carbamazepine")):
        changed[name] = "[[regimen]]".join([head, *regimens[:count]])
    calls = {
        "one subject": partial(_population, COMMON, 1, out / "one"),
        "the common problem": partial(_population, COMMON, COUNT, out / "base"),
        "on one core": partial(_population, COMMON, COUNT, out / "core", cores={0}),
    }
    for place, (name, content) in enumerate(changed.items()):
        path = out / f"variant-{place}.toml"
        path.write_text(content, "utf-8")
        _population(path, 16, path.with_suffix(""))
        calls[name] = partial(_population, path, COUNT, path.with_suffix(""))
    taken = medians(calls, ROUNDS, warm=False)
    start = taken.pop("one subject")
    base = taken["the common problem"] - start
    return Section(
        title="Time over cores, days and compounds",
        said=f"{COUNT:,} subjects in a process of their own, less the {start:.1f} s of a single one; medians of "
        f"{ROUNDS} interleaved rounds. One core writes the files.",
        head=("what", "seconds", "of the common problem"),
        rows=[(name, f"{t - start:.2f}", f"{(t - start) / base:.2f}") for name, t in taken.items()],
    )


def _population(
    scenario: Path, n: int, folder: Path, *, cores: set[int] | None = None, extra: Mapping[str, str] | None = None
) -> tuple[float, float]:
    """Seconds and peak memory [MB] of the command."""
    line = [sys.executable, "-m", "pkinteract", "population", str(scenario), "-n", str(n)]
    line += ["--no-figure", "--out", str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    pin = None if cores is None else (lambda: os.sched_setaffinity(0, cores))
    begin = time.perf_counter()
    peak = subprocess.run(
        [sys.executable, "-c", _PEAK, *line],
        check=True,
        capture_output=True,
        text=True,
        env={**environment, **(extra or {})},
        preexec_fn=pin,
    ).stdout
    return time.perf_counter() - begin, int(peak) / 1024
