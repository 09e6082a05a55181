"""The functions of ``lanes_text`` for what falls fast and is known beforehand: the modes of ``lanes_rows``."""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial, log

from pkinteract.engine.lanes_rows import DECAYS, Rows, loop
from pkinteract.engine.pair import NODES

_PENALTY = 1e-4
"""On the size of an answer: it stays below 5,000/λ."""

_SLOWEST = 1e-6
"""Slowest rate of a mode [1/h]."""

_TERMS = 10
"""Power with which the series ends: 2e-13 is left at the largest |r|, log(2)/2."""

_MAGIC = 1.5 * 2.0**52
"""Added to a small number, it leaves the nearest integer in the lowest bits."""


def linearise(rows: Rows) -> list[str]:
    """Rates of all modes, and the answers to them, from differences of the slopes where the subjects stand."""
    place = {i: n for n, i in enumerate(rows.stepped)}
    states = sorted({s for s, _ in rows.couplings})
    lines = ["def linearise(a):", "    rates(a)"]
    lines += loop([f"    {rows.at('base', place[s])} = {rows.at('slope', place[s])}" for s in states])
    for s in states:
        moved, entries = rows.at("state", place[s]), [(n, r) for n, (r, by) in enumerate(rows.couplings) if by == s]
        lines += _differences(rows, moved, rows.at("smallest", place[s]), "coupling", entries, "1.0")
    for slot, ka in rows.decaying:
        moved, entries = rows.at("depot", slot), [(n, r) for n, (r, by) in enumerate(rows.given) if by == slot]
        state = rows.system.layout.central[rows.system.depots[rows.system.layout.stepped_depots[slot]].compound]
        smallest = rows.at("smallest", place[state])
        lines += _differences(rows, moved, smallest, "given", entries, rows.at("reciprocal", ka))
    return lines + loop([line for m in range(len(rows.modes)) for line in _answers(rows, m)])


def _differences(
    rows: Rows, moved: str, smallest: str, kind: str, entries: Sequence[tuple[int, int]], factor: str
) -> list[str]:
    """Slopes after a small move of a number, less those before, by the move."""
    place = {i: n for n, i in enumerate(rows.stepped)}
    held, shift = rows.at("held"), rows.at("shift")
    before = [f"    {held} = {moved}", f"    s = 1e-4 * max(abs({moved}), {smallest})", f"    {shift} = s"]
    after = [f"    s = {factor} / {shift}", f"    {moved} = {held}"]
    for n, r in entries:
        after.append(f"    {rows.at(kind, n)} = s * ({rows.at('slope', place[r])} - {rows.at('base', place[r])})")
    return [*loop([*before, f"    {moved} += s"]), "    rates(a)", *loop(after)]


def _answers(rows: Rows, m: int) -> list[str]:
    """A mode's rate λ and the answers of all states, compound by compound: (J + λ)·c = -b.

    Where λ is close to how fast a compound is lost by itself, c would grow without limit: a small penalty on its size
    prevents that, which makes it the solution of ((J + λ)ᵀ·(J + λ) + ε²)·c = -(J + λ)ᵀ·b.
    """
    mode, coupling = rows.modes[m], {pair: rows.at("coupling", n) for n, pair in enumerate(rows.couplings)}
    given = {pair: rows.at("given", n) for n, pair in enumerate(rows.given)}
    central = rows.system.layout.central[mode.compound]
    if mode.slot is None:
        lines = [f"    rate = max(-{coupling[central, central]}, {_SLOWEST})"]
    else:
        lines = [f"    rate = {rows.at('parameter', dict(rows.decaying)[mode.slot])}"]
    lines += [f"    {rows.at('rate', m)} = rate", f"    {rows.at('inverse', m)} = 1.0 / rate"]
    lines.append(f"    small = {_PENALTY**2!r} * rate * rate")
    answer = {s: rows.at("answer", n) for n, (s, other) in enumerate(rows.answers) if other == m}
    if mode.slot is None:
        lines.append(f"    {answer[central]} = 1.0")
    for i in rows.order:
        block = [s for s in rows.states_of(i) if s in answer and not (mode.slot is None and s == central)]
        for s in block:
            gains = [f"{coupling[s, r]} * {c}" for r, c in answer.items() if r not in block and (s, r) in coupling]
            gains += [given[s, mode.slot]] if mode.slot is not None and (s, mode.slot) in given else []
            lines.append(f"    b{s} = {' + '.join(gains) or '0.0'}")
            lines += [f"    j{s}_{r} = {coupling[s, r]}" + (" + rate" if r == s else "") for r in block]
        for s in block:
            lines.append(f"    v{s} = -({' + '.join(f'j{r}_{s} * b{r}' for r in block)})")
            for r in block:
                product = " + ".join(f"j{t}_{s} * j{t}_{r}" for t in block)
                lines.append(f"    n{s}_{r} = {product}" + (" + small" if r == s else ""))
        lines += _eliminated(block)
        lines += [f"    {answer[s]} = v{s}" for s in block]
    return lines


