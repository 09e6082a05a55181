"""What a terminal shows while a command works, and that nothing else does."""

from __future__ import annotations

import io
import time
from contextlib import redirect_stderr
from pathlib import Path
from threading import Event

import pytest
from runs import daily, regimen, text

from pkinteract.cli import main
from pkinteract.commands.shared import progress
from pkinteract.commands.shared.progress import busy, evaluation_progress, progress_bar, search_progress


class Terminal(io.StringIO):
    """Standard error that somebody looks at."""

    def isatty(self) -> bool:
        return True


def test_a_bar_counts_what_is_left() -> None:
    """Of 10 patients 4 are there: it ends at 6 of 6, says how fast, and ends its line."""
    with redirect_stderr(Terminal()) as shown, progress_bar("patients") as begin:
        assert begin is not None
        done = begin(10, 4)
        for _ in range(3):
            done(2)

    assert "0/6" in shown.getvalue()
    assert "6/6" in shown.getvalue()
    assert "patients a second" in shown.getvalue()
    assert shown.getvalue().endswith("\n")


def test_a_search_counts_up_where_nobody_knows_the_end() -> None:
    """What is done is counted to the last, on a line that ends; where the end is known it is a bar."""
    with redirect_stderr(Terminal()) as shown, search_progress("schedules") as begin:
        assert begin is not None
        done = begin(None)
        for _ in range(3):
            done(500)
    with redirect_stderr(Terminal()) as bar, search_progress("patients") as begin:
        assert begin is not None
        begin(4)(4)

    assert shown.getvalue().split("\r")[-1].startswith("1,500 schedules, ")
    assert shown.getvalue().endswith("\n")
    assert "4/4" in bar.getvalue()


def failing() -> None:
    with evaluation_progress() as tell:
        assert tell is not None
        tell(12, 0.5)
        raise ZeroDivisionError


def test_the_line_of_a_fit_ends_before_what_comes_next() -> None:
    """Also when the fit fails."""
    with redirect_stderr(Terminal()) as shown, pytest.raises(ZeroDivisionError):
        failing()

    assert shown.getvalue() == "\r12 evaluations, sum of squares 0.5    \n"


def test_nothing_is_shown_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    """No bar and no line in a file or a pipe."""
    with progress_bar("patients") as begin, evaluation_progress() as tell, busy("reading") as told:
        assert (begin, tell, told) == (None, None, None)

    assert capsys.readouterr().err == ""


def test_a_line_says_what_goes_on_how_far_and_for_how_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is kept up while nothing is told, takes the share that was told last, and is wiped out at the end."""
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "REFRESHED", 0.001)

    with redirect_stderr(Terminal()) as shown, busy("simulating " + 60 * "x") as tell:
        assert tell is not None
        wait_for(shown, f"\rsimulating {39 * 'x'}: 0 s")
        tell(0.25)
        wait_for(shown, f"\rsimulating {39 * 'x'}: 25%, 0 s")

    assert shown.getvalue().endswith("\r\x1b[K")


def wait_for(shown: io.StringIO, text: str) -> None:
    end = time.monotonic() + 30
    while text not in shown.getvalue() and time.monotonic() < end:
        time.sleep(0.001)
    assert text in shown.getvalue()


def test_what_is_short_shows_nothing() -> None:
    """Not even on a terminal, unless it takes longer than a second."""
    with redirect_stderr(Terminal()) as shown, busy("reading"):
        pass

    assert shown.getvalue() == ""


def test_scenarios_are_named_while_they_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each in its turn, with the share that is solved; then what is made and written."""
    terminal = Terminal()

    class Seen(Event):
        """What ends a line only when it has been written once more, however short the work was."""

        def set(self) -> None:
            before = len(terminal.getvalue())
            end = time.monotonic() + 30
            while len(terminal.getvalue()) == before and time.monotonic() < end:
                time.sleep(1e-4)
            super().set()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    monkeypatch.setattr(progress, "REFRESHED", 1e-4)
    monkeypatch.setattr(progress, "Event", Seen)
    names = ["first.toml", "second.toml"]
    for name in names:
        source = regimen("carbamazepine", daily("200 mg", "12 h", "0 d", "200 d"))
        Path(name).write_text(text(source, days=200), "utf-8")

    with redirect_stderr(terminal) as shown:
        main(["run", *names, "--no-figure", "--out", "out"], standalone_mode=False)

    for word in ("reading:", "simulating first:", "simulating second:", "%, ", "making the tables:", "writing out:"):
        assert word in shown.getvalue()
