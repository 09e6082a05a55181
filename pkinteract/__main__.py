"""The command ``pkinteract``, also as ``python -m pkinteract``."""

from __future__ import annotations

import gc
import io
import os
import sys

from pkinteract.interrupts import ending

NEW_OBJECTS = 200_000
"""New objects after which garbage is looked for: more than a run makes on its way, so that none is spent on it."""


def start() -> None:
    """Run the command line.

    Collecting garbage takes a tenth of the time of a short run, most of it while modules are imported and at the end,
    and so does the search for plugins of pydantic among all that is installed; we have none. What a terminal or pipe of
    another encoding than UTF-8 cannot show is replaced.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    gc.set_threshold(NEW_OBJECTS)
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    with ending():
        from pkinteract.cli import main

        try:
            main(prog_name="pkinteract")
        finally:
            gc.freeze()


if __name__ == "__main__":
    start()
