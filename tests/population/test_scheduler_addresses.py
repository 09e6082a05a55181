"""An address where something else than a Dask scheduler listens, or nothing: refused in a stated time."""

from __future__ import annotations

import socket
import threading
import time

import pytest

from pkinteract.errors import InputError
from pkinteract.population.run import executors
from pkinteract.population.run.executors import executor


def listening(words: bytes | None) -> tuple[socket.socket, str]:
    """A server that says some words and hangs up, or says nothing and waits; and its address."""
    server = socket.create_server(("127.0.0.1", 0))
    kept: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                line, _ = server.accept()
            except OSError:
                return
            if words is None:
                kept.append(line)
            else:
                with line:
                    line.sendall(words)

    threading.Thread(target=serve, daemon=True).start()
    return server, f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "what answers is no Dask scheduler; it says HTTP/1.1"),
        (b"\xff" * 64, "what answers is no Dask scheduler; it says"),
        (b"", "what answers hangs up at once, and is no Dask scheduler"),
        (None, "nothing greets who connects within 1 s"),
    ],
    ids=["web server", "large length", "hangs up", "silent"],
)
@pytest.mark.parametrize("scheme", ["", "tcp://"])
def test_what_is_no_scheduler_is_refused(
    scheme: str, words: bytes | None, found: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither waited for without end nor taken for a length of gigabytes; the message names what was found."""
    monkeypatch.setattr(executors, "PATIENCE", 1)
    server, address = listening(words)
    begun = time.monotonic()

    with server, pytest.raises(InputError) as caught, executor(None, scheme + address):
        pass

    assert found in caught.value.problems[0].message
    assert "begin a Dask scheduler with: dask scheduler" in caught.value.problems[0].message
    assert time.monotonic() - begun < 15


def test_where_nothing_listens_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked again for as long as a scheduler may take to begin, then told so."""
    monkeypatch.setattr(executors, "PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"

    with pytest.raises(InputError) as caught, executor(None, address):
        pass

    assert "no Dask scheduler answers" in caught.value.problems[0].message
