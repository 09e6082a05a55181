"""The checksum that says which numbers a run was made with."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from runs import once, regimen, text, written

from pkinteract.cli import main
from pkinteract.library import fingerprint as module


def test_the_checksum_covers_every_data_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The SHA-256 of paths, lengths and contents in order; one more byte anywhere, or a new name, is another one."""
    shipped = module.fingerprint()
    folder = tmp_path / "library"
    shutil.copytree(module.FOLDER, folder)
    monkeypatch.setattr(module, "FOLDER", folder)
    files = sorted(path.relative_to(folder).as_posix() for end in ("toml", "csv") for path in folder.rglob(f"*.{end}"))
    whole = b"".join(
        f"{name}\0{(folder / name).stat().st_size}\0".encode() + (folder / name).read_bytes() for name in files
    )

    assert shipped == module.fingerprint.__wrapped__() == hashlib.sha256(whole).hexdigest()[:12]
    enzymes, caffeine = folder / "enzymes.toml", folder / "drugs" / "caffeine.toml"
    enzymes.write_bytes(enzymes.read_bytes() + b"\n")
    longer = module.fingerprint.__wrapped__()
    caffeine.rename(caffeine.with_name("coffee.toml"))
    renamed = module.fingerprint.__wrapped__()
    assert len({shipped, longer, renamed}) == 3


def test_the_record_of_a_run_names_it(tmp_path: Path) -> None:
    """run.json has it among the versions."""
    source = written(tmp_path, text(regimen("caffeine", once("100 mg")), days=1))
    assert CliRunner().invoke(main, ["run", str(source), "--out", str(tmp_path / "out"), "--no-figure"]).exit_code == 0

    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))

    assert record["versions"]["library"] == module.fingerprint()
