"""From a System to the functions that move sixteen subjects at once.

The equations are those that ``codegen`` writes; only where the numbers come from differs. Everything that a step reads
and writes lies in one array ``a``, row by row with one column per subject, at places that stand in the text: with
distances that are known, the compiler sees that nothing overlaps and does one statement for four or eight subjects in
one instruction. (Given two arrays, or places that are arguments, it gave up, and a step took three times as long.)
Divisions by a parameter become products with its reciprocal, a row as well.

Enzymes that have the same turnover and the same inducers follow each other: E = A·(1 + Σ Emax·z), where z, one for each
inducer, follows its share of the receptor at the rate of turnover. Where that makes fewer states, z is what is stepped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import factorial, log

from pkinteract.engine.codegen import combination
from pkinteract.engine.curves import Array
from pkinteract.engine.mechanisms import parameters_used, relative, slopes
from pkinteract.engine.pair import ERROR, NODES, QUARTIC, STAGES
from pkinteract.engine.system import Induction, System

LANES = 16
"""Subjects that are stepped together: eight do not fill the processor's registers, 32 need twice the room."""

Analytes = tuple[tuple[int, ...], ...]
"""The compounds that each analyte adds up."""

_DIVISOR = re.compile(r"/ p(\d+)\b")
_INFUSION = re.compile(r"\bu\[(\d+)\]")
_KEPT = ("integral", "max", "time of max", "min", "hours above")
_SEEN = ("high", "low", "turns")


@dataclass(frozen=True)
class Driver:
    """An inducer of enzymes with the turnover of parameter ``kdeg``: a row of the system, and those that compete."""

    kdeg: int
    row: Induction
    rivals: tuple[Induction, ...]


@dataclass(frozen=True)
class Rows:
    """Where everything stands in ``a``: first row of each kind."""

    system: System
    analytes: Analytes
    fast: frozenset[int] = frozenset()
    """Enzymes whose own error counts."""

    @cached_property
    def following(self) -> dict[int, tuple[tuple[int, int], ...]]:
        """Enzymes that drivers move: (place of the driver, parameter of its strength) of each."""
        alike: dict[object, list[int]] = {}
        for e, enzyme in enumerate(self.system.enzymes):
            if e not in self.fast and all(row.enzyme != e for row in self.system.inactivations):
                alike.setdefault((enzyme.kdeg, tuple(_kind(row) for row in self._inducers(e))), []).append(e)
        found: dict[int, tuple[tuple[int, int], ...]] = {}
        first = 0
        for members in alike.values():
            count = len(self._inducers(members[0]))
            if 0 < count < len(members):
                for e in members:
                    strengths = [row.slope if row.emax is None else row.emax for row in self._inducers(e)]
                    found[e] = tuple((first + n, strength or 0) for n, strength in enumerate(strengths))
                first += count
        return found

    @cached_property
    def drivers(self) -> tuple[Driver, ...]:
        """What moves the following enzymes, in order."""
        found: dict[int, Driver] = {}
        for e, strengths in self.following.items():
            rows = self._inducers(e)
            for (place, _), row in zip(strengths, rows, strict=True):
                rivals = tuple(other for other in rows if other.ec50 is not None and other.group == row.group)
                found.setdefault(place, Driver(kdeg=self.system.enzymes[e].kdeg, row=row, rivals=rivals))
        return tuple(found[place] for place in sorted(found))

    @cached_property
    def stepped(self) -> tuple[int, ...]:
        """States by their numbers in the text: the system's without those of following enzymes, then the drivers."""
        n, first = self.system.n_states, self.system.first_enzyme
        own = [i for i in range(n) if i - first not in self.following]
        return (*own, *range(n, n + len(self.drivers)))

    def _inducers(self, enzyme: int) -> list[Induction]:
        return [row for row in self.system.inductions if row.enzyme == enzyme]

    @cached_property
    def read(self) -> tuple[int, ...]:
        """States whose curves are read."""
        return tuple(sorted({self.system.central[i] for parts in self.analytes for i in parts}))

    @cached_property
    def used(self) -> tuple[int, ...]:
        """Parameters that the text reads, in order."""
        return tuple(sorted(parameters_used(self.system)))

    @cached_property
    def decaying(self) -> tuple[tuple[int, int], ...]:
        """Depots that empty by themselves: slot, and place of its rate of absorption among the used parameters."""
        kas = ((slot, self.system.depots[j].ka) for slot, j in enumerate(self.system.stepped_depots))
        return tuple((slot, self.used.index(ka)) for slot, ka in kas if ka is not None)

    @cached_property
    def first(self) -> dict[str, int]:
        """First row of each kind, in order, and the number of all under "end"."""
        n, depots, analytes = len(self.stepped), len(self.system.stepped_depots), len(self.analytes)
        sizes = {
            "parameter": len(self.used),
            "reciprocal": len(self.used),
            "state": n,
            "slope": n,
            "smallest": n,
            "depot": depots,
            "inflow": depots,
            "decay": 5 * depots,
            "infusion": len(self.system.stepped),
            "release": 7 * len(self.system.releases),
            "new state": n,
            "new slope": n,
            "quartic": len(self.read),
            "new depot": depots,
            "error": 1,
            "exponent": 4 * depots,
            "weight": sum(len(parts) for parts in self.analytes),
            "alert": analytes,
            "power": 5 * analytes,
            "window": len(_KEPT) * analytes,
            "seen": len(_SEEN) * analytes,
            "news": 1,
        }
        found, total = {}, 0
        for kind, size in sizes.items():
            found[kind] = total
            total += size
        return {**found, "end": total}

    def at(self, kind: str, n: int = 0) -> str:
        """The number of a subject in a row, as text."""
        return f"a[{LANES * (self.first[kind] + n)} + lane]"


