"""From the folder of TOML files to monographs and enzymes, each read when it is first asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from pkinteract.errors import InputError, Problem
from pkinteract.library.monograph import HalfLife, Monograph, Number, Row, Source
from pkinteract.toml_file import problems, read_toml

FOLDER = Path(__file__).parent

_M = TypeVar("_M", bound=BaseModel)


class Organ(Row):
    """Turnover of an enzyme in one organ."""

    half_life: HalfLife


class Enzyme(Row):
    """An enzyme of the library: turnover per organ, and what else sets its level."""

    name: str
    liver: Organ
    gut: Organ | None = None
    smoking: Number | None = None

    @property
    def organs(self) -> Mapping[str, Organ]:
        """The organs it is modelled in, liver first."""
        return {"liver": self.liver} if self.gut is None else {"liver": self.liver, "gut": self.gut}


class _EnzymeFile(Row):
    enzymes: dict[str, Enzyme]
    sources: dict[str, Source]


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The drug files by id, and the enzymes.

    Attributes
    ----------
    files
        Drug id to its TOML file; a file of one's own replaces the shipped one of the same id.
    enzymes
        Enzyme name to its entry.
    enzyme_sources
        Citations of the enzyme file.
    """

    files: Mapping[str, Path]
    enzymes: Mapping[str, Enzyme]
    enzyme_sources: Mapping[str, Source]
    _read: dict[str, Monograph] = field(default_factory=dict, repr=False)

    def ids(self) -> tuple[str, ...]:
        """Ids of all drugs and metabolites, sorted."""
        return tuple(sorted(self.files))

    def monograph(self, drug: str) -> Monograph:
        """Read the monograph ``drug``.

        Raises
        ------
        KeyError
            When the library has no such drug.
        InputError
            When its file is wrong, with every problem in it.
        """
        if drug not in self._read:
            self._read[drug] = _read_monograph(self.files[drug], self.enzymes)
        return self._read[drug]


def load_library(extra: Sequence[Path] = ()) -> Library:
    """The shipped library, with drug files of one's own added.

    Raises
    ------
    InputError
        When an extra file is missing or wrong.
    """
    files = {path.stem: path for path in sorted((FOLDER / "drugs").glob("*.toml"))}
    enzymes = _enzymes()
    read = {}
    for path in extra:
        monograph = _read_monograph(path, enzymes.enzymes)
        files[monograph.id] = path
        read[monograph.id] = monograph
    return Library(files=files, enzymes=enzymes.enzymes, enzyme_sources=enzymes.sources, _read=read)


@cache
def _enzymes() -> _EnzymeFile:
    return _validated(_EnzymeFile, FOLDER / "enzymes.toml")


def _read_monograph(path: Path, enzymes: Mapping[str, Enzyme]) -> Monograph:
    monograph = _validated(Monograph, path)
    used = {pathway.enzyme for pathway in monograph.elimination.pathway if pathway.enzyme} | set(monograph.induces)
    if monograph.first_pass is not None:
        used.add(monograph.first_pass.gut_enzyme)
    unknown = sorted(used - set(enzymes))
    if unknown:
        known = ", ".join(enzymes)
        text = f"{', '.join(unknown)}: not an enzyme of the library; known are {known}"
        raise InputError(path, [Problem(line=None, key="enzyme", message=text)])
    return monograph


def _validated(model: type[_M], path: Path) -> _M:
    file = read_toml(path)
    try:
        return model.model_validate(file.data)
    except ValidationError as error:
        raise InputError(path, problems(error, file, model)) from None
