"""What several commands share: paths, scenarios read together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pkinteract.scenario import Scenario


PATH = click.Path(path_type=Path)


def read_all(paths: tuple[Path, ...]) -> list[Scenario]:
    """Read every file before anything else happens; problems of all files are reported together.

    Raises
    ------
    InputError
        The problems of the last file that has any, those of others being printed; or two files of one name.
    """
    from pkinteract.errors import InputError, Problem
    from pkinteract.scenario import read_scenario

    read, failed = [], []
    for path in paths:
        try:
            read.append(read_scenario(path))
        except InputError as error:
            failed.append(error)
    for earlier in failed[:-1]:
        click.echo(f"Error: {earlier}", err=True)
    if failed:
        raise failed[-1]
    names = [scenario.name for scenario in read]
    for i, name in enumerate(names):
        if name in names[:i]:
            first = read[names.index(name)].path
            text = f"has the same name as {first}; results are kept by file name, rename one"
            raise InputError(read[i].path, [Problem(line=None, key="", message=text)])
    return read
