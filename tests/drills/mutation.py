"""How many mutants the tests kill: ``make mutation``.

Each mutant of a sample (``mutants``) meets the tests that run its lines (``cover``), until one of them fails. All tests
are read once; each mutant has a fork of that process, with the code of one function exchanged and all caches emptied.
What a module does when it is imported is changed before anything is imported.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import importlib.abc
import importlib.machinery
import json
import math
import os
import random
import re
import resource
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any

import pytest
from cover import OPTIONS, POOL, Profile, forget, gather, kept
from mutants import PACKAGES, ROOT, Mutant, drawn

SECONDS = 15.0
"""Tests that a mutant meets before it counts as survived [s], by the time they took with their lines watched."""

WARM = 0.2
"""Tests of less than this are run once before all, one of a file, so that files are read and code is loaded [s]."""

PATIENCE = 5.0
"""A test that takes so many times as long as it did, and so many seconds, kills its mutant."""

GONE = ("killed", "timeout")

MEMORY = 6 * 2**30
"""What a mutant may take [byte]."""


@dataclass(slots=True, kw_only=True)
class Covering:
    """Which tests run a line, and what each takes [s]."""

    seconds: dict[str, float] = field(default_factory=dict)
    lines: dict[str, dict[int, set[str]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(set)))
    kills: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def read(self, room: Path, tests: Iterable[str]) -> None:
        from coverage import CoverageData

        for some in tests:
            path = kept(room, some)
            self.seconds.update(json.loads(path.read_text("utf-8")))
            data = CoverageData(str(path.with_suffix(".db")))
            data.read()
            for name in data.measured_files():
                for line, contexts in data.contexts_by_lineno(name).items():
                    self.lines["pkinteract/" + name.rpartition("/pkinteract/")[2]][line] |= set(contexts) - {""}

    def of(self, mutant: Mutant) -> list[str]:
        """The tests of its lines: those that killed most, then quick ones, one of each kind before its like."""
        if mutant.function is None:
            contexts = self._of_module(mutant)
        else:
            lines = self.lines[mutant.path]
            contexts = set().union(*(lines.get(line, ()) for line in range(mutant.first, mutant.last + 1)))
        files = {context for context in contexts if "::" not in context}
        tests = [test for test in self.seconds if test in contexts or test.partition("::")[0] in files]
        first = [*self.kills[mutant.path].most_common(4), *self.kills[mutant.package].most_common(6)]
        best = list(dict.fromkeys(test for test, _ in first if test in contexts))
        stem, alike, weights = f"_{Path(mutant.path).stem}", Counter[str](), dict[str, float]()
        for test in sorted(tests, key=self.seconds.__getitem__):
            name = test.partition("[")[0]
            alike[name] += 1
            near = (0.2 if stem in name else 1.0) * (0.5 if name.startswith(f"tests/{mutant.package}/") else 1.0)
            weights[test] = near * alike[name] * (self.seconds[test] + 0.01)
        return best + sorted((test for test in tests if test not in best), key=weights.__getitem__)

    def _of_module(self, mutant: Mutant) -> set[str]:
        """The tests of the lines that use what a module assigns, in whatever module, or lie in it."""
        use = re.compile(rf"\b{mutant.name}\b")
        own = self.lines[mutant.path]
        contexts = set[str]().union(*(own.get(line, ()) for line in range(mutant.first, mutant.last + 1)))
        for path, lines in self.lines.items():
            text = (ROOT / path).read_text("utf-8")
            if path == mutant.path or (mutant.name and imports(text, mutant)):
                uses = {n for n, line in enumerate(text.splitlines(), 1) if not mutant.name or use.search(line)}
                contexts = contexts.union(*(tests for line, tests in lines.items() if line in uses))
        return contexts or {test for test in self.seconds if test.startswith(f"tests/{mutant.package}/")}

    def within(self, mutant: Mutant, limit: float) -> tuple[list[str], bool]:
        """As many of them as take no longer than ``limit`` [s], and whether these are all."""
        chosen, spent = list[str](), 0.0
        every = self.of(mutant)
        for test in every:
            spent += self.seconds[test] + 0.005
            if chosen and spent > limit:
                break
            chosen.append(test)
        return chosen, len(chosen) == len(every)


def imports(text: str, mutant: Mutant) -> bool:
    """Whether the source of a module imports from that of the mutant."""
    return f"from {module_of(mutant.path)} import" in text


def module_of(path: str) -> str:
    return path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


class Mutated(importlib.abc.MetaPathFinder, importlib.machinery.SourceFileLoader):
    """Gives one module another code."""

    def __init__(self, path: str, code: CodeType) -> None:
        importlib.machinery.SourceFileLoader.__init__(self, module_of(path), str(ROOT / path))
        self.code = code

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> Any:
        if fullname != self.name:
            return None
        return importlib.util.spec_from_file_location(fullname, self.path, loader=self)

    def get_code(self, fullname: str) -> CodeType:
        return self.code


def compiled(mutant: Mutant) -> CodeType:
    code: CodeType = compile(mutant.tree, str(ROOT / mutant.path), "exec", dont_inherit=True)
    return code


def _inside(code: CodeType) -> Iterable[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _inside(constant)


def functions() -> dict[tuple[str, str, int], list[FunctionType]]:
    """Every function of the package that there is, also those behind decorators."""
    there = defaultdict(list)
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(str(ROOT / "pkinteract")):
            code = thing.__code__
            there[code.co_filename, code.co_qualname, code.co_firstlineno].append(thing)
    return there


def exchange(mutant: Mutant, there: dict[tuple[str, str, int], list[FunctionType]]) -> None:
    """Put a mutant's code into the running function, or its constant in the place of the one there is."""
    if mutant.function is None:
        reassign(mutant)
        return
    changed = [code for code in _inside(compiled(mutant)) if (code.co_qualname, code.co_firstlineno) == mutant.function]
    targets = there[str(ROOT / mutant.path), *mutant.function]
    if len(changed) != 1 or not targets:
        raise LookupError(f"no function for {mutant.key}")
    for target in targets:
        target.__code__ = changed[0]


