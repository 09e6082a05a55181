"""The residuals of a group of series: those whose squares are minimised, those of the report, and their information."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.errors import SimulationError
from pkinteract.fitting.data import weighing
from pkinteract.fitting.search import censored
from pkinteract.fitting.types import Fit, Flags, Series

_NOTHING = 1e-200
"""Sum of squares below which a fit is perfect and its SD no longer a number to divide by."""


@dataclass(frozen=True, kw_only=True)
class Residuals:
    """How the measurements of a group lie about their predictions.

    All arrays are over the measurements of all series, one series after another. The location of a level is the level
    itself, with a log residual its logarithm. Where the SD σ of the residuals is estimated, widths are those for σ = 1.
    """

    fit: Fit
    series: tuple[Series, ...]

    @cached_property
    def values(self) -> Array:
        """Measured levels, and an end of those that lay beyond it."""
        return np.concatenate([series.values for series in self.series])

    @cached_property
    def seen(self) -> Flags:
        """Whether a level was measured."""
        return np.concatenate([series.measured for series in self.series])

    @property
    def count(self) -> int:
        """How many were measured."""
        return int(np.sum(self.seen))

    @cached_property
    def _ends(self) -> Array:
        """Locations of the ends of those that were not measured, (level, 2)."""
        unmeasured = [series.ends[~series.measured] for series in self.series if series.ends is not None]
        ends = np.concatenate(unmeasured) if unmeasured else np.empty((0, 2))
        return self._located(np.maximum(ends, 0.0)) if self.fit.residual == "log" else ends

    @cached_property
    def _shares(self) -> Array:
        """What the SD of one subject's level is multiplied by: 1/√n, or an SD of its own."""
        shares = []
        for series in self.series:
            single = np.ones(len(series.values)) if series.counts is None else 1 / np.sqrt(series.counts)
            shares.append(single if series.sds is None else series.sds)
        return np.concatenate(shares)

    @property
    def _sizes(self) -> tuple[float, float]:
        """SD that all levels have, and that in proportion to the prediction."""
        fit = self.fit
        if fit.residual == "combined":
            return fit.additive or 0.0, fit.proportional or 0.0
        if fit.residual == "proportional":
            return 0.0, fit.proportional or 1.0
        return (fit.proportional if fit.residual == "log" else fit.additive) or 1.0, 0.0

    @property
    def _follows(self) -> bool:
        """Whether the SD follows the prediction."""
        return self.fit.residual in ("proportional", "combined")

    @cached_property
    def _best(self) -> Array:
        """The likeliest prediction of every measured level."""
        additive, proportional = (size * self._shares[self.seen] for size in self._sizes)
        return weighing.likeliest(self.values[self.seen], additive, proportional)

    @cached_property
    def _middle(self) -> float:
        """Geometric mean of the measured levels, for residuals without a unit."""
        return float(np.exp(np.mean(np.log(self.values[self.seen]))))

    def _located(self, levels: Array) -> Array:
        if self.fit.residual != "log":
            return levels
        return np.log(levels, where=levels > 0, out=np.full(levels.shape, -np.inf))

    def located(self, predicted: Sequence[Array]) -> Array:
        """Location of every prediction.

        Raises
        ------
        SimulationError
            Where a measured level is predicted as 0 and the SD is relative to the prediction.
        """
        levels = np.concatenate(predicted)
        if self.fit.residual in ("log", "proportional") and not np.all(levels[self.seen] > 0):
            self._refuse_zero(predicted)
        return self._located(levels)

    def _refuse_zero(self, predicted: Sequence[Array]) -> None:
        for series, levels in zip(self.series, predicted, strict=True):
            wrong = np.flatnonzero(series.measured & ~(levels > 0))
            if len(wrong):
                what = "logarithm" if self.fit.residual == "log" else "SD in proportion to it"
                advice = f"line {series.lines[wrong[0]]} is predicted as 0, which has no {what}"
                advice += "; leave it out or use another model."
                raise SimulationError(None, "fit", advice, f"subject {series.subject}")

    def widths(self, predicted: Sequence[Array]) -> Array:
        """SD of every level, or what it is proportional to where σ is estimated."""
        additive, proportional = self._sizes
        return np.asarray(np.hypot(additive, proportional * np.concatenate(predicted)) * self._shares)

    def _gaps(self, predicted: Sequence[Array]) -> tuple[Array, Array, Array]:
        """Residuals over the widths of what was measured, ends over those of the others, and all widths."""
        where, widths = self.located(predicted), self.widths(predicted)
        seen = self.seen
        gaps = (self._located(self.values[seen]) - where[seen]) / widths[seen]
        with np.errstate(invalid="ignore", divide="ignore"):
            ends = (self._ends - where[~seen, None]) / widths[~seen, None]
        return gaps, np.where(np.isinf(self._ends), self._ends, ends), widths

    def _sd(self, gaps: Array, ends: Array) -> float:
        """The given SD, of which the widths are made, or the likeliest."""
        if self.fit.known:
            return 1.0
        squares = max(float(gaps @ gaps), _NOTHING)
        return math.exp(censored.likeliest_log_sd(squares, len(gaps), ends))

    def minimised(self, predicted: Sequence[Array]) -> Array:
        """Residuals whose sum of squares S is -2 log likelihood, or n·ln S of ``count`` where σ is estimated.

        Both hold but for a constant; see the modules ``weighing`` and ``censored``.
        """
        gaps, ends, widths = self._gaps(predicted)
        minimised = np.empty(len(self.values))
        if self.fit.known and self._follows:
            additive, proportional = (size * self._shares[self.seen] for size in self._sizes)
            levels = np.concatenate(predicted)[self.seen]
            gaps = weighing.roots(self.values[self.seen], levels, self._best, additive, proportional)
        sd = self._sd(gaps, ends) if len(ends) else 1.0
        minimised[self.seen] = gaps / sd
        minimised[~self.seen] = censored.residuals(ends / sd)
        if self.fit.known:
            return minimised
        if self._follows:
            sd *= float(np.exp(np.mean(np.log(widths[self.seen])))) / self._middle
        if len(ends):
            squares = float(minimised @ minimised)
            sd *= math.sqrt(len(gaps) * math.exp(squares / len(gaps) - 1) / squares)
        return minimised * sd

    def reported(self, predicted: Sequence[Array]) -> tuple[Array, ...]:
        """Per series: residuals over their widths; of levels that were not measured σ·√(−2 ln probability)."""
        gaps, ends, _ = self._gaps(predicted)
        sd = self._sd(gaps, ends)
        residuals = np.empty(len(self.values))
        residuals[self.seen] = gaps
        residuals[~self.seen] = sd * censored.residuals(ends / sd)
        return tuple(np.split(residuals, np.cumsum([len(series.values) for series in self.series])[:-1]))

    def sd(self, predicted: Sequence[Array], free: int) -> float:
        """SD of the residuals beside ``free`` estimates; where it is given, their root mean square over it."""
        gaps, ends, _ = self._gaps(predicted)
        if self.fit.known:
            return math.sqrt(float(np.mean(gaps**2))) if len(gaps) else math.nan
        return self._sd(gaps, ends) * math.sqrt(len(gaps) / (len(gaps) - free))

    def minus_2ll(self, predicted: Sequence[Array]) -> float:
        """-2 log likelihood of the measurements, at the likeliest σ where it is not given."""
        gaps, ends, widths = self._gaps(predicted)
        sd = self._sd(gaps, ends)
        logs = np.log(self.values[self.seen]) if self.fit.residual == "log" else np.zeros(1)
        measured_part = float(np.sum((gaps / sd) ** 2) + 2 * np.sum(np.log(sd * widths[self.seen])) + 2 * np.sum(logs))
        return measured_part + len(gaps) * math.log(2 * math.pi) - 2 * float(np.sum(censored.logarithm(ends / sd)))

    def information(self, predicted: Sequence[Array], sd: float) -> tuple[Array, Array]:
        """SD of every level for a σ of ``sd``, and the information on location/SD and ln σ, (level, 2, 2).

        Of measured levels it is what is expected, of the others what was observed.
        """
        _, ends, widths = self._gaps(predicted)
        widths, ends = widths * sd, ends / sd
        additive, proportional = self._sizes
        levels, others = np.concatenate(predicted), ~self.seen
        variances = additive**2 + (proportional * levels) ** 2
        variances = np.where(variances > 0, variances, 1.0)
        pull = widths * proportional**2 * levels / variances
        bend = (widths * proportional) ** 2 / variances - 2 * pull**2
        matrices = weighing.information(pull)
        matrices[others] = _of_ends(ends, pull[others, None], bend[others, None])
        return widths, matrices


def _of_ends(ends: Array, pull: Array, bend: Array) -> Array:
    """Observed information of levels between ends on location/SD and ln σ, (level, 2, 2).

    Parameters
    ----------
    pull, bend
        First and second derivative of ln SD by the location, times SD and its square, (level, 1).
    """
    first, second = censored.probability_slopes(ends), censored.curvature(ends)
    z = np.where(np.isfinite(ends), ends, 0.0)
    moves = np.stack([-1 - z * pull, -z], axis=2)
    bends = np.array([[2 * pull + z * pull**2 - z * bend, 1 + z * pull], [1 + z * pull, z]]).transpose(2, 3, 0, 1)
    return np.asarray(np.einsum("nij,nia,njb->nab", second, moves, moves) + np.einsum("ni,niab->nab", first, bends))
