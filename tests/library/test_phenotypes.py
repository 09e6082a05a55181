"""Phenotypes, activity scores and star alleles: what CPIC's tables say, and what follows for the enzyme."""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from own_drugs import given_once
from runs import drug, pathway

import pkinteract.library
from pkinteract.library import load_library
from pkinteract.library.phenotypes import activity, genes

TABLE = tomllib.loads((Path(pkinteract.library.__file__).parent / "phenotypes.toml").read_text("utf-8"))
PUBLISHED = list(
    csv.DictReader((Path(__file__).parents[1] / "published" / "phenotypes.csv").read_text("utf-8").splitlines())
)
CLEAR = [row for row in PUBLISHED if row["phenotype"] in {"poor", "intermediate", "normal", "rapid", "ultrarapid"}]
UNCERTAIN = [row for row in PUBLISHED if row not in CLEAR]
WITH_ALLELES = [gene for gene, entry in TABLE["genes"].items() if "alleles" in entry]
WITH_SCORES = [gene for gene, entry in TABLE["genes"].items() if "score" in entry]
ORDER = ["poor", "intermediate", "normal", "rapid", "ultrarapid"]


def diplotype(row: dict[str, str]) -> str:
    return f"{row['gene']} {row['diplotype']}"


def alleles_of(gene: str) -> list[str]:
    return [name for names in TABLE["genes"][gene]["alleles"].values() for name in names]


def values(node: Any) -> Iterator[dict[str, Any]]:
    """Every number of the table that has a unit."""
    if isinstance(node, dict) and "unit" in node:
        yield node
    elif isinstance(node, dict):
        for below in node.values():
            yield from values(below)


@pytest.mark.parametrize("row", CLEAR, ids=diplotype)
def test_a_diplotype_has_the_phenotype_and_score_that_cpic_gives_it(row: dict[str, str]) -> None:
    """Every allele of a gene once beside *1, and every pair of functions."""
    found = activity(row["gene"], row["diplotype"])

    assert found.phenotype == row["phenotype"]
    assert found.score == (float(row["score"]) if row["score"] else None)


@pytest.mark.parametrize("row", UNCERTAIN, ids=diplotype)
def test_an_allele_whose_function_is_not_known_is_refused(row: dict[str, str]) -> None:
    """CPIC calls the pair indeterminate; a number would be invented."""
    allele = row["diplotype"].split("/")[1]

    with pytest.raises(ValueError, match=re.escape(f"{allele} of {row['gene']} has uncertain function")):
        activity(row["gene"], row["diplotype"])


@pytest.mark.parametrize("gene", WITH_ALLELES)
def test_the_published_table_holds_every_allele_of_the_library(gene: str) -> None:
    """No allele escapes the comparison with CPIC."""
    compared = {part for row in PUBLISHED if row["gene"] == gene for part in row["diplotype"].split("/")}

    assert set(alleles_of(gene)) | set(TABLE["genes"][gene]["uncertain"]) <= compared


@pytest.mark.parametrize(
    ("gene", "value", "factor", "kind"),
    [
        ("CYP2D6", "*1/*4", 0.5, "measured"),
        ("CYP2D6", "*1x2/*1", 1.5, "measured"),
        ("CYP2D6", "*1/*41", 0.625, "assumed"),
        ("CYP2D6", 2.25, 1.125, "assumed"),
        ("CYP2D6", "poor", 0.0, "measured"),
        ("CYP2D6", "intermediate", 0.5, "measured"),
        ("CYP2D6", "ultrarapid", 1.5, "measured"),
        ("CYP2C19", "*2/*17", 0.5, "assumed"),
        ("CYP2C19", "rapid", 1.15, "assumed"),
        ("CYP2C19", "*2/*3", 0.0, "assumed"),
        ("CYP2B6", "*1/*6", 0.752, "measured"),
        ("CYP2B6", "poor", 0.49, "measured"),
        ("CYP2B6", "*6/*18", 0.245, "assumed"),
        ("CYP3A5", "*1/*3", 0.5, "assumed"),
        ("CYP3A5", "poor", 0.0, "assumed"),
        ("UGT2B7", "normal", 1.0, "assumed"),
    ],
)
def test_a_factor_says_whether_it_was_measured(gene: str, value: str | float, factor: float, kind: str) -> None:
    """CYP2D6 counts functional genes, as measured; an allele of decreased function counts in part, as assumed."""
    found = activity(gene, value)

    assert (found.factor, found.kind) == (pytest.approx(factor), kind)
    assert found.note
    assert found.source or kind == "assumed"


