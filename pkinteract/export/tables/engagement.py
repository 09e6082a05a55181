"""``engagement.csv``: what a run does in the brain, day by day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from pkinteract.effect.types import Engagement, SiteDays
from pkinteract.engine.curves import Array
from pkinteract.export.tables.dates import dates
from pkinteract.text.csv import Table

Cells = dict[str, Sequence[object]]

COLUMNS = (
    "what",
    "name",
    "drugs",
    "unbound_brain_mg_per_L",
    "engagement",
    "engagement_low",
    "engagement_high",
    "units",
    "units_low",
    "units_high",
    "state",
    "ratio",
    "ratio_low",
    "ratio_high",
    "arrow",
    "withheld",
)
"""Columns after the day and the date."""


def engagement_table(engagement: Engagement) -> Table:
    """``engagement.csv``: a row a day of every compound, site, drug by its range, partner, and kind of seizure.

    Everything is of the average of the 24 h before; cells that a row does not have are empty.
    """
    blocks = list(_blocks(engagement))
    count, time = len(engagement.time), np.tile(engagement.time, max(len(blocks), 1))
    empty: Sequence[object] = [None] * count
    columns = {name: [cell for block in blocks for cell in block.get(name, empty)] for name in COLUMNS}
    whole = time if blocks else time[:0]
    return {"day": whole / 24, **dates(engagement.result.scenario, whole), **columns}


def _blocks(engagement: Engagement) -> Iterator[Cells]:
    count = len(engagement.time)

    def named(what: str, name: str, drugs: Sequence[str]) -> Cells:
        return {"what": [what] * count, "name": [name] * count, "drugs": ["+".join(drugs)] * count}

    for compound in engagement.brain:
        yield {
            **named("brain", compound.compound, [compound.compound]),
            "unbound_brain_mg_per_L": compound.level.tolist(),
        }
    for what, sites in (("site", engagement.sites), ("partner", engagement.partners)):
        for site in sites:
            yield {**named(what, site.site, site.drugs), **_site(site)}
    for drug in engagement.ranges:
        yield {
            **named("range", drug.judged, [drug.drug]),
            "state": drug.states,
            "units": _numbers(drug.units if engagement.ranged else None, count),
        }
    for ratio in engagement.ratios:
        yield {
            **named("ratio", ratio.seizure or "all", ()),
            "units": ratio.units.tolist(),
            "ratio": _numbers(ratio.ratio, count),
            "ratio_low": _numbers(ratio.low, count),
            "ratio_high": _numbers(ratio.high, count),
            "arrow": [arrow or None for arrow in ratio.arrows],
            "withheld": [" ".join(reasons) or None for reasons in ratio.withheld],
        }


def _site(site: SiteDays) -> Cells:
    count = len(site.engagement)
    return {
        "engagement": site.engagement.tolist(),
        "engagement_low": site.low.tolist(),
        "engagement_high": site.high.tolist(),
        "units": _numbers(site.units, count),
        "units_low": _numbers(site.units_low, count),
        "units_high": _numbers(site.units_high, count),
    }


def _numbers(values: Array | None, count: int) -> list[object]:
    """Cells of an array; empty where there is none and where it is not a number."""
    return [None] * count if values is None else [value if np.isfinite(value) else None for value in values.tolist()]
