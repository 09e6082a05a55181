"""Plasma binding that varies: saturated by the drug itself, or by others that displace it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pkinteract.engine.shape import Ratio, RowStructure, Stage

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Plasma binding that varies; parameter ``reference`` is the unbound fraction of the constants [1].

    With ``bmax`` and ``kd`` [mg/L], one class of sites: C = Cu + Bmax·Cu/(Kd + Cu). Without, a constant ratio of bound
    to unbound, parameter ``bound`` [1], that of the constants if left out. ``displacers`` compete for the sites:
    Kd·(1 + Σ I/Ki), or bound:unbound/(1 + Σ I/Ki).
    """

    reference: int
    bound: int | None = None
    bmax: int | None = None
    kd: int | None = None
    displacers: tuple[Ratio, ...] = ()


def structure(system: System) -> RowStructure:
    """Displacers act; a compound with varying binding depends on states."""
    bound = [(i, compound.binding) for i, compound in enumerate(system.compounds) if compound.binding is not None]
    return RowStructure(
        ratios=tuple(ratio for _, binding in bound for ratio in binding.displacers), coupled=tuple(i for i, _ in bound)
    )


def reads(layout: Layout) -> Iterable[int | None]:
    """Unbound fraction of the constants, bound over unbound, sites and affinity."""
    bindings = [layout.system.compounds[i].binding for i in layout.stepped]
    return [
        index
        for binding in bindings
        if binding is not None
        for index in (binding.reference, binding.bound, binding.bmax, binding.kd)
    ]


def single(text: Text) -> None:
    """Unbound fraction n over that of the reference, and the concentration e bound as in the reference.

    Raises
    ------
    ValueError
        When a compound of the order of binding has constant binding: a defect of the system.
    """
    for place, i in enumerate(text.system.binding_order):
        binding = text.system.compounds[i].binding
        if binding is None:
            raise ValueError(f"compound {i} has constant binding")
        rivals = text.plus(binding.displacers)
        if binding.bmax is None or binding.kd is None:
            usual = f"(1.0 / p{binding.reference} - 1.0)"
            bound = usual if binding.bound is None else f"p{binding.bound}"
            lines = [f"n{i} = 1.0 / (p{binding.reference} * (1.0 + {bound} / (1.0{rivals})))"]
        else:
            root = f"sqrt(s * s + 4.0 * k{i} * c{i})"
            lines = [f"k{i} = p{binding.kd}" + (f" * (1.0{rivals})" if rivals else "")]
            lines += [
                f"s = p{binding.bmax} + k{i} - c{i}",
                f"n{i} = 2.0 * k{i} / (p{binding.reference} * (s + {root}))",
            ]
        for line in [*lines, f"e{i} = n{i} * c{i}"]:
            text.line(Stage.BINDING, place, line)


def reference(medium: Medium) -> None:
    """Unbound fraction over that of the constants [1]: the positive root of the binding equation.

    Raises
    ------
    ValueError
        When a compound of the order of binding has constant binding: a defect of the system.
    """
    p = medium.p
    for i in medium.system.binding_order:
        binding = medium.system.compounds[i].binding
        if binding is None:
            raise ValueError(f"compound {i} has constant binding")
        rivals = 1 + medium.sum(binding.displacers)
        if binding.bmax is None or binding.kd is None:
            usual = 1 / p[binding.reference] - 1
            bound_over_unbound = (usual if binding.bound is None else p[binding.bound]) / rivals
            medium.free[i] = 1 / (1 + bound_over_unbound) / p[binding.reference]
            continue
        kd = p[binding.kd] * rivals
        half = (p[binding.bmax] + kd - medium.total[i]) / 2
        medium.free[i] = kd / (half + (half * half + kd * medium.total[i]) ** 0.5) / p[binding.reference]


def lanes(sheet: Sheet) -> None:
    """Unbound fraction over that of the reference, and the concentration bound as in the reference [mg/L].

    Raises
    ------
    ValueError
        When a compound of the order of binding has constant binding: a defect of the system.
    """
    for i in sheet.system.binding_order:
        binding, total = sheet.system.compounds[i].binding, sheet.total[i]
        if binding is None:
            raise ValueError(f"compound {i} has constant binding")
        if sheet.frozen is None:
            reference, rivals = sheet.p(binding.reference), sheet.plus(binding.displacers)
            if binding.bmax is None or binding.kd is None:
                usual = sheet.over(binding.reference) - 1.0
                bound_over_unbound = (usual if binding.bound is None else sheet.p(binding.bound)) / rivals
                sheet.free[i] = 1.0 / (reference * (1.0 + bound_over_unbound))
            else:
                kd = sheet.p(binding.kd) * rivals
                half = sheet.p(binding.bmax) + kd - total
                sheet.free[i] = 2.0 * kd / (reference * (half + sheet.root(half * half + 4.0 * kd * total)))
        sheet.effective[i] = sheet.free[i] * total
