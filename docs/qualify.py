"""Hold the library against the published interaction studies, and against what it did before.

Usage: python docs/qualify.py            compare with the committed summary; exit status 1 if a group got worse
       python docs/qualify.py --write    write summary, outcomes, the generated part of docs/qualification.md, figures
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from pkinteract.export.tables.qualify import kept_table, rounded_table
from pkinteract.library.evidence.outcomes import OUTCOMES
from pkinteract.library.evidence.ratios import RATIOS, read_studies
from pkinteract.qualify import GroupSummary, StudyOutcome, qualify, read_summary, summaries, worse
from pkinteract.report.drawing import save
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
MARK = "<!-- generated below this line by make qualification -->"


def main() -> None:
    """Simulate every study; compare or write."""
    if sys.argv[1:] not in ([], ["--write"]):
        sys.exit("usage: python docs/qualify.py [--write]")
    outcomes = qualify(read_studies())
    found = summaries(outcomes)
    if sys.argv[1:] == ["--write"]:
        write_csv(rounded_table(found), SUMMARY)
        write_csv(kept_table(outcomes), OUTCOMES)
        head = PAGE.read_text("utf-8").split(MARK)[0]
        PAGE.write_text(f"{head}{MARK}\n\n" + "\n".join(page_lines(outcomes, found)) + "\n", "utf-8")
        save(draw_agreement(outcomes), IMAGES / "qualification.png")
        save(draw_forest(outcomes), IMAGES / "qualification-forest.png")
    lines = worse(found, read_summary(SUMMARY))
    print("\n".join(lines) if lines else f"{found[0].n} ratios, GMFE {found[0].gmfe or 0:.3f}: no group got worse")
    sys.exit(1 if lines else 0)


def page_lines(outcomes: Sequence[StudyOutcome], found: Sequence[GroupSummary]) -> Iterator[str]:
    """Summary, figures, every row."""
    yield "## Summary"
    yield ""
    yield f"| | {' | '.join(HEAD)} |"
    yield "|---|" + "---:|" * len(HEAD)
    for row in found:
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
    yield "![Predicted against observed ratios](images/qualification.png)"
    yield ""
    yield "![Every study](images/qualification-forest.png)"
    yield ""
    yield from _studies(outcomes)


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
