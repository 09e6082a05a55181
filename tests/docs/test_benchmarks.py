"""The benchmarks: what they take from the package is there."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def test_every_benchmark_can_begin() -> None:
    """All of their modules load; what they measure is measured by ``make bench`` alone."""
    names = sorted(path.stem for path in BENCHMARKS.glob("*.py") if path.stem != "again")
    program = f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r}); import {', '.join(names)}"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)

    assert len(names) >= 6
    assert (done.returncode, done.stderr) == (0, "")
