"""Qualification: predicted ratios against closed forms, the limits, the tables, the command, and the kept summary."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from own_drugs import INDUCER, binding
from runs import INTRAVENOUS, drug, oral, pathway
from study_tables import table

from pkinteract.cli import main
from pkinteract.errors import InputError
from pkinteract.library import load_library
from pkinteract.library.evidence.ratios import RATIOS, read_studies
from pkinteract.qualify import StudyOutcome, guest_limit, kept_summaries, qualify_studies, regressions, summaries
from pkinteract.qualify.choose import chosen_evidence, evidence

KI = 5.0
LEVEL = 10.0
"""Of the inhibitor [mg/L]: 1000 mg in 100 L that nothing clears."""

INHIBITOR = drug(
    "inhibitor",
    f'[inhibits.CYP3A4]\nki = {{ value = {KI}, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }}\n',
    volume="100 L",
    clearance="0.000000001 L/h",
)
FM = 0.6
VICTIM = drug("victim", pathway("blocked", FM, "CYP3A4"), pathway("other", 1 - FM, "CYP2D6"), oral(), INTRAVENOUS)


@pytest.fixture
def drugs(tmp_path: Path) -> tuple[Path, ...]:
    """Files of the drugs above."""
    files = {"inhibitor": INHIBITOR, "victim": VICTIM, "inducer": INDUCER}
    for name, text in files.items():
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    return tuple(tmp_path / f"{name}.toml" for name in files)


def one(folder: Path, drugs: tuple[Path, ...], **changes: str) -> StudyOutcome:
    """The outcome of a table with one row."""
    [outcome] = qualify_studies(read_studies(table(folder, changes)), extra=drugs)
    return outcome


@pytest.mark.parametrize("dose", ["100", "100 iv", "100 inf2"])
def test_a_constant_inhibitor_gives_the_textbook_ratio(tmp_path: Path, drugs: tuple[Path, ...], dose: str) -> None:
    """AUC ratio 1/(1 − fm + fm/(1 + I/Ki)) (closed form), by simulation and by the static estimate."""
    outcome = one(tmp_path, drugs, victim_control=f"0:{dose}", victim_treatment=f"1:{dose}")

    expected = 1 / (1 - FM + FM / (1 + LEVEL / KI))
    assert outcome.exposure == pytest.approx(expected, rel=1e-4)
    assert outcome.static == pytest.approx(expected, rel=1e-6)


def test_a_constant_inducer_gives_the_textbook_ratio(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """After a hundred half-lives of the enzyme it stands at 3.5: AUC ratio 1/(1 − fm + 3.5·fm) (closed form)."""
    start = 100 * 80
    outcome = one(
        tmp_path,
        drugs,
        perpetrator="inducer",
        mechanism="induction",
        victim_treatment=f"{start}:100",
        window_treatment=f"{start}-inf",
    )

    assert outcome.exposure == pytest.approx(1 / (1 - FM + 3.5 * FM), rel=1e-4)
    assert outcome.static is None


def test_a_constant_inactivator_gives_the_textbook_ratio(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """At steady state E = kdeg/(kdeg + kinact·I/(KI + I)) (closed form), by simulation and by the static estimate."""
    kinact, ki, start = 0.02, 10.0, 100 * 80
    constant = f'{{ value = {ki}, unit = "mg/L", kind = "assumed", note = "test", basis = "total" }}'
    acting = f'[inactivates.CYP3A4]\nkinact = "{kinact} 1/h"\nki = {constant}\n'
    own = tmp_path / "inactivator.toml"
    own.write_text(drug("inactivator", acting, volume="100 L", clearance="0.000000001 L/h"), "utf-8")

    outcome = one(
        tmp_path,
        (*drugs, own),
        perpetrator="inactivator",
        perpetrator_regimen=f"0:1000 iv;{start - 1}:0.000001 iv",
        mechanism="inactivation",
        victim_treatment=f"{start}:100",
        window_treatment=f"{start}-inf",
    )

    kdeg = math.log(2) / load_library().enzymes["CYP3A4"].liver.half_life.canonical
    level = kdeg / (kdeg + kinact * LEVEL / (ki + LEVEL))
    assert outcome.exposure == pytest.approx(1 / (1 - FM + FM * level), rel=1e-4)
    assert outcome.static == pytest.approx(1 / (1 - FM + FM * level), rel=1e-6)


@pytest.mark.parametrize(("basis", "free"), [("total", 1.0), ("unbound", 0.1)])
def test_a_slope_counts_on_its_own_basis(tmp_path: Path, drugs: tuple[Path, ...], basis: str, free: float) -> None:
    """E = 1 + slope·I, by the unbound level where the slope is one (closed form), by simulation and static estimate."""
    start = 100 * 80
    slope = f'{{ value = 0.3, unit = "L/mg", kind = "assumed", note = "test", basis = "{basis}" }}'
    acting = f"[induces.CYP3A4]\nslope = {slope}\n"
    own = tmp_path / "steep.toml"
    own.write_text(drug("steep", acting, binding(unbound=0.1), volume="100 L", clearance="0.000000001 L/h"), "utf-8")

    outcome = one(
        tmp_path,
        (*drugs, own),
        perpetrator="steep",
        perpetrator_regimen=f"0:1000 iv;{start - 1}:0.000001 iv",
        mechanism="induction",
        victim_treatment=f"{start}:100",
        window_treatment=f"{start}-inf",
    )

    expected = 1 / (1 - FM + FM * (1 + 0.3 * LEVEL * free))
    assert outcome.exposure == pytest.approx(expected, rel=1e-4)
    assert outcome.static == pytest.approx(expected, rel=1e-6)


def test_the_static_estimate_is_that_of_the_guideline(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """ICH M12: Fa·ka·dose/Qgut in the gut wall, Cmax + Fa·Fg·ka·dose/(Qh·Rb) at the liver's inlet (closed form)."""
    wall = '[first_pass]\ngut_availability = "0.5"\ngut_enzyme = "CYP3A4"\n'
    ways = pathway("blocked", FM, "CYP3A4") + pathway("other", 1 - FM, "CYP2D6")
    own = tmp_path / "sensitive.toml"
    own.write_text(drug("sensitive", ways, wall, oral(1.0, 0.5), INTRAVENOUS), "utf-8")

    outcome = one(
        tmp_path,
        (*drugs, own),
        victim="sensitive",
        analyte="sensitive",
        perpetrator_regimen="0:1000",
        victim_treatment="24:100",
        window_treatment="24-inf",
    )

    blocked = 1 / (1 + 1000 / 18 / KI)
    inlet = 1 / (1 + (LEVEL + 1000 / 90) / KI)
    assert outcome.static == pytest.approx(1 / (0.5 * blocked + 0.5) / (FM * inlet + 1 - FM), rel=1e-6)


