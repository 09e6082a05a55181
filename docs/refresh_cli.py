"""Writes the help text of every command into docs/cli.md: ``make docs``. A test fails when the page is out of date."""

from __future__ import annotations

from pathlib import Path

import click

from pkinteract.cli import main

PAGE = Path(__file__).parent / "cli.md"
WIDTH = 100

HEAD = """# The commands

This page is the help text of the program, written by `make docs`. Exit status: 0 done; 2 the input is wrong, every
problem is listed and nothing is written; 3 the solver failed, or not one patient of a population has a result; 130
Ctrl-C ended it; 1 a defect of pkinteract. Input files are described in [scenario.md](scenario.md).
"""


def page() -> str:
    """The page as it should be now."""
    top = click.Context(main, info_name="pkinteract", terminal_width=WIDTH, **main.context_settings)
    parts = [HEAD, _section("pkinteract", main.get_help(top))]
    for name in main.list_commands(top):
        command = main.commands[name]
        help_text = command.get_help(click.Context(command, info_name=name, parent=top, terminal_width=WIDTH))
        parts.append(_section(f"pkinteract {name}", help_text))
    return "\n".join(parts)


def _section(title: str, help_text: str) -> str:
    return f"## {title}\n\n```text\n{help_text}\n```\n"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    click.echo(f"wrote {PAGE}")
