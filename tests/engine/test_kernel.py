"""Compiled code: its words do what numpy does, and what is kept of it is checked before it runs."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkinteract.engine.kernel import code
from pkinteract.engine.kernel.digits import joined_numbers
from pkinteract.engine.kernel.entries import ENTRIES
from pkinteract.engine.kernel.trace import machine_code, traced
from pkinteract.engine.kernel.vector import LANES, Rows, falling, larger, power, root, size, smaller

numbers = st.lists(st.floats(0.01, 100.0), min_size=LANES, max_size=LANES).map(np.array)


@given(st.lists(st.floats(-800.0, 0.0), min_size=LANES, max_size=LANES).map(np.array))
def test_the_exponential_is_that_of_numpy(x: np.ndarray) -> None:
    """e^x for x not above 0, to 3e-13; what is below e^-700 is nothing to speak of."""
    np.testing.assert_allclose(falling(x), np.exp(x), rtol=3e-13, atol=1e-300)


def words(h: Any, a: Any, _: Any) -> None:
    """Everything that a mechanism may do with rows."""
    one, two = a[0], a[1]
    a[2] = h * one + two - 1.0 / (1.0 + one) * (2.0 - two) / two
    a[3] = larger(one, two) - smaller(one, 3.0) + size(one - two)
    a[4] = root(one) * power(two, one / (one + two)) + falling(-one)
    a[5] = 0.0 * one + 1.0 * two + (0.0 - one)
    a[6] = 2.0
    a[0] = a[2] + a[6]


def in_machine_code() -> Any:
    import ctypes

    code.function("march")
    address = code.traced_address(traced(words, np.zeros(0, dtype=np.int64)), machine_code)
    return ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_double)(address)


MACHINE: list[Any] = []


halves = st.builds(lambda n, power: (n + 0.5) * 10.0**power, st.integers(0, 10**8), st.integers(-20, 20))
written = st.one_of(st.floats(), halves, st.integers(-(10**12), 10**12).map(float), st.sampled_from([9999999.5, 1e-4]))


@pytest.mark.compiled
@given(st.lists(st.tuples(written, written), min_size=1, max_size=40), st.integers(1, 15))
def test_numbers_are_written_as_python_writes_them(rows: list[tuple[float, float]], digits: int) -> None:
    """Any two numbers side by side, halves of the last digit among them: the digits of %.7g, NaN as nothing, no -0."""
    found = joined_numbers([np.array(column) for column in zip(*rows, strict=True)], [digits, digits])

    expected = [["" if one != one else f"%.{digits}g" % (one + 0.0) for one in row] for row in rows]
    assert found == [",".join(row) for row in expected]


@pytest.mark.compiled
@given(numbers, numbers, st.floats(0.0, 10.0))
def test_traced_code_does_what_python_does(one: np.ndarray, two: np.ndarray, h: float) -> None:
    """The same function, traced to machine code and run on numpy rows: equal but for the order of rounding."""
    if not MACHINE:
        MACHINE.append(in_machine_code())
    rows = np.zeros((7, LANES))
    rows[0], rows[1] = one, two
    expected = rows.copy()

    MACHINE[0](rows.ctypes.data, h)
    words(h, Rows(expected), None)

    np.testing.assert_allclose(rows, expected, rtol=1e-12, atol=1e-12 * np.abs(expected).max())


DAMAGE = {
    "empty": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-100]),
    "a flipped bit": lambda path: path.write_bytes(path.read_bytes()[:-1] + bytes([path.read_bytes()[-1] ^ 1])),
    "foreign": lambda path: path.write_bytes(b"print('not ours')"),
    "open to others": lambda path: path.chmod(0o666),
    "a folder": lambda path: (path.unlink(), path.mkdir()),
    "gone": lambda path: path.unlink(),
    "of another entry": lambda path: path.write_bytes(code.path_of(ENTRIES[1], path.parent).read_bytes()),
    "a pipe": lambda path: (path.unlink(), os.mkfifo(path, 0o600)),
    "a device": lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
    "too large": lambda path: os.truncate(path, code.LARGEST + 1),
}
"""What may have happened to a file since it was written."""


@pytest.mark.compiled
@pytest.mark.parametrize("what", DAMAGE)
def test_damaged_code_is_not_run(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of the cache that is not what was written, or that others may write to, counts as not there."""
    code.function("march")
    for path in [code.path_of(entry, code.folder()) for entry in ENTRIES]:
        (tmp_path / path.name).write_bytes(path.read_bytes())
        (tmp_path / path.name).chmod(0o600)
    monkeypatch.setenv("PKINTERACT_CACHE", str(tmp_path))
    whole = code.ready()

    DAMAGE[what](code.path_of(ENTRIES[0], tmp_path))

    assert whole
    assert not code.ready()


