"""What protocols make of levels and doses, of one patient or of many at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pkinteract.scenario.protocol.types import Condition, Protocol
from pkinteract.scenario.streams import Array, Streams, error_factors

SAME = 1e-9
"""Relative difference of two doses that are one [1]."""

_ROUNDING = 1e-9
_EARLIEST = 100 * 8766.0
"""Every sample is drawn later than so long before t = 0 [h]."""


def is_met(condition: Condition, level: Array) -> npt.NDArray[np.bool_]:
    """Whether levels (n,) in the unit of a condition are beyond its limit; one that is not known is not."""
    return level > condition.limit if condition.above else level < condition.limit


def measured_level(protocol: Protocol, level: Array, time: float, streams: Streams) -> Array:
    """What the laboratory reports of true levels (n,) at a check [h]: the same for two protocols on one sample."""
    if protocol.condition is None or protocol.error == 0:
        return level
    second = round((time + _EARLIEST) * 3600)
    return level * error_factors(protocol.error, f"level of {protocol.condition.analyte}", second, streams)


def changed_dose(protocol: Protocol, before: Array) -> Array:
    """What a protocol makes of labelled doses [mg]; nothing of one that is 0, as what was stopped stays so."""
    action = protocol.action
    if action.kind == "stop":
        return np.zeros_like(before)
    if action.kind == "set":
        return np.where(before > 0, action.amount, 0.0)
    after = before * action.amount if action.kind == "times" else before + action.amount
    if protocol.round_to is not None:
        pieces = np.floor(after / protocol.round_to + 0.5 + _ROUNDING)
        after = np.where(after > 0, protocol.round_to * np.maximum(pieces, 1.0), 0.0)
    if action.raises:
        ceiling = np.inf if protocol.highest is None else protocol.highest
        after = np.maximum(np.minimum(after, ceiling), before)
    else:
        after = np.minimum(np.maximum(after, protocol.lowest or 0.0), before)
    return np.where(before > 0, after, 0.0)
