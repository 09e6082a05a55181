"""``steady_state = true``: where it leads, against closed forms and very long runs; and where there is none."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from own_drugs import TIGHT, binding
from runs import INTRAVENOUS, course, daily, drug, oral, pathway, regimen, run, text

from pkinteract.cli import main
from pkinteract.engine.curves import TIED
from pkinteract.errors import InputError, SimulationError
from pkinteract.export.tables.run import exposure_table
from pkinteract.result import Result

STEADY = "steady_state = true"
CLOSE = 1e-6
"""The search ends when a period changes no state by more than 1e-7 of itself, and ten times that is left to go."""


def endless(drug_id: str, dose: str, every: str, *rows: str, days: float = 3) -> str:
    return regimen(drug_id, daily(dose, every, "0 d", f"{days} d", STEADY, *rows))


def states(result: Result, time: float) -> dict[str, float]:
    """Every analyte and enzyme just before the dose at ``time`` [h]."""
    curves = dict(zip((row.id for row in result.analytes), result.curves, strict=True))
    curves |= dict(zip(result.enzymes, result.enzyme_curves, strict=True))
    return {name: float(curve.value(time)) for name, curve in curves.items()}


# ---- against long runs ----


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "scale", "solved"), [(0.3, 5.0, False), (0.5, 5.0, True), (0.8, 24.0, True)])
def test_a_release_with_a_long_tail_is_solved_or_refused(shape: float, scale: float, solved: bool) -> None:
    """A Weibull release over 500 periods is refused with the reason; else the AUC of a day is the dose over CL."""
    form = f'[absorption.oral]\nweibull = {{ scale = "{scale} h", shape = "{shape}" }}\n'
    steady = course("0 d", 'until = "30 d"', 'every = "12 h"', 'dose = "100 mg"', "steady_state = true")
    source = text(regimen("x", steady), days=2)
    if solved:
        result = run(source, drugs=(drug("x", form),))
        assert float(result.curve("x").integral(0, 24)) == pytest.approx(40.0, rel=1e-5)
        return
    with pytest.raises(InputError, match="a dose of x oral is released over 5,093 d"):
        run(source, drugs=(drug("x", form),))


def test_the_headline_regimen_at_steady_state_is_where_400_days_lead() -> None:
    """Carbamazepine 400 mg 12-hourly and amitriptyline 150 mg daily: the same state before the next dose, to 1e-6."""
    doses = (("carbamazepine", "400 mg", "12 h"), ("amitriptyline", "150 mg", "24 h"))
    found = run(text(*(endless(*row) for row in doses), days=1), rtol=TIGHT)
    long = [regimen(name, daily(dose, every, "-400 d", "1 d")) for name, dose, every in doses]

    led = run(text(*long, days=1), rtol=TIGHT)

    expected = states(led, 24.0)
    assert expected["CYP3A4_liver"] > 2
    for at in (24.0, 0.0):
        assert states(found, at) == pytest.approx(expected, rel=CLOSE, abs=1e-12)


PEAKS = {
    "levetiracetam": ("500 mg", "12 h"),
    "lamotrigine": ("100 mg", "12 h"),
    "phenytoin": ("150 mg", "12 h"),
    "valproate": ("500 mg", "8 h"),
    "midazolam": ("7.5 mg", "6 h"),
    "carbamazepine": ("300 mg", "12 h"),
    "amitriptyline": ("75 mg", "24 h"),
}


@pytest.mark.parametrize("solver", ["fast", "reference"])
@pytest.mark.parametrize("names", [*((name,) for name in PEAKS), tuple(PEAKS)[-2:]], ids=" + ".join)
def test_of_equal_peaks_the_first_says_when(names: tuple[str, ...], solver: str) -> None:
    """At a steady state every interval peaks alike: tmax lies in the first, of metabolites and sums too (property)."""
    result = run(text(*(endless(name, *PEAKS[name], days=30) for name in names), days=30), solver=solver)

    table = exposure_table(result)

    longest = max(float(PEAKS[name][1].split()[0]) for name in names)
    for analyte, time, peak in zip(table["analyte"], table["tmax_h"], table["cmax"], strict=True):
        assert isinstance(time, float)
        assert 0 <= time <= longest, analyte
        assert float(result.curve(str(analyte)).value(time, "right")) == pytest.approx(peak, rel=2 * TIED)


NET = (
    drug(
        "acting",
        pathway("own", 0.8, "CYP3A4", 'km = { value = 6, unit = "mg/L", basis = "total" }'),
        pathway("rest", 0.2),
        '[induces.CYP3A4]\nslope = { value = 0.3, unit = "L/mg", basis = "total" }\n',
        '[inactivates.CYP2C9]\nkinact = "0.05 1/h"\nki = { value = 3, unit = "mg/L", basis = "total" }\n',
        '[inhibits.CYP2D6]\nki = { value = 2, unit = "mg/L", basis = "total" }\n',
        '[displaces.victim]\nki = { value = 4, unit = "mg/L", basis = "total" }\n',
        clearance="4 L/h",
    ),
    drug(
        "victim",
        pathway("first", 0.5, "CYP2C9", 'forms = "metabolite"'),
        pathway("second", 0.3, "CYP2D6"),
        pathway("third", 0.2, "CYP3A4"),
        binding(unbound=0.2),
        '[absorption.oral]\nka = "0.6 1/h"\nzero_order = "3 h"\nbioavailability = "0.6"\n',
        clearance="15 L/h",
        liver="well-stirred",
    ),
    drug("metabolite", clearance="2 L/h").split("[absorption")[0].replace('formulation = "oral"\n', ""),
)


def test_interactions_of_every_kind_reach_their_joint_steady_state() -> None:
    """Saturation, induction, inactivation, inhibition, displacement and a metabolite: as after 150 days, to 1e-6."""
    doses = (("acting", "150 mg", "8 h"), ("victim", "40 mg", "12 h"))
    found = run(text(*(endless(*row) for row in doses), days=1), rtol=TIGHT, drugs=NET)
    long = [regimen(name, daily(dose, every, "-150 d", "1 d")) for name, dose, every in doses]

    expected = states(run(text(*long, days=1), rtol=TIGHT, drugs=NET), 24.0)

    assert expected["CYP2C9_liver"] < 0.7
    for at in (24.0, 0.0):
        assert states(found, at) == pytest.approx(expected, rel=CLOSE, abs=1e-12)


# ---- saturable elimination ----


def michaelis_menten(km: float = 4.0) -> str:
    """Vmax 30 mg/h, volume 50 L."""
    own = f'km = {{ value = {km}, unit = "mg/L", basis = "total" }}'
    return drug("saturable", pathway("all", 1.0, "CYP2C9", own), oral(), INTRAVENOUS, clearance=f"{30 / km} L/h")


def infused(rate: float) -> str:
    """A constant infusion: as long as its interval."""
    return endless("saturable", f"{24 * rate} mg", "24 h", 'route = "intravenous"', 'infusion = "24 h"')


@pytest.mark.parametrize("rate", [3.0, 15.0, 25.0, 29.0, 29.9])
def test_an_endless_infusion_of_a_saturable_drug_has_the_michaelis_menten_level(rate: float) -> None:
    """C = Km·R/(Vmax - R), at every hour, also where it takes decades to come about (closed form)."""
    result = run(text(infused(rate), days=3), rtol=TIGHT, drugs=(michaelis_menten(),))

    np.testing.assert_allclose(result.concentration[0], 4 * rate / (30 - rate), rtol=CLOSE)


@pytest.mark.parametrize("dose", ["60 mg", "200 mg", "300 mg"])
def test_tablets_of_a_saturable_drug_are_where_long_treatment_leads(dose: str) -> None:
    """12-hourly, at up to 0.83 of Vmax: the state before the next dose after 200 days, to 1e-6."""
    long = regimen("saturable", daily(dose, "12 h", "-200 d", "1 d"))
    expected = states(run(text(long, days=1), rtol=TIGHT, drugs=(michaelis_menten(),)), 12.0)

    found = run(text(endless("saturable", dose, "12 h"), days=1), rtol=TIGHT, drugs=(michaelis_menten(),))

    assert states(found, 0.0) == pytest.approx(expected, rel=CLOSE)


@pytest.mark.parametrize("rate", [30.1, 30.5, 36.0, 300.0])
def test_more_than_can_be_eliminated_has_no_steady_state(rate: float) -> None:
    """An input above Vmax 30 mg/h ends in an error that says so and what to do, by vein and by mouth."""
    tablets = endless("saturable", f"{12 * rate} mg", "12 h")
    for source, end in ((infused(rate), 24.0), (tablets, 12.0)):
        with pytest.raises(SimulationError) as caught:
            run(text(source, days=3), drugs=(michaelis_menten(),))

        assert caught.value.interval == (0.0, end)
        assert re.fullmatch(
            r"No steady state was found in \d+ periods: the doses may be more than can be eliminated\. "
            r"Lower them, or begin before t = 0 without steady_state\.",
            caught.value.advice,
        )


@pytest.mark.parametrize(("amount", "status"), [(354, 0), (361, 3), (366, 3), (3600, 3)])
def test_dosing_records_refuse_it_too(tmp_path: Path, amount: int, status: int) -> None:
    """``events`` with SS: 12-hourly doses below Vmax (360 mg in 12 h) are followed, those above it are an error."""
    (tmp_path / "drug.toml").write_text(michaelis_menten(), "utf-8")
    (tmp_path / "data.csv").write_text(f"ID,TIME,AMT,EVID,II,SS\n1,0,{amount},1,12,1\n1,12,.,0,.,.\n", "utf-8")
    files = [str(tmp_path / name) for name in ("data.csv", "drug.toml", "out")]

    done = CliRunner().invoke(main, ["events", files[0], "--drug", files[1], "--out", files[2]])

    assert done.exit_code == status
    assert ("have no steady state" in done.stderr) == (status == 3)


def test_the_residual_is_reported() -> None:
    """How many periods it took and how well one repeats itself stand in the result's status."""
    message = run(text(infused(15.0), days=3), drugs=(michaelis_menten(),)).status.message

    found = re.fullmatch(r"steady state found in (\d+) periods, residual (\d\.\de[-+]\d\d) of each amount", message)
    assert found is not None
    assert int(found[1]) <= 400
    assert float(found[2]) <= 1e-7


