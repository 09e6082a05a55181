"""Pillars of drugs and combinations, and what the library says of them."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import run as start

import pytest
from click.testing import CliRunner
from runs import daily, drug, pathway, regimen, text, written

from pkinteract.cli import main
from pkinteract.effect.pillars import Meeting, meets, silent_for
from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.mechanisms.reader import mechanisms, target_faults
from pkinteract.text.toml import read_toml

LIBRARY = load_library()


def meeting(one: str, other: str) -> tuple[Meeting, str | None, bool]:
    """How two drugs meet, at which site, and whether something was published of them."""
    meet = meets({name: LIBRARY.monograph(name) for name in (one, other)})[0]
    return meet.kind, meet.site, meet.synergy is not None


@pytest.mark.parametrize("id", LIBRARY.ids())
def test_pillars_and_targets_of_the_library_fit_its_sites(id: str) -> None:
    """Sites exist and are of the pillar, carriers are formed, ends ascend; no antiseizure drug lacks a pillar."""
    monograph = LIBRARY.monograph(id)

    assert list(target_faults(read_toml(LIBRARY.files[id], ours=True).data)) == []
    assert bool(monograph.pillar) or monograph.group not in ("antiseizure", "benzodiazepine")


def test_statements_name_drugs_of_the_library_and_recalled_ones_say_so() -> None:
    """A pair is of two drugs that are there; what has kind assumed has a note."""
    file = mechanisms()

    assert {name for pair in file.synergy for name in pair.drugs} <= set(LIBRARY.ids())
    assert {name for row in file.silent for name in row.but} <= set(LIBRARY.ids())
    assert all(row.note for row in (*file.site, *file.silent, *file.synergy, *file.claim) if row.kind == "assumed")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("lamotrigine", "levetiracetam", ("complement", None, True)),
        ("lamotrigine", "carbamazepine", ("one-site", "na-inactivated", False)),
        ("levetiracetam", "brivaracetam", ("one-site", "sv2a", False)),
        ("lamotrigine", "valproate", ("possible", None, True)),
        ("lacosamide", "carbamazepine", ("one-pillar", None, False)),
        ("clobazam", "stiripentol", ("one-pillar", None, True)),
        ("cannabidiol", "clobazam", ("unknown", None, False)),
        ("ethosuximide", "levetiracetam", ("complement", None, False)),
    ],
)
def test_two_drugs_meet_as_pharmacology_teaches(one: str, other: str, expected: tuple[str, str | None, bool]) -> None:
    """Rational pairs complement each other; two sodium channel blockers meet at one channel, most at one site."""
    assert meeting(one, other) == expected
    assert meeting(other, one) == expected


def test_partner_drugs_meet_nobody() -> None:
    """Amitriptyline is no antiseizure drug."""
    assert meets({name: LIBRARY.monograph(name) for name in ("amitriptyline", "carbamazepine")}) == ()


@pytest.mark.parametrize(
    ("name", "seizure", "expected"),
    [
        ("carbamazepine", "absence", "worse"),
        ("lamotrigine", "absence", None),
        ("lamotrigine", "myoclonic", "worse"),
        ("vigabatrin", "absence", "worse"),
        ("ethosuximide", "tonic-clonic", "silent"),
        ("ethosuximide", "absence", None),
        ("valproate", "absence", None),
        ("levetiracetam", "myoclonic", None),
        ("carbamazepine", "focal", None),
    ],
)
def test_what_counts_nothing_for_a_kind_of_seizure(name: str, seizure: str, expected: str | None) -> None:
    """Sodium channel blockers against absences, ethosuximide against tonic-clonic seizures; one of several counts."""
    assert silent_for(LIBRARY.monograph(name), seizure) == expected


def test_the_list_of_pillars_shows_sites_constants_and_pairs() -> None:
    """``drugs --pillars`` prints every drug with its site and constant, who shares one, and no name with it."""
    listed = CliRunner().invoke(main, ["drugs", "--pillars"]).output
    few = CliRunner().invoke(main, ["drugs", "--pillars", "--search", "levetiracetam"]).output
    refused = CliRunner().invoke(main, ["drugs", "carbamazepine", "--pillars"])

    assert "na-inactivated: carbamazepine, carbamazepine-epoxide, lamotrigine, phenytoin" in listed
    assert "IC50 6.3 (from 4* to 12.5) mg/L" in listed
    assert "lamotrigine + valproate: more than additive" in listed
    assert "ABCB1 C3435T" in listed
    assert "SCN1A rs3812718" in listed
    assert "\nlevetiracetam " in few
    assert "\ncarbamazepine " not in few
    assert refused.exit_code == 2


def test_check_says_how_the_drugs_of_a_scenario_meet(tmp_path: Path) -> None:
    """The pillars of each, and how little a second sodium channel blocker adds."""
    path = written(tmp_path, text(regimen("lamotrigine", daily("100 mg")), regimen("carbamazepine", daily("400 mg"))))
    said = " ".join(CliRunner().invoke(main, ["check", str(path)]).output.split())

    assert "pillar lamotrigine: sodium channel, fast inactivation" in said
    assert "bind to one site" in said
    assert "lamotrigine alone engages it to 54 %, both together to 60 %; at two sites it would be 64 %" in said


def test_a_drug_of_ones_own_is_held_to_the_sites(tmp_path: Path) -> None:
    """A site that is none, a constant below its low end, a carrier that is not formed: every one with what to write."""
    own = drug(
        "own",
        pathway("all", 1.0),
        '[[pillar]]\nname = "sv2a"\nsite = "sv2"\nkind = "assumed"\nnote = "test"\nthrough = "nothing"\n',
        '[[target]]\nsite = "sv2a"\nmeasure = "IC50"\n'
        'constant = { value = 1, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }\n'
        'low = { value = 2, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }\n',
    )
    path = tmp_path / "own.toml"
    path.write_text(own, "utf-8")

    with pytest.raises(InputError) as refused:
        load_library([path])

    told = str(refused.value)
    assert '"sv2" is no site; did you mean sv2a?' in told
    assert "must be above low" in told
    assert '"nothing" is formed by no pathway of this drug' in told


def test_a_run_without_the_option_loads_nothing_of_it(tmp_path: Path) -> None:
    """``run --no-figure`` reads neither the file of mechanisms nor what engagement is made with."""
    path = written(tmp_path, text(regimen("carbamazepine", daily("400 mg")), days=1))
    code = (
        "import sys; from pkinteract.cli import main\n"
        f"main(['run', {str(path)!r}, '--no-figure', '--out', {str(tmp_path / 'out')!r}], standalone_mode=False)\n"
        "heads = ('pkinteract.effect', 'pkinteract.library.mechanisms')\n"
        "print([name for name in sys.modules if name.startswith(heads)])"
    )

    done = start([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
