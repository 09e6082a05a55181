"""Object code: made once on a machine by a process of its own, kept where only the user writes, checked when read.

Nobody runs what it compiled: the file is read back by whoever made it too, so that all compute the same bits. Its name
holds the sources, the compilers and the processor; its first line the digest of that name and the rest. What is
missing, cut, altered, another entry's or another user's is made again. What is traced for a structure is made here, in
a fifth of a second, and kept the same way under the digest of its text.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from threading import Lock, get_ident
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from pkinteract.engine.kernel.entries import ENTRIES, Entry
from pkinteract.engine.kernel.vector import COMPILING, Rows

SECONDS = 10
"""How long it takes on two processors [s]."""

LARGEST = 20_000_000
"""Largest file of object code that is read [byte]; the largest one has a fiftieth of it."""

DAY = 86_400.0
UNUSED = 30 * DAY
"""After which what another version made is removed, if nobody used it meanwhile [s]."""

TRACED = "traced_"
"""Beginning of the name of what was traced for a structure; the name of its function until the text is known."""

_NAME = re.compile(r"[a-z][a-z0-9_]*-[0-9a-f]{24}\.(o|[0-9]+)")
_CHECKSUM = re.compile(rb"[0-9a-f]{64}\n")
_ONE_AT_A_TIME = Lock()
_TRACED_ADDRESSES: dict[str, int] = {}
_ROOT = Path(__file__).parents[3]
"""Where this very package stands, so that no other copy of it is compiled."""


@lru_cache(maxsize=1)
def _engine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine(jit=True, codemodel="jitdefault", reloc="static")
    return llvm.create_mcjit_compiler(llvm.parse_assembly(""), target)


@lru_cache(maxsize=1)
def _key() -> str:
    """Digest of all that the code depends on: sources of the engine, compilers, processor."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.parent.rglob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    features = sorted(llvm.get_host_cpu_features().items())
    made_by = (version("numba"), version("llvmlite"), sys.version_info[:2], llvm.get_host_cpu_name(), features)
    digest.update(repr(made_by).encode())
    return digest.hexdigest()[:24]


def folder() -> Path:
    """Where object code is kept: ``PKINTERACT_CACHE``, else the user's cache folder, else one for this process."""
    given = os.environ.get("PKINTERACT_CACHE")
    try:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        chosen = Path(given) if given else base / "pkinteract"
        chosen.mkdir(parents=True, exist_ok=True, mode=0o700)
    except (OSError, RuntimeError):
        return _temporary()
    return chosen


@lru_cache(maxsize=1)
def _temporary() -> Path:
    return Path(tempfile.mkdtemp(prefix="pkinteract-"))


def _kept(path: Path) -> tuple[str, bytes] | None:
    """Name and code of a file, if it is whole, ours and nobody else can write to it."""
    try:
        with open(path, "rb", opener=_opened) as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode) or about.st_size > LARGEST:
                return None
            content = file.read()
    except OSError:
        return None
    if hasattr(os, "getuid") and (about.st_uid != os.getuid() or about.st_mode & 0o022):
        return None
    digest, _, rest = content.partition(b"\n")
    if digest != _digest(path, rest):
        return None
    name, _, code = rest.partition(b"\n")
    return name.decode(), code


def _opened(path: str, flags: int) -> int:
    """Open a file, and do not wait for the other end of a pipe."""
    return os.open(path, flags | getattr(os, "O_NONBLOCK", 0))


def _digest(path: Path, content: bytes) -> bytes:
    """Checksum of the code in a file and of the file's name: the code of another entry or version is not this one."""
    return hashlib.sha256(path.name.encode() + b"\n" + content).hexdigest().encode()


