"""``pkinteract rerun``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from pkinteract.commands.advise import advise
from pkinteract.commands.events import events
from pkinteract.commands.fit import fit
from pkinteract.commands.population import population
from pkinteract.commands.qualify import qualify
from pkinteract.commands.run import run
from pkinteract.commands.sensitivity import sensitivity
from pkinteract.commands.shared.inputs import PATH

_COMMANDS = {
    "run": run,
    "population": population,
    "sensitivity": sensitivity,
    "advise": advise,
    "fit": fit,
    "events": events,
    "qualify": qualify,
}


@click.command("rerun")
@click.argument("record", metavar="RUN.json", type=PATH)
@click.option("--out", metavar="DIR", type=PATH, help="Folder for the files; default results/<name>-again/.")
@click.option("--anyway", is_flag=True, help="Also with another library or version: the numbers may differ.")
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def rerun(record: Path, out: Path | None, anyway: bool, force: bool) -> None:
    """Run again what a run.json records, from it alone, and say whether the files are the same bytes.

    The record of run, population, advise, sensitivity, fit, events and qualify holds the scenario, fit or data file,
    all that it names, drug files of one's own and the options; nothing else is read. A search that Ctrl-C ended and
    qualify --cross-validate cannot be run again. A changed library or another version of pkinteract is refused without
    --anyway. Exit status 1: the versions are the same, and a file is not.

    Example: pkinteract rerun results/carbamazepine-to-levetiracetam/run.json --out again
    """
    from pkinteract.errors import InputError, Problem, printable
    from pkinteract.export.record.rerun import DECIDING, read_again
    from pkinteract.text.inputs import files_kept
    from pkinteract.text.record import file_checksum

    again = read_again(record)
    changed = _changed(again.versions)
    if not anyway and (refused := [name for name in changed if name in DECIDING]):
        raise InputError(
            record,
            [Problem(line=None, key="versions", message=_told(name, *changed[name], asked=True)) for name in refused],
        )
    for name, (then, now) in changed.items():
        click.echo(f"Note: {printable(_told(name, then, now))}", err=True)
    top = record.absolute().parent
    folder = out or Path("results") / f"{again.name}-again"
    options = [part for name, value in again.options.items() for part in _argument(name, value, top)]
    options += ["--out", str(folder), *(["--force"] if force else [])]
    named = [value["file"] for value in again.options.values() if isinstance(value, dict)]
    command = _COMMANDS[again.command]
    with files_kept({top / name: text for name, text in again.files.items()}):
        arguments = [*options, "--", *(str(top / name) for name in again.inputs if name not in named)]
        with command.make_context(again.command, arguments, parent=click.get_current_context().parent) as context:
            command.invoke(context)
    here = {name: file_checksum(folder / name) for name in again.written if (folder / name).is_file()}
    other = [name for name, checksum in again.written.items() if here.get(name) != checksum]
    if other:
        names = printable(", ".join(other))
        click.echo(f"Rerun: {len(other)} of {len(again.written)} files are not as they were: {names}")
        click.get_current_context().exit(0 if changed else 1)
    click.echo(f"Rerun: all {len(again.written)} files are, byte for byte, those of the record")


def _changed(then: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Versions that are not those of a record: those of then, and those of now."""
    from pkinteract.library.fingerprint import fingerprint
    from pkinteract.text.record import head

    now: Any = head(fingerprint(), libraries=[name for name in ("scipy",) if name in then])["versions"]
    return {name: (version, now[name]) for name, version in then.items() if now.get(name, version) != version}


def _told(name: str, then: str, now: str, *, asked: bool = False) -> str:
    text = f"the record is of {name} {then}, here is {now}; numbers may differ"
    return f"{text}: add --anyway to run it all the same" if asked else text


def _argument(name: str, value: Any, top: Path) -> list[str]:
    """An option as it is written; files of the record are seen from the folder ``top``."""
    if isinstance(value, list):
        return [part for one in value for part in _argument(name, one, top)]
    option = f"-{name}" if len(name) == 1 else f"--{name}"
    if value is True:
        return [option]
    return [option, str(top / value["file"] if isinstance(value, dict) else value)]
