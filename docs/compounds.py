"""Write the generated part of docs/compounds.md: published values and spreads beside what the library says.

Usage: python docs/compounds.py
"""

from __future__ import annotations

import sys
from itertools import groupby
from pathlib import Path

PAGE = Path(__file__).parent / "compounds.md"
TESTS = Path(__file__).parents[1] / "tests"
MARK = "<!-- generated below this line by make compounds -->"


def main() -> None:
    """Simulate every value and rewrite the generated part of the page."""
    PAGE.write_text(page(), "utf-8")


def page() -> str:
    """The page as it has to be today: what a person wrote, then the tables."""
    sys.path[:0] = [str(TESTS), str(TESTS / "helpers")]
    from published.compound_values import CLOSE, VALUES, answer, fold

    found = [(row, value := answer(row), fold(row, value)) for row in VALUES]
    missed = [entry for entry in found if entry[0]["miss"]]
    apart = [entry for entry in found if entry[2] > CLOSE and not entry[0]["miss"]]
    read = [entry for entry in found if entry[0]["seen"] == "read"]
    lines = [
        "## Summary",
        "",
        "| | values | within 1.3-fold | | missed |",
        "|---|---:|---:|---:|---:|",
        *(
            f"| {name} | {len(rows)} | {close} | {close / len(rows):.1%} | {sum(entry in missed for entry in rows)} |"
            for name, rows in (("source read", read), ("all", found))
            for close in [sum(far <= CLOSE for _, _, far in rows)]
        ),
        "",
        "## Missed",
        "",
        "| compound | quantity | taken | published | library | fold | reason |",
        "|---|---|---|---:|---:|---:|---|",
        *(
            f"| {row['compound']} | {_asked(row)} | {row['taken']} | {row['value']} | {value:.3g} | {far:.2f} "
            f"| {row['miss']} |"
            for row, value, far in missed
        ),
        "",
        "## Off by more than 1.3-fold, inside the spread of the sources",
        "",
        "| compound | quantity | taken | published | spread | library | fold | source |",
        "|---|---|---|---:|---:|---:|---:|---|",
        *(
            f"| {row['compound']} | {_asked(row)} | {row['taken']} | {row['value']} | {row['low']} to {row['high']} "
            f"| {value:.3g} | {far:.2f} | {row['source']} |"
            for row, value, far in apart
        ),
        "",
        "## All values",
    ]
    for compound, rows in groupby(found, key=lambda entry: entry[0]["compound"]):
        lines += ["", f"### {compound}", "", "| quantity | taken | published | tolerated | library | fold | source | |"]
        lines.append("|---|---|---:|---:|---:|---:|---|---|")
        lines += [
            f"| {_asked(row)} | {row['taken']} | {row['value']} | {row['low']} to {row['high']} | {value:.3g} "
            f"| {far:.2f} | {row['source']} | {row['seen']}{', **missed**' if row['miss'] else ''} |"
            for row, value, far in rows
        ]
    lines += _spreads()
    head = PAGE.read_text("utf-8").split(MARK)[0]
    return f"{head}{MARK}\n\n" + "\n".join(lines) + "\n"


def _spreads() -> list[str]:
    """Published spreads beside those of virtual patients."""
    from published.spread_values import SPREADS, spread

    missed = [row for row in SPREADS if row["miss"]]
    lines = ["", "## Spread between people", "", f"{len(SPREADS)} spreads, {len(missed)} missed.", ""]
    lines += [
        "| | quantity | taken | people | published | tolerated | library | source | |",
        "|---|---|---|---|---:|---:|---:|---|---|",
        *(
            f"| {row['drug']} | {_starred(_asked(row))} | {row['taken']} | {_starred(row['people'])} | {row['value']} "
            f"| {row['low']} to {row['high']} | {spread(row):.3g} | {row['source']} "
            f"| {row['seen']}{', **missed**: ' if row['miss'] else ''}{row['miss']} |"
            for row in SPREADS
        ),
    ]
    return lines


def _starred(text: str) -> str:
    """Alleles as Markdown shows them."""
    return text.replace("*", "\\*")


def _asked(row: dict[str, str]) -> str:
    return row["quantity"] + ("" if row["unit"] == "1" else f" [{row['unit']}]")


if __name__ == "__main__":
    main()