def test_without_a_steady_state_nothing_is_reported() -> None:
    """A run that begins at rest has no residual."""
    assert run(text(regimen("saturable", daily("60 mg")), days=3), drugs=(michaelis_menten(),)).status.message == ""


# ---- inputs that outlast their interval ----

KE = 0.1
"""5 L/h over 50 L."""


def linear(form: str, stepped: bool) -> str:
    """A linear drug with one oral form; through an enzyme that an idle inducer moves it is stepped, else exact."""
    elimination = pathway("all", 1.0, "CYP3A4") if stepped else ""
    idle = '[induces.CYP3A4]\nslope = { value = 1e-12, unit = "L/mg", basis = "total" }\n' if stepped else ""
    return drug("linear", elimination, idle, f"[absorption.oral]\n{form}\n", INTRAVENOUS)


@pytest.mark.parametrize("stepped", [True, False])
@pytest.mark.parametrize("hours", [12.0, 24.0, 36.0, 100.0])
def test_infusions_overlap(stepped: bool, hours: float) -> None:
    """120 mg over ``hours`` every 24 h: past infusions sum up (closed form)."""
    dose = endless("linear", "120 mg", "24 h", 'route = "intravenous"', f'infusion = "{hours} h"')

    result = run(text(dose, days=3), rtol=TIGHT, drugs=(linear('ka = "1 1/h"', stepped),))

    since = result.time[:, None] + 24 * np.arange(-2, 40)
    during, after = np.clip(since, 0, hours), np.maximum(since - hours, 0)
    expected = (120 / hours / 5 * -np.expm1(-KE * during) * np.exp(-KE * after)).sum(axis=1)
    np.testing.assert_allclose(result.concentration[0], expected, rtol=CLOSE)


