"""How time and memory of a population grow, each size in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np
from table import Section

COMMON = Path(__file__).parent / "common.toml"
SIZES = (1, 10, 100, 1_000, 10_000, 100_000)
COUNT = 8_000

_PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, capture_output=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def sections() -> Iterator[Section]:
    """Tables of time and memory over subjects, and of time over days, compounds, cores and the first use."""
    out = Path(tempfile.mkdtemp(prefix="pkinteract-bench-"))
    _population(COMMON, 16, out / "warm")
    found = {n: _population(COMMON, n, out / str(n)) for n in SIZES}
    start = min(seconds for n, (seconds, _) in found.items() if n <= 100)
    large = [n for n in SIZES if n >= 1_000]
    slope = np.polyfit(np.log(large), np.log([found[n][0] - start for n in large]), 1)[0]
    yield Section(
        title="Time and memory over subjects",
        said="`pkinteract population` on the common problem, without figures, from start to end of the process; "
        f"once each. From a thousand subjects on, the time without the {start:.1f} s that the smallest take grows with "
        f"their number to the power {slope:.2f}.",
        head=("subjects", "seconds", "subjects a second", "largest memory, MB"),
        rows=[(f"{n:,}", f"{t:.1f}", f"{n / t:,.0f}", f"{memory:.0f}") for n, (t, memory) in found.items()],
    )
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
        said=f"{COUNT:,} subjects, less the {start:.1f} s that the smallest populations take. One core writes the "
        "files.",
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
