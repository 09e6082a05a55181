"""A population once more in a process that has run one before. Usage: again.py SCENARIO FOLDER N...

Prints the median seconds of every size as JSON, over rounds in which small sizes are run more often.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

from click.testing import CliRunner

from pkinteract.cli import main

ROUNDS, SMALL, OFTEN = 3, 1_000, 5
"""Rounds; sizes up to ``SMALL`` are run ``OFTEN`` in each."""


def again(scenario: str, folder: Path, sizes: list[int]) -> dict[int, float]:
    """Median seconds of each size."""
    taken: dict[int, list[float]] = {n: [] for n in sizes}
    _run(scenario, SMALL, folder / "first")
    for _ in range(ROUNDS):
        small, large = [n for n in sizes if n <= SMALL], [n for n in sizes if n > SMALL]
        for n in OFTEN * small + large:
            taken[n].append(_run(scenario, n, folder / str(n)))
    return {n: statistics.median(seconds) for n, seconds in taken.items()}


def _run(scenario: str, n: int, folder: Path) -> float:
    begin = time.perf_counter()
    line = ["population", scenario, "-n", str(n), "--no-figure", "--out", str(folder)]
    CliRunner().invoke(main, line, catch_exceptions=False)
    return time.perf_counter() - begin


if __name__ == "__main__":
    print(json.dumps(again(sys.argv[1], Path(sys.argv[2]), [int(n) for n in sys.argv[3:]])))
