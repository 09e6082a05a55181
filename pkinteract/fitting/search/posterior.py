"""The posterior of the estimates, sampled by emcee (extra ``mcmc``)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.errors import SimulationError
from pkinteract.fitting.search.numbers import LOG, Number, Numbers
from pkinteract.fitting.search.target import Target
from pkinteract.fitting.search.uncertainty import Precision
from pkinteract.fitting.types import Posterior, Sampling

LONG_ENOUGH = 50
"""Autocorrelation times that a chain should last, as emcee's authors advise [1]."""

LOWEST_ACCEPTANCE = 0.2
"""Share of moves taken below which the walkers hardly move [1]."""

FEWEST = 100
"""Steps after the burn-in from which on an interrupted chain is kept."""

MOST_DRAWS = 10_000
"""Draws that are kept at most; the chain is thinned to them."""

_QUANTILES = (0.025, 0.5, 0.975)


def missing_sampler() -> str | None:
    """What to install so that a posterior can be sampled; None if it can."""
    if find_spec("emcee") is None:
        return 'needs emcee; install it with: pip install "pkinteract[mcmc]"'
    return None


@dataclass(frozen=True, kw_only=True)
class _Density:
    """Logarithm of the posterior density at (point, estimate), up to a constant; many points at a time."""

    target: Target
    optimum: Numbers
    names: tuple[str, ...]
    low: Array
    high: Array

    def __call__(self, points: Array) -> Array:
        logarithms = np.full(len(points), -np.inf)
        inside = np.flatnonzero(np.all((points >= self.low) & (points <= self.high), axis=1))
        values = [self.values(points[n]) for n in inside]
        for n, squares in zip(inside, self._squares(values), strict=True):
            logarithms[n] = self._logarithm(squares)
        best = self.target.best
        best.evaluations += len(inside)
        if self.target.progress is not None:
            self.target.progress(best.evaluations, best.cost)
        return logarithms

    def values(self, point: Array) -> dict[str, float]:
        """Values of all parameters."""
        for name, value in zip(self.names, point, strict=True):
            self.optimum[name].value = float(value)
        return self.optimum.all_values()

    def _squares(self, points: list[dict[str, float]]) -> Iterator[float]:
        """Sum of squares at every point; where there is no possible body it is infinite."""
        for values, prediction in zip(points, self.target.tried(points), strict=True):
            if isinstance(prediction, SimulationError):
                self.target.best.failed += 1
                yield math.inf
            else:
                weighted = self.target.weighted(values, prediction)
                yield float(weighted @ weighted)

    def _logarithm(self, squares: float) -> float:
        """An SD that is not given is integrated out; its own prior is uniform in its logarithm."""
        if self.target.fit.known:
            return -0.5 * squares
        return -0.5 * self.target.errors.count * math.log(squares) if squares > 0 else math.inf


