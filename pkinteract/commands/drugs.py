"""``pkinteract drugs``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("name", required=False)
@click.option(
    "--new", metavar="NAME", help="Write a commented drug file NAME.toml to fill in, into the current folder."
)
def drugs(name: str | None, new: str | None) -> None:
    """List the drugs of the library, or print the monograph of NAME: an id, INN, brand, synonym or ATC code.

    The list shows class, the enzymes that clear a drug, those that it induces and inhibits, and its grade, A to C. A
    monograph shows what the grade rests on and every value with its unit, kind (measured, fitted, in vitro, label,
    assumed), between-subject CV and source.

    Example: pkinteract drugs carbamazepine
    """
    from pkinteract.errors import InputError, Problem
    from pkinteract.library import load_library
    from pkinteract.library.template import write_template
    from pkinteract.report.drugs.text import library_lines, monograph_lines

    library = load_library()
    if new is not None and name is not None:
        raise click.UsageError("give NAME to print a monograph or --new NAME to write a file, not both")
    if new is not None:
        path = write_template(new, Path(), library.ids())
        click.echo(f'wrote {path}; fill it in and name it in a scenario: library = ["{path.name}"]')
    elif name is None:
        click.echo("\n".join(library_lines(library)))
    elif (id := library.named(name)) is not None:
        click.echo("\n".join(monograph_lines(library.monograph(id))))
    else:
        raise InputError("drugs", [Problem(line=None, key="NAME", message=library.unknown(name))])
