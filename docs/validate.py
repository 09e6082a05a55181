"""Write the generated part of docs/validation.md: carbamazepine curves, study by study.

Usage: python docs/validate.py PROFILES.csv
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from pkinteract.analysis.profiles import FLOOR, gmfe, log_errors, profiles

PAGE = Path(__file__).parent / "validation.md"
MARK = "<!-- generated below this line by make validation -->"


def main() -> None:
    """Simulate every profile and rewrite the generated part of the page."""
    found = list(profiles(Path(sys.argv[1])))
    errors = {profile.id: log_errors(profile) for profile in found}
    pooled = np.concatenate(list(errors.values()))
    multiple = np.concatenate([errors[profile.id] for profile in found if profile.multiple])
    lines = [
        f"{len(found)} curves, {len(pooled)} points. Geometric mean fold error, pooled over points "
        f"(predictions and observations floored at {FLOOR} mg/L): **{gmfe(pooled):.3f}** over all, "
        f"**{gmfe(multiple):.3f}** for multiple dosing; {np.mean(np.abs(pooled) < np.log(2)):.0%} of points within twofold.",
        "",
        "| study | group | formulation | points | GMFE | mean predicted/observed |",
        "|---|---|---|---:|---:|---:|",
    ]
    for profile in sorted(found, key=lambda row: (not row.multiple, row.study, row.group)):
        row = errors[profile.id]
        bias = np.exp(row.mean())
        lines.append(
            f"| {profile.study}{' (multiple)' if profile.multiple else ''} | {profile.group} | {profile.formulation} | {len(row)} | {gmfe(row):.2f} | {bias:.2f} |"
        )
    head = PAGE.read_text("utf-8").split(MARK)[0] if PAGE.exists() else ""
    PAGE.write_text(f"{head}{MARK}\n\n" + "\n".join(lines) + "\n", "utf-8")
    print(lines[0])


if __name__ == "__main__":
    main()
