"""``run.json`` of a fit: what was fitted, by which versions, and what came out."""

from __future__ import annotations

from pkinteract.fitting.types import FitResult
from pkinteract.library.fingerprint import fingerprint
from pkinteract.text.record import checksum, head, source


def fit_record(outcome: FitResult) -> dict[str, object]:
    """The record of a fit as plain data."""
    fit = outcome.fit
    return {
        **head(fingerprint(), libraries=["scipy"]),
        "scenario": source(fit.name, fit.title, fit.text),
        "data": [{"file": file.name, "sha256": checksum(file.read_bytes())} for file in fit.files],
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
    }
