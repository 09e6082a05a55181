"""The drug file: what may stand in it, what is refused and with which words, and how its values are reached."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runs import drug, oral, pathway

from pkinteract.errors import InputError, Problem
from pkinteract.library import load_library
from pkinteract.library.overrides import apply_overrides
from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.values import UNSOURCED
from pkinteract.report.drugs.text import monograph_lines

EVERYTHING = (Path(__file__).parent / "drugs" / "everything.toml").read_text("utf-8")
ABOVE_ONE = "must lie above 0 and be at most 1, got 1.7"
BASIS = 'must say whether the concentration is total or unbound; write for example { value = 4, unit = "mg/L", basis = '


def read(folder: Path, *texts: str) -> Monograph:
    """The first of some drug files that name each other."""
    paths = [folder / f"{n}.toml" for n in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text, "utf-8")
    id = tomllib.loads(texts[0])["id"]
    return load_library(paths[:1], beside=paths).monograph(id)


def problems(folder: Path, *texts: str) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        read(folder, *texts)
    return caught.value.problems


def form(*rows: str) -> str:
    """A drug with one formulation of these rows."""
    return drug("drug-x", "[absorption.oral]\n" + "".join(f"{row}\n" for row in rows))


def test_every_key_of_the_schema_may_be_given_and_every_number_is_walked(tmp_path: Path) -> None:
    """The file with every table and key is sound, and values() yields each of its numbers under the path of its key."""
    monograph = read(tmp_path, EVERYTHING)

    written = {path for path, value in leaves(tomllib.loads(EVERYTHING)) if is_quantity(path, value)}
    assert {path for path, _ in monograph.values()} == written


def leaves(data: Any, path: str = "") -> list[tuple[str, Any]]:
    """Dotted paths of the data, entries of lists by id, class or position; a value that is a table is a leaf."""
    if isinstance(data, dict) and "value" not in data:
        return [leaf for key, child in data.items() for leaf in leaves(child, f"{path}.{key}".lstrip("."))]
    if isinstance(data, list) and data and isinstance(data[0], dict):
        names = [row.get("id") or row.get("class") or i for i, row in enumerate(data)]
        return [leaf for name, row in zip(names, data, strict=True) for leaf in leaves(row, f"{path}.{name}")]
    return [(path, data)]


def is_quantity(path: str, value: Any) -> bool:
    named = path.split(".")[-1] in ("id", "name", "class", "cite", "url", "sold")
    return isinstance(value, dict) or (isinstance(value, str) and not named and re.match(r"[0-9]", value) is not None)


def test_an_override_reaches_every_number_and_keeps_its_basis(tmp_path: Path) -> None:
    """Each path that values() yields can be overridden by itself; only the kind and the note change."""
    monograph = read(tmp_path, EVERYTHING)

    for path, value in monograph.values():
        after = dict(apply_overrides(monograph, {path: f"{value.value!r} {value.unit}"}).values())[path]

        assert (after.value, after.unit, after.basis) == (value.value, value.unit, value.basis), path
        assert after.note == "override in the scenario"


def test_the_printed_monograph_holds_every_number(tmp_path: Path) -> None:
    """``pkinteract drugs NAME`` prints one line per number, with the basis beside the unit."""
    monograph = read(tmp_path, EVERYTHING)

    lines = [line.split() for line in monograph_lines(monograph)]

    rows = {line[0]: line[1:] for line in lines if line}
    for path, value in monograph.values():
        basis = [f"({value.basis})"] if value.basis else []
        assert rows[path][: 2 + len(basis)] == [f"{value.value:g}", value.unit, *basis]


def test_a_shorthand_with_a_basis_is_an_assumed_value(tmp_path: Path) -> None:
    """A bare quantity, or a table of value, unit and basis, needs neither kind nor note."""
    monograph = read(tmp_path, EVERYTHING)

    for path, value in monograph.values():
        assert (value.kind, value.note) == ("assumed", UNSOURCED), path
    ki = monograph.inhibits["CYP3A4"].ki
    assert (ki.canonical, ki.basis) == (1.0, "unbound")


SLIPS = [
    (
        'unit = "mg/L"',
        'unit = "mg/l"',
        "unit",
        '"mg/l" is not a reporting unit; write one of mg/L, ng/mL, umol/L, mmol/L',
    ),
    ('formulation = "capsule"', 'formulation = "capsul"', "formulation", "did you mean capsule?"),
    ('until = "90 y"', 'until = "9 y"', "ages.until", "must be a higher age than from"),
    (
        'blood_to_plasma = "0.6"',
        "blood_to_plasma = 0.6",
        "binding.blood_to_plasma",
        'must be text in quotes "0.8"',
    ),
    (
        'capacity = "90 mg/L"',
        'capacity = "90 L"',
        "binding.sites.capacity",
        '"L" is a unit of volume; this key needs a ',
    ),
    ('basis = "unbound" }\n\n[dist', 'basis = "total" }\n\n[dist', "binding.sites.kd", "is an unbound concentration"),
    (
        'flow = "5 L/h"',
        'flow = "5 L"',
        "distribution.peripheral[0].flow",
        "this key needs a clearance or clearance per",
    ),
    ('clearance = "10 L/h"', 'clearance = "0 L/h"', "elimination.clearance", "must be above 0, got 0 L/h"),
    ('enzyme = "CYP2C9"', 'enzyme = "CYP2C99"', "elimination.pathway[0].enzyme", "did you mean CYP2C9?"),
    ('km = { value = 4, unit = "mg/L", basis = "total" }', 'km = "4 mg/L"', "elimination.pathway[0].km", BASIS),
    ('"non-competitive"', '"uncompetitive"', "elimination.pathway[0].inhibition", "is not one of"),
    ('yield = "0.8"', 'yield = "1.7"', "elimination.pathway[0].yield", ABOVE_ONE),
    ('kind = "biliary"', 'kind = "bilary"', "elimination.pathway[1].kind", "is not one of"),
    ('class = "C"', 'class = "B"', "elimination.hepatic_function[1].class", 'class "B" stands twice'),
    ('age_from = "70 y"', 'age_from = "70 kg"', "elimination.age_effect[0].age_from", '"kg" is a unit of mass'),
    ('from = "28 wk"', 'from = "8 wk"', "elimination.pregnancy", "weeks must ascend, each from later than the one"),
    ('gut_enzyme = "CYP3A4"', 'gut_enzyme = "CYP2D6"', "first_pass.gut_enzyme", "CYP2D6 is not modelled in the gut"),
    ('salt_factor = "0.9"', 'salt_factor = "1.7"', "absorption.tablet.salt_factor", ABOVE_ONE),
    (
        'bioavailability = "1.2"',
        'bioavailability = "3"',
        "absorption.tablet.food.bioavailability",
        "would be 1.2, above 1",
    ),
    ('number = "4.5"', 'number = "-1"', "absorption.granules.transit.number", "must be at least 0, got -1"),
    (
        'shape = "1.4"',
        'shape = "14"',
        "absorption.extended-release.weibull.shape",
        "must lie between 0.3 and 10, got 14",
    ),
    ('fraction = "0.5"\nlag', 'fraction = "0.6"\nlag', "absorption.dual.part", "must add up to 1, they add up to 1.1"),
    (
        '"intravenous"',
        '"intravenous"\nlag = "1 h"',
        "absorption.intravenous.lag",
        "an intravenous formulation has no lag",
    ),
    ('receptor = "CAR/PXR"', 'receptor = "PXR"', "induces.CYP3A4.receptor", 'is not one of "CAR/PXR" or "AhR"'),
    ('unit = "L/mg"', 'unit = "mg/L"', "induces.CYP1A2.slope", 'this key needs a slope, such as "0.02 L/mg"'),
    ('organs = ["gut"]', "organs = []", "inhibits.CYP3A4.organs", "names no organ; write organs = "),
    ("[inhibits.CYP2D6]", "[inhibits.CYP2D66]", "inhibits.CYP2D66", "did you mean CYP2D6?"),
    ('kinact = "2 1/h"', 'kinact = "2 h"', "inactivates.CYP3A4.kinact", "this key needs a rate"),
    (
        '["liver", "gut"]',
        '["liver", "kidney"]',
        "inactivates.CYP3A4.organs[1]",
        '"kidney" is not one of "liver" or "gut"',
    ),
    (
        "[displaces.carbamazepine]",
        "[displaces.carbamazepin]",
        "displaces.carbamazepin",
        "means carbamazepine; write that",
    ),
    ('low = "4 mg/L"', 'low = "14 mg/L"', "reference_range.high", "must be above low"),
    ('"everything", "carb', '"nothing", "carb', "sum[0].parts[0]", "is neither this drug nor a metabolite of it"),
    ('cite = "A paper"', 'cit = "A paper"', "sources.paper.cit", "cit is not a known key; did you mean cite?"),
    ("date = 2026-01-05", 'date = "2026-01-05"', "history[0].date", "must be a date without quotes"),
]
"""A slip in every table of the file: what it replaces, the key that it is reported at, and words of the message."""


@pytest.mark.parametrize(("sound", "slip", "key", "words"), SLIPS, ids=[row[2] for row in SLIPS])
def test_a_slip_is_reported_at_its_line_with_what_to_write(
    tmp_path: Path, sound: str, slip: str, key: str, words: str
) -> None:
    """One slip, one problem (two where a misspelt key was required), at its own line or at that of its table."""
    assert sound in EVERYTHING
    text = EVERYTHING.replace(sound, slip, 1)

    found = {problem.key: problem for problem in problems(tmp_path, text)}

    assert words in found[key].message
    assert set(found) <= {key, "sources.paper.cite"}
    line = EVERYTHING[: EVERYTHING.index(sound)].count("\n") + 1
    own = slip.startswith(f"{key.rpartition('.')[2]} =")
    assert found[key].line == line if own else abs((found[key].line or 0) - line) <= 6


def test_a_slip_in_every_table_yields_all_the_problems_at_once(tmp_path: Path) -> None:
    """No slip hides another: the file with all of them has every problem that it has with one of them."""
    text = EVERYTHING
    for sound, slip, _, _ in SLIPS:
        text = text.replace(sound, slip, 1)

    found = {problem.key: problem.message for problem in problems(tmp_path, text)}

    assert [key for _, _, key, words in SLIPS if words not in found.get(key, "")] == []


@pytest.mark.parametrize(
    ("enzyme", "score", "words"),
    [
        ("CYP2C9", "1.3", "an activity score of CYP2C9 is a multiple of 0.5, got 1.3"),
        ("CYP2C9", "0", "must be above 0, got 0"),
        ("CYP2C19", "1", "CYP2C19 has no activity score"),
    ],
)
def test_a_factor_of_its_own_stands_at_a_score_of_the_gene(tmp_path: Path, enzyme: str, score: str, words: str) -> None:
    """A score that the gene cannot have, or at which there is none of the enzyme, is refused with the reason."""
    row = f'activity = [{{ score = "{score}", factor = "0.9" }}]'

    (problem,) = problems(tmp_path, drug("drug-x", pathway("all", 1.0, enzyme, row)))

    assert problem.key == "elimination.pathway[0].activity[0].score"
    assert words in problem.message


@pytest.mark.parametrize(
    ("rows", "key", "words"),
    [
        ((), "absorption.oral", "needs a way in: ka ="),
        (('transit = { number = "3", mean_time = "1 h" }',), "absorption.oral.transit", "write ka beside it"),
        (('zero_order = "2 h"', 'weibull = { scale = "2 h", shape = "1" }'), "absorption.oral.weibull", "exactly one"),
        (('zero_order = "0 h"',), "absorption.oral.zero_order", "must be above 0, got 0 h"),
        (('ka = "1 1/h"', '[[absorption.oral.part]]\nfraction = "1"\nka = "1 1/h"'), "absorption.oral.ka", "the parts"),
        (('[[absorption.oral.part]]\nfraction = "1"',), "absorption.oral.part[0]", "needs a way in: ka ="),
        (('ka = "1 1/h"', 'food = { lag = "2" }'), "absorption.oral.food.lag", "is a factor on lag, which this"),
        (('zero_order = "2 h"', 'food = { ka = "2" }'), "absorption.oral.food.ka", "is a factor on ka, which this"),
    ],
)
def test_an_oral_form_has_exactly_one_way_in(tmp_path: Path, rows: tuple[str, ...], key: str, words: str) -> None:
    """Several ways, none, or half of one are refused at the formulation, and food acts only on what is there."""
    (problem,) = problems(tmp_path, form(*rows))

    assert problem.key == key
    assert words in problem.message


@pytest.mark.parametrize(
    ("tables", "key", "words"),
    [
        ('[induces.CYP3A4]\nemax = "2"\n', "induces.CYP3A4", "receptor and ec50 missing"),
        (
            '[induces.CYP3A4]\nemax = "2"\nslope = { value = 1, unit = "L/mg", basis = "total" }\n',
            "induces.CYP3A4",
            "leave out slope or emax",
        ),
        (
            '[inhibits.CYP3A4]\nki = { value = 1, unit = "mg/L", basis = "unbound" }\n',
            "inhibits.CYP3A4.ki.basis",
            "an unbound concentration needs [binding] fraction_unbound",
        ),
        (
            '[inhibits.CYP2D6]\nki = { value = 1, unit = "mg/L", basis = "total" }\norgans = ["gut"]\n',
            "inhibits.CYP2D6.organs",
            'CYP2D6 is not modelled in the gut; write organs = ["liver"]',
        ),
        (
            '[displaces.drug-x]\nki = { value = 1, unit = "mg/L", basis = "total" }\n',
            "displaces.drug-x",
            "a drug does not displace itself; write [binding.sites]",
        ),
        (
            pathway("kidney", 1.0, "", kind="renal")
            + '[[elimination.renal_function]]\nfrom = "0 mL/min"\nfactor = "1"\n',
            "elimination.pathway[0].kind",
            "renal_function replaces renal pathways",
        ),
    ],
)
def test_tables_that_contradict_each_other_are_refused(tmp_path: Path, tables: str, key: str, words: str) -> None:
    """What one table says of another is checked, and reported at the key to change."""
    (problem,) = problems(tmp_path, drug("drug-x", tables))

    assert problem.key == key
    assert words in problem.message


DISPLACED = "[displaces.{}]\n" + 'ki = {{ value = 50, unit = "mg/L", basis = "total" }}\n'
BOUND = '[binding]\nfraction_unbound = "0.1"\n'


def test_a_displaced_drug_must_have_a_binding(tmp_path: Path) -> None:
    """The other drug is looked up, beside this file or in the library; without [binding] nothing can be displaced."""
    rival = drug("rival", DISPLACED.format("victim"))

    (problem,) = problems(tmp_path, rival, drug("victim"))
    sound = read(tmp_path, rival, drug("victim", BOUND))

    assert problem.key == "displaces.victim"
    assert problem.message == "victim has no [binding] that could be displaced; add it to its file"
    assert sound.displaces["victim"].ki.canonical == 50


def test_drugs_that_displace_each_other_in_a_circle_are_refused(tmp_path: Path) -> None:
    """Three drugs in a ring have no order in which their binding could be solved."""
    ring = [drug(f"drug-{n}", BOUND, DISPLACED.format(f"drug-{(n + 1) % 3}")) for n in range(3)]

    (problem,) = problems(tmp_path, *ring)

    assert problem.key == "displaces.drug-1"
    assert "in a circle" in problem.message


@given(
    capacity=st.floats(min_value=0.1, max_value=1000),
    kd=st.floats(min_value=0.1, max_value=1000),
    place=st.floats(min_value=-0.5, max_value=0.999),
    molar=st.booleans(),
)
def test_the_unbound_fraction_is_one_that_its_sites_allow(
    tmp_path_factory: pytest.TempPathFactory, capacity: float, kd: float, place: float, molar: bool
) -> None:
    """With one class of sites fu rises from kd/(kd + capacity) to 1; one below that is refused, in whatever unit."""
    lowest = kd / (kd + capacity)
    fraction = lowest + place * (1 - lowest if place > 0 else lowest)
    dissociation = f"{kd / 300 * 1000!r} umol/L" if molar else f"{kd!r} mg/L"
    sites = f'[binding.sites]\ncapacity = "{capacity!r} mg/L"\nkd = "{dissociation}"\n'
    text = drug("drug-x", f'[binding]\nfraction_unbound = "{fraction!r}"\n{sites}', mass="300 g/mol")
    folder = tmp_path_factory.mktemp("sites")

    if place < -1e-6:
        (problem,) = problems(folder, text)
        assert problem.key == "binding.fraction_unbound"
    elif place >= 0:
        assert read(folder, text).binding is not None


@settings(max_examples=40)
@given(st.lists(st.integers(min_value=1, max_value=50), min_size=1, max_size=6), st.sampled_from(["pathway", "part"]))
def test_shares_are_accepted_only_together(
    tmp_path_factory: pytest.TempPathFactory, weights: list[int], what: str
) -> None:
    """Shares of pathways and of parallel inputs add up to 1: they are accepted, but not with one of them halved."""
    shares = [weight / sum(weights) for weight in weights]
    folder = tmp_path_factory.mktemp("shares")

    sound = read(folder, shared(what, shares))
    (problem,) = problems(folder, shared(what, [shares[0] / 2, *shares[1:]]))

    assert len(sound.elimination.pathway if what == "pathway" else sound.absorption["oral"].parts) == len(shares)
    assert problem.key == ("elimination.pathway" if what == "pathway" else "absorption.oral.part")
    assert "must add up to 1" in problem.message


def shared(what: str, shares: list[float]) -> str:
    if what == "pathway":
        return drug("drug-x", *(pathway(f"route-{n}", share) for n, share in enumerate(shares)), oral())
    parts = "".join(f'[[absorption.oral.part]]\nfraction = "{share!r}"\nka = "1 1/h"\n' for share in shares)
    return drug("drug-x", parts)


ODD = st.sampled_from(
    (
        *('""', '"x"', '"1e999 h"', '"-1"', "0", "-1", "1e400", "9" * 400, "nan", "true", "2026-01-05"),
        *("[]", "{}", "[1]", '["a"]', "[{}]", '{ value = "a" }', "{ class = [], id = {} }"),
        "{ value = [], unit = {}, basis = 1 }",
    )
)
WRITTEN = [n for n, line in enumerate(EVERYTHING.split("\n")) if " = " in line and not line.startswith("#")]


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(WRITTEN), ODD, min_size=1, max_size=5))
def test_anything_may_stand_in_a_drug_file(tmp_path_factory: pytest.TempPathFactory, changes: dict[int, str]) -> None:
    """Whatever the values of some keys are replaced by, the file is read or refused in words; nothing else happens."""
    lines = EVERYTHING.split("\n")
    for n, odd in changes.items():
        lines[n] = f"{lines[n].partition(' = ')[0]} = {odd}"
    path = tmp_path_factory.mktemp("odd") / "odd.toml"
    path.write_text("\n".join(lines), "utf-8")

    try:
        found = load_library([path]).ids()
    except InputError as error:
        found = tuple(problem.message for problem in error.problems)
    assert all(found)


def test_every_key_of_a_drug_file_is_described() -> None:
    """docs/library.md names each table and key of the file that has them all, in backticks."""
    text = (Path(__file__).parents[2] / "docs" / "library.md").read_text("utf-8")
    marked = " ".join(re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL)))
    keys = re.findall(r"^([a-z0-9_]+) = ", EVERYTHING, re.MULTILINE)
    tables = re.findall(r"^\[+([a-z_]+)", EVERYTHING, re.MULTILINE)

    missing = [key for key in {*keys, *tables} if not re.search(rf"(?<![\w-]){key}(?![\w-])", marked)]

    assert not missing


@pytest.mark.parametrize(
    ("table", "key", "words"),
    [
        (
            '[efflux]\ntransporter = "CYP3A4"\nratio = "0.5"\n',
            "efflux.transporter",
            "CYP3A4 is none of the transporters; transporters of the gut are P-gp",
        ),
        (
            '[first_pass]\ngut_enzyme = "P-gp"\ngut_availability = "0.5"\n',
            "first_pass.gut_enzyme",
            "P-gp is none of the enzymes; enzymes of the gut are CYP3A4, CYP3A5",
        ),
    ],
)
def test_what_meets_a_drug_in_the_gut_wall_is_of_its_kind(tmp_path: Path, table: str, key: str, words: str) -> None:
    """An enzyme takes drug away and a transporter sends it back: neither name stands for the other."""
    (problem,) = problems(tmp_path, drug("drug-x", table))

    assert (problem.key, problem.message) == (key, words)


@pytest.mark.parametrize(
    ("formed", "words"),
    [
        ("warfarin", '"warfarin" is given as s-warfarin and r-warfarin; write one of them'),
        ("Tegretol", '"Tegretol" means carbamazepine; write that'),
        ("carbamazepine-epoxyde", "did you mean carbamazepine-epoxide (metabolite)? If not, name its file too"),
        ("product", '"product" is not in the library; name its file too, in library or by another --drug'),
    ],
)
def test_a_metabolite_is_in_the_library_or_has_its_file(tmp_path: Path, formed: str, words: str) -> None:
    """A name that is no id says what to write, with all else that is wrong and before anything is dosed."""
    text = drug("drug-x", pathway("all", 1.0, "CYP3A4", f'forms = "{formed}"'), volume="5 mg")

    found = {problem.key: problem.message for problem in problems(tmp_path, text)}

    assert list(found) == ["distribution.volume", "elimination.pathway[0].forms"]
    assert words in found["elimination.pathway[0].forms"]
