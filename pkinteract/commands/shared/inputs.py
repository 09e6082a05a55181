"""What several commands share: paths, scenarios read together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pkinteract.commands.shared.progress import busy
from pkinteract.errors import printable

if TYPE_CHECKING:
    from pkinteract.scenario import Scenario


class _RecordablePath(click.Path):
    """A path whose name can be written into a record."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = super().convert(value, param, ctx)
        try:
            str(path).encode()
        except UnicodeEncodeError:
            self.fail(f"{printable(str(path))} has a name that is not UTF-8; rename it", param, ctx)
        return path


PATH = _RecordablePath(path_type=Path)

SEED = click.IntRange(0, 2**63 - 1)
"""As large as a whole number of TOML."""

_One = TypeVar("_One")
_Read = TypeVar("_Read")


def read_each(read: Callable[[_One], _Read], inputs: Iterable[_One]) -> list[_Read]:
    """What is read from each of several inputs; problems of all of them are reported together.

    Raises
    ------
    InputError
        The problems of the last input that has any, those of others being printed.
    """
    from pkinteract.errors import InputError

    done, failed = [], []
    for one in inputs:
        try:
            done.append(read(one))
        except InputError as error:
            failed.append(error)
    for earlier in failed[:-1]:
        click.echo(f"Error: {earlier}", err=True)
    if failed:
        raise failed[-1]
    return done


def read_all(paths: tuple[Path, ...]) -> list[Scenario]:
    """Read every file before anything else happens; problems of all files are reported together.

    Raises
    ------
    InputError
        The problems of the last file that has any, those of others being printed; or two files of one name.
    """
    from pkinteract.errors import InputError, Problem
    from pkinteract.scenario import read_scenario

    with busy("reading"):
        read = read_each(read_scenario, paths)
    names = [scenario.name for scenario in read]
    for i, name in enumerate(names):
        if name in names[:i]:
            first = read[names.index(name)].path
            text = f"has the same name as {first}; results are kept by file name, rename one"
            raise InputError(read[i].path, [Problem(line=None, key="", message=text)])
    return read
