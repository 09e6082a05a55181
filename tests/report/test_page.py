"""The page of a run in a browser without a network: what it does, says and prints."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, sync_playwright
from runs import course, daily, regimen, run, text

from pkinteract import load_scenario, simulate
from pkinteract.analysis import answer_of
from pkinteract.cli import main
from pkinteract.engine.curves import extremes
from pkinteract.model.expectation.evidence import pair_evidence
from pkinteract.report.page.chart import chart_content
from pkinteract.report.page.write import page_text
from pkinteract.report.run.sentences import sentences_of
from pkinteract.result import Conflict, FittedValue, LevelFit, Result
from pkinteract.text.words import LANGUAGES, words_of

SCENARIOS = Path(__file__).parents[2] / "scenarios"
HEADLINE = "carbamazepine-to-levetiracetam"
NAMES = (HEADLINE, "cyp2d6-poor-metaboliser", "erythromycin-with-carbamazepine")
OTHERS = ("measured-en", "fitted-en", "fitted-de")
CLEARANCE = "elimination.clearance"
CHROMIUM = shutil.which("chromium")
LARGEST = 500_000
"""Size of a page at most [byte]."""

VISIBLE = """(all) => all.every((one) => {
    const box = one.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(one).visibility === "visible";
})"""
"""Whether all of some elements take place on the page and are not hidden."""

MANY = [
    "amitriptyline",
    "brivaracetam",
    "cannabidiol",
    "carbamazepine",
    "cenobamate",
    "clobazam",
    "diazepam",
    "erythromycin",
    "lamotrigine",
    "levetiracetam",
    "phenytoin",
    "valproate",
]

browser_only = pytest.mark.skipif(CHROMIUM is None, reason="needs chromium (apt-get install chromium)")


def html(result: Result, language: str = "en") -> str:
    answer, words, pairs = answer_of(result), words_of(language), pair_evidence(result.scenario)
    return page_text(answer, sentences_of(answer, words, pairs), pairs, words)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pages of three scenarios in both languages, and one with measured levels, a calendar and a change of dose."""
    base = tmp_path_factory.mktemp("pages")
    for name in NAMES:
        result = simulate(load_scenario(SCENARIOS / f"{name}.toml"))
        for language in LANGUAGES:
            (base / f"{name}-{language}.html").write_text(html(result, language), "utf-8")
    (base / "measured-en.html").write_text(html(run(MEASURED)), "utf-8")
    for language in LANGUAGES:
        (base / f"fitted-{language}.html").write_text(html(fitted(), language), "utf-8")
    return base


@pytest.fixture(scope="module")
def peopled(folder: Path) -> Path:
    """The same folder with the pages of a population."""
    for language in LANGUAGES:
        source, out = str(SCENARIOS / f"{HEADLINE}.toml"), folder / f"people-{language}"
        options = ["-n", "60", "--language", language, "--out", str(out)]
        assert CliRunner().invoke(main, ["population", source, *options]).exit_code == 0
        (out / "report.html").rename(folder / f"people-{language}.html")
    return folder


TWO_LEVELS = SCENARIOS.parent / "fits/one-patient-tdm/carbamazepine-two-levels.toml"
LEVEL = '[[observation]]\nat = "6 d"\nanalyte = "amitriptyline+nortriptyline"\nlevel = "60 ng/mL"\n'
MEASURED = text(
    regimen("amitriptyline", daily("75 mg", "24 h", "-20 d")),
    regimen("carbamazepine", daily("200 mg", "12 h", "-20 d", "0 d")),
    LEVEL,
    days=30,
).replace("[simulation]\n", "[simulation]\nstart = 2026-03-28T08:00:00\n")