def generate_lanes(rows: Rows) -> str:
    """Write the functions that the march of ``lanes_loop`` calls; what each does is said there."""
    functions = [_rates(rows), _decays(rows), _attempt(rows), _read(rows), _values(rows), _accept(rows)]
    return "\n\n\n".join("\n".join(lines) for lines in functions) + "\n"


def _rates(rows: Rows) -> list[str]:
    body = [*_loads(rows), *(f"    x{i} = {rows.at('state', n)}" for n, i in enumerate(rows.stepped))]
    body += [*_absorption(rows, 0), *_slopes(rows, "f1_")]
    return [
        "def rates(a):",
        *_loop([*body, *(f"    {rows.at('slope', n)} = f1_{i}" for n, i in enumerate(rows.stepped))]),
    ]


def _slopes(rows: Rows, f: str) -> list[str]:
    """Levels of the following enzymes, slopes of all states and of the drivers."""
    system, n = rows.system, rows.system.n_states
    lines = []
    for e, strengths in rows.following.items():
        raised = "".join(f" + p{strength} * x{n + place}" for place, strength in strengths)
        lines.append(f"    x{system.first_enzyme + e} = p{system.enzymes[e].activity} * (1.0{raised})")
    lines += slopes(system, f, frozenset(rows.following))
    for place, driver in enumerate(rows.drivers):
        share = relative(system, driver.row)
        if driver.row.ec50 is not None:
            lines.append(f"    s = {' + '.join(relative(system, rival) for rival in driver.rivals)}")
            share = f"{share} * (1.0 / (1.0 + s))"
        lines.append(f"    {f}{n + place} = p{driver.kdeg} * ({share} - x{n + place})")
    return lines


def _decays(rows: Rows) -> list[str]:
    """e^x for x = -ka·h/10 and -8/9·ka·h by 2^k times a series of the rest, the other nodes as powers of the first."""
    if not rows.decaying:
        return ["def decays(h, a, bits):", "    return"]
    split: list[str] = []
    series: list[str] = []
    scaled: list[str] = []
    powers: list[str] = []
    for slot, ka in rows.decaying:
        for e, factor in ((2 * slot, -0.1), (2 * slot + 1, -NODES[4])):
            x, k = rows.at("exponent", 2 * e), rows.at("exponent", 2 * e + 1)
            split += [f"    x = max({factor!r} * h * {rows.at('parameter', ka)}, -700.0)", f"    {x} = x"]
            split += [f"    k = floor(x * {1 / log(2)!r} + 0.5)", f"    {k} = k"]
            series.append(f"    k = {k}")
            series.append(f"    r = {x} - k * {0.693147180369123816490!r} - k * {1.90821492927058770002e-10!r}")
            text = repr(1 / factorial(13))
            for order in range(12, -1, -1):
                text = f"{1 / factorial(order)!r} + r * ({text})"
            series.append(f"    {x} = {text}")
            series.append(f"    {k} = k + {_MAGIC!r}")
            scaled.append(f"    {k.replace('a[', 'bits[')} = ({k.replace('a[', 'bits[')} + 1023) << 52")
        e = 4 * slot
        powers.append(f"    x = {rows.at('exponent', e)} * {rows.at('exponent', e + 1)}")
        powers += ["    two = x * x", "    eight = two * two * two * two"]
        last = f"{rows.at('exponent', e + 2)} * {rows.at('exponent', e + 3)}"
        for node, value in enumerate(("two", "two * x", "eight", last, "eight * two")):
            powers.append(f"    {rows.at('decay', 5 * slot + node)} = {value}")
    return ["def decays(h, a, bits):", *_loop(split), *_loop(series), *_loop(scaled), *_loop(powers)]