def test_phenotypes_alone_give_the_textbook_ratio(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """A poor metaboliser of the 40 % pathway against a normal one: 1/0.6 (closed form)."""
    outcome = one(
        tmp_path,
        drugs,
        perpetrator="",
        perpetrator_regimen="",
        mechanism="gene",
        phenotype_treatment="CYP2D6=poor",
        victim_treatment="0:100",
        window_treatment="0-inf",
    )

    assert outcome.exposure == pytest.approx(1 / 0.6, rel=1e-4)


def test_doses_that_differ_stay_in_the_ratio(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """Published ratios are not corrected for the dose, nor are ours: twice the dose, twice the ratio (closed form)."""
    outcome = one(tmp_path, drugs, victim_treatment="1:200")

    expected = 2 / (1 - FM + FM / (1 + LEVEL / KI))
    assert outcome.exposure == pytest.approx(expected, rel=1e-4)
    assert outcome.static == pytest.approx(expected, rel=1e-6)


def test_an_interval_at_steady_state_has_the_ratio_of_an_area_to_infinity(
    tmp_path: Path, drugs: tuple[Path, ...]
) -> None:
    """In a linear system the area of one interval is that of one dose (closed form)."""
    repeated = "0:100 q12 x60"

    outcome = one(
        tmp_path,
        drugs,
        metric="css",
        victim_control=repeated,
        victim_treatment=repeated,
        window_control="708-720",
        window_treatment="708-720",
    )

    assert outcome.exposure == pytest.approx(1 / (1 - FM + FM / (1 + LEVEL / KI)), rel=1e-4)


def test_a_trough_is_compared_with_a_trough(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """After a bolus into one compartment the level at 24 h falls by exp(−24·k), k smaller with the inhibitor."""
    outcome = one(
        tmp_path,
        drugs,
        metric="trough",
        victim_control="0:100 iv",
        victim_treatment="0:100 iv",
        window_control="0-24",
        window_treatment="0-24",
    )

    rate = 5 / 50
    left = 1 - FM + FM / (1 + LEVEL / KI)
    assert outcome.exposure == pytest.approx(math.exp(24 * rate * (1 - left)), rel=1e-4)


def test_more_processes_change_no_number(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """Five studies, ten arms, in this process and in two others."""
    rows = [{"victim_treatment": f"{n}:100", "window_treatment": f"{n}-inf"} for n in range(1, 6)]
    studies = read_studies(table(tmp_path, *rows))

    assert qualify_studies(studies, extra=drugs, workers=1) == qualify_studies(studies, extra=drugs, workers=2)


def test_no_row_is_dropped(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """A row without a drug, one that cannot be simulated and one left out are listed, with the reason."""
    rows: list[dict[str, str]] = [
        {"victim": "nobody", "analyte": "nobody"},
        {"perpetrator_regimen": "0:10", "perpetrator": "injection"},
        {"use": "no", "reason": "a poster"},
        {"analyte": "injection", "perpetrator": "", "perpetrator_regimen": ""},
    ]
    (tmp_path / "injection.toml").write_text(drug("injection", INTRAVENOUS).replace('"oral"', '"intravenous"'), "utf-8")

    found = qualify_studies(read_studies(table(tmp_path, *rows)), extra=(*drugs, tmp_path / "injection.toml"))

    assert [(row.state, row.reason) for row in found] == [
        ("no monograph", "nobody"),
        ("failed", "injection has no oral formulation"),
        ("excluded", "a poster"),
        ("failed", "no drug that is given forms injection"),
    ]
    assert summaries(found) == ()


@pytest.mark.parametrize(("ratio", "limit"), [(1, 1), (1.25, 1.2), (2, 1.5), (5, 1.8), (0.5, 1.5), (0.2, 1.8)])
def test_guest_limits(ratio: float, limit: float) -> None:
    """(1 + 2·(R − 1))/R at an observed ratio R, and by 1/R below 1 (Guest 2011)."""
    assert guest_limit(ratio) == pytest.approx(limit, rel=1e-12)


@given(st.floats(1e-3, 1e3))
def test_guest_limits_lie_between_none_and_twofold(ratio: float) -> None:
    """Never wider than twofold, never less than nothing, and the same for a ratio and its reciprocal."""
    assert 1 <= guest_limit(ratio) < 2
    assert guest_limit(1 / ratio) == pytest.approx(guest_limit(ratio), rel=1e-9)


def test_a_sum_is_measured_as_its_monograph_adds_it_up(tmp_path: Path) -> None:
    """The sum of two curves that fall alike has the ratio of each (closed form), also to infinity."""
    ways = pathway("forming", FM, "CYP3A4", 'forms = "child"') + pathway("other", 1 - FM, "CYP2D6")
    total = '[[sum]]\nid = "parent+child"\nparts = ["parent", "child"]\nunit = "mg/L"\n'
    parent = drug("parent", ways, total, oral(), INTRAVENOUS)
    child = drug("child").split("[absorption")[0].replace('formulation = "oral"\n', "")
    for name, text in (("inhibitor", INHIBITOR), ("parent", parent), ("child", child)):
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
    files = tuple(tmp_path / f"{name}.toml" for name in ("inhibitor", "child", "parent"))

    found = one(tmp_path, files, victim="parent", analyte="parent+child")

    rest = 1 - FM
    left = rest + FM / 3
    area = 1 / left + FM / 3 / left
    assert found.exposure == pytest.approx(area / (1 + FM), rel=1e-3)


def test_a_recalled_row_counts_in_no_group_but_its_own(tmp_path: Path) -> None:
    """All, mechanism, perpetrator and victim are of what was read; the set shows both."""
    first, second = read_studies(table(tmp_path, {}, {"set": "recalled"}))
    outcomes = [StudyOutcome(study=row, state="simulated", exposure=1.6, peak=1.0) for row in (first, second)]

    counts = {(row.by, row.group): row.n for row in summaries(outcomes)}

    assert counts["all", "all"] == counts["victim", "victim"] == counts["mechanism", "inhibition"] == 1
    assert (counts["set", "own"], counts["set", "recalled"]) == (1, 1)


@pytest.mark.parametrize(
    ("observed", "predicted", "share"),
    [(2.0, 1.3, 1.0), (2.0, 0.9, 0.0), (2.0, 1.01, 0.0), (0.5, 0.97, 1.0), (0.5, 1.4, 0.0), (1.05, 0.9, None)],
)
def test_a_prediction_goes_the_observed_way(
    observed: float, predicted: float, share: float | None, tmp_path: Path
) -> None:
    """The same side of 1, nil on neither; an observed change of a tenth and less has no direction."""
    [study] = read_studies(table(tmp_path, {"ratio": str(observed)}))

    whole = summaries([StudyOutcome(study=study, state="simulated", exposure=predicted, peak=1.0)])[0]

    assert whole.right_direction == share


def test_a_summary_is_what_its_rows_say(tmp_path: Path) -> None:
    """Fold errors of 1.25 and 2.2: their geometric mean, half within 1.5-fold, none beyond (closed form)."""
    rows: list[dict[str, str]] = [{"ratio": "2", "pksim_auc": "4"}, {"ratio": "1", "cmax_ratio": "2"}]
    first, second = read_studies(table(tmp_path, *rows))
    outcomes = [
        StudyOutcome(study=first, state="simulated", exposure=2.5, peak=1.0),
        StudyOutcome(study=second, state="simulated", exposure=2.2, peak=1.0),
    ]

    whole = summaries(outcomes)[0]

    assert (whole.by, whole.group, whole.n, whole.n_peak, whole.n_pksim) == ("all", "all", 2, 1, 1)
    assert whole.gmfe == pytest.approx(math.sqrt(1.25 * 2.2), rel=1e-12)
    assert (whole.within_guest, whole.within_close, whole.within_twofold) == (0.5, 0.5, 0.5)
    assert (whole.gmfe_peak, whole.gmfe_beside_pksim, whole.gmfe_pksim) == (2.0, 1.25, 2.0)


def command(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["qualify", *arguments])


def test_the_command_writes_tables_and_figures(tmp_path: Path, drugs: tuple[Path, ...]) -> None:
    """A row per study and a summary in the columns that are promised (golden), and two figures."""
    path = table(tmp_path, {}, {"victim": "nobody", "analyte": "nobody"})
    own = [word for file in drugs for word in ("--drug", str(file))]

    done = command("--table", str(path), *own, "--out", str(tmp_path / "out"))

    assert done.exit_code == 0, done.output
    assert "1 of 2 study arms simulated, 1 no monograph" in done.output
    assert "no monograph of nobody: 1 rows (row-1)" in done.output
    names = ["forest.png", "predicted-observed.png", "qualification.csv", "run.json", "summary.csv"]
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == names
    with (tmp_path / "out" / "qualification.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["state"] for row in rows] == ["simulated", "no monograph"]
    assert float(rows[0]["predicted"]) == pytest.approx(1 / (1 - FM + FM / 3), rel=1e-4)
    head = (tmp_path / "out" / "summary.csv").read_text("utf-8").splitlines()[0]
    assert head == (
        "by,group,n,gmfe,bias,within_guest,within_close,within_twofold,n_peak,gmfe_peak,n_static,gmfe_static,"
        "n_pksim,gmfe_beside_pksim,gmfe_pksim,right_direction"
    )


def test_a_row_shows_its_design_and_its_curves(tmp_path: Path) -> None:
    """One shipped study: doses of both arms, the interval observed, a figure of its own."""
    done = command("--row", "osp-1460", "--out", str(tmp_path / "out"))

    assert done.exit_code == 0, done.output
    assert "treatment: carbamazepine 100 mg at 0 h, 4 doses every 12 h" in done.output
    assert "exposure ratio: observed 0.211 (0.183 to 0.244, 90 % CI), predicted" in done.output
    assert (tmp_path / "out" / "osp-1460.png").is_file()
    assert not (tmp_path / "out" / "forest.png").exists()
    assert command("--row", "osp-1460", "--out", str(tmp_path / "out"), "--no-figure").exit_code == 0
    assert not (tmp_path / "out" / "osp-1460.png").exists()


def test_the_studies_of_a_drug_are_chosen_by_any_name_of_it() -> None:
    """By a brand and a German INN as by ids; a drug that no row has is no slip of one that some have."""
    known = evidence()
    by_id = chosen_evidence(known, perpetrator="carbamazepine", victim="midazolam", row=None)

    assert chosen_evidence(known, perpetrator="Tegretol", victim="Midazolam", row=None) == by_id
    with pytest.raises(InputError, match='"amoxapine" stands in no row of the table; known are'):
        chosen_evidence(known, perpetrator="amoxapine", victim=None, row=None)


def test_what_is_not_in_the_table_is_refused(tmp_path: Path) -> None:
    """Status 2, every wrong name at once, with what is close; and names that no row has together."""
    wrong = command("--perpetrator", "carbamazpine", "--row", "osp-0", "--out", str(tmp_path / "out"))
    apart = command("--perpetrator", "fluconazole", "--row", "osp-1460", "--out", str(tmp_path / "out"))

    assert (wrong.exit_code, apart.exit_code) == (2, 2)
    assert '"carbamazpine" stands in no row of the table; did you mean carbamazepine' in wrong.output
    assert '"osp-0" stands in no row of the table' in wrong.output
    assert "no row has fluconazole and osp-1460 together; leave one out" in apart.output
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    """As with every other command; --force writes into it."""
    (tmp_path / "notes.txt").write_text("mine", "utf-8")

    refused = command("--row", "osp-1460", "--no-figure", "--out", str(tmp_path))
    forced = command("--row", "osp-1460", "--no-figure", "--out", str(tmp_path), "--force")

    assert (refused.exit_code, forced.exit_code) == (2, 0)
    assert "holds files that are not ours" in refused.output


SAMPLE = ("carbamazepine + phenytoin", "fluconazole", "nordiazepam")
"""Perpetrators with few and quick rows."""


@pytest.mark.slow
def test_the_kept_summary_is_what_the_library_gives_today() -> None:
    """The groups of a few perpetrators, computed again; ``make qualify`` does the same for all."""
    studies = [row for row in read_studies() if " + ".join(row.perpetrators) in SAMPLE]
    kept = {row.group: row for row in kept_summaries(RATIOS.parent / "summary.csv") if row.by == "perpetrator"}

    found = [row for row in summaries(qualify_studies(studies)) if row.by == "perpetrator"]

    assert [row.group for row in found] == sorted(SAMPLE)
    for row in found:
        assert (row.n, row.n_peak) == (kept[row.group].n, kept[row.group].n_peak)
        assert row.gmfe == pytest.approx(kept[row.group].gmfe, rel=0.005)


def test_a_summary_that_got_worse_is_noticed() -> None:
    """A larger error, a row less and two rows outside a limit are named; rounding and improvement are not."""
    kept = kept_summaries(RATIOS.parent / "summary.csv")
    first = replace(kept[0], gmfe=1.5)
    inside = first.within_guest
    assert inside is not None
    after = [
        replace(first, gmfe=1.52),
        replace(first, n=first.n - 1),
        replace(first, gmfe=1.504),
        replace(first, gmfe=1.2),
        replace(first, within_guest=inside - 2 / first.n),
        replace(first, within_guest=inside - 1 / first.n),
    ]

    found = [regressions([row], [first]) for row in after]

    assert [len(lines) for lines in found] == [1, 1, 0, 0, 1, 0]
    assert found[0] == ["all all: GMFE 1.52, was 1.5"]
    assert regressions([], [first])[0].startswith("all all: no row is simulated any more")
