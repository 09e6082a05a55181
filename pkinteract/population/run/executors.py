"""Who computes the partitions: threads of this process, processes on this machine, or a cluster.

Each is told numbers and gives back files, so that the result does not depend on which of them did it. Few partitions
are under way at a time: finished ones never pile up.
"""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, ThreadPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from itertools import islice
from socket import create_connection
from typing import TYPE_CHECKING

from pkinteract import __version__
from pkinteract.errors import ClusterError, InputError, Problem, printable
from pkinteract.interrupts import deferred, unheard
from pkinteract.population.run.partitions import Files, Form, add_packed, compute
from pkinteract.population.run.plan import RunPlan
from pkinteract.population.statistics.tally import Tally, empty_tally

if TYPE_CHECKING:
    from distributed import Client

Done = Callable[[int], None]
"""Is told a number of patients that are finished."""

Executor = Callable[[RunPlan, Form, Sequence[int], Done], Iterator[tuple[int, Files]]]
"""Computes partitions, in any order."""

PATIENCE = 20
"""How long a scheduler, and then a worker of it, is waited for [s]."""

MOST_PORT = 65_535
"""Highest port."""

LONGEST_GREETING = 100_000
"""Longest greeting of a scheduler [byte]; it is some hundreds."""

DEATHS = 10
"""How many workers may die of a partition before it is given up, where the scheduler is ours."""

_GO_ON = "--resume goes on from what is finished"


@contextmanager
def executor(workers: int | None, scheduler: str | None) -> Iterator[Executor]:
    """Threads, unless ``workers`` processes or the workers of the Dask scheduler at an address are asked for.

    Raises
    ------
    InputError
        When Dask is not installed, or the scheduler cannot be reached, has no workers or workers of another version.
    """
    if workers is None and scheduler is None:
        yield in_threads
        return
    if find_spec("distributed") is None:
        option = "--workers" if scheduler is None else "--scheduler"
        raise _refused(option, "dask", 'needs Dask; install it with: pip install "pkinteract[cluster]"')
    with _local(workers or 1) if scheduler is None else _remote(scheduler) as client:
        yield partial(on_workers, client)


def counted(plan: RunPlan) -> Tally:
    """The counts of all patients of a plan, computed in threads; nobody's own rows are kept.

    Raises
    ------
    InputError
        As :func:`pkinteract.population.run.block.run_block` does.
    """
    tally = empty_tally(plan, plan.spec.n)
    nothing = Form(ending="csv", written=lambda _: b"")
    for partition, files in in_threads(plan, nothing, range(plan.partitions), lambda _: None):
        add_packed(tally, files[f"{partition:05}.npz"])
    return tally


def in_threads(plan: RunPlan, form: Form, partitions: Sequence[int], done: Done) -> Iterator[tuple[int, Files]]:
    """Compute in threads, one per processor."""
    count = os.cpu_count() or 1
    left = iter(partitions)
    with ThreadPoolExecutor(count) as pool:

        def begin(most: int) -> dict[Future[Files], int]:
            return {pool.submit(compute, plan, number, form, done): number for number in islice(left, most)}

        running = begin(count + 1)
        try:
            while running:
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    yield running.pop(future), future.result()
                    running |= begin(1)
        finally:
            pool.shutdown(cancel_futures=True)


def on_workers(
    client: Client, plan: RunPlan, form: Form, partitions: Sequence[int], done: Done
) -> Iterator[tuple[int, Files]]:
    """Compute on the workers of a Dask client.

    The plan is the result of a task, not data that is sent: when every worker that holds it dies, it is made again.

    Raises
    ------
    ClusterError
        When workers die again and again of one task, or the scheduler is lost.
    """
    from distributed import KilledWorker, as_completed

    mark = f"pkinteract-{plan.fingerprint[:16]}-{form.ending}"
    sent = client.submit(pickle.loads, pickle.dumps(plan), key=mark)
    left = iter(partitions)

    def begin(most: int) -> dict[str, int]:
        names = {f"{mark}-{number}": number for number in islice(left, most)}
        for name, number in names.items():
            waiting.add(client.submit(compute, sent, number, form, key=name, priority=-number))
        return names

    waiting = as_completed([])
    running = begin(2 * max(1, sum(client.nthreads().values())))
    try:
        for future in waiting:
            files: Files = future.result()
            number = running.pop(future.key)
            future.release()
            running |= begin(1)
            done(len(plan.patients(number)))
            yield number, files
    except KilledWorker as error:
        raise ClusterError(f"too many workers died of {error.task}, of a lack of memory perhaps; {_GO_ON}") from None
    except (CancelledError, OSError) as error:
        raise ClusterError(f"the scheduler was lost ({type(error).__name__}); {_GO_ON}") from None


@contextmanager
def _local(workers: int) -> Iterator[Client]:
    """Processes on this machine, one thread each."""
    _hush()
    import dask
    from distributed import Client, LocalCluster

    with dask.config.set({"distributed.scheduler.allowed-failures": DEATHS}), ExitStack() as ends:
        with deferred(), unheard():
            cluster = LocalCluster(
                n_workers=workers,
                threads_per_worker=1,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
            )
            ends.enter_context(cluster)
        yield ends.enter_context(Client(cluster))


@contextmanager
def _remote(address: str) -> Iterator[Client]:
    """The workers of a scheduler that somebody else began."""
    _hush()
    from distributed import Client

    if strange := _stranger(address):
        raise _refused("--scheduler", address, f"{strange}; begin a Dask scheduler with: dask scheduler")
    try:
        client = Client(address, timeout=PATIENCE)
    except (OSError, ValueError, TypeError) as error:
        text = f"no Dask scheduler answers ({error}); begin one with: dask scheduler"
        raise _refused("--scheduler", address, text) from None
    with client:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError:
            text = f"has no workers; begin some with: dask worker {address} --nthreads 1"
            raise _refused("--scheduler", address, text) from None
        for worker, answer in client.run(version, "pkinteract", on_error="return").items():
            if answer != __version__:
                text = f"needs pkinteract {__version__}, and it has {answer if isinstance(answer, str) else 'none'}"
                raise _refused("--scheduler", worker, text)
        yield client


def _stranger(address: str) -> str | None:
    """What is wrong with what answers at a plain address: Dask would wait for it, or take its words for a length.

    A scheduler greets who connects: the length of what it says, little end first, in eight bytes.
    """
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    if "://" in host or not host or not (port.isascii() and port.isdecimal()) or int(port) > MOST_PORT:
        return None
    try:
        with create_connection((host.strip("[]"), int(port)), timeout=PATIENCE) as line:
            said = line.recv(8)
    except TimeoutError:
        return f"nothing greets who connects within {PATIENCE} s, as a Dask scheduler does"
    except OSError:
        return None
    if not said:
        return "what answers hangs up at once, and is no Dask scheduler"
    if len(said) == 8 and int.from_bytes(said, "little") <= LONGEST_GREETING:
        return None
    return f"what answers is no Dask scheduler; it says {printable(said.decode('latin-1'))}"


def _hush() -> None:
    """Let Dask say nothing of its own: what matters becomes an error of ours."""
    import dask

    dask.config.set({"logging": {"distributed": "critical", "distributed.client": "critical"}})


def _refused(option: str, key: str, message: str) -> InputError:
    return InputError(option, [Problem(line=None, key=key, message=message)])
