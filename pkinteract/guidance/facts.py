"""A scenario as rules ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from pkinteract.guidance.taken import Taken, taken_in
from pkinteract.library.guidance.rules import covered_types
from pkinteract.library.guidance.vocabulary import EPILEPTIC
from pkinteract.scenario import Patient, Scenario
from pkinteract.scenario.context import Context

if TYPE_CHECKING:
    from pkinteract.guidance.run import RunFacts


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Everything that a condition may look at.

    Attributes
    ----------
    patients
        The patient as the run begins, and what the patient becomes.
    taken
        What is taken in the run or was until it began, by drug.
    dialysed
        Whether there are sessions of haemodialysis.
    run
        The simulated run; None if it is not.
    """

    patients: tuple[Patient, ...]
    context: Context
    taken: Mapping[str, Taken]
    dialysed: bool
    duration: float
    run: RunFacts | None

    @property
    def patient(self) -> Patient:
        """As the run begins."""
        return self.patients[0]

    @property
    def epilepsy(self) -> bool | None:
        """Whether it is said that the patient has epilepsy, or that the drugs are for something else; else None."""
        context = self.context
        if context.seizure_types or context.indication == "epilepsy" or context.conditions & EPILEPTIC:
            return True
        return None if context.indication is None else False

    @property
    def pregnant(self) -> bool:
        return self.context.pregnant or any(patient.pregnancy is not None for patient in self.patients)

    def uncovered(self) -> tuple[str, int, int] | None:
        """A seizure type of the patient, and the first and last day from t = 0 on without a drug that is used for it.

        One that no drug covers the day before t = 0 does not count; None if every other is covered all along.
        """
        for seizure in sorted(self.context.seizure_types):
            spans = [
                span
                for drug, one in self.taken.items()
                if one.modelled and seizure in covered_types(drug)
                for span in one.spans
            ]
            if not any(start < 0 <= stop for start, stop in spans):
                continue
            days = range(int(self.duration // 24))
            bare = [day for day in days if not any(start <= day * 24 + 12 < stop for start, stop in spans)]
            if bare:
                return seizure, bare[0], bare[-1]
        return None

    def with_instead(self, drug: str, old: str) -> Facts:
        """The same with another drug taken all along in place of one, and without a run."""
        new = Taken(
            drug=drug, spans=((float("-inf"), float("inf")),), courses=(), amounts={}, full_days={}, end=self.duration
        )
        others = {name: one for name, one in self.taken.items() if name != old}
        return replace(self, taken={**others, drug: new}, run=None)


def facts_of(scenario: Scenario, run: RunFacts | None) -> Facts:
    """What a scenario says."""
    return Facts(
        patients=(scenario.patient, *(patient for _, patient in scenario.patients)),
        context=scenario.context,
        taken=taken_in(scenario),
        dialysed=bool(scenario.sessions),
        duration=scenario.duration,
        run=run,
    )
