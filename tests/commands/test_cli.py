"""The command line: what it imports, prints, writes and returns."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from runs import daily, once, regimen, text

import pkinteract
from pkinteract.cli import main

SCENARIOS = Path(__file__).parents[2] / "scenarios"
SHORT = text(
    regimen("amitriptyline", daily("75 mg", "24 h", "-20 d", "10 d")),
    regimen("carbamazepine", daily("200 mg", "12 h", "-20 d", "0 d")),
)
SINGLE = text(regimen("carbamazepine", once("200 mg")), days=2)
TABLES = {"concentrations.csv", "enzymes.csv", "clearances.csv", "doses.csv", "exposure.csv", "alerts.csv", "pairs.csv"}
TABLES |= {"daily.csv", "sampling.csv", "guidance.csv"}
FIGURES = {"report.html", "concentrations.png", "concentrations.svg"}


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every test works in a folder of its own, with two scenarios in it."""
    monkeypatch.chdir(tmp_path)
    Path("short.toml").write_text(SHORT, "utf-8")
    Path("single.toml").write_text(SINGLE, "utf-8")
    yield
    assert not list(tmp_path.rglob(".unfinished-*")), "half a result was left behind"


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def process(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Python code in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def written(folder: str) -> set[str]:
    return {path.name for path in Path(folder).iterdir()}


def column(path: str, name: str) -> np.ndarray:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return np.array([float(row[name]) for row in csv.DictReader(file)])


# ---- start ----


def test_the_command_starts_without_heavy_imports() -> None:
    """``--help`` costs no numerical library: they are imported inside the commands that need them."""
    heavy = ["numpy", "scipy", "pandas", "numba", "matplotlib", "pydantic", "rich", "jinja2"]

    done = process(f"import sys, pkinteract.cli; print([name for name in {heavy} if name in sys.modules])")

    assert done.stdout == "[]\n", done.stderr


def test_a_run_without_its_figure_imports_neither_pandas_nor_scipy() -> None:
    """``run --no-figure`` needs numpy and pydantic only."""
    heavy = ["pandas", "scipy", "matplotlib", "numba", "rich", "jinja2"]

    done = process(
        "import sys\nfrom pkinteract.cli import main\n"
        "main(['run', 'short.toml', '--no-figure', '--out', 'out'], standalone_mode=False)\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )

    assert done.stdout.endswith("\n[]\n"), done.stderr
    assert written("out") == TABLES | {"run.json"}


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_lists_the_commands(flag: str) -> None:
    """Both spellings, status 0, every command with its first line."""
    done = command(flag)

    assert done.exit_code == 0
    assert done.stdout.startswith("Usage: ")
    assert "not a medical device" in done.stdout
    for name in main.commands:
        assert f"\n  {name}  " in done.stdout
        assert command(name, flag).exit_code == 0


def test_the_version_is_the_package_s() -> None:
    """One line, status 0."""
    done = command("--version")

    assert (done.exit_code, done.stdout) == (0, f"pkinteract, version {pkinteract.__version__}\n")


def test_the_package_runs_as_a_module() -> None:
    """``python -m pkinteract`` is the command."""
    done = subprocess.run([sys.executable, "-m", "pkinteract", "--version"], capture_output=True, text=True, check=True)

    assert done.stdout == f"pkinteract, version {pkinteract.__version__}\n"


# ---- exit status ----


@pytest.mark.parametrize(
    "arguments",
    [["run"], ["check"], ["run", "short.toml", "--solver", "slow"], ["run", "short.toml", "--fast"], ["simulate"]],
    ids=["no scenario", "nothing to check", "unknown solver", "unknown option", "unknown command"],
)
def test_a_wrong_call_has_status_2(arguments: list[str]) -> None:
    """What the command does not know it refuses, with a pointer to the help."""
    done = command(*arguments)

    assert done.exit_code == 2
    assert "--help" in done.stderr or "-h" in done.stderr
    assert written(".") == {"short.toml", "single.toml"}


def test_a_solver_that_fails_has_status_3() -> None:
    """A clearance of 10¹⁴ L/h is hopelessly fast: interval, method and advice, no traceback, nothing written."""
    Path("fast.toml").write_text(SINGLE + '[override.carbamazepine]\n"elimination.clearance" = "1e14 L/h"\n', "utf-8")

    done = command("run", "fast.toml", "--no-figure")

    assert (done.exit_code, done.stdout) == (3, "")
    assert done.stderr.startswith("Error: fast, 0 to 48 h: the generated Runge-Kutta 5(4) solver gave up.")
    assert "check ka, volumes and clearances" in done.stderr
    assert not Path("results").exists()


def test_a_failure_that_is_nobody_s_input_has_status_1(tmp_path: Path) -> None:
    """A damaged installation (numpy does not load) is reported in one line, and in full when asked for."""
    (tmp_path / "damaged" / "numpy").mkdir(parents=True)
    (tmp_path / "damaged" / "numpy" / "__init__.py").write_text("raise ImportError('no BLAS')\n", "utf-8")
    code = "from pkinteract.cli import main\nmain(['run', 'single.toml', '--no-figure'])"

    done = process(code, PYTHONPATH=str(tmp_path / "damaged"))
    full = process(code, PYTHONPATH=str(tmp_path / "damaged"), PKINTERACT_DEBUG="1")

    assert done.returncode == 1
    assert done.stderr.startswith("Error: a defect in pkinteract (ImportError: no BLAS).")
    assert "Traceback" not in done.stderr
    assert full.returncode == 1
    assert "Traceback" in full.stderr


def test_a_figure_that_cannot_be_drawn_is_told_once() -> None:
    """Matplotlib does not load, neither beside the command nor in it: one line, status 1, nothing written."""
    done = process(
        "import sys\nsys.modules['matplotlib'] = None\nfrom pkinteract.cli import main\nmain(['run', 'single.toml'])"
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Error: a defect in pkinteract (ModuleNotFoundError: ")
    assert done.stderr.count("\n") == 1
    assert not Path("results/single").exists()


# ---- run ----


def test_the_figures_of_runs_are_the_same_whoever_draws_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawn by processes beside the command, or in it where there is one processor, every file has the same bytes."""
    for names in (["short"], ["short", "single"]):
        files = [f"{name}.toml" for name in names]
        line = [sys.executable, "-m", "pkinteract", "run", *files, "--out", "beside"]
        assert subprocess.run(line, check=False, stdout=subprocess.DEVNULL).returncode == 0
        with monkeypatch.context() as patch:
            patch.setattr(os, "cpu_count", lambda: 1)
            assert command("run", *files, "--out", "here").exit_code == 0

        beside = {path.relative_to("beside"): path.read_bytes() for path in Path("beside").rglob("*") if path.is_file()}
        here = {path.relative_to("here"): path.read_bytes() for path in Path("here").rglob("*") if path.is_file()}

        assert beside == here
        assert {path.suffix for path in here} == {".csv", ".html", ".json", ".png", ".svg"}
        for folder in ("beside", "here"):
            shutil.rmtree(folder)


def test_one_scenario_writes_to_results_and_its_name() -> None:
    """The default folder is ``results/<name>/``; the files are those of the contract, and the summary names them."""
    done = command("run", "short.toml")

    assert done.exit_code == 0
    assert written("results/short") == TABLES | FIGURES | {"run.json"}
    for name in TABLES | FIGURES:
        assert f"wrote {Path('results/short') / name}" in done.stdout
    assert "not a medical device" in done.stdout


def test_concentrations_stand_on_the_output_grid() -> None:
    """Rows at 0, step, …, duration inclusive; day = hours/24; one column per analyte with its unit."""
    assert command("run", "short.toml", "--no-figure", "--out", "out").exit_code == 0

    header = Path("out/concentrations.csv").read_text("utf-8").splitlines()[0]
    assert header.split(",") == [
        "time_h",
        "day",
        "amitriptyline_ng_per_mL",
        "nortriptyline_ng_per_mL",
        "amitriptyline+nortriptyline_ng_per_mL",
        "carbamazepine_mg_per_L",
        "carbamazepine-epoxide_mg_per_L",
    ]
    np.testing.assert_array_equal(column("out/concentrations.csv", "time_h"), np.arange(241))
    np.testing.assert_allclose(column("out/concentrations.csv", "day"), np.arange(241) / 24, rtol=1e-6)


def test_an_anchored_run_has_dates() -> None:
    """``start`` adds a date column to concentrations and doses, also before t = 0."""
    Path("dated.toml").write_text(SHORT.replace("[simulation]", "[simulation]\nstart = 2026-01-05T08:00:00"), "utf-8")

    assert command("run", "dated.toml", "--no-figure", "--out", "out").exit_code == 0

    concentrations = Path("out/concentrations.csv").read_text("utf-8").splitlines()
    doses = Path("out/doses.csv").read_text("utf-8").splitlines()
    assert concentrations[0].startswith("time_h,day,date,")
    assert concentrations[25].split(",")[:3] == ["24", "1", "2026-01-06T08:00:00"]
    assert doses[1].split(",")[:4] == ["-480", "-20", "2025-12-16T08:00:00", "amitriptyline"]


def test_the_record_names_the_scenario_and_its_text() -> None:
    """``run.json`` is enough to run the scenario again."""
    assert command("run", "short.toml", "--no-figure", "--out", "out").exit_code == 0

    record = json.loads(Path("out/run.json").read_text("utf-8"))
    assert record["scenario"]["name"] == "short"
    assert record["scenario"]["text"] == SHORT
    assert record["versions"]["pkinteract"] == pkinteract.__version__


def test_two_runs_of_one_scenario_write_the_same_bytes() -> None:
    """Nothing in the tables or the record depends on when or where it ran."""
    for out in ("one", "two"):
        assert command("run", "short.toml", "--no-figure", "--out", out).exit_code == 0

    for name in written("one"):
        assert (Path("one") / name).read_bytes() == (Path("two") / name).read_bytes(), name


@pytest.mark.slow
def test_several_scenarios_are_compared() -> None:
    """Each has its folder; comparison.csv holds every one, the first at ratio 1."""
    Path("later.toml").write_text(SHORT.replace('until = "0 d"', 'until = "5 d"'), "utf-8")

    done = command("run", "short.toml", "later.toml", "--out", "out")

    assert done.exit_code == 0
    assert written("out") == {"short", "later", "comparison.csv", "comparison.png", "comparison.svg", "run.json"}
    assert written("out/short") == written("out/later") == TABLES | FIGURES | {"run.json"}
    text_ = Path("out/comparison.csv").read_text("utf-8")
    assert "short" in text_
    assert "later" in text_


def test_several_scenarios_go_to_results_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder each, the comparison beside them, of which no record is made; what else lies in results/ stays."""
    monkeypatch.delattr("pkinteract.export.record.run.comparison_record")
    assert command("run", "short.toml", "single.toml", "--no-figure").exit_code == 0

    assert written("results") == {"short", "single", "comparison.csv"}
    assert written("results/short") == TABLES | {"run.json"}


@pytest.mark.slow
def test_files_of_an_earlier_run_do_not_stay() -> None:
    """Figures of the run before are removed when this one draws none; foreign files are not touched."""
    assert command("run", "short.toml", "single.toml", "--out", "out").exit_code == 0
    Path("out/short/notes.txt").write_text("mine", "utf-8")
    Path("out/doses.csv").write_text("mine", "utf-8")

    assert command("run", "short.toml", "single.toml", "--no-figure", "--out", "out").exit_code == 0

    assert written("out/short") == TABLES | {"run.json", "notes.txt"}
    assert written("out") == {"short", "single", "comparison.csv", "doses.csv", "run.json"}
    assert Path("out/doses.csv").read_text("utf-8") == "mine"


def test_a_run_replaces_its_own_results_and_asks_before_others() -> None:
    """The same name is written over; something else needs ``--force``, which leaves foreign files where they are."""
    Path("papers").mkdir()
    Path("papers/letter.txt").write_text("mine", "utf-8")

    first = command("run", "single.toml", "--no-figure", "--out", "out")
    again = command("run", "single.toml", "--no-figure", "--out", "out")
    other = command("run", "short.toml", "--no-figure", "--out", "out")
    forced = command("run", "short.toml", "--no-figure", "--out", "papers", "--force")

    assert [done.exit_code for done in (first, again, other, forced)] == [0, 0, 2, 0]
    assert json.loads(Path("out/run.json").read_text("utf-8"))["scenario"]["name"] == "single"
    assert written("papers") == TABLES | {"run.json", "letter.txt"}


def test_a_folder_that_cannot_be_made_is_an_input_error() -> None:
    """A file in the way of a folder is named, status 2."""
    done = command("run", "single.toml", "--no-figure", "--out", "short.toml/out")

    assert done.exit_code == 2
    assert "short.toml/out" in done.stderr
    assert "--out" in done.stderr
    assert Path("short.toml").read_text("utf-8") == SHORT


@pytest.mark.slow
def test_both_solvers_agree() -> None:
    """Generated code and scipy differ by at most 1e-5 of each analyte's highest level."""
    for solver in ("fast", "reference"):
        assert command("run", "short.toml", "--no-figure", "--solver", solver, "--out", solver).exit_code == 0

    names = Path("fast/concentrations.csv").read_text("utf-8").splitlines()[0].split(",")[2:]
    for name in names:
        fast, reference = (column(f"{solver}/concentrations.csv", name) for solver in ("fast", "reference"))
        assert np.max(np.abs(fast - reference)) <= 1e-5 * np.max(reference), name
    methods = [
        json.loads(Path(f"{solver}/run.json").read_text("utf-8"))["solver"]["method"]
        for solver in ("fast", "reference")
    ]
    assert methods[0] != methods[1]


def test_the_generated_step_can_be_read() -> None:
    """``--show-code`` prints Python that compiles and holds no name that a user wrote; nothing is simulated."""
    done = command("run", "short.toml", "--show-code")

    assert done.exit_code == 0
    assert "\ndef step(" in done.stdout
    compile(done.stdout, "step", "exec")
    assert "amitriptyline" not in done.stdout
    assert not Path("results").exists()


# ---- Parquet ----


def test_parquet_without_pyarrow_is_refused_with_advice() -> None:
    """The message says what to install; nothing is simulated or written."""
    done = process(
        "import sys\nsys.modules['pyarrow'] = None\nfrom pkinteract.cli import main\n"
        "main(['run', 'single.toml', '--no-figure', '--format', 'parquet'])"
    )

    assert done.returncode == 2
    assert done.stderr == (
        "Error: --format: 1 problem\n"
        '      parquet  parquet needs pyarrow; install it with: pip install "pkinteract[parquet]"\n'
    )
    assert not Path("results").exists()


@pytest.mark.skipif(find_spec("pyarrow") is None, reason="pyarrow, the extra parquet, is not installed")
def test_parquet_holds_what_csv_holds() -> None:
    """The same columns and values, and the tables of the format before are removed."""
    import pandas as pd

    assert command("run", "short.toml", "--no-figure", "--out", "out").exit_code == 0
    expected = {name: pd.read_csv(Path("out") / name) for name in ("concentrations.csv", "doses.csv", "exposure.csv")}

    assert command("run", "short.toml", "--no-figure", "--out", "out", "--format", "parquet").exit_code == 0

    assert written("out") == {name.replace(".csv", ".parquet") for name in TABLES} | {"run.json"}
    for name, table in expected.items():
        found = pd.read_parquet(Path("out") / name.replace(".csv", ".parquet"))
        assert list(found.columns) == list(table.columns)
        for key in table.columns:
            if pd.api.types.is_numeric_dtype(table[key].dtype):
                np.testing.assert_allclose(found[key].astype(float), table[key], rtol=1e-6, atol=1e-9)
