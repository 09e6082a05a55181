"""Text of users in figures, tables, Markdown and on the terminal: shown as it was written, or refused."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner
from fit_files import DATA, parameter
from fit_files import written as fit_written
from runs import INTRAVENOUS, drug, once, oral, regimen, text, written

from pkinteract.cli import main
from pkinteract.report.lines import markdown

TEXTS = [
    "From $5 to $10 a day",
    r"$\frac{1}{0}$ $unclosed \undefined_{x",
    "a_b^c & <b>1 | 2</b> *star* `code` [x](y)",
    "=HYPERLINK(1) \\\\ % # ~~z~~",
]


def run(*arguments: str | Path) -> str:
    done = CliRunner().invoke(main, [str(argument) for argument in arguments])
    assert done.exit_code == 0, done.output
    return done.stdout


def drawn(path: Path) -> str:
    """All text of an SVG."""
    return unescape(" ".join(re.findall(r">([^<>]+)</text>", path.read_text("utf-8"))))


@pytest.mark.parametrize("words", TEXTS)
def test_a_figure_draws_a_title_and_a_name_as_they_are_written(words: str, tmp_path: Path) -> None:
    """No formula of TeX, whichever signs stand in the title and in the drug's name; the same in a comparison."""
    own = drug("victim", oral(), INTRAVENOUS, name=words.replace("\\", "\\\\"))
    source = text(regimen("victim", once("100 mg")), days=2).replace('"test"', f"'{words}'")
    path, other = (written(tmp_path, source, (own,), name=name) for name in ("case", "other"))

    out = run("run", path, other, "--out", tmp_path / "out")

    assert words in out
    for figure in ("case/concentrations.svg", "comparison.svg"):
        assert words in drawn(tmp_path / "out" / figure)


@pytest.mark.compiled
@pytest.mark.parametrize("words", TEXTS)
def test_markdown_shows_a_title_as_it_is_written(words: str, tmp_path: Path) -> None:
    """Every sign that means something in Markdown stands behind a backslash in ``report.md``."""
    path = fit_written(tmp_path, DATA, parameter("clearance"))
    path.write_text(re.sub(r"(?m)^title = .*$", lambda _: f"title = '{words}'", path.read_text("utf-8")), "utf-8")

    run("fit", path, "--out", tmp_path / "out", "--no-figure")

    head = (tmp_path / "out" / "report.md").read_text("utf-8").split("\n")[0]
    assert head == f"# {markdown(words)}"
    assert re.sub(r"\\([!-/:-@[-`{-~])", r"\1", head.removeprefix("# ")) == words
    assert not re.search(r"(?<!\\)[`*|$]|(?<!\\)<b", head)


@pytest.mark.parametrize("sign", ["\\u001b[31m", "\\n", "\\u202e", "\\u0007"])
@pytest.mark.parametrize("key", ["title", "name"])
def test_a_name_or_title_that_is_no_line_is_refused(key: str, sign: str, tmp_path: Path) -> None:
    """Escape sequences, line breaks and reversed text are refused with the key; none reaches the terminal."""
    own = drug("victim", name=f"a{sign}b" if key == "name" else "a")
    source = text(regimen("victim", once("100 mg")), days=2)
    path = written(tmp_path, source.replace('"test"', f'"a{sign}b"') if key == "title" else source, (own,))

    done = CliRunner().invoke(main, ["check", str(path)])

    assert done.exit_code == 2
    assert re.search(f"{key}:? +must be one line of 1 to 200 printable characters", done.stderr)
    assert done.stderr.replace("\n", "").isprintable()


@pytest.mark.parametrize("sign", ["\x1b[31m", "\x00", "\x07", "\x85"])
def test_a_table_with_control_characters_is_refused(sign: str, tmp_path: Path) -> None:
    """A subject's name would bring them into reports and onto the terminal."""
    (tmp_path / "x.toml").write_text(drug("x"), "utf-8")
    (tmp_path / "records.csv").write_text(f"ID,TIME,AMT,DV\na{sign}b,0,100,.\na{sign}b,1,0,1.2\n", "utf-8")

    done = CliRunner().invoke(main, ["events", str(tmp_path / "records.csv"), "--drug", str(tmp_path / "x.toml")])

    assert done.exit_code == 2
    assert "   2    holds a control character; remove it" in done.stderr
    assert "   3    holds a control character; remove it" in done.stderr
