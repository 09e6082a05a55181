"""From a System to the functions that move sixteen subjects at once.

The equations are those that ``codegen`` writes; only where the numbers come from differs (``lanes_rows``). Divisions by
a parameter become products with its reciprocal, a row as well.
"""

from __future__ import annotations

from pkinteract.engine.lanes_modes import decays, exponential, fades, falls, linearise, onward
from pkinteract.engine.lanes_rows import DECAYS, KEPT, LANES, MARKS, SEEN, TURN, Rows, loop
from pkinteract.engine.mechanisms.induction import relative
from pkinteract.engine.pair import ERROR, QUARTIC, STAGES
from pkinteract.engine.single.generate import combination
from pkinteract.engine.single.text import Text, slopes


def generate_lanes(rows: Rows) -> str:
    """Write the functions that the march of ``lanes_loop`` calls; what each does is said there."""
    functions = [_rates, linearise, decays, fades, _attempt, _read, _turning, onward, _values, _accept]
    return "\n\n\n".join("\n".join(function(rows)) for function in functions) + "\n"


def _rates(rows: Rows) -> list[str]:
    body = [*_loads(rows), *(f"    x{i} = {rows.at('state', n)}" for n, i in enumerate(rows.stepped))]
    body += [*_absorption(rows, 0), *_slopes(rows, "f1_")]
    return [
        "def rates(a):",
        *loop([*body, *(f"    {rows.at('slope', n)} = f1_{i}" for n, i in enumerate(rows.stepped))]),
    ]


def _slopes(rows: Rows, f: str) -> list[str]:
    """Levels of the following enzymes, slopes of all states and of the drivers."""
    system, n = rows.system, rows.system.layout.n_states
    lines, text = [], Text(system.layout, f)
    for e, strengths in rows.following.items():
        raised = "".join(f" + p{strength} * x{n + place}" for place, strength in strengths)
        lines.append(f"    x{system.layout.first_enzyme + e} = p{system.enzymes[e].activity} * (1.0{raised})")
    lines += slopes(system.layout, f, frozenset(rows.following))
    for place, driver in enumerate(rows.drivers):
        share = relative(text, driver.row)
        if driver.row.ec50 is not None:
            lines.append(f"    s = {' + '.join(relative(text, rival) for rival in driver.rivals)}")
            share = f"{share} * (1.0 / (1.0 + s))"
        lines.append(f"    {f}{n + place} = p{driver.kdeg} * ({share} - x{n + place})")
    return lines


def _attempt(rows: Rows) -> list[str]:
    states = tuple(enumerate(rows.stepped))
    split: dict[int, list[tuple[int, int]]] = {}
    for n, (s, m) in enumerate(rows.answers):
        split.setdefault(s, []).append((n, m))
    owners = {rows.system.layout.central[mode.compound] for mode in rows.modes if mode.slot is None}
    body = [*_loads(rows), *_absorption(rows, 0)]
    body += [f"    y{i} = {rows.at('state', n)}" for n, i in states]
    for n, (s, m) in enumerate(rows.answers):
        if rows.owned(s, m):
            body.append(f"    mode{m} = y{s}" + "".join(f" - part{k}" for k, other in split[s] if other != m))
            body.append(f"    part{n} = mode{m}")
        else:
            body.append(f"    part{n} = {rows.at('answer', n)} * mode{m}")
        body += [f"    {rows.at('part', n)} = part{n}", f"    loss{n} = part{n} * {rows.at('rate', m)}"]
    for n, i in states:
        parts = split.get(i, [])
        body.append(f"    z{i} = " + ("0.0" if i in owners else f"y{i}" + "".join(f" - part{k}" for k, _ in parts)))
        body.append(f"    f1_{i} = {rows.at('slope', n)}" + "".join(f" + loss{k}" for k, _ in parts))
    for stage in range(1, 7):
        body += _absorption(rows, stage)
        body += [f"    left{m} = {_left(rows, m, stage)}" for m in range(len(rows.modes))]
        for _, i in states:
            begin = "" if i in owners else f"z{i} + "
            fallen = "".join(f" + part{k} * left{m}" for k, m in split.get(i, []))
            body.append(f"    x{i} = {begin}h * ({combination(STAGES[stage], i)}){fallen}")
        body += _slopes(rows, f"f{stage + 1}_")
        if stage == 6:
            body += [f"    {rows.at('new slope', n)} = f7_{i}" for n, i in states]
        body += [
            f"    f{stage + 1}_{i} += {' + '.join(f'loss{k} * left{m}' for k, m in parts)}"
            for i, parts in split.items()
        ]
    body += [f"    {rows.at('new state', n)} = x{i}" for n, i in states]
    for slot, _ in rows.decaying:
        ka = rows.system.depots[rows.system.layout.stepped_depots[slot]].ka
        body.append(f"    {rows.at('new depot', slot)} = r{slot} / p{ka}")
    return ["def attempt(h, g, a):", *loop([*body, *_errors(rows)])]


