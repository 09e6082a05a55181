"""Settings of all tests."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter

import pytest
from hypothesis import settings

PATIENCE = ("slow", "cluster", "browser", "compiled")
"""Marks of tests that may take long."""

settings.register_profile("pkinteract", deadline=None, print_blob=True)
settings.load_profile("pkinteract")

# The commands that tests begin keep their bytecode as those of a user do.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # A shell that begins the tests in the background has them ignore Ctrl-C, and every process that they begin.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with most of the tests that take long come first, so that no worker ends with such a file alone."""
    long = Counter(item.path for item in items if any(item.get_closest_marker(mark) for mark in PATIENCE))
    items.sort(key=lambda item: -long[item.path])
