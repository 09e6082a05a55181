"""Names of drugs: each leads to its drug, in scenarios and on the command line, and never to another one."""

from __future__ import annotations

import re
import tomllib
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
from pkinteract.library.names import HEAD, folded, mixtures, name_faults
from pkinteract.library.schema.mixtures import Combination, Racemate
from pkinteract.library.suggestions import edits
from pkinteract.text.toml import read_some, read_toml

LIBRARY = load_library()
FILE = Path(__file__).parents[2] / "pkinteract" / "library" / "other_drugs.toml"
OTHERS = [
    name
    for listed in ("names", "look_alikes")
    for name in read_toml(FILE).data[listed]
    if LIBRARY.named(name) is None
    and not {folded(name)} & (LIBRARY.names.racemates.keys() | LIBRARY.names.combinations)
]
SEVERAL = {"B01AA03": ("r-warfarin", "s-warfarin"), "Norpramin": ("desipramine", "omeprazole")}


def names(id: str) -> list[str]:
    """Every name of a drug of the library that stands for the drug."""
    monograph = LIBRARY.monograph(id)
    given = monograph.names
    own = (monograph.name, monograph.atc, given.german, *given.brands, *given.synonyms, *given.atc)
    return [name for name in own if name]


UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"}


def test_umlauts_may_be_written_as_two_letters() -> None:
    """Every name with one: valproinsaeure as well as Valproinsäure, and without dots as before."""
    spelled = [(id, name) for id in LIBRARY.ids() for name in names(id) if set(name.lower()) & set(UMLAUTS)]

    assert spelled
    for id, name in spelled:
        written = "".join(UMLAUTS.get(char, char) for char in name.lower())
        assert LIBRARY.named(written) in (id, None if name in SEVERAL else id)


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
    """Each drug has a German INN, each that is dosed (but food) an ATC code too, of the form of the WHO."""
    monograph = LIBRARY.monograph(id)

    codes = [*filter(None, [monograph.atc]), *monograph.names.atc]

    data = tomllib.loads(LIBRARY.files[id].read_text("utf-8"))

    assert list(name_faults(data)) == []
    assert monograph.names.german
    assert codes or not monograph.absorption or monograph.group == "food"
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
    assert printed.stdout.startswith(f"{id}: ")


@pytest.mark.parametrize("name", OTHERS)
def test_a_known_drug_is_never_taken_for_another(name: str) -> None:
    """What is known to be something else draws no suggestion, however it is spelled."""
    assert "did you mean" not in LIBRARY.unknown(name)
    assert LIBRARY.unknown(name).startswith(f'"{name}" is not in the library, and no drug there stands for it')


@pytest.mark.parametrize("code", ["B01AA04", "N03AF99", "c10aa04"])
def test_a_code_of_another_substance_is_no_slip_of_the_pen(code: str) -> None:
    """B01AA04 is phenprocoumon, not a slip for the B01AA03 of warfarin."""
    assert "did you mean" not in LIBRARY.unknown(code)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("asenapine", '"asenapine" is not in the library, and no drug there stands for it; '),
        ("levetiracetm", '"levetiracetm" is not in the library; did you mean levetiracetam (antiseizure)?'),
        (
            "Norpramin",
            '"Norpramin" means desipramine (antidepressant) and omeprazole (acid suppressant) here; write one of them',
        ),
        ("nothing like it", '"nothing like it" is not in the library; '),
    ],
)
def test_an_unknown_drug_is_told_the_same_everywhere(name: str, words: str, tmp_path: Path) -> None:
    """In a scenario at its key, on the command line with status 2 (golden); what can be done with it is of each."""
    path = tmp_path / "named.toml"
    path.write_text(text(regimen(name, once("20 mg", "0 d")), days=1), "utf-8")

    with pytest.raises(InputError) as refused:
        load_scenario(path)
    printed = CliRunner().invoke(main, ["drugs", name])

    assert [problem.message[: len(words)] for problem in refused.value.problems] == [words]
    assert printed.exit_code == 2
    assert words in printed.stderr


SLOW = re.compile(r"\b(XR|XL|SR|ER|CR|LA|SA|retard|chrono|prolong|extent|continus|extended|prolonged)\b", re.IGNORECASE)


@pytest.mark.parametrize("id", LIBRARY.ids())
def test_no_slow_brand_stands_for_a_fast_form(id: str) -> None:
    """A name that says slow release belongs to a formulation, unless the default one is slow itself."""
    monograph = LIBRARY.monograph(id)

    if "release" not in (monograph.default_formulation or ""):
        assert [name for name in names(id) if SLOW.search(name)] == []


