"""From a structure to the rows that compiled code works on, and to the numbers that say where they are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pkinteract.engine.lanes import header
from pkinteract.engine.lanes.structure import Structure


@dataclass(frozen=True, eq=False, kw_only=True)
class Table:
    """A structure as numbers.

    Attributes
    ----------
    numbers
        The header and the list of what is read, see ``header``.
    rows
        How many rows a group needs.
    """

    structure: Structure
    numbers: npt.NDArray[np.int64]
    rows: int

    def first(self, name: str) -> int:
        """A number of the header."""
        return int(self.numbers[header.NAMES.index(name)])

    def row(self, place: int) -> int:
        """The row of a place in the store of the system's layout."""
        states = self.structure.system.layout.n_states
        if place < states:
            return self.first("STATE") + self.structure.place(place)
        return self.first("STATE") + self.structure.size + place - states


@lru_cache(maxsize=64)
def table(structure: Structure) -> Table:
    """The table of a structure."""
    layout, n = structure.system.layout, structure.size
    depots, modes, analytes = len(layout.depots), len(structure.modes), len(structure.analytes)
    counts = {
        "STATES": n,
        "DEPOTS": depots,
        "RELEASES": len(structure.system.releases),
        "MODES": modes,
        "ANALYTES": analytes,
        "PARAMETERS": len(structure.used),
        "WEIGHTS": sum(len(parts) for parts in structure.analytes),
    }
    sizes = {
        "PARAMETER": len(structure.used),
        "RECIPROCAL": len(structure.used),
        "SMALLEST": n,
        "WEIGHT": counts["WEIGHTS"],
        "ALERT": analytes,
        "STATE": n,
        "DEPOT": depots,
        "INFLOW": depots,
        "INFUSION": len(layout.stepped),
        "NEW_STATE": n,
        "NEW_DEPOT": depots,
        "SLOPE": n,
        "NEW_SLOPE": n,
        "QUARTIC": n,
        "ERROR": 1,
        "RELEASED": 7 * counts["RELEASES"],
        "RATE": modes,
        "INVERSE": modes,
        "ANSWER": len(structure.answers),
        "PART": len(structure.answers),
        "LEFT": header.LEFT_ROWS * modes,
        "FADE": modes,
        "STRIDE": modes,
        "POWER": 5 * analytes,
        "FALLEN": sum(len(structure.falling(c)) for c in range(analytes)),
        "WINDOW": header.WINDOW_ROWS * analytes,
        "END": header.END_ROWS * analytes,
        "NEWS": analytes,
    }
    first, rows = {}, 1
    for name, size in sizes.items():
        first[name] = rows
        rows += size
    head = {**counts, **first, "CURVES": len(header.NAMES)}
    numbers = [head[name] for name in header.NAMES]
    for c in range(analytes):
        numbers += _curve(structure, first, c, len(numbers))
    return Table(structure=structure, numbers=np.array(numbers, dtype=np.int64), rows=rows)


def _curve(structure: Structure, first: dict[str, int], c: int, at: int) -> list[int]:
    """What is read of an analyte, in the order of ``header.NEXT`` and those after it, for a list from place ``at`` on.

    Behind the modes stand the parts of the analyte, (weight, place)..., and for each mode (parts, (weight, part)...).
    """
    parts, before = structure.analytes[c], structure.analytes[:c]
    weights = {place: first["WEIGHT"] + sum(map(len, before)) + n for n, place in enumerate(parts)}
    falling = structure.falling(c)
    fallen = first["FALLEN"] + sum(len(structure.falling(earlier)) for earlier in range(c))
    shares = [
        [(weights[s], first["PART"] + n) for n, (s, mode) in enumerate(structure.answers) if mode == m and s in weights]
        for m in falling
    ]
    lists = [
        *falling,
        *(number for place, row in weights.items() for number in (row, place)),
        *(number for pairs in shares for number in (len(pairs), *(number for pair in pairs for number in pair))),
    ]
    end = at + header.MODE_LIST + len(lists)
    return [end, len(weights), len(falling), fallen, *lists]
