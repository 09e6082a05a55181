"""The emitters of the generated step: one per mechanism, each writes the lines of its equations.

Names in the text, by compound i, pathway j, enzyme state and stage::

    x state          c concentration          n unbound ratio          e concentration bound as in the reference
    w absorbed       b gut availability       q absorbed past the gut  i liver inlet, j gut concentration
    a intrinsic clearance    g 1/(flow + Σa)  m concentration the liver works on    l loss by a pathway
"""

from __future__ import annotations

from pkinteract.engine.system import Actor, Induction, Pathway, Ratio, System


def parameters_used(system: System) -> set[int]:
    """Indices of the parameters that the generated text reads."""
    used: set[int | None] = set()
    for i in system.stepped:
        row = system.compounds[i]
        used |= {row.volume, row.flow, row.gut_ratio}
        used |= {index for site, index in (("inlet", row.portal), ("gut", row.gut_flow)) if site in _sites(system, i)}
        used |= {index for side in row.peripherals for index in (side.out, side.back)}
        used |= {system.pathways[j].clearance for j in system.pathways_of(i)}
        if row.binding is not None:
            used |= {row.binding.reference, row.binding.bmax, row.binding.kd}
    used |= {system.depots[j].ka for j in system.stepped_depots} | {row.ka for row in system.releases}
    used |= {index for row in system.enzymes for index in (row.kdeg, row.activity)}
    used |= {index for row in system.inductions for index in (row.emax, row.ec50, row.hill, row.slope)}
    used |= {index for row in system.inactivations for index in (row.kinact, row.ki)}
    used |= {ratio.constant for ratio in system.ratios}
    used |= {row.ratio for row in system.formations} | {row.ratio for row in system.gut_formations}
    return {index for index in used if index is not None}


def slopes(system: System, f: str, without: frozenset[int] = frozenset()) -> list[str]:
    """All slopes ``f`` at the states x, absorption rates r, release rates v and infusion rates u.

    The levels of enzymes in ``without`` are known, and have no slope.
    """
    lines = [f"    c{i} = x{system.central[i]} / p{system.compounds[i].volume}" for i in system.stepped]
    for i in system.binding_order:
        lines += _bound(system, i)
    for i in system.stepped:
        lines += _absorbed(system, i)
    for i in system.stepped:
        lines += _passage(system, i)
    for i in system.stepped:
        lines += _loss(system, i)
    for i in system.stepped:
        lines += _balance(system, i, f)
    for j, state in system.reservoirs.items():
        lines.append(f"    {f}{state} = v{j} - p{system.releases[j].ka} * x{state}")
    for e in (e for e in range(len(system.enzymes)) if e not in without):
        lines += _turnover(system, e, f)
    return lines


def _bound(system: System, i: int) -> list[str]:
    """Unbound fraction n over that of the reference, and the concentration e bound as in the reference."""
    row = system.compounds[i].binding
    if row is None:
        raise ValueError(f"compound {i} has constant binding")
    rivals = "".join(f" + {_ratio(system, ratio)}" for ratio in row.displacers)
    if row.bmax is None or row.kd is None:
        bound = f"(1.0 / p{row.reference} - 1.0)"
        lines = [f"    n{i} = 1.0 / (p{row.reference} * (1.0 + {bound} / (1.0{rivals})))"]
    else:
        lines = [f"    k{i} = p{row.kd}" + (f" * (1.0{rivals})" if rivals else "")]
        lines.append(f"    s = p{row.bmax} + k{i} - c{i}")
        lines.append(f"    n{i} = 2.0 * k{i} / (p{row.reference} * (s + sqrt(s * s + 4.0 * k{i} * c{i})))")
    return [*lines, f"    e{i} = n{i} * c{i}"]


def _effective(system: System, i: int) -> str:
    return f"c{i}" if system.compounds[i].binding is None else f"e{i}"


def _acting(system: System, actor: Actor) -> str:
    """The concentration by which a compound acts."""
    i = actor.compound
    if actor.site == "gut":
        return f"j{i}"
    if actor.site == "inlet":
        return f"i{i}" if actor.total or system.compounds[i].binding is None else f"n{i} * i{i}"
    return f"c{i}" if actor.total else _effective(system, i)


def _ratio(system: System, ratio: Ratio) -> str:
    return f"{_acting(system, ratio.actor)} / p{ratio.constant}"


def _enzyme(system: System, e: int) -> str:
    return f"x{system.first_enzyme + e}"


def _sources(system: System, i: int) -> list[str]:
    """Absorption rates of a compound: from its depots, its reservoirs, its direct releases."""
    found = [f"r{slot}" for slot, j in enumerate(system.stepped_depots) if system.depots[j].compound == i]
    for j, row in enumerate(system.releases):
        if row.compound == i:
            found.append(f"v{j}" if row.ka is None else f"p{row.ka} * x{system.reservoirs[j]}")
    return found


def _sites(system: System, i: int) -> set[str]:
    return {actor.site for actor in system.actors if actor.compound == i}


def _absorbed(system: System, i: int) -> list[str]:
    """Absorption: what reaches the gut wall, what passes it, and the concentrations that it makes there."""
    row = system.compounds[i]
    sources = _sources(system, i)
    lines = [f"    w{i} = {' + '.join(sources)}"] if sources else []
    if "gut" in _sites(system, i):
        lines.append(f"    j{i} = w{i} / p{row.gut_flow}" if sources else f"    j{i} = 0.0")
    return lines


