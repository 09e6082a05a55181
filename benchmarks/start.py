"""Whole commands on the headline scenario, from the start of the process to its end, against importing numpy alone.

Usage: python benchmarks/start.py prints this table by itself.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from table import Section, timed, times

HEADLINE = Path(__file__).parents[1] / "scenarios" / "carbamazepine-to-levetiracetam.toml"
NUMPY = "import numpy"
ROUNDS = 15


def sections() -> Iterator[Section]:
    """One table."""
    command = [sys.executable, "-m", "pkinteract"]
    out = tempfile.mkdtemp(prefix="pkinteract-bench-")
    lines = {
        "bare Python": [sys.executable, "-c", "pass"],
        NUMPY: [sys.executable, "-c", NUMPY],
        "pkinteract --help": [*command, "--help"],
        "pkinteract check": [*command, "check", str(HEADLINE)],
        "pkinteract run --no-figure": [*command, "run", str(HEADLINE), "--no-figure", "--out", f"{out}/plain"],
        "pkinteract run": [*command, "run", str(HEADLINE), "--out", f"{out}/figure"],
    }
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def call(line: list[str]) -> Callable[[], object]:
        return lambda: subprocess.run(line, check=True, capture_output=True, env=environment)

    found = timed({name: call(line) for name, line in lines.items()}, ROUNDS)
    ratios = {
        name: statistics.median(mine / numpy for mine, numpy in zip(taken, found[NUMPY], strict=True))
        for name, taken in found.items()
    }
    yield Section(
        title="Commands",
        said=f"The headline scenario, 150 days, from start to end of the process; medians of {ROUNDS} interleaved "
        "rounds, also of the ratios to the time that importing numpy takes in the same round.",
        head=("command", "seconds", "times importing numpy"),
        rows=[(name, f"{statistics.median(taken):.2f}", times(ratios[name])) for name, taken in found.items()],
    )


if __name__ == "__main__":
    for section in sections():
        print(section.text())
