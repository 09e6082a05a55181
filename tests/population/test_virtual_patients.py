"""Virtual patients: they are who the population says, whoever draws them and in whatever pieces."""

from __future__ import annotations

import csv
import math
import tomllib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from populations import (
    CRITICAL,
    ERROR,
    SWITCH,
    N,
    columns,
    distance,
    drawn,
    headline,
    log_mean,
    log_sd,
    population,
)
from runs import daily, regimen, text, written
from scenario_files import load
from scipy import stats

from pkinteract.cli import main
from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.lognormal import TAIL
from pkinteract.library.people import reference as people
from pkinteract.population.people.cohort import Array, Cohort
from pkinteract.population.people.draw import draw, unlike
from pkinteract.population.people.specification import PopulationSpecification, specification
from pkinteract.scenario.streams import Streams, philox
from pkinteract.units import dimension_of

# Random numbers


@pytest.mark.parametrize(
    ("counter", "key", "words"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_the_generator_gives_its_known_answers(
    counter: tuple[int, ...], key: tuple[int, int], words: tuple[int, ...]
) -> None:
    """Philox4x32-10 as its authors publish it (the known-answer vectors of Random123)."""
    found = philox([np.array([word], dtype=np.uint64) for word in counter], key)

    assert tuple(int(word[0]) for word in found) == words


def test_uniform_numbers_are_uniform_and_independent() -> None:
    """Each stream is uniform, and none tells of another, of its own second number, or of the next patient."""
    names = [f"thing {n}" for n in range(12)]

    one, two = Streams(seed=3, number=np.arange(N)).pairs(names)

    assert max(stats.kstest(row, "uniform").statistic for row in (*one, *two)) < 2.3 / math.sqrt(N)
    together = np.corrcoef(np.concatenate([one, two, one[:, np.r_[1:N, 0]]]))
    assert np.abs(together - np.eye(len(together))).max() < 1.3 * ERROR


def test_no_two_things_of_the_library_share_a_stream() -> None:
    """Every name that a population of all shipped drugs could draw has random numbers of its own."""
    library = load_library()
    names = ["age", "sex", "weight", "height", "creatinine", "smoking", "ancestry", "row"]
    names += [*people.drawn_genes(), *(f"level of {name}" for name in library.enzymes)]
    for drug in library.ids():
        names += [f"{key} of {drug}" for key in ("clearance", "volume", "ka", "bioavailability")] + [f"doses of {drug}"]

    first = Streams(seed=1, number=np.array([0])).uniforms(names)

    assert len(names) > 300
    assert len(np.unique(first)) == len(names)


# The same patients


@settings(max_examples=15, deadline=None)
@given(st.lists(st.integers(0, 400), min_size=1, max_size=4), st.integers(0, 2**64 - 1))
def test_a_patient_does_not_depend_on_the_block(cuts: list[int], seed: int) -> None:
    """However a population is cut into blocks, every number of every patient is the same to the last bit."""
    spec = replace(specification(headline()), seed=seed)
    edges = sorted({0, 400, *cuts})

    whole = columns(draw(headline(), spec, 0, 400))
    parts = [columns(draw(headline(), spec, low, high - low)) for low, high in pairwise(edges)]

    for name, values in whole.items():
        np.testing.assert_array_equal(np.concatenate([part[name] for part in parts]), values, err_msg=name)


def test_another_drug_changes_nobody() -> None:
    """Who the patients are does not depend on what they take, nor on how many there are."""
    alone = columns(drawn(population(regimens=(SWITCH[0],)), 500))

    both = columns(drawn(population("n = 100000", regimens=(*SWITCH, regimen("phenytoin", daily("300 mg")))), 500))

    assert set(alone) < set(both)
    for name, values in alone.items():
        np.testing.assert_array_equal(both[name], values, err_msg=name)


def test_another_seed_draws_other_people() -> None:
    """The seed decides, all of its 64 bits."""
    ages = [drawn(headline(), 50, seed=seed).age for seed in (1, 2, 1 + 2**32, 2**63)]

    assert len({age.tobytes() for age in ages}) == 4


GOLDEN = {
    "weight": [56.4665316417, 82.9361466541, 87.3967260071],
    "age": [76.2952899751, 47.8678862391, 36.3899720742],
    "height": [1.63278918577, 1.6887928183, 1.84213898419],
    "creatinine_clearance": [65.2311209798, 120.566294908, 128.573705938],
    "CYP2D6 score": [2.0, 1.0, 1.0],
    "CYP2C19 factor": [0.5, 0.5, 1.15],
    "level CYP3A4": [1.26117238723, 0.562286115898, 1.48519124018],
    "level UGT1A4": [1.52901425617, 0.670094686244, 1.55167141713],
    "clearance carbamazepine": [1.05635642926, 1.04808703308, 0.777039074096],
}


def test_the_first_patients_are_the_same_on_every_machine() -> None:
    """Numbers that were written down once come out again, to 1e-9 (golden)."""
    cohort = drawn(headline(), 3)

    found = {name: columns(cohort)[name] for name in GOLDEN}

    for name, values in GOLDEN.items():
        np.testing.assert_allclose(found[name], values, rtol=1e-9, err_msg=name)
    assert list(cohort.phenotype["CYP2D6"].phenotype) == ["normal", "intermediate", "intermediate"]


# Bodies


def test_ages_are_uniform_and_women_as_many_as_asked() -> None:
    """Ages fill their range evenly; the share of women and of smokers is that of the population."""
    cohort = drawn(population('age = ["30 y", "60 y"]', 'women = "30 %"', "smokers = 0.2"))

    assert stats.kstest(cohort.age, stats.uniform(30, 30).cdf).statistic < CRITICAL
    assert cohort.female.mean() == pytest.approx(0.3, abs=ERROR / 2)
    assert cohort.smoker.mean() == pytest.approx(0.2, abs=ERROR / 2)


@pytest.mark.parametrize("quantity", ["weight", "height"])
@pytest.mark.parametrize(
    ("sex", "age"), [("female", 25), ("female", 55), ("female", 85), ("male", 35), ("male", 45), ("male", 75)]
)
def test_size_has_the_published_percentiles(quantity: str, sex: str, age: int) -> None:
    """5, 25, 50, 75 and 95 % of the people of an age lie below the percentiles of NHANES 2021 to 2023.

    Four standard errors, and 0.3 % for the bounds of weight, height and body mass index.
    """
    spec = PopulationSpecification(ages=(age, age), women=float(sex == "female"))
    row = next(row for row in size_rows() if (row["quantity"], row["sex"]) == (quantity, sex) and covers(row, age))

    values = getattr(draw(headline(), spec, 0, N), quantity) * (100 if quantity == "height" else 1)

    for name, share in (("p5", 0.05), ("p25", 0.25), ("p50", 0.5), ("p75", 0.75), ("p95", 0.95)):
        tolerance = 4 * math.sqrt(share * (1 - share) / N) + 0.003
        assert np.mean(values < float(row[name])) == pytest.approx(share, abs=tolerance), name


def size_rows() -> list[dict[str, str]]:
    with (people.FOLDER / "size.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def covers(row: dict[str, str], age: float) -> bool:
    return float(row["age_from_y"]) <= age <= float(row["age_to_y"] or 200)


@pytest.mark.parametrize(("sex", "published"), [("female", 0.27), ("male", 0.42)])
def test_the_tall_are_heavier(sex: str, published: float) -> None:
    """Logarithms of weight and height correlate as the spread of the body mass index implies, to 0.03."""
    cohort = draw(headline(), PopulationSpecification(ages=(45.0, 45.0), women=float(sex == "female")), 0, N)

    found = np.corrcoef(np.log(cohort.weight), np.log(cohort.height))[0, 1]

    assert found == pytest.approx(published, abs=0.03)


def test_the_body_mass_index_is_as_published() -> None:
    """Median and 95th percentile of adults come out as in NHANES 2021 to 2023, where they were not read, to 5 %."""
    cohort = draw(headline(), PopulationSpecification(ages=(20.0, 85.0)), 0, N)
    index = cohort.weight / cohort.height**2

    found = [np.percentile(index[cohort.female == sex], [50, 95]) for sex in (True, False)]

    np.testing.assert_allclose(found, [[28.3, 44.9], [28.2, 42.1]], rtol=0.05)


def test_nobody_lies_beyond_the_bounds() -> None:
    """Weight, height, body mass index and creatinine clearance stay within the bounds of the table."""
    cohort = draw(headline(), PopulationSpecification(ages=(18.0, 90.0)), 0, 100_000)
    found = {name: getattr(cohort, name) for name in ("weight", "height", "creatinine_clearance")}
    found["body_mass_index"] = cohort.weight / cohort.height**2

    for name, (low, high) in people.bounds().items():
        assert low * (1 - 1e-12) <= found[name].min(), name
        assert found[name].max() <= high * (1 + 1e-12), name


@pytest.mark.parametrize(
    ("women", "median", "sd"), [(1.0, 0.7 * 1.25 ** (1 / 3), 0.215), (0.0, 0.9 * 1.29 ** (1 / 3), 0.203)]
)
def test_creatinine_has_its_distribution(women: float, median: float, sd: float) -> None:
    """At 60 y the creatinine behind the clearance is log-normal about its median: Cockcroft–Gault backwards (KS)."""
    scenario = population('weight = { mean = "60 kg", sd = "1 kg" }', 'age = ["60 y", "60 y"]', f"women = {women}")

    cohort = drawn(scenario)

    creatinine = 80 * cohort.weight * (0.85 if women else 1.0) / (72 * cohort.creatinine_clearance)
    assert distance(np.log(creatinine), math.log(median), sd) < CRITICAL


def test_kidneys_follow_age_and_weight() -> None:
    """The old and the light clear less: rank correlations with age below -0.5, with weight above 0.3."""
    cohort = drawn(headline())

    by_age, by_weight = (stats.spearmanr(row, cohort.creatinine_clearance)[0] for row in (cohort.age, cohort.weight))

    assert by_age < -0.5
    assert by_weight > 0.3


@pytest.mark.parametrize(
    ("row", "name", "law"),
    [
        (
            'weight = { mean = "60 kg", sd = "12 kg" }',
            "weight",
            stats.lognorm(log_sd(0.2), scale=60 / log_mean(log_sd(0.2))),
        ),
        ('weight = { shape = "normal", mean = "80 kg", sd = "9 kg" }', "weight", stats.norm(80, 9)),
        ('age = { mean = "50 y", sd = "10 y", from = "40 y", until = "70 y" }', "age", stats.truncnorm(-1, 2, 50, 10)),
        ('height = { shape = "uniform", from = "150 cm", until = "190 cm" }', "height", stats.uniform(1.5, 0.4)),
        (
            'creatinine_clearance = { mean = "50 mL/min", sd = "20 mL/min" }',
            "creatinine_clearance",
            stats.lognorm(log_sd(0.4), scale=50 / log_mean(log_sd(0.4))),
        ),
    ],
)
def test_a_distribution_of_the_file_is_drawn(row: str, name: str, law: stats.rv_continuous) -> None:
    """Normal, log-normal and uniform distributions with their bounds (KS; the tails beyond 3.29 SD are not drawn)."""
    values = getattr(drawn(population(row)), name)

    assert stats.kstest(values, law.cdf).statistic < CRITICAL + TAIL


def test_serum_creatinine_of_the_file_gives_the_clearance() -> None:
    """Cockcroft–Gault of a level in umol/L that hardly varies, by the adjusted weight in obesity."""
    cohort = drawn(population('serum_creatinine = { mean = "88.4 umol/L", sd = "0.001 umol/L" }'), 200)

    expected = cockcroft_gault(cohort, 88.4 * 113.12 / 1e4)
    np.testing.assert_allclose(cohort.creatinine_clearance, expected, rtol=1e-4)


def cockcroft_gault(cohort: Cohort, creatinine: float) -> Array:
    """(n,) creatinine clearance [mL/min] at a level [mg/dL]; in obesity 0.4 of the weight above ideal counts."""
    ideal = np.where(cohort.female, 45.5, 50) + 2.3 * (cohort.height / 0.0254 - 60)
    obese = cohort.weight / cohort.height**2 >= 30
    weight = np.where(obese, ideal + 0.4 * (cohort.weight - ideal), cohort.weight)
    clearance = (140 - cohort.age) * weight * np.where(cohort.female, 0.85, 1) / (72 * creatinine)
    return np.minimum(clearance, 200)


def test_what_is_fixed_stays_as_in_the_patient() -> None:
    """Body, genes with their enzyme, and drugs named in ``fixed`` do not vary; all else does."""
    fixed = '["weight", "age", "sex", "creatinine_clearance", "CYP2D6", "carbamazepine"]'

    cohort = drawn(population(f"fixed = {fixed}"), 300)

    assert (cohort.weight == 70).all()
    assert (cohort.age == 45).all()
    assert cohort.female.all()
    assert (cohort.creatinine_clearance == 95).all()
    assert not {"CYP2D6"} & {*cohort.phenotype, *cohort.abundance}
    assert {drug for drug, _ in cohort.factors} == {"amitriptyline", "nortriptyline", "carbamazepine-epoxide"}
    assert np.ptp(cohort.height) > 0.2
    assert len(set(cohort.phenotype["CYP2C19"].phenotype)) == 5


def test_a_fixed_creatinine_gives_everybody_a_clearance() -> None:
    """With the level of [patient] fixed, clearance follows age, weight, height and sex."""
    source = text(*SWITCH, patient='[population]\nfixed = ["serum_creatinine"]\n')
    scenario = load(source.replace('creatinine_clearance = "95 mL/min"', 'serum_creatinine = "1 mg/dL"'))

    cohort = drawn(scenario, 100)

    np.testing.assert_allclose(cohort.creatinine_clearance, cockcroft_gault(cohort, 1.0), rtol=1e-12)


# What a population is of


def test_without_a_table_ages_are_those_of_every_drug() -> None:
    """The default population stays within the ages that every monograph covers."""
    spec = specification(load(text(regimen("alprazolam", daily("1 mg")))))

    assert spec == PopulationSpecification(ages=(18.0, 75.0))
    assert specification(headline(), n=5, seed=9).n == 5


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ('[[patient.change]]\nat = "2 d"\nweight = "72 kg"\n', "stay as they are"),
        ('pregnancy = "10 wk"\n', "not pregnant"),
    ],
)
def test_a_changing_patient_stands_for_no_population(lines: str, message: str) -> None:
    """Changes and pregnancies are refused without a table as with one."""
    with pytest.raises(InputError, match=message):
        specification(load(text(*SWITCH, patient=lines)))


def test_check_prints_the_population(tmp_path: Path) -> None:
    """One line of ``check`` says who is drawn, and what [patient] says in vain is a warning."""
    lines = (
        '[patient.phenotype]\nCYP2D6 = "poor"\n[population]\nn = 5000\nseed = 3\nwomen = 0.6\nadherence = "published"\n'
    )
    path = written(tmp_path, text(*SWITCH, patient=lines))

    done = CliRunner().invoke(main, ["check", str(path)])

    people_line = next(line for line in done.stdout.splitlines() if line.startswith("  people"))
    assert people_line == (
        "  people    5,000 patients (seed 3), European, 18 to 90 y, 60% women, 39% to 87% of the oral doses taken"
    )
    assert (
        'patient.phenotype.CYP2D6: is drawn in [population]; to keep it write fixed = ["CYP2D6"] there' in done.stdout
    )


def test_every_number_of_the_tables_has_its_paper() -> None:
    """Each value has a known unit and kind, and a source that the file lists; only assumed ones may do without."""
    data = tomllib.loads((people.FOLDER / "people.toml").read_text("utf-8"))
    sources = data["sources"]
    values = list(quantities({name: table for name, table in data.items() if name != "sources"}))

    assert len(values) > 30
    for value in values:
        dimension_of(value["unit"])
        assert value["kind"] in ("measured", "assumed")
        assert value.get("source") in sources or (value["kind"] == "assumed" and value["note"])
    for name in ("size.csv", "alleles.csv", "phenotypes.csv"):
        with (people.FOLDER / name).open(encoding="utf-8", newline="") as file:
            assert {row["source"] for row in csv.DictReader(file)} <= set(sources)


def quantities(node: object) -> list[dict[str, object]]:
    if isinstance(node, dict):
        return [node] if "value" in node else [value for child in node.values() for value in quantities(child)]
    return [value for child in node for value in quantities(child)] if isinstance(node, list) else []


@pytest.mark.parametrize(
    ("own", "row", "unlike_them"),
    [
        ({}, "n = 20", []),
        ({"age": 8.0, "weight": 24.0}, "n = 20", ["age", "weight"]),
        ({"creatinine_clearance": 12.0}, "n = 20", ["creatinine_clearance"]),
        ({"creatinine_clearance": 12.0}, 'fixed = ["creatinine_clearance"]', []),
        ({"weight": 24.0}, 'weight = { mean = "70 kg", sd = "5 kg" }', ["weight"]),
        ({"age": 20.0}, "n = 20", []),
    ],
)
def test_a_patient_whom_hardly_anybody_is_like_is_named(
    own: dict[str, float], row: str, unlike_them: list[str]
) -> None:
    """A child or failing kidneys, of which adults with sound ones are drawn: with the ends of what these have."""
    scenario = population(row)
    patient = replace(scenario.patient, **own)

    found = unlike(replace(scenario, patient=patient), specification(scenario))

    assert list(found) == unlike_them
    everybody = columns(drawn(replace(scenario, patient=patient)))
    for name, ends in found.items():
        assert ends["own"] == own[name]
        assert not ends["low"] <= own[name] <= ends["high"]
        inside = np.mean((everybody[name] >= ends["low"]) & (everybody[name] <= ends["high"]))
        assert inside == pytest.approx(0.99, abs=0.01)
