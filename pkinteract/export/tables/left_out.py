"""The table of a cross-validation."""

from __future__ import annotations

from collections.abc import Sequence

from pkinteract.fitting.left_out import LeftOut
from pkinteract.qualify.measure import fold_error
from pkinteract.text.csv import Table


def left_out_table(rows: Sequence[LeftOut]) -> Table:
    """``left-out.csv``: every study of a fit, predicted by that fit and by one that has not seen its paper."""
    made = [_row(row) for row in sorted(rows, key=lambda row: (row.fit, row.study.line))]
    return {name: [row[name] for row in made] for name in made[0]} if made else {}


def _row(row: LeftOut) -> dict[str, object]:
    study = row.study
    observed = None if study.exposure is None else study.exposure.ratio
    return {
        "id": study.id,
        "fit": row.fit,
        "set": study.set,
        "study": study.study,
        "perpetrator": " + ".join(study.perpetrators),
        "victim": study.victim,
        "analyte": study.analyte,
        "mechanism": study.mechanism,
        "design_assumed": study.assumed,
        "observed": observed,
        "fitted": row.fitted,
        "left_out": row.predicted,
        "fold_error_fitted": None if observed is None else fold_error(row.fitted, observed),
        "fold_error_left_out": None
        if observed is None or row.predicted is None
        else fold_error(row.predicted, observed),
        "pksim": study.pksim,
    }
