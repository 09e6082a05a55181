"""The library: every number traceable, every reference pointing at something."""

from __future__ import annotations

from pathlib import Path

import pytest

from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.overrides import apply_overrides
from pkinteract.library.schema.values import UNSOURCED

LIBRARY = load_library()


@pytest.mark.parametrize("drug", LIBRARY.ids())
def test_every_value_is_traceable(drug: str) -> None:
    """Each number has a unit, a kind, a source or (if assumed) a reason; each fitted one an interval and its fit."""
    monograph = LIBRARY.monograph(drug)

    for path, value in monograph.values():
        assert value.source in monograph.sources or (value.kind == "assumed" and value.note), path
        assert value.note != UNSOURCED, path
        if value.kind == "fitted":
            assert value.interval is not None, path
            assert value.interval[0] <= value.value <= value.interval[1], path
            assert (Path(__file__).parents[2] / monograph.sources[value.source or ""].cite.split()[0]).is_dir(), path
    assert monograph.id == drug
    assert set(monograph.metabolites) <= set(LIBRARY.ids())
    assert set(monograph.induces) <= set(LIBRARY.enzymes)
    sold = [*monograph.dosing.strengths.values(), *monograph.dosing.other_forms.values()]
    told = [*(value for _, value in monograph.values()), *sold, *monograph.pillar]
    told += [monograph.brain.p_gp] if monograph.brain.p_gp is not None else []
    ranges = [monograph.reference_range, *(total.reference_range for total in monograph.sum)]
    told += [band.alert_of for band in ranges if band is not None and band.alert_of is not None]
    cited = {one.source for one in told}
    notes = " ".join(one.note or "" for one in told)
    idle = [
        key
        for key, row in monograph.sources.items()
        if key not in cited and f"({key})" not in notes and row.cite.split()[0] not in notes
    ]
    assert not idle, "sources that nothing cites"


def test_the_salt_of_amitriptyline_is_the_ratio_of_its_molar_masses() -> None:
    """277.40/313.86, as published."""
    factor = LIBRARY.monograph("amitriptyline").absorption["tablet"].salt_factor

    assert factor is not None
    assert factor.canonical == pytest.approx(277.40 / 313.86, abs=5e-4)


def test_an_override_replaces_one_value_and_nothing_else() -> None:
    """The original stays, the copy differs in one place and calls it assumed."""
    before = LIBRARY.monograph("carbamazepine")

    after = apply_overrides(before, {"elimination.clearance": "2 L/h"})

    changed = [path for (path, one), (_, other) in zip(before.values(), after.values(), strict=True) if one != other]
    assert changed == ["elimination.clearance"]
    assert after.elimination.clearance.kind == "assumed"


def test_an_override_of_nothing_names_what_is_close() -> None:
    """A slip in a dotted path is met with the path that was meant."""
    with pytest.raises(ValueError, match=r"did you mean elimination\.clearance"):
        apply_overrides(LIBRARY.monograph("carbamazepine"), {"elimination.clearence": "2 L/h"})


def test_a_drug_of_ones_own_may_be_eight_lines(tmp_path: Path) -> None:
    """Bare quantities are read as assumed values."""
    path = tmp_path / "drug-x.toml"
    path.write_text(
        'id = "drug-x"\nname = "Drug X"\nmolar_mass = "300 g/mol"\nunit = "ng/mL"\n[distribution]\nvolume = "20 L"\n'
        '[elimination]\nclearance = "1.1 L/h"\n[absorption.default]\nka = "1.5 1/h"\n'
    )

    monograph = load_library([path]).monograph("drug-x")

    assert monograph.elimination.clearance.kind == "assumed"
    assert monograph.default_formulation == "default"


def test_a_wrong_drug_file_names_its_problems(tmp_path: Path) -> None:
    """Unknown keys and wrong units in one's own drug are reported with their lines."""
    path = tmp_path / "bad.toml"
    path.write_text(
        'id = "bad"\nname = "Bad"\nmolar_mass = "300 g/mol"\nunit = "ng/mL"\n'
        '[distribution]\nvolum = "20 L"\nvolume = "20 h"\n[elimination]\nclearance = "1 L/h"\n'
    )

    with pytest.raises(InputError) as caught:
        load_library([path])

    assert "volum is not a known key; did you mean volume?" in str(caught.value)
    assert '"h" is a unit of time; this key needs a volume or volume per weight' in str(caught.value)