FORMS = {
    "first order": 'ka = "0.05 1/h"',
    "zero order into the gut wall": 'zero_order = "30 h"',
    "zero order into a depot": 'zero_order = "30 h"\nka = "0.2 1/h"',
    "zero order as long as the interval": 'zero_order = "24 h"\nka = "0.2 1/h"',
    "lag beyond the interval": 'zero_order = "3 h"\nka = "0.2 1/h"\nlag = "29 h"',
    "weibull": 'weibull = { scale = "20 h", shape = "1.4" }',
    "weibull into a depot": 'weibull = { scale = "20 h", shape = "2.5" }\nka = "0.3 1/h"\nlag = "1 h"',
    "weibull that begins at an infinite rate": 'weibull = { scale = "12 h", shape = "0.7" }',
    "transit": 'transit = { number = "5", mean_time = "30 h" }\nka = "0.3 1/h"',
    "parts": '[[absorption.oral.part]]\nfraction = "0.5"\nka = "1 1/h"\n[[absorption.oral.part]]\nfraction = "0.5"\n'
    'weibull = { scale = "20 h", shape = "2" }\nlag = "26 h"',
}


@pytest.mark.parametrize("stepped", [True, False])
@pytest.mark.parametrize("form", FORMS)
def test_releases_overlap(form: str, stepped: bool) -> None:
    """The steady state of a linear drug is the sum of single doses, each a day older, until nothing is left of them."""
    formed = (linear(FORMS[form], stepped),)
    one = run(text(regimen("linear", daily("100 mg", until="24 h")), days=40), rtol=1e-10, drugs=formed).curves[0]

    result = run(text(endless("linear", "100 mg", "24 h"), days=2), rtol=1e-10, drugs=formed)

    past = range(math.ceil(36 - 1))
    after = np.where(result.time < 24, result.time, result.time - 24)[1:24]
    expected = sum(one.value(after + 24 * n) for n in past)
    for day in (0, 1):
        found = result.concentration[0][1 + 24 * day : 24 + 24 * day]
        np.testing.assert_allclose(found, expected, rtol=0, atol=CLOSE * expected.max())


def test_a_dose_that_is_not_repeated_ends_what_was_at_steady_state() -> None:
    """The last Weibull dose of an endless course lies before t = 0: what is left of all of them goes on (sum)."""
    formed = (linear('weibull = { scale = "20 h", shape = "1.4" }', stepped=True),)
    one = run(text(regimen("linear", daily("100 mg", until="24 h")), days=40), rtol=1e-10, drugs=formed).curves[0]
    dose = regimen("linear", course("0 d", 'until = "1 h"', 'dose = "100 mg"', 'every = "24 h"', STEADY))

    result = run(text(dose, days=4), rtol=1e-10, drugs=formed)

    expected = sum(one.value(result.time[1:] + 24 * n) for n in range(35))
    np.testing.assert_allclose(result.concentration[0][1:], expected, rtol=0, atol=CLOSE * expected.max())