def _left(rows: Rows, m: int, stage: int) -> str:
    """What is left of a mode at the time of a later stage."""
    return rows.at("decay", DECAYS * m + min(stage, 5) - 1)


def _errors(rows: Rows) -> list[str]:
    """Sum of squares of the errors, as in ``codegen``; the curve inside a step counts for what is read of it."""
    lines = ["    error = 0.0"]
    for n, i in enumerate(rows.stepped):
        lines.append(f"    s = 1.0 / max(abs(y{i}), {rows.at('smallest', n)})")
        lines += [f"    e = s * h * ({combination(ERROR, i)})", "    error += e * e"]
        if i in rows.read:
            lines.append(f"    q = h * ({combination(QUARTIC, i)})")
            lines += [f"    {rows.at('quartic', rows.read.index(i))} = q", "    q = s * g * q", "    error += q * q"]
    return [*lines, f"    {rows.at('error')} = error"]


def _read(rows: Rows) -> list[str]:
    """Each analyte over a step, a polynomial and what falls; its integral, its ends, its slopes where it may turn.

    The polynomial is that of z: the quartic with the values and slopes of both ends and the highest term that
    ``attempt`` has found.
    """
    count = len(rows.modes)
    body: list[str] = []
    weight = 0
    for m in range(count):
        body += [f"    k{m} = {rows.at('rate', m)}", f"    i{m} = {rows.at('inverse', m)}"]
        body += [f"    d{m}_{mark} = {text}" for mark, text in enumerate(_at_marks(rows, m))]
    for c, parts in enumerate(rows.analytes):
        falling = rows.falling(c)
        body += [f"    {name} = 0.0" for name in ("c0", "end", "c1", "last", "c4", *(f"m{m}" for m in falling))]
        for i in parts:
            state = rows.system.layout.central[i]
            body += [f"    w = {rows.at('weight', weight)}", f"    c0 += w * {rows.at('state', state)}"]
            body += [f"    end += w * {rows.at('new state', state)}", f"    c1 += w * h * {rows.at('slope', state)}"]
            body.append(f"    last += w * h * {rows.at('new slope', state)}")
            body.append(f"    c4 += w * {rows.at('quartic', rows.read.index(state))}")
            body += [f"    m{m} += w * {rows.at('part', n)}" for n, (s, m) in enumerate(rows.answers) if s == state]
            weight += 1
        body += ["    high = max(c0, end)", "    low = min(c0, end)", "    at = t if c0 > end else t + h"]
        body += [f"    {rows.at('seen', len(SEEN) * c + n)} = {end}" for n, end in enumerate(("c0", "end"))]
        for m in falling:
            body += [f"    {rows.at('amplitude', count * c + m)} = m{m}", f"    s{m} = h * k{m} * m{m}"]
            body += [f"    c0 -= m{m}", f"    end -= m{m} * d{m}_4"]
            body += [f"    c1 += s{m}", f"    last += s{m} * d{m}_4"]
        body += ["    values = end - c0 - c1 - c4", "    slopes = last - c1 - 4.0 * c4"]
        body += ["    c2 = 3.0 * values - slopes", "    c3 = slopes - 2.0 * values"]
        body += [f"    {rows.at('power', 5 * c + power)} = c{power}" for power in range(5)]
        for mark, theta in enumerate(MARKS):
            fallen = "".join(f" - s{m} * d{m}_{mark}" for m in falling)
            rise = f"c1 + {theta!r} * (2.0 * c2 + {theta!r} * (3.0 * c3 + {4 * theta!r} * c4))" if mark else "c1"
            body += [f"    g{mark} = {rise}{fallen}", f"    {rows.at('seen', len(SEEN) * c + 2 + mark)} = g{mark}"]
        whole, most, when, least, above = (rows.at("window", len(KEPT) * c + m) for m in range(len(KEPT)))
        alert = rows.at("alert", c)
        fallen = "".join(f" + m{m} * (1.0 - d{m}_4) * i{m}" for m in falling)
        body.append(f"    {whole} += h * (c0 + 0.5 * c1 + 0.3333333333333333 * c2 + 0.25 * c3 + 0.2 * c4){fallen}")
        body += [f"    {when} = at if high > {most} else {when}", f"    {most} = max({most}, high)"]
        body += [f"    {least} = min({least}, low)", f"    {above} += h if low > {alert} else 0.0"]
        turns = [f"-g{mark} * g{mark + 1}" for mark in range(len(MARKS) - 1)]
        body.append(f"    news = min(high - {alert}, {alert} - low)")
        body += [f"    news = max(news, {turn})" for turn in turns]
        body.append(f"    {rows.at('news', c)} = news")
    return ["def read(t, h, a):", *loop(body)]