MULTIPLIED = """
import ctypes, json, sys
from pathlib import Path
import numpy as np
from pkinteract.engine.kernel import code
from pkinteract.engine.kernel.trace import machine_code
from pkinteract.engine.kernel.vector import LANES

def made(text):
    calls.append(text)
    return machine_code(text)

found = {}
for path in sorted(Path(sys.argv[1]).glob("*.ll")):
    calls, rows = [], np.full((1, LANES), 2.0)
    address = code.traced_address(path.read_text("utf-8"), made)
    assert code.traced_address(path.read_text("utf-8"), None) == address
    ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_double)(address)(rows.ctypes.data, 10.0)
    found[path.stem] = [len(calls), *set(rows[0])]
print(json.dumps(found))
"""
"""A process that has texts as machine code, and says of each how often it was made and what it makes of two and ten."""


def multiplying(factor: float) -> Callable[[Any, Any, Any], None]:
    def multiply(h: Any, a: Any, _: Any) -> None:
        a[0] = factor * h * a[0]

    return multiply


@pytest.mark.compiled
def test_traced_code_is_made_once_on_a_machine(tmp_path: Path) -> None:
    """A second process reads what the first one made; of what was damaged it makes all again, and keeps that."""
    cache, texts = tmp_path / "cache", tmp_path / "texts"
    cache.mkdir(mode=0o700)
    texts.mkdir()
    places: dict[str, Path] = {}
    line = [sys.executable, "-c", MULTIPLIED, texts]

    def found() -> dict[str, list[float]]:
        done = subprocess.run(line, env={**os.environ, "PKINTERACT_CACHE": str(cache)}, check=True, capture_output=True)
        return dict(json.loads(done.stdout))

    kinds = ["whole", *(kind for kind in DAMAGE if kind != "of another entry")]
    for n, kind in enumerate(kinds):
        (texts / f"{kind}.ll").write_text(traced(multiplying(n + 2), np.zeros(0, dtype=np.int64)), "utf-8")
    first, files = found(), sorted(cache.iterdir())
    contents = {path.name: path.read_bytes() for path in files}
    for kind in kinds:
        digest = hashlib.sha256((texts / f"{kind}.ll").read_bytes()).hexdigest()[:32]
        [places[kind]] = [path for path in files if digest in path.name]
    for kind in kinds[1:]:
        DAMAGE[kind](places[kind])
    second = found()
    third = found()

    expected = {kind: 20.0 * (n + 2) for n, kind in enumerate(kinds)}
    assert first == {kind: [1, expected[kind]] for kind in kinds}
    assert second == {kind: [int(kind != "whole"), expected[kind]] for kind in kinds}
    assert third == {kind: [int(kind == "a folder"), expected[kind]] for kind in kinds}
    assert all(path.is_dir() or path.read_bytes() == contents[path.name] for path in files)