def _attempt(rows: Rows) -> list[str]:
    states = tuple(enumerate(rows.stepped))
    body = [*_loads(rows), *(f"    y{i} = {rows.at('state', n)}" for n, i in states)]
    body += [f"    f1_{i} = {rows.at('slope', n)}" for n, i in states]
    for stage in range(1, 7):
        body += [f"    x{i} = y{i} + h * ({combination(STAGES[stage], i)})" for _, i in states]
        body += [*_absorption(rows, stage), *_slopes(rows, f"f{stage + 1}_")]
    body += [f"    {rows.at('new state', n)} = x{i}" for n, i in states]
    body += [f"    {rows.at('new slope', n)} = f7_{i}" for n, i in states]
    for slot, ka in ((slot, rows.used[place]) for slot, place in rows.decaying):
        body.append(f"    {rows.at('new depot', slot)} = r{slot} / p{ka}")
    return ["def attempt(h, g, a):", *_loop([*body, *_errors(rows)])]


def _errors(rows: Rows) -> list[str]:
    """Sum of squares of the errors, as in ``codegen``, but only where there can be any.

    The curve inside a step counts for what is read of it. An enzyme that nothing destroys follows concentrations whose
    error is held, at a rate of a hundredth per hour: its own error is a thousandth of theirs, unless it is ``fast``.
    """
    system = rows.system
    own = {row.enzyme for row in system.inactivations} | rows.fast
    counted = {*range(system.first_enzyme), *(system.first_enzyme + enzyme for enzyme in own)}
    place = {i: n for n, i in enumerate(rows.stepped)}
    lines = ["    error = 0.0"]
    for i in sorted(counted):
        lines.append(f"    s = 1.0 / max(abs(y{i}), {rows.at('smallest', place[i])})")
        lines += [f"    e = s * h * ({combination(ERROR, i)})", "    error += e * e"]
        if i in rows.read:
            lines.append(f"    q = h * ({combination(QUARTIC, i)})")
            lines += [f"    {rows.at('quartic', rows.read.index(i))} = q", "    q = s * g * q", "    error += q * q"]
    return [*lines, f"    {rows.at('error')} = error"]


def _read(rows: Rows) -> list[str]:
    """Each analyte's polynomial over a step, its integral, its extremes at the ends, and whether more is to be seen.

    The continuous extension is the quartic with the values and slopes of both ends and the highest term that
    ``attempt`` has found.
    """
    body, weight = ["    news = 0.0"], 0
    for c, parts in enumerate(rows.analytes):
        body += [f"    {name} = 0.0" for name in ("c0", "end", "c1", "last", "c4")]
        for i in parts:
            state = rows.system.central[i]
            body += [f"    w = {rows.at('weight', weight)}", f"    c0 += w * {rows.at('state', state)}"]
            body += [f"    end += w * {rows.at('new state', state)}", f"    c1 += w * h * {rows.at('slope', state)}"]
            body.append(f"    last += w * h * {rows.at('new slope', state)}")
            body.append(f"    c4 += w * {rows.at('quartic', rows.read.index(state))}")
            weight += 1
        body += ["    values = end - c0 - c1 - c4", "    slopes = last - c1 - 4.0 * c4"]
        body += ["    c2 = 3.0 * values - slopes", "    c3 = slopes - 2.0 * values"]
        body += [f"    {rows.at('power', 5 * c + power)} = c{power}" for power in range(5)]
        body += ["    high = max(c0, end)", "    low = min(c0, end)"]
        body.append("    turns = c1 * last")
        whole, most, when, least, above = (rows.at("window", len(_KEPT) * c + m) for m in range(len(_KEPT)))
        alert = rows.at("alert", c)
        body.append(f"    {whole} += h * (c0 + 0.5 * c1 + 0.3333333333333333 * c2 + 0.25 * c3 + 0.2 * c4)")
        body.append("    at = t if c0 > end else t + h")
        body += [f"    {when} = at if high > {most} else {when}", f"    {most} = max({most}, high)"]
        body += [f"    {least} = min({least}, low)", f"    {above} += h if low > {alert} else 0.0"]
        body.append(f"    news = max(news, max(min(high - {alert}, {alert} - low), -turns))")
        seen = ("high", "low", "turns")
        body += [f"    {rows.at('seen', len(_SEEN) * c + m)} = {value}" for m, value in enumerate(seen)]
    return ["def read(t, h, a):", *_loop([*body, f"    {rows.at('news')} = news"])]