def reassign(mutant: Mutant) -> None:
    """Give a constant of a module its other value, there and wherever it is imported."""
    space = {"__name__": module_of(mutant.path), "__file__": str(ROOT / mutant.path)}
    exec(compiled(mutant), space)
    old = vars(sys.modules[module_of(mutant.path)])[mutant.name]
    for module in list(sys.modules.values()):
        path = getattr(module, "__file__", None) or ""
        if path.endswith(".py") and vars(module).get(mutant.name) is old:
            own = path == str(ROOT / mutant.path)
            if own or imports(Path(path).read_text("utf-8"), mutant):
                setattr(module, mutant.name, space[mutant.name])


def apart(work: Callable[[Callable[[str], None]], None], limit: float) -> tuple[str, str]:
    """What becomes of some work in a fork: ``survived``, ``killed``, or ``timeout``; and what it said last."""
    diary = tempfile.TemporaryFile()  # noqa: SIM115
    child = os.fork()
    if not child:
        code = 3
        try:
            os.setpgid(0, 0)
            resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
            resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
            work(lambda text: os.write(diary.fileno(), f"{text}\n".encode()) and None)
            code = 0
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int) else 1
        except BaseException as error:
            os.write(diary.fileno(), f"{type(error).__name__}: {error}\n".encode())
            code = 1
        finally:
            os._exit(code)
    end = time.monotonic() + limit
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            break
        if time.monotonic() > end:
            os.killpg(child, signal.SIGKILL)
            _, status = os.waitpid(child, 0)
            break
        time.sleep(0.01)
    with diary:
        diary.seek(0)
        said = diary.read().decode().splitlines()
    if os.WIFSIGNALED(status):
        return "timeout", said[-1] if said else ""
    return "killed" if os.WEXITSTATUS(status) else "survived", said[-1] if said else ""


@dataclass(slots=True, kw_only=True)
class Trial:
    """A pytest plugin: in place of the tests, every mutant against its tests."""

    sample: Sequence[Mutant]
    covering: Covering
    out: Path
    limit: float

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        quickest: dict[str, str] = {}
        for test, seconds in sorted(self.covering.seconds.items(), key=lambda pair: -pair[1]):
            if seconds < WARM:
                quickest[test.partition("::")[0]] = test
        warm = [items[test] for test in quickest.values() if test in items]
        _run(warm, self.covering.seconds, print)
        forget()
        state, last = apart(lambda say: _run(warm, self.covering.seconds, say), 3600)
        if state != "survived":
            pytest.exit(f"{last} fails in a fork though nothing is changed", returncode=1)
        there = functions()
        gc.collect()
        gc.freeze()
        for mutant in self.sample:
            tests, whole = self.covering.within(mutant, self.limit)
            chosen = [items[test] for test in tests if test in items]

            def work(say: Callable[[str], None], mutant: Mutant = mutant, chosen: Any = chosen) -> None:
                exchange(mutant, there)
                _run(chosen, self.covering.seconds, say)

            note(self, mutant, len(chosen), whole, apart(work, 60 + 40 * self.limit) if chosen else ("uncovered", ""))
        return True


def _run(items: Sequence[pytest.Item], seconds: dict[str, float], say: Callable[[str], None]) -> None:
    """Run tests until one fails or takes too long."""
    from _pytest.runner import runtestprotocol

    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    for item, following in zip(items, [*items[1:], None], strict=True):
        say(item.nodeid)
        signal.setitimer(signal.ITIMER_PROF, PATIENCE + PATIENCE * seconds.get(item.nodeid, 0.0))
        if any(report.failed for report in runtestprotocol(item, log=False, nextitem=following)):
            sys.exit(1)
    signal.setitimer(signal.ITIMER_PROF, 0)


