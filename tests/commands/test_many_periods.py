"""What the terminal shows of a run with more periods than anybody reads."""

from __future__ import annotations

from pathlib import Path

import pytest
from runs import daily, regimen, text, written

from pkinteract.cli import main


@pytest.mark.parametrize(("count", "between"), [(40, 0), (43, 3)])
def test_the_first_and_last_periods_are_shown(
    count: int, between: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Twenty of each end, and how many lie between; exposure.csv has all."""
    courses = [daily(f"{200 + 100 * (n % 2)} mg", "12 h", f"{n} d", f"{n + 1} d") for n in range(count)]
    path = written(tmp_path, text(regimen("carbamazepine", *courses), days=count, step="12 h"))

    main(["run", str(path), "--no-figure", "--out", str(tmp_path / "out")], standalone_mode=False)

    shown = capsys.readouterr().out.splitlines()
    days = [int(line.split()[2]) for line in shown if line.startswith("  carbamazepine  ")]
    told = [line.strip() for line in shown if "more periods" in line]
    assert days == [*range(1, 21), *range(count - 19, count + 1)]
    assert told == ["and of each analyte 3 more periods between these, in exposure"] * bool(between)
    rows = (tmp_path / "out" / "exposure.csv").read_text("utf-8").splitlines()
    assert sum(row.startswith("carbamazepine,") for row in rows) == count