def fitted() -> Result:
    """The same patient with a clearance that the level gave, which contradicts the doses."""
    told = FittedValue(drug="amitriptyline", path=CLEARANCE, unit="L/h", typical=37.34, value=30.0, low=24.0, high=37.5)
    slow, typical = run(f'{MEASURED}[override.amitriptyline]\n"{CLEARANCE}" = "30 L/h"\n'), run(MEASURED)
    [level] = typical.scenario.observations
    conflict = Conflict(observation=level, rare=True, predicted=42.0, low=20.0, high=55.0, sds=1.4)
    fit = LevelFit(
        typical=typical, error=0.15, values=(told,), conflicts=(conflict,), unweighed=(), warnings=(), bands=()
    )
    return replace(slow, fit=fit)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as started:
        chromium = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield chromium
        chromium.close()


class Opened:
    """A page with what it asked for and complained of."""

    def __init__(self, browser: Browser, path: Path, **options: str) -> None:
        self.context = browser.new_context(offline=True, viewport={"width": 1000, "height": 900}, **options)  # type: ignore[arg-type]
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(path.as_uri())

    def span(self) -> tuple[float, float]:
        """First and last day that is drawn."""
        charts = self.page.locator("#charts")
        return float(charts.get_attribute("data-from") or "nan"), float(charts.get_attribute("data-to") or "nan")


@pytest.fixture
def opened(browser: Browser, folder: Path) -> Iterator[Opened]:
    page = Opened(browser, folder / f"{HEADLINE}-en.html")
    yield page
    assert page.complaints == []
    page.context.close()


@browser_only
@pytest.mark.browser
@pytest.mark.parametrize("name", [*(f"{name}-{language}" for name in NAMES for language in LANGUAGES), *OTHERS])
def test_a_page_needs_nothing_complains_of_nothing_and_prints_on_two_sheets(
    browser: Browser, folder: Path, tmp_path: Path, name: str
) -> None:
    """No request but for itself, nothing on the console, curves drawn, nothing serious found by axe, two A4 pages."""
    _sound(browser, folder, tmp_path, name)


@browser_only
@pytest.mark.browser
@pytest.mark.compiled
@pytest.mark.slow
@pytest.mark.parametrize("name", [f"people-{language}" for language in LANGUAGES])
def test_so_does_the_page_of_a_population(browser: Browser, peopled: Path, tmp_path: Path, name: str) -> None:
    """Bands around the curves and a column more; at most 0.5 MB."""
    _sound(browser, peopled, tmp_path, name)
    assert (peopled / f"{name}.html").stat().st_size <= LARGEST


@browser_only
@pytest.mark.browser
@pytest.mark.compiled
@pytest.mark.slow
def test_a_band_is_told_with_its_curve_and_hidden_with_it(browser: Browser, peopled: Path) -> None:
    """The cursor says 5 and 95 % of the patients in brackets; a name that is pressed takes curve and band away."""
    one = Opened(browser, peopled / "people-en.html")
    chart = one.page.locator(".u-over").first
    chart.focus()
    one.page.keyboard.press("End")
    told = chart.get_attribute("aria-valuetext") or ""
    one.page.keyboard.press("Home")
    before = chart.get_attribute("aria-valuetext") or ""
    figure = one.page.locator(".chart").first.locator("canvas")
    shown = figure.evaluate("(canvas) => canvas.toDataURL()")
    one.page.locator(".key").first.click()
    hidden = figure.evaluate("(canvas) => canvas.toDataURL()")
    one.page.locator(".key").first.click()
    again = figure.evaluate("(canvas) => canvas.toDataURL()")

    found = re.search(r"amitriptyline \+ nortriptyline ([\d.]+) \(([\d.]+)–([\d.]+)\)", told)
    assert found is not None
    middle, low, high = map(float, found.groups())
    assert low < middle < high
    assert "–" not in before
    assert hidden != shown
    assert again == shown
    assert one.complaints == []
    one.context.close()


@pytest.fixture(scope="module")
def two_levels(folder: Path) -> Path:
    """The page of ``fit --patient`` for the shipped patient with two levels, and its tables."""
    out = folder / "patient-two-levels"
    assert CliRunner().invoke(main, ["fit", "--patient", str(TWO_LEVELS), "--out", str(out)]).exit_code == 0
    shutil.copy(out / "report.html", folder / "two-levels-en.html")
    return folder


