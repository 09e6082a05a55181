"""How a command starts: what it may import, and what it must not wait for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEADLINE = ROOT / "scenarios" / "carbamazepine-to-levetiracetam.toml"
SHORT = """title = "short"
[simulation]
duration = "2 d"
[patient]
weight = "70 kg"
age = "45 y"
sex = "female"
[[regimen]]
drug = "carbamazepine"
  [[regimen.course]]
  from = "0 d"
  dose = "400 mg"
"""
BARE = """
import sys
allowed = {*sys.stdlib_module_names, "pkinteract", "numpy", "pydantic", "pydantic_core", "annotated_types",
           "typing_extensions", "typing_inspection", *sys.argv[2:]}
class Bare:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] not in allowed and not name.startswith("_sysconfigdata_"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
sys.meta_path.insert(0, Bare())
for name in [name for name in sys.modules if name.partition(".")[0] not in {*allowed, "__main__", "__mp_main__"}]:
    del sys.modules[name]
"""
"""An interpreter that has the standard library, numpy, pydantic with what it needs, and the names it is given."""


def python(code: str, *arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Code in a fresh interpreter that finds the package from any folder."""
    path = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.slow
def test_a_single_run_needs_numpy_and_pydantic_only(tmp_path: Path) -> None:
    """The headline scenario is read and simulated where nothing else is installed, and gives levels."""
    done = python(
        BARE + "from pkinteract import load_scenario, simulate\n"
        "result = simulate(load_scenario(sys.argv[1]))\nprint(result.status.ok, bool(result.concentration.max() > 1))",
        str(HEADLINE),
        folder=tmp_path,
    )

    assert done.stdout == "True True\n", done.stderr


@pytest.mark.slow
def test_the_command_needs_click_besides(tmp_path: Path) -> None:
    """``run --no-figure`` writes every table where only click is installed besides."""
    done = python(
        BARE + "from pkinteract.cli import main\n"
        "main(['run', sys.argv[1], '--no-figure', '--out', 'out'], standalone_mode=False)",
        str(HEADLINE),
        "click",
        folder=tmp_path,
    )

    assert done.returncode == 0, done.stderr
    tables = ("concentrations", "enzymes", "clearances", "doses", "exposure", "alerts", "daily", "sampling", "pairs")
    names = {*(f"{name}.csv" for name in tables), "guidance.csv", "run.json"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names


def test_the_bare_interpreter_is_bare(tmp_path: Path) -> None:
    """What the two tests above rest on: there, a library that is installed cannot be imported."""
    done = python(BARE + "import scipy", "", folder=tmp_path)

    assert "ModuleNotFoundError: No module named 'scipy'" in done.stderr


def test_a_check_imports_no_numpy(tmp_path: Path) -> None:
    """``check`` builds the model without a numerical library: importing numpy would take as long as all the rest."""
    done = python(
        "import sys\nfrom pkinteract.cli import main\nmain(['check', sys.argv[1]], standalone_mode=False)\n"
        "print('numpy' in sys.modules)",
        str(HEADLINE),
        folder=tmp_path,
    )

    assert done.stdout.endswith("\nFalse\n"), done.stderr


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--version"], 0), (["check", "short.toml"], 0), (["check", "no.toml"], 2)]
)
def test_the_command_starts_as_a_module(arguments: list[str], status: int, tmp_path: Path) -> None:
    """``python -m pkinteract`` prints, and ends with the status of the command."""
    (tmp_path / "short.toml").write_text(SHORT, "utf-8")

    done = python("import runpy, sys\nrunpy.run_module('pkinteract', run_name='__main__')", *arguments, folder=tmp_path)

    assert done.returncode == status
    assert ("no.toml" in done.stderr) if status else done.stdout


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1:strict", "utf-8"])
def test_an_output_of_any_encoding_is_written_to(encoding: str, tmp_path: Path) -> None:
    """What it cannot show is replaced, in what is printed and in errors."""
    (tmp_path / "größe→.toml").write_text(SHORT.replace("400 mg", "400 Stück→"), "utf-8")
    line = [sys.executable, "-m", "pkinteract", "check"]
    done = [
        subprocess.run(
            [*line, str(path)], env={**os.environ, "PYTHONIOENCODING": encoding}, capture_output=True, check=False
        )
        for path in (HEADLINE, tmp_path / "größe→.toml")
    ]

    assert [one.returncode for one in done] == [0, 2], done[0].stderr
    assert b"amitriptyline" in done[0].stdout
    assert b"is not a known unit" in done[1].stderr


def test_a_pipe_that_is_closed_ends_a_command_as_a_shell_says_it() -> None:
    """Status 141 without a word: 1 would be a defect, and for ``rerun`` a file that differs."""
    line = [sys.executable, "-m", "pkinteract", "check", str(HEADLINE)]
    with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        running.stdout.close()
        assert running.stderr is not None
        said = running.stderr.read()

    assert (running.returncode, said) == (141, "")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device of this system is always full")
def test_a_full_disk_behind_the_output_is_no_defect() -> None:
    """Status 2, and what is wrong."""
    line = [sys.executable, "-m", "pkinteract", "check", str(HEADLINE)]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(line, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr == "Error: the standard output or a temporary file cannot be written: No space left on device\n"
