"""Expressions between parameters: which names they use, and what is wrong with them."""

from __future__ import annotations

import ast
import keyword
from collections.abc import Mapping

FUNCTIONS = ("exp", "log", "sqrt")
_ALLOWED = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name, ast.Load, ast.Constant,
    ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.UAdd, ast.USub,
)  # fmt: skip


def names_in(text: str) -> set[str]:
    """Parameters that an expression names.

    Raises
    ------
    ValueError
        When it is no arithmetic of names, numbers and known functions.
    """
    try:
        tree = ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f'cannot be read as an expression such as "clearance / volume", got "{text}"') from None
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        number = isinstance(node, ast.Constant) and type(node.value) in (int, float)
        if not isinstance(node, _ALLOWED) or (isinstance(node, ast.Constant) and not number):
            raise ValueError(f'may hold names, numbers, + - * / ** and {", ".join(FUNCTIONS)}, got "{text}"')
        if isinstance(node, ast.Call) and not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
            raise ValueError(f"may call {', '.join(FUNCTIONS)} and nothing else")
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and id(node) not in called}


def name_problem(name: str) -> str | None:
    """What is wrong with the name of a parameter; None if nothing is."""
    if not name.isidentifier() or not name.isascii() or "__" in name or name.startswith("_"):
        return "is not a name that expressions can use; write letters, digits and single underscores, a letter first"
    if keyword.iskeyword(name) or name in FUNCTIONS or len(name) > 40:
        return "is taken or too long; choose another name of at most 40 letters"
    return None


def in_order(uses: Mapping[str, set[str]]) -> tuple[list[str], list[str]]:
    """Names so that each follows what it uses, and those that use each other in a circle."""
    order: list[str] = []
    waiting = dict(uses)
    while ready := [name for name, used in waiting.items() if not used & waiting.keys()]:
        order += ready
        waiting = {name: used for name, used in waiting.items() if name not in ready}
    return order, list(waiting)
