"""Numbers of the validation that a person wrote, against those that the command wrote."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = next(up for up in Path(__file__).resolve().parents if up.name == "tests").parent
HAND, GENERATED = re.split(
    r"^## Published numbers$", (ROOT / "docs/validation.md").read_text("utf-8"), flags=re.MULTILINE
)
README = " ".join((ROOT / "README.md").read_text("utf-8").split())


def test_the_readme_counts_what_is_inside_its_tolerance() -> None:
    """How many published numbers can be answered, and how many of these lie within and outside their tolerance."""
    verdicts = re.findall(r"\| (inside|\*\*outside\*\*) \|", GENERATED)
    told = re.search(r"of (\d+) half-lives, .*?, (\d+) come out within the tolerance .*?, (\d+) do not", README)
    assert told

    inside = verdicts.count("inside")

    assert [int(number) for number in told.groups()] == [len(verdicts), inside, len(verdicts) - inside]
    assert re.search(rf"\b{len(verdicts)} can be answered", HAND)


def test_the_readme_tells_the_curves_as_they_are() -> None:
    """Number of curves and points, and the fold error over all and of repeated dosing."""
    made = re.search(
        r"(\d+) curves, (\d+) points\. .*?\*\*([\d.]+)\*\* over all, \*\*([\d.]+)\*\* for multiple dosing", GENERATED
    )
    told = re.search(
        r"against (\d+) digitised carbamazepine concentrations of (\d+) published .*? is ([\d.]+) \(([\d.]+) for",
        README,
    )
    assert made
    assert told

    assert told.group(2, 1) == made.group(1, 2)
    assert told.group(3, 4) == tuple(f"{float(value):.2f}" for value in made.group(3, 4))
    assert f"{made[1]} concentration curves of carbamazepine without other drugs, {made[2]} points" in HAND
