"""What ``pairs.toml`` may hold: two drugs of which something is known that no monograph says."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from pkinteract.library.schema.monograph import Citation
from pkinteract.library.schema.values import ID, MonographTable

PairAdviceKey = Literal["other-antibacterial"]
PairStatus = Literal["known-not-modelled", "looked-for-none"]


def _ends(ratio: tuple[float, ...]) -> tuple[float, ...]:
    if not 1 <= len(ratio) <= 2 or any(not 1e-3 <= end <= 1e3 for end in ratio) or list(ratio) != sorted(ratio):
        raise ValueError("must be one number or two that ascend, each from 0.001 to 1000, such as [1.42, 1.88]")
    return ratio


class PairEntry(MonographTable):
    """One pair.

    Attributes
    ----------
    analyte
        What was measured, the victim if left out.
    ratio
        Exposure with the perpetrator over that without [1]: one number, or the ends of what was published.
    source
        A key of ``[sources]``.
    """

    perpetrator: Annotated[str, Field(pattern=ID)]
    victim: Annotated[str, Field(pattern=ID)]
    analyte: str | None = None
    status: PairStatus
    ratio: Annotated[tuple[float, ...], AfterValidator(_ends)] | None = Field(
        default=None, strict=False, examples=["[1.42, 1.88]"]
    )
    source: str
    note: str | None = None


class AdviceEntry(MonographTable):
    """What is to be done about one pair that its numbers alone do not say: a key of the words."""

    perpetrator: Annotated[str, Field(pattern=ID)]
    victim: Annotated[str, Field(pattern=ID)]
    advice: PairAdviceKey
    source: str
    note: str | None = None


class PairFile(MonographTable):
    """The whole file: pairs, advice, and citations by key."""

    pair: tuple[PairEntry, ...] = Field(default=(), strict=False)
    advice: tuple[AdviceEntry, ...] = Field(default=(), strict=False)
    sources: dict[str, Citation] = Field(default_factory=dict)
