"""Cross-validation: every paper of a fit's interaction studies left out in turn, and predicted by what the others say.

A constant that several papers inform is fitted again without the one in question; one that no other paper informs falls
back to its prior, or to where the search began. What does not share a parameter with the paper is left alone.
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pkinteract.errors import InputError, Problem
from pkinteract.fitting.inputs.expressions import names_in
from pkinteract.fitting.inputs.reader import read_fit
from pkinteract.fitting.predict.bodies import changes_of
from pkinteract.fitting.search.optimum import best_point, search
from pkinteract.fitting.search.target import Best, Target
from pkinteract.fitting.types import Fit, Parameter, Series
from pkinteract.library.evidence.ratios import RATIOS, read_studies
from pkinteract.library.evidence.studies import Study
from pkinteract.qualify import GroupSummary, StudyOutcome, summaries

Values = Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A study that constants were fitted to.

    Attributes
    ----------
    fit
        Name of the fit.
    fitted, predicted
        Ratio of exposure by the fit that has seen it, and by one that has not seen its paper [1]; None for the latter
        where only this paper informs a constant that has no prior.
    """

    study: Study
    fit: str
    fitted: float
    predicted: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CrossValidated:
    """A group of studies, fitted and left out.

    Attributes
    ----------
    n, n_left_out
        Rows with a ratio of exposure, and how many of them a fit has seen and predicted unseen; the others were never
        fitted to and stand in both errors as they are.
    gmfe, gmfe_left_out
        Geometric mean fold error with all, and with every paper predicted unseen [1].
    n_pksim, gmfe_beside_pksim, gmfe_pksim
        Rows with a published prediction of PK-Sim, the left-out error on them and PK-Sim's.
    """

    group: str
    n: int
    n_left_out: int
    gmfe: float | None
    gmfe_left_out: float | None
    n_pksim: int
    gmfe_beside_pksim: float | None
    gmfe_pksim: float | None


def study_fits(folder: Path) -> tuple[list[Fit], list[str]]:
    """The fits of a folder, ``<name>/fit.toml``, that take interaction studies of the library.

    Returns
    -------
    tuple
        The fits; and the names of those that need digitised curves which are not here.

    Raises
    ------
    InputError
        When there are none, and with every problem of one that cannot be read.
    """
    files = [path for path in sorted(folder.glob("*/fit.toml")) if "\nstudies = " in path.read_text("utf-8")]
    if not files:
        text = "holds no fit of interaction studies (<name>/fit.toml with studies); name the folder by --fits"
        raise InputError(folder, [Problem(line=None, key="--cross-validate", message=text)])
    there = [path for path in files if all(map(Path.exists, _curves(path)))]
    return [read_fit(path) for path in there], [path.parent.name for path in files if path not in there]


def _curves(path: Path) -> list[Path]:
    """Files of digitised curves that a fit reads; they are not part of the project."""
    named = re.findall(r'^profiles = "([^"\n]+)"$', path.read_text("utf-8"), re.MULTILINE)
    return [path.parent / name for name in named]


def left_out(fits: Iterable[Fit], done: Callable[[int], None]) -> Iterator[LeftOut]:
    """Leave every paper of every fit out in turn.

    Parameters
    ----------
    done
        Is told a number of papers that are finished.

    Raises
    ------
    SimulationError
        When the solver gives up.
    """
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        for fit in fits:
            whole = _optimum(fit, fit.series, pool)
            for paper in papers(fit):
                mine = [series for series in fit.series if _paper(fit, series) == paper]
                near = _near(fit, mine, whole)
                without = _optimum(near, near.series, pool)
                fitted, predicted = (_predicted(fit, mine, values, pool) for values in (whole, without))
                known = not any(
                    parameter.vary and parameter.prior is None and parameter.name in _alone(fit, mine)
                    for parameter in fit.parameters
                )
                for one, seen, unseen in zip(mine, fitted, predicted, strict=True):
                    study = _studies()[one.lines[0]]
                    yield LeftOut(study=study, fit=fit.name, fitted=seen, predicted=unseen if known else None)
                done(1)


def cross_validated(outcomes: Sequence[StudyOutcome], omissions: Sequence[LeftOut]) -> tuple[CrossValidated, ...]:
    """Errors with all and with every paper left out: of everything, and by design and mechanism."""
    unseen = {omission.study.id: omission.predicted for omission in omissions if omission.predicted is not None}
    alone = {omission.study.id for omission in omissions if omission.predicted is None}
    kept = [outcome for outcome in outcomes if outcome.study.id not in alone]
    left = [replace(outcome, exposure=unseen.get(outcome.study.id, outcome.exposure)) for outcome in kept]
    wanted = ("all", "design", "design and mechanism")
    pairs = zip(summaries(kept), summaries(left), strict=True)
    return tuple(
        CrossValidated(
            group=seen.group,
            n=seen.n,
            n_left_out=sum(_belongs(outcome, seen) for outcome in kept if outcome.study.id in unseen),
            gmfe=seen.gmfe,
            gmfe_left_out=here.gmfe,
            n_pksim=here.n_pksim,
            gmfe_beside_pksim=here.gmfe_beside_pksim,
            gmfe_pksim=here.gmfe_pksim,
        )
        for seen, here in pairs
        if seen.by in wanted
    )


