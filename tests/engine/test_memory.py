"""Memory that is used again: of about the size that is wanted, never of two at once."""

from __future__ import annotations

import numpy as np
import pytest

from pkinteract.engine import memory
from pkinteract.engine.memory import MOST_KEPT, release, reserve, reserve_zeros


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_FREE", [])


@pytest.mark.parametrize(("wanted", "again"), [(99, False), (100, True), (150, True), (200, True), (201, False)])
def test_a_piece_is_used_again_for_what_is_half_its_size_or_more(wanted: int, again: bool) -> None:
    """200 numbers that were given back: for 100 to 200, not for fewer or more."""
    given = reserve((200,), np.float64)
    release(given)

    taken = reserve((wanted,), np.float64)

    assert taken.shape == (wanted,)
    assert np.shares_memory(given, taken) is again
    assert not np.shares_memory(taken, reserve((wanted,), np.float64))


def test_the_smallest_piece_that_fits_is_taken_and_the_largest_are_kept() -> None:
    """Of 150 and 200 numbers for 140 the first; of more pieces than are kept the smallest go."""
    pieces = [reserve((size,), np.float64) for size in (200, 150, 10)]
    for piece in pieces:
        release(piece)
    assert np.shares_memory(reserve((140,), np.float64), pieces[1])

    many = [reserve((1000 + n,), np.float64) for n in range(MOST_KEPT + 1)]
    for piece in many:
        release(piece[2:].reshape(-1, 1))
    assert sorted(len(piece) for piece in memory._FREE) == [8 * len(piece) for piece in many[1:]]


def test_zeros_are_zeros_though_the_memory_is_used_again() -> None:
    """What somebody else left in it is gone."""
    given = reserve((50,), np.float64)
    given.fill(7.0)
    release(given)

    zeros = reserve_zeros((5, 10), np.float64)

    assert np.shares_memory(given, zeros)
    assert not zeros.any()
