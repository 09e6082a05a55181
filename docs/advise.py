"""Writes what `pkinteract advise` finds in scenarios/advise into docs/advise.md: ``make advice``; half a minute.

A part stands between ``<!-- advise: NAME -->`` and ``<!-- end -->``.
"""

from __future__ import annotations

import csv
import json
import re
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from click.testing import CliRunner

from pkinteract.cli import main as pkinteract

DOCS = Path(__file__).resolve().parent
PAGE = DOCS / "advise.md"
SCENARIOS = DOCS.parent / "scenarios" / "advise"
HEADLINE = DOCS.parent / "scenarios" / "carbamazepine-to-levetiracetam.toml"
PART = re.compile(r"(<!-- advise: ([\w-]+) -->\n)(.*?\n)(<!-- end -->)", re.DOTALL)
PATIENTS = 1000

ORDER = (
    "amitriptyline-after-carbamazepine",
    "amitriptyline-after-carbamazepine-poor",
    "warfarin-after-rifampicin",
    "clozapine-smoking-stops",
    "olanzapine-smoking-stops",
    "lamotrigine-valproate-added",
    "lamotrigine-after-valproate",
    "lamotrigine-pill-begun",
    "tizanidine-with-fluvoxamine",
    "phenytoin-with-fluconazole",
    "carbamazepine-with-erythromycin",
    "tacrolimus-with-voriconazole",
    "apixaban-with-carbamazepine",
    "quetiapine-after-carbamazepine",
    "perampanel-after-carbamazepine",
    "levetiracetam-kidneys-fail",
)
PROTOTYPE = {
    "amitriptyline-after-carbamazepine": "1.66; day 3: 100 mg, 11.9 %",
    "amitriptyline-after-carbamazepine-poor": "2.76; day 4: 60 mg, 17.4 %",
    "warfarin-after-rifampicin": "2.06; day 3: 6.5 mg, 16.6 %",
    "lamotrigine-valproate-added": "2.03; day 0: half, 9.6 %",
    "lamotrigine-after-valproate": "0.49; day 2: double, 9.9 %",
    "phenytoin-with-fluconazole": "2.32; day 1: 175, day 16: 300 mg, 10 %",
    "quetiapine-after-carbamazepine": "5.65; day 2: 150, day 5: 75, day 8: 50 mg, 25.4 %",
}
"""Unchanged fold, schedule of fewest changes and largest deviation of the prototype, before the model was changed."""

OUTCOMES = {
    "inside": "inside ±20 % of their own on every day",
    "moved": "more than 30 % from their own at the end",
    "above_range": "above 200 ng/mL at the end",
    "above_alert": "above 300 ng/mL at the end",
    "below_range": "below 80 ng/mL at the end",
}


def main() -> None:
    """Run everything and write the page."""
    with tempfile.TemporaryDirectory() as folder:
        made = {"table": table(Path(folder)), "published": published(), "shares": shares(Path(folder))}
    PAGE.write_text(refreshed(PAGE.read_text("utf-8"), made), "utf-8")
    print(f"wrote {PAGE}")


def refreshed(text: str, made: Mapping[str, str]) -> str:
    """The page with some parts made anew."""
    return PART.sub(lambda part: f"{part[1]}{made.get(part[2], part[3].strip())}\n{part[4]}", text)


def table(folder: Path) -> str:
    """Scenario by scenario: unchanged, the schedule, what it leads to, what stands in the way, and the prototype."""
    head = [
        "| scenario | unchanged | schedule, each dose | with it | days outside | limit | prototype |",
        "|---|---:|---|---:|---:|---|---|",
    ]
    return "\n".join([*head, *(_line(name, folder / name) for name in ORDER)])


def _line(name: str, out: Path) -> str:
    advised(SCENARIOS / f"{name}.toml", out)
    ways = {row["name"]: row for row in rows(out / "alternatives.csv")}
    best, limit = ways["advised"], " and ".join(record(out)["limits"])
    cells = [
        f"[{name}](../scenarios/advise/{name}.toml)",
        _span(ways["unchanged"]),
        best["schedule"] or "no change",
        _span(best),
        best["days_outside"],
        "" if best["passes"] == "true" else limit or "none",
        PROTOTYPE.get(name, ""),
    ]
    return f"| {' | '.join(cells)} |"


def _span(row: Mapping[str, str]) -> str:
    return f"{float(row['lowest_ratio']):.2f} – {float(row['highest_ratio']):.2f}"


def published() -> str:
    """What the head of every scenario says of published advice."""
    return "\n".join(f"* {name}: {_published(name)}" for name in ORDER)


def _published(name: str) -> str:
    head = (SCENARIOS / f"{name}.toml").read_text("utf-8").partition("\n\n")[0]
    text = " ".join(line.removeprefix("# ") for line in head.splitlines())
    return text[text.index("Published") :]


def shares(folder: Path) -> str:
    """The headline in virtual patients, by CYP2D6."""
    advised(HEADLINE, folder / "headline", "--population", str(PATIENTS))
    some = rows(folder / "headline" / "shares.csv")
    groups = list(dict.fromkeys(row["group"] for row in some if row["group"] == "all" or "CYP2D6" in row["group"]))
    schedule = rows(folder / "headline" / "alternatives.csv")[0]["schedule"]
    return "\n".join(
        [
            f"Chosen among the fifty best of the typical patient: {schedule}. Share unchanged → with the schedule:",
            "",
            f"| | patients | {' | '.join(OUTCOMES.values())} |",
            f"|---|---:|{'---:|' * len(OUTCOMES)}",
            *_groups(some, groups),
        ]
    )


def _groups(some: list[dict[str, str]], groups: list[str]) -> Iterator[str]:
    for group in groups:
        mine = {row["outcome"]: row for row in some if row["group"] == group}
        told = [f"{_percent(mine[key]['unchanged'])} → {_percent(mine[key]['advised'])}" for key in OUTCOMES]
        yield f"| {group} | {mine['inside']['patients']} | {' | '.join(told)} |"


def _percent(text: str) -> str:
    return f"{100 * float(text):.1f} %"


def advised(scenario: Path, out: Path, *options: str) -> None:
    """Run the command."""
    done = CliRunner().invoke(pkinteract, ["advise", str(scenario), "--no-figure", "--out", str(out), *options])
    if done.exit_code:
        sys.exit(done.output)


def rows(path: Path) -> list[dict[str, str]]:
    """A table of the command."""
    return list(csv.DictReader(path.read_text("utf-8").splitlines()))


def record(out: Path) -> dict[str, str]:
    """What run.json says of the schedule."""
    told: dict[str, str] = json.loads((out / "run.json").read_text("utf-8"))["advise"]
    return told


if __name__ == "__main__":
    main()
