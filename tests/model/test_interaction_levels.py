"""What ``model.interaction`` says of a level is what the engine does at that level, for every drug of the library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import pytest
from own_drugs import TIGHT, binding
from runs import INTRAVENOUS, drug, once, pathway, regimen, run, text

from pkinteract.library import load_library
from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.values import Value
from pkinteract.model.interaction import Level, fold, inactivation, inhibition
from pkinteract.model.parts import acting_constant, fraction_unbound

LIBRARY = load_library()
ACTING = [
    name
    for name in LIBRARY.ids()
    if LIBRARY.monograph(name).induces or LIBRARY.monograph(name).inhibits or LIBRARY.monograph(name).inactivates
]
VOLUME = 100.0


def constant(name: str, value: Value | None) -> str:
    """A number of the library as it is written."""
    if value is None:
        return ""
    basis = f', basis = "{value.basis}"' if value.basis else ""
    return f'{name} = {{ value = {value.value!r}, unit = "{value.unit}", kind = "assumed", note = "copy"{basis} }}\n'


def where(organs: Sequence[str] | None) -> str:
    return "" if organs is None else f"organs = {list(organs)!r}\n".replace("'", '"')


def copy_that_stays(monograph: Monograph) -> str:
    """A drug that acts as the monograph does, and that nothing clears."""
    tables = [binding(unbound=fraction_unbound(monograph))]
    for enzyme, row in monograph.induces.items():
        receptor = f'receptor = "{row.receptor}"\n' if row.receptor else ""
        names = ("emax", "ec50", "hill", "slope")
        tables.append(f"[induces.{enzyme}]\n{receptor}" + "".join(constant(name, getattr(row, name)) for name in names))
    for enzyme, reversible in monograph.inhibits.items():
        tables.append(f"[inhibits.{enzyme}]\n{constant('ki', reversible.ki)}{where(reversible.organs)}")
    for enzyme, gone in monograph.inactivates.items():
        constants = f"{constant('kinact', gone.kinact)}{constant('ki', gone.ki)}{where(gone.organs)}"
        tables.append(f"[inactivates.{enzyme}]\n{constants}")
    mass = f"{monograph.molar_mass.value} {monograph.molar_mass.unit}"
    return drug("still", *tables, INTRAVENOUS, volume=f"{VOLUME} L", clearance="0.000000001 L/h", mass=mass)


def a_level(monograph: Monograph) -> float:
    """Where the first of its constants is half of the effect [mg/L, total]."""
    rows = [row.ec50 for row in monograph.induces.values() if row.ec50 is not None]
    rows += [row.ki for row in (*monograph.inhibits.values(), *monograph.inactivates.values())]
    return acting_constant(rows[0], monograph) if rows else 5.0


@pytest.mark.parametrize("name", ACTING)
@pytest.mark.parametrize("basis", ["total", "unbound"])
def test_a_level_does_what_the_engine_does_at_it(name: str, basis: Literal["total", "unbound"]) -> None:
    """After many half-lives the enzyme stands at fold times inactivation, whether the level is told total or unbound.

    A probe of it is cleared by that times what inhibition leaves.
    """
    monograph = LIBRARY.monograph(name)
    total = a_level(monograph)
    enzymes = list(dict.fromkeys([*monograph.induces, *monograph.inhibits, *monograph.inactivates]))
    probes = [drug(f"probe{n}", pathway("all", 1.0, enzyme), INTRAVENOUS) for n, enzyme in enumerate(enzymes)]
    doses = [regimen(f"probe{n}", once("10 mg", "0 d")) for n in range(len(enzymes))]
    held = regimen("still", once(f"{total * VOLUME!r} mg", "-200 d"))
    drugs = tuple(row.replace('formulation = "oral"', 'formulation = "intravenous"') for row in probes)
    still = copy_that_stays(monograph).replace('formulation = "oral"', 'formulation = "intravenous"')

    result = run(text(held, *doses, days=1), rtol=TIGHT, drugs=(still, *drugs))

    free = fraction_unbound(monograph)
    level = Level(compound=monograph, value=total if basis == "total" else total * free, basis=basis)
    for n, enzyme in enumerate(enzymes):
        stands = fold(enzyme, "liver", [level]) * inactivation(LIBRARY.enzymes[enzyme], enzyme, "liver", [level])
        if f"{enzyme}_liver" in result.enzymes:
            at = result.enzyme_level[result.enzymes.index(f"{enzyme}_liver")][-1]
            assert at == pytest.approx(stands, rel=1e-5)
        left = inhibition(enzyme, "liver", [level])
        cleared = result.clearance[f"probe{n}_total_L_per_h"][-1]
        assert cleared == pytest.approx(5 * stands * left, rel=1e-5)
