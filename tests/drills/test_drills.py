"""A sample of every drill, and the corpus of mutated files; the whole is ``make drills`` and ``make fuzz-readers``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from caches import KINDS as CACHES
from caches import damaged, prepared
from kills import POPULATIONS, RUNS, kill_populations, kill_runs
from readers import CORPUS, KINDS, mutated, outcome

from pkinteract.engine.kernel import code
from pkinteract.engine.kernel.entries import ENTRIES

KEPT = sorted(path for kind in KINDS for path in (CORPUS / kind).glob("*"))
FRESH = int(os.environ.get("PKINTERACT_FUZZ", "6"))
"""Files that are made anew, of each kind; others than those of the long search, which begin at 0."""

FIRST = 10_000_000


@pytest.mark.slow
@pytest.mark.cluster
def test_a_killed_run_leaves_an_old_or_a_new_set(tmp_path: Path) -> None:
    """Two scenarios, killed at three places of the write: no mixture, the user's file there, and the next cleans up."""
    seen = kill_runs(tmp_path, RUNS[2], 3)

    assert seen["old"] + seen["new"] == seen["killed"] == 3
    assert seen["remains"] == 0


@pytest.mark.slow
@pytest.mark.cluster
@pytest.mark.compiled
def test_a_killed_population_goes_on_bit_for_bit(tmp_path: Path) -> None:
    """With ``--resume`` after kills: the same bytes as never killed, the set before or the new one in between."""
    seen = kill_populations(tmp_path, POPULATIONS[1], 2)

    assert seen["old"] + seen["new"] == seen["killed"] >= 2
    assert seen["ends that are bit for bit the same"] == seen["ends"] >= 1
    assert seen["remains"] == 0


@pytest.mark.slow
@pytest.mark.cluster
@pytest.mark.compiled
def test_a_damaged_cache_changes_no_byte(tmp_path: Path) -> None:
    """Two whole files with the code of each other: they are made again."""
    right = prepared(tmp_path)

    assert damaged(tmp_path, "the code of another entry in two", right).startswith("the same bytes")


HARMLESS = ("nothing", "half written drafts beside", "links to files elsewhere", "a link to the folder")


@pytest.mark.compiled
@pytest.mark.parametrize("kind", CACHES)
def test_damaged_code_counts_as_not_there(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At once, whatever is in its place: nothing is waited for, and nothing read without end."""
    code.function("march")
    files = [code.path_of(entry, code.folder()) for entry in ENTRIES]
    cache = tmp_path / "cache"
    cache.mkdir(mode=0o700)
    for path in files:
        shutil.copy2(path, cache / path.name)
    monkeypatch.setenv("PKINTERACT_CACHE", str(cache))
    whole = code.ready()

    CACHES[kind](cache)

    assert whole
    assert code.ready() is (kind in HARMLESS or (kind == "not readable" and os.getuid() == 0))
    if cache.is_dir():
        cache.chmod(0o700)


@pytest.mark.parametrize("path", KEPT, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_a_file_of_the_corpus_is_read_or_refused(path: Path) -> None:
    """By an error of ours, in text that can be printed."""
    taken, said = outcome(path.parent.name, path.read_bytes())

    assert taken in ("taken", "refused"), said


@pytest.mark.parametrize("kind", KINDS)
def test_a_mutated_file_is_read_or_refused(kind: str) -> None:
    """Files that no search has seen before."""
    for number in range(FIRST, FIRST + FRESH):
        taken, said = outcome(kind, mutated(kind, number))
        assert taken in ("taken", "refused"), f"{number}: {said}"


def test_seeds_are_read() -> None:
    """What mutations begin with is good, or the search sees nothing but refusals."""
    for kind, one in KINDS.items():
        taken = [outcome(kind, seed.read_bytes()) for seed in one.seeds[:4]]
        assert [said for what, said in taken if what != "taken"] == [], kind
