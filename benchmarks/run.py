"""How long things take on this machine, as ratios within one run. Usage: make bench.

Prints a table per question and writes them to docs/benchmarks.md. Short things are medians of several interleaved
rounds, long ones are run once or three times, as the table says.
"""

from __future__ import annotations

import os
import platform
import sys
from datetime import date
from pathlib import Path

import accuracy
import large
import populations
import solvers
import start
from table import Section

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
INTRODUCTION = """# Benchmarks

One run of `make bench`, on the machine that is named below; it takes about {minutes:.0f} minutes there. Other machines
give other seconds and, within some tens of percent, the same ratios.

The common problem is [common.toml](../benchmarks/common.toml): amitriptyline for 120 days, carbamazepine in the first
week and levetiracetam throughout, 374 doses; twelve states that move; levels at every hour, a relative tolerance of
1e-6 or the error that we promise, 1e-5 of Cmax.
"""


def main() -> None:
    """Measure everything, print it and write the page."""
    import time

    begin = time.perf_counter()
    sections: list[Section] = []
    for measure in (solvers.sections, populations.sections, accuracy.sections, start.sections, large.sections):
        for section in measure():
            print(section.text(), flush=True)
            sections.append(section)
    minutes = (time.perf_counter() - begin) / 60
    head = INTRODUCTION.format(minutes=max(1.0, minutes))
    PAGE.write_text("\n".join([head, _machine(), *(section.markdown() for section in sections)]), "utf-8")
    print(f"wrote {PAGE}")


def _machine() -> str:
    model = next((line.split(":")[1].strip() for line in _lines("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = next((line.split()[1] for line in _lines("/proc/meminfo") if line.startswith("MemTotal")), "0")
    versions = ", ".join(f"{name} {_version(name)}" for name in ("numpy", "scipy", "numba"))
    where = f"{model or platform.machine()}, {os.cpu_count()} cores, {int(memory) / 2**20:.0f} GiB"
    return f"Measured on {date.today()}: {where}; Python {sys.version.split()[0]}, {versions}.\n"


def _version(name: str) -> str:
    from importlib.metadata import version

    return version(name)


def _lines(path: str) -> list[str]:
    return Path(path).read_text("utf-8").splitlines() if Path(path).exists() else []


if __name__ == "__main__":
    main()
