"""Random numbers by patient, name and place: a counter-based generator, so that nothing depends on order or blocks.

The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw. SC 2011): 128 bits of counter and 64 bits of key give 128
random bits. The seed is the key; the patient's number, the name of what is drawn and a place in it are the counter.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pkinteract.library.lognormal import TAIL

Array = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint64]
"""32-bit words, each in 64 bits."""

_ROUNDS = 10
_WORD = np.uint64(0xFFFFFFFF)
_HALF = np.uint64(32)
_MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
_WEYL = 0x9E3779B9, 0xBB67AE85
_AT_ONCE = 8192
"""Counters that are worked on together, so that they stay in the cache."""


def philox(counter: Sequence[Words], key: tuple[int, int]) -> tuple[Words, Words, Words, Words]:
    """Four random words for each counter of four words, by Philox4x32-10."""
    a, b, c, d = counter
    low, high = key
    for _ in range(_ROUNDS):
        first, second = a * _MULTIPLIERS[0], c * _MULTIPLIERS[1]
        a, c = (second >> _HALF) ^ b ^ np.uint64(low), (first >> _HALF) ^ d ^ np.uint64(high)
        b, d = second & _WORD, first & _WORD
        low, high = (low + _WEYL[0]) & 0xFFFFFFFF, (high + _WEYL[1]) & 0xFFFFFFFF
    return a, b, c, d


@dataclass(frozen=True, slots=True, kw_only=True)
class Streams:
    """Draws of some patients.

    Attributes
    ----------
    seed
        Of the population, 0 to 2^64 - 1.
    number
        (n,) places of the patients in it.
    """

    seed: int
    number: npt.NDArray[np.int64]

    def pairs(self, names: Sequence[str], places: Sequence[int] | None = None) -> tuple[Array, Array]:
        """Two uniform numbers above 0 and below 1 for each thing that is drawn and each patient, (thing, n) each.

        Parameters
        ----------
        names
            What is drawn; the same name and place give the same numbers in every scenario.
        places
            Place of each within its name; 0 when left out.
        """
        streams = np.array([_stream(name) for name in names], dtype=np.uint64)[:, None]
        positions = np.zeros_like(streams) if places is None else np.array(places, dtype=np.uint64)[:, None]
        number = self.number.astype(np.uint64)
        uniforms = np.empty((2, len(names), len(number)))
        wide = max(1, min(len(number), _AT_ONCE))
        high = _AT_ONCE // wide
        for top in range(0, len(names), high):
            for left in range(0, len(number), wide):
                part = np.s_[top : top + high, left : left + wide]
                shape = uniforms[0][part].shape
                low, more = number[part[1]] & _WORD, number[part[1]] >> _HALF
                counter = [np.broadcast_to(word, shape) for word in (low, more, streams[part[0]], positions[part[0]])]
                a, b, c, d = philox(counter, (self.seed & 0xFFFFFFFF, self.seed >> 32))
                uniforms[0][part], uniforms[1][part] = _uniform(a, b), _uniform(c, d)
        return uniforms[0], uniforms[1]

    def uniforms(self, names: Sequence[str]) -> Array:
        """A uniform number above 0 and below 1 for each name and patient, (name, n)."""
        return self.pairs(names)[0]


def error_factors(cv: float, name: str, place: int, streams: Streams) -> Array:
    """What each patient's level is off by, (n,) [1]: log-normal with median 1 and this CV [1].

    ``name`` and ``place`` say which level it is. The normal numbers are those of Box and Muller (Ann Math Stat
    1958;29:610-1).
    """
    first, second = (uniform[0] for uniform in streams.pairs([name], [place]))
    normal = np.sqrt(-2.0 * np.log(first)) * np.cos(2.0 * math.pi * second)
    return np.asarray(np.exp(math.sqrt(math.log1p(cv**2)) * normal))


def _stream(name: str) -> int:
    """Which of 2^32 streams a name has."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")


def _uniform(high: Words, low: Words) -> Array:
    """53 of 64 random bits as the middle of an interval of [0, 1]."""
    bits = (high >> np.uint64(5)) * np.uint64(1 << 26) + (low >> np.uint64(6))
    return (bits.astype(np.float64) + 0.5) * 2.0**-53


def uniform_between(uniform: Array, low: Array | float = -math.inf, high: Array | float = math.inf) -> Array:
    """Standard normal deviates [1] from ``low`` to ``high``, without the tails, by the inverse of the distribution.

    In the shape of ``uniform``, numbers between 0 and 1.
    """
    from scipy.special import ndtr, ndtri

    bottom = np.clip(ndtr(low), TAIL, 1 - TAIL)
    top = np.clip(ndtr(high), TAIL, 1 - TAIL)
    return np.asarray(ndtri(bottom + uniform * (top - bottom)))


def correlated_draws(uniforms: Array, correlation: Array) -> Array:
    """Correlated standard normal deviates (thing, n), each without its tails, from independent uniform numbers.

    ``uniforms`` are (thing, n), ``correlation`` is (thing, thing).
    """
    from scipy.special import ndtr, ndtri

    if np.array_equal(correlation, np.eye(len(correlation))):
        return uniform_between(uniforms)
    whole = np.zeros_like(uniforms)
    for row, weights in zip(whole, np.linalg.cholesky(correlation), strict=True):
        for weight, deviate in zip(weights, ndtri(uniforms), strict=True):
            if weight:
                row += weight * deviate
    return uniform_between(ndtr(whole))
