"""From a phenotype, an activity score or star alleles to the activity factor of an enzyme."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from pkinteract.errors import did_you_mean

_COPIES = re.compile(r"(\*[0-9]+[A-Z]?)x([1-9][0-9]?)")
_WORDS = {
    "pm": "poor",
    "im": "intermediate",
    "nm": "normal",
    "em": "normal",
    "extensive": "normal",
    "rm": "rapid",
    "um": "ultrarapid",
    "slow": "poor",
    "non-expresser": "poor",
    "nonexpresser": "poor",
}
"""Other names of the phenotypes, for hints only: an expresser of CYP3A5 may be normal or intermediate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Activity of a polymorphic enzyme.

    Attributes
    ----------
    phenotype
        poor, intermediate, normal, rapid or ultrarapid.
    score
        Activity score [1]; None for a gene without scores.
    factor
        Uninduced level of the enzyme relative to the reference genotype [1].
    kind, source, note
        Whether the factor was measured or is assumed; its citation, None only if assumed; why this value, or None.
    """

    gene: str
    phenotype: str
    score: float | None
    factor: float
    kind: str
    source: str | None
    note: str | None


def genes() -> tuple[str, ...]:
    """Genes that a patient's phenotype may name."""
    return tuple(_table()["genes"])


def activity(gene: str, value: str | float) -> Activity:
    """Activity of ``gene`` for a phenotype, an activity score or two star alleles such as ``"*1/*4"``.

    Raises
    ------
    ValueError
        When the gene, phenotype, allele or score is not known; the message says what to write.
    """
    table = _table()["genes"]
    if gene not in table:
        raise ValueError(f"{gene} is not a gene of the library; {did_you_mean(gene, table)}")
    entry = table[gene]
    if "open" in entry and value != "normal":
        raise ValueError(f'of {gene} only "normal" is known, got {_shown(value)}: {entry["open"]}')
    if isinstance(value, str) and "*" in value:
        return _from_alleles(gene, entry, value.strip())
    if isinstance(value, str) and not re.fullmatch(r"[0-9.]+", value.strip()):
        return _from_phenotype(gene, entry, value.strip())
    if isinstance(value, str) and not re.fullmatch(r"[0-9]+\.?[0-9]*|\.[0-9]+", value.strip()):
        raise ValueError(f'write an activity score of {gene} such as 1.5, got "{value}"')
    return _from_score(gene, entry, float(value))


def commonest(gene: str) -> str | None:
    """The commonest phenotype where it is not the normal one, that counts when none is given; else None."""
    named: str | None = _table()["genes"].get(gene, {}).get("commonest")
    return named


@cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "phenotypes.toml").read_text("utf-8"))


def _shown(value: str | float) -> str:
    return f'"{value}"' if isinstance(value, str) else f"{value:g}"


def _activity_of(
    gene: str, phenotype: str, entry: Mapping[str, Any], *, factor: float, score: float | None = None
) -> Activity:
    source = entry.get("source")
    return Activity(
        gene=gene,
        phenotype=phenotype,
        score=score,
        factor=factor,
        kind=entry["kind"],
        source=None if source is None else _table()["sources"][source]["cite"],
        note=entry.get("note"),
    )


def _from_phenotype(gene: str, entry: Mapping[str, Any], value: str) -> Activity:
    if value not in entry["phenotypes"]:
        meant = _WORDS.get(value.lower())
        close = [meant] if meant in entry["phenotypes"] else get_close_matches(value.lower(), entry["phenotypes"], n=1)
        hint = f"did you mean {close[0]}? " if close else ""
        known = ", ".join(entry["phenotypes"])
        forms = (
            ', a score or alleles "*1/*2"' if "score" in entry else ', or alleles "*1/*2"' if "alleles" in entry else ""
        )
        raise ValueError(f'"{value}" is not a phenotype of {gene}; {hint}write one of {known}{forms}')
    phenotype = entry["phenotypes"][value]
    if "score" in phenotype:
        return _from_score(gene, entry, phenotype["score"])
    if "functions" in phenotype:
        return _from_functions(gene, entry, phenotype["functions"])
    return _activity_of(gene, value, phenotype, factor=phenotype["value"])


def _from_score(gene: str, entry: Mapping[str, Any], score: float) -> Activity:
    if "score" not in entry:
        forms = ' or alleles "*1/*2"' if "alleles" in entry else ""
        raise ValueError(f'{gene} has no activity score; write a phenotype such as "normal"{forms}')
    rules = entry["score"]
    highest, step = rules["highest"], rules["step"]
    if not 0 <= score <= highest:
        raise ValueError(f"an activity score of {gene} lies between 0 and {highest:g}, got {score:g}")
    if score % step:
        raise ValueError(f"an activity score of {gene} is a multiple of {step:g}, got {score:g}")
    phenotype = next(name for name, least in entry["bands"].items() if score >= least)
    if "factors" in rules:
        factor = rules["factors"][f"{score:g}"]
        return _activity_of(gene, phenotype, factor, factor=factor["value"], score=score)
    factor = rules["per_score"]
    if score % 1:
        factor = {**factor, "kind": "assumed", "note": f"{factor['note']}; {rules['partial']}"}
    return _activity_of(gene, phenotype, factor, factor=score * factor["value"], score=score)


def _from_functions(gene: str, entry: Mapping[str, Any], functions: str) -> Activity:
    diplotype = entry["diplotypes"][functions]
    return _activity_of(gene, diplotype["phenotype"], diplotype, factor=diplotype["value"])


def _from_alleles(gene: str, entry: Mapping[str, Any], value: str) -> Activity:
    if "alleles" not in entry:
        raise ValueError(f"no alleles of {gene} are known; write one of {', '.join(entry['phenotypes'])}")
    alleles = [allele.strip() for allele in value.split("/")]
    if len(alleles) != 2 or not all(alleles):
        raise ValueError(f'write two alleles of {gene} such as "*1/*4", got "{value}"')
    if "score" in entry:
        return _from_score(gene, entry, sum(_score(gene, entry, allele) for allele in alleles))
    return _from_functions(gene, entry, "/".join(sorted(_function(gene, entry, allele) for allele in alleles)))


def _score(gene: str, entry: Mapping[str, Any], allele: str) -> float:
    if "copies" not in entry:
        return float(_function(gene, entry, allele))
    if "+" in allele:
        return sum(_score(gene, entry, part.strip()) for part in allele.split("+"))
    copies = _COPIES.fullmatch(allele)
    if copies:
        return float(copies[2]) * _score(gene, entry, copies[1])
    if "x" in allele:
        raise ValueError(f'write the number of copies of an allele of {gene}, such as "*1x2", got "{allele}"')
    return float(_function(gene, entry, allele))


def _function(gene: str, entry: Mapping[str, Any], allele: str) -> str:
    if allele in entry["uncertain"]:
        raise ValueError(f"{allele} of {gene} has uncertain function; write the phenotype that you assume instead")
    for function, alleles in entry["alleles"].items():
        if allele in alleles:
            return str(function)
    known = [name for names in entry["alleles"].values() for name in names]
    close = get_close_matches(allele, known, n=3, cutoff=0.4)
    hint = f"close ones are {', '.join(close)}" if close else 'write two alleles such as "*1/*4"'
    raise ValueError(f"{allele} is not a known {gene} allele; {hint}")
