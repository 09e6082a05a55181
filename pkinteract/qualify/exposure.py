"""What a simulated arm gives: area, peak and trough of the analyte."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from pkinteract.engine.curves import Curve, extremes
from pkinteract.library import Library
from pkinteract.qualify.design import ArmDesign
from pkinteract.result import Result
from pkinteract.simulation import simulate

LARGEST_TAIL = 0.02
"""Share of an area to infinity that may be extrapolated [1]."""

_DOUBLINGS = 7
_NOTHING = 1e-5
"""Share of the peak below which a curve has ended; the solver resolves no more [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """The analyte of an arm, in its reporting unit.

    Attributes
    ----------
    area
        Over the window, to infinity by the terminal slope [unit·h].
    peak, trough
        Highest value in the window, and the one at its end.
    """

    area: float
    peak: float
    trough: float


def expose(plan: ArmDesign, library: Library) -> tuple[Exposure, Result]:
    """Simulate an arm; one to infinity is run for longer until little is left to extrapolate.

    Raises
    ------
    PkinteractError
        When it cannot be simulated.
    ValueError
        When nothing given becomes the analyte, or its curve does not end.
    """
    start, stop = plan.window
    if math.isfinite(stop):
        result = simulate(plan.scenario(stop, library))
        curve = _curve(result, plan.analyte)
        return _exposure(curve, start, stop, 0.0), result
    span = plan.horizon
    for _ in range(_DOUBLINGS):
        result = simulate(plan.scenario(start + span, library))
        curve = _curve(result, plan.analyte)
        tail = _tail(curve, start, start + span)
        if tail is not None and tail <= LARGEST_TAIL * float(curve.integral(start, start + span)):
            return _exposure(curve, start, start + span, tail), result
        span *= 2
    raise ValueError(f"{plan.analyte} has not fallen after {span / 48:.0f} days, so its area has no end")


def _curve(result: Result, analyte: str) -> Curve:
    try:
        return result.curve(analyte)
    except KeyError:
        raise ValueError(f"no drug that is given forms {analyte}") from None


def _exposure(curve: Curve, start: float, stop: float, tail: float) -> Exposure:
    return Exposure(
        area=float(curve.integral(start, stop)) + tail,
        peak=extremes(curve, start, stop).cmax,
        trough=float(curve.value(stop)),
    )


def _tail(curve: Curve, start: float, stop: float) -> float | None:
    """Area after ``stop`` by the slope of the last eighth; None while the curve does not fall."""
    early, late = (float(value) for value in curve.value(np.array([stop - (stop - start) / 8, stop])))
    if late <= _NOTHING * extremes(curve, start, stop).cmax:
        return 0.0
    if late >= early:
        return None
    return late * (stop - start) / 8 / math.log(early / late)
