"""A study arm as the text of a scenario."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pkinteract.library import Library
from pkinteract.library.evidence.studies import Arm, GivenDrug, Intake, Study
from pkinteract.library.schema.monograph import Monograph
from pkinteract.model import patient as body
from pkinteract.scenario import Scenario
from pkinteract.scenario.file.reader import scenario_of
from pkinteract.text.toml import toml_of

SUBJECT = 'extrapolate = true\ncreatinine_clearance = "100 mL/min"\n'
"""What is the same in all subjects, as studies of healthy volunteers rarely give it."""

_HORIZON = 12
"""Half-lives of the uninhibited analyte after which an area to infinity is first looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmDesign:
    """An arm to simulate.

    Attributes
    ----------
    text
        The scenario; ``@duration@`` in it stands for the length of the run.
    analyte
        What is measured.
    window
        From and until when [h]; the end may be infinite.
    horizon
        How far after the beginning of an infinite window the run goes at first [h].
    """

    text: str
    analyte: str
    window: tuple[float, float]
    horizon: float

    def scenario(self, stop: float, library: Library) -> Scenario:
        """The arm until ``stop`` [h]."""
        return read_scenario_text(self.text, stop, library)


def read_scenario_text(text: str, stop: float, library: Library) -> Scenario:
    """The scenario of a text until ``stop`` [h]."""
    return scenario_of(toml_of(Path("arm.toml"), text.replace("@duration@", f"{stop:.10g} h")), library)


def plan(study: Study, arm: Arm, library: Library) -> ArmDesign:
    """The plan of an arm of a study.

    Raises
    ------
    ValueError
        When a drug has no formulation for the route that it was given by.
    InputError
        When a monograph is wrong.
    """
    start, stop = arm.window
    span = 0.0 if math.isfinite(stop) else max(24.0, _HORIZON * _longest(study.measured, library))
    genes = "".join(f"{gene} = {_activity(value)}\n" for gene, value in arm.phenotype.items())
    patient = f'weight = "{study.weight:g} kg"\nage = "{study.age:g} y"\nsex = "male"\n'
    text = scenario_text(
        study.id, f"{patient}{SUBJECT}[patient.phenotype]\n{genes}", arm.intakes, library, step="@duration@"
    )
    return ArmDesign(text=text, analyte=study.analyte, window=(start, stop), horizon=span)


def scenario_text(title: str, patient: str, intakes: Sequence[Intake], library: Library, *, step: str) -> str:
    """A scenario that gives the ``intakes``; ``@duration@`` stands for its length, ``patient`` below ``[patient]``.

    Raises
    ------
    ValueError
        When a drug has no formulation for the route that it was given by.
    InputError
        When a monograph is wrong.
    """
    regimens = "".join(_regimen(intake, library.monograph(intake.drug)) for intake in intakes)
    return f'title = "{title}"\n[simulation]\nduration = "@duration@"\nstep = "{step}"\n[patient]\n{patient}{regimens}'


def _activity(value: str) -> str:
    return value if value.replace(".", "", 1).isdigit() else f'"{value}"'


def _longest(compounds: Iterable[str], library: Library) -> float:
    return max(_half_life(library.monograph(compound)) for compound in compounds)


def _half_life(monograph: Monograph) -> float:
    """Mean residence at 70 kg times ln 2: volume of all compartments over clearance [h]."""
    spaces = [monograph.distribution.volume, *(peripheral.volume for peripheral in monograph.distribution.peripheral)]
    total = sum(space.canonical * (70.0 if "/kg" in space.unit else 1.0) for space in spaces)
    return math.log(2) * total / body.reference_clearance(monograph.elimination.clearance)


def _regimen(intake: Intake, monograph: Monograph) -> str:
    """One regimen per formulation that the doses of a drug need."""
    names = [formulation_of(intake.formulation, dose, monograph) for dose in intake.doses]
    return "".join(
        f'[[regimen]]\ndrug = "{intake.drug}"\nformulation = "{name}"\n'
        + "".join(_course(dose, monograph, name) for dose, own in zip(intake.doses, names, strict=True) if own == name)
        for name in dict.fromkeys(names)
    )


def formulation_of(wanted: str, dose: GivenDrug, monograph: Monograph) -> str:
    """The formulation of the library that a dose is given as: the one named, else the default of its route.

    Raises
    ------
    ValueError
        When the monograph has none for the route.
    """
    route = "intravenous" if dose.intravenous else "oral"
    fitting = [name for name, form in monograph.absorption.items() if form.route == route]
    if not fitting:
        raise ValueError(f"{monograph.id} has no {route} formulation")
    for name in (wanted, monograph.default_formulation):
        if name in fitting:
            return name
    return fitting[0]


def _course(dose: GivenDrug, monograph: Monograph, name: str) -> str:
    formulation = monograph.absorption[name]
    salt = 1.0 if formulation.salt_factor is None else formulation.salt_factor.canonical
    lines = [f'from = "{dose.time:.10g} h"', f'dose = "{dose.amount / salt:.10g} {_unit(dose)}"']
    if dose.count > 1:
        lines += [f'every = "{dose.every:.10g} h"', f"count = {dose.count}"]
    if dose.infusion:
        lines.append(f'infusion = "{dose.infusion:.10g} h"')
    if dose.fed and formulation.food is not None:
        lines.append('food = "fed"')
    return "".join(f"{line}\n" for line in ("[[regimen.course]]", *lines))


def _unit(dose: GivenDrug) -> str:
    return "mg/kg" if dose.per_weight else "mg"
