"""What a run puts out: the grid of times, and the unit of every analyte."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pkinteract.library import Library
from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.file.schema import Output, Simulation
from pkinteract.text.toml_lines import Key
from pkinteract.units import COLUMN_SUFFIX

MOST_ROWS = 2_000_000
"""Largest output grid."""

Report = Callable[[Key, str], None]


def check_grid(simulation: Simulation, refuse: Report) -> None:
    """Refuse a grid that is too coarse or too large, and a calendar that is none."""
    count = simulation.duration / simulation.step + 1
    if simulation.step > simulation.duration * (1 + 1e-9):
        text = f"must not be longer than the duration ({simulation.duration:g} h), got {simulation.step:g} h"
        refuse(("simulation", "step"), text)
    elif count > MOST_ROWS:
        text = f"would write {count:,.0f} rows; at most {MOST_ROWS:,} are allowed, take a longer step"
        refuse(("simulation", "step"), text)
    start = simulation.start
    if start is not None and start.tzinfo is not None:
        refuse(("simulation", "start"), "must be a local time without a zone such as 2026-01-05T08:00:00")
    elif start is not None and not 1800 <= start.year <= 2200:
        refuse(("simulation", "start"), f"must lie between the years 1800 and 2200, got {start.isoformat()}")


def read_units(
    output: Output | None,
    monographs: Mapping[str, Monograph],
    dosed: Iterable[str],
    library: Library,
    refuse: Report,
    *,
    whole: bool,
) -> dict[str, str]:
    """Reporting unit of every analyte; ``whole`` says whether every drug of the file is known."""
    units = {drug: monograph.unit for drug, monograph in monographs.items()}
    units |= {total.id: total.unit for drug in dosed for total in monographs[drug].sum}
    for analyte, unit in (output.units if output is not None else {}).items():
        key: Key = ("output", "units", analyte)
        if analyte not in units and not whole:
            continue
        if analyte not in units:
            refuse(key, library.absent(analyte, units, "an analyte of this scenario"))
        elif unit not in COLUMN_SUFFIX:
            refuse(key, f'"{unit}" is not a reporting unit; write one of {", ".join(COLUMN_SUFFIX)}')
        else:
            units[analyte] = unit
    return units
