"""The column of dates that tables over time share."""

from __future__ import annotations

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.scenario import Scenario


def dates(scenario: Scenario, times: Array) -> dict[str, list[str]]:
    """A ``date`` column for ``times`` [h] when the scenario is anchored, else nothing."""
    if scenario.start is None:
        return {}
    stamps = np.datetime64(scenario.start, "s") + np.round(times * 3600).astype("timedelta64[s]")
    return {"date": np.datetime_as_string(stamps, unit="s").tolist()}
