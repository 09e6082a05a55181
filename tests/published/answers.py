"""Published numbers on the headline drugs: the rows of core_targets.csv, and the simulation that answers each.

The tests and ``docs/validate.py`` use the same functions, so the page cannot say something else than the tests check.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from runs import average, daily, half_life, once, regimen, run, text

from pkinteract.result import Result

TABLE = Path(__file__).parent / "core_targets.csv"
with TABLE.open(encoding="utf-8") as _file:
    ROWS = list(csv.DictReader(_file))
SIMULATED = [row for row in ROWS if row["simulate"] == "yes"]


def cbz(*courses: str, days: float = 10, age: float = 45, formulation: str = "") -> Result:
    return run(text(regimen("carbamazepine", *courses, formulation=formulation), days=days, age=age))


def ami(*courses: str, days: float = 30, patient: str = "", others: str = "") -> Result:
    return run(text(regimen("amitriptyline", *courses), others, days=days, patient=patient))


def chronic(dose: str) -> Result:
    """60 days twice a day, the last dose at t = 0."""
    return cbz(daily(dose, "12 h", "-60 d", "1 h"))


def clearance(result: Result, hour: float) -> float:
    return float(np.interp(hour, result.time, result.clearance["carbamazepine_total_L_per_h"]))


def cbz_off(dose: str) -> Result:
    return cbz(daily(dose, "12 h", "-60 d", "1 h"), once("400 mg", "136.8 h"), days=14)


def second_dose() -> float:
    curve = cbz(once("600 mg"), once("600 mg", "120 h"), days=40).curve("carbamazepine")
    first = cbz(once("600 mg"), days=40).curve("carbamazepine")
    rate = np.log(2) / half_life(first, 72, 120)
    tail = float(first.value(120.0)) / rate
    return 600 / (curve.integral(120, 960) - tail)


def complete() -> float:
    result = cbz(daily("400 mg", "12 h"), days=60)
    rise = result.clearance["carbamazepine_total_L_per_h"]
    return float(result.time[np.argmax(rise >= rise[0] + 0.9 * (rise[-1] - rise[0]))] / 24)


def moller() -> float:
    result = cbz(
        daily("100 mg", "12 h", "0 d", "3 d"),
        daily("200 mg", "12 h", "3 d", "6 d"),
        daily("400 mg", "24 h", "6 d", "20 d"),
        days=20,
    )
    return float(result.curve("carbamazepine").value(np.linspace(312, 336, 241)).max())


def strandjord() -> Result:
    return cbz(daily("3.75 mg/kg", "12 h"), days=30)


def molar_ratio() -> float:
    result = strandjord()
    means = [average(result.curve(name), 696, 720) for name in ("carbamazepine-epoxide", "carbamazepine")]
    return means[0] / 252.27 / (means[1] / 236.27)


def per_kg(result: Result, dose: float, start: float, stop: float) -> float:
    return dose / result.curve("carbamazepine").integral(start, stop) * 1000 / 70


def lev(dose: str, days: float = 5) -> Result:
    return run(text(regimen("levetiracetam", daily(dose, "12 h")), days=days))


def lev_steady() -> float:
    curve = lev("500 mg").curve("levetiracetam")
    final = average(curve, 108, 120)
    return next(12 * (n + 1) / 24 for n in range(10) if average(curve, 12 * n, 12 * n + 12) >= 0.95 * final)


def on_cbz(name: str) -> float:
    inducer = regimen("carbamazepine", daily("500 mg", "12 h"))
    pair = [average(ami(daily("100 mg"), days=60, others=other).curve(name), 1416, 1440) for other in (inducer, "")]
    return pair[0] / pair[1]


def nor_half_life(phenotype: str, start: float, stop: float) -> float:
    result = ami(once("25 mg"), days=20, patient=f"[patient.phenotype]\nCYP2D6 = {phenotype}\n")
    return half_life(result.curve("nortriptyline"), start, stop)


def nor_css() -> float:
    return average(run(text(regimen("nortriptyline", daily("39 mg", "8 h")), days=30)).curve("nortriptyline"), 696, 720)


def deinduction() -> float:
    result = cbz_off("400 mg")
    uninduced = clearance(cbz(once("400 mg")), 0.0)
    left = (clearance(result, 136.8) - uninduced) / (clearance(result, 0.0) - uninduced)
    return float(-np.log(2) * 5.7 / np.log(left))


def over_first() -> float:
    result = cbz(daily("300 mg", "12 h"), days=30)
    return clearance(result, 600.0) / clearance(result, 0.0)


CARBAMAZEPINE = regimen("carbamazepine", daily("400 mg", "12 h"))
PHENYTOIN = regimen("phenytoin", daily("150 mg", "12 h"))
VALPROATE = regimen("valproate", daily("500 mg", "12 h"))
LEVETIRACETAM = regimen("levetiracetam", daily("500 mg", "12 h"))


def settled(analyte: str, *regimens: str) -> float:
    """Average over the 90th day."""
    return average(run(text(*regimens, days=90)).curve(analyte), 2136, 2160)


def beside(analyte: str, own: str, other: str) -> float:
    """Level with another drug over that without it."""
    return settled(analyte, own, other) / settled(analyte, own)


def epoxide_over_parent(*others: str) -> float:
    """Molar ratio on carbamazepine 800 mg a day."""
    levels = [settled(name, CARBAMAZEPINE, *others) for name in ("carbamazepine-epoxide", "carbamazepine")]
    return levels[0] / 252.27 / (levels[1] / 236.27)


def imipramine_on_cbz() -> float:
    own, other = regimen("imipramine", daily("100 mg")), regimen("carbamazepine", daily("200 mg", "12 h"))
    return beside("imipramine", own, other)


def amitriptyline_on_hypericum() -> float:
    own, other = regimen("amitriptyline", daily("75 mg", "12 h")), regimen("hyperforin", daily("7.48 mg", "8 h"))
    return beside("amitriptyline", own, other)


ANSWERS: dict[str, Callable[[], float]] = {
    "cbz-halflife-single": lambda: half_life(cbz(once("400 mg")).curve("carbamazepine"), 24, 96),
    "cbz-halflife-chronic": lambda: half_life(chronic("400 mg").curve("carbamazepine"), 12, 36),
    "cbz-halflife-mono": lambda: half_life(chronic("500 mg").curve("carbamazepine"), 12, 36),
    "cbz-halflife-off": lambda: half_life(cbz_off("500 mg").curve("carbamazepine"), 160.8, 208.8),
    "cbz-clearance-off": lambda: clearance(cbz_off("400 mg"), 136.8) / clearance(cbz_off("400 mg"), 0.0),
    "cbz-deinduction-halflife": deinduction,
    "cbz-clf-first": lambda: 600 / cbz(once("600 mg"), days=40).curve("carbamazepine").integral(0, 960),
    "cbz-clf-second": second_dose,
    "cbz-cl-single-per-kg": lambda: per_kg(cbz(once("200 mg"), days=40), 200, 0, 960),
    "cbz-cl-chronic-per-kg": lambda: per_kg(cbz(daily("600 mg", "12 h"), days=60), 1200, 1416, 1440),
    "cbz-cl-chronic-over-first": over_first,
    "cbz-autoinduction-complete": complete,
    "cbz-cavg-200": lambda: average(cbz(daily("200 mg"), days=30).curve("carbamazepine"), 696, 720),
    "cbz-cavg-400": lambda: average(cbz(daily("400 mg"), days=30).curve("carbamazepine"), 696, 720),
    "cbz-cmax-400": moller,
    "cbz-cavg-800-day5": lambda: average(
        cbz(daily("400 mg", "12 h", "0 h", "97 h"), formulation="extended-release").curve("carbamazepine"), 96, 108
    ),
    "cbz-css-7.5": lambda: average(strandjord().curve("carbamazepine"), 696, 720) / 236.27 * 1000,
    "cbze-ratio": molar_ratio,
    "cbze-halflife": lambda: (
        np.log(2) * 0.82 * 70 / cbz(once("400 mg")).clearance["carbamazepine-epoxide_total_L_per_h"][0]
    ),
    "cbz-age": lambda: clearance(cbz(once("400 mg"), age=75), 0.0) / clearance(cbz(once("400 mg")), 0.0),
    "lev-range": lambda: average(lev("1500 mg").curve("levetiracetam"), 96, 120),
    "lev-cavg": lambda: average(lev("500 mg").curve("levetiracetam"), 96, 120),
    "lev-steady": lev_steady,
    "lev-halflife": lambda: half_life(
        run(text(regimen("levetiracetam", once("500 mg")))).curve("levetiracetam"), 12, 24
    ),
    "ami-cmax-50": lambda: float(ami(once("50 mg")).curve("amitriptyline").value(np.linspace(0, 24, 481)).max()),
    "ami-halflife": lambda: half_life(ami(once("75 mg")).curve("amitriptyline"), 48, 96),
    "nor-ami-auc": lambda: (
        ami(once("75 mg")).curve("nortriptyline").integral(0, 720)
        / ami(once("75 mg")).curve("amitriptyline").integral(0, 720)
    ),
    "ami-css-150": lambda: average(ami(daily("150 mg")).curve("amitriptyline"), 696, 720),
    "nor-css-150": lambda: average(ami(daily("150 mg")).curve("nortriptyline"), 696, 720),
    "sum-119": lambda: average(ami(daily("119 mg")).curve("amitriptyline+nortriptyline"), 696, 720),
    "sum-per-dose": lambda: average(ami(daily("100 mg")).curve("amitriptyline+nortriptyline"), 696, 720) / 100,
    "nor-css-117": nor_css,
    "ami-auc-25": lambda: ami(once("25 mg")).curve("amitriptyline").integral(0, 720),
    "nor-halflife-nm": lambda: nor_half_life("2", 96, 168),
    "nor-halflife-pm": lambda: nor_half_life("0", 168, 264),
    "ami-on-cbz": lambda: on_cbz("amitriptyline"),
    "nor-on-cbz": lambda: on_cbz("nortriptyline"),
    "cbze-ratio-inducers": lambda: epoxide_over_parent(PHENYTOIN),
    "cbze-valproate": lambda: epoxide_over_parent(VALPROATE) / epoxide_over_parent(),
    "cbze-phenytoin": lambda: epoxide_over_parent(PHENYTOIN) / epoxide_over_parent(),
    "cbz-phenytoin": lambda: 1 / beside("carbamazepine", CARBAMAZEPINE, PHENYTOIN),
    "vpa-esm-off": lambda: 100 / beside("valproate", VALPROATE, CARBAMAZEPINE) - 100,
    "lev-inducers": lambda: 100 / beside("levetiracetam", LEVETIRACETAM, CARBAMAZEPINE) - 100,
    "lev-per-dose-cbz": lambda: beside("levetiracetam", LEVETIRACETAM, CARBAMAZEPINE),
    "imipramine-on-cbz": imipramine_on_cbz,
    "hypericum": amitriptyline_on_hypericum,
}
