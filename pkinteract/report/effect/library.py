"""What ``drugs --pillars`` prints: how every antiseizure drug works, with which constants, and who meets whom."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest

from pkinteract.library import Library
from pkinteract.library.mechanisms.reader import mechanisms
from pkinteract.library.mechanisms.schema import Sourced
from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.values import Value
from pkinteract.report.lines import rows_text
from pkinteract.text.words import words_of

WIDTH = 110
"""Longest line of a statement."""

LEGEND = (
    "",
    "* recalled or assumed, see the notes of pkinteract drugs NAME; (?) named and not settled; > by this metabolite",
    "constant: what fills or blocks half of the site, with the ends of what was found; free, or total in plasma",
    "brain: unbound level there over that in plasma; 1 is taken without one. P-gp: whether the human pump carries it",
    "without a constant a drug counts in no ratio, or by its reference range alone (run --range-units)",
)


def library_pillar_lines(library: Library, chosen: Collection[str] | None = None) -> list[str]:
    """Every drug with pillars, or those of ``chosen`` ids; then shared sites and what was published of pairs."""
    rows: list[Sequence[str]] = [("drug", "works by", "site", "constant", "brain", "P-gp", "source")]
    for drug in library.ids():
        monograph = library.monograph(drug)
        if monograph.pillar and (chosen is None or drug in chosen):
            rows += zip_longest([drug], *_cells(monograph), fillvalue="")
    return [*rows_text(rows, ""), *LEGEND, *_statements(library)]


def _cells(monograph: Monograph) -> list[list[str]]:
    """Lines of each cell but the first."""
    works, sites, sources = [], [], []
    for pillar in monograph.pillar:
        mark = "*" if pillar.kind == "assumed" else ""
        through = f" > {pillar.through}" if pillar.through else ""
        works.append(f"{pillar.name}{' (?)' if pillar.part == 'possible' else ''}{mark}{through}")
        sites.append(pillar.site or "–")
        sources.append(pillar.source or "–")
    constants = [
        f"{target.measure} {_written(target.constant)}{_ends(target.low, target.high)} {target.constant.unit}"
        for target in monograph.target[:1]
    ]
    brain = monograph.brain
    ratio = ["–" if brain.kp_uu is None else _written(brain.kp_uu)]
    return [works, sites, constants or ["–"], ratio, ["–" if brain.p_gp is None else brain.p_gp.answer], sources]


def _written(value: Value) -> str:
    return f"{value.value:g}{'*' if value.kind == 'assumed' else ''}"


def _ends(low: Value | None, high: Value | None) -> str:
    ends = [("from", low), ("to", high)]
    text = " ".join(f"{word} {_written(end)}" for word, end in ends if end is not None)
    return f" ({text})" if text else ""


def _statements(library: Library) -> Iterator[str]:
    file, words = mechanisms(), words_of("en")
    yield ""
    yield "Sites that drugs share"
    for site in file.site:
        binds = [drug for drug in library.ids() if any(row.site == site.id for row in library.monograph(drug).pillar)]
        if len(binds) > 1:
            said = "" if site.shared is None else f"; {site.shared.en}"
            yield from _indented(f"{site.id}: {', '.join(binds)}{said} ({_cited(site)})")
    yield "Published of two drugs, never a factor"
    for pair in file.synergy:
        yield from _indented(f"{' + '.join(pair.drugs)}: {pair.text.en} ({_cited(pair)})")
    yield "Counts nothing"
    for row in file.silent:
        kinds = words.listed([words.say(f"seizure.{kind}") for kind in row.seizures])
        but = "".join(f"; not {drug} against {', '.join(kept)}" for drug, kept in row.but.items())
        worse = ", which it may bring on" if row.worse else ""
        yield from _indented(f"{', '.join(row.pillars)} against {kinds}{worse}{but} ({_cited(row)})")
    yield "Variants that change no number"
    for claim in file.claim:
        yield from _indented(f"{claim.text.en} ({_cited(claim)})")


def _cited(statement: Sourced) -> str:
    recalled = "assumed: " if statement.kind == "assumed" else ""
    return f"{recalled}{mechanisms().cite(statement)}"


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False)
