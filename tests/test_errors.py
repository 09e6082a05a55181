"""Errors: what a user sees of them."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pkinteract.errors import InputError, PkinteractError, Problem, SimulationError, printable

SHORT = Problem(line=4, key="title", message="is required")
LONG = Problem(line=17, key="regimen[0].dose", message='must be above 0, got "-5 mg"')
NOWHERE = Problem(line=None, key="patient", message="is required")


def test_problems_are_printed_in_file_order_in_columns() -> None:
    """One row a problem, those without a line first, keys padded to the longest (golden)."""
    error = InputError(Path("bad.toml"), [LONG, SHORT, NOWHERE])

    assert str(error).splitlines() == [
        "bad.toml: 3 problems",
        "      patient          is required",
        "   4  title            is required",
        '  17  regimen[0].dose  must be above 0, got "-5 mg"',
    ]


def test_one_problem_is_singular() -> None:
    """The count agrees with its noun (golden)."""
    assert str(InputError("bad.toml", [SHORT])) == "bad.toml: 1 problem\n   4  title  is required"


def test_a_key_of_absurd_length_does_not_push_the_others_aside() -> None:
    """Columns are padded to 60 characters at most."""
    error = InputError("bad.toml", [SHORT, Problem(line=5, key="k" * 300, message="m")])

    assert len(str(error).splitlines()[1]) < 100


@given(st.text())
def test_nothing_a_user_wrote_reaches_the_terminal_as_a_control_character(text: str) -> None:
    """File name, key and message keep their rows, and no escape sequence survives."""
    shown = str(InputError(text, [Problem(line=1, key=text, message=text)]))

    assert len(shown.split("\n")) == 2
    assert all(char.isprintable() for char in shown.replace("\n", ""))


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=3000), st.integers(20, 400))
def test_printable_text_is_short(text: str, limit: int) -> None:
    """Text of any length takes about the room it is given."""
    assert len(printable(text, limit)) <= limit + 3


def test_text_that_is_printable_stays_as_it_is() -> None:
    """Accents, Greek and quotes are not escaped."""
    assert printable('5 µg of "α" – naïve') == '5 µg of "α" – naïve'


def test_a_failed_solve_names_interval_method_and_advice() -> None:
    """What happened, when, and what to try, in one line (golden)."""
    error = SimulationError((168.0, 192.0), "LSODA", "Loosen rtol to 1e-7.")

    assert str(error) == "168 to 192 h: the LSODA solver gave up. Loosen rtol to 1e-7."
    assert str(SimulationError(None, "LSODA", "x")).startswith("the LSODA")


@pytest.mark.parametrize("error", [InputError("bad.toml", [LONG, SHORT]), SimulationError((0.0, 1.0), "fast", "x")])
def test_errors_travel_between_processes(error: PkinteractError) -> None:
    """A pickled error says the same, and both kinds are caught as one."""
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert isinstance(error, PkinteractError)
