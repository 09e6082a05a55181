"""``run.json`` of a fit: what was fitted, by which versions, and what came out."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from pkinteract import NOTICE
from pkinteract.fitting.types import Fit, FitResult
from pkinteract.library.fingerprint import fingerprint
from pkinteract.text.inputs import name_among
from pkinteract.text.record import checksum, head, recipe, source


def fit_record(outcome: FitResult, again: Mapping[str, object], notice: str = NOTICE) -> dict[str, object]:
    """The record of a fit as plain data.

    Parameters
    ----------
    again
        What it needs to be run again: of :func:`file_recipe` or :func:`patient_recipe`. Left out of the record of a fit
        that Ctrl-C ended: nobody ends another one at the same point.
    notice
        What it is no more than.
    """
    fit = outcome.fit
    stopped = any(group.stopped for group in outcome.groups)
    return {
        **head(fingerprint(), notice=notice, libraries=["scipy"]),
        "scenario": source(fit.name, fit.title, fit.text),
        "data": [{"file": file.name, "sha256": _checksum(fit, file)} for file in fit.files],
        "omitted": [
            {"file": fit.files[omission.data].name, "reason": omission.reason, "count": omission.count}
            for omission in fit.omitted
        ],
        "notes": list(fit.notes),
        "groups": [
            {
                "subject": group.subject,
                "observations": group.observations,
                "residual_sd": group.sd,
                "minus_2ll": group.minus_2ll,
                "aic": group.aic,
                "bic": group.bic,
                "evaluations": group.evaluations,
                "stopped": group.stopped,
                "warnings": list(group.warnings),
            }
            for group in outcome.groups
        ],
        "rerun": None if stopped else again,
    }


def file_recipe(fit: Fit, options: Mapping[str, object]) -> dict[str, object]:
    """What the fit of a file needs to be run again; one called ``fit.toml`` stays in a folder of its name."""
    folder = fit.name if fit.path.stem == "fit" else ""

    def seen(name: str) -> str:
        return Path(os.path.normpath(Path(folder, name))).as_posix()

    files = {seen(name): text for name, text in fit.read.items()}
    return recipe("fit", options, [seen(fit.path.name)], files)


def patient_recipe(fit: Fit, options: Mapping[str, object]) -> dict[str, object]:
    """What the fit of a patient needs to be run again."""
    name = fit.path.name
    return recipe("fit", {"patient": {"file": name}, **options}, [name], fit.read)


def _checksum(fit: Fit, file: Path) -> str:
    """SHA-256 of a file as it was read; of levels that stand in the scenario, that of the scenario."""
    if file == fit.path:
        return checksum(fit.text.encode())
    name = name_among(fit.read, fit.path.parent, file)
    return checksum(file.read_bytes() if name is None else fit.read[name].encode())
