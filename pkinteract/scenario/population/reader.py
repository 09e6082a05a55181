"""``[population]`` -> what virtual patients are drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pkinteract.errors import did_you_mean
from pkinteract.library import Enzyme, Library
from pkinteract.library.lognormal import idle_reason
from pkinteract.library.people import reference as people
from pkinteract.library.schema.monograph import Monograph, enzymes_of
from pkinteract.scenario.population.schema import AdherenceTable, PopulationTable
from pkinteract.scenario.population.spreads import PERSONAL, read_ages, read_spreads
from pkinteract.scenario.population.types import ADULTS, Adherence, EmpiricalPeople, PopulationSpecification
from pkinteract.scenario.population.uncertainty import read_uncertainty
from pkinteract.scenario.population.ward import read_ward
from pkinteract.scenario.types import Regimen
from pkinteract.text.remark import Remark, remark
from pkinteract.text.toml import TomlFile
from pkinteract.text.toml_lines import Key

if TYPE_CHECKING:
    from pkinteract.scenario.file.schema import PatientTable

Report = Callable[[Key, str], None]
Warn = Callable[[Key, Remark], None]

HERE = "population"
FACTORS = ("clearance", "volume", "ka", "bioavailability")
"""Numbers of a drug that vary between patients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulationContext:
    """What a population needs to know of the rest of the file.

    Attributes
    ----------
    patient, regimens
        None where these are wrong themselves.
    changing
        Whether the patient changes during the run.
    library
        What tells a drug that is not of this scenario from a slip of the pen.
    """

    patient: PatientTable | None
    changing: bool
    monographs: Mapping[str, Monograph]
    enzymes: Mapping[str, Enzyme]
    regimens: Sequence[Regimen] | None
    library: Library

    @property
    def extrapolate(self) -> bool:
        """Whether ages are accepted that a drug is not described for."""
        return self.patient is not None and self.patient.extrapolate

    @property
    def genes(self) -> tuple[str, ...]:
        """Genes with frequencies whose enzyme plays a part."""
        return tuple(gene for gene in people.drawn_genes() if gene in enzymes_of(self.monographs.values()))


def adult_ages(monographs: Mapping[str, Monograph], extrapolate: bool) -> tuple[float, float]:
    """Adult ages that every drug is described for, or just adult ones [y]; the first above the second if none is."""
    low, high = ADULTS
    for monograph in monographs.values():
        if monograph.ages is not None and not extrapolate:
            low, high = max(low, monograph.ages.from_years), min(high, monograph.ages.until_years)
    return low, high


def _sound(data: object) -> PopulationTable | None:
    """The table without the keys that were reported already; None where there is none."""
    if not isinstance(data, dict):
        return None
    try:
        return PopulationTable.model_validate(data)
    except ValidationError as error:
        wrong = {fault["loc"][0] for fault in error.errors(include_url=False)}
        return PopulationTable.model_validate({key: value for key, value in data.items() if key not in wrong})


def population_refusals(changes: bool, pregnant: bool) -> Iterator[str]:
    """Why a patient with changes, or a pregnant one, cannot stand for a population."""
    if changes:
        yield "patients of a population stay as they are during the run; remove [[patient.change]]"
    if pregnant:
        yield "patients of a population are not pregnant; remove pregnancy from [patient]"


