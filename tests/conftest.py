"""Settings of all tests."""

from __future__ import annotations

import os
import signal
import sys

from hypothesis import settings

settings.register_profile("pkinteract", deadline=None, print_blob=True)
settings.load_profile("pkinteract")

# The commands that tests begin keep their bytecode as those of a user do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that begins the tests in the background has them ignore Ctrl-C, and every process that they begin.
    signal.signal(signal.SIGINT, signal.default_int_handler)
