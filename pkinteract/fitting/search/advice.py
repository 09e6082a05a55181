"""What to know of an optimum before its numbers are used, and which data would help; only what can be established."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from pkinteract.engine.curves import Array
from pkinteract.fitting.predict.bodies import changed, changes_of
from pkinteract.fitting.predict.levels import dense, predict
from pkinteract.fitting.search.optimum import Search
from pkinteract.fitting.search.target import Target
from pkinteract.fitting.search.uncertainty import Precision
from pkinteract.fitting.types import Estimate, Measurand, Series
from pkinteract.model.interaction import Level

NEARLY_COLLINEAR = 0.98
"""Correlation of two estimates from which on the data hardly tell them apart [1]."""

SAME_OPTIMUM = 1e-4
"""Starts whose sums of squares differ by less, relatively, have found the same optimum [1]."""

WIDE = 1.0
"""Standard error relative to the estimate from which on it is hardly known [1]."""

FAR_BELOW, FAR_ABOVE = 0.2, 5.0
"""Levels relative to EC50 at which an induction is nearly proportional to them, and nearly complete [1]."""

MOSTLY = 0.95
"""Share of the time from the first dose on during which levels are far above EC50 [1]."""

HALF = 0.5
"""Predicted level of the last sample relative to the peak above which less than a half-life was seen [1]."""

BEFORE = 0.01
"""How long before a sample the level is looked at, to see whether it rises [h]."""

_POINTS = 500


def advice(target: Target, reached: Search, precision: Precision, estimates: Sequence[Estimate]) -> tuple[str, ...]:
    """Warnings on the search, the estimates, and what the times and doses of these data leave open.

    Raises
    ------
    SimulationError
        When the solver gives up at other times than those of the data.
    """
    said = [*_of_search(reached), *_of_estimates(precision, estimates, several=len(target.subjects) > 1)]
    if not reached.stopped and all(run.recorded is None for run in target.runs):
        said += [
            *_of_induction(target, estimates),
            *_of_absorption(target, estimates),
            *_of_clearance(target, estimates),
        ]
    return tuple(said)


def _of_search(reached: Search) -> Iterator[str]:
    if reached.stopped:
        yield "stopped by hand: this is the best point so far, not an optimum"
    if reached.unpolished:
        yield "least_squares could not end the search: values beside the best point describe no possible body"
    elif reached.unfinished:
        yield "the search ended before it converged; try other initial values or another method"
    same = [cost for cost in reached.costs if cost <= min(reached.costs) * (1 + SAME_OPTIMUM)]
    if len(reached.costs) > 1 and len(same) == 1:
        yield f"only 1 of {len(reached.costs)} starts reached this optimum; there may be a better one"


def _of_estimates(precision: Precision, estimates: Sequence[Estimate], *, several: bool) -> Iterator[str]:
    for name, side in precision.bounds.items():
        yield f"{name} lies at its {side} bound: its interval is unknown; widen the bound or hold it"
    for name in precision.unfelt:
        yield f"{name}: no measurement depends on it at the optimum"
    if precision.singular:
        yield "the data cannot tell the estimates apart: no standard errors; hold one by vary = false"
    for i, name in enumerate(precision.labels):
        for j in range(i):
            correlation = precision.correlation[i, j]
            if abs(correlation) > NEARLY_COLLINEAR:
                text = f"{precision.labels[j]} and {name} are hardly told apart (correlation {correlation:.3f})"
                yield f"{text}; hold one of them, or add data on what separates them"
    for estimate in estimates:
        if (
            estimate.free
            and estimate.se is not None
            and estimate.value != 0
            and estimate.se > WIDE * abs(estimate.value)
        ):
            name = estimate.parameter.name + (f" of {estimate.subject}" if estimate.subject and several else "")
            share = 100 * estimate.se / abs(estimate.value)
            size = f"{share:.0f} % of" if share < 1000 else "more than ten times"
            text = f"{name} is hardly known: its standard error is {size} the estimate"
            yield f"{text}; hold it, give it a prior, or add data that inform it"


def _of_induction(target: Target, estimates: Sequence[Estimate]) -> Iterator[str]:
    """Emax or EC50 that levels far from EC50 leave open."""
    moved = {path: parameter for parameter in target.fit.parameters if parameter.vary for path in parameter.paths}
    for drug, enzyme in dict.fromkeys(_inductions(moved)):
        ec50, emax = (moved.get((drug, f"induces.{enzyme}.{name}")) for name in ("ec50", "emax"))
        levels = [
            _relative(target, run, estimates, drug, enzyme) for run in target.runs if drug in run.scenario.monographs
        ]
        if not levels or any(level is None for level in levels):
            continue
        seen = np.concatenate([level for level in levels if level is not None])
        highest = float(np.max(seen))
        if highest < FAR_BELOW:
            free = [estimate.name for estimate in (ec50, emax) if estimate is not None]
            held = f", and {free[0]} rests on the value of the other that is held" if len(free) == 1 else ""
            yield (
                f"levels of {drug} reach {highest:.2g} of its EC50 on {enzyme} at most: only the slope Emax/EC50 is "
                f"known{held}; add levels at higher doses"
            )
        elif ec50 is not None and float(np.mean(seen > FAR_ABOVE)) >= MOSTLY:
            yield (
                f"levels of {drug} are above {FAR_ABOVE:g} times its EC50 on {enzyme} nearly all the time: "
                f"only Emax is known, not {ec50.name}; add levels at low doses"
            )


def _inductions(paths: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for drug, path in paths:
        first, _, rest = path.partition(".")
        enzyme, _, last = rest.partition(".")
        if first == "induces" and last in ("ec50", "emax"):
            yield drug, enzyme


def _relative(target: Target, run: Series, estimates: Sequence[Estimate], drug: str, enzyme: str) -> Array | None:
    """Levels of an inducer over its EC50 from its first dose to the last sample; None where that cannot be said."""
    monograph = changed(run, changes_of(target.fit.parameters, run), _values(run, estimates)).monographs[drug]
    induction, binding = monograph.induces[enzyme], monograph.binding
    changing = binding is not None and binding.sites is not None
    if induction.ec50 is None or induction.hill is not None or changing:
        return None
    begin = min((dose.time for dose in run.doses if dose.drug == drug), default=run.scenario.first_time)
    end = float(run.times[-1])
    if begin >= end:
        return np.zeros(1)
    levels = _levels(target, run, estimates, drug, np.linspace(begin, end, _POINTS)[1:])
    return levels * Level(compound=monograph, value=1.0, basis="total").over(induction.ec50)


def _values(run: Series, estimates: Sequence[Estimate]) -> dict[str, float]:
    return {estimate.parameter.name: estimate.value for estimate in estimates if estimate.subject in ("", run.subject)}


def _levels(target: Target, run: Series, estimates: Sequence[Estimate], drug: str, times: Array) -> Array:
    """Predicted levels of one drug [mg/L]; at the time of a dose it is the level before the dose."""
    analyte = Measurand(id=drug, unit="mg/L", parts=(drug,), factors=(1.0,))
    return predict(dense(run, (analyte,), times), changes_of(target.fit.parameters, run), _values(run, estimates))


def _of_absorption(target: Target, estimates: Sequence[Estimate]) -> Iterator[str]:
    """A rate of absorption without a sample on the rise to a peak, by all subjects or by each with its own."""
    for parameter in target.fit.parameters:
        forms = [(drug, path.split(".")[1]) for drug, path in parameter.paths if _is_rate(path)]
        if not parameter.vary or not forms:
            continue
        taken = [run for run in target.series if any(_takes(run, *form) for form in forms)]
        if any(run.runs or not any(len(_sampled(run, drug)) for drug, _ in forms) for run in taken):
            continue
        risen = {run.subject for run in taken if any(_rises(target, run, estimates, drug) for drug, _ in forms)}
        blank = [name for name in dict.fromkeys(run.subject for run in taken) if name not in risen]
        if blank and (parameter.per_subject or not risen):
            whose = f" of subject {', '.join(blank)}" if parameter.per_subject and len(target.subjects) > 1 else ""
            yield (
                f"no sample{whose} lies before the predicted peak: {parameter.name} is known from the other side of "
                "the peak only; add samples in the first hours after a dose"
            )


def _is_rate(path: str) -> bool:
    steps = path.split(".")
    return steps[0] == "absorption" and steps[-1] == "ka"


def _takes(run: Series, drug: str, form: str) -> bool:
    return any(dose.drug == drug and dose.formulation == form for dose in run.doses)


def _sampled(run: Series, drug: str) -> Array:
    """Times at which a level of the drug, or a sum with it, was measured."""
    parts = [analyte.measure == "level" and drug in analyte.parts for analyte in run.analytes]
    return np.unique([run.times[place] for place, column in zip(run.rows, run.columns, strict=True) if parts[column]])


def _rises(target: Target, run: Series, estimates: Sequence[Estimate], drug: str) -> bool:
    """Whether the predicted level of the drug rises at a sample of it."""
    times = _sampled(run, drug)
    times = times[times - BEFORE > run.scenario.first_time]
    if not len(times):
        return False
    levels = _levels(target, run, estimates, drug, np.unique(np.concatenate([times - BEFORE, times])))
    at = dict(zip(np.unique(np.concatenate([times - BEFORE, times])), levels, strict=True))
    return any(at[time] > at[time - BEFORE] for time in times)


def _of_clearance(target: Target, estimates: Sequence[Estimate]) -> Iterator[str]:
    """A clearance after single doses whose levels were not followed for a half-life."""
    for parameter in target.fit.parameters:
        drugs = [drug for drug, path in parameter.paths if path == "elimination.clearance"]
        levels = [run for run in target.series if not run.runs]
        if not parameter.vary or len(drugs) != 1 or len(levels) < len(target.series):
            continue
        once = [run for run in levels if _doses(run, drugs[0]) == 1 and run.steady is None]
        left = {run.subject: _left(target, run, estimates, drugs[0]) for run in once}
        blank = [name for name, share in left.items() if share is not None and share > HALF]
        if len(once) == len(levels) and blank and (parameter.per_subject or len(blank) == len(left)):
            whose = f" of subject {', '.join(blank)}" if parameter.per_subject and len(target.subjects) > 1 else ""
            yield (
                f"no sample{whose} lies in the terminal phase: the last one is above {100 * HALF:.0f} % of the "
                f"predicted peak, so {parameter.name} rests on less than one half-life; add later samples"
            )


def _doses(run: Series, drug: str) -> int:
    return sum(dose.drug == drug for dose in run.doses)


def _left(target: Target, run: Series, estimates: Sequence[Estimate], drug: str) -> float | None:
    """Lowest predicted level at a sample after the peak, relative to the peak; None without a sample of the drug."""
    sampled = _sampled(run, drug)
    begin = next(dose.time for dose in run.doses if dose.drug == drug)
    sampled = sampled[sampled > begin]
    if not len(sampled):
        return None
    times = np.unique(np.concatenate([np.linspace(begin, float(sampled[-1]), _POINTS)[1:], sampled]))
    levels = _levels(target, run, estimates, drug, times)
    after = np.isin(times, sampled) & (times >= times[int(np.argmax(levels))])
    return float(np.min(levels[after]) / np.max(levels)) if np.any(after) else 1.0
