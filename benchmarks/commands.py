"""Whole commands on the headline scenario, from the start of the process to its end."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from table import Section, medians

HEADLINE = Path(__file__).parents[1] / "scenarios" / "carbamazepine-to-levetiracetam.toml"
ROUNDS = 9


def sections() -> Iterator[Section]:
    """One table."""
    command = [sys.executable, "-m", "pkinteract"]
    out = tempfile.mkdtemp(prefix="pkinteract-bench-")
    lines = {
        "bare Python": [sys.executable, "-c", "pass"],
        "import numpy": [sys.executable, "-c", "import numpy"],
        "pkinteract --help": [*command, "--help"],
        "pkinteract check": [*command, "check", str(HEADLINE)],
        "pkinteract run --no-figure": [*command, "run", str(HEADLINE), "--no-figure", "--out", f"{out}/plain"],
        "pkinteract run": [*command, "run", str(HEADLINE), "--out", f"{out}/figure"],
    }
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}

    def call(line: list[str]) -> Callable[[], object]:
        return lambda: subprocess.run(line, check=True, capture_output=True, env=environment)

    found = medians({name: call(line) for name, line in lines.items()}, ROUNDS)
    yield Section(
        title="Commands",
        said=f"The headline scenario, 150 days, from start to end of the process; medians of {ROUNDS} rounds.",
        head=("command", "seconds"),
        rows=[(name, f"{seconds:.2f}") for name, seconds in found.items()],
    )
