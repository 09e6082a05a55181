"""What every mechanism answers: the shape of the modules in ``mechanisms``.

A mechanism is a module: its rows (positions only, the equation in their docstrings) and the five functions of
:class:`Mechanism`. Everything that is known of a system is gathered by walking over ``MECHANISMS``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from pkinteract.engine.lanes.sheet import Sheet
    from pkinteract.engine.layout import Layout
    from pkinteract.engine.reference.medium import Medium
    from pkinteract.engine.single.text import Text
    from pkinteract.engine.system import System

Site = Literal["plasma", "inlet", "gut"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The concentration by which a compound acts on something.

    Attributes
    ----------
    site
        "plasma"; "inlet", the blood that enters the liver: plasma plus what is being absorbed; or "gut", absorption
        rate over gut flow.
    total
        Whether the total concentration acts rather than the one bound as in the reference; the same thing unless the
        compound's binding varies.
    """

    compound: int
    site: Site = "plasma"
    total: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A concentration over the constant it acts by, ``constant`` [mg/L]: I/Ki, or Cu/Km."""

    actor: Actor
    constant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Compartment:
    """What one state holds.

    Attributes
    ----------
    kind, index
        What it is, and of which row: ("central", 2) is the central amount of compound 2.
    compound
        Whose drug it holds [mg]; None for a level [1].
    rest
        Parameter of what it holds before any dose [1]; None for nothing.
    """

    kind: str
    index: int
    compound: int | None = None
    rest: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RowStructure:
    """What the rows of a mechanism point at and bring with them.

    Attributes
    ----------
    compounds, enzymes, pathways
        Positions that must exist.
    actors, ratios
        Concentrations that act on something, alone or over a constant.
    coupled
        Compounds that cannot be solved by their own exponentials because of it, besides those that act.
    compartments
        States, in order.
    """

    compounds: tuple[int, ...] = ()
    enzymes: tuple[int, ...] = ()
    pathways: tuple[int, ...] = ()
    actors: tuple[Actor, ...] = ()
    ratios: tuple[Ratio, ...] = ()
    coupled: tuple[int, ...] = ()
    compartments: tuple[Compartment, ...] = ()


class Stage(IntEnum):
    """The order of the text: all compounds (or enzymes) of one stage, one after the other, then the next stage."""

    PLASMA = 0
    BINDING = 1
    ABSORBED = 2
    PASSAGE = 3
    LOSS = 4
    BALANCE = 5
    RESERVOIR = 6
    ENZYME = 7


class Mechanism(Protocol):
    """A mechanism: a module with these functions."""

    def structure(self, system: System) -> RowStructure:
        """What its rows point at and bring with them."""

    def reads(self, layout: Layout) -> Iterable[int | None]:
        """Parameters that its equations read, besides the constants of ratios; None stands for none."""

    def single(self, text: Text) -> None:
        """Write its lines of the generated step."""

    def lanes(self, sheet: Sheet) -> None:
        """Work out its equations for sixteen at once: what is traced."""

    def reference(self, medium: Medium) -> None:
        """Work out its equations on rows, written from the equations and not from the text.

        By ``+ - * / **`` and ``==`` alone, without a branch by a number: a row may be one that is only written down.
        """