@pytest.mark.parametrize("id", LIBRARY.ids())
def test_a_name_of_a_formulation_leads_to_it(id: str) -> None:
    """Brands and salts of one form bring it, not the default one; it is modelled, or sold and known not to be."""
    monograph = LIBRARY.monograph(id)
    for form, listed in monograph.names.formulations.items():
        assert form in (*monograph.absorption, *monograph.dosing.other_forms)
        for name in listed:
            meaning = LIBRARY.meaning(name.upper())
            assert meaning is not None
            assert (meaning.drug, meaning.formulation) == (id, form)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (
            "Tegretol retard 200 mg",
            '"Tegretol retard 200 mg" begins with Tegretol retard, which is carbamazepine extended-release; write '
            'drug = "carbamazepine", formulation = "extended-release" and the dose ("200 mg") in a course',
        ),
        (
            "Lamictal 25mg",
            '"Lamictal 25mg" begins with Lamictal, which is lamotrigine; write drug = "lamotrigine" and the dose '
            '("25 mg") in a course',
        ),
        (
            "Ergenyl Vesical",
            '"Ergenyl Vesical" begins with Ergenyl, which is valproate; write drug = "valproate" and the formulation '
            'that "Vesical" stands for (tablet, extended-release, solution, intravenous)',
        ),
        (
            "Carbamazepin-ratiopharm",
            '"Carbamazepin-ratiopharm" begins with Carbamazepin, which is carbamazepine; write drug = "carbamazepine" '
            'and the formulation that "ratiopharm" stands for (tablet, extended-release, suspension, intravenous)',
        ),
        (
            "Coumadin 5 mg",
            '"Coumadin 5 mg" begins with Coumadin; write drug = "warfarin", formulation = "tablet" and the dose '
            '("5 mg") in a course',
        ),
    ],
)
def test_what_stands_behind_a_name_is_never_passed_over(name: str, words: str) -> None:
    """A strength, a salt or a form that no name has is refused with what was understood and what to write (golden)."""
    assert LIBRARY.meaning(name) is None
    assert LIBRARY.unknown(name) == words


LOOK_ALIKES = (
    "alprazolam lorazepam|alprazolam clonazepam|amantadine rimantadine|amiodarone amantadine|"
    "amlodipine amiloride|aripiprazole rabeprazole|atomoxetine atorvastatin|atomoxetine tamoxifen|"
    "bupropion buspirone|carbamazepine oxcarbazepine|carbamazepine eslicarbazepine|"
    "oxcarbazepine eslicarbazepine|cetirizine sertraline|ciprofloxacin cefuroxime|citalopram escitalopram|"
    "clobazam clonazepam|clozapine clobazam|clozapine clonazepam|clozapine fluvoxamine|clomipramine imipramine|"
    "clomipramine chlorpromazine|clonidine Klonopin|clonazepam lorazepam|ciclosporin cycloserine|"
    "cimetidine nizatidine|desipramine disopyramide|desipramine imipramine|diazepam diltiazem|"
    "diazepam lorazepam|duloxetine fluoxetine|fluoxetine fluvoxamine|fluoxetine paroxetine|"
    "gabapentin pregabalin|hydroxyzine hydralazine|Keppra Kaletra|ketoconazole ketorolac|"
    "fluconazole itraconazole|ketoconazole itraconazole|Lamictal Lamisil|lamotrigine lamivudine|"
    "lacosamide zonisamide|levetiracetam levofloxacin|levetiracetam levocarnitine|Losec Lasix|Luvox Lovenox|"
    "methadone methylphenidate|metoprolol metoclopramide|metoprolol misoprostol|nifedipine nimodipine|"
    "nortriptyline amitriptyline|olanzapine quetiapine|omeprazole esomeprazole|Paxil Plavix|"
    "phenobarbital pentobarbital|primidone prednisone|Prilosec Prozac|Prozac Proscar|quinidine quinine|"
    "rifampicin rifabutin|rifampicin rifaximin|Rifadin Ritalin|risperidone ropinirole|Sarafem Serophene|"
    "Seroquel Serzone|simvastatin pravastatin|sufentanil alfentanil|fentanyl alfentanil|Tegretol Trental|"
    "Tegretol Toradol|tizanidine tiagabine|Topamax Toprol-XL|topiramate torasemide|trazodone tramadol|"
    "triazolam temazepam|Vimpat Vimovo|valproate valacyclovir|Xanax Zantac|Zocor Zoloft|Zonegran Sinequan|"
    "Zyprexa Zyrtec"
)


@pytest.mark.parametrize("pair", LOOK_ALIKES.split("|"))
def test_names_that_look_alike_are_kept_apart(pair: str) -> None:
    """Pairs that are confused on prescriptions (after the ISMP list): neither is taken, or offered, for the other."""
    for name, other in (pair.split(), pair.split()[::-1]):
        meaning, apart = LIBRARY.meaning(name), LIBRARY.meaning(other)
        if meaning is not None:
            assert apart is None or apart.drug != meaning.drug
        else:
            assert "did you mean" not in LIBRARY.unknown(name)


