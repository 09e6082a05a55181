"""What ``drugs`` prints: the table of the library, and a monograph."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Iterator, Sequence
from itertools import zip_longest

from pkinteract.library import Library
from pkinteract.library.grades import grade_of
from pkinteract.library.names import folded, given_as, id_of
from pkinteract.library.schema.dosing import Strengths
from pkinteract.library.schema.mixtures import Racemate
from pkinteract.library.schema.monograph import Monograph
from pkinteract.report.lines import rows_text

SMALLEST_SHARE = 0.10
"""Pathways that carry less of the clearance are left out of the table [1]."""

_KEPT = "\N{NO-BREAK SPACE}"
"""A space at which a cell is not broken."""

LEGEND = (
    "",
    "cleared by: enzymes without CYP, and other ways, with at least 10 % of the uninduced clearance",
    "inhibits: * inactivates; grade: A to C, from the sources of its values and from interaction studies",
)


def library_lines(library: Library, chosen: Collection[str] | None = None) -> list[str]:
    """What ``drugs`` prints without a name, by class and id; a drug may take several lines.

    Parameters
    ----------
    chosen
        Ids of the drugs that are listed; all if left out.
    """
    rows: list[Sequence[str]] = [("drug", "class", "cleared by", "induces", "inhibits", "grade")]
    monographs = sorted(
        (library.monograph(drug) for drug in library.ids() if chosen is None or drug in chosen),
        key=lambda monograph: (monograph.group or "–", monograph.id),
    )
    for monograph in monographs:
        cells = (
            [monograph.id, *_byname(monograph)],
            _wrapped(monograph.group or "–", 15),
            _wrapped(_cleared(monograph), 25),
            _wrapped(", ".join(map(_short, monograph.induces)), 14),
            [line for text in _inhibits(monograph) for line in _wrapped(text, 24)],
            [grade_of(monograph).grade],
        )
        rows += zip_longest(*cells, fillvalue="")
    whole = [racemate for racemate in library.racemates if chosen is None or set(racemate.drugs) <= set(chosen)]
    racemates = [f"{racemate.id} may be written too: it is {given_as(racemate)}" for racemate in whole]
    return [*rows_text(rows, ""), *LEGEND, *racemates]


def chosen_drugs(library: Library, search: str | None, group: str | None) -> tuple[str, ...]:
    """Ids of the drugs of a class that have a text in a name, in their class, or in an enzyme that they act on."""
    chosen = library.ids()
    if group is not None:
        chosen = tuple(id for id in chosen if folded(library.monograph(id).group or "") == folded(group))
    if search is None:
        return chosen
    wanted, named = folded(search), library.names.having(search)
    return tuple(id for id in chosen if id in named or wanted in folded(_acts(library.monograph(id))))


def drug_classes(library: Library) -> tuple[str, ...]:
    """The classes that the library has, sorted."""
    return tuple(sorted({library.monograph(id).group or "" for id in library.ids()} - {""}))


def racemate_lines(racemate: Racemate, name: str) -> list[str]:
    """What ``drugs`` prints of a racemate that is given as its parts."""
    said = "" if id_of(name) == racemate.id else f"{name} is {racemate.id}. "
    text = f"{said}A regimen of {racemate.id} is {given_as(racemate)}; files and columns show both."
    names = "; ".join(
        f"{what}: {', '.join(given)}"
        for what, given in (("brands", racemate.brands), ("also", racemate.synonyms))
        if given
    )
    monographs = [f"  pkinteract drugs {drug} prints the monograph of this part" for drug in racemate.drugs]
    first = f"{racemate.id}: {racemate.name}, a racemate, ATC {', '.join(racemate.atc)}"
    return [first, *_indented(text), *_indented(names), *monographs]


def _byname(monograph: Monograph) -> list[str]:
    """What the name says beyond the id."""
    known = monograph.name.lower().startswith(monograph.id)
    rest = monograph.name[len(monograph.id) :].strip() if known else monograph.name
    return [f"  {line}" for line in textwrap.wrap(rest, 20)]


def _short(enzyme: str) -> str:
    return enzyme.removeprefix("CYP")


def _cleared(monograph: Monograph) -> str:
    shares: dict[str, float] = {}
    for pathway in monograph.elimination.pathway:
        name = _short(pathway.enzyme) if pathway.enzyme else pathway.kind
        shares[name] = shares.get(name, 0.0) + pathway.fraction.canonical
    large = sorted(((share, name) for name, share in shares.items() if share >= SMALLEST_SHARE - 1e-9), reverse=True)
    return ", ".join(f"{name}{_KEPT}{100 * share:.0f}{_KEPT}%" for share, name in large)


def _inhibits(monograph: Monograph) -> list[str]:
    """Enzymes it inhibits or inactivates, then drugs it displaces."""
    names = dict.fromkeys([*monograph.inhibits, *monograph.inactivates])
    enzymes = ", ".join(_short(name) + ("*" if name in monograph.inactivates else "") for name in names)
    displaced = [f"displaces {', '.join(monograph.displaces)}"] if monograph.displaces else []
    return [*([enzymes] if enzymes else []), *displaced] or ["–"]


def _acts(monograph: Monograph) -> str:
    """Its class, and the enzymes that it acts on."""
    return " ".join([monograph.group or "", *monograph.induces, *monograph.inhibits, *monograph.inactivates])


def _wrapped(text: str, width: int) -> list[str]:
    """Lines of a cell, names kept whole."""
    lines = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    return [line.replace(_KEPT, " ") for line in lines] or ["–"]


def monograph_lines(monograph: Monograph, said: str = "") -> list[str]:
    """The whole monograph: grade, values with unit, kind, CV and source, then the citations.

    Parameters
    ----------
    said
        What the name that was asked for means, such as "Tegretol is carbamazepine".
    """
    return list(_monograph(monograph, said))


def _indented(text: str) -> list[str]:
    return textwrap.wrap(text, 110, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False)


def _monograph(monograph: Monograph, said: str) -> Iterator[str]:
    yield f"{monograph.id}: {monograph.name}" + (f", ATC {monograph.atc}" if monograph.atc else "")
    yield from _indented(said)
    yield from _indented(_names(monograph))
    yield from _indented(_grade(monograph))
    forms = [name + " (default)" * (name == monograph.default_formulation) for name in monograph.absorption]
    yield f"  Formulations: {', '.join(forms) or 'none, it is formed and never dosed'}"
    yield from textwrap.wrap(
        " ".join((monograph.notes or "").split()), 110, initial_indent="  ", subsequent_indent="  "
    )
    if monograph.sample != "plasma":
        yield f"  Levels, clearance and volume are those of {monograph.sample}."
    rows = [("value", "", "unit", "kind", "CV", "source")]
    notes = []
    for path, value in monograph.values():
        cv = "" if value.cv is None else f"{value.cv:.0%}"
        basis = f" ({value.basis})" if value.basis else ""
        rows.append((path, f"{value.value:g}", value.unit + basis, value.kind, cv, value.source or "–"))
        interval = f"interval {value.interval[0]:g} to {value.interval[1]:g}; " if value.interval else ""
        if value.note or interval:
            notes.append(f"{path}: {interval}{value.note or ''}")
    for form, strengths in monograph.dosing.strengths.items():
        path = f"dosing.strengths.{form}"
        sold = ", ".join(f"{mg:g}" for mg in strengths.amounts)
        rows.append((path, sold, "mg", strengths.kind, "", strengths.source or "–"))
        notes += (
            [f"{path}: {'; '.join(words)}"] if (words := [*_whole(strengths), *filter(None, [strengths.note])]) else []
        )
    for form, other in monograph.dosing.other_forms.items():
        words = [f"{other.sold}; sold, not modelled ({', '.join(filter(None, [other.kind, other.source]))})"]
        notes.append(f"dosing.other_forms.{form}: {'; '.join([*words, *filter(None, [other.note])])}")
    yield from rows_text(rows)
    yield "Notes"
    for note in notes:
        yield from textwrap.wrap(note, 110, initial_indent="  ", subsequent_indent="    ")
    yield "Sources"
    for key, source in monograph.sources.items():
        yield f"  {key}: {source.cite}" + (f", {source.url}" if source.url else "")


def _names(monograph: Monograph) -> str:
    """Its other names; empty if it has none."""
    names = monograph.names
    kinds = (("German", (names.german,)), ("brands", names.brands), ("also", names.synonyms), ("also ATC", names.atc))
    forms = ((f"as {form}", given) for form, given in names.formulations.items())
    return "; ".join(f"{what}: {', '.join(filter(None, given))}" for what, given in (*kinds, *forms) if any(given))


def _whole(strengths: Strengths) -> list[str]:
    """What may not be broken, if anything."""
    if strengths.halved == strengths.amounts:
        return []
    return [f"only {', '.join(f'{mg:g}' for mg in strengths.halved)} mg halved" if strengths.halved else "not halved"]


def _grade(monograph: Monograph) -> str:
    """The grade and what it rests on."""
    basis = grade_of(monograph)
    text = (
        f"Grade {basis.grade}: {basis.sourced} of {basis.deciding} values that decide the exposure are measured, from "
        f"a label or fitted with an interval ({basis.share:.0%})"
    )
    if basis.error is None:
        return f"{text}; no interaction study of the qualification has it as perpetrator or victim."
    ratios = "ratio" if basis.rows == 1 else "ratios"
    return f"{text}; {basis.rows} {ratios} of interaction studies, geometric mean fold error {basis.error:.2f}."
