"""Engagement of a run: relative to the day before the change, withheld where it would mislead."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from runs import course, daily, regimen, run, text, written

from pkinteract.cli import main
from pkinteract.effect.engagement import engagement_of
from pkinteract.effect.types import Engagement


def until(drug: str, dose: str, stop: str = "0 d", every: str = "12 h", start: str = "-90 d") -> str:
    return regimen(drug, course(start, f'until = "{stop}"', f'dose = "{dose}"', f'every = "{every}"'))


SWITCH = text(
    until("carbamazepine", "400 mg"),
    regimen("levetiracetam", daily("500 mg", "12 h")),
    regimen("amitriptyline", daily("75 mg", start="-90 d")),
    days=14,
)


def engaged(
    source: str = SWITCH,
    *,
    conditions: tuple[str, ...] = (),
    seizures: tuple[str, ...] = (),
    ranged: bool = False,
) -> Engagement:
    return engagement_of(run(source), conditions=conditions, seizures=seizures, ranged=ranged)


def reasons(engagement: Engagement) -> set[str]:
    return {reason for ratio in engagement.ratios for why in ratio.withheld for reason in why}


def test_the_ratio_is_one_on_the_day_before_the_change() -> None:
    """R(0) = 1 exactly, with a band of nothing; the two sites of the switch have one drug each."""
    whole = engaged()
    ratio = whole.ratios[0]

    assert whole.reference == 0
    assert (ratio.ratio[0], ratio.low[0], ratio.high[0]) == (1.0, 1.0, 1.0)
    assert [(site.site, site.drugs) for site in whole.sites] == [
        ("na-inactivated", ("carbamazepine",)),
        ("sv2a", ("levetiracetam",)),
    ]
    assert np.all((ratio.low <= ratio.ratio) & (ratio.ratio <= ratio.high))
    assert ratio.ratio.min() < 0.95 < 1.1 < ratio.ratio[-1]


def test_a_change_between_two_days_has_its_own_time() -> None:
    """The first change need not be at midnight: its time stands in the grid, and the ratio there is 1."""
    whole = engaged(text(until("carbamazepine", "400 mg", "2.25 d"), days=6))

    assert whole.reference is not None
    assert whole.time[whole.reference] / 24 == pytest.approx(2.25)
    assert whole.ratios[0].ratio[whole.reference] == 1.0
    assert whole.ratios[0].ratio[-1] > 1.9


def test_engagement_and_units_lie_between_their_ends() -> None:
    """Engagement is a share, the band holds it, and a site without a drug is engaged by nothing."""
    for site in engaged().sites:
        assert site.units is not None
        assert site.units_low is not None
        assert site.units_high is not None
        assert np.all(
            (site.low >= 0) & (site.low <= site.engagement) & (site.engagement <= site.high) & (site.high < 1)
        )
        assert np.all((site.units_low <= site.units + 1e-12) & (site.units <= site.units_high + 1e-12))


def test_partners_are_shown_and_in_no_ratio() -> None:
    """Amitriptyline and nortriptyline fill the transporters; the ratio is the same without them."""
    alone = engaged(text(until("carbamazepine", "400 mg"), regimen("levetiracetam", daily("500 mg", "12 h")), days=14))

    assert {site.site for site in engaged().partners} == {"sert", "net"}
    assert engaged().ratios[0].ratio == pytest.approx(alone.ratios[0].ratio, rel=0.01)
    assert not alone.partners


def test_a_second_sodium_blocker_adds_little_and_levetiracetam_more() -> None:
    """On lamotrigine, carbamazepine adds fewer units than levetiracetam does, though both are in their ranges."""

    def added(drug: str, dose: str) -> float:
        both = engaged(
            text(
                regimen("lamotrigine", daily("200 mg", "12 h", "-60 d")),
                regimen("valproate", daily("500 mg", "12 h", "-60 d")),
                regimen(drug, daily(dose, "12 h")),
                days=5,
            )
        )
        at = both.reference
        assert at is not None
        return float(sum(site.units[-1] - site.units[at] for site in both.sites if site.units is not None))

    assert 0 < added("carbamazepine", "400 mg") < 0.4 * added("levetiracetam", "1500 mg")


def test_dravet_with_a_sodium_blocker_withholds_the_ratio() -> None:
    """While carbamazepine is on board: an arrow up and no number; when it is gone: down, and one of the other sites."""
    whole = engaged(conditions=("dravet",))
    ratio = whole.ratios[0]

    assert ratio.withheld[0] == ("sodium-in-dravet",)
    assert np.isnan(ratio.ratio[0])
    assert (ratio.arrows[0], ratio.arrows[-1]) == ("up", "down")
    assert ratio.withheld[-1] == ()
    assert ratio.ratio[-1] < 1
    assert whole.sodium_left is not None
    assert (whole.sodium_left[0], whole.sodium_left[-1]) == (1.0, pytest.approx(0.0, abs=0.01))


def test_dravet_without_a_sodium_blocker_keeps_the_ratio() -> None:
    """Levetiracetam alone blocks no channel: nothing is withheld, no arrow is drawn."""
    ratio = engaged(text(until("levetiracetam", "500 mg"), days=4), conditions=("scn1a-loss-of-function",)).ratios[0]

    assert ratio.withheld == ((),) * len(ratio.withheld)
    assert set(ratio.arrows) == {""}


def test_alcohol_withdrawal_withholds_the_ratio_throughout() -> None:
    """Inhibition is low by a size that nobody knows: an arrow up on every day."""
    ratio = engaged(conditions=("alcohol-withdrawal",)).ratios[0]

    assert set(ratio.withheld) == {("alcohol-withdrawal",)}
    assert set(ratio.arrows) == {"up"}
    assert np.isnan(ratio.ratio).all()


@pytest.mark.parametrize("drug", ["clobazam", "phenobarbital", "primidone"])
def test_a_taper_after_long_use_withholds_the_ratio_from_then_on(drug: str) -> None:
    """A benzodiazepine or barbiturate that goes down after ninety days; before it does there is a ratio."""
    dose = {"clobazam": "10 mg"}.get(drug, "100 mg")
    source = text(until("carbamazepine", "400 mg", "2 d"), until(drug, dose, "5 d"), days=9)
    ratio = engaged(source, ranged=True).ratios[0]

    assert "taper" not in ratio.withheld[5]
    assert all("taper" in why for why in ratio.withheld[6:])
    assert ratio.arrows[-1] == "up"


def test_a_rescue_dose_is_no_taper() -> None:
    """A benzodiazepine that is taken for a day has changed no receptor."""
    source = text(until("levetiracetam", "500 mg", "2 d"), until("clobazam", "10 mg", "3 d", start="1 d"), days=5)

    assert "taper" not in reasons(engaged(source, ranged=True))


def test_a_drug_without_units_that_moves_withholds_the_ratio_until_it_counts_by_its_range() -> None:
    """Carbamazepine to valproate: no number by constants alone; with range units there is one, hatched."""
    source = text(until("carbamazepine", "400 mg"), regimen("valproate", daily("500 mg", "12 h")), days=7)
    plain, ranged = engaged(source), engaged(source, ranged=True)

    assert plain.ranges[0].judged == "valproate"
    assert (plain.ranges[0].states[0], plain.ranges[0].states[-1]) == ("gone", "inside")
    assert plain.ratios[0].withheld[-1] == ("moves",)
    assert reasons(ranged) == set()
    assert 0.6 < ranged.ratios[0].ratio[-1] < 1.6


def test_a_drug_without_units_that_stays_cancels() -> None:
    """Valproate beside a switch of others is on both sides of the ratio."""
    source = text(until("levetiracetam", "500 mg"), regimen("valproate", daily("500 mg", "12 h", "-90 d")), days=4)

    assert reasons(engaged(source)) == set()


def test_oxcarbazepine_is_judged_by_what_it_forms() -> None:
    """The monohydroxy derivative carries the effect, and has the range."""
    assert engaged(text(until("oxcarbazepine", "600 mg"), days=4)).ranges[0].judged == "licarbazepine"


def test_a_run_without_a_change_has_no_ratio() -> None:
    """There is no day before the first change."""
    assert reasons(engaged(text(until("levetiracetam", "500 mg", "90 d"), days=4))) == {"no-change"}


def test_sodium_blockers_count_nothing_against_absences() -> None:
    """Carbamazepine: no unit and an arrow; lamotrigine counts; atonic seizures: nothing here says what counts."""
    kinds = engaged(
        text(until("carbamazepine", "400 mg"), regimen("lamotrigine", daily("100 mg", "12 h", "-60 d")), days=4),
        seizures=("focal", "absence", "atonic"),
    ).ratios

    assert [ratio.seizure for ratio in kinds] == ["focal", "absence", "atonic"]
    assert (kinds[0].silent, kinds[1].silent, kinds[1].worse) == ((), ("carbamazepine",), ("carbamazepine",))
    assert kinds[0].ratio[-1] > kinds[1].ratio[-1]
    assert kinds[1].arrows[0] == "up"
    assert set(kinds[2].withheld) == {("no-statement",)}


def test_the_files_of_a_run_say_it_too(tmp_path: Path) -> None:
    """engagement.csv has the ratio, report.html the section, run.json every constant with its source."""
    path = written(tmp_path, SWITCH)
    done = CliRunner().invoke(main, ["run", str(path), "--engagement", "--out", str(tmp_path / "out")])

    assert done.exit_code == 0, done.output
    assert done.stdout.count("not a seizure risk") == 1
    rows = list(csv.DictReader((tmp_path / "out" / "engagement.csv").read_text("utf-8").splitlines()))
    first = next(row for row in rows if row["what"] == "ratio")
    assert (first["day"], first["name"], first["ratio"], first["withheld"]) == ("0", "all", "1", "")
    assert {row["what"] for row in rows} == {"brain", "site", "partner", "ratio"}
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    assert 'id="effect-head"' in page
    assert page.count("not a seizure risk") == 1
    record = json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))["engagement"]
    constants = {number["path"]: number for number in record["numbers"] if number["item"] == "levetiracetam"}
    assert constants["target.sv2a.constant"]["value"] == 6.3
    assert constants["target.sv2a.constant"]["source"]
    assert record["range_units"] is False


def test_without_the_option_nothing_is_written_of_it(tmp_path: Path) -> None:
    """No table, no section, no entry; and range units ask for it."""
    path = written(tmp_path, text(until("levetiracetam", "500 mg"), days=2))
    done = CliRunner().invoke(main, ["run", str(path), "--no-figure", "--out", str(tmp_path / "out")])
    asked = CliRunner().invoke(main, ["run", str(path), "--range-units", "--out", str(tmp_path / "other")])

    assert done.exit_code == 0
    assert not (tmp_path / "out" / "engagement.csv").exists()
    assert "engagement" not in json.loads((tmp_path / "out" / "run.json").read_text("utf-8"))
    assert (asked.exit_code, (tmp_path / "other").exists()) == (2, False)
    assert "--range-units goes with --engagement" in asked.stderr
