"""Which tests run which lines, and how long each takes: asked once, for the mutants of ``mutation.py``."""

from __future__ import annotations

import functools
import gc
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
POOL = (
    *("guidance", "advise", "analysis", "model", "engine", "export", "report", "simulation", "scenario"),
    "published/test_profiles.py",
)
"""The tests that may kill a mutant, below ``tests/``."""

OPTIONS = [
    *("-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:xdist", "--import-mode=importlib", "-q", "--no-header"),
    *("-m", "not cluster and not browser and not slow", "--hypothesis-profile=mutants"),
]
"""One process, and none beneath it: a process of its own would run the code as it stands."""

WARM = ("pkinteract.library", "pkinteract.text", "pkinteract.engine.kernel")
"""Whose caches stay: files that were read, and machine code."""


class Profile:
    """A pytest plugin: the same examples every time, and none made smaller."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self) -> None:
        from hypothesis import Phase, settings

        phases = [Phase.explicit, Phase.generate]
        settings.register_profile("mutants", deadline=None, derandomize=True, database=None, phases=phases)


def forget() -> None:
    """Empty all caches that hold what a mutant may change."""
    for thing in gc.get_objects():
        if type(thing) is functools._lru_cache_wrapper and not str(thing.__module__).startswith(WARM):
            thing.cache_clear()


class Watch:
    """A pytest plugin: the lines of each test, none of them hidden by what an earlier test had computed."""

    def __init__(self, coverage: Any) -> None:
        self.coverage, self.seconds = coverage, dict[str, float]()
        self.failed = set[str]()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        forget()
        self.coverage.switch_context(item.nodeid)
        begun = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - begun
        self.coverage.switch_context("")
        return result

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> Iterator[None]:
        """What several tests share belongs to all of their file."""
        if fixturedef.scope == "function":
            return (yield)
        forget()
        node = request._pyfuncitem.nodeid
        self.coverage.switch_context(node.partition("::")[0])
        result = yield
        self.coverage.switch_context(node)
        return result

    def pytest_runtest_logreport(self, report: Any) -> None:
        if not report.passed:
            self.failed.add(report.nodeid)


def kept(room: Path, some: str) -> Path:
    """Where the seconds of some of the pool are kept; their lines stand beside."""
    return room / f"{some.removesuffix('.py').replace('/', '-')}.json"


def gather(room: Path, some: str) -> None:
    """Run some of the pool once and write their lines and seconds into ``room``."""
    from coverage import Coverage

    os.chdir(ROOT)
    coverage = Coverage(data_file=str(kept(room, some).with_suffix(".db")), source=["pkinteract"], config_file=False)
    coverage.erase()
    coverage.start()
    watch = Watch(coverage)
    pytest.main([*OPTIONS, f"tests/{some}"], plugins=[Profile(), watch])
    coverage.stop()
    coverage.save()
    passed = {test: seconds for test, seconds in watch.seconds.items() if test not in watch.failed}
    kept(room, some).write_text(json.dumps(passed, indent=0), "utf-8")
