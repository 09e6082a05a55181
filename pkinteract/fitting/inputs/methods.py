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
    for row in parameters:
        for side, bound in (("lower", row.lower), ("upper", row.upper)):
            if row.vary and not math.isfinite(bound):
                unit = "" if row.unit == "1" else f" {row.unit}"
                text = f'is required for {whom}; write for example {side} = "{_example(row, side):.3g}{unit}"'
                refuse(("parameter", row.name, side), text)


def _example(row: Parameter, side: str) -> float:
    reach = 10 * (abs(row.initial) or 1.0)
    return row.initial - reach if side == "lower" else row.initial + reach


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
    free = [row for row in parameters if row.vary]
    _bounded((row for row in free if row.prior is None), "[posterior] without a prior", refuse)
    separate = all(row.per_subject for row in free)
    count = len(free) if separate else sum(subjects if row.per_subject else 1 for row in free)
    if table.walkers < 2 * count:
        text = (
            f"must be at least twice the {count} estimates, got {table.walkers}; write walkers = {max(32, 4 * count)}"
        )
        refuse(("posterior", "walkers"), text)
    return Sampling(walkers=table.walkers, steps=table.steps, burn=table.burn, seed=table.seed)
