"""What docs/architecture.md and the files beside it say of the repository is so."""

from __future__ import annotations

import ast
import re
import tomllib
from itertools import chain
from pathlib import Path

import pytest

from pkinteract.engine.shape import Mechanism

ROOT = (
    Path(__file__).resolve().parents[next(n for n, up in enumerate(Path(__file__).parents) if up.name == "tests") + 1]
)
PACKAGE = ROOT / "pkinteract"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
TREE = re.findall(r"^\| (`[^|]*?) \|", PAGE.split("## The walk of a dose")[0], re.MULTILINE)
PATHS = sorted({path for path in re.findall(r"`([\w./-]+(?:/|\.(?:py|toml|csv|md|lock)))`", PAGE) if "/" in path})


@pytest.mark.parametrize("path", PATHS)
def test_a_path_of_the_page_exists(path: str) -> None:
    """Every file and folder that the page names is there, below the package or at the top."""
    assert (PACKAGE / path).exists() or (ROOT / path).exists()


def test_the_tree_is_in_the_order_of_the_layers() -> None:
    """The list is the order that import-linter holds: a folder imports those above it and none below."""
    names = [name.split("/")[0].removesuffix(".py") for cell in TREE for name in re.findall(r"`([^`]+)`", cell)]
    layers = PROJECT["tool"]["importlinter"]["contracts"][0]["layers"]
    upwards = [name for layer in reversed(layers) for name in layer.split(" | ")]

    assert list(dict.fromkeys(name for name in names if name != "pkinteract")) == upwards


def test_the_tree_names_every_folder() -> None:
    """No folder of the package is without its line, but for those inside a folder that says "per subject"."""
    named = set(re.findall(r"`([\w/]+)/`", " ".join(TREE)))
    folders = {path.parent.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("__init__.py")} - {"."}

    assert {folder for folder in folders - named if not folder.startswith("report/")} <= {
        name for name in folders if any(other.startswith(f"{name}/") for other in named)
    }


def test_a_folder_can_be_taken_in_at_a_glance() -> None:
    """No folder of the package holds more than a dozen modules beside its ``__init__.py``."""
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    modules = {folder.relative_to(PACKAGE).as_posix(): len(list(folder.glob("[!_]*.py"))) for folder in folders}

    assert {folder: count for folder, count in modules.items() if count > 12} == {}


def test_the_lock_has_what_the_project_needs() -> None:
    """Every dependency of pyproject.toml is in uv.lock, from PyPI and nowhere else."""
    text = (ROOT / "uv.lock").read_text("utf-8")
    locked = {package["name"] for package in tomllib.loads(text)["package"]}
    needed = [*PROJECT["project"]["dependencies"], *chain(*PROJECT["project"]["optional-dependencies"].values())]

    assert {re.split(r"[\[<>=~;\s]", line)[0].lower() for line in needed} <= locked
    assert set(re.findall(r"\w+://([^/\"]+)", text)) == {"pypi.org", "files.pythonhosted.org"}


def test_nothing_is_installed_that_nothing_imports() -> None:
    """Each dependency that users install is imported somewhere in the package."""
    code = "\n".join(path.read_text("utf-8") for path in PACKAGE.rglob("*.py"))
    extras = {name: lines for name, lines in PROJECT["project"]["optional-dependencies"].items() if name != "dev"}
    lines = [*PROJECT["project"]["dependencies"], *chain(*extras.values())]

    for line in lines:
        name = re.split(r"[\[<>=~;\s]", line)[0].replace("-", "_")
        assert re.search(rf"^\s*(?:import|from) {name}\b", code, re.MULTILINE), name


def test_the_hooks_run_what_make_runs() -> None:
    """The hooks call targets of the Makefile, so that they cannot say something else than it does."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    entries = re.findall(r"^ +entry: (.*)$", (ROOT / ".pre-commit-config.yaml").read_text("utf-8"), re.MULTILINE)

    assert entries
    assert all(entry.split()[0] == "make" and set(entry.split()[1:]) <= targets for entry in entries)


def test_the_guide_names_targets_that_exist() -> None:
    """Each ``make`` target in CONTRIBUTING.md is one of the Makefile."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

    assert set(re.findall(r"\bmake ([\w-]+)", (ROOT / "CONTRIBUTING.md").read_text("utf-8"))) <= targets


def test_no_two_classes_share_a_name() -> None:
    """One name for one thing: no class of the package, private or not, is called as another.

    The one exception: what a drug file says of a mechanism and the row of numbers that the engine makes of it are the
    same thing on both sides of the wall between them, and no module but the builder of that mechanism sees both.
    """
    places: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        folder = path.parent.relative_to(PACKAGE).as_posix()
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name.lstrip("_"), set()).add(f"{folder}/{path.name}")
    twice = {name: files for name, files in places.items() if len(files) > 1}
    mechanisms = {"Binding", "Efflux", "Enzyme", "Inactivation", "Induction", "Pathway", "Peripheral"}

    assert twice.keys() == mechanisms
    for name in mechanisms:
        folders = [Path(place).parent.as_posix().removesuffix("/enzymes") for place in twice[name]]
        assert sorted(folders) == ["engine/mechanisms", "library/schema"]


def test_no_two_public_functions_share_a_name() -> None:
    """One name for one thing: no function that other modules may use is called as one of another module.

    The exceptions are the same thing twice: what a user types is a command and a function of the Python door; every
    mechanism has the functions of its protocol; and in the engine the loop that is compiled is called through one that
    takes arrays, and a power of two is taken of traced values as of numbers.
    """
    places: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                places.setdefault(node.name, set()).add(path.relative_to(PACKAGE).as_posix())
    twice = {name: files for name, files in places.items() if len(files) > 1}
    protocol = {name for name in vars(Mechanism) if not name.startswith("_")}

    assert {
        name
        for name in twice
        if {str(Path(file).parent).removesuffix("/enzymes") for file in twice[name]} == {"engine/mechanisms"}
    } == protocol
    assert {name: files for name, files in twice.items() if name not in protocol} == {
        **{name: {"api.py", f"commands/{name}.py"} for name in ("advise", "fit", "population", "qualify")},
        **{name: {"engine/counts/bins.py", "engine/counts/loops.py"} for name in ("count_groups", "scatter", "sums")},
        "two_to": {"engine/kernel/trace.py", "engine/kernel/vector.py"},
    }


def test_a_name_says_what_it_holds() -> None:
    """Nothing in the package, variable, parameter or attribute, is called "found": what was found has a noun."""
    places = [
        f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Name | ast.Attribute | ast.arg)
        and "found" in (getattr(node, name, None) for name in ("id", "attr", "arg"))
    ]

    assert places == []
