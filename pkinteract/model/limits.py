"""What no body can do: clearances above the liver's flow, availabilities above what gut and liver let through."""

from __future__ import annotations

from collections.abc import Mapping

from pkinteract.errors import Problem
from pkinteract.library.schema.monograph import Monograph
from pkinteract.model.absorption import AbsorptionRoute
from pkinteract.model.parts import liver

MOST_ABSORBED = 1 + 1e-9
"""Largest fraction absorbed that is no contradiction [1]."""


def liver_problems(monographs: Mapping[str, Monograph]) -> list[Problem]:
    """Hepatic clearances that are not below the hepatic flow."""
    problems = []
    for drug, monograph in monographs.items():
        organ = liver(monograph)
        if organ.flow is not None and organ.clearance >= organ.flow:
            text = f"hepatic clearance {organ.clearance:.4g} L/h is not below hepatic flow Rb·Qh {organ.flow:.4g} L/h"
            problems.append(Problem(line=None, key=f"{drug}.elimination.clearance", message=f"{text}; lower it"))
    return problems


def availability_problem(way: AbsorptionRoute, key: str, given: float | None = None) -> Problem | None:
    """A way whose F, or the one ``given`` instead, is above Fg·Fh; None if it is not."""
    if not way.inlets or way.absorbed(given) <= MOST_ABSORBED:
        return None
    return Problem(line=None, key=key, message=f"{above_first_pass(way, way.absorbed(given))}; lower it")


def above_first_pass(way: AbsorptionRoute, absorbed: float) -> str:
    """What is wrong with a fraction absorbed above 1: with F at rest, or with that which it is without efflux."""
    level = absorbed * way.first_pass
    given = f"F {level:.4g}" if way.efflux == 0 else f"F {level / (1 + way.efflux):.4g}, {level:.4g} without efflux,"
    return f"{given} is above Fg·Fh {way.first_pass:.4g}, what gut and liver let through"