@browser_only
@pytest.mark.browser
@pytest.mark.compiled
def test_a_patient_with_two_levels_has_a_page(browser: Browser, two_levels: Path, tmp_path: Path) -> None:
    """As sound as that of a run; levels, values and the typical curve; the cursor tells the band of ``bands.csv``."""
    _sound(browser, two_levels, tmp_path, "two-levels-en")
    one = Opened(browser, two_levels / "two-levels-en.html")
    with (two_levels / "patient-two-levels" / "bands.csv").open(encoding="utf-8", newline="") as file:
        bands = list(csv.DictReader(file))
    chart = one.page.locator(".u-over").first
    chart.focus()
    one.page.keyboard.press("End")

    told = re.search(r"carbamazepine ([\d.]+) \(([\d.]+)–([\d.]+)\)", chart.get_attribute("aria-valuetext") or "")
    assert told is not None
    last = [float(bands[-1][name]) for name in ("individual", "individual_low_95", "individual_high_95")]
    assert [float(number) for number in told.groups()] == pytest.approx(last, rel=6e-3)
    assert one.page.locator("#measured-head + .wide tbody tr").count() == 2
    assert one.page.locator("#fitted-head + .wide tbody tr").count() == 2
    assert one.page.locator("button.key").filter(has_text="typical patient").count() == 1
    one.context.close()


def _sound(browser: Browser, folder: Path, tmp_path: Path, name: str) -> None:
    one = Opened(browser, folder / f"{name}.html")
    assert one.page.locator(".chart canvas").count() >= 2
    assert one.page.locator("html").get_attribute("lang") == name[-2:]
    for dark in (False, True):
        if dark:
            one.page.locator("#dark").click()
        found = Axe().run(one.page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [
            (item["id"], item["nodes"][0]["html"]) for item in found if item["impact"] in ("serious", "critical")
        ] == []
    one.page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    printed = (tmp_path / "page.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) <= 2
    assert one.requests == [(folder / f"{name}.html").as_uri()]
    assert one.complaints == []
    one.context.close()


PILL = course("-56 d", 'until = "84 d"', 'dose = "DOSE"', 'every = "24 h"', 'cycle = { on = "21 d", off = "7 d" }')
LONG = text(
    regimen("lamotrigine", daily("150 mg", "12 h", "-56 d")),
    regimen("ethinylestradiol", PILL.replace("DOSE", "30 ug")),
    regimen("levonorgestrel", PILL.replace("DOSE", "150 ug")),
    regimen("valproate", daily("300 mg", "12 h", "14 d", "28 d"), daily("500 mg", "12 h", "28 d")),
    days=120,
    age=29,
    patient='seizure_types = ["focal"]\ncontraception = "combined-pill"\nchildbearing = true\n',
).replace("[simulation]\n", "[simulation]\nstart = 2027-12-20T00:00:00\n")
LONG += "".join(
    f'[[observation]]\nat = "{day} d"\nanalyte = "lamotrigine"\nlevel = "4 mg/L"\n' for day in range(-20, 4, 2)
)
"""Four drugs in cycles and a dozen measured levels: more than two sheets hold in usual print."""


@browser_only
@pytest.mark.browser
def test_a_long_answer_is_set_closer_until_it_prints_on_two_sheets(browser: Browser, tmp_path: Path) -> None:
    """Closer print on paper alone, as before on the screen afterwards."""
    (tmp_path / "long.html").write_text(html(run(LONG), "de"), "utf-8")
    one = Opened(browser, tmp_path / "long.html")
    before = one.page.locator(".chart").first.bounding_box()
    one.page.evaluate("window.seen = []")
    one.page.evaluate("window.addEventListener('beforeprint', () => window.seen.push(document.body.className))")
    one.page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)

    printed = (tmp_path / "page.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b(?!s)", printed)) == 2
    (closer,) = one.page.evaluate("window.seen")
    assert closer in ("near", "dense")
    assert one.page.evaluate("document.body.className") == ""
    assert one.page.locator(".chart").first.bounding_box() == before
    assert one.complaints == []
    one.context.close()


