"""Small changes of the source, one at a time: what a mutant is, which there are, and a sample of them.

The changes are those of the usual tools: comparisons and their bounds, arithmetic, ``and`` and ``or``, negations,
numbers, texts, loops that do not run or do not end, the signs of arithmetic in text that becomes code. Left alone are
docstrings, annotations, imports, decorators, ``__all__``, ``strict`` and the words of an error.
"""

from __future__ import annotations

import ast
import copy
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("model", "guidance", "advise", "analysis", "engine")
COMPILED = ("engine/kernel/", "engine/counts/", "engine/lanes/")
"""What becomes machine code, or prepares it: not the engine as plain Python."""

OTHER: dict[type[ast.AST], tuple[type[ast.AST], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE), ast.LtE: (ast.Lt, ast.Gt), ast.Gt: (ast.GtE, ast.LtE), ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,), ast.NotEq: (ast.Eq,), ast.Is: (ast.IsNot,), ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,), ast.NotIn: (ast.In,), ast.And: (ast.Or,), ast.Or: (ast.And,),
    ast.Add: (ast.Sub,), ast.Sub: (ast.Add,), ast.Mult: (ast.Div,), ast.Div: (ast.Mult,), ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.Div,), ast.Pow: (ast.Mult,), ast.BitOr: (ast.BitAnd,), ast.BitAnd: (ast.BitOr,),
    ast.Continue: (ast.Break,), ast.Break: (ast.Continue,),
}  # fmt: skip
"""What stands in for an operator."""

NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
SIGNS = {" + ": " - ", " - ": " + ", " * ": " / ", " / ": " * "}
"""In text that becomes code."""

WORDS_OF_ERRORS = r"Error$|^Problem$|^refuse$"
"""Calls whose arguments say what is wrong."""

GUARDS = {"strict", "frozen", "slots", "kw_only", "maxsize"}
"""Arguments that change nothing but what is refused or kept."""

