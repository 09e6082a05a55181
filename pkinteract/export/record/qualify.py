"""``run.json`` of a qualification: the versions, and how many rows came to what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from pkinteract import __version__
from pkinteract.library.fingerprint import fingerprint
from pkinteract.qualify.courses import PointOutcome
from pkinteract.qualify.outcome import StudyOutcome
from pkinteract.text.record import file_option, head, recipe

NAME = "qualification"
"""What the folder's record calls it."""


def qualification_record(
    arms: Sequence[StudyOutcome], points: Sequence[PointOutcome], again: Mapping[str, object] | None
) -> dict[str, object]:
    """The record of a qualification as plain data; ``again`` is what it needs to be run again, None if it cannot be."""
    counts = {"rows": _counts([arm.state for arm in arms]), "time_points": _counts([point.state for point in points])}
    return {**head(fingerprint()), "scenario": {"name": NAME}, "pkinteract": __version__, **counts, "rerun": again}


def qualification_recipe(asked: Mapping[str, object], folder: Path, files: Mapping[str, str]) -> dict[str, object]:
    """What a qualification needs to be run again.

    Parameters
    ----------
    asked
        Options by name, those that name files with paths.
    folder, files
        What was read, as the folder sees it.
    """

    def written(value: object) -> object:
        if isinstance(value, tuple):
            return [written(one) for one in value]
        return file_option(files, folder, value) if isinstance(value, Path) else value

    return recipe("qualify", {name: written(value) for name, value in asked.items()}, [], files)


def _counts(states: Sequence[str]) -> dict[str, int]:
    return {state: states.count(state) for state in dict.fromkeys(states)}