def _belongs(outcome: StudyOutcome, group: GroupSummary) -> bool:
    return any(each.by == group.by and each.group == group.group for each in summaries([outcome]))


def _alone(fit: Fit, mine: Sequence[Series]) -> set[str]:
    """Estimated parameters that no other series feels."""
    basis = _basis(fit)
    others = [series for series in fit.series if not any(series is left for left in mine)]
    informed = set().union(*(_felt(fit, series, basis) for series in others)) if others else set()
    return set().union(*(_felt(fit, series, basis) for series in mine)) - informed


def papers(fit: Fit) -> list[str]:
    """Papers of the interaction studies of a fit."""
    return list(dict.fromkeys(paper for paper in (_paper(fit, series) for series in fit.series) if paper))


@cache
def _studies() -> Mapping[int, Study]:
    """The library's studies by line."""
    return {study.line: study for study in read_studies()}


def _paper(fit: Fit, series: Series) -> str:
    """The paper behind a series; empty where it is no interaction study."""
    return _studies()[series.lines[0]].study if fit.files[series.data] == RATIOS else ""


def _optimum(fit: Fit, series: Sequence[Series], pool: ThreadPoolExecutor) -> Values:
    """Values of all parameters where the fit to some series is best; the initial ones where nothing varies."""
    target = Target(fit=fit, series=tuple(series), pool=pool, best=Best())
    if series and any(parameter.vary for parameter in fit.parameters):
        search(target)
    return best_point(target).all_values()


def _near(fit: Fit, mine: Sequence[Series], whole: Values) -> Fit:
    """The fit without some series, as far as it concerns them: parameters they share with nobody are held.

    The search begins at the optimum of all, except for what only they inform, which stays at its prior:
    nothing of theirs may be left in it.
    """
    basis = _basis(fit)
    felt = {id(series): _felt(fit, series, basis) for series in fit.series}
    others = [series for series in fit.series if not any(series is left for left in mine)]
    names: set[str] = set().union(*(felt[id(series)] for series in mine))
    while more := set().union(*(felt[id(series)] for series in others if felt[id(series)] & names)) - names:
        names |= more
    near = [series for series in others if felt[id(series)] & names]
    informed = set().union(*(felt[id(series)] for series in near)) if near else set()
    parameters = []
    for parameter in fit.parameters:
        if parameter.expr is not None:
            parameters.append(parameter)
        elif parameter.name in informed:
            parameters.append(replace(parameter, initial=whole[parameter.name]))
        elif parameter.name in names:
            parameters.append(replace(parameter, initial=_known_before(parameter), vary=False, prior=None))
        else:
            parameters.append(replace(parameter, initial=whole[parameter.name], vary=False, prior=None))
    return replace(fit, parameters=tuple(parameters), series=tuple(near))


def _known_before(parameter: Parameter) -> float:
    """Median of the prior, or where the search begins."""
    if parameter.prior is None:
        return parameter.initial
    return math.exp(parameter.prior[0]) if parameter.log else parameter.prior[0]


def _basis(fit: Fit) -> dict[str, set[str]]:
    """The parameters that are estimated behind every parameter: itself, or those its expression uses."""
    parameters = {parameter.name: parameter for parameter in fit.parameters}

    def behind(name: str) -> set[str]:
        parameter = parameters[name]
        if parameter.expr is None:
            return {name} if parameter.vary else set()
        return set().union(*(behind(used) for used in names_in(parameter.expr) if used in parameters))

    return {name: behind(name) for name in parameters}


def _felt(fit: Fit, series: Series, basis: Mapping[str, set[str]]) -> set[str]:
    """Estimated parameters that reach a series."""
    runs = series.runs or (series,)
    return set().union(*(basis[change.parameter] for run in runs for change in changes_of(fit.parameters, run)))


def _predicted(fit: Fit, series: Sequence[Series], values: Values, pool: ThreadPoolExecutor) -> list[float]:
    """Prediction of the one number of every series."""
    target = Target(fit=fit, series=tuple(series), pool=pool, best=Best())
    return [float(prediction[0]) for prediction in target.predictions([values])[0]]
