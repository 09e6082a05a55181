"""``[method]`` and ``[posterior]``: what does not go together with the parameters or the residuals."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from pkinteract.fitting.inputs.parameters import Refuse
from pkinteract.fitting.inputs.schema import MethodTable, PosteriorTable
from pkinteract.fitting.search.posterior import missing_sampler
from pkinteract.fitting.types import Parameter, Sampling


def method_problems(method: MethodTable, parameters: Iterable[Parameter], refuse: Refuse) -> None:
    """Report bounds that the method lacks."""
    if method.name == "differential_evolution":
        _bounded(parameters, 'name = "differential_evolution"', refuse)


def _bounded(parameters: Iterable[Parameter], whom: str, refuse: Refuse) -> None:
    for parameter in parameters:
        for side, bound in (("lower", parameter.lower), ("upper", parameter.upper)):
            if parameter.vary and not math.isfinite(bound):
                unit = "" if parameter.unit == "1" else f" {parameter.unit}"
                text = f'is required for {whom}; write for example {side} = "{_example(parameter, side):.3g}{unit}"'
                refuse(("parameter", parameter.name, side), text)


def _example(parameter: Parameter, side: str) -> float:
    reach = 10 * (abs(parameter.initial) or 1.0)
    return parameter.initial - reach if side == "lower" else parameter.initial + reach


def sampling_of(
    table: PosteriorTable,
    method: MethodTable | None,
    parameters: Sequence[Parameter],
    subjects: int,
    refuse: Refuse,
) -> Sampling:
    """How the posterior is sampled; reports what it lacks."""
    missing = missing_sampler()
    if missing is not None:
        refuse(("posterior",), missing)
    if method is not None and method.loss != "linear":
        refuse(("method", "loss"), f'"{method.loss}" has no posterior; leave out [posterior] or write loss = "linear"')
    free = [parameter for parameter in parameters if parameter.vary]
    _bounded((parameter for parameter in free if parameter.prior is None), "[posterior] without a prior", refuse)
    separate = all(parameter.per_subject for parameter in free)
    count = len(free) if separate else sum(subjects if parameter.per_subject else 1 for parameter in free)
    if table.walkers < 2 * count:
        text = (
            f"must be at least twice the {count} estimates, got {table.walkers}; write walkers = {max(32, 4 * count)}"
        )
        refuse(("posterior", "walkers"), text)
    return Sampling(walkers=table.walkers, steps=table.steps, burn=table.burn, seed=table.seed)