def _passage(system: System, i: int) -> list[str]:
    """Gut availability b, what is absorbed past the gut q, and the concentration i at the liver's inlet."""
    row = system.compounds[i]
    lines = []
    if row.gut_ratio is not None:
        level = "" if row.gut_enzyme is None else f" * {_enzyme(system, row.gut_enzyme)}"
        slowed = "".join(f" + {_ratio(system, ratio)}" for ratio in row.gut_inhibitors)
        lines.append(f"    b{i} = 1.0 / (1.0 + p{row.gut_ratio}{level}" + (f" / (1.0{slowed}))" if slowed else ")"))
    absorbed = bool(_sources(system, i))
    if absorbed:
        lines.append(f"    q{i} = w{i}" if row.gut_ratio is None else f"    q{i} = b{i} * w{i}")
    if "inlet" in _sites(system, i):
        lines.append(f"    i{i} = c{i} + q{i} / p{row.portal}" if absorbed else f"    i{i} = c{i}")
    return lines


def _clearance(system: System, row: Pathway) -> str:
    text = f"p{row.clearance}" if row.enzyme is None else f"p{row.clearance} * {_enzyme(system, row.enzyme)}"
    slowed = "".join(f" + {_ratio(system, ratio)}" for ratio in row.inhibitors)
    own = "" if row.saturation is None else f" + {_ratio(system, row.saturation)}"
    if row.competitive or not (slowed and own):
        return text + (f" / (1.0{slowed}{own})" if slowed or own else "")
    return f"{text} / ((1.0{slowed}) * (1.0{own}))"


def _loss(system: System, i: int) -> list[str]:
    """Intrinsic clearances a, liver g, and the loss l by each pathway [mg/h]."""
    row = system.compounds[i]
    lines = [f"    a{j} = {_clearance(system, system.pathways[j])}" for j in system.pathways_of(i)]
    absorbed = bool(_sources(system, i))
    if row.flow is not None:
        total = " + ".join(f"a{j}" for j in system.pathways_of(i, hepatic=True)) or "0.0"
        free = "" if row.binding is None else f"n{i} * "
        lines.append(f"    g{i} = 1.0 / (p{row.flow} + {free}({total}))")
        inlet = f"p{row.flow} * c{i}" + (f" + q{i}" if absorbed else "")
        lines.append(f"    m{i} = {free}g{i} * ({inlet})")
    for j in system.pathways_of(i):
        behind = row.flow is not None and system.pathways[j].hepatic
        lines.append(f"    l{j} = a{j} * {f'm{i}' if behind else _effective(system, i)}")
    if absorbed and row.gut_ratio is not None:
        lines.append(f"    o{i} = w{i} - q{i}")
    return lines


def _balance(system: System, i: int, f: str) -> list[str]:
    """Slopes of the central and peripheral amounts."""
    row = system.compounds[i]
    state = system.central[i]
    gains = [f"u[{system.stepped.index(i)}]"]
    if _sources(system, i):
        gains.append(f"q{i}")
    liver = "" if row.flow is None else f" * p{row.flow} * g{i}"
    gut = "" if row.gut_ratio is None else f" * b{i}"
    for made in system.formations:
        if made.target == i:
            gains.append(f"p{made.ratio} * l{made.pathway}{liver}")
    for wall in system.gut_formations:
        if wall.target == i and _sources(system, wall.compound):
            gains.append(f"p{wall.ratio} * o{wall.compound}{liver}{gut}")
    losses = [f"l{j}" for j in system.pathways_of(i)]
    lines = []
    free = "" if row.binding is None else f" * n{i}"
    for n, side in enumerate(row.peripherals):
        lines.append(f"    t{n} = p{side.out} * x{state}{free} - p{side.back} * x{state + 1 + n}")
        losses.append(f"t{n}")
    total = " + ".join(gains) + "".join(f" - {loss}" for loss in losses)
    sides = [f"    {f}{state + 1 + n} = t{n}" for n in range(len(row.peripherals))]
    return [*lines, f"    {f}{state} = {total}", *sides]


def relative(system: System, row: Induction) -> str:
    """An inducer's concentration over its EC50, to the power of its Hill coefficient; with a slope, the level alone."""
    acting = _acting(system, row.actor)
    if row.ec50 is None:
        return acting
    return f"{acting} / p{row.ec50}" if row.hill is None else f"abs({acting} / p{row.ec50}) ** p{row.hill}"


def _turnover(system: System, e: int, f: str) -> list[str]:
    """Slope of an enzyme level under its inducers, group by group, and its inactivators."""
    row = system.enzymes[e]
    rows = [induction for induction in system.inductions if induction.enzyme == e]
    lines, synthesis = [], ["1.0"]
    for group in sorted({one.group for one in rows if one.slope is None}):
        members = [one for one in rows if one.slope is None and one.group == group]
        for n, one in enumerate(members):
            lines.append(f"    s{n} = {relative(system, one)}")
        over = " + ".join(f"p{one.emax} * s{n}" for n, one in enumerate(members))
        under = " + ".join(f"s{n}" for n in range(len(members)))
        lines.append(f"    t{group} = ({over}) * (1.0 / (1.0 + {under}))")
        synthesis.append(f"t{group}")
    synthesis += [f"p{one.slope} * {_acting(system, one.actor)}" for one in rows if one.slope is not None]
    level = _enzyme(system, e)
    lost = ""
    for n, gone in enumerate(row for row in system.inactivations if row.enzyme == e):
        lines.append(f"    k{n}_ = {_acting(system, gone.actor)}")
        lost += f" - p{gone.kinact} * k{n}_ / (p{gone.ki} + k{n}_) * {level}"
    total = " + ".join(synthesis)
    lines.append(f"    {f}{system.first_enzyme + e} = p{row.kdeg} * (p{row.activity} * ({total}) - {level}){lost}")
    return lines