def sampled(
    target: Target, optimum: Numbers, precision: Precision, sampling: Sampling
) -> tuple[Posterior | None, list[str], bool]:
    """The posterior, what to know of it, and whether it was stopped by hand; None if too little was sampled by then.

    The priors are uniform between the bounds on the scale that is estimated, times those of the fit file.
    """
    import emcee

    numbers = [optimum[name] for name in precision.names]
    low, high = np.array([number.min for number in numbers]), np.array([number.max for number in numbers])
    density = _Density(target=target, optimum=optimum.copy(), names=precision.names, low=low, high=high)
    sampler = emcee.EnsembleSampler(sampling.walkers, len(numbers), density, vectorize=True)
    sampler.random_state = np.random.RandomState(sampling.seed).get_state()
    begin = _begin(numbers, precision, sampling, low, high)
    stopped = False
    try:
        for _ in sampler.sample(begin, iterations=sampling.burn + sampling.steps):
            pass
    except KeyboardInterrupt:
        stopped = True
    notes = ["stopped by hand while the posterior was sampled"] if stopped else []
    steps = sampler.iteration - sampling.burn
    if steps < FEWEST:
        return (
            None,
            [*notes, f"the posterior is left out: fewer than {FEWEST} steps were taken after the burn-in"],
            True,
        )
    chain = sampler.get_chain(discard=sampling.burn)
    moved = np.any(np.ptp(chain, axis=0) > 0, axis=1)
    if not np.all(moved):
        notes.append(f"{int(np.sum(~moved))} of {sampling.walkers} walkers of the posterior never moved; add steps")
    if not np.any(moved):
        return None, notes, stopped
    times = emcee.autocorr.integrated_time(chain[:, moved], tol=0)
    slowest = float(np.max(times))
    thin = max(1, int(slowest / 2), math.ceil(steps * sampling.walkers / MOST_DRAWS))
    draws = sampler.get_chain(discard=sampling.burn, thin=thin, flat=True)
    densities = sampler.get_log_prob(discard=sampling.burn, thin=thin, flat=True)
    values = _columns(density, draws, densities, sampling.seed)
    free = [slot for slot in target.slots if slot.parameter.vary or slot.parameter.expr is not None]
    posterior = Posterior(
        parameters=(*(slot.parameter for slot in free), *(() if target.fit.known else (None,))),
        subjects=(*(slot.subject for slot in free), *(() if target.fit.known else ("",))),
        values=values,
        quantiles=np.quantile(values, _QUANTILES, axis=0).T,
        times=times,
        steps=steps,
        thin=thin,
        acceptance=float(np.mean(sampler.acceptance_fraction)),
    )
    return posterior, [*notes, *_warnings(posterior)], stopped


def _begin(numbers: list[Number], precision: Precision, sampling: Sampling, low: Array, high: Array) -> Array:
    """Where the walkers begin: about the optimum, as far from it as the covariance says and the bounds allow."""
    random = np.random.default_rng(sampling.seed)
    at = np.array([number.value for number in numbers])
    widest = (
        np.minimum(high - low, np.where([name.startswith(LOG) for name in precision.names], 1.0, np.abs(at) + 1e-6)) / 4
    )
    sds = np.sqrt(np.diag(precision.covariance))
    usable = np.where(np.isfinite(sds), np.minimum(sds, widest), widest)
    if np.all(np.isfinite(precision.covariance)):
        root = np.linalg.cholesky(precision.correlation + 1e-9 * np.eye(len(numbers)))
    else:
        root = np.eye(len(numbers))
    begin = at + random.normal(size=(sampling.walkers, len(numbers))) @ root.T * usable
    inward = np.where(begin < low, low + random.uniform(0, widest, begin.shape), begin)
    return np.where(inward > high, high - random.uniform(0, widest, begin.shape), inward)


def _columns(density: _Density, draws: Array, densities: Array, seed: int) -> Array:
    """Values of what is estimated or follows from it, in its units, then the residual SD where that is not given."""
    target = density.target
    names = [slot.name for slot in target.slots if slot.parameter.vary or slot.parameter.expr is not None]
    sets = [density.values(draw) for draw in draws]
    values = np.array([[by_name[name] for name in names] for by_name in sets])
    if target.fit.known:
        return values
    count = target.errors.count
    variances = np.exp(-2 * densities / count) / np.random.default_rng(seed).chisquare(count, len(draws))
    return np.column_stack([values, np.sqrt(variances)])


def _warnings(posterior: Posterior) -> list[str]:
    said = []
    slowest = float(np.max(posterior.times))
    if posterior.steps < LONG_ENOUGH * slowest:
        need = 100 * math.ceil(LONG_ENOUGH * slowest / 100)
        text = f"{posterior.steps} steps are fewer than {LONG_ENOUGH} autocorrelation times of {slowest:.0f} steps"
        said.append(f"the posterior is rough: {text}; write steps = {need}")
    if posterior.acceptance < LOWEST_ACCEPTANCE:
        text = f"the walkers of the posterior took {100 * posterior.acceptance:.0f} % of their moves"
        said.append(f"{text}, below 20 %: they hardly move; add walkers and a longer burn, or hold estimates")
    return said
