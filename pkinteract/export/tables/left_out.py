"""The table of a cross-validation."""

from __future__ import annotations

from collections.abc import Sequence

from pkinteract.fitting.left_out import LeftOut
from pkinteract.qualify.measure import fold_error
from pkinteract.text.csv import Table


def left_out_table(predictions: Sequence[LeftOut]) -> Table:
    """``left-out.csv``: every study of a fit, predicted by that fit and by one that has not seen its paper."""
    made = [
        _row(prediction)
        for prediction in sorted(predictions, key=lambda prediction: (prediction.fit, prediction.study.line))
    ]
    return {name: [row[name] for row in made] for name in made[0]} if made else {}


def _row(prediction: LeftOut) -> dict[str, object]:
    study = prediction.study
    observed = None if study.exposure is None else study.exposure.ratio
    return {
        "id": study.id,
        "fit": prediction.fit,
        "set": study.set,
        "study": study.study,
        "perpetrator": " + ".join(study.perpetrators),
        "victim": study.victim,
        "analyte": study.analyte,
        "mechanism": study.mechanism,
        "design_assumed": study.assumed,
        "observed": observed,
        "fitted": prediction.fitted,
        "left_out": prediction.predicted,
        "fold_error_fitted": None if observed is None else fold_error(prediction.fitted, observed),
        "fold_error_left_out": None
        if observed is None or prediction.predicted is None
        else fold_error(prediction.predicted, observed),
        "pksim": study.pksim,
    }
