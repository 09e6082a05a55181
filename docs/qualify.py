"""Hold the library against the published interaction studies, and against what it did before.

Usage: python docs/qualify.py            compare with the committed summary; exit status 1 if a group got worse
       python docs/qualify.py --write    write summary, outcomes, the generated part of docs/qualification.md, figures
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pkinteract.export.tables.qualify import kept_table, rounded_table
from pkinteract.library.evidence.outcomes import OUTCOMES
from pkinteract.library.evidence.ratios import RATIOS, read_studies
from pkinteract.library.evidence.timecourses import read_time_courses
from pkinteract.qualify import (
    GroupSummary,
    PointOutcome,
    StudyOutcome,
    course_summaries,
    kept_summaries,
    qualify_courses,
    qualify_studies,
    regressions,
    summaries,
)
from pkinteract.qualify.measure import fold_error, noise_floor
from pkinteract.report.drawing import save
from pkinteract.report.qualify.courses import draw_courses
from pkinteract.report.qualify.figure import draw_agreement, draw_forest
from pkinteract.text.csv import write_csv

PAGE = Path(__file__).parent / "qualification.md"
IMAGES = Path(__file__).parent / "images"
SUMMARY = RATIOS.parent / "summary.csv"
HEAD = (
    "rows",
    "GMFE",
    "bias",
    "in Guest's limits",
    "1.5-fold",
    "twofold",
    "Cmax rows",
    "GMFE",
    "static GMFE",
    "right direction",
)
LEFT_OUT = Path(__file__).parent / "left-out-summary.csv"
MARK = "<!-- generated below this line by make qualification -->"


def main() -> None:
    """Simulate every study and time course; compare or write."""
    if sys.argv[1:] not in ([], ["--write"]):
        sys.exit("usage: python docs/qualify.py [--write]")
    outcomes, points = qualify_studies(read_studies()), qualify_courses(read_time_courses())
    found = (*summaries(outcomes), *course_summaries(points))
    if sys.argv[1:] == ["--write"]:
        write_csv(rounded_table(found), SUMMARY)
        write_csv(kept_table(outcomes), OUTCOMES)
        head = with_predictions(PAGE.read_text("utf-8").split(MARK)[0], outcomes, points)
        PAGE.write_text(f"{head}{MARK}\n\n" + "\n".join(page_lines(outcomes, points, found)) + "\n", "utf-8")
        save(draw_agreement(outcomes), IMAGES / "qualification.png")
        save(draw_courses(points), IMAGES / "qualification-timecourses.png")
        save(draw_forest(outcomes), IMAGES / "qualification-forest.png")
    lines = regressions(found, kept_summaries(SUMMARY))
    print("\n".join(lines) if lines else f"{found[0].n} ratios, GMFE {found[0].gmfe or 0:.3f}: no group got worse")
    sys.exit(1 if lines else 0)


def with_predictions(text: str, outcomes: Sequence[StudyOutcome], points: Sequence[PointOutcome]) -> str:
    """The tables of misses with the predictions of now, in the last column but one of a row that names one."""
    ratios = {outcome.study.id: outcome.exposure for outcome in outcomes}
    ratios |= {outcome.point.id: outcome.predicted for outcome in points}

    def told(line: str) -> str:
        cells = line.split(" | ")
        predicted = ratios.get(cells[0].removeprefix("| "))
        if not line.startswith("| ") or predicted is None:
            return line
        return " | ".join([*cells[:-2], _three(predicted), cells[-1]])

    return "\n".join(map(told, text.split("\n")))


def page_lines(
    outcomes: Sequence[StudyOutcome], points: Sequence[PointOutcome], found: Sequence[GroupSummary]
) -> Iterator[str]:
    """Summary, figures, every time point, every row."""
    yield "## Summary"
    yield ""
    yield f"| | {' | '.join(HEAD)} |"
    yield "|---|" + "---:|" * len(HEAD)
    for row in found:
        if row.by.startswith("time course"):
            continue
        name = "**all**" if row.by == "all" else f"{row.by}: {row.group}"
        shares = [row.within_guest, row.within_close, row.within_twofold]
        cells = [name, str(row.n), _two(row.gmfe), _two(row.bias), *map(_percent, shares)]
        cells += [str(row.n_peak), _two(row.gmfe_peak), _two(row.gmfe_static), _percent(row.right_direction)]
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "Beside PK-Sim's published predictions, on the rows that carry one:"
    yield ""
    yield "| | rows | GMFE here | GMFE PK-Sim |"
    yield "|---|---:|---:|---:|"
    for row in found:
        if row.n_pksim and row.by != "victim":
            name = "**all**" if row.by == "all" else f"{row.by}: {row.group}"
            yield f"| {name} | {row.n_pksim} | {_two(row.gmfe_beside_pksim)} | {_two(row.gmfe_pksim)} |"
    yield ""
    yield from _left_out()
    yield "![Predicted against observed ratios](images/qualification.png)"
    yield ""
    yield "![Every study](images/qualification-forest.png)"
    yield ""
    yield from _courses(points, found)
    yield from _studies(outcomes)


def _left_out() -> Iterator[str]:
    """Errors with all and without each paper, as ``make cross-validation`` kept them; what separates studies alike."""
    yield "## Fitted and left out"
    yield ""
    yield "Each paper that a fit has seen is left out in turn and predicted by the others (`make cross-validation`)."
    yield ""
    yield "| | rows | left out | GMFE fitted | GMFE left out | beside PK-Sim: rows | here, left out | PK-Sim |"
    yield "|---|---:|---:|---:|---:|---:|---:|---:|"
    with LEFT_OUT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            numbers = [_two(float(row[name])) for name in ("gmfe", "gmfe_left_out")]
            beside = [_two(float(row[name])) if row[name] else "" for name in ("gmfe_beside_pksim", "gmfe_pksim")]
            yield f"| {' | '.join([row['group'], row['n'], row['n_left_out'], *numbers, row['n_pksim'], *beside])} |"
    yield ""
    floor, count = noise_floor(read_studies())
    yield f"Studies of one design differ too: {count} ratios lie {floor:.2f}-fold from the mean of their design."
    yield ""


def _courses(points: Sequence[PointOutcome], found: Sequence[GroupSummary]) -> Iterator[str]:
    done = [row for row in points if row.state == "simulated"]
    yield "## Time points"
    yield ""
    yield f"{len(done)} time points of {len({row.point.study for row in done})} studies."
    yield ""
    yield "| | points | GMFE | bias | in Guest's limits | 1.5-fold | twofold |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for row in found:
        if row.by.startswith("time course"):
            name = f"perpetrator: {row.group}" if row.by.endswith("perpetrator") else f"**{row.group}**"
            shares = [row.within_guest, row.within_close, row.within_twofold]
            yield f"| {' | '.join([name, str(row.n), _two(row.gmfe), _two(row.bias), *map(_percent, shares)])} |"
    yield ""
    yield "![Every time course](images/qualification-timecourses.png)"
    yield ""
    yield "| id | study | | | measure | day | observed | predicted | fold error |"
    yield "|---|---|---|---|---|---:|---:|---:|---:|"
    for outcome in done:
        point, predicted, observed = outcome.point, outcome.predicted or 0.0, outcome.point.value or 0.0
        who = f"[{point.study}]({point.url})" if point.url else point.study
        what = [" + ".join(point.perpetrators), f"{point.change}, {point.analyte}"]
        unit = " h" if point.is_half_time else ""
        day = "" if point.day is None else f"{point.day:.3g}"
        ratios = [f"{_three(observed)}{unit}", f"{_three(predicted)}{unit}", _two(fold_error(predicted, observed))]
        yield f"| {' | '.join([point.id, who, *what, point.measure, day, *ratios])} |"
    yield ""
    yield "Not simulated:"
    yield ""
    yield "| id | study | | day | observed | why |"
    yield "|---|---|---|---:|---:|---|"
    for outcome in points:
        if outcome.state != "simulated":
            point = outcome.point
            why = f"no monograph of {outcome.reason}" if outcome.state == "no monograph" else outcome.reason
            what = f"{' + '.join(point.perpetrators)}, {point.change}, {point.analyte}"
            day = "" if point.day is None else f"{point.day:.3g}"
            yield f"| {' | '.join([point.id, point.study, what, day, _three(point.value), why])} |"
    yield ""


def _studies(outcomes: Sequence[StudyOutcome]) -> Iterator[str]:
    yield "## Study arms"
    yield ""
    yield "| id | study | | observed | predicted | fold error | static | PK-Sim | Cmax observed | predicted |"
    yield "|---|---|---|---:|---:|---:|---:|---:|---:|---:|"
    for row in outcomes:
        if row.state != "simulated":
            continue
        study = row.study
        seen, peak = study.exposure, study.peak
        exposure = row.exposure if seen is not None else None
        fold = "" if seen is None or exposure is None else _two(max(exposure / seen.ratio, seen.ratio / exposure))
        who = f"[{study.study}]({study.url})" if study.url else study.study
        what = f"{' + '.join(study.perpetrators) or 'genotype'} on {study.analyte}"
        ratios = [_three(None if seen is None else seen.ratio), _three(exposure), fold, _three(row.static)]
        peaks = [_three(None if peak is None else peak.ratio), _three(None if peak is None else row.peak)]
        yield f"| {' | '.join([study.id, who, what, *ratios, _three(study.pksim), *peaks])} |"
    yield ""
    yield "## Not simulated"
    yield ""
    yield "| id | study | | why |"
    yield "|---|---|---|---|"
    for row in outcomes:
        if row.state != "simulated":
            study = row.study
            why = f"no monograph of {row.reason}" if row.state == "no monograph" else row.reason
            pair = f"{' + '.join(study.perpetrators)} on {study.analyte}"
            yield f"| {study.id} | {study.study} | {pair} | {why} |"


def _two(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _three(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.0f} %"


if __name__ == "__main__":
    main()
