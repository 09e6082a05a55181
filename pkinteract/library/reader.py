"""From the folder of TOML files to monographs and enzymes, each read when it is first asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, ValidationError

from pkinteract.errors import InputError, Problem, did_you_mean
from pkinteract.library.checks import (
    Key,
    monograph_problems,
    nested_table,
    provenance_problems,
    table_rows,
    unknown_enzymes,
)
from pkinteract.library.names import (
    HEAD,
    Meaning,
    NamedDrug,
    NameIndex,
    folded,
    id_of,
    index,
    name_faults,
    named_drug,
    taken_names,
)
from pkinteract.library.schema.enzyme import Enzyme, EnzymeFile
from pkinteract.library.schema.monograph import Citation, Monograph
from pkinteract.text.toml import TomlFile, read_some, read_toml
from pkinteract.text.toml_lines import key_text
from pkinteract.text.toml_words import problems

if TYPE_CHECKING:
    from pkinteract.library.schema.mixtures import Racemate

FOLDER = Path(__file__).parent

_M = TypeVar("_M", bound=BaseModel)


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
    own
        Ids of the drugs that files of one's own define.
    """

    files: Mapping[str, Path]
    enzymes: Mapping[str, Enzyme]
    enzyme_sources: Mapping[str, Citation]
    own: frozenset[str] = frozenset()
    _read: dict[str, Monograph] = field(default_factory=dict, repr=False)
    _indexed: list[NameIndex] = field(default_factory=list, repr=False)

    def ids(self) -> tuple[str, ...]:
        """Ids of all drugs and metabolites, sorted."""
        return tuple(sorted(self.files))

    def meaning(self, name: str) -> Meaning | None:
        """The drug that an id, INN, brand, synonym or ATC code means, with its formulation if the name has one.

        None if it means none, or several. An id needs no index of names.
        """
        id = name if name in self.files or self.own else id_of(name)
        return Meaning(name=name, drug=id) if id in self.files else self.names.meaning(name)

    def named(self, name: str) -> str | None:
        """Id of the drug that a name means; None if it means none, or several."""
        meaning = self.meaning(name)
        return None if meaning is None else meaning.drug

    def racemate(self, name: str) -> Racemate | None:
        """The racemate that a name means, if it means one."""
        return None if name in self.files else self.names.racemates.get(folded(name))

    @property
    def racemates(self) -> tuple[Racemate, ...]:
        """Racemates that are given as drugs of the library, each once."""
        return tuple({racemate.id: racemate for racemate in self.names.racemates.values()}.values())

    def unknown(self, name: str, offer: str = "") -> str:
        """What to say of a name that means no drug, or several.

        ``offer`` is what else can be done with a drug that is not there, with {} for "it" or "them".
        """
        from pkinteract.library.suggestions import unknown

        return unknown(name, self.names, self._forms, offer)

    def resembles(self, name: str) -> str:
        """What drug of the library a name may be meant for that means none; empty if there is no such drug."""
        from pkinteract.library.suggestions import resembles

        return resembles(name, self.names, self._forms)

    def _forms(self, drug: str) -> tuple[str, ...]:
        return tuple(self.monograph(drug).absorption)

    def absent(self, name: str, present: Iterable[str], what: str) -> str:
        """What to say of a name that is none of the drugs ``present``; ``what`` is what it is not."""
        meaning = self.meaning(name)
        id = name if meaning is None else meaning.drug
        told = f"{name} ({id})" if id != id_of(name) and meaning is not None else name
        return f"{told} is not {what}; {self.instead(name, present)}"

    def instead(self, name: str, present: Iterable[str]) -> str:
        """What to write for a name that is none of the drugs ``present``: what a slip of the pen meant, else all."""
        from pkinteract.library.suggestions import instead

        return instead(name, self.names, list(present))

    @property
    def names(self) -> NameIndex:
        """The index of all names, made when it is first asked for."""
        if not self._indexed:
            self._indexed.append(_names(self.files))
        return self._indexed[0]

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
            self._read[drug] = self._monograph(drug)
        return self._read[drug]

    def _monograph(self, drug: str) -> Monograph:
        """That of the shipped library where nothing of one's own changes what its file says of others."""
        file = _file(self.files[drug])
        unchanged = self.own and self.files[drug] == _whole().files.get(drug) and not any(_others(file, self.files))
        return _whole().monograph(drug) if unchanged else _monograph(file, self.enzymes, self.files)

    def reported(self, drug: str) -> frozenset[str]:
        """Ids of what is reported when a drug is given: it, its metabolites and theirs, and their sums."""
        family = _reached([drug], self.files, _formed)
        sums = [
            total.get("id")
            for name in family
            if name in self.files
            for _, total in table_rows(_data(self.files[name]), "sum")
        ]
        return frozenset([*family, *_named(sums)])


def load_library(extra: Sequence[Path] = (), *, beside: Sequence[Path] = ()) -> Library:
    """The shipped library, which is read once, with drug files of one's own added.

    Parameters
    ----------
    extra
        The files to add.
    beside
        More files of one's own whose drugs the added ones may name; they are not added themselves.

    Raises
    ------
    InputError
        When an extra file is missing or wrong.
    """
    if not extra:
        return _whole()
    files, enzymes = _whole().files, _enzymes()
    opened = [read_toml(path) for path in extra]
    added = {file.data["id"]: file.path for file in opened if isinstance(file.data.get("id"), str)}
    known = {**files, **drug_ids(beside), **added}
    read = {}
    for file in opened:
        monograph = _monograph(file, enzymes.enzymes, known, own=True)
        read[monograph.id] = monograph
    return Library(
        files={**files, **added},
        enzymes=enzymes.enzymes,
        enzyme_sources=enzymes.sources,
        own=frozenset(added),
        _read=read,
    )


