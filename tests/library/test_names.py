"""Names of drugs: each leads to its drug, in scenarios and on the command line, and never to another one."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from runs import drug, once, regimen, text

from pkinteract import load_scenario
from pkinteract.cli import main
from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.names import edits, folded
from pkinteract.text.toml import read_toml

LIBRARY = load_library()
FILE = Path(__file__).parents[2] / "pkinteract" / "library" / "other_drugs.toml"
OTHERS = [name for name in read_toml(FILE).data["names"] if LIBRARY.named(name) is None]
SEVERAL = {"warfarin": ("r-warfarin", "s-warfarin"), "B01AA03": ("r-warfarin", "s-warfarin")}


def names(id: str) -> list[str]:
    """Every name of a drug of the library."""
    monograph = LIBRARY.monograph(id)
    given = monograph.names
    own = (monograph.name, monograph.atc, given.german, *given.brands, *given.synonyms, *given.atc)
    return [name for name in own if name]


@pytest.mark.parametrize("id", LIBRARY.ids())
def test_every_name_leads_to_its_drug(id: str) -> None:
    """In any case, with hyphens or spaces; a name of two drugs leads to none and names both."""
    for name in (id, *names(id)):
        for written in (name, name.upper(), name.lower(), f" {name.replace('-', ' ')} "):
            if name in SEVERAL:
                assert LIBRARY.named(written) is None
                assert all(other in LIBRARY.unknown(written) for other in SEVERAL[name])
            else:
                assert LIBRARY.named(written) == id, written


@pytest.mark.parametrize("id", LIBRARY.ids())
def test_every_drug_has_its_german_name_and_sound_codes(id: str) -> None:
    """Each drug has a German INN, each that is dosed an ATC code too, of the form that the WHO gives them."""
    monograph = LIBRARY.monograph(id)

    codes = [*filter(None, [monograph.atc]), *monograph.names.atc]

    assert monograph.names.german
    assert codes or not monograph.absorption
    assert all(re.fullmatch(r"[A-V]\d\d[A-Z]{2}\d\d", code) for code in codes)


@pytest.mark.parametrize(
    ("name", "id"),
    [
        ("Tegretol", "carbamazepine"),
        ("St John's wort", "hyperforin"),
        ("st. john\u2019s wort", "hyperforin"),
        ("Valproinsäure", "valproate"),
        ("N03AX14", "levetiracetam"),
        ("rifampin", "rifampicin"),
    ],
)
def test_a_scenario_may_name_a_drug_as_people_do(name: str, id: str, tmp_path: Path) -> None:
    """The scenario has the id, the command prints the monograph, and the columns of a run have the id."""
    path = tmp_path / "named.toml"
    path.write_text(text(regimen(name, once("20 mg", "0 d")), days=1), "utf-8")

    scenario = load_scenario(path)
    printed = CliRunner().invoke(main, ["drugs", name])

    assert scenario.dosed == (id,)
    assert printed.exit_code == 0
    assert f"({id})" in printed.stdout.splitlines()[0]


@pytest.mark.parametrize("name", OTHERS)
def test_a_known_drug_is_never_taken_for_another(name: str) -> None:
    """What is known to be something else draws no suggestion, however it is spelled."""
    assert "did you mean" not in LIBRARY.unknown(name)
    assert LIBRARY.unknown(name).startswith(f'"{name}" is not in the library, and no drug there stands for it')


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("asenapine", '"asenapine" is not in the library, and no drug there stands for it; pkinteract drugs lists'),
        ("levetiracetm", '"levetiracetm" is not in the library; did you mean levetiracetam?'),
        ("Tegretol XR", '"Tegretol XR" is not in the library; did you mean carbamazepine?'),
        ("warfarin", '"warfarin" means r-warfarin and s-warfarin here; write one of them'),
        ("nothing like it", '"nothing like it" is not in the library; pkinteract drugs lists what there is'),
    ],
)
def test_an_unknown_drug_is_told_the_same_everywhere(name: str, words: str, tmp_path: Path) -> None:
    """In a scenario at its key, on the command line with status 2 (golden)."""
    path = tmp_path / "named.toml"
    path.write_text(text(regimen(name, once("20 mg", "0 d")), days=1), "utf-8")

    with pytest.raises(InputError) as refused:
        load_scenario(path)
    printed = CliRunner().invoke(main, ["drugs", name])

    assert [problem.message[: len(words)] for problem in refused.value.problems] == [words]
    assert printed.exit_code == 2
    assert words in printed.stderr


@given(st.sampled_from(LIBRARY.ids()), st.data())
def test_a_slip_of_the_pen_is_met_with_the_drug(id: str, data: st.DataObject) -> None:
    """Two neighbouring letters of a long id swapped, behind the first: the hint has the drug, unless that is a name."""
    places = [n for n, (one, other) in enumerate(pairwise(id)) if n and one != other and "-" not in one + other]
    place = data.draw(st.sampled_from(places))
    slip = id[:place] + id[place + 1] + id[place] + id[place + 2 :]

    if len(id) >= 8 and LIBRARY.named(slip) is None:
        assert id in LIBRARY.unknown(slip)


def test_a_drug_of_ones_own_is_found_by_its_names(tmp_path: Path) -> None:
    """Its names count beside those of the library; one that another drug has too leads to neither."""
    own = tmp_path / "own.toml"
    own.write_text(drug("own-drug", '[names]\nbrands = ["Ownbrand", "Keppra"]\n'), "utf-8")

    library = load_library([own])

    assert library.named("ownbrand") == "own-drug"
    assert library.named("Keppra") is None
    assert library.unknown("Keppra") == '"Keppra" means levetiracetam and own-drug here; write one of them'


@pytest.mark.parametrize(
    ("one", "other", "count"),
    [
        ("", "", 0),
        ("abc", "", 3),
        ("amitryptiline", "amitriptyline", 2),
        ("metoprlool", "metoprolol", 1),
        ("ca", "abc", 3),
    ],
)
def test_edits_of_known_pairs(one: str, other: str, count: int) -> None:
    """Either way round; "ca" and "abc" tell optimal string alignment (3) from the unrestricted distance (2)."""
    assert (edits(one, other), edits(other, one)) == (count, count)


@given(st.text("abc", max_size=6), st.text("abc", max_size=6))
def test_edits_are_none_only_for_the_same_word(one: str, other: str) -> None:
    """And never more than the letters of the longer word, nor fewer than the words differ in length."""
    assert (edits(one, other) == 0) == (one == other)
    assert abs(len(one) - len(other)) <= edits(one, other) <= max(len(one), len(other))


@given(st.text(max_size=30))
def test_folding_twice_is_folding_once(name: str) -> None:
    """What is folded stays as it is, and has no spaces around it."""
    assert folded(folded(name)) == folded(name) == folded(name).strip()