def _at_marks(rows: Rows, m: int) -> tuple[str, ...]:
    """What is left of a mode at ``MARKS``."""
    third, whole, tenth = (rows.at("decay", DECAYS * m + node) for node in (1, 4, 5))
    return ("1.0", tenth, third, f"{third} * {third}", whole)


def _turning(rows: Rows) -> list[str]:
    """Where an analyte turns first, how high it is there, and what that makes of the window's extremes.

    Newton's method, kept between the two marks: every round has one pass for the exponentials and one for the values,
    slopes, bends and the next place; a place that is δ off gives a height that is off by the third power of δ. Subjects
    are odd that turn twice, or pass the alert level.
    """
    count, first = rows.most_falling, len(TURN)
    at = {name: rows.at("turn", n) for n, name in enumerate(TURN)}
    c = [at[f"power {n}"] for n in range(5)]
    slope = [at[f"slope at {mark}"] for mark in MARKS]
    begin = ["    turns = 0.0", "    left = right = 0.0", "    here = there = 0.0"]
    for n in reversed(range(len(MARKS) - 1)):
        begin += [f"    one = {slope[n]} * {slope[n + 1]} < 0.0", "    turns += 1.0 if one else 0.0"]
        begin += [f"    left = {MARKS[n]!r} if one else left", f"    right = {MARKS[n + 1]!r} if one else right"]
        begin += [f"    here = {slope[n]} if one else here", f"    there = {slope[n + 1]} if one else there"]
    begin += [f"    {at['left']} = left", f"    {at['right']} = right", f"    {at['slope at left']} = here"]
    begin += [f"    {at['odd']} = turns", f"    {at['theta']} = left + (right - left) * here / (here - there)"]
    series = falls(rows, [f"-h * {rows.at('turn', first + count + k)} * {at['theta']}" for k in range(count)])
    body = [f"    x = {at['theta']}"]
    body.append(f"    value = {c[0]} + x * ({c[1]} + x * ({c[2]} + x * ({c[3]} + x * {c[4]})))")
    body.append(f"    slope = {c[1]} + x * (2.0 * {c[2]} + x * (3.0 * {c[3]} + 4.0 * x * {c[4]}))")
    body.append(f"    bend = 2.0 * {c[2]} + x * (6.0 * {c[3]} + 12.0 * x * {c[4]})")
    for k in range(count):
        body.append(f"    s = h * {rows.at('turn', first + count + k)}")
        body.append(f"    e = {rows.at('turn', first + k)} * {exponential(rows, k)}")
        body += ["    value += e", "    slope -= s * e", "    bend += s * s * e"]
    body += [f"    same = slope * {at['slope at left']} > 0.0", f"    left = x if same else {at['left']}"]
    body += [f"    right = {at['right']} if same else x", "    move = x - slope / bend"]
    body += ["    inside = (move - left) * (move - right) < 0.0", "    move = move if inside else 0.5 * (left + right)"]
    body += [f"    {at['left']} = left", f"    {at['right']} = right", f"    {at['theta']} = move"]
    body.append(f"    {at['height']} = value + 0.5 * slope * (move - x)")
    end = [
        f"    turns = {at['odd']}",
        f"    start = {at['start']}",
        f"    end = {at['end']}",
        f"    level = {at['alert']}",
    ]
    end += [f"    height = {at['height']} if turns > 0.0 else start"]
    end += [f"    {at['time of max']} = t + h * {at['theta']} if height > {at['max']} else {at['time of max']}"]
    end += [f"    {at['max']} = max({at['max']}, height)", f"    {at['min']} = min({at['min']}, height)"]
    end += ["    high = max(height, max(start, end))", "    low = min(height, min(start, end))"]
    end += [f"    {at['odd']} = max(turns - 1.0, min(high - level, level - low))"]
    rounds = [f"    for _ in range({_ROUNDS}):", *(f"    {line}" for line in [*series, *loop(body)])]
    return ["def turning(t, h, a, bits):", *loop(begin), *rounds, *loop(end)]