@pytest.mark.parametrize(
    ("diplotype", "ratio"), [("*1/*1", 1.0), ("*1/*2", 0.685), ("*1/*3", 0.547), ("*2/*3", 0.31), ("*3/*3", 0.148)]
)
def test_factors_of_cyp2c9_give_back_the_clearance_of_s_warfarin(diplotype: str, ratio: float) -> None:
    """Hamberg 2007: clearance over that of *1/*1, with 0.85 of it through CYP2C9; factors have two decimals."""
    factor = activity("CYP2C9", diplotype).factor

    assert 0.85 * factor + 0.15 == pytest.approx(ratio, abs=0.005)


@pytest.mark.parametrize("gene", WITH_ALLELES)
@given(data=st.data())
def test_the_order_of_alleles_does_not_matter(gene: str, data: st.DataObject) -> None:
    """A diplotype is a pair without order; blanks do not matter either."""
    one, other = (data.draw(st.sampled_from(alleles_of(gene))) for _ in range(2))

    assert activity(gene, f"{one}/{other}") == activity(gene, f" {other} / {one} ")


@given(
    st.lists(st.tuples(st.sampled_from(alleles_of("CYP2D6")), st.integers(1, 3)), min_size=2, max_size=3),
)
def test_copies_and_tandems_add_their_scores(parts: list[tuple[str, int]]) -> None:
    """The score of a diplotype is the sum over every copy of every allele on both chromosomes."""
    single = [activity("CYP2D6", f"{allele}/*5").score or 0.0 for allele, _ in parts]
    first, *rest = [allele if copies == 1 else f"{allele}x{copies}" for allele, copies in parts]

    found = activity("CYP2D6", f"{first}/{'+'.join(rest)}")

    assert found.score == sum(score * copies for score, (_, copies) in zip(single, parts, strict=True))


@pytest.mark.parametrize("gene", WITH_SCORES)
def test_more_activity_is_never_a_smaller_factor(gene: str) -> None:
    """Along the scores the factor rises, and the phenotype never steps back."""
    rules = TABLE["genes"][gene]["score"]
    steps = [activity(gene, count * rules["step"]) for count in range(int(rules["highest"] / rules["step"]) + 1)]

    assert all(low.factor < high.factor for low, high in pairwise(steps))
    assert all(ORDER.index(low.phenotype) <= ORDER.index(high.phenotype) for low, high in pairwise(steps))
    assert steps[0].factor == 0
    assert activity(gene, 2).factor == 1


@pytest.mark.parametrize("gene", [gene for gene in WITH_ALLELES if gene not in WITH_SCORES])
def test_a_better_allele_is_never_a_smaller_factor(gene: str) -> None:
    """With any partner, factors rank: no function, decreased, normal, increased function."""
    table = TABLE["genes"][gene]["alleles"]
    ranked = [table[function][0] for function in ("no", "decreased", "normal", "increased") if function in table]

    for partner in ranked:
        row = [activity(gene, f"{partner}/{allele}").factor for allele in ranked]
        assert row == sorted(row), partner
    assert activity(gene, f"{table['no'][0]}/{table['no'][0]}").factor == 0
    assert activity(gene, f"{table['normal'][0]}/{table['normal'][0]}").factor == 1


@pytest.mark.parametrize("gene", genes())
def test_a_phenotype_by_name_lies_in_its_own_band(gene: str) -> None:
    """What a name stands for is called by that name; normal has factor 1; names rank as factors do."""
    names = list(TABLE["genes"][gene]["phenotypes"])
    found = {name: activity(gene, name) for name in names}

    assert all(row.phenotype == name for name, row in found.items())
    assert found["normal"].factor == 1
    ranked = [found[name].factor for name in ORDER if name in names]
    assert ranked == sorted(ranked)


@pytest.mark.parametrize("gene", WITH_ALLELES)
def test_a_poor_metaboliser_clears_by_what_is_left(gene: str) -> None:
    """The factor stands as the level of the gene's enzyme, and a linear clearance by it is that much of the normal."""
    factor = activity(gene, "poor").factor
    victim = drug("victim", pathway("oxidation", 0.6, gene), pathway("rest", 0.4), clearance="10 L/h")

    result = given_once(victim, days=5, patient=f'[patient.phenotype]\n{gene} = "poor"\n')

    np.testing.assert_allclose(result.enzyme_level[result.enzymes.index(f"{gene}_liver")], factor, rtol=1e-12)
    np.testing.assert_allclose(result.clearance["victim_total_L_per_h"], 10 * (0.6 * factor + 0.4), rtol=1e-12)


def test_every_gene_has_its_enzyme() -> None:
    """A phenotype without an enzyme to act on would be accepted and do nothing."""
    expected = {"CYP2D6", "CYP2C19", "CYP2C9", "CYP3A5", "CYP2B6", "NAT2", "UGT1A4", "UGT2B7", "EPHX1"}

    assert set(genes()) == expected
    assert expected <= set(load_library().enzymes)


