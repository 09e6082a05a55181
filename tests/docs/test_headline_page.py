"""docs/headline.md says what the program says."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest
from click.testing import CliRunner

from pkinteract.cli import main

pytestmark = [pytest.mark.compiled, pytest.mark.slow]

ROOT = Path(__file__).parents[2]


def test_the_page_of_the_headline_population_is_that_of_a_run(tmp_path: Path) -> None:
    """Golden file: 5,000 patients give the committed page."""
    spec = importlib.util.spec_from_file_location("headline", ROOT / "docs" / "headline.py")
    assert spec is not None
    assert spec.loader is not None
    headline = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(headline)
    line = ["population", str(headline.SCENARIO), "--out", str(tmp_path / "run"), "--no-figure"]

    done = CliRunner().invoke(main, line)

    assert done.exit_code == 0, done.output
    assert headline.page(tmp_path / "run") == headline.PAGE.read_text("utf-8")
    assert headline.PICTURE.is_file()
