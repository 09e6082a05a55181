"""``run.json``: every command's record begins alike."""

from __future__ import annotations

import hashlib
import json
import platform
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from fit_files import ALL, DATA
from fit_files import written as write_fit
from runs import drug, once, regimen, text, written

from pkinteract import __version__
from pkinteract.cli import main
from pkinteract.text.record import head, write_record

pytestmark = pytest.mark.compiled

EVENTS = Path(__file__).parents[1] / "records" / "events"
NUMBERS = {"pkinteract": __version__, "python": platform.python_version(), "numpy": np.__version__}


@pytest.mark.parametrize("command", ["run", "events", "fit", "population", "sensitivity", "qualify"])
def test_every_record_begins_alike(command: str, tmp_path: Path) -> None:
    """Notice, versions of what made the numbers, the name of what was run; where that is a file, its SHA-256."""
    path, *more = _line(command, tmp_path)
    outcome = CliRunner().invoke(main, [command, *map(str, (path, *more)), "--out", str(tmp_path / "out")])
    assert outcome.exit_code == 0, outcome.output

    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))

    assert list(record)[:3] == ["notice", "versions", "scenario"]
    assert "not a medical device" in record["notice"]
    assert ("virtual patients" in record["notice"]) is (command in ("population", "sensitivity"))
    assert record["versions"].items() >= NUMBERS.items()
    if command == "qualify":
        assert record["scenario"] == {"name": "qualification"}
        assert record["pkinteract"] == __version__
    else:
        assert record["scenario"]["name"].startswith((path.stem, path.parent.name))
        assert record["scenario"]["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    if command not in ("qualify", "events"):
        assert record["scenario"]["text"].encode() == path.read_bytes()


def _line(command: str, folder: Path) -> tuple[Path | str, ...]:
    """The file that a short run of a command is about, and its options."""
    if command == "events":
        return EVENTS / "one-compartment.csv", "--drug", EVENTS / "one-compartment.toml"
    if command == "qualify":
        return "--row", "osp-1460", "--no-figure"
    if command == "fit":
        return write_fit(folder, DATA, ALL), "--no-figure"
    scenario = text(regimen("drug-x", once("100 mg")), days=2)
    patients = () if command == "run" else ("-n", "2")
    return written(folder, scenario, (drug("drug-x"),)), "--no-figure", *patients


def test_a_record_is_text_that_people_can_read(tmp_path: Path) -> None:
    """UTF-8 as it was typed, a key a line, a line end last."""
    write_record({**head("0123456789ab"), "title": "Höhere Dosis"}, tmp_path / "run.json")

    content = (tmp_path / "run.json").read_text("utf-8")
    assert '\n "title": "Höhere Dosis"\n}\n' in content
    assert content.startswith('{\n "notice": ')
