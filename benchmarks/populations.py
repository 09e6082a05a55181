"""How time and memory of a population grow, in processes of their own and in one that has run a population before."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import numpy as np
from click.testing import CliRunner
from table import Section, medians

from pkinteract.cli import main

COMMON = Path(__file__).parent / "common.toml"
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
    _again(COMMON, 1_000, out / "again")
    again = medians({n: partial(_again, COMMON, n, out / f"again-{n}") for n in SIZES}, ROUNDS, warm=False)
    yield Section(
        title="Time and memory over subjects",
        said="`pkinteract population` on the common problem, without figures: from start to end of a process, and once "
        f"more in a process that has run it before; medians of {ROUNDS} rounds, the largest memory of all. Without "
        "what one subject takes, the time grows from 1,000 to 100,000 subjects with their number to the power "
        f"{_power(again):.2f} where all is loaded, {_power(found):.2f} in processes of their own, where the first "
        "thousand also pay for memory that was never touched.",
        head=("subjects", "seconds", "largest memory, MB", "seconds, run before", "subjects a second"),
        rows=[
            (f"{n:,}", f"{found[n]:.2f}", f"{memory[n]:.0f}", f"{again[n]:.2f}", f"{n / again[n]:,.0f}") for n in SIZES
        ],
    )
    start = found[1]
    base = _population(COMMON, COUNT, out / "base")[0]
    rows = [("the common problem", base)]
    rows.append(("on one core", _population(COMMON, COUNT, out / "core", cores={0})[0]))
    text = COMMON.read_text("utf-8")
    for days in (30, 60, 240):
        rows.append((f"{days} d", _changed(text.replace("120 d", f"{days} d"), out / f"days-{days}")))
    head, *regimens = text.split("[[regimen]]")
    for count, name in ((1, "amitriptyline alone"), (2, "with carbamazepine")):
        rows.append((name, _changed("[[regimen]]".join([head, *regimens[:count]]), out / f"drugs-{count}")))
    yield Section(
        title="Time over cores, days and compounds",
        said=f"{COUNT:,} subjects, less the {start:.1f} s that one takes. One core writes the files.",
        head=("what", "seconds", "of the common problem"),
        rows=[(name, f"{t - start:.2f}", f"{(t - start) / (base - start):.2f}") for name, t in rows],
    )
    empty = {"PKINTERACT_CACHE": str(out / "cache")}
    yield Section(
        title="First use",
        said="Sixteen subjects of the common problem: a new structure is compiled once and kept on disk.",
        head=("cache", "seconds"),
        rows=[
            (name, f"{_population(COMMON, 16, out / name, extra=empty)[0]:.1f}") for name in ("empty", "filled before")
        ],
    )


def _power(seconds: Mapping[int, float]) -> float:
    """The slope of time over subjects on logarithmic scales, without what one subject takes."""
    large = [n for n in SIZES if n >= 1_000]
    return float(np.polyfit(np.log(large), np.log([seconds[n] - seconds[1] for n in large]), 1)[0])


def _again(scenario: Path, n: int, folder: Path) -> None:
    """The command in this process."""
    line = ["population", str(scenario), "-n", str(n), "--no-figure", "--out", str(folder)]
    CliRunner().invoke(main, line, catch_exceptions=False)


def _changed(text: str, folder: Path) -> float:
    """Seconds of a changed common problem, compiled before."""
    path = folder.with_suffix(".toml")
    path.write_text(text, "utf-8")
    _population(path, 16, folder / "warm")
    return _population(path, COUNT, folder / "run")[0]


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
