"""docs/fitting.md against the program."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fit_files import command, written
from runs import drug, once, oral, regimen, text

from pkinteract.fitting.inputs.schema import (
    DataTable,
    FitTable,
    IntervalTable,
    MethodTable,
    ParameterTable,
    PosteriorTable,
    PriorTable,
    ResidualTable,
)
from pkinteract.scenario.values import StrictTable

PAGE = (Path(__file__).parents[2] / "docs/fitting.md").read_text("utf-8")


@pytest.mark.parametrize(
    "table",
    [FitTable, DataTable, ParameterTable, PosteriorTable, PriorTable, ResidualTable, MethodTable, IntervalTable],
)
def test_every_key_of_a_fit_file_is_described(table: type[StrictTable]) -> None:
    """The page names each key that the reader knows."""
    missing = [name for name in table.model_fields if not re.search(rf"(?<![\w-]){name}(?![\w-])", PAGE)]

    assert not missing


@pytest.mark.compiled
@pytest.mark.slow
def test_the_example_of_the_page_runs(tmp_path: Path) -> None:
    """Data and fit file can be copied as they stand."""
    [levels] = re.findall(r"```text\n(subject,.*?)```", PAGE, re.DOTALL)
    [shown] = re.findall(r"```toml\n(title.*?)```", PAGE, re.DOTALL)
    scenario = 'library = ["drug.toml"]\n' + text(regimen("my-drug", once("100 mg", "0 d")), days=4)
    files = {"drug.toml": drug("my-drug", oral(1.0, 1.0)), "scenario.toml": scenario, "fit.toml": shown}

    done = command("fit", written(tmp_path, levels=levels, files=files), "--out", tmp_path / "out")

    assert done.exit_code == 0, done.output
    assert "warning" not in done.output
    assert (tmp_path / "out/result.toml").exists()
