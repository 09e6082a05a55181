"""Write the generated part of docs/validation.md: published numbers, and carbamazepine curves study by study.

Usage: python docs/validate.py PROFILES.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from pkinteract.analysis.profiles import FLOOR, gmfe, log_errors, published_curves

PAGE = Path(__file__).parent / "validation.md"
TESTS = Path(__file__).parents[1] / "tests"
MARK = "<!-- generated below this line by make validation -->"


def main() -> None:
    """Simulate every published number and every profile, and rewrite the generated part of the page."""
    if len(sys.argv) != 2:
        sys.exit("usage: python docs/validate.py PROFILES.csv (the digitised curves, see docs/validation.md)")
    numbers, curves = published_lines(), curve_lines(Path(sys.argv[1]))
    head = PAGE.read_text("utf-8").split(MARK)[0]
    PAGE.write_text(f"{head}{MARK}\n\n" + "\n".join([*numbers, "", *curves]) + "\n", "utf-8")
    print(numbers[2], curves[2], sep="\n")


def published_lines() -> list[str]:
    """Every row of tests/published/core_targets.csv: what the model says, or why it was not asked."""
    sys.path[:0] = [str(TESTS), str(TESTS / "helpers")]
    from published.answers import ANSWERS, ROWS, SIMULATED

    predicted = {row["id"]: float(ANSWERS[row["id"]]()) for row in SIMULATED}
    inside = {row["id"]: float(row["low"]) <= predicted[row["id"]] <= float(row["high"]) for row in SIMULATED}
    skipped = [row for row in ROWS if row not in SIMULATED]
    missed = [row for row in SIMULATED if not inside[row["id"]]]
    lines = [
        "## Published numbers",
        "",
        f"{len(SIMULATED)} numbers simulated: **{sum(inside.values())} inside** their tolerance, "
        f"**{len(missed)} outside**. {len(skipped)} not simulated.",
        "",
        "| id | quantity | observed | tolerance | predicted | | source |",
        "|---|---|---:|---:|---:|---|---|",
    ]
    for row in SIMULATED:
        verdict = "inside" if inside[row["id"]] else "**outside**"
        lines.append(
            f"| {row['id']} | {_asked(row)} | {row['observed']} | {row['low']} to {row['high']} "
            f"| {predicted[row['id']]:.3g} | {verdict} | {_cited(row)} |"
        )
    lines += ["", "### Outside the tolerance", "", "| id | observed | predicted | reason |", "|---|---:|---:|---|"]
    lines += [f"| {row['id']} | {row['observed']} | {predicted[row['id']]:.3g} | {row['reason']} |" for row in missed]
    lines += ["", "### Not simulated", "", "| id | quantity | observed | reason | source |", "|---|---|---:|---|---|"]
    lines += [
        f"| {row['id']} | {_asked(row)} | {row['observed']} | {row['reason']} | {_cited(row)} |" for row in skipped
    ]
    return lines


def _asked(row: dict[str, str]) -> str:
    unit = "" if row["unit"] == "1" else f" [{row['unit']}]"
    return f"{row['analyte']}: {row['quantity']}{unit}"


def _cited(row: dict[str, str]) -> str:
    return f"[{row['source']}]({row['link']})" if row["link"] else row["source"]


def curve_lines(path: Path) -> list[str]:
    """Digitised curves of carbamazepine, study by study."""
    found = list(published_curves(path))
    errors = {profile.id: log_errors(profile) for profile in found}
    pooled = np.concatenate(list(errors.values()))
    multiple = np.concatenate([errors[profile.id] for profile in found if profile.multiple])
    lines = [
        "## Carbamazepine curves",
        "",
        f"{len(found)} curves, {len(pooled)} points. Geometric mean fold error, pooled over points "
        f"(predictions and observations floored at {FLOOR} mg/L): **{gmfe(pooled):.3f}** over all, "
        f"**{gmfe(multiple):.3f}** for multiple dosing; {np.mean(np.abs(pooled) < np.log(2)):.0%} of points "
        "within twofold.",
        "",
        "| study | group | formulation | points | GMFE | mean predicted/observed |",
        "|---|---|---|---:|---:|---:|",
    ]
    for profile in sorted(found, key=lambda row: (not row.multiple, row.study, row.group)):
        row = errors[profile.id]
        study = f"{profile.study}{' (multiple)' if profile.multiple else ''}"
        bias = np.exp(row.mean())
        lines.append(
            f"| {study} | {profile.group} | {profile.formulation} | {len(row)} | {gmfe(row):.2f} | {bias:.2f} |"
        )
    return lines


if __name__ == "__main__":
    main()
