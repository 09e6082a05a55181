"""From studies to outcomes: every arm once, over all processors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pkinteract.errors import InputError, PkinteractError
from pkinteract.library import Library, load_library
from pkinteract.library.evidence.studies import Arm, Study
from pkinteract.qualify.design import plan
from pkinteract.qualify.exposure import Exposure, expose
from pkinteract.qualify.outcome import StudyOutcome
from pkinteract.qualify.processes import Progress, each
from pkinteract.qualify.static import static_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """An arm of a study; a treatment also gives the static estimate."""

    study: Study
    arm: Arm
    treatment: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class _TaskOutcome:
    """What a task gave, or why it gave nothing."""

    exposure: Exposure | None = None
    static: float | None = None
    failure: str = ""


def qualify_studies(
    studies: Sequence[Study],
    *,
    extra: Sequence[Path] = (),
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[StudyOutcome, ...]:
    """Simulate both arms of every study that the library has the drugs for.

    Parameters
    ----------
    extra
        Drug files of one's own beside the library.
    workers
        Processes; as many as there are processors if left out.

    Raises
    ------
    InputError
        When an extra drug file is wrong.
    """
    library = load_library(tuple(extra))
    open_ = [study for study in studies if study.used and not _lacking(study, library)]
    keys = {study.id: (_key(study, study.control), _key(study, study.treatment, treated=True)) for study in open_}
    tasks: dict[object, _Job] = {}
    for study in open_:
        control, treatment = keys[study.id]
        tasks.setdefault(control, _Job(study=study, arm=study.control, treatment=False))
        tasks.setdefault(treatment, _Job(study=study, arm=study.treatment, treatment=True))
    done: dict[object, _TaskOutcome] = {}
    tell = None if progress is None else progress(len(tasks), 0)
    for key, outcome in each(_simulate, tasks, extra=tuple(extra), workers=workers):
        done[key] = outcome
        if tell is not None:
            tell(1)
    return tuple(
        _outcome(study, done[keys[study.id][0]], done[keys[study.id][1]])
        if study.id in keys
        else _untouched(study, library)
        for study in studies
    )


def _lacking(study: Study, library: Library) -> list[str]:
    return [drug for drug in (*study.drugs, *study.measured) if drug not in library.files]


def _untouched(study: Study, library: Library) -> StudyOutcome:
    if not study.used:
        return StudyOutcome(study=study, state="excluded", reason=study.reason)
    return StudyOutcome(study=study, state="no monograph", reason=", ".join(dict.fromkeys(_lacking(study, library))))


def _key(study: Study, arm: Arm, *, treated: bool = False) -> object:
    """Arms with one key are one simulation; a treatment keeps its perpetrators for the static estimate."""
    genes = tuple(sorted(arm.phenotype.items()))
    acting = (study.perpetrators, study.victim) if treated else ()
    return arm.intakes, genes, arm.window, study.analyte, study.weight, study.age, acting


def _simulate(task: _Job, library: Library) -> _TaskOutcome:
    try:
        exposure, result = expose(plan(task.study, task.arm, library), library)
        static = static_ratio(task.study, result) if task.treatment else None
    except InputError as error:
        return _TaskOutcome(failure="; ".join(f"{problem.key} {problem.message}" for problem in error.problems))
    except (PkinteractError, ValueError) as error:
        return _TaskOutcome(failure=str(error))
    return _TaskOutcome(exposure=exposure, static=static)


def _outcome(study: Study, control: _TaskOutcome, treatment: _TaskOutcome) -> StudyOutcome:
    before, after = control.exposure, treatment.exposure
    if before is None or after is None:
        return StudyOutcome(study=study, state="failed", reason=control.failure or treatment.failure)
    trough = study.metric == "trough"
    whole = (after.trough, before.trough) if trough else (after.area, before.area)
    if min(*whole, before.peak, after.peak) <= 0:
        return StudyOutcome(study=study, state="failed", reason=f"no {study.analyte} in one of the arms")
    return StudyOutcome(
        study=study,
        state="simulated",
        exposure=whole[0] / whole[1],
        peak=after.peak / before.peak,
        static=treatment.static,
    )
