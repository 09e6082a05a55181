"""``not_modelled``: what else the patient takes, of which the library has nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection

from pkinteract.errors import printable
from pkinteract.library import Library
from pkinteract.library.names import all_of, folded, given_as, said_of
from pkinteract.library.schema.values import one_line
from pkinteract.library.suggestions import elsewhere
from pkinteract.text.remark import Remark, remark
from pkinteract.text.toml_lines import Key

KEY = "not_modelled"

OFFER = f"leave {{0}} out, or list {{0}} in {KEY}"
"""What to do with a drug of a regimen that the library lacks; {0} is "it" or "them"."""

Report = Callable[[Key, str], None]
Warn = Callable[[Key, Remark], None]


def read_not_modelled(
    names: object, library: Library, unread: Collection[str], refuse: Report, warn: Warn
) -> tuple[str, ...]:
    """The names as they are known elsewhere, else as they are written; those of ``unread`` files are not looked for.

    A name that means a drug of the library, a part of which stands there, or which stands twice, is refused.
    A slip of the pen for such a drug, or its name with more behind it, is warned of.
    """
    taken: dict[str, str] = {}
    for i, given in enumerate(names if isinstance(names, list) else ()):
        if not isinstance(given, str):
            continue
        key: Key = (KEY, i)
        try:
            name = one_line(given).strip()
        except ValueError as error:
            refuse(key, f'{error}, got "{printable(given, 80)}"')
            continue
        word = folded(name)
        if word in taken:
            refuse(key, f'"{name}" stands here already; keep it once')
        elif there := _there(name, library):
            refuse(key, there)
        elif name not in unread and (slip := library.resembles(name)):
            warn(key, remark("remark.unsaid", slip=slip if slip.endswith("?") else f"{slip}."))
        taken.setdefault(word, elsewhere(name))
    return tuple(taken.values())


def _there(name: str, library: Library) -> str:
    """Why a name is one of the library; empty if it is none."""
    racemate, mixture = library.racemate(name), library.names.combinations.get(folded(name))
    if racemate is not None:
        said = said_of(name, racemate.id)
        which = f"{said}, which" if said else racemate.id
        return f"{which} is in the library, {given_as(racemate)}; write a [[regimen]]"
    if mixture is not None and any(library.meaning(part) for part in mixture.drugs):
        lacking = [part for part in mixture.drugs if library.meaning(part) is None]
        rest = f", and list {all_of(lacking)} here" if lacking else ""
        there = [part for part in mixture.drugs if part not in lacking]
        return f"{name} is {all_of(mixture.drugs)}; write a [[regimen]] for {all_of(there)}{rest}"
    meaning = library.meaning(name)
    if meaning is not None:
        forms = tuple(library.monograph(meaning.drug).absorption)
        if meaning.formulation is not None and meaning.formulation not in forms:
            write = f"write a [[regimen]] of a form that is ({', '.join(forms)})"
            return f"{name} is {meaning.text}; {meaning.drug} is in the library and this form is not modelled: {write}"
        said = said_of(name, meaning.drug)
        return f"{f'{said}, which' if said else meaning.drug} is in the library; write a [[regimen]]"
    several = library.names.meanings.get(folded(name), ())
    if several:
        drugs = all_of(sorted(one.drug for one in several))
        return f"{name} means {drugs}, which are in the library; write a [[regimen]]"
    return ""
