"""A sample of every drill, and the corpus of mutated files; the whole is ``make drills`` and ``make fuzz-readers``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from caches import KINDS as CACHES
from caches import damaged, prepared
from kills import POPULATIONS, RUNS, kill_populations, kill_runs
from mutants import ROOT, drawn, mutants
from mutation import Mutated, compiled, exchange, functions, wilson
from readers import CORPUS, KINDS, mutated, outcome

from pkinteract.analysis.moves import fold_of
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


SOURCE = ROOT / "pkinteract" / "analysis" / "moves.py"


def test_mutants_are_one_change_each_and_leave_words_and_types_alone() -> None:
    """Every one compiles, no two are the same, and none is of a docstring, an annotation or an import."""
    made, _ = mutants(SOURCE)
    every = [make() for make in made[::4]]

    assert len(made) > 150
    assert len({one.key for one in every}) == len(every)
    assert all(one.was != one.now for one in every)
    assert not [one for one in every if "Position of the analyte" in one.was or "Literal" in one.was]
    assert all(compiled(one) for one in every[::5])


def test_a_sample_is_of_the_place_that_was_asked_for() -> None:
    """One module, or a package with all of its folders."""
    module, every, _ = drawn("analysis/moves.py", 5, 1)
    package, more, _ = drawn("analysis", 40, 1)

    assert (len(module), len(package), every < more) == (5, 40, True)
    assert {one.path for one in module} == {"pkinteract/analysis/moves.py"}
    assert {one.package for one in package} == {"analysis"}
    assert [one for one in package if "/alerts/" in one.path]


def test_a_mutant_takes_the_place_of_the_running_function() -> None:
    """``max(one, other)`` made ``min(one, other)``: 2 is no fold of 2 any more; put back, it is."""
    made, _ = mutants(SOURCE)
    inside = [one for one in (make() for make in made) if one.function and one.function[0] == "fold_of"]
    there, kept = functions(), fold_of.__code__
    try:
        exchange(next(one for one in inside if (one.was, one.now) == ("max", "min")), there)
        assert fold_of(4.0, 2.0) == pytest.approx(1.0)
    finally:
        fold_of.__code__ = kept
    assert fold_of(4.0, 2.0) == pytest.approx(2.0)


def test_a_mutant_of_what_a_module_does_is_imported() -> None:
    """The finder gives the module another code, and no other module."""
    made, _ = mutants(SOURCE)
    one = next(one for one in (make() for make in made) if one.name == "LEAST")
    space: dict[str, object] = {"__name__": "pkinteract.analysis.moves"}
    finder = Mutated(one.path, compiled(one))

    assert finder.find_spec("pkinteract.analysis.days") is None
    assert finder.find_spec("pkinteract.analysis.moves") is not None
    exec(finder.get_code("pkinteract.analysis.moves"), space)
    assert space["LEAST"] == pytest.approx(2.1)


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (81, 263, 0.2553, 0.3662)]
)
def test_the_interval_of_a_share(part: int, whole: int, low: float, high: float) -> None:
    """Published: Newcombe, Stat Med 1998 (81 of 263); the closed form for the rest."""
    assert wilson(part, whole) == pytest.approx((low, high), abs=1e-4)