def _eliminated(block: Sequence[int]) -> list[str]:
    """Solve n·x = v, positive definite, in place of v."""
    lines = []
    for k, s in enumerate(block):
        lines.append(f"    f = 1.0 / n{s}_{s}")
        lines += [f"    n{s}_{r} *= f" for r in block[k + 1 :]]
        lines.append(f"    v{s} *= f")
        for t in block[k + 1 :]:
            lines += [f"    n{t}_{r} -= n{t}_{s} * n{s}_{r}" for r in block[k + 1 :]]
            lines.append(f"    v{t} -= n{t}_{s} * v{s}")
    for k, s in reversed(list(enumerate(block))):
        lines += [f"    v{s} -= n{s}_{r} * v{r}" for r in block[k + 1 :]]
    return lines


def decays(rows: Rows) -> list[str]:
    """What is left of every mode at a tenth and at 8/9 of a step, the other nodes as powers of the first."""
    powers: list[str] = []
    for m in range(len(rows.modes)):
        powers += [f"    x = {exponential(rows, 2 * m)}", "    two = x * x", "    eight = two * two * two * two"]
        for node, value in enumerate(("two", "two * x", "eight", exponential(rows, 2 * m + 1), "eight * two", "x")):
            powers.append(f"    {rows.at('decay', DECAYS * m + node)} = {value}")
    factors = (-0.1, -NODES[4])
    series = falls(rows, [f"{f!r} * h * {rows.at('rate', m)}" for m in range(len(rows.modes)) for f in factors])
    return ["def decays(h, a, bits):", *series, *loop(powers), "    return"]


def fades(rows: Rows) -> list[str]:
    """What is left of every mode at a time in a step."""
    series = falls(rows, [f"-after * {rows.at('rate', m)}" for m in range(len(rows.modes))])
    products = [f"    {rows.at('fade', m)} = {exponential(rows, m)}" for m in range(len(rows.modes))]
    return ["def fades(after, a, bits):", *series, *loop(products), "    return"]


def onward(rows: Rows) -> list[str]:
    modes = range(len(rows.modes))
    return [
        "def onward(a):",
        *loop([f"    {rows.at('fade', m)} *= {rows.at('stride', m)}" for m in modes]),
        "    return",
    ]


def falls(rows: Rows, arguments: Sequence[str]) -> list[str]:
    """e^x of all ``arguments``, none above 0: 2^k and a series of the rest, the factors of ``exponential``."""
    split: list[str] = []
    series: list[str] = []
    scaled: list[str] = []
    for n, argument in enumerate(arguments):
        x, k = rows.at("exponent", 2 * n), rows.at("exponent", 2 * n + 1)
        split += [f"    x = max({argument}, -700.0)", f"    {x} = x"]
        split += [f"    k = floor(x * {1 / log(2)!r} + 0.5)", f"    {k} = k"]
        series.append(f"    k = {k}")
        series.append(f"    r = {x} - k * {0.693147180369123816490!r} - k * {1.90821492927058770002e-10!r}")
        text = repr(1 / factorial(_TERMS))
        for order in range(_TERMS - 1, -1, -1):
            text = f"{1 / factorial(order)!r} + r * ({text})"
        series += [f"    {x} = {text}", f"    {k} = k + {_MAGIC!r}"]
        scaled.append(f"    {k.replace('a[', 'bits[')} = ({k.replace('a[', 'bits[')} + 1023) << 52")
    return [*loop(split), *loop(series), *loop(scaled)]


def exponential(rows: Rows, n: int) -> str:
    return f"{rows.at('exponent', 2 * n)} * {rows.at('exponent', 2 * n + 1)}"