@browser_only
@pytest.mark.browser
def test_dragging_zooms_every_chart_and_the_button_shows_the_whole_time_again(opened: Opened) -> None:
    """From a quarter to a half of the width: that part of the time is drawn, and the lanes of doses with it."""
    first, last = opened.span()
    lane = opened.page.locator("#lanes rect").first
    narrow = float(lane.get_attribute("width") or 0)
    over = opened.page.locator(".u-over").first
    box = over.bounding_box()
    assert box is not None
    opened.page.mouse.move(box["x"] + box["width"] / 4, box["y"] + 20)
    opened.page.mouse.down()
    opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 30, steps=5)
    opened.page.mouse.up()

    low, high = opened.span()

    assert low == pytest.approx(first + (last - first) / 4, abs=0.02 * (last - first))
    assert high == pytest.approx(first + (last - first) / 2, abs=0.02 * (last - first))
    assert float(lane.get_attribute("width") or 0) >= narrow
    opened.page.locator("#whole").click()
    assert opened.span() == (first, last)


@browser_only
@pytest.mark.browser
def test_keys_move_the_cursor_zoom_and_hide_a_curve(opened: Opened) -> None:
    """A chart is a slider of days; its value tells the day and every curve that is shown; a name is a button."""
    chart = opened.page.locator(".u-over").first
    chart.focus()
    opened.page.keyboard.press("Home")
    start = chart.get_attribute("aria-valuetext") or ""
    opened.page.keyboard.press("PageDown")
    moved = chart.get_attribute("aria-valuetext") or ""
    first, last = opened.span()
    opened.page.keyboard.press("+")

    assert start.startswith("day -14:")
    assert "amitriptyline + nortriptyline" in start
    assert "ng/mL" in start
    assert moved.startswith("day -13:")
    assert opened.page.locator("#readout").inner_text() == "day -13"
    assert opened.span()[1] - opened.span()[0] < 0.6 * (last - first)

    name = opened.page.locator(".key").first
    name.focus()
    opened.page.keyboard.press("Enter")
    chart.focus()
    opened.page.keyboard.press("ArrowRight")
    assert name.get_attribute("aria-pressed") == "false"
    assert "amitriptyline + nortriptyline" not in (chart.get_attribute("aria-valuetext") or "")


@browser_only
@pytest.mark.browser
def test_the_keyboard_reaches_every_control(opened: Opened) -> None:
    """Tab goes to the link to the answer, the three buttons, every name and every chart."""
    reached = set()
    for _ in range(60):
        opened.page.keyboard.press("Tab")
        reached.add(opened.page.evaluate("() => { const e = document.activeElement; return e.id || e.className; }"))
    assert {"skip", "log", "whole", "dark", "key", "u-over", "wide"} <= reached


@browser_only
@pytest.mark.browser
def test_the_scale_is_logarithmic_on_request(opened: Opened) -> None:
    """The button says so, and the first chart looks different."""
    chart = opened.page.locator(".chart").first
    linear = chart.screenshot()
    opened.page.locator("#log").click()
    assert opened.page.locator("#log").get_attribute("aria-pressed") == "true"
    assert chart.screenshot() != linear


@browser_only
@pytest.mark.browser
def test_the_page_is_dark_where_the_system_is_and_on_request(browser: Browser, folder: Path) -> None:
    """Dark text on light paper, or the other way round; paper is white when it is printed."""
    shown = "() => getComputedStyle(document.body).backgroundColor"
    light = Opened(browser, folder / f"{HEADLINE}-en.html")
    dark = Opened(browser, folder / f"{HEADLINE}-en.html", color_scheme="dark")

    assert light.page.evaluate(shown) == "rgb(255, 255, 255)"
    assert dark.page.evaluate(shown) == "rgb(22, 24, 27)"
    light.page.locator("#dark").click()
    assert light.page.evaluate(shown) == "rgb(22, 24, 27)"
    dark.page.emulate_media(media="print")
    assert dark.page.evaluate(shown) == "rgb(255, 255, 255)"
    for page in (light, dark):
        page.context.close()


