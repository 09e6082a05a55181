"""Writes what the documents count in the library into their marked parts: ``make docs``. A test fails when one is old.

A part stands between ``<!-- library: NAME -->`` and ``<!-- end -->``, within a line or around whole lines. It never
begins a line of prose, since Markdown would take that line for HTML.
"""

from __future__ import annotations

import csv
import re
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path

from pkinteract.library import load_library
from pkinteract.library.evidence.ratios import RATIOS, read_studies

ROOT = Path(__file__).resolve().parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
PART = re.compile(r"(<!-- library: ([\w-]+) -->)(\n?)(.*?)(\n?)(<!-- end -->)", re.DOTALL)
GROUPS = {
    "published designs": ("design", "osp, published"),
    "of these, induction": ("design and mechanism", "osp, published, induction"),
    "carbamazepine on others": ("perpetrator", "carbamazepine"),
    "antiseizure drugs": ("set", "asm"),
    "pairs of labels and studies": ("set", "pairs"),
    "recalled, a check": ("set", "recalled"),
}
"""What README calls a group of studies, and where the summary has it."""

HEAD = (
    "| studies | ratios | mean fold error | in Guest's limits | 1.5-fold | twofold | static estimate |",
    "|---|---:|---:|---:|---:|---:|---:|",
)


def parts() -> dict[str, str]:
    """Every part by its name, as it should be now."""
    library, studies = load_library(), read_studies()
    known = set(library.ids())
    simulated = [study for study in studies if study.used and {*study.drugs, *study.measured} <= known]
    with (RATIOS.parent / "summary.csv").open(encoding="utf-8", newline="") as file:
        groups = {(row["by"], row["group"]): row for row in csv.DictReader(file)}
    published = groups[GROUPS["published designs"]]
    counts = {name: sum(study.set == name for study in studies) for name in ("osp", "asm", "pairs", "ward", "recalled")}
    return {
        "size": f"{len(known)} compounds",
        "simulated": f"{len(simulated)} published study arms",
        **{f"rows-{name}": str(count) for name, count in counts.items()},
        "published-designs": f"{published['n']} rows",
        "agreement": "\n".join([*HEAD, *(_agreement(name, groups[key]) for name, key in GROUPS.items())]),
        "pksim": _beside(),
        "left-out": "\n".join(_left_out()),
        "time-courses": _courses(groups["time course", "level"], groups["time course", "half-time"]),
        "others": "\n".join(_others(known)),
    }


def _agreement(name: str, group: Mapping[str, str]) -> str:
    shares = [f"{100 * float(group[key]):.0f} %" for key in ("within_guest", "within_close", "within_twofold")]
    cells = [name, group["n"], f"{float(group['gmfe']):.2f}", *shares, f"{float(group['gmfe_static']):.2f}"]
    return f"| {' | '.join(cells)} |"


def _courses(level: Mapping[str, str], half_time: Mapping[str, str]) -> str:
    """How far time courses are off, from the kept summary."""
    level_error, half_time_error = (f"{float(group['gmfe']):.2f}" for group in (level, half_time))
    levels = f"{level['n']} levels on a day with a mean fold error of {level_error}"
    return f"{levels}, {half_time['n']} half-times with {half_time_error}"


def _left_out() -> Iterator[str]:
    """Errors on the published designs with all papers and with each left out, as they are kept."""
    with (ROOT / "docs" / "left-out-summary.csv").open(encoding="utf-8", newline="") as file:
        groups = {row["group"]: row for row in csv.DictReader(file)}
    yield "| published designs | ratios | fitted | left out | beside PK-Sim: left out | PK-Sim |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name in ("all", "inhibition", "inactivation", "induction"):
        group = groups["osp, published" if name == "all" else f"osp, published, {name}"]
        keys = ("gmfe", "gmfe_left_out", "gmfe_beside_pksim", "gmfe_pksim")
        yield f"| {' | '.join([name, group['n'], *(f'{float(group[key]):.2f}' for key in keys)])} |"


def _beside() -> str:
    """The error on the published designs that PK-Sim predicts too, as docs/qualification.md rounds it."""
    page = (ROOT / "docs" / "qualification.md").read_text("utf-8")
    row = re.search(r"^\| design: osp, published \| (\d+) \| ([\d.]+) \| ([\d.]+) \|$", page, re.MULTILINE)
    if row is None:
        raise ValueError("docs/qualification.md has no row of the published designs beside PK-Sim")
    return f"{row[2]} here and {row[3]} there on {row[1]} of the published designs"


def _others(known: set[str]) -> list[str]:
    """The compounds that have no row in the table of docs/library.md."""
    page = (ROOT / "docs" / "library.md").read_text("utf-8")
    section = page.split("\n## The library: choices and weak points\n")[1].split("\n### ")[0]
    shown = {row.strip("|").split("|")[0].strip() for row in section.splitlines() if row.startswith("| ")}
    return textwrap.wrap(f"Also there: {', '.join(sorted(known - shown))}.", 118, break_on_hyphens=False)


def refreshed(text: str, found: Mapping[str, str]) -> str:
    """A page with its parts as they should be.

    Raises
    ------
    KeyError
        When it has a part that nobody makes.
    """
    return PART.sub(lambda part: "".join([part[1], part[3], found[part[2]], part[5], part[6]]), text)


if __name__ == "__main__":
    made = parts()
    for path in PAGES:
        before = path.read_text("utf-8")
        after = refreshed(before, made)
        if after != before:
            path.write_text(after, "utf-8")
            print(f"wrote {path}")
