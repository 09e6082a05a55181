"""``pkinteract drugs``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pkinteract.library import Library


@click.command()
@click.argument("name", required=False)
@click.option(
    "--new", metavar="NAME", help="Write a commented drug file NAME.toml to fill in, into the current folder."
)
@click.option("--search", metavar="TEXT", help="Only drugs with TEXT in a name, the class, or an enzyme they act on.")
@click.option("--group", metavar="CLASS", help="Only drugs of a class, such as antiseizure.")
@click.option("--pillars", is_flag=True, help="How antiseizure drugs work: mechanisms, sites, constants, pairs.")
def drugs(name: str | None, new: str | None, search: str | None, group: str | None, pillars: bool) -> None:
    """List the drugs of the library, or print the monograph of NAME: an id, INN, brand, synonym or ATC code.

    The list shows class, the enzymes that clear a drug, those that it induces and inhibits, and its grade, A to C. A
    monograph shows what the grade rests on and every value with its unit, kind (measured, fitted, in vitro, label,
    assumed), between-subject CV and source. With --pillars the list says what each antiseizure drug works by instead.

    Example: pkinteract drugs carbamazepine
    """
    from pkinteract.library import load_library
    from pkinteract.library.template import write_template

    library = load_library()
    narrowed = search is not None or group is not None or pillars
    if name is not None and (new is not None or narrowed):
        other = "--new NAME to write a file" if new is not None else "--search, --group or --pillars for the list"
        raise click.UsageError(f"give NAME to print a monograph or {other}, not both")
    if new is not None:
        path = write_template(new, Path(), library.ids())
        click.echo(f'wrote {path}; fill it in and name it in a scenario: library = ["{path.name}"]')
    else:
        shown = _listed(library, search, group, pillars=pillars) if name is None else _named(library, name)
        click.echo("\n".join(shown))


def _named(library: Library, name: str) -> list[str]:
    from pkinteract.errors import InputError, Problem
    from pkinteract.library.names import said_of
    from pkinteract.report.drugs.text import monograph_lines, racemate_lines

    racemate = library.racemate(name)
    if racemate is not None:
        return racemate_lines(racemate, name)
    meaning = library.meaning(name)
    if meaning is None:
        raise InputError("drugs", [Problem(line=None, key="NAME", message=library.unknown(name))])
    return monograph_lines(library.monograph(meaning.drug), said_of(name, meaning.text))


def _listed(library: Library, search: str | None, group: str | None, *, pillars: bool) -> list[str]:
    from pkinteract.errors import InputError, Problem, did_you_mean
    from pkinteract.library.names import folded
    from pkinteract.report.drugs.text import chosen_drugs, drug_classes, library_lines

    known = drug_classes(library)
    if group is not None and folded(group) not in map(folded, known):
        hint = did_you_mean(group, known, f"classes are {', '.join(known)}")
        text = f'"{group}" is no class of the library; {hint}'
        raise InputError("drugs", [Problem(line=None, key="--group", message=text)])
    chosen = chosen_drugs(library, search, group)
    if chosen and pillars:
        from pkinteract.report.effect.library import library_pillar_lines

        return library_pillar_lines(library, chosen)
    if chosen:
        return library_lines(library, chosen)
    where = "" if group is None else f" of the class {group}"
    return [f'No drug{where} has "{search}" in a name, its class, or an enzyme that it acts on.']
