"""Processes that begin with the program imported: forks of one that has done nothing else, which saves the wait."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

PROGRAM = """
import json, os, pkgutil, signal, sys, tempfile, traceback
import scipy.optimize, scipy.special, pkinteract
for module in pkgutil.walk_packages(pkinteract.__path__, "pkinteract."):
    if not module.name.endswith("__main__"):
        __import__(module.name)
for line in sys.stdin:
    code, arguments, folder = json.loads(line)
    with tempfile.TemporaryFile() as told, tempfile.TemporaryFile() as complained:
        child = os.fork()
        if not child:
            signal.alarm(300)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(told.fileno(), 1)
            os.dup2(complained.fileno(), 2)
            os.chdir(folder)
            sys.argv = ["-c", *arguments]
            status = 1
            try:
                exec(code, {"__name__": "__main__"})
                status = 0
            except SystemExit as ended:
                status = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
            except BaseException:
                traceback.print_exc()
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(status)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        said = []
        for file in (told, complained):
            file.seek(0)
            said.append(file.read().decode("utf-8", "replace"))
    print(json.dumps([status, *said]), flush=True)
"""


class Forks:
    """The process that is forked, and the way to it."""

    def __init__(self, mother: subprocess.Popen[str]) -> None:
        self.mother = mother

    def run(self, code: str, arguments: Sequence[object], folder: Path) -> subprocess.CompletedProcess[str]:
        """Execute a text in a process of its own, with arguments and in a folder, as ``python -c`` does; for 300 s."""
        assert self.mother.stdin is not None
        assert self.mother.stdout is not None
        self.mother.stdin.write(json.dumps([code, [str(one) for one in arguments], str(folder)]) + "\n")
        self.mother.stdin.flush()
        status, told, complained = json.loads(self.mother.stdout.readline())
        return subprocess.CompletedProcess([code, *map(str, arguments)], status, told, complained)


@contextmanager
def forks() -> Iterator[Forks]:
    """Begin the process that is forked, and end it."""
    line = [sys.executable, "-c", PROGRAM]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment) as mother:
        yield Forks(mother)
        assert mother.stdin is not None
        mother.stdin.close()