def _made(into: Path) -> None:
    """Compile what a folder lacks, each entry into a file that appears whole; a process a module, side by side."""
    if sys.stderr.isatty():
        print(f"compiling for this processor, once: about {SECONDS} s", file=sys.stderr)
    found_at = os.pathsep.join(filter(None, [str(_ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, COMPILING: "1", "PYTHONPATH": found_at}
    with _alone(into), tempfile.TemporaryDirectory(prefix="pkinteract-") as room, ExitStack() as begun:
        command = [sys.executable, "-m", "pkinteract.engine.kernel.compiler", room]
        modules = {entry.module for entry in ENTRIES if _kept(path_of(entry, into)) is None}
        processes = [begun.enter_context(subprocess.Popen([*command, name], env=environment)) for name in modules]
        for process in processes:
            if process.wait():
                raise subprocess.CalledProcessError(process.returncode, process.args)
        for entry in (one for one in ENTRIES if one.module in modules):
            _keep(path_of(entry, into), (Path(room) / entry.name).read_bytes())
    prune(into)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let nobody else fill a folder meanwhile: who waits finds it filled. Where no lock can be had, all fill it."""
    with ExitStack() as held:
        with suppress(OSError, ImportError):
            import fcntl

            place = os.open(folder, os.O_RDONLY)
            held.callback(os.close, place)
            fcntl.flock(place, fcntl.LOCK_EX)
        yield


def _keep(path: Path, content: bytes) -> None:
    """Write a file that appears whole."""
    draft = path.with_suffix(f".{os.getpid()}{get_ident()}")
    draft.write_bytes(_digest(path, content) + b"\n" + content)
    draft.chmod(0o600)
    draft.replace(path)


def prune(kept: Path) -> None:
    """Remove what other versions, or processes that were killed, left in a folder and nobody used for ``UNUSED``.

    The entries of a version go together, one that was used lately keeps all of them; of what was traced each file goes
    alone. Other processes may do the same, read what goes, or make it again.
    """
    now = time.time()
    sets: dict[str, list[tuple[Path, float]]] = {}
    for path in _ours(kept):
        with suppress(OSError):
            used = path.stat().st_mtime
            name, made_by = path.stem.rsplit("-", 1)
            group = path.name if name.startswith(TRACED) else made_by + path.suffix
            sets.setdefault(group, []).append((path, used))
    for name, files in sets.items():
        if name != f"{_key()}.o" and max(used for _, used in files) < now - UNUSED:
            for path, _ in files:
                with suppress(OSError):
                    path.unlink()


def _ours(kept: Path) -> Iterator[Path]:
    """Files of a folder that have a name and a beginning as :func:`_made` writes them."""
    try:
        there = sorted(kept.iterdir())
    except OSError:
        return
    for path in there:
        if _NAME.fullmatch(path.name) and not path.is_symlink() and path.is_file():
            with suppress(OSError), open(path, "rb", opener=_opened) as file:
                if _CHECKSUM.fullmatch(file.read(65)):
                    yield path


def _used(path: Path) -> None:
    """Say that a file was used, for :func:`prune`; once a day is enough."""
    with suppress(OSError):
        if path.stat().st_mtime < time.time() - DAY:
            os.utime(path)


def path_of(entry: Entry, into: Path) -> Path:
    """Where the code of an entry is kept in a folder."""
    return into / f"{entry.name}-{_key()}.o"


def ready() -> bool:
    """Whether the code of this machine is there."""
    return all(_kept(path_of(entry, folder())) is not None for entry in ENTRIES)


def address(entry: Entry) -> int:
    """Where the machine code of an entry begins in this process.

    Raises
    ------
    CalledProcessError
        When the compiler fails.
    OSError
        When no folder keeps what was compiled.
    """
    with _ONE_AT_A_TIME:
        return _address(entry)


@cache
def _address(entry: Entry) -> int:
    for place in (folder, _temporary):
        path = path_of(entry, place())
        kept = _kept(path)
        if kept is None:
            _fill(place())
            kept = _kept(path)
        if kept is not None:
            _used(path)
            return _placed(*kept)
    raise OSError(f"{_temporary()} keeps nothing")


@cache
def _fill(place: Path) -> None:
    """Have what a folder lacks compiled, once: one that keeps nothing now keeps nothing for the next entry either."""
    with suppress(OSError):
        _made(place)


def traced_address(text: str, machine_code: Callable[[str], bytes]) -> int:
    """Where the machine code of a text begins in this process; it is made unless it is kept.

    Parameters
    ----------
    text
        Assembly of one function that is called ``TRACED``.
    machine_code
        Makes object code of such a text.
    """
    name = TRACED + hashlib.sha256(text.encode()).hexdigest()[:32]
    path = folder() / f"{name}-{_key()}.o"
    with _ONE_AT_A_TIME:
        _engine()  # the compiler is ready with it
        if name in _TRACED_ADDRESSES:
            return _TRACED_ADDRESSES[name]
    kept = _kept(path)
    code = kept[1] if kept is not None else machine_code(text.replace(f'@"{TRACED}"', f'@"{name}"'))
    with _ONE_AT_A_TIME:
        if name not in _TRACED_ADDRESSES:
            _TRACED_ADDRESSES[name] = _placed(name, code)
    with suppress(OSError):
        if kept is None:
            _keep(path, name.encode() + b"\n" + code)
            _prune_once(path.parent)
        else:
            _used(path)
    return _TRACED_ADDRESSES[name]


@cache
def _prune_once(kept: Path) -> None:
    prune(kept)


def _placed(name: str, code: bytes) -> int:
    engine = _engine()
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    return int(engine.get_function_address(name))


@cache
def function(name: str) -> Callable[..., int]:
    """The compiled entry of a name: it takes arrays and numbers, holds no lock while it runs, and gives a number.

    Raises
    ------
    CalledProcessError, OSError
        As :func:`address` does.
    """
    entry = next(one for one in ENTRIES if one.name == name)
    kinds = [ctypes.c_double if kind == "double" else ctypes.c_int64 for kind in entry.arguments]
    machine = ctypes.CFUNCTYPE(ctypes.c_int32, ctypes.c_void_p, ctypes.c_void_p, *kinds)(address(entry))

    def call(*arguments: Any) -> int:
        result, error = ctypes.c_int64(), ctypes.c_void_p()
        given = [_plain(argument) for argument in arguments]
        machine(ctypes.byref(result), ctypes.byref(error), *given)
        return result.value

    return call


def _plain(argument: Any) -> Any:
    if isinstance(argument, Rows):
        argument = argument.array
    return argument.ctypes.data if isinstance(argument, np.ndarray) else argument
