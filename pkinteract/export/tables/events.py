"""The table of a data set."""

from __future__ import annotations

from pkinteract.records.run import Predictions
from pkinteract.text.csv import Table


def record_table(predictions: Predictions) -> Table:
    """``concentrations.csv``: a row per record, in the order of the file."""
    return {"id": predictions.subjects, "time_h": predictions.time, **predictions.concentrations}
