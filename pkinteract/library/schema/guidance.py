"""What a file of rules may hold: a rule, its conditions in a closed vocabulary, its texts in every language."""

from __future__ import annotations

from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, model_validator

from pkinteract.library.schema.monograph import Citation
from pkinteract.library.schema.values import MonographTable
from pkinteract.units import parse

Severity = Literal["contraindicated", "avoid", "caution", "monitor", "info"]
"""The gravest first."""

Body = Literal["cpic", "label", "agency", "national", "society", "study", "recalled"]
"""Who says it: CPIC, the label of a product, an agency such as MHRA or EMA, a national guideline, a learned society
such as ILAE or AGNP, published work that no body took up, or nobody whose text was opened."""

Confidence = Literal["A", "B", "C"]
"""Text read; a secondary page, or a row that was held before; recalled."""

SEVERITIES: tuple[Severity, ...] = get_args(Severity)
BODIES: tuple[Body, ...] = get_args(Body)

HIGHEST_RECALLED: Severity = "caution"
"""No recalled rule is graver than this."""


def _time(value: object) -> float:
    """A length of time [h]."""
    if not isinstance(value, str):
        raise ValueError(f'must be text with a unit such as "14 d", got {value}')
    return parse(value, "time", example="14 d")


def _mass(value: object) -> float:
    """A dose [mg]."""
    if not isinstance(value, str):
        raise ValueError(f'must be text with a unit such as "200 mg", got {value}')
    return parse(value, "mass", example="200 mg")


Span = Annotated[float, BeforeValidator(_time)]
DailyDose = Annotated[float, BeforeValidator(_mass)]


def _sentence(value: object) -> object:
    if isinstance(value, str) and (not value.isprintable() or value != value.strip() or value[-1:] not in ".:"):
        raise ValueError(f'must be whole sentences on one line, got "{value}"')
    return value


Text = Annotated[str, BeforeValidator(_sentence), Field(min_length=4, max_length=400)]


class GeneTable(MonographTable):
    """What the genotype gives: phenotypes, or activity scores from ``least`` to ``most``."""

    name: str
    phenotype: list[Literal["poor", "intermediate", "normal", "rapid", "ultrarapid"]] = Field(default=[])
    least: float | None = None
    most: float | None = None

    @model_validator(mode="after")
    def _one_way(self) -> GeneTable:
        if bool(self.phenotype) == (self.least is not None or self.most is not None):
            raise ValueError("must say phenotype = [...], or least and most of an activity score")
        return self


class FallTable(MonographTable):
    """A fall of the daily dose that is faster than ``share`` [1] or ``amount`` [mg] in a time [h]."""

    within: Span
    share: float | None = None
    amount: DailyDose | None = None


class RunLevelTable(MonographTable):
    """A level of the run above a value."""

    analyte: str
    above: str


class EnzymeTable(MonographTable):
    """An activity of an enzyme in the run below a value, relative to that of the normal one [1]."""

    enzyme: str
    below: float


class ConditionTable(MonographTable):
    """One condition; exactly one of these keys.

    Times are in h, daily doses in mg, ages in y, clearances in mL/min, albumin in g/L, weight in kg.
    """

    any: list[ConditionTable] | None = Field(default=None, min_length=2)
    all: list[ConditionTable] | None = Field(default=None, min_length=2)

    allele: str | None = None
    allele_absent: str | None = None
    allele_unknown: str | None = None
    ancestry: list[str] | None = Field(default=None, min_length=1)
    gene: GeneTable | None = None

    condition: list[str] | None = Field(default=None, min_length=1)
    no_condition: list[str] | None = Field(default=None, min_length=1)
    seizure: list[str] | None = Field(default=None, min_length=1)
    no_epilepsy: Literal[True] | None = None
    epilepsy: Literal[True] | None = None
    indication: list[str] | None = Field(default=None, min_length=1)
    sex: Literal["female", "male"] | None = None
    pregnant: bool | None = None
    breastfeeding: Literal[True] | None = None
    childbearing: Literal[True] | None = None
    contraception: list[str] | None = Field(default=None, min_length=1)
    age_from: float | None = None
    age_below: float | None = None
    weight_from: float | None = None
    clearance_below: float | None = None
    hepatic: list[Literal["A", "B", "C"]] | None = Field(default=None, min_length=1)
    albumin_below: float | None = None
    dialysis: Literal[True] | None = None
    smoking: Literal["stops", "starts"] | None = None

    begins: Literal[True] | None = None
    dose_rises: Literal[True] | None = None
    changes: Literal[True] | None = None
    taken_for: Span | None = None
    taken_less_than: Span | None = None
    standing: Span | None = None
    stops: Literal[True] | None = None
    abrupt: Literal[True] | None = None
    tapered_faster_than: Span | None = None
    taken_over: list[str] | None = Field(default=None, min_length=1)
    falls_faster: FallTable | None = None
    restarts_after: Span | None = None
    dose_from: DailyDose | None = None
    dose_below: DailyDose | None = None
    intravenous: Literal[True] | None = None
    oral: Literal[True] | None = None
    formulation_changes: Literal[True] | None = None

    beside: list[str] | None = Field(default=None, min_length=1)
    without: list[str] | None = Field(default=None, min_length=1)
    partner_begins: Literal[True] | None = None
    partner_stops: Literal[True] | None = None
    within: Span | None = None
    overlap_ends: bool | None = None
    different_pillars: Literal[True] | None = None
    uncovered: Literal[True] | None = None

    level_out: Literal["above"] | None = None
    level: RunLevelTable | None = None
    activity: EnzymeTable | None = None

    @model_validator(mode="after")
    def _one_key(self) -> ConditionTable:
        if len(self.model_fields_set) != 1:
            raise ValueError("must have exactly one key; write further ones as entries of their own")
        return self


class TextTable(MonographTable):
    """A rule in one language."""

    advice: Text
    why: Text
    changes: Text | None = None


class RuleTable(MonographTable):
    """``[[rule]]``.

    ``drugs`` and ``beside`` of a pair are ids of the library, names of drugs that it knows of, or groups.
    ``recommends`` marks what speaks for a drug.
    """

    id: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9.]+)*$")]
    drugs: list[str] = Field(min_length=1)
    pair: list[str] = Field(default=[])
    when: list[ConditionTable] = Field(default=[])
    severity: Severity
    body: Body
    source: str
    confidence: Confidence
    alternatives: list[str] = Field(default=[])
    recommends: Literal[True] | None = None
    en: TextTable
    de: TextTable

    @model_validator(mode="after")
    def _recalled(self) -> RuleTable:
        grave = SEVERITIES.index(self.severity) < SEVERITIES.index(HIGHEST_RECALLED)
        if self.confidence == "C" and grave:
            raise ValueError(f"is recalled (confidence C) and {self.severity}; at most {HIGHEST_RECALLED} then")
        if (self.confidence == "C") != (self.body == "recalled"):
            raise ValueError('has confidence C, which goes with body = "recalled" and with nothing else')
        if (self.en.changes is None) != (self.de.changes is None):
            raise ValueError("has changes in one language only")
        return self


class RuleFile(MonographTable):
    """A file of rules."""

    rule: list[RuleTable] = Field(min_length=1)


class GroupFile(MonographTable):
    """``groups.toml``: groups and their members; which groups are the pillars; what seizure types a drug covers."""

    pillars: list[str]
    groups: dict[str, list[str]]
    covers: dict[str, list[str]]


class SourceFile(MonographTable):
    """``sources.toml``."""

    sources: dict[str, Citation]
