"""What a move is put down to: what acts on the drug, whenever it comes, a taper as one thing."""

from __future__ import annotations

import pytest
from runs import daily, regimen, run, text

from pkinteract.analysis import answer_of
from pkinteract.report.run.sentences import sentences_of
from pkinteract.result import Result
from pkinteract.text.words import words_of

STEADY = "steady_state = true"
CAFFEINE = regimen("caffeine", daily("100 mg", "8 h", "0 d", "60 d", STEADY))


def happens(result: Result, language: str = "en") -> str:
    """The first sentence of the answer."""
    words = words_of(language)
    return next(one.text for one in sentences_of(answer_of(result), words) if one.label == "happens")


def test_a_move_is_put_down_to_what_acts_on_it() -> None:
    """Levetiracetam on day 5 does nothing to caffeine; fluvoxamine on day 20 does, and is named alone."""
    idle = regimen("levetiracetam", daily("500 mg", "12 h", "5 d", "60 d"))
    acting = regimen("fluvoxamine", daily("100 mg", "24 h", "20 d", "60 d"))

    told = happens(run(text(CAFFEINE, idle, acting, days=60)))

    assert "after fluvoxamine is started" in told
    assert "levetiracetam" not in told


def test_a_taper_is_one_cause() -> None:
    """Phenytoin from 300 mg to nothing in steps is stopped, not "goes from 300 to 200 mg"."""
    victim = regimen("quetiapine", daily("100 mg", "12 h", "0 d", "60 d", STEADY))
    taper = daily("300 mg", "24 h", "10 d", "30 d", 'taper_to = "100 mg"', 'step_every = "10 d"')
    inducer = regimen("phenytoin", daily("300 mg", "24 h", "0 d", "10 d", STEADY), taper)

    told = happens(run(text(victim, inducer, days=60)))

    assert "after phenytoin is stopped" in told


@pytest.mark.parametrize(("language", "name"), [("en", "unbound valproate"), ("de", "Valproinsäure (frei)")])
def test_an_unbound_level_is_named_as_one(language: str, name: str) -> None:
    """Not by its id."""
    valproate = regimen("valproate", daily("500 mg", "12 h", "0 d", "20 d", STEADY))
    meropenem = regimen("meropenem", daily("1 g", "8 h", "5 d", "12 d", 'route = "intravenous"', 'infusion = "30 min"'))

    told = happens(run(text(valproate, meropenem, days=20)), language)

    assert name.lower() in told.lower()
    assert "valproate-unbound" not in told


ALBUMIN_AND_WEIGHT = '[[patient.change]]\nat = "10 d"\nalbumin = "25 g/L"\n{more}\n'


def test_a_trait_is_no_cause_of_what_it_does_not_reach() -> None:
    """Albumin falls and fluvoxamine begins on one day: phenytoin is put down to the albumin, caffeine is not."""
    phenytoin = regimen("phenytoin", daily("300 mg", "24 h", "0 d", "60 d", STEADY))
    acting = regimen("fluvoxamine", daily("100 mg", "24 h", "10 d", "60 d"))
    source = text(CAFFEINE, phenytoin, acting, days=60).replace("[patient]\n", '[patient]\nalbumin = "42 g/L"\n')
    told = happens(run(source + ALBUMIN_AND_WEIGHT.format(more="")))

    caffeine, bound = (next(part for part in told.split(". ") if name in part) for name in ("caffeine", "phenytoin"))

    assert "albumin" in bound
    assert "albumin" not in caffeine
    assert "fluvoxamine is started" in caffeine


def test_a_height_is_the_cause_of_nothing() -> None:
    """Given with a weight that doubles: the weight is named alone."""
    change = '[[patient.change]]\nat = "10 d"\nweight = "95 kg"\nheight = "170 cm"\n'

    told = happens(run(text(CAFFEINE, days=60) + change))

    assert "weight goes from" in told
    assert "height" not in told


def test_what_was_changed_and_changed_back_is_told_as_it_was_changed_first() -> None:
    """Fluvoxamine from 100 to 50 mg and back: no "from 100 to 100 mg a day"."""
    first, low, again = (
        daily("100 mg", "24 h", "0 d", "10 d", STEADY),
        daily("50 mg", "24 h", "10 d", "20 d"),
        daily("100 mg", "24 h", "20 d", "60 d"),
    )

    told = happens(run(text(CAFFEINE, regimen("fluvoxamine", first, low, again), days=60)))

    assert "fluvoxamine goes from 100 to 50 mg a day" in told