def _values(rows: Rows) -> list[str]:
    count, body = len(rows.modes), []
    for c in range(len(rows.analytes)):
        powers = [rows.at("power", 5 * c + power) for power in range(5)]
        inner = f"{powers[2]} + theta * ({powers[3]} + theta * {powers[4]})"
        fallen = "".join(f" + {rows.at('amplitude', count * c + m)} * {rows.at('fade', m)}" for m in rows.falling(c))
        body.append(f"    out[{LANES * c} + lane] = {powers[0]} + theta * ({powers[1]} + theta * ({inner})){fallen}")
    return ["def values(theta, a, out):", *loop(body)]


def _accept(rows: Rows) -> list[str]:
    n, lines = len(rows.stepped), ["def accept(a):"]
    moves = [("state", "new state", 0, n), ("slope", "new slope", 0, n)]
    moves.append(("depot", "new depot", 0, len(rows.system.layout.stepped_depots)))
    for to, source, skipped, count in moves:
        lines.append(f"    for n in range({LANES * count}):")
        places = LANES * rows.first[to], LANES * (rows.first[source] + skipped)
        lines.append(f"        a[{places[0]} + n] = a[{places[1]} + n]")
    return lines


_ROUNDS = 4
"""Rounds in which a turn is looked for."""


def _loads(rows: Rows) -> list[str]:
    lines = [f"    p{index} = {rows.at('parameter', n)}" for n, index in enumerate(rows.used)]
    lines += [f"    i{index} = {rows.at('reciprocal', n)}" for n, index in enumerate(rows.used)]
    return lines + [f"    u{n} = {rows.at('infusion', n)}" for n in range(len(rows.system.stepped))]


def _absorption(rows: Rows, stage: int) -> list[str]:
    """Rate of absorption from each depot, and the part of it that falls; of release; at the time of a stage."""
    lines, mode = [], {slot: m for m, (slot, _) in enumerate(rows.decaying)}
    for slot, j in enumerate(rows.system.layout.stepped_depots):
        row, inflow = rows.system.depots[j], rows.at("inflow", slot)
        if row.ka is None:
            lines.append(f"    r{slot} = {inflow}")
            continue
        if stage == 0:
            lines.append(
                f"    mode{mode[slot]} = p{row.ka} * {rows.at('depot', slot)}" + (f" - {inflow}" if row.fed else "")
            )
        left = "" if stage == 0 else f" * {_left(rows, mode[slot], stage)}"
        lines.append(f"    r{slot} = mode{mode[slot]}{left}" + (f" + {inflow}" if row.fed else ""))
    return lines + [f"    v{j} = {rows.at('release', 7 * j + stage)}" for j in range(len(rows.system.releases))]
