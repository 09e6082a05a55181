"""What a terminal shows while a command works, and that nothing else does."""

from __future__ import annotations

import io
from contextlib import redirect_stderr
from pathlib import Path

import pytest
from runs import once, regimen, text

from pkinteract.cli import main
from pkinteract.commands.shared.progress import evaluation_progress, progress_bar, search_progress


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
    """No bar in a file or a pipe."""
    with progress_bar("patients") as begin, evaluation_progress() as tell:
        assert (begin, tell) == (None, None)

    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("count", [1, 2])
def test_scenarios_are_named_while_they_run(count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several are counted and named as they come; a single one is done before it is read."""
    monkeypatch.chdir(tmp_path)
    names = ["first.toml", "second.toml"][:count]
    for name in names:
        Path(name).write_text(text(regimen("carbamazepine", once("200 mg")), days=1), "utf-8")

    with redirect_stderr(Terminal()) as shown:
        main(["run", *names, "--no-figure", "--out", "out"], standalone_mode=False)

    assert [word in shown.getvalue() for word in ("2/2", "first", "second")] == [count == 2] * 3