def test_a_page_says_what_made_it_and_which_day_is_day_zero(folder: Path) -> None:
    """Program, checksum of the library, what was taken as usual; no date but the scenario's; no medical device."""
    page = (folder / f"{HEADLINE}-en.html").read_text("utf-8")
    dated = (folder / "measured-en.html").read_text("utf-8")

    assert re.search(r"<p class=\"version\">pkinteract [\d.]+ · library of drugs [0-9a-f]{12} ·", page)
    assert "Day 0 is 2026-03-28 08:00 · pkinteract" in dated
    assert f"{date.today():%Y-%m-%d}" not in page
    assert "Not given, taken as usual:" in page
    assert "not a medical device" in page
    assert "https://" not in re.sub(r"/\*!.*?\*/|xmlns=\S+", "", page.split("<body")[0])


@browser_only
@pytest.mark.browser
def test_paper_carries_the_day_on_which_it_was_printed(opened: Opened) -> None:
    """The script writes it when the page is printed and takes it away after: the file is the same whenever made."""
    printed = opened.page.locator("#printed")
    days = [f"{date.today():%Y-%m-%d}"]
    opened.page.evaluate("() => window.dispatchEvent(new Event('beforeprint'))")
    text_ = printed.inner_text()
    days.append(f"{date.today():%Y-%m-%d}")
    opened.page.evaluate("() => window.dispatchEvent(new Event('afterprint'))")

    assert text_ in [f"· Printed {day}" for day in days]
    assert printed.inner_text() == ""


def test_a_page_tells_of_dialysis_albumin_and_what_is_taken_besides() -> None:
    """What acts on every number, and what the numbers leave out, stands on top in both languages."""
    source = text(
        regimen("levetiracetam", daily("500 mg", "24 h", "0 d")),
        extra='not_modelled = ["Marcumar"]\n',
        patient='albumin = "28 g/L"\n',
    )
    result = run(source + '[[dialysis]]\nat = "2 d"\nevery = "48 h"\nlength = "4 h"\n')

    for language, besides in (("en", "Taken, but not in the model"), ("de", "Eingenommen, aber nicht im Modell")):
        page = html(result, language)
        head = page[page.index("<header>") : page.index("</header>")]
        assert "lbumin 28 g/L" in head
        assert ("sessions of dialysis: 4" if language == "en" else "Dialysesitzungen: 4") in head
        assert besides in head
        assert "Marcumar" in head


def test_every_chart_has_the_range_of_all_that_is_judged_in_it() -> None:
    """Unbound levels stand apart: 20 mg/L of phenytoin in all stood far above the alert level of what is unbound."""
    drugs = [regimen(name, daily("100 mg", "8 h", "-20 d", "9 d")) for name in ("phenytoin", "valproate")]
    result = run(text(*drugs, days=10))

    panels = chart_content(answer_of(result), words_of("en"))["panels"]

    ranges = [(analyte.low, analyte.high, analyte.alert) for analyte in result.analytes]
    assert [(panel["low"], panel["high"], panel["alert"]) for panel in panels] == ranges
    assert [len(panel["curves"]) for panel in panels] == [1] * 4


def test_measured_levels_stand_beside_what_is_predicted_with_their_dates(folder: Path) -> None:
    """A table with a date; without a calendar no table has an empty column of dates."""
    measured = (folder / "measured-en.html").read_text("utf-8")
    plain = (folder / f"{HEADLINE}-en.html").read_text("utf-8")

    assert "<td>6</td><td>2026-04-03 08:00</td>" in measured
    assert "<td>60 ng/mL</td>" in measured
    assert ">Date</th>" not in plain
    assert ">Date</th>" in measured


