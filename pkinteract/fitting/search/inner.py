"""Bounded numbers as unbounded ones, for methods that know no bounds: as in MINUIT, by a sine or a hyperbola.

James, Roos. Comput Phys Commun 1975;10:343-67.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.fitting.types import Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """Numbers between ``low`` and ``high``, (number,), infinite where there is no bound."""

    low: Array
    high: Array

    @property
    def _both(self) -> Flags:
        return np.isfinite(self.low) & np.isfinite(self.high)

    @property
    def _one(self) -> Flags:
        return np.isfinite(self.low) ^ np.isfinite(self.high)

    @property
    def _sign(self) -> Array:
        """1 where a lower bound is the only one, -1 where an upper one is."""
        return np.where(np.isfinite(self.low), 1.0, -1.0)

    @property
    def _begin(self) -> Array:
        """The bound that there is, the lower one of two."""
        return np.where(np.isfinite(self.low), self.low, np.where(np.isfinite(self.high), self.high, 0.0))

    @property
    def _half(self) -> Array:
        """Half of what lies between two bounds."""
        return np.where(self._both, np.where(self._both, self.high, 0.0) - self._begin, 0.0) / 2

    def inside(self, x: Array) -> Array:
        """From a number to the unbounded one."""
        share = (x - self._begin) / np.where(self._both, self._half, 1.0) - 1
        away = np.maximum(self._sign * (x - self._begin) + 1, 1.0)
        one = np.where(self._one, np.sqrt(away**2 - 1), x)
        return np.where(self._both, np.arcsin(np.clip(share, -1.0, 1.0)), one)

    def outside(self, u: Array) -> Array:
        """And back."""
        one = np.where(self._one, self._begin + self._sign * (np.sqrt(u**2 + 1) - 1), u)
        return np.where(self._both, self._begin + (np.sin(u) + 1) * self._half, one)

    def slopes(self, u: Array) -> Array:
        """Derivative of the number by the unbounded one."""
        one = np.where(self._one, self._sign * u / np.sqrt(u**2 + 1), 1.0)
        return np.where(self._both, np.cos(u) * self._half, one)