def note(trial: Trial, mutant: Mutant, tests: int, whole: bool, outcome: tuple[str, str]) -> None:
    """Write down what became of a mutant."""
    state, last = outcome
    if state == "killed":
        trial.covering.kills[mutant.path][last] += 1
        trial.covering.kills[mutant.package][last] += 1
    line = {"key": mutant.key, "package": mutant.package, "state": state, "tests": tests, "all": whole}
    if state != "survived":
        line["by"] = last
    with trial.out.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line, ensure_ascii=False) + "\n")


def imported(trial: Trial, mutant: Mutant) -> None:
    """A mutant of what a module does when it is imported."""
    tests, whole = trial.covering.within(mutant, trial.limit)

    class Limited:
        def pytest_runtestloop(self, session: pytest.Session) -> bool:
            order = {test: n for n, test in enumerate(tests)}
            _run(sorted(session.items, key=lambda item: order.get(item.nodeid, 0)), trial.covering.seconds, self.say)
            return True

    def work(say: Callable[[str], None]) -> None:
        sys.meta_path.insert(0, Mutated(mutant.path, compiled(mutant)))
        Limited.say = staticmethod(say)  # type: ignore[attr-defined]
        sys.exit(int(pytest.main([*OPTIONS, *tests], plugins=[Profile(), Limited()])))

    note(trial, mutant, len(tests), whole, apart(work, 120 + 40 * trial.limit) if tests else ("uncovered", ""))


def wilson(part: int, whole: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson, J Am Stat Assoc 1927)."""
    z, share = 1.959964, part / whole
    middle = (share + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z / (1 + z * z / whole) * math.sqrt(share * (1 - share) / whole + z * z / (4 * whole * whole))
    return middle - half, middle + half


def _running(mutant: Mutant) -> bool:
    """Whether it can be put into a module that is there."""
    return mutant.function is not None or mutant.constant


def _digest() -> str:
    """Of all sources and tests: what was watched of others is not taken for these."""
    digest = hashlib.sha256()
    for path in sorted([*(ROOT / "pkinteract").rglob("*.*"), *(ROOT / "tests").rglob("*.*")]):
        if path.is_file() and path.suffix != ".pyc":
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def main() -> None:
    """Draw, try and count."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument(
        "places", nargs="*", default=list(PACKAGES), help="packages, folders or modules (analysis/moves.py)"
    )
    asked.add_argument("--since", help="a commit: mutants of lines that changed after it alone")
    asked.add_argument("--tests", nargs="+", default=list(POOL), help="tests that may kill one, below tests/")
    asked.add_argument("--count", type=int, default=150, help="mutants of each place")
    asked.add_argument("--seed", type=int, default=1)
    asked.add_argument("--seconds", type=float, default=SECONDS, help="tests that a mutant meets at most [s]")
    asked.add_argument("--room", type=Path, help="for lines and results; by sources and tests below build/ if left out")
    asked.add_argument("--survivors", action="store_true", help="try those again that survived")
    given = asked.parse_args()
    os.chdir(ROOT)
    room = (given.room or ROOT / "build" / "mutation" / _digest()).absolute()
    room.mkdir(parents=True, exist_ok=True)
    for some in given.tests:
        if not kept(room, some).exists():
            apart(lambda _, some=some: gather(room, some), 7200)  # type: ignore[misc]
    covering = Covering()
    covering.read(room, given.tests)
    samples = {place: drawn(place, given.count, given.seed, given.since) for place in given.places}
    out = room / f"results-{given.seed}.jsonl"
    tried = [json.loads(line) for line in out.read_text("utf-8").splitlines()] if out.exists() else []
    done = {one["key"] for one in tried if not given.survivors or one["state"] in GONE}
    todo = [mutant for sample, _, _ in samples.values() for mutant in sample if mutant.key not in done]
    random.Random(given.seed).shuffle(todo)
    trial = Trial(
        sample=[mutant for mutant in todo if _running(mutant)], covering=covering, out=out, limit=given.seconds
    )
    for mutant in todo:
        if not _running(mutant):
            imported(trial, mutant)
    pytest.main([*OPTIONS, *(f"tests/{name}" for name in given.tests)], plugins=[Profile(), trial])
    results = {line["key"]: line for line in map(json.loads, out.read_text("utf-8").splitlines())}
    for place, (sample, every, words) in samples.items():
        mine = [results[mutant.key] for mutant in sample]
        gone = sum(one["state"] in GONE for one in mine)
        low, high = wilson(gone, len(mine))
        print(f"{place}: {gone} of {len(mine)} killed, {gone / len(mine):.1%} ({low:.1%} to {high:.1%});")
        print(f"    {every} mutants, and {words} words of errors that were left out")
    for one in sorted(results.values(), key=lambda one: str(one["key"])):
        if one["state"] not in GONE:
            print(one["state"], one["key"], "" if one["all"] else "(not all tests)")


if __name__ == "__main__":
    main()
