"""Who takes the drug and how: the drug file, and a system for the covariates of a record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from pkinteract.engine.system import System
from pkinteract.errors import InputError, Problem
from pkinteract.library import Library, load_library
from pkinteract.library.names import Meaning, said_of
from pkinteract.library.schema.monograph import (
    NORMAL_CREATININE_CLEARANCE,
    REFERENCE_WEIGHT,
    Monograph,
    sold_only,
)
from pkinteract.model.absorption import AbsorptionRoute
from pkinteract.model.build import Model, build_model
from pkinteract.model.limits import availability_problem, liver_problems
from pkinteract.records.types import Covariates
from pkinteract.scenario import Patient
from pkinteract.text.inputs import input_exists

DEFAULT_WEIGHT = REFERENCE_WEIGHT
"""Weight where the data set has none [kg]."""

DEFAULT_AGE = 40.0
"""Age where the data set has none [y]; below every age from which a drug file changes a clearance."""


@dataclass(frozen=True, kw_only=True)
class RecordedDrug:
    """The drug of a data set.

    Attributes
    ----------
    drug
        Id of the dosed drug.
    formulation
        The oral form that CMT 1 stands for; None if the drug has none and CMT 1 is the central compartment.
    library
        Where it comes from, with the enzymes.
    monographs
        The drug, and the metabolites that it forms.
    said
        What the name that it was given by means, such as "Tegretol is carbamazepine"; empty with a file or an id.
    """

    drug: str
    formulation: str | None
    library: Library
    monographs: dict[str, Monograph]
    said: str = ""

    @property
    def needs_creatinine(self) -> bool:
        """Whether a clearance depends on the kidneys."""
        return any(monograph.needs_creatinine for monograph in self.monographs.values())

    @property
    def depends_on_age(self) -> bool:
        """Whether a clearance depends on age."""
        return any(monograph.elimination.age_effect for monograph in self.monographs.values())

    @cached_property
    def way(self) -> AbsorptionRoute | None:
        """How the oral form enters a reference patient; None without one."""
        usual = Covariates(weight=DEFAULT_WEIGHT, age=DEFAULT_AGE, creatinine_clearance=NORMAL_CREATININE_CLEARANCE)
        return subject_model(self, usual, 1.0).way

    @property
    def infusible(self) -> bool:
        """Whether the oral form is one depot, into which a dose can be infused."""
        return self.way is not None and len(self.way.inlets) == 1 and self.way.inlets[0].kind == "depot"

    @property
    def zero_order(self) -> float:
        """How long the oral form's own constant input takes [h]; 0 if it has none."""
        return self.way.inlets[0].duration if self.way is not None and self.infusible else 0.0

    @property
    def first_pass(self) -> float:
        """Largest F that an oral dose can have, Fg·Fh [1]."""
        return 1.0 if self.way is None else self.way.first_pass


@dataclass(frozen=True, kw_only=True)
class SubjectModel:
    """The drug in somebody.

    Attributes
    ----------
    system
        What the engine solves; compounds in the order of the monographs.
    central
        Row of the dosed drug.
    way
        How an oral dose enters; None if there is no oral form.
    """

    system: System
    central: int
    way: AbsorptionRoute | None

    def volumes(self) -> tuple[float, ...]:
        """Central volume of every compound [L]."""
        return tuple(self.system.parameters[compound.volume] for compound in self.system.compounds)


def recorded_drug(files: Sequence[Path]) -> RecordedDrug:
    """The drug of the first file; further files are metabolites of it.

    What is no file and does not end in ``.toml`` is the name of a drug of the library.

    Raises
    ------
    InputError
        When a file is wrong, a name means no drug or several, or a metabolite has no file.
    """
    names = {path: path.name for path in files if path.suffix.lower() != ".toml" and not input_exists(path)}
    library = load_library([path for path in files if path not in names])
    meanings = {path: _meaning(name, library) for path, name in names.items()}
    first = meanings.get(files[0])
    drug = next(id for id, path in library.files.items() if path == files[0]) if first is None else first.drug
    monographs: dict[str, Monograph] = {}
    waiting = [drug]
    while waiting:
        name = waiting.pop(0)
        if name not in monographs:
            monographs[name] = library.monograph(name)
            waiting = [*monographs[name].metabolites, *waiting]
    parent = monographs[drug]
    named = None if first is None else first.formulation
    if named is not None and named not in parent.absorption:
        raise InputError(files[0], [Problem(line=None, key="", message=sold_only(parent, named))])
    forms = [named, parent.default_formulation, *parent.absorption]
    oral = (name for name in forms if name is not None and parent.absorption[name].route == "oral")
    dosing = RecordedDrug(
        drug=drug,
        formulation=next(oral, None),
        library=library,
        monographs=monographs,
        said="" if first is None else said_of(names[files[0]], first.text),
    )
    problems = contradictions(dosing)
    if problems:
        raise InputError(files[0], problems)
    return dosing


