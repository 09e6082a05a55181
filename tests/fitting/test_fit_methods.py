"""How the optimum is sought, how far a profile reaches, and what is said of estimates that the data leave open."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from fit_files import ALL, DATA, TIMES, TRUE, bateman, command, csv, fitted, parameter, values, written
from runs import INTRAVENOUS, daily, drug, pathway, regimen, text
from scipy import optimize, stats

from pkinteract.engine.curves import Array
from pkinteract.fitting import Group

pytestmark = pytest.mark.compiled

BOUNDS = {"clearance": ("1 L/h", "20 L/h"), "volume": ("20 L", "200 L"), "ka": ("0.3 1/h", "5 1/h")}
BOUNDED = "".join(parameter(name, f'lower = "{low}"', f'upper = "{high}"') for name, (low, high) in BOUNDS.items())
PROFILE = '[interval]\nmethod = "profile"\n'


def method(name: str, *rows: str) -> str:
    return "\n".join(["[method]", f'name = "{name}"', *rows]) + "\n"


def about(group: Group, words: str) -> list[str]:
    return [text for text in group.warnings if words in text]


def levels_at(times: Iterable[float], **truth: float) -> str:
    taken = np.array(list(times))
    return csv(zip(taken, bateman(taken, **truth), strict=True))


@pytest.mark.parametrize("name", ["differential_evolution", "basinhopping"])
def test_a_global_method_ends_at_the_true_values(name: str, tmp_path: Path) -> None:
    """Without noise both end where least_squares would: at clearance and volume of the closed form."""
    two = BOUNDED.split("[parameter.ka]")[0]

    group = fitted(tmp_path, DATA, two, method(name))

    assert values(group) == pytest.approx({"clearance": TRUE["clearance"], "volume": TRUE["volume"]}, rel=1e-5)
    assert group.warnings == ()


def test_a_global_method_leaves_a_valley_that_holds_the_others(tmp_path: Path) -> None:
    """Rates exchanged (V 5 L, ka 0.1 1/h) give the true curve too; V from 8 L makes that valley end at the bound."""
    tables = parameter("volume", 'lower = "8 L"', 'upper = "200 L"', initial=9.0)
    tables += parameter("ka", 'lower = "0.01 1/h"', 'upper = "10 1/h"', initial=0.12)

    local = fitted(tmp_path, DATA, tables)
    found = fitted(tmp_path, DATA, tables, method("differential_evolution"))

    assert about(local, "volume lies at its lower bound")
    assert values(found) == pytest.approx({"volume": 50.0, "ka": 1.0}, rel=1e-5)


def test_a_global_method_repeats_itself_by_its_seed(tmp_path: Path) -> None:
    """The same seed gives the same number of evaluations and the same digits; another draws other points."""
    tables = parameter("ka", 'lower = "0.1 1/h"', 'upper = "10 1/h"')

    first, again, other = (
        fitted(tmp_path, DATA, tables, method("differential_evolution", f"seed = {seed}")) for seed in (3, 3, 4)
    )

    assert (values(first), first.evaluations) == (values(again), again.evaluations)
    assert other.evaluations != first.evaluations


@pytest.mark.parametrize("name", ["nelder", "differential_evolution"])
def test_values_that_no_body_can_have_do_not_end_a_search_without_derivatives(name: str, tmp_path: Path) -> None:
    """F up to 3 is searched, F above 1 is passed over and counted in the report (closed form: F = 0.95)."""
    tables = parameter("f", 'lower = "0.1"', 'upper = "3"', initial=0.99)
    path = written(tmp_path, DATA, tables, method(name), levels=csv(zip(TIMES, 0.95 * bateman(TIMES), strict=True)))

    done = command("fit", path, "--out", tmp_path / "out", "--no-figure")

    assert done.exit_code == 0, done.output
    report = (tmp_path / "out/report.md").read_text("utf-8")
    assert re.search(r"\| f \| 0\.95 \|", report)
    assert re.search(r"evaluations and [1-9]\d* more at values that describe no possible body", report)


@pytest.mark.slow
def test_ctrl_c_during_a_global_search_keeps_the_best_point(tmp_path: Path) -> None:
    """A real SIGINT to the command: it writes its files, says that it was stopped, and ends with status 130.

    Its record cannot be run again.
    """
    path = written(tmp_path, DATA, BOUNDED, method("differential_evolution", "starts = 100"))
    program = (
        "import os, signal, sys\n"
        "import pkinteract.cli as cli\n"
        "from pkinteract.fitting.search import target\n"
        "predict = target.Target.tried\n"
        "def counted(self, points):\n"
        "    if self.best.evaluations >= 200:\n"
        "        target.Target.tried = predict\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "    return predict(self, points)\n"
        "target.Target.tried = counted\n"
        "cli.main()\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, "fit", str(path), "--out", str(tmp_path / "out"), "--no-figure"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 130, done.stderr
    assert "stopped by hand: this is the best point so far" in done.stdout
    assert "stopped by hand" in (tmp_path / "out/report.md").read_text("utf-8")
    assert json.loads((tmp_path / "out/run.json").read_text("utf-8"))["rerun"] is None


def test_profiles_of_own_values_end_where_the_likelihood_ratio_says(tmp_path: Path) -> None:
    """Shared clearance and volume, ka of each of two: refitted by scipy (closed form), each end costs one quantile."""
    random = np.random.default_rng(11)
    truth = {"a": 0.7, "b": 2.0}
    measured = {name: bateman(TIMES, ka=ka) + random.normal(0, 0.02, len(TIMES)) for name, ka in truth.items()}
    rows = [(name, t, c) for name, y in measured.items() for t, c in zip(TIMES, y, strict=True)]
    tables = parameter("clearance") + parameter("volume") + parameter("ka", 'shared = "subject"')

    group = fitted(tmp_path, DATA, tables, PROFILE, levels=csv(rows, "subject,time_h,conc_mg_per_L"))

    def smallest(place: int | None, value: float) -> float:
        def errors(logs: Array) -> Array:
            whole = np.exp(logs if place is None else np.insert(logs, place, np.log(value)))
            return np.concatenate(
                [y - bateman(TIMES, whole[0], whole[1], ka) for y, ka in zip(measured.values(), whole[2:], strict=True)]
            )

        start = np.log([5.0, 50.0, 0.7, 2.0])
        free = start if place is None else np.delete(start, place)
        return float(2 * optimize.least_squares(errors, free, xtol=1e-12, ftol=1e-12).cost)

    best, dof = smallest(None, 0.0), 2 * len(TIMES) - 4
    wanted = stats.f.ppf(0.95, 1, dof)
    for place, row in enumerate(group.estimates):
        for end in (row.low, row.high):
            assert end is not None
            assert (smallest(place, end) / best - 1) * dof == pytest.approx(wanted, rel=1e-2)


def test_a_flat_profile_is_said_to_be(tmp_path: Path) -> None:
    """From late levels with noise ka may be as fast as one likes: its interval has no upper end."""
    late = np.array([1.0, 3, 4, 6, 8, 12, 16, 24, 36])
    noisy = bateman(late, ka=4.0) + np.random.default_rng(5).normal(0, 0.03, len(late))
    group = fitted(tmp_path, DATA, ALL, PROFILE, levels=csv(zip(late, noisy, strict=True)))

    [row] = [row for row in group.estimates if row.parameter.name == "ka"]

    assert row.high is None
    assert about(group, "the profile of ka stays flat up to its upper bound: these data give it no upper limit")


def test_an_estimate_that_is_hardly_known_is_said_to_be(tmp_path: Path) -> None:
    """With an SD of 0.5 mg/L and late samples ka has a standard error above 100 %: it is named, clearance is not."""
    late = [2.5, 3, 4, 6, 8, 12, 16, 24, 36]

    poor = fitted(tmp_path, DATA, ALL, '[residual]\nadditive = "0.5 mg/L"\n', levels=levels_at(late))
    good = fitted(tmp_path, DATA, ALL, '[residual]\nadditive = "0.005 mg/L"\n', levels=levels_at(late))

    share = {row.parameter.name: (row.se or 0.0) / row.value for row in poor.estimates}
    assert share["ka"] > 1 > share["clearance"]
    assert about(poor, f"ka is hardly known: its standard error is {100 * share['ka']:.0f} % of the estimate")
    assert not about(poor, "clearance is hardly known")
    assert not about(good, "hardly known")


def test_a_rate_of_absorption_without_a_sample_on_the_rise_is_named(tmp_path: Path) -> None:
    """The peak of ka = 1 and ke = 0.1 1/h is at 2.56 h: a first sample at 2 h is early enough, one at 3 h is not."""
    before = fitted(tmp_path, DATA, ALL, levels=levels_at([2.0, 3, 6, 12, 24, 36]))
    after = fitted(tmp_path, DATA, ALL, levels=levels_at([3.0, 4, 6, 12, 24, 36]))

    words = "no sample lies before the predicted peak: ka"
    assert not about(before, words)
    assert about(after, words)
    assert about(after, "add samples in the first hours after a dose")


def test_absorption_is_judged_for_every_subject_with_a_rate_of_its_own(tmp_path: Path) -> None:
    """Only the subject whose samples begin after the peak is named; a shared rate is known from the other."""
    rows = [
        (name, t, c)
        for name, times in (("a", TIMES), ("b", TIMES[4:]))
        for t, c in zip(times, bateman(times), strict=True)
    ]
    data = csv(rows, "subject,time_h,conc_mg_per_L")
    own = parameter("clearance") + parameter("volume") + parameter("ka", 'shared = "subject"')

    separate = fitted(tmp_path, DATA, own, levels=data)
    shared = fitted(tmp_path, DATA, ALL, levels=data)

    assert about(separate, "no sample of subject b lies before the predicted peak: ka")
    assert not about(shared, "before the predicted peak")


def test_a_clearance_without_a_sample_in_the_terminal_phase_is_named(tmp_path: Path) -> None:
    """ke = 0.1 1/h: 2.08 mg/L at the peak are half at about 11 h; samples up to 8 h are too few, up to 16 h are not."""
    short = fitted(tmp_path, DATA, ALL, levels=levels_at([0.5, 1, 2, 3, 4, 6, 8]))
    long = fitted(tmp_path, DATA, ALL, levels=levels_at([0.5, 1, 2, 3, 4, 6, 16]))

    words = "no sample lies in the terminal phase"
    assert about(short, words)
    assert about(short, "clearance rests on less than one half-life; add later samples")
    assert not about(long, words)


def autoinduction(folder: Path, dose: float, *free: str) -> Group:
    """A drug that induces its own enzyme, infused for eleven days; its EC50 is 4 mg/L, data by the program itself."""
    induces = (
        '[induces.CYP3A4]\nreceptor = "CAR/PXR"\nemax = "4"\nec50 = { value = 4, unit = "mg/L", basis = "total" }\n'
    )
    made = drug("drug-x", pathway("induced", 0.8, "CYP3A4"), pathway("rest", 0.2), INTRAVENOUS, induces)
    made = made.replace('formulation = "oral"', 'formulation = "intravenous"')
    doses = regimen("drug-x", daily(f"{dose} mg", "6 h", "0 d", "11 d", 'infusion = "6 h"'), formulation="intravenous")
    scenario = 'library = ["drug.toml"]\n' + text(doses, days=11, step="12 h")
    tables = {
        "emax": ('path = "drug-x.induces.CYP3A4.emax"\ninitial = "3"\n'),
        "ec50": ('path = "drug-x.induces.CYP3A4.ec50"\ninitial = "3 mg/L"\n'),
    }
    (folder / "scenario.toml").write_text(scenario, "utf-8")
    (folder / "drug.toml").write_text(made, "utf-8")
    done = command("run", folder / "scenario.toml", "--out", folder / "run", "--no-figure")
    assert done.exit_code == 0, done.output
    with (folder / "run/concentrations.csv").open(encoding="utf-8") as lines:
        table = np.genfromtxt(lines, delimiter=",", names=True, comments="#")
    seen = table["time_h"] > 6
    measured = csv(zip(table["time_h"][seen], table["drugx_mg_per_L"][seen], strict=True))
    files = {"drug.toml": made, "scenario.toml": scenario}
    wanted = "".join(f"[parameter.{name}]\n{tables[name]}" for name in free)
    return fitted(
        folder, DATA, wanted, '[residual]\nmodel = "log"\nproportional = "10 %"\n', levels=measured, files=files
    )


def test_levels_far_below_ec50_tell_only_the_slope(tmp_path: Path) -> None:
    """At a tenth of EC50 and less the sentence asks for higher doses; with Emax held it says on what EC50 rests."""
    both = autoinduction(tmp_path, 12.0, "emax", "ec50")
    one = autoinduction(tmp_path, 12.0, "ec50")

    words = "only the slope Emax/EC50 is known"
    assert about(both, words)
    assert about(both, "add levels at higher doses")
    assert about(one, "and ec50 rests on the value of the other that is held")


def test_levels_far_above_ec50_tell_only_emax(tmp_path: Path) -> None:
    """Nearly always above five times EC50: EC50 is open, Emax is not."""
    both = autoinduction(tmp_path, 24_000.0, "emax", "ec50")
    emax = autoinduction(tmp_path, 24_000.0, "emax")

    assert about(both, "only Emax is known, not ec50; add levels at low doses")
    assert not about(emax, "EC50")


def test_levels_about_ec50_are_not_commented(tmp_path: Path) -> None:
    """Between a fifth of EC50 and five times it nothing is said."""
    group = autoinduction(tmp_path, 300.0, "emax", "ec50")

    assert not about(group, "EC50")