def read_population(
    file: TomlFile, around: PopulationContext, refuse: Report, warn: Warn
) -> PopulationSpecification | None:
    """The population of a file; None without the table, or where that could not be read at all."""
    table = _sound(file.data.get(HERE))
    if table is None:
        return None

    def wrong(key: Key, text: str) -> None:
        refuse((HERE, *key), text)

    for text in population_refusals(
        around.changing, around.patient is not None and around.patient.pregnancy is not None
    ):
        refuse((HERE,), text)
    _check_tapers(file, refuse)
    ward = None
    if table.patients is not None:
        ward = read_ward(file.path.parent, table.patients, around.monographs, around.extrapolate, wrong)
    ages = adult_ages(around.monographs, around.extrapolate)
    if table.age is None and ward is None and "age" not in table.fixed and ages[0] > ages[1]:
        wrong(("age",), 'no adult age is one that every drug is described for; name a table of patients = "ward.csv"')
    spreads = read_spreads(table, () if ward is None else ward.numbers, ages, wrong)
    if isinstance(table.age, tuple):
        ages = read_ages(table.age, wrong) or ages
    elif "age" in spreads:
        ages = spreads["age"].low, spreads["age"].high
    if table.age is not None:
        _check_ages(ages, around, wrong)
    _check_fixed(table, around, wrong)
    _check_cvs(table, around, wrong)
    if table.draws is not None and table.uncertainty is None:
        wrong(("draws",), 'goes with uncertainty, for example uncertainty = "result.toml"')
    for key, ignored in _ignored(table, around, ward):
        warn(key, ignored)
    uncertainty = None
    if table.uncertainty is not None:
        uncertainty = read_uncertainty(file, table, around.monographs, wrong, warn)
    return PopulationSpecification(
        n=table.n if table.n is not None else PopulationSpecification().n if ward is None else ward.size,
        seed=table.seed,
        ancestry=_ancestry(table, around, ward, wrong),
        ages=ages,
        women=PopulationSpecification().women if table.women is None else table.women,
        smokers=table.smokers,
        spreads=spreads,
        fixed=frozenset(PERSONAL.get(name, name) for name in table.fixed),
        cvs=table.cv,
        adherence=None if table.adherence is None else _adherence(table.adherence),
        ward=ward,
        uncertainty=uncertainty,
    )


def _check_tapers(file: TomlFile, refuse: Report) -> None:
    """Report tapers that begin per kg and end otherwise, or the other way round: they could not follow the weights."""
    regimens = file.data.get("regimen")
    for r, regimen in enumerate(regimens if isinstance(regimens, list) else ()):
        courses = regimen.get("course") if isinstance(regimen, dict) else None
        for c, course in enumerate(courses if isinstance(courses, list) else ()):
            ends = [course.get(key) for key in ("dose", "taper_to")] if isinstance(course, dict) else []
            if len({end.endswith("/kg") for end in ends if isinstance(end, str)}) > 1:
                text = "goes with a population only if dose and taper_to are both per kg, or neither"
                refuse(("regimen", r, "course", c, "taper_to"), text)


def _check_ages(ages: tuple[float, float], around: PopulationContext, wrong: Report) -> None:
    for drug, monograph in around.monographs.items():
        span = monograph.ages
        if span is None or around.extrapolate:
            continue
        if ages[0] < span.from_years - 1e-9 or ages[1] > span.until_years + 1e-9:
            known = f"{span.from_years:g} to {span.until_years:g} y"
            text = f"{drug} is described for {known}, the patients would be {ages[0]:g} to {ages[1]:g}"
            wrong(("age",), f"{text}; set extrapolate = true in [patient] to draw them all the same")


def _ancestry(
    table: PopulationTable, around: PopulationContext, ward: EmpiricalPeople | None, wrong: Report
) -> dict[str, float]:
    """Group to its share; reports groups that are not known, or whose genes are not."""
    given = {table.ancestry: 1.0} if isinstance(table.ancestry, str) else table.ancestry
    if not given:
        wrong(("ancestry",), 'names no group; write for example "European"')
    for group in given:
        key: Key = ("ancestry",) if isinstance(table.ancestry, str) else ("ancestry", group)
        if group not in people.ANCESTRIES:
            wrong(key, f'"{group}" is not a group of the frequency tables; {did_you_mean(group, people.ANCESTRIES)}')
            continue
        for gene in around.genes:
            known = ward is not None and all(ward.phenotype.get(gene, ("",)))
            if gene not in table.fixed and not known and not people.has_frequencies(gene, group):
                text = f"frequencies of {gene} in this group are not known"
                wrong(key, f'{text}; keep that of [patient]: fixed = ["{gene}"]')
    if given and abs(sum(given.values()) - 1) > 1e-6:
        wrong(("ancestry",), f"the shares must add up to 1, they make {sum(given.values()):g}")
    return given