@browser_only
@pytest.mark.browser
def test_the_typical_curve_is_thin_and_can_be_hidden(browser: Browser, folder: Path) -> None:
    """Half as thick as the fitted one and of its colour, with a name of its own that hides it."""
    one = Opened(browser, folder / "fitted-en.html")
    keys = one.page.locator("figure").first.locator("button.key")
    typical = keys.filter(has_text="typical patient")
    lines = [key.locator("line") for key in (keys.first, typical)]

    assert [float(line.get_attribute("stroke-width") or 0) for line in lines] == [2.5, 1.25]
    assert len({line.get_attribute("stroke") for line in lines}) == 1
    typical.click()
    assert typical.get_attribute("aria-pressed") == "false"
    assert one.complaints == []
    one.context.close()


def test_only_enzymes_that_clear_something_of_the_run_are_drawn(folder: Path) -> None:
    """Carbamazepine induces UGT1A4, which clears no drug of the headline."""
    page = (folder / f"{HEADLINE}-en.html").read_text("utf-8")
    assert '"CYP3A4 liver"' in page
    assert "UGT1A4 liver" not in page


def test_what_inhibitors_leave_of_an_enzyme_is_drawn_beside_its_amount() -> None:
    """Valproate is added to lamotrigine: from 1 the activity of UGT1A4 goes to its average over the last day."""
    result = run(
        text(
            regimen("lamotrigine", daily("50 mg", "12 h", "-20 d")),
            regimen("valproate", daily("500 mg", "12 h", "0 d")),
            days=20,
        )
    )
    data = re.search(r'id="data">(.*?)</script>', html(result))
    assert data is not None
    [enzyme] = [enzyme for enzyme in json.loads(data.group(1))["enzymes"] if enzyme["name"] == "UGT1A4 liver"]
    times = np.linspace(19 * 24, 20 * 24, 2001)
    assert result.activity is not None
    left = result.activity.left(times)["UGT1A4_liver"] * result.enzyme_curves[
        result.enzymes.index("UGT1A4_liver")
    ].value(times)

    assert enzyme["activity"][0] == 1
    assert enzyme["activity"][-1] == pytest.approx(np.trapezoid(left, times) / 24, rel=5e-3)
    assert enzyme["activity"][-1] < 0.7


@cache
def twelve(days: int, carbamazepine: int) -> Result:
    """Twelve drugs, of which carbamazepine is taken until a day; less exact than usual, which no page shows."""
    until = {"carbamazepine": carbamazepine}
    drugs = (regimen(drug, daily("20 mg", "12 h", "-10 d", f"{until.get(drug, days)} d")) for drug in MANY)
    return run(text(*drugs, days=days), rtol=1e-5)


@browser_only
@pytest.mark.browser
@pytest.mark.slow
@pytest.mark.parametrize("language", LANGUAGES)
def test_twelve_drugs_print_on_two_sheets(browser: Browser, tmp_path: Path, language: str) -> None:
    """Charts beside each other; the answer and every alert of the screen are on paper too."""
    (tmp_path / f"many-{language}.html").write_text(html(twelve(120, 120), language), "utf-8")
    _sound(browser, tmp_path, tmp_path, f"many-{language}")
    one = Opened(browser, tmp_path / f"many-{language}.html")
    seen = one.page.locator("#answer dd, .alerts li")
    count = seen.count()
    one.page.emulate_media(media="print")

    assert count > 5
    assert seen.evaluate_all(VISIBLE)
    one.context.close()


@pytest.mark.slow
@pytest.mark.parametrize(("days", "carbamazepine"), [(120, 120), (365, 3)])
def test_a_page_stays_small_and_keeps_the_peaks(days: int, carbamazepine: int) -> None:
    """Twelve drugs for 120 days and for a year: at most 0.5 MB, and the highest level drawn is that of the curve."""
    result = twelve(days, carbamazepine)
    page = html(result)

    assert len(page.encode()) <= LARGEST
    place = next(i for i, analyte in enumerate(result.analytes) if analyte.id == "levetiracetam")
    values = re.search(r'"name":"levetiracetam","values":\[([^\]]*)\]', page)
    assert values is not None
    highest = max(map(float, values.group(1).split(",")))
    assert highest == pytest.approx(extremes(result.curves[place], -240.0, 24.0 * days).cmax, rel=0.03)
