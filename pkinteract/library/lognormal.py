"""Log-normal numbers without their tails, by the CV that they have then; and what enzymes explain of a drug's CV.

A factor is exp(s·Z) with a standard normal Z between -z and z, where Φ(-z) is ``TAIL``. Its moments are

    E[exp(k·s·Z)] = exp(k²s²/2)·(Φ(z - k·s) - Φ(-z - k·s)) / (1 - 2·TAIL)
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pkinteract.library.people import reference as people
from pkinteract.library.schema.monograph import Monograph

TAIL = 0.0005
"""Share of a normal distribution that is cut off on either side: nobody lies further out than 3.29 SD."""

_EDGE = 3.2905267314919255
"""Where the tails begin [SD]."""

NORMAL_SD = math.sqrt(1 - 2 * _EDGE * math.exp(-(_EDGE**2) / 2) / math.sqrt(2 * math.pi) / (1 - 2 * TAIL))
"""SD of a standard normal number without its tails [1]."""

_HALVINGS = 60
_NAMED = 3
"""Enzymes that a message names at most."""


def log_moment(sd: float, order: int) -> float:
    """Logarithm [1] of the mean of exp(order·sd·Z), where Z is standard normal without its tails."""
    from scipy.special import log_ndtr

    shift = order * sd
    upper, lower = float(log_ndtr(_EDGE - shift)), float(log_ndtr(-_EDGE - shift))
    return shift**2 / 2 + upper + math.log1p(-math.exp(lower - upper)) - math.log1p(-2 * TAIL)


@lru_cache(maxsize=256)
def log_sd(cv: float) -> float:
    """The s [1] with which exp(s·Z) has the CV ``cv`` [1], where Z is standard normal without its tails."""
    wanted = math.log1p(cv**2)

    def spread(sd: float) -> float:
        return log_moment(sd, 2) - 2 * log_moment(sd, 1)

    low, high = 0.0, 1.0
    while spread(high) < wanted:
        low, high = high, 2 * high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if spread(middle) < wanted else (low, middle)
    return (low + high) / 2


def enzyme_cvs(written: Mapping[str, float]) -> dict[str, float]:
    """Enzyme to the CV of its uninduced level within one genotype [1]; ``written`` ones stand in place of published."""
    return {**people.published_enzyme_cvs(), **{name: cv for name, cv in written.items() if "." not in name}}


def correlation(enzymes: Sequence[str]) -> npt.NDArray[np.float64]:
    """Correlation (enzyme, enzyme) of the logarithms of levels: that which gives the published rank correlation."""
    ranks = people.rank_correlations()
    matrix = np.eye(len(enzymes))
    for i, first in enumerate(enzymes):
        for j, second in enumerate(enzymes[:i]):
            matrix[i, j] = matrix[j, i] = 2 * math.sin(math.pi / 6 * ranks.get(frozenset((first, second)), 0.0))
    return matrix


def explained_cv(monograph: Monograph, written: Mapping[str, float]) -> float:
    """CV of a compound's clearance that its enzymes give in normal metabolisers [1]: that of the sum of its pathways.

    ``written`` CVs [1] of enzymes stand in place of published ones.

    Exact for enzymes that vary independently; the covariance of others is that of log-normal numbers with tails.
    """
    cvs = enzyme_cvs(written)
    shares: dict[str, float] = {}
    for pathway in monograph.elimination.pathway:
        if pathway.enzyme in cvs:
            shares[pathway.enzyme] = shares.get(pathway.enzyme, 0.0) + pathway.fraction.canonical
    if not shares:
        return 0.0
    sd = np.array([log_sd(cvs[name]) for name in shares])
    means = np.array(list(shares.values())) * np.exp([log_moment(each, 1) for each in sd.tolist()])
    together = np.expm1(correlation(list(shares)) * np.outer(sd, sd))
    np.fill_diagonal(together, [cvs[name] ** 2 for name in shares])
    rest = 1 - sum(shares.values())
    return math.sqrt(float(means @ together @ means)) / float(rest + means.sum())


def own_cv(cv: float, explained: float) -> float:
    """CV of an independent factor that makes a CV of ``explained`` one of ``cv`` [1]; 0 where that is no more."""
    return math.sqrt(max(0.0, (1 + cv**2) / (1 + explained**2) - 1))


def idle_reason(monograph: Monograph, key: str, taken: Collection[str], written: Mapping[str, float]) -> str | None:
    """Why a CV would vary nothing, and what to write instead; None if it varies the patients.

    Parameters
    ----------
    key
        "clearance", "volume", "ka" or "bioavailability".
    taken
        Formulations in which the compound is taken.
    written
        CVs of the population [1], by enzyme or "<drug>.<key>".
    """
    drug = monograph.id
    if key not in ("ka", "bioavailability"):
        return None
    forms = [monograph.absorption[name] for name in taken if monograph.absorption[name].route == "oral"]
    if not forms:
        return f"{drug} is not taken by mouth in this scenario; remove it"
    if key == "ka" and all(inlet.ka is None for form in forms for inlet in form.inputs):
        return f"{' and '.join(taken)} of {drug} has no ka; remove it"
    if key == "bioavailability" and has_first_pass(monograph):
        instead = " or ".join(_enzymes(monograph, written)) or f'"{drug}.clearance"'
        return f"the bioavailability of {drug} follows from its first pass; write a CV of {instead} instead"
    return None


def has_first_pass(monograph: Monograph) -> bool:
    """Whether the bioavailability follows from enzymes of the gut wall or from a liver with a blood flow."""
    binding = monograph.binding
    flows = monograph.elimination.liver != "linear" and binding is not None and binding.blood_to_plasma is not None
    return flows or monograph.first_pass is not None


def _enzymes(monograph: Monograph, written: Mapping[str, float]) -> list[str]:
    """Enzymes with a CV that clear a compound, the most important first."""
    cvs = enzyme_cvs(written)
    paths = sorted(monograph.elimination.pathway, key=lambda path: -path.fraction.canonical)
    return list(dict.fromkeys(path.enzyme for path in paths if path.enzyme in cvs and path.fraction.canonical > 0))[
        :_NAMED
    ]
