"""What every public function of the package says of itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import pkinteract

PACKAGE = Path(pkinteract.__file__).parent


@pytest.fixture(scope="module")
def public() -> Mapping[str, ast.FunctionDef]:
    """Public functions of all modules, by file and name."""
    return {
        f"{path.relative_to(PACKAGE).as_posix()}:{node.name}": node
        for path in sorted(PACKAGE.rglob("*.py"))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    }


def _is_command(node: ast.FunctionDef) -> bool:
    return any("click." in ast.unparse(decorator) for decorator in node.decorator_list)


def _raised(node: ast.AST) -> Iterator[str]:
    """Classes that the code of a function raises by name and does not catch; without functions inside it."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Raise) and child.exc is not None:
            made = child.exc.func if isinstance(child.exc, ast.Call) else child.exc
            name = ast.unparse(made).split(".")[-1]
            if name[0].isupper():
                yield name
        elif isinstance(child, ast.Try):
            caught = " ".join(ast.unparse(handler.type) for handler in child.handlers if handler.type is not None)
            yield from (name for name in _raised(child) if name not in re.findall(r"\w+", caught))
        elif not isinstance(child, ast.FunctionDef):
            yield from _raised(child)


def _said(text: str) -> set[str]:
    """Classes under the heading "Raises" of a docstring."""
    _, _, section = text.partition("Raises\n------\n")
    return set(re.findall(r"\w+", " ".join(re.findall(r"^\w[\w, ]*$", section, re.MULTILINE))))


def test_every_public_function_says_what_it_gives(public: Mapping[str, ast.FunctionDef]) -> None:
    """Each function of a module that has no underscore in front has a docstring."""
    assert [name for name, node in public.items() if not ast.get_docstring(node)] == []


def test_every_public_function_says_what_it_raises(public: Mapping[str, ast.FunctionDef]) -> None:
    """Errors that stand in its own code are named under "Raises"; the docstring of a command is its help, without."""
    functions = {name: node for name, node in public.items() if not _is_command(node)}
    silent = {name: set(_raised(node)) - _said(ast.get_docstring(node) or "") for name, node in functions.items()}

    assert {name: errors for name, errors in silent.items() if errors} == {}