def test_without_a_home_the_cache_is_of_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """No HOME, no entry of the user, no folder that can be made: compiled code goes to a temporary folder."""
    monkeypatch.delenv("PKINTERACT_CACHE", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", os.devnull)

    assert code.folder().is_dir()


MINE = next(entry for entry in ENTRIES if entry.module == "pkinteract.engine.kernel.digits")
OLD, LATELY = 40.0, 20.0
"""Days since a file was used."""


def left(folder: Path, name: str, days: float, content: bytes = b"0" * 64 + b"\nmarch\ncode") -> Path:
    """A file of the cache that was used so many days ago."""
    path = folder / name
    path.write_bytes(content)
    used = time.time() - 86_400 * days
    os.utime(path, (used, used))
    return path


OURS = code.path_of(MINE, Path()).stem.rpartition("-")[2]
"""What this version calls itself in the names of its files."""


def version(digit: str) -> str:
    return digit * 24


def traced_name(digit: str) -> str:
    return code.TRACED + digit * 32


def test_what_nobody_used_for_a_month_is_removed(tmp_path: Path) -> None:
    """Whole sets of other versions and drafts go; a set of which one file is in use stays whole, and all that is not
    ours, or of this version, stays. What was traced goes file by file, that of this version too."""
    own = [left(tmp_path, code.path_of(entry, tmp_path).name, OLD) for entry in ENTRIES]
    gone = [left(tmp_path, f"{name}-{version('a')}.o", OLD) for name in ("march", "count_groups16")]
    gone += [left(tmp_path, f"march-{version('c')}.4711", OLD)]
    gone += [left(tmp_path, f"{traced_name('a')}-{made_by}.o", OLD) for made_by in (OURS, version("b"))]
    used = [left(tmp_path, f"march-{version('b')}.o", OLD), left(tmp_path, f"digits-{version('b')}.o", LATELY)]
    used += [left(tmp_path, f"{traced_name('b')}-{made_by}.o", LATELY) for made_by in (OURS, version("a"))]
    foreign = [
        left(tmp_path, f"march-{version('d')}.o", OLD, b"somebody's own object file, which begins otherwise" * 9),
        left(tmp_path, "march.o", OLD),
        left(tmp_path, "notes-to-keep.txt", OLD),
    ]
    (tmp_path / f"march-{version('e')}.o").mkdir()

    code.prune(tmp_path)

    assert not any(path.exists() for path in gone)
    assert all(path.exists() for path in (*own, *used, *foreign))
    assert (tmp_path / f"march-{version('e')}.o").is_dir()


def test_many_may_prune_one_folder_at_once(tmp_path: Path) -> None:
    """What another process removed first is no error; nor is a folder that is not there."""
    for n in range(200):
        left(tmp_path, f"march-{n:024x}.o", OLD)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(code.prune, [tmp_path] * 8))

    assert list(tmp_path.iterdir()) == []
    code.prune(tmp_path / "none")


@pytest.mark.compiled
def test_using_code_keeps_it_and_making_it_clears_up(tmp_path: Path) -> None:
    """Of processes that begin at once one compiles, and removes what is old beside it; the others wait for it. One that
    reads code says that it was used."""
    old = left(tmp_path, f"march-{version('a')}.o", OLD)
    script = (
        "from pkinteract.engine.kernel import code\n"
        "code.ENTRIES = tuple(one for one in code.ENTRIES if one.module.endswith('digits'))\n"
        "begun, begin = [], code.subprocess.Popen\n"
        "code.subprocess.Popen = lambda *line, **options: begun.append(line) or begin(*line, **options)\n"
        "code.address(code.ENTRIES[0])\n"
        "print(len(begun))\n"
    )
    environment = {**os.environ, "PKINTERACT_CACHE": str(tmp_path)}
    line = [sys.executable, "-c", script]
    several = [subprocess.Popen(line, env=environment, stdout=subprocess.PIPE) for _ in range(3)]
    compiled = [int(process.communicate()[0]) for process in several]
    assert sorted(compiled) == [0, 0, 1]
    (mine,) = tmp_path.iterdir()
    assert mine == code.path_of(MINE, tmp_path)
    assert not old.exists()

    os.utime(mine, (1e9, 1e9))
    subprocess.run(line, env=environment, check=True)

    assert mine.stat().st_mtime > time.time() - 3600