def _meaning(name: str, library: Library) -> Meaning:
    meaning = library.meaning(name)
    if meaning is None:
        text = library.unknown(name)
        file = "" if text.endswith("?") else "; the name of a drug file ends in .toml"
        raise InputError(name, [Problem(line=None, key="", message=text + file)])
    return meaning


def contradictions(dosing: RecordedDrug) -> list[Problem]:
    """Values of the drug that describe no possible body."""
    problems = liver_problems(dosing.monographs)
    if not problems and dosing.way is not None:
        problem = availability_problem(dosing.way, f"absorption.{dosing.formulation}.bioavailability")
        problems = [] if problem is None else [problem]
    return problems


def subject_model(dosing: RecordedDrug, covariates: Covariates, largest: float) -> SubjectModel:
    """The drug in a patient with these covariates; ``largest`` dose [mg] scales the solver's errors."""
    entry = None if dosing.formulation is None else (dosing.drug, dosing.formulation, False)
    model = build_model(
        dosing.monographs,
        patient_of(covariates),
        dosing.library.enzymes,
        entries=[] if entry is None else [entry],
        doses=[(dosing.drug, largest)],
    )
    return SubjectModel(
        system=_fed(model), central=model.compounds.index(dosing.drug), way=None if entry is None else model.ways[entry]
    )


def _fed(model: Model) -> System:
    """The system, with depots that may be infused."""
    return replace(model.system, depots=tuple(replace(depot, fed=True) for depot in model.system.depots))


def patient_of(covariates: Covariates) -> Patient:
    """Who a record describes; what it does not say is usual."""
    return Patient(
        weight=covariates.weight,
        age=covariates.age,
        sex="female",
        height=None,
        creatinine_clearance=covariates.creatinine_clearance,
        serum_creatinine=None,
        egfr=None,
        albumin=None,
        smoker=False,
        phenotype={},
        abundance={},
        extrapolate=True,
        hepatic_class=None,
        pregnancy=None,
    )


def dosing_notes(dosing: RecordedDrug, ages: Sequence[float]) -> Iterator[str]:
    """What to know of doses and of records of these ``ages`` [y] before levels are predicted."""
    yield from _salts(dosing)
    yield from _ages(dosing, ages)


def _salts(dosing: RecordedDrug) -> Iterator[str]:
    """That AMT is no labelled dose, of a drug that a label counts as a salt: in the form of CMT 1, else in another."""
    forms = dosing.monographs[dosing.drug].absorption
    for name in dict.fromkeys([*([dosing.formulation] if dosing.formulation else []), *forms]):
        factor = forms[name].salt_factor
        if factor is not None and factor.canonical != 1:
            labelled = f"100 mg of {name} ({forms[name].salt or 'salt'}) are AMT {100 * factor.canonical:.4g}"
            yield f"AMT is mg of {dosing.drug} itself, not of a salt: {labelled}"
            return


def _ages(dosing: RecordedDrug, recorded: Sequence[float]) -> Iterator[str]:
    """Records of ages for which the drug is not described."""
    for name, monograph in dosing.monographs.items():
        ages = monograph.ages
        outside = 0 if ages is None else sum(not ages.from_years <= age <= ages.until_years for age in recorded)
        if ages is not None and outside:
            known = f"{name} is described for {ages.from_years:g} to {ages.until_years:g} y"
            yield f"{known}; records of another age: {outside}"
