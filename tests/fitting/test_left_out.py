"""Papers left out of a fit in turn: cimetidine on alprazolam, by Abernethy 1983 and by Pourbaix 1985."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest
from fit_files import command

from pkinteract.fitting.inputs.reader import read_fit
from pkinteract.fitting.left_out import LeftOut, cross_validated, left_out, study_fits
from pkinteract.library.evidence.ratios import read_studies
from pkinteract.qualify import StudyOutcome
from pkinteract.qualify.measure import noise_floor

pytestmark = pytest.mark.compiled

ABERNETHY, POURBAIX = "osp-1332", "osp-1340"
PRIOR = 'prior = { mean = "30 umol/L", cv = "50 %" }\n'
RESIDUAL = '[residual]\nmodel = "log"\nproportional = "30 %"\n'


def written(folder: Path, *without: str, parameter: str = PRIOR, initial: str = "20 umol/L") -> Path:
    """A fit of cimetidine's Ki to its two studies with alprazolam, or to one of them."""
    chosen = ", ".join(f'"{row}"' for row in without)
    text = (
        'title = "test"\n[[data]]\n'
        f'studies = {{ perpetrator = ["cimetidine"], victim = ["alprazolam"], without = [{chosen}] }}\n'
        f'[parameter.ki]\npath = "cimetidine.inhibits.CYP3A4.ki"\ninitial = "{initial}"\n{parameter}{RESIDUAL}'
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "fit.toml").write_text(text, "utf-8")
    return folder / "fit.toml"


def by_id(path: Path) -> dict[str, LeftOut]:
    return {row.study.id: row for row in left_out([read_fit(path)], lambda _: None)}


def predicted(folder: Path, path: Path) -> dict[str, float]:
    """Predictions of a fit by study."""
    done = command("fit", path, "--out", folder, "--no-figure")
    assert done.exit_code == 0, done.output
    with (folder / "predictions.csv").open(encoding="utf-8", newline="") as file:
        return {row["subject"]: float(row["predicted"]) for row in csv.DictReader(file)}


def test_a_paper_is_predicted_by_a_fit_that_has_not_seen_it(tmp_path: Path) -> None:
    """What a fit file without it estimates, held in one with both, predicts the same; ``fitted`` is the fit to both."""
    rows = by_id(written(tmp_path / "both"))

    fitted = predicted(tmp_path / "fitted", tmp_path / "both/fit.toml")
    assert {name: row.fitted for name, row in rows.items()} == pytest.approx(fitted, rel=1e-4)
    for left, kept in ((ABERNETHY, POURBAIX), (POURBAIX, ABERNETHY)):
        one = written(tmp_path / left, left)
        assert predicted(tmp_path / f"out-{left}", one).keys() == {kept}
        result = (tmp_path / f"out-{left}/result.toml").read_text("utf-8")
        ki = float(result.split('"inhibits.CYP3A4.ki" = "')[1].split(" ")[0])
        bounds = f'lower = "{ki * (1 - 1e-6)} umol/L"\nupper = "{ki * (1 + 1e-6)} umol/L"\n'
        held = written(tmp_path / f"held-{left}", parameter=bounds, initial=f"{ki} umol/L")
        assert rows[left].predicted == pytest.approx(predicted(tmp_path / f"as-{left}", held)[left], rel=1e-4)


def test_a_constant_of_one_paper_falls_back_to_its_prior(tmp_path: Path) -> None:
    """With a prior its median predicts, wherever the search began; without one there is no prediction."""
    alone = [
        by_id(written(tmp_path / str(n), POURBAIX, initial=initial))[ABERNETHY]
        for n, initial in enumerate(["20 umol/L", "5 umol/L"])
    ]
    bare = by_id(written(tmp_path / "bare", POURBAIX, parameter=""))[ABERNETHY]

    assert alone[0].predicted == alone[1].predicted
    assert alone[0].fitted == pytest.approx(alone[1].fitted, rel=1e-4)
    assert bare.predicted is None


def test_both_errors_are_of_the_same_rows() -> None:
    """Unseen predictions take the place of the fitted; a row without one counts in neither (closed form)."""
    studies = [row for row in read_studies() if row.id in (ABERNETHY, POURBAIX)]
    outcomes = [
        StudyOutcome(study=row, state="simulated", exposure=1.1 * row.exposure.ratio)
        for row in studies
        if row.exposure is not None
    ]
    seen = LeftOut(study=studies[0], fit="x", fitted=1.0, predicted=1.3 * outcomes[0].study.exposure.ratio)  # type: ignore[union-attr]

    [whole, *_] = cross_validated(outcomes, [seen])
    [less, *_] = cross_validated(outcomes, [replace(seen, predicted=None)])

    assert (whole.n, whole.n_left_out, whole.gmfe) == (2, 1, pytest.approx(1.1))
    assert whole.gmfe_left_out == pytest.approx(math.sqrt(1.1 * 1.3))
    assert (less.n, less.n_left_out, less.gmfe_left_out) == (1, 0, pytest.approx(1.1))


def test_studies_of_one_design_make_the_noise_floor() -> None:
    """Two ratios of one design, R and 2R, lie √2-fold from their mean; a design of its own says nothing."""
    study = next(row for row in read_studies() if row.id == ABERNETHY)
    assert study.exposure is not None
    again = replace(study, id="again", exposure=replace(study.exposure, ratio=2 * study.exposure.ratio))
    other = next(row for row in read_studies() if row.id == "osp-1460")

    assert noise_floor([study, again, other]) == (pytest.approx(math.sqrt(2)), 2)


def test_a_folder_without_such_fits_is_refused(tmp_path: Path) -> None:
    """Status 2, what is missing, nothing written."""
    done = command("qualify", "--cross-validate", "--fits", tmp_path, "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert "holds no fit of interaction studies" in done.stderr
    assert not (tmp_path / "out").exists()


def test_a_fit_of_curves_that_are_not_here_is_named(tmp_path: Path) -> None:
    """It is passed over, the others are read."""
    path = written(tmp_path / "ours")
    (tmp_path / "theirs").mkdir()
    text = path.read_text("utf-8").replace("[parameter", '[[data]]\nprofiles = "none.csv"\n[parameter', 1)
    (tmp_path / "theirs/fit.toml").write_text(text, "utf-8")

    fits, apart = study_fits(tmp_path)

    assert ([fit.name for fit in fits], apart) == (["ours"], ["theirs"])


def test_the_option_goes_with_all_that_ships(tmp_path: Path) -> None:
    """With a choice of studies it is refused."""
    done = command("qualify", "--cross-validate", "--victim", "midazolam", "--out", tmp_path / "out")

    assert done.exit_code == 2
    assert "--cross-validate goes through all that ships" in done.stderr
