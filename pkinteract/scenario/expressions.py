"""The value of an expression between the parameters of a fit."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache

_BINARY: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: math.pow,
}
_UNARY: Mapping[type[ast.unaryop], Callable[[float], float]] = {ast.UAdd: operator.pos, ast.USub: operator.neg}
_CALLED: Mapping[str, Callable[[float], float]] = {"exp": math.exp, "log": math.log, "sqrt": math.sqrt}


def value_of(text: str, names: Mapping[str, float]) -> float:
    """Value of an expression of names, numbers, + - * / **, exp, log and sqrt; NaN where it has none.

    Numbers have no units here; each name has that of its parameter.

    Raises
    ------
    ValueError
        When it is anything else, or names what is not known.
    """
    body = _read(text)
    try:
        return _value(body, names)
    except (ArithmeticError, _OutsideError):
        return math.nan


@lru_cache(maxsize=256)
def _read(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError):
        raise ValueError(f'cannot be read as an expression, got "{text}"') from None


class _OutsideError(Exception):
    """A function has no value there."""


def _value(node: ast.AST, names: Mapping[str, float]) -> float:
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]
    if isinstance(node, ast.Name) and node.id in names:
        return names[node.id]
    if isinstance(node, ast.UnaryOp) and type(node.op) in _UNARY:
        return _UNARY[type(node.op)](_value(node.operand, names))
    if isinstance(node, ast.BinOp) and type(node.op) in _BINARY:
        return _applied(_BINARY[type(node.op)], _value(node.left, names), _value(node.right, names))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in _CALLED:
        return _applied(_CALLED[node.func.id], *(_value(child, names) for child in node.args))
    known = "the names of parameters, numbers, + - * / **, exp, log and sqrt"
    raise ValueError(f'may hold {known}, got "{ast.unparse(node)}"')


def _applied(function: Callable[..., float], *values: float) -> float:
    try:
        return function(*values)
    except (ValueError, ArithmeticError, TypeError):
        raise _OutsideError from None