@cache
def _whole() -> Library:
    files = {path.stem: path for path in sorted((FOLDER / "drugs").glob("*.toml"))}
    return Library(files=files, enzymes=_enzymes().enzymes, enzyme_sources=_enzymes().sources)


def drug_ids(paths: Sequence[Path]) -> dict[str, Path]:
    """Drug ids of files; of one that cannot be read, its name."""
    paths_of = {}
    for path in paths:
        try:
            id = read_toml(path).data.get("id")
        except InputError:
            id = None
        paths_of[id if isinstance(id, str) else path.stem] = path
    return paths_of


def _file(path: Path) -> TomlFile:
    """A drug file; those that are shipped are read once."""
    return _shipped(path) if path.parent == FOLDER / "drugs" else read_toml(path)


@cache
def _shipped(path: Path) -> TomlFile:
    return read_toml(path, ours=True)


@cache
def _enzymes() -> EnzymeFile:
    file = read_toml(FOLDER / "enzymes.toml", ours=True)
    return validated(EnzymeFile, file, provenance_problems(file.data, EnzymeFile))


def _monograph(
    file: TomlFile, enzymes: Mapping[str, Enzyme], files: Mapping[str, Path], *, own: bool = False
) -> Monograph:
    organs = {name: tuple(enzyme.organs) for name, enzyme in enzymes.items()}
    transporters = {name for name, enzyme in enzymes.items() if enzyme.transporter}
    faults = [*monograph_problems(file.data), *unknown_enzymes(file.data, organs, transporters), *_others(file, files)]
    if own:
        from pkinteract.library.mechanisms.reader import target_faults

        faults += [*target_faults(file.data), *name_faults(file.data), *taken_names(file.data, _names(files))]
    return validated(Monograph, file, faults)


def _names(files: Mapping[str, Path]) -> NameIndex:
    return index(_names_in(id, path) for id, path in files.items())


def _others(file: TomlFile, files: Mapping[str, Path]) -> Iterator[tuple[Key, str]]:
    """What the file says of other drugs: metabolites, displaced ones, and parts of sums."""
    own = str(file.data.get("id"))
    for i, pathway in table_rows(file.data, "elimination", "pathway"):
        formed = pathway.get("forms")
        if isinstance(formed, str) and formed not in files:
            from pkinteract.library.suggestions import unknown_metabolite

            yield ("elimination", "pathway", i, "forms"), unknown_metabolite(formed, _names(files))
    for drug in nested_table(file.data, "displaces"):
        if drug == own:
            continue
        if drug not in files:
            from pkinteract.library.suggestions import unknown

            yield ("displaces", drug), unknown(drug, _names(files), lambda other: _forms(files[other]))
            continue
        if not nested_table(_data(files[drug]), "binding"):
            yield ("displaces", drug), f"{drug} has no [binding] that could be displaced; add it to its file"
        if own in _reached([drug], files, _displaced):
            yield ("displaces", drug), f"{drug} displaces {own} in turn; drugs must not displace each other in a circle"
    family = {own, *_reached(_formed(file.data), files, _formed)}
    for i, total in table_rows(file.data, "sum"):
        parts = total.get("parts")
        for n, part in enumerate(parts if isinstance(parts, list) else ()):
            if isinstance(part, str) and part not in family:
                text = f'"{part}" is neither this drug nor a metabolite of it; {did_you_mean(part, sorted(family))}'
                yield ("sum", i, "parts", n), text


def _named(names: Iterable[object]) -> list[str]:
    return sorted(name for name in names if isinstance(name, str))


def _displaced(data: object) -> list[str]:
    return list(nested_table(data, "displaces"))


def _formed(data: object) -> list[str]:
    return _named(pathway.get("forms") for _, pathway in table_rows(data, "elimination", "pathway"))


def _reached(names: Iterable[str], files: Mapping[str, Path], after: Callable[[object], list[str]]) -> set[str]:
    """The ``names``, what comes ``after`` them in their files, and so on."""
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += after(_data(files[name])) if name in files else []
    return reached


def _data(path: Path) -> Mapping[str, Any] | None:
    """What stands in another drug's file; None if it cannot be read, which is reported where that drug is used."""
    try:
        return _file(path).data
    except InputError:
        return None


def _names_in(id: str, path: Path) -> NamedDrug:
    """What an index of names needs of a drug file."""
    return _shipped_names(id, path) if path.parent == FOLDER / "drugs" else named_drug(id, _data(path))


@cache
def _shipped_names(id: str, path: Path) -> NamedDrug:
    return named_drug(id, read_some(path, HEAD, "names"))


def _forms(path: Path) -> tuple[str, ...]:
    return tuple(nested_table(_data(path), "absorption"))


def validated(model: type[_M], file: TomlFile, faults: Iterable[tuple[Key, str]]) -> _M:
    """The file as a ``model``.

    Raises
    ------
    InputError
        With every problem that pydantic sees and the ``faults``.
    """
    wrong: list[Problem] = []
    read = None
    try:
        read = model.model_validate(file.data)
    except ValidationError as error:
        wrong = problems(error, file, model)
    seen = {problem.key for problem in wrong}
    for key, message in faults:
        name = key_text(key)
        if name not in seen:
            wrong.append(Problem(line=file.line(key), key=name, message=message))
    if wrong or read is None:
        raise InputError(file.path, wrong)
    return read
