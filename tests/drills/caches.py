"""Kinds of damage to the cache of compiled code: ``make drills``. The same bytes come out, or a plain message.

As root everything is run without the right to pass over permissions, where ``setpriv`` can do that.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from kills import Files, contents, write_scenarios

from pkinteract.engine.kernel import code
from pkinteract.engine.kernel.entries import ENTRIES

OTHER = 65534
BOUND = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search")
SECONDS = 1200
"""How long a run with a damaged cache may take [s]; compiling takes some ten, and many times that on a busy machine."""

LINE = ("population", "case.toml", "-n", "40", "--seed", "1", "--no-figure")


def _each(damage: Callable[[Path], object]) -> Callable[[Path], None]:
    def done(cache: Path) -> None:
        for path in sorted(cache.glob("*.o")):
            damage(path)

    return done


def _flip(place: float) -> Callable[[Path], None]:
    """Turn a bit of the byte at a share of the file."""

    def flip(path: Path) -> None:
        raw = bytearray(path.read_bytes())
        raw[int(place * (len(raw) - 1))] ^= 0x10
        path.write_bytes(raw)

    return flip


def _replace(make: Callable[[Path], object]) -> Callable[[Path], None]:
    def replaced(path: Path) -> None:
        path.unlink()
        make(path)

    return replaced


def _rotate(cache: Path) -> None:
    """Every file has the content of the next one: each whole, and none its own."""
    paths = sorted(cache.glob("*.o"))
    raws = [path.read_bytes() for path in paths]
    for path, raw in zip(paths, raws[1:] + raws[:1], strict=True):
        path.write_bytes(raw)


def _exchange(cache: Path) -> None:
    """Two small files have each other's content."""
    one, other = sorted(cache.glob("*.o"), key=lambda path: (path.stat().st_size, path.name))[:2]
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def _elsewhere(path: Path) -> None:
    """A link to the same file in another folder."""
    kept = path.parent.parent / "kept"
    kept.mkdir(exist_ok=True)
    shutil.move(path, kept / path.name)
    path.symlink_to(kept / path.name)


def _whole(make: Callable[[Path], object]) -> Callable[[Path], None]:
    """Something else where the folder was."""

    def replaced(cache: Path) -> None:
        shutil.rmtree(cache)
        make(cache)

    return replaced


def _moved(cache: Path) -> None:
    shutil.move(cache, cache.with_name("moved"))
    cache.symlink_to(cache.with_name("moved"))


def _foreign(path: Path) -> None:
    path.chmod(0o644)
    if os.getuid() == 0:
        os.chown(path, OTHER, OTHER)


KINDS: dict[str, Callable[[Path], object]] = {
    "nothing": lambda cache: None,
    "empty files": _each(lambda path: path.write_bytes(b"")),
    "cut in the middle": _each(lambda path: os.truncate(path, path.stat().st_size // 2)),
    "a byte less": _each(lambda path: os.truncate(path, path.stat().st_size - 1)),
    "a byte more": _each(lambda path: path.write_bytes(path.read_bytes() + b"\0")),
    "a bit of the code flipped": _each(_flip(0.9)),
    "a bit of the checksum flipped": _each(_flip(0.0)),
    "zeros of the same size": _each(lambda path: path.write_bytes(bytes(path.stat().st_size))),
    "foreign text": _each(lambda path: path.write_text("import os; os.abort()")),
    "the code of another entry": _rotate,
    "the code of another entry in two": _exchange,
    "one of many gone": lambda cache: sorted(cache.glob("*.o"))[3].unlink(),
    "all gone": _each(lambda path: path.unlink()),
    "files of another version only": _each(lambda path: path.rename(path.with_name(f"{path.name[:-6]}00.o"))),
    "half written drafts beside": _each(lambda path: path.with_suffix(".123").write_bytes(b"half")),
    "writable for all": _each(lambda path: path.chmod(0o666)),
    "not readable": _each(lambda path: path.chmod(0)),
    "another user's": _each(_foreign),
    "links to files elsewhere": _each(_elsewhere),
    "links that lead nowhere": _each(_replace(lambda path: path.symlink_to("/nowhere/at/all"))),
    "links in a circle": _each(_replace(lambda path: path.symlink_to(path.name))),
    "links to /dev/zero": _each(_replace(lambda path: path.symlink_to("/dev/zero"))),
    "pipes": _each(_replace(lambda path: os.mkfifo(path, 0o600))),
    "folders": _each(_replace(lambda path: path.mkdir())),
    "files of a terabyte": _each(lambda path: os.truncate(path, 10**12)),
    "folder not writable, files gone": lambda cache: (
        [path.unlink() for path in cache.glob("*.o")],
        cache.chmod(0o500),
    ),
    "a file where the folder was": _whole(lambda cache: cache.write_bytes(b"")),
    "a pipe where the folder was": _whole(lambda cache: os.mkfifo(cache)),
    "a link to the folder": _moved,
    "no folder": _whole(lambda cache: None),
}


def _run(room: Path, out: str) -> subprocess.CompletedProcess[str]:
    environment = {
        **os.environ,
        "PKINTERACT_CACHE": str(room / "cache"),
        "TMPDIR": str(room / "tmp"),
        "HOME": str(room),
    }
    bound = BOUND if os.getuid() == 0 and shutil.which(BOUND[0]) else ()
    line = [*bound, sys.executable, "-m", "pkinteract", *LINE, "--out", out]
    return subprocess.run(line, cwd=room, env=environment, capture_output=True, text=True, timeout=SECONDS, check=False)


def prepared(room: Path) -> Files:
    """A room with a scenario and a warm cache, of what the user's has; what the run writes."""
    (room / "tmp").mkdir()
    (room / "cache").mkdir(mode=0o700)
    write_scenarios(room, 100)
    for path in (code.path_of(entry, code.folder()) for entry in ENTRIES):
        if path.is_file():
            shutil.copy2(path, room / "cache" / path.name)
    done = _run(room, "right")
    if done.returncode:
        raise RuntimeError(done.stderr)
    shutil.copytree(room / "cache", room / "warm")
    return contents(room / "right")


def damaged(room: Path, kind: str, right: Files) -> str:
    """What a run does with a cache that is damaged in this way."""
    for name in ("cache", "moved", "kept", "out"):
        path = room / name
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    shutil.copytree(room / "warm", room / "cache")
    KINDS[kind](room / "cache")
    begin = time.perf_counter()
    try:
        done = _run(room, "out")
    except subprocess.TimeoutExpired:
        return "HANGS"
    took = f"{time.perf_counter() - begin:.0f} s"
    if done.returncode == 0 and not done.stderr:
        return f"the same bytes, {took}" if contents(room / "out") == right else "OTHER BYTES"
    plain = done.returncode in (2, 3) and "Traceback" not in done.stderr and not (room / "out").exists()
    return f"{'message' if plain else 'FAILS'} ({done.returncode}): {done.stderr.strip()[-200:]}"


def main() -> None:
    """Damage a cache in every way, and print what came of it."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("kinds", nargs="*", default=list(KINDS))
    given = asked.parse_args()
    with tempfile.TemporaryDirectory(prefix="drill-") as name:
        right = prepared(Path(name))
        for kind in given.kinds:
            print(f"{kind}: {damaged(Path(name), kind, right)}", flush=True)


if __name__ == "__main__":
    main()
