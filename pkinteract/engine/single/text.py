"""The text of all slopes: what mechanisms write to, and the names that they share.

Names in the text, by compound i, pathway j, enzyme state and stage::

    x state          c concentration          n unbound ratio          e concentration bound as in the reference
    w absorbed       b gut availability       q absorbed past the gut  i liver inlet, j gut concentration
    a intrinsic clearance    g 1/(flow + Σa)  m concentration the liver works on    l loss by a pathway
    o loss in the gut wall   r rate from a depot    v rate of a release    u infusion    p parameter
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pkinteract.engine import mechanisms
from pkinteract.engine.layout import Layout
from pkinteract.engine.shape import Actor, Ratio, Stage


class Text:
    """Lines of text by stage, and the sums to which several mechanisms contribute terms.

    Attributes
    ----------
    slope
        How the name of a slope begins.
    sources
        By compound, the rates at which it is absorbed [mg/h].
    gains, losses
        By compound, what comes into its central amount and leaves it [mg/h].
    synthesis, destroyed
        By enzyme, the terms of its synthesis, relative to the uninduced one [1], and what destroys it [1/h].
    """

    def __init__(self, layout: Layout, slope: str) -> None:
        self.layout, self.system, self.slope = layout, layout.system, slope
        self.sources: defaultdict[int, list[str]] = defaultdict(list)
        self.gains: defaultdict[int, list[str]] = defaultdict(list)
        self.losses: defaultdict[int, list[str]] = defaultdict(list)
        self.synthesis: defaultdict[int, list[str]] = defaultdict(list)
        self.destroyed: defaultdict[int, list[str]] = defaultdict(list)
        self._lines: list[tuple[Stage, int, str]] = []

    def line(self, stage: Stage, subject: int, text: str) -> None:
        """Add a statement about one compound or enzyme, after those about it of the same stage."""
        self._lines.append((stage, subject, f"    {text}"))

    def lines(self, without: frozenset[int] = frozenset()) -> list[str]:
        """All statements in order, but for those about the turnover of the enzymes in ``without``."""
        ordered = sorted(self._lines, key=lambda row: row[:2])
        return [text for stage, subject, text in ordered if stage != Stage.ENZYME or subject not in without]

    def effective(self, compound: int) -> str:
        """The concentration bound as in the reference."""
        return f"c{compound}" if self.system.compounds[compound].binding is None else f"e{compound}"

    def acting(self, actor: Actor) -> str:
        """The concentration by which a compound acts."""
        i = actor.compound
        if actor.site == "gut":
            return f"j{i}"
        if actor.site == "inlet":
            return f"i{i}" if actor.total or self.system.compounds[i].binding is None else f"n{i} * i{i}"
        return f"c{i}" if actor.total else self.effective(i)

    def ratio(self, ratio: Ratio) -> str:
        """A concentration over the constant it acts by."""
        return f"{self.acting(ratio.actor)} / p{ratio.constant}"

    def plus(self, ratios: Sequence[Ratio]) -> str:
        """Ratios to be added to something."""
        return "".join(f" + {self.ratio(ratio)}" for ratio in ratios)

    def level(self, enzyme: int) -> str:
        """The level of an enzyme."""
        return f"x{self.layout.first_enzyme + enzyme}"

    def free(self, compound: int) -> str:
        """The unbound ratio as a factor to be written first; nothing where binding is constant."""
        return "" if self.system.compounds[compound].binding is None else f"n{compound} * "


def write_slopes(layout: Layout, slope: str, without: frozenset[int] = frozenset()) -> list[str]:
    """Write all slopes at the states x, absorption rates r, release rates v and infusion rates u.

    Parameters
    ----------
    slope
        How the names of the slopes begin; the number of the state follows.
    without
        Enzymes whose levels are known and have no slope.
    """
    text = Text(layout, slope)
    for one in mechanisms.MECHANISMS:
        one.single(text)
    return text.lines(without)
