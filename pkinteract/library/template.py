"""A new drug file to fill in: the schema as a commented example that runs as it is."""

from __future__ import annotations

import re
from pathlib import Path

from pkinteract.errors import InputError, Problem
from pkinteract.library.reader import FOLDER
from pkinteract.library.schema.values import ID

LONGEST = 60


def write_template(name: str, folder: Path, taken: tuple[str, ...]) -> Path:
    """Write the template of the drug ``name`` into ``folder`` and return its path.

    Parameters
    ----------
    name
        Id of the drug, and the stem of its file.
    taken
        Ids that the library has already.

    Raises
    ------
    InputError
        When the name is no id, is taken, or the file exists.
    """
    path = folder / f"{name}.toml"
    if not re.fullmatch(ID, name) or len(name) > LONGEST:
        better = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:LONGEST].strip("-") or "my-drug"
        raise _refused(
            f'must be lower case letters, digits and hyphens, at most {LONGEST}, got "{name}"; write {better}'
        )
    if name in taken:
        raise _refused(f"{name} is a drug of the library; choose another name, for example my-{name}")
    text = (FOLDER / "template.toml").read_text("utf-8")
    text = text.replace("DRUG", name).replace("NAME", name.replace("-", " ").capitalize())
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise _refused(f"{path} exists already and is left as it is; choose another name") from None
    except OSError as error:
        raise _refused(f"{path} cannot be written: {error.strerror or error}") from None
    return path


def _refused(message: str) -> InputError:
    return InputError("drugs", [Problem(line=None, key="--new", message=message)])