def _check_fixed(table: PopulationTable, around: PopulationContext, wrong: Report) -> None:
    """Report what cannot be kept from [patient]."""
    patient = around.patient
    for n, name in enumerate(table.fixed):
        key: Key = ("fixed", n)
        if name in table.fixed[:n]:
            wrong(key, f"{name} stands there twice; keep one")
        elif name not in PERSONAL and name not in around.enzymes and name not in around.monographs:
            if around.library.named(name):
                wrong(key, around.library.absent(name, around.monographs, "part of this scenario"))
                continue
            known = (*PERSONAL, *around.enzymes, *around.monographs)
            otherwise = f"write one of {', '.join(PERSONAL)}, or the name of an enzyme or of a drug of this scenario"
            wrong(key, f"{name} is not something that could be fixed; {did_you_mean(name, known, otherwise)}")
        elif getattr(table, name, None) is not None or (name == "smoker" and table.smokers is not None):
            wrong(key, f"{name} has a distribution here too; remove one of them")
        elif any(given == name or given.startswith(f"{name}.") for given in table.cv):
            wrong(key, f"{name} has a CV in cv too; remove one of them")
        elif patient is not None and name in _unknown(patient):
            wrong(key, f"[patient] has no {name}; write it there, or remove it here")
    if {"creatinine_clearance", "serum_creatinine"} <= set(table.fixed):
        wrong(("fixed",), "creatinine_clearance and serum_creatinine cannot both be fixed; keep one")


def _unknown(patient: PatientTable) -> set[str]:
    """What [patient] does not say."""
    unknown = {name for name in PERSONAL if getattr(patient, name) is None}
    estimated = patient.serum_creatinine is not None or patient.egfr is not None
    return unknown - {"creatinine_clearance"} if estimated else unknown


def _check_cvs(table: PopulationTable, around: PopulationContext, wrong: Report) -> None:
    """Report CVs of what does not vary."""
    for name in table.cv:
        drug, dot, key = name.partition(".")
        if not dot and name not in around.enzymes:
            text = did_you_mean(name, around.enzymes, f"write an enzyme, or a drug and one of {', '.join(FACTORS)}")
            wrong(("cv", name), f"{name} is not an enzyme of the library; {text}")
        elif dot and drug not in around.monographs:
            wrong(("cv", name), around.library.absent(drug, around.monographs, "part of this scenario"))
        elif dot and key not in FACTORS:
            wrong(("cv", name), f"{key} is not what varies of a drug; write one of {', '.join(FACTORS)}")
        elif around.regimens is not None:
            reason = _idle(name, table.cv, around.monographs, around.regimens)
            if reason is not None:
                wrong(("cv", name), f"would vary nothing: {reason}")


def _idle(
    name: str, cvs: Mapping[str, float], monographs: Mapping[str, Monograph], regimens: Sequence[Regimen]
) -> str | None:
    """Why a CV of an enzyme, or of a number of a drug, varies no level; None if it does."""
    drug, dot, key = name.partition(".")
    if dot:
        courses = [course for regimen in regimens if regimen.drug == drug for course in regimen.courses]
        return idle_reason(monographs[drug], key, list(dict.fromkeys(course.formulation for course in courses)), cvs)
    pathways = [pathway for m in monographs.values() for pathway in m.elimination.pathway]
    clearing = {pathway.enzyme for pathway in pathways if pathway.fraction.canonical > 0}
    clearing |= {protein for m in monographs.values() for protein in m.gut_proteins}
    clearing |= {pathway.returned_by for pathway in pathways}
    return None if name in clearing else f"{name} clears no drug of this scenario; remove it"


def _adherence(table: AdherenceTable) -> Adherence:
    published, source = people.adherence()
    given = table.taken is not None
    return Adherence(taken=table.taken or published, late=table.late, source=None if given else source)


def _ignored(
    table: PopulationTable, around: PopulationContext, ward: EmpiricalPeople | None
) -> Iterator[tuple[Key, Remark]]:
    """What [patient] says of genes and enzymes, and the population draws anew."""
    if around.patient is None:
        return
    used = enzymes_of(around.monographs.values())
    genes = (*around.genes, *(() if ward is None else ward.phenotype))
    varying = {*people.published_enzyme_cvs(), *(name for name in table.cv if "." not in name)}
    for key, names, drawn in (
        ("phenotype", around.patient.phenotype, set(genes)),
        ("abundance", around.patient.abundance, used & varying),
    ):
        for name in names:
            if name in drawn and name not in table.fixed:
                yield ("patient", key, name), remark("remark.drawn", name=name)
