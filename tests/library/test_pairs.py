"""``pairs.toml``: what is known of two drugs and not modelled, and what somebody looked for and did not find."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from runs import daily, regimen, text
from scenario_files import load

from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.evidence.outcomes import kept_outcomes
from pkinteract.library.pairs import PAIRS, KnownPair, known_advice, known_pairs, read_pairs
from pkinteract.model.expectation.estimate import changes
from pkinteract.text.toml import read_toml

LIBRARY = load_library()
NONE = math.log(1.25)
"""Bioequivalence: a change within this is none."""


def dose(drug: str) -> str:
    """A regimen in the middle of the usual range."""
    dosing = LIBRARY.monograph(drug).dosing
    ends = [value for value in (dosing.low, dosing.high, dosing.single_high) if value is not None]
    middle = math.sqrt(ends[0].value * ends[-1].value)
    return regimen(drug, daily(f"{middle:.4g} {ends[0].unit}"))


def modelled(pair: KnownPair) -> float:
    """The change of the analyte in the model [log], of the part of a sum that changes most."""
    found = changes(load(text(dose(pair.victim), dose(pair.perpetrator))))
    return max((math.log(found[part]) for part in pair.analyte.split("+")), key=abs)


def test_every_entry_is_of_known_drugs_and_has_a_source() -> None:
    """The reader refuses others; each status stands in the file, and each source is used."""
    pairs = known_pairs()

    assert {pair.status for pair in pairs} == {"known-not-modelled", "looked-for-none"}
    assert all({pair.perpetrator, pair.victim} <= set(LIBRARY.ids()) for pair in pairs)
    assert all(pair.source for pair in pairs)
    assert {pair.source for pair in (*pairs, *known_advice())} == {
        source["cite"] for source in read_toml(PAIRS).data["sources"].values()
    }


@pytest.mark.parametrize("pair", known_pairs(), ids=lambda pair: f"{pair.perpetrator}-on-{pair.analyte}")
def test_no_entry_contradicts_what_the_model_computes(pair: KnownPair) -> None:
    """
    What is called not modelled moves by less than half of the published logarithm; none is within 0.8 to 1.25.

    An entry that fails here has become modelled: take it out of pairs.toml.
    """
    found = modelled(pair)

    if pair.ratio is None:
        assert abs(found) < NONE
    else:
        nearest = min(map(math.log, pair.ratio), key=abs)
        assert found / nearest < 0.5
        assert abs(found) < max(NONE, abs(nearest) / 2)


@pytest.mark.parametrize("pair", [row for row in known_pairs() if row.ratio is None], ids=lambda pair: pair.perpetrator)
def test_none_is_said_of_no_pair_with_an_observed_change(pair: KnownPair) -> None:
    """A study of the table that was read and saw a change would speak against it."""
    mine = [row for row in kept_outcomes() if pair.perpetrator in row.perpetrators and row.victim == pair.victim]

    assert all(row.recalled or abs(math.log(row.observed)) < NONE for row in mine)


BROKEN = """
[[pair]]
perpetrator = "carbamazepin"
victim = "midazolam"
status = "known-not-modelled"
source = "paper"

[[pair]]
perpetrator = "phenytoin"
victim = "phenytoin"
status = "unknown"
source = "papers"

[[pair]]
perpetrator = "phenytoin"
victim = "amitriptyline"
analyte = "desipramine"
status = "looked-for-none"
ratio = [1.9, 1.2]
source = "paper"
colour = "red"

[[pair]]
perpetrator = "phenytoin"
victim = "amitriptyline"
analyte = "desipramine"
status = "looked-for-none"

[sources.paper]
cite = "A paper"
"""


def test_every_problem_is_told_at_once(tmp_path: Path) -> None:
    """Drug, self, status, source, analyte, ratio, unknown key, a pair twice: each with its line and key."""
    path = tmp_path / "pairs.toml"
    path.write_text(BROKEN, "utf-8")

    with pytest.raises(InputError) as refused:
        read_pairs(path, LIBRARY)

    told = {(problem.key, problem.line): problem.message for problem in refused.value.problems}
    assert told.keys() == {
        ("pair[0].perpetrator", 3),
        ("pair[0].ratio", 2),
        ("pair[1].victim", 10),
        ("pair[1].status", 11),
        ("pair[1].source", 12),
        ("pair[2].analyte", 17),
        ("pair[2].ratio", 19),
        ("pair[2].colour", 21),
        ("pair[3].analyte", 26),
        ("pair[3].source", 23),
        ("pair[3]", 23),
    }
    assert '"carbamazepin" means carbamazepine' in told["pair[0].perpetrator", 3]
    assert "neither amitriptyline nor a metabolite or sum of it" in told["pair[2].analyte", 17]
    assert "did you mean paper?" in told["pair[1].source", 12]
    assert "two that ascend" in told["pair[2].ratio", 19]
