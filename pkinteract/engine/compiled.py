"""Runs by compiled code, for fits: the generated rates and a march around them, kept on disk by the hash of their text.

One run of a usual system takes less than a millisecond and holds no lock, so data sets run side by side in threads.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any

import numpy as np

from pkinteract.engine.control import (
    FIRST_OF_RELEASE,
    FIRST_STEP,
    MOST_STEPS,
    TOO_FAST,
    Failure,
    floors,
    largest_quartic,
)
from pkinteract.engine.curves import Array
from pkinteract.engine.events import Event, Switch, marked
from pkinteract.engine.mechanisms.release import profiles
from pkinteract.engine.single.generate import generate_rate
from pkinteract.engine.single.march import RTOL
from pkinteract.engine.solution import State, resting
from pkinteract.engine.system import System

KINDS = {"depot": 0, "depot-rate": 1, "bolus": 2, "rate": 3, "release": 4}

COMPILED = '@njit(cache=True, nogil=True, error_model="numpy")'
"""What stands before every function of such a text."""

_BETWEEN = "\n\n\n"
"""What stands between two functions of a text."""

_AGE = 1_000_000_000
"""The date of every such file, as seconds since 1970."""

_ONE_AT_A_TIME = Lock()
"""Threads that meet a new structure together make it once."""


def solve_at(
    system: System,
    events: Sequence[Event],
    start: float,
    times: Array,
    *,
    rtol: float = RTOL,
    initial: State | None = None,
    switches: Sequence[Switch] = (),
) -> Array | Failure:
    """States of ``system`` at ``times``, (time, state), before any jump there; or why it stopped.

    Parameters
    ----------
    system
        Must step every compound (``step_all``).
    events
        Jumps of the input, sorted by time.
    times
        Sorted, none before ``start`` [h].
    initial
        State just before ``start``; at rest if left out.
    """
    run = runner(system, events, start, rtol=rtol, switches=switches)
    done = run(resting(system) if initial is None else initial, np.asarray(times, dtype=float))
    return done if isinstance(done, Failure) else done[0]


@lru_cache(maxsize=256)
def _rate_text(structure: System) -> str:
    """The generated text, which depends on no number of the system."""
    return generate_rate(structure)


def runner(
    system: System, events: Sequence[Event], start: float, *, rtol: float = RTOL, switches: Sequence[Switch] = ()
) -> Callable[[State, Array], tuple[Array, State] | Failure]:
    """What runs ``system`` from a state just before ``start`` through sorted times, as often as it is called.

    It gives the states at the times as in ``solve_at``, and the state at the last of them, before any jump there.
    """
    march = kernel(_rate_text(replace(system, parameters=(), scale=())))
    rows, doses = _events(system, events, start)
    sets = np.array([system.parameters, *(change.parameters for change in switches)])
    since = np.array([-np.inf, *(change.time for change in switches)])
    releases = np.array(
        [[row.kind == "weibull", row.first, row.second, row.sharp, row.over] for row in profiles(system)], dtype=float
    ).reshape(-1, 5)
    kas = np.array([0.0 if ka is None else system.parameters[ka] for ka in _kas(system)], dtype=float)
    smallest = np.array(floors(system.layout))
    n = system.layout.n_states

    def run(first: State, times: Array) -> tuple[Array, State] | Failure:
        stepped, depots, inflows, rates = (
            np.array(part, dtype=float) for part in (first.stepped, first.depots, first.inflows, first.rates)
        )
        out = np.empty((len(times), n))
        steps = march(
            sets,
            since,
            stepped,
            depots,
            inflows,
            rates,
            kas,
            smallest,
            rtol,
            rtol / largest_quartic(rtol),
            start,
            rows,
            releases,
            doses,
            times,
            out,
            MOST_STEPS,
            np.zeros(n),
            np.zeros(n),
            np.zeros((7, n)),
            np.zeros(len(depots)),
            np.zeros(7 * len(system.releases)),
        )
        if steps < 0:
            return Failure(start=start, stop=float(times[-1]), reason=TOO_FAST)
        end = State(
            stepped=stepped.tolist(), depots=depots.tolist(), inflows=inflows.tolist(), rates=rates.tolist(), exact={}
        )
        return out, end

    return run


def _events(system: System, events: Sequence[Event], start: float) -> tuple[Array, Array]:
    """Events as rows (time, kind, place, amount, longest step after it), and the doses that are released."""
    slots = {j: slot for slot, j in enumerate(system.layout.stepped_depots)}
    feeds = {i: slot for slot, i in enumerate(system.stepped)}
    rows, doses = [], []
    for event in marked(system, events):
        if event.kind == "release" and event.amount:
            doses.append((event.target, event.time, event.amount))
        if event.time < start:
            continue
        place = {"bolus": system.layout.central, "rate": feeds, "release": {event.target: 0}}.get(event.kind, slots)
        first = FIRST_OF_RELEASE if event.kind == "release" else FIRST_STEP
        rows.append((event.time, KINDS[event.kind], place[event.target], event.amount, first))
    return np.array(rows, dtype=float).reshape(-1, 5), np.array(doses, dtype=float).reshape(-1, 3)


def _kas(system: System) -> list[int | None]:
    return [system.depots[j].ka for j in system.layout.stepped_depots]


@lru_cache(maxsize=64)
def kernel(text: str) -> Callable[..., Any]:
    """The compiled ``march`` for a generated text; from the cache on disk when this text was compiled before."""
    march: Callable[..., Any] = compiled(source_of("loop.py", ("rate",), text)).march
    return march


def compiled(source: str) -> ModuleType:
    """The module of a text whose functions numba compiles."""
    name = f"pkinteract_kernel_{hashlib.sha256(source.encode()).hexdigest()[:24]}"
    with _ONE_AT_A_TIME:
        return _module(name, source)


def compiled_apart(source: str) -> ModuleType:
    """The same with ``march`` compiled for the text's ``SIGNATURE`` by a process of its own.

    A process that compiles has its functions one by one and within each other, and runs a mixture that rounds otherwise
    than what later processes read from the disk. So that all compute the same bits, nobody runs what it compiled.
    """
    import numba
    from llvmlite import binding

    made_by = f"{numba.__version__} {binding.get_host_cpu_name()} {sorted(binding.get_host_cpu_features().items())}"
    name = f"pkinteract_kernel_{hashlib.sha256(f'{made_by} {source}'.encode()).hexdigest()[:24]}"
    with _ONE_AT_A_TIME:
        ready = _folder() / f"{name}.ready"
        if not ready.exists():
            path = _written(name, source)
            subprocess.run([sys.executable, "-c", _COMPILE, str(path)], check=True)
            ready.touch()
        module = _module(name, source)
        if not module.march.signatures:
            module.march.compile(module.SIGNATURE)
            module.march.disable_compile()
        return module


_COMPILE = """
import importlib.util, pathlib, sys
path = pathlib.Path(sys.argv[1])
spec = importlib.util.spec_from_file_location(path.stem, path)
module = importlib.util.module_from_spec(spec)
sys.modules[path.stem] = module
spec.loader.exec_module(module)
module.march.compile(module.SIGNATURE)
"""


def _written(name: str, source: str) -> Path:
    """The file of a text, whoever writes it of the same age: numba goes by it when it looks for what was compiled."""
    path = _folder() / f"{name}.py"
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(source, "utf-8")
        os.utime(draft, (_AGE, _AGE))
        draft.replace(path)
    return path


def _module(name: str, source: str) -> ModuleType:
    path = _written(name, source)
    known = sys.modules.get(name)
    if known is not None and known.__file__ == str(path):
        return known
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be loaded")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def _folder() -> Path:
    """Where compiled runs are kept: ``PKINTERACT_CACHE``, else the user's cache folder, else one for this process."""
    given = os.environ.get("PKINTERACT_CACHE")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = Path(given) if given else base / "pkinteract"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return _temporary()
    return folder


@lru_cache(maxsize=1)
def _temporary() -> Path:
    return Path(tempfile.mkdtemp(prefix="pkinteract-"))


def function_text(around: str, name: str) -> str:
    """The text of a function of a march of this folder."""
    _, _, rest = (Path(__file__).parent / around).read_text("utf-8").partition(f"def {name}(")
    return f"def {name}({rest.partition(_BETWEEN)[0]}\n"


def source_of(around: str, replaced: Sequence[str], text: str, compile_with: str = COMPILED) -> str:
    """One module: a march of this folder with generated functions in place of its own, every function compiled."""
    body = (Path(__file__).parent / around).read_text("utf-8")
    for name in replaced:
        before, _, rest = body.partition(f"def {name}(")
        _, _, after = rest.partition(_BETWEEN)
        body = f"{before}{after}"
    body = body.replace("\ndef ", f"\n{text}\n\ndef ", 1) if text else body
    body = body.replace("\ndef ", f"\n{compile_with}\ndef ")
    first = "from __future__ import annotations\n"
    return body.replace(first, f"{first}\nfrom numba import njit\n", 1)