CHANGED = (ast.Compare, ast.BoolOp, ast.UnaryOp)
"""Conditions that are changed themselves; any other is turned round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutant:
    """A change of one place.

    Attributes
    ----------
    path
        File, from the root of the repository.
    number
        Which of the file's mutants it is.
    first, last
        Lines of the statement, or of its head.
    function
        Qualified name and line of the outermost function around it; None where the module or a class runs it.
    name
        What the module assigns there, or the class around it; empty elsewhere.
    constant
        Whether the name is assigned by the module itself.
    was, now
        The changed expression, before and after.
    """

    path: str
    number: int
    line: int
    first: int
    last: int
    function: tuple[str, int] | None
    name: str
    constant: bool
    was: str
    now: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.path.split("/")[1]

    @property
    def key(self) -> str:
        """The same in every run on the same sources."""
        return f"{self.path}:{self.line} {self.was}  ->  {self.now}  #{self.number}"


@dataclass(slots=True, kw_only=True)
class _Place:
    """Where in the tree one is."""

    statement: ast.stmt | None = None
    function: tuple[str, int] | None = None
    classes: tuple[str, ...] = ()
    kernel: bool = False


class _Finder:
    """Walks a module and yields every change: the node, and what takes its place."""

    def __init__(self, code: bool) -> None:
        self.code = code
        self.messages = 0
        self._docstrings: set[int] = set()

    def walk(self, node: ast.AST, place: _Place) -> Iterator[tuple[ast.AST, ast.AST, _Place]]:
        place = self._entered(node, place)
        if place.kernel or self._left_alone(node):
            return
        if isinstance(node, ast.Call) and re.search(WORDS_OF_ERRORS, ast.unparse(node.func)):
            self.messages += sum(1 for _ in self.walk_words(node, place))
            return
        yield from ((node, now, place) for now in self._changes(node))
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "bases", "type_comment"):
                continue
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.keyword) and child.arg in GUARDS:
                    continue
                if isinstance(child, ast.AST):
                    yield from self.walk(child, place)

    def walk_words(self, node: ast.Call, place: _Place) -> Iterator[tuple[ast.AST, ast.AST, _Place]]:
        """The mutants of what an error says, which are counted only."""
        inner = _Finder(self.code)
        for child in [*node.args, *node.keywords]:
            yield from inner.walk(child, place)

    def _entered(self, node: ast.AST, place: _Place) -> _Place:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module):
            head = node.body[0] if node.body else None
            if isinstance(head, ast.Expr) and isinstance(head.value, ast.Constant):
                self._docstrings.add(id(head))
        place = copy.copy(place)
        if isinstance(node, ast.stmt):
            place.statement = node
        if isinstance(node, ast.ClassDef):
            place.classes = (*place.classes, node.name)
        if isinstance(node, ast.FunctionDef) and place.function is None:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            place.function = (".".join([*place.classes, node.name]), first)
            place.kernel = any(isinstance(d, ast.Name) and d.id == "kernel" for d in node.decorator_list)
        return place

    def _left_alone(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.arguments | ast.Assert) or id(node) in self._docstrings:
            return True
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            return True
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return True
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            return False
        name = node.targets[0].id
        of_a_type = name[0].isupper() and not name.isupper()
        return of_a_type or name in ("__all__", "__slots__")

    def _changes(self, node: ast.AST) -> Iterator[ast.AST]:
        match node:
            case ast.Compare():
                for i, operator in enumerate(node.ops):
                    yield from (_at(node, "ops", i, other()) for other in OTHER[type(operator)])
            case ast.BinOp() | ast.AugAssign() | ast.BoolOp():
                for other in OTHER.get(type(node.op), ()):
                    yield _with(node, "op", other())
            case ast.UnaryOp(op=ast.Not() | ast.USub()):
                yield node.operand
            case ast.Constant(value=bool()):
                yield ast.Constant(value=not node.value)
            case ast.Constant(value=int() | float()):
                yield ast.Constant(value=node.value + 1)
            case ast.Constant(value=str()):
                yield ast.Constant(value=f"XX{node.value}XX" if node.value else "XX")
            case ast.Name(id="min" | "max" | "any" | "all"):
                yield _with(node, "id", NAMES[node.id])
            case ast.Continue() | ast.Break():
                yield OTHER[type(node)][0]()
            case ast.For():
                yield _with(node, "iter", ast.Tuple(elts=[], ctx=ast.Load()))
            case ast.Expr(value=ast.Call()):
                yield ast.Pass()
            case ast.If() | ast.IfExp() | ast.While() if not isinstance(node.test, CHANGED):
                yield _with(node, "test", ast.UnaryOp(op=ast.Not(), operand=node.test))
            case ast.comprehension():
                for i, test in enumerate(node.ifs):
                    if not isinstance(test, CHANGED):
                        yield _at(node, "ifs", i, ast.UnaryOp(op=ast.Not(), operand=test))
            case ast.JoinedStr() if self.code:
                for i, part in enumerate(node.values):
                    if isinstance(part, ast.Constant):
                        for sign in re.finditer(r" [-+*/] ", part.value):
                            other = part.value[: sign.start()] + SIGNS[sign[0]] + part.value[sign.end() :]
                            yield _at(node, "values", i, ast.Constant(value=other))


def _with(node: ast.AST, name: str, value: object) -> ast.AST:
    changed = copy.copy(node)
    setattr(changed, name, value)
    return changed


def _at(node: ast.AST, name: str, place: int, value: object) -> ast.AST:
    several = list(getattr(node, name))
    several[place] = value
    return _with(node, name, several)


def _head(statement: ast.stmt) -> tuple[int, int]:
    """Lines of a statement without those of its body."""
    body = getattr(statement, "body", None)
    last = statement.end_lineno or statement.lineno
    return statement.lineno, max(statement.lineno, body[0].lineno - 1) if body else last


def _assigned(place: _Place) -> str:
    statement = place.statement
    if place.classes:
        return place.classes[0]
    if place.function or not isinstance(statement, ast.Assign | ast.AnnAssign):
        return ""
    target = statement.target if isinstance(statement, ast.AnnAssign) else statement.targets[0]
    return target.id if isinstance(target, ast.Name) else ""


def _replaced(tree: ast.AST, node: ast.AST, now: ast.AST) -> ast.AST:
    """A tree that shares everything with ``tree`` but the way to the node."""
    if tree is node:
        return ast.copy_location(now, node)
    for name, value in ast.iter_fields(tree):
        if isinstance(value, list):
            fresh = [_replaced(child, node, now) if isinstance(child, ast.AST) else child for child in value]
            if any(a is not b for a, b in zip(fresh, value, strict=True)):
                return _with(tree, name, fresh)
        elif isinstance(value, ast.AST):
            child = _replaced(value, node, now)
            if child is not value:
                return _with(tree, name, child)
    return tree


def mutants(path: Path) -> tuple[list[Callable[[], Mutant]], int]:
    """The mutants of a file, each made when it is asked for, and how many are left out as words of an error."""
    tree = ast.parse(path.read_text("utf-8"))
    name = path.relative_to(ROOT).as_posix()
    finder = _Finder(code="/engine/" in name)
    made = []
    for number, (node, now, place) in enumerate(finder.walk(tree, _Place())):

        def make(node: ast.AST = node, now: ast.AST = now, place: _Place = place, number: int = number) -> Mutant:
            changed = ast.fix_missing_locations(_replaced(tree, node, now))
            assert isinstance(changed, ast.Module)
            first, last = _head(place.statement) if place.statement else (1, 1)
            was, after = (" ".join(ast.unparse(shown).split()) for shown in (node, ast.copy_location(now, node)))
            if isinstance(node, ast.For):
                was, after = f"for ... in {ast.unparse(node.iter)}", "for ... in ()"
            elif isinstance(node, ast.If | ast.While):
                was, after = (f"if {ast.unparse(shown.test)}" for shown in (node, now))  # type: ignore[attr-defined]
            line = getattr(node, "lineno", first)
            return Mutant(
                path=name, number=number, line=line, first=first, last=last, function=place.function,
                name=_assigned(place), constant=bool(_assigned(place)) and not place.classes, was=was, now=after,
                tree=changed,
            )  # fmt: skip

        made.append(make)
    return made, finder.messages


def drawn(where: str, count: int, seed: int, since: str | None = None) -> tuple[list[Mutant], int, int]:
    """A sample of the mutants of a place, how many there are, and how many words of errors were left out.

    ``where`` is a package, folder or module below ``pkinteract``; with ``since``, a commit, only what changed after it.
    """
    place = ROOT / "pkinteract" / where
    files = sorted(place.rglob("*.py")) if place.is_dir() else [place]
    files = [path for path in files if not any(part in path.as_posix() for part in COMPILED)]
    every, words = list[Callable[[], Mutant]](), 0
    for path in files:
        made, messages = mutants(path)
        if since:
            lines = _changed(path, since)
            made = [make for make in made if not lines.isdisjoint(range(make().first, make().last + 1))]
        every += made
        words += messages
    chosen = random.Random(f"{seed} {where}").sample(every, min(count, len(every)))
    return [make() for make in chosen], len(every), words


def _changed(path: Path, since: str) -> set[int]:
    """The lines of a file that are not as they were at a commit."""
    told = subprocess.run(
        ["git", "diff", "-U0", since, "--", path], cwd=ROOT, capture_output=True, text=True, check=True
    )
    heads = re.findall(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", told.stdout, re.MULTILINE)
    return {line for first, count in heads for line in range(int(first), int(first) + int(count or 1))}