def test_every_factor_is_traceable() -> None:
    """Each number has a unit and a kind, and a source or (if assumed) a reason; an interval holds its value."""
    rows = list(values(TABLE["genes"]))

    assert len(rows) > 30
    for row in rows:
        assert row["unit"] == "1", row
        assert row["kind"] in {"measured", "assumed"}, row
        assert row.get("source") in TABLE["sources"] or (row["kind"] == "assumed" and row["note"]), row
        low, high = row.get("interval", [row["value"], row["value"]])
        assert low <= row["value"] <= high, row


def test_every_source_of_the_phenotypes_is_cited() -> None:
    """No citation stands in the file without a use."""
    genes_ = TABLE["genes"].values()
    used = {row["source"] for row in values(TABLE["genes"]) if "source" in row}
    used |= {entry["allele_source"] for entry in genes_ if "allele_source" in entry}

    assert used == set(TABLE["sources"])


def test_every_turnover_is_traceable() -> None:
    """Each half-life of an enzyme has a source or a reason, and none claims to be fitted without a fit."""
    library = load_library()

    for name, enzyme in library.enzymes.items():
        rows = [organ.half_life for organ in enzyme.organs.values()]
        for value in [*rows, *([] if enzyme.smoking is None else [enzyme.smoking])]:
            assert value.source in library.enzyme_sources or (value.kind == "assumed" and value.note), name
            assert value.kind != "fitted" or (value.interval is not None and value.source), name


@pytest.mark.parametrize(
    ("gene", "value", "message"),
    [
        ("CYP2D7", "normal", "CYP2D7 is not a gene of the library; did you mean CYP2D6?"),
        ("CYP2D6", "norml", '"norml" is not a phenotype of CYP2D6; did you mean normal?'),
        ("CYP2D6", "PM", '"PM" is not a phenotype of CYP2D6; did you mean poor?'),
        ("CYP2D6", "rapid", '"rapid" is not a phenotype of CYP2D6;'),
        ("CYP2D6", "RM", '"RM" is not a phenotype of CYP2D6; write one of poor, intermediate, normal, ultrarapid, a'),
        ("CYP3A5", "non-expresser", '"non-expresser" is not a phenotype of CYP3A5; did you mean poor?'),
        (
            "CYP3A5",
            "expresser",
            '"expresser" is not a phenotype of CYP3A5; write one of poor, intermediate, normal, or',
        ),
        ("CYP2D6", "*1", 'write two alleles of CYP2D6 such as "*1/*4"'),
        ("CYP2D6", "*1/", 'write two alleles of CYP2D6 such as "*1/*4", got "*1/"'),
        ("CYP2D6", "*1/*999", "*999 is not a known CYP2D6 allele"),
        ("CYP2D6", "*1xN/*1", 'write the number of copies of an allele of CYP2D6, such as "*1x2", got "*1xN"'),
        ("CYP2D6", "*1x0/*1", 'write the number of copies of an allele of CYP2D6, such as "*1x2", got "*1x0"'),
        ("CYP2D6", "*1x9/*1x2", "an activity score of CYP2D6 lies between 0 and 10, got 11"),
        ("CYP2D6", 11.0, "an activity score of CYP2D6 lies between 0 and 10, got 11"),
        ("CYP2D6", float("nan"), "an activity score of CYP2D6 lies between 0 and 10, got nan"),
        ("CYP2D6", 1.3, "an activity score of CYP2D6 is a multiple of 0.25, got 1.3"),
        ("CYP2D6", "1.2.3", 'write an activity score of CYP2D6 such as 1.5, got "1.2.3"'),
        ("CYP2C9", 3.0, "an activity score of CYP2C9 lies between 0 and 2, got 3"),
        ("CYP2C9", 1.25, "an activity score of CYP2C9 is a multiple of 0.5, got 1.25"),
        ("CYP2C9", "*1x2/*1", "*1x2 is not a known CYP2C9 allele; close ones are"),
        ("CYP2C9", "*2+*3/*1", "*2+*3 is not a known CYP2C9 allele; close ones are"),
        ("CYP2C19", 1.0, "CYP2C19 has no activity score"),
        ("NAT2", "*4/*5", "no alleles of NAT2 are known; write one of poor, normal"),
        ("NAT2", "slow", '"slow" is not a phenotype of NAT2; did you mean poor? write one of poor, normal'),
        ("NAT2", 1.0, 'NAT2 has no activity score; write a phenotype such as "normal"'),
        ("UGT2B7", "*1/*2", 'of UGT2B7 only "normal" is known, got "*1/*2": -161C>T'),
        ("UGT1A4", 0.5, 'of UGT1A4 only "normal" is known, got 0.5: studies of *3'),
        ("EPHX1", "poor", 'of EPHX1 only "normal" is known, got "poor": the common variants'),
    ],
)
def test_what_is_no_phenotype_is_refused(gene: str, value: str | float, message: str) -> None:
    """Each refusal says what to write."""
    with pytest.raises(ValueError, match="^" + re.escape(message)):
        activity(gene, value)