@given(st.sampled_from(OTHERS), st.data())
def test_a_slip_in_the_name_of_a_missing_drug_offers_that_drug(name: str, data: st.DataObject) -> None:
    """Who misspells a drug that the library lacks is not led to one that it has, unless both are as close."""
    places = [n for n, (one, other) in enumerate(pairwise(name)) if n and one != other]
    place = data.draw(st.sampled_from(places))
    slip = name[:place] + name[place + 1] + name[place] + name[place + 2 :]
    word = folded(slip)

    if len(word) >= 5 and edits(word, folded(name)) == 1 and LIBRARY.meaning(slip) is None and " " not in name:
        told = LIBRARY.unknown(slip)
        assert "(not in the library)" in told or "no drug there stands for it" in told


def test_a_slip_is_met_with_what_the_other_drug_is() -> None:
    """The class stands behind the drug, and a brand says whose it is (golden)."""
    assert LIBRARY.unknown("clobazm") == '"clobazm" is not in the library; did you mean clobazam (antiseizure)?'
    assert LIBRARY.unknown("Tegretoll") == (
        '"Tegretoll" is not in the library; did you mean Tegretol (carbamazepine, antiseizure)?'
    )
    assert LIBRARY.unknown("hydroxzine") == (
        '"hydroxzine" is not in the library; did you mean hydroxyzine (not in the library)?'
    )


def test_several_drugs_in_one_name_are_told_apart() -> None:
    """Joined by a sign: each is written for itself, and what is missing is said (golden)."""
    assert LIBRARY.unknown("carbamazepine + Lamictal / hydroxyzine") == (
        '"carbamazepine + Lamictal / hydroxyzine" is several drugs; write a [[regimen]] for each drug: '
        '"carbamazepine", "lamotrigine"; hydroxyzine is not in the library'
    )


@pytest.mark.parametrize("product", mixtures().combination, ids=lambda product: product.brands[0])
def test_a_combination_is_refused_with_its_parts(product: Combination) -> None:
    """No brand of it is one drug; the message names each part, how much, and whether it can be written."""
    for name in product.names:
        told = LIBRARY.unknown(name)
        assert LIBRARY.meaning(name) is None
        assert all(f"{part} {amount}" in told for part, amount in product.holds.items())
        for part in product.drugs:
            id = LIBRARY.named(part)
            assert ("not in the library" in told) if id is None else (f'"{id}"' in told)


@pytest.mark.parametrize("racemate", mixtures().racemate, ids=lambda one: one.id)
def test_a_racemate_is_its_parts(racemate: Racemate) -> None:
    """Shares add up to 1, and the form of each part frees that share of the salt, as its own file says it."""
    parts = [LIBRARY.monograph(part.drug) for part in racemate.part]
    shares = [part.share.canonical for part in racemate.part]
    freed = [part.absorption[racemate.formulation].salt_factor for part in parts]
    salt = sum(factor.canonical for factor in freed if factor is not None)

    assert sum(shares) == pytest.approx(1)
    assert salt <= 1
    assert [factor.canonical / salt for factor in freed if factor is not None] == pytest.approx(shares)
    assert len({part.molar_mass.canonical for part in parts}) == 1


@pytest.mark.parametrize("id", LIBRARY.ids())
def test_the_index_reads_of_a_file_what_its_names_are(id: str) -> None:
    """Only some lines of a drug file are read for the index: they say the same as the whole file."""
    path = LIBRARY.files[id]
    whole = tomllib.loads(path.read_text("utf-8"))

    assert read_some(path, HEAD, "names") == {key: whole[key] for key in (*HEAD, "names") if key in whole}


@given(st.sampled_from(LIBRARY.ids()), st.data())
def test_a_slip_of_the_pen_is_met_with_the_drug(id: str, data: st.DataObject) -> None:
    """Two neighbouring letters of a long id swapped, behind the first: the hint has the drug, unless that is a name."""
    places = [n for n, (one, other) in enumerate(pairwise(id)) if n and one != other and "-" not in one + other]
    place = data.draw(st.sampled_from(places))
    slip = id[:place] + id[place + 1] + id[place] + id[place + 2 :]

    if len(id) >= 8 and LIBRARY.named(slip) is None:
        assert id in LIBRARY.unknown(slip)


def test_a_drug_of_ones_own_is_found_by_its_names(tmp_path: Path) -> None:
    """Its names count beside those of the library; a display name that another drug has too leads to neither."""
    own = tmp_path / "own.toml"
    own.write_text(drug("own-drug", '[names]\nbrands = ["Ownbrand"]\n', name="Midazolam"), "utf-8")

    library = load_library([own])

    assert library.named("ownbrand") == "own-drug"
    assert library.named("midazolam") == "midazolam"
    assert library.named("Midazolam") is None
    assert library.unknown("Midazolam") == (
        '"Midazolam" means midazolam (benzodiazepine) and own-drug here; write one of them'
    )


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