def _values(rows: Rows) -> list[str]:
    body = []
    for c in range(len(rows.analytes)):
        powers = [rows.at("power", 5 * c + power) for power in range(5)]
        inner = f"{powers[2]} + theta * ({powers[3]} + theta * {powers[4]})"
        body.append(f"    out[{LANES * c} + lane] = {powers[0]} + theta * ({powers[1]} + theta * ({inner}))")
    return ["def values(theta, a, out):", *_loop(body)]


def _accept(rows: Rows) -> list[str]:
    n, lines = len(rows.stepped), ["def accept(a):"]
    moves = [("state", "new state", 0, n), ("slope", "new slope", 0, n)]
    moves.append(("depot", "new depot", 0, len(rows.system.stepped_depots)))
    for to, source, skipped, count in moves:
        lines.append(f"    for n in range({LANES * count}):")
        places = LANES * rows.first[to], LANES * (rows.first[source] + skipped)
        lines.append(f"        a[{places[0]} + n] = a[{places[1]} + n]")
    return lines


def _loop(body: Sequence[str]) -> list[str]:
    return [f"    for lane in range({LANES}):", *(f"    {_by_lane(line)}" for line in body)]


def _by_lane(line: str) -> str:
    """A statement of ``codegen`` with reciprocals and one infusion rate per subject."""
    return _INFUSION.sub(r"u\1", _DIVISOR.sub(r"* i\1", line))


def _loads(rows: Rows) -> list[str]:
    lines = [f"    p{index} = {rows.at('parameter', n)}" for n, index in enumerate(rows.used)]
    lines += [f"    i{index} = {rows.at('reciprocal', n)}" for n, index in enumerate(rows.used)]
    return lines + [f"    u{n} = {rows.at('infusion', n)}" for n in range(len(rows.system.stepped))]


def _absorption(rows: Rows, stage: int) -> list[str]:
    """Rate of absorption from each depot, and of release, at the time of a stage."""
    lines = []
    for slot, j in enumerate(rows.system.stepped_depots):
        row, inflow = rows.system.depots[j], rows.at("inflow", slot)
        if row.ka is None:
            lines.append(f"    r{slot} = {inflow}")
            continue
        held = f"p{row.ka} * {rows.at('depot', slot)}"
        decay = "" if stage == 0 else f" * {rows.at('decay', 5 * slot + min(stage, 5) - 1)}"
        lines.append(f"    r{slot} = " + (f"{inflow} + ({held} - {inflow}){decay}" if row.fed else f"{held}{decay}"))
    return lines + [f"    v{j} = {rows.at('release', 7 * j + stage)}" for j in range(len(rows.system.releases))]


_MAGIC = 1.5 * 2.0**52
"""Added to a small number, it leaves the nearest integer in the lowest bits."""


def _kind(row: Induction) -> object:
    """What two inductions share where only their strength and their enzyme differ."""
    return replace(row, enzyme=0, emax=None if row.emax is None else 0, slope=None if row.slope is None else 0)


def lean(system: System, parameters: Array) -> System:
    """The same without enzymes that nothing depends on, and with one parameter for what is the same in every subject.

    Turnover rates are alike if the enzymes have the same, EC50 and Hill coefficients if they are those of one compound.

    Parameters
    ----------
    parameters
        (parameter, subject).
    """
    used = {row.enzyme for row in system.pathways} | {row.gut_enzyme for row in system.compounds}
    kept = [e for e in range(len(system.enzymes)) if e in used]
    place = {e: n for n, e in enumerate(kept)}
    known: dict[tuple[object, bytes], int] = {}

    def first(kind: object, index: int | None) -> int | None:
        return None if index is None else known.setdefault((kind, parameters[index].tobytes()), index)

    enzymes = [system.enzymes[e] for e in kept]
    return replace(
        system,
        enzymes=tuple(replace(row, kdeg=first("kdeg", row.kdeg) or row.kdeg) for row in enzymes),
        inductions=tuple(
            replace(
                row,
                enzyme=place[row.enzyme],
                ec50=first(("ec50", row.actor), row.ec50),
                hill=first(("hill", row.actor), row.hill),
            )
            for row in system.inductions
            if row.enzyme in place
        ),
        inactivations=tuple(
            replace(row, enzyme=place[row.enzyme]) for row in system.inactivations if row.enzyme in place
        ),
        pathways=tuple(
            row if row.enzyme is None else replace(row, enzyme=place[row.enzyme]) for row in system.pathways
        ),
        compounds=tuple(
            row if row.gut_enzyme is None else replace(row, gut_enzyme=place[row.gut_enzyme])
            for row in system.compounds
        ),
    )
