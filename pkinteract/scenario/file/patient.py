"""The patient, and what the patient becomes during the run."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pkinteract.errors import did_you_mean
from pkinteract.library.guidance.vocabulary import CONTRACEPTION, FEMALE_METHODS
from pkinteract.library.phenotypes import Activity, activity
from pkinteract.library.schema.monograph import Monograph
from pkinteract.scenario.context import Context
from pkinteract.scenario.file.kidneys import GIVEN, check_given, with_kidneys
from pkinteract.scenario.file.schema import LONGEST_PREGNANCY, ChangeTable, PatientTable
from pkinteract.scenario.types import TOLERANCE, Patient
from pkinteract.text.remark import Remark, remark
from pkinteract.text.toml_lines import Key
from pkinteract.text.words import words_of
from pkinteract.units import from_canonical, to_canonical

WEEK = to_canonical(1.0, "wk")

PREVENTING = frozenset(CONTRACEPTION) - {"none", "barrier"}
"""Contraception that nobody has who is pregnant."""

Report = Callable[[Key, str], None]
Warn = Callable[[Key, Remark], None]

Stages = tuple[Patient, tuple[tuple[float, Patient], ...]]
"""The patient as the run begins, and what the patient becomes and when [h]."""


ADULT, LARGEST_CHANGE, LARGEST_GROWTH = 18.0, 3.0, 10.0
"""Age of a grown person [y]; largest factor from one weight to the next from then on, and before [1]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientChange:
    """A ``[[patient.change]]`` that could be read, and where it stands."""

    key: Key
    table: ChangeTable


@dataclass(frozen=True, slots=True, kw_only=True)
class _PatientStage:
    """The patient from ``time`` [h] on, and the time of gestational age 0 if pregnant then [h]."""

    key: Key
    time: float
    patient: Patient
    conception: float | None


def weights(table: PatientTable, changes: Sequence[PatientChange]) -> Callable[[float], float]:
    """Body weight [kg] at a time [h]; at a change it is the new one."""
    steps = sorted((change.table.at, change.table.weight) for change in changes if change.table.weight is not None)

    def weight(time: float) -> float:
        past = [kg for at, kg in steps if at <= time + TOLERANCE]
        return past[-1] if past else table.weight

    return weight


def check_ages(table: PatientTable, monographs: Mapping[str, Monograph], refuse: Report, warn: Warn) -> None:
    """Refuse an age that a monograph does not cover, or warn of it."""
    for drug, monograph in monographs.items():
        ages = monograph.ages
        if ages is not None and not ages.from_years - 1e-9 <= table.age <= ages.until_years + 1e-9:
            text = remark("remark.age", drug=drug, low=ages.from_years, high=ages.until_years, age=table.age)
            if table.extrapolate:
                warn(("patient", "age"), text)
            else:
                said = text.told(words_of("en"))
                refuse(("patient", "age"), f"{said}; set extrapolate = true in [patient] to run all the same")


def fitted_patient(table: Mapping[str, object], fitted: Mapping[str, object]) -> dict[str, object]:
    """``[patient]`` with what a fit says of the patient: its keys by dotted path, as ``abundance.CYP3A4``."""
    merged = dict(table)
    for path, value in fitted.items():
        name, dot, inner = path.partition(".")
        before = merged.get(name)
        merged[name] = {**(before if isinstance(before, dict) else {}), inner: value} if dot else value
    if "creatinine_clearance" in fitted:
        merged = {key: value for key, value in merged.items() if key not in ("serum_creatinine", "egfr")}
    return merged


def read_phenotype(patient: object, refuse: Report) -> dict[str, Activity]:
    """Gene to the activity that ``[patient.phenotype]`` says; reports what is not known."""
    written = patient.get("phenotype") if isinstance(patient, dict) else None
    phenotype = {}
    for gene, value in written.items() if isinstance(written, dict) else ():
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            try:
                phenotype[gene] = activity(gene, value)
            except ValueError as error:
                refuse(("patient", "phenotype", gene), str(error))
    return phenotype


def check_abundance(patient: object, enzymes: Iterable[str], refuse: Report) -> None:
    """Report enzymes of ``[patient.abundance]`` that are not known."""
    written = patient.get("abundance") if isinstance(patient, dict) else None
    known = tuple(enzymes)
    for name in written if isinstance(written, dict) else ():
        if name not in known:
            text = f"{name} is not an enzyme of the library; {did_you_mean(name, known)}"
            refuse(("patient", "abundance", name), text)


def check_patient(table: object, changes: Sequence[PatientChange], first: float | None, refuse: Report) -> None:
    """Report what does not go together in the patient as written and the changes.

    ``first`` is where the run begins [h]; None if that is not known.
    """
    written = table if isinstance(table, dict) else {}
    male = written.get("sex") == "male"
    for key in ("pregnancy", "pregnant", "breastfeeding", "childbearing"):
        if male and written.get(key, False) is not False:
            refuse(("patient", key), 'goes with sex = "female"; remove it')
    _check_fertility(written, changes, refuse)
    if "pregnancy" in written and "pregnant" in written:
        refuse(("patient", "pregnant"), "is for a week that is not known, and pregnancy has it; remove one of them")
    there, absent = (written.get(key) for key in ("alleles", "alleles_absent"))
    for allele in there if isinstance(there, list) and isinstance(absent, list) else ():
        if isinstance(absent, list) and allele in absent:
            refuse(("patient", "alleles_absent"), f"has {allele}, which stands in alleles too; keep one of them")
    seen: list[PatientChange] = []
    for change in changes:
        given = change.table.model_fields_set - {"at"}
        if not given:
            refuse(change.key, 'changes nothing; write for example weight = "72 kg"')
        check_given(change.key, given, refuse)
        if male and change.table.pregnancy:
            refuse((*change.key, "pregnancy"), 'goes with sex = "female"; remove it')
        same = next((other for other in seen if abs(other.table.at - change.table.at) <= TOLERANCE), None)
        if same is not None:
            refuse((*change.key, "at"), f"is the time of {_name(same.key)} too; write both into one change")
        elif first is not None and change.table.at <= first + TOLERANCE:
            text = f"must be later than the beginning of the run ({first / 24:g} d), got {change.table.at / 24:g} d"
            refuse((*change.key, "at"), f"{text}; what holds from the beginning on belongs to [patient]")
        seen.append(change)


def _check_fertility(written: Mapping[str, object], changes: Sequence[PatientChange], refuse: Report) -> None:
    """Report what does not go with the sex or a pregnancy; contraception may be that after a birth in the run."""
    states, method = written.get("conditions"), written.get("contraception")
    sex = written.get("sex")
    for state, other in (("postpartum", "female"), ("fathering", "male")):
        if isinstance(states, list) and state in states and sex in ("female", "male") and sex != other:
            refuse(("patient", "conditions"), f'has {state}, which goes with sex = "{other}"; remove it')
    if sex == "male" and method in FEMALE_METHODS:
        refuse(("patient", "contraception"), f'{method} goes with sex = "female"; write one of his own, or remove it')
    for change in changes:
        if change.table.pregnancy and written.get("childbearing") is False:
            text = "goes with a patient who can become pregnant, and childbearing under [patient] is false"
            refuse((*change.key, "pregnancy"), f"{text}; remove one of them")
    if "pregnancy" not in written and written.get("pregnant") is not True:
        return
    key = "pregnancy" if "pregnancy" in written else "pregnant"
    if written.get("childbearing") is False:
        refuse(("patient", "childbearing"), f"is false beside {key}; remove one of them")
    birth = any(change.table.pregnancy == 0 for change in changes)
    if method in PREVENTING and not birth:
        refuse(("patient", "contraception"), f"{method} does not go with {key}; remove one of them")


def _name(key: Key) -> str:
    return f"change[{key[-1]}]"


def patients(
    table: PatientTable,
    changes: Sequence[PatientChange],
    phenotype: Mapping[str, Activity],
    monographs: Iterable[Monograph],
    span: tuple[float, float],
    refuse: Report,
    warn: Warn,
) -> Stages:
    """The patient as the run begins, and every later state with its time [h].

    A pregnancy proceeds by itself: it also gives a state at each week from which one of the ``monographs`` has another
    factor, and one that has not begun yet counts as none. ``span`` is the run [h].
    """
    weeks = {
        from_canonical(effect.since.canonical, "wk") for drug in monographs for effect in drug.elimination.pregnancy
    }
    states: list[tuple[float, Patient]] = []
    stages = list(_stages(table, changes, phenotype, span, refuse, warn))
    ends = [*(stage.time for stage in stages[1:]), span[1]]
    for stage, end in zip(stages, ends, strict=True):
        states.append((stage.time, _aged(stage, stage.time)))
        if stage.conception is None:
            continue
        limit = stage.conception + LONGEST_PREGNANCY * WEEK
        if end > limit + TOLERANCE:
            text = f"reaches {LONGEST_PREGNANCY:g} wk on day {limit / 24:g}, before the run ends; add a "
            refuse(stage.key, text + '[[patient.change]] with pregnancy = "none" at the time of birth')
        reached = sorted(stage.conception + week * WEEK for week in weeks)
        states += [(time, _aged(stage, time)) for time in reached if stage.time + TOLERANCE < time < end - TOLERANCE]
    return states[0][1], tuple(states[1:])


def _stages(
    table: PatientTable,
    changes: Sequence[PatientChange],
    phenotype: Mapping[str, Activity],
    span: tuple[float, float],
    refuse: Report,
    warn: Warn,
) -> Iterator[_PatientStage]:
    patient = with_kidneys(_first(table, phenotype), ("patient",), refuse, warn)
    conception = None if table.pregnancy is None else -table.pregnancy * WEEK
    stage = _PatientStage(key=("patient", "pregnancy"), time=span[0], patient=patient, conception=conception)
    yield stage
    for change in sorted(changes, key=lambda change: change.table.at):
        if change.table.at < span[1] - TOLERANCE:
            before, stage = stage.patient, _changed(stage, change)
            stage = replace(stage, patient=with_kidneys(stage.patient, change.key, refuse, warn))
            most = LARGEST_CHANGE if before.age >= ADULT else LARGEST_GROWTH
            if not 1 / most <= stage.patient.weight / before.weight <= most:
                text = f"is more than {most:g} times, or less than 1/{most:g} of, the {before.weight:g} kg before"
                refuse((*change.key, "weight"), f"{text}, got {stage.patient.weight:g} kg")
            yield stage


def context_of(table: PatientTable) -> Context:
    """What of the patient only rules ask."""
    return Context(
        conditions=frozenset(table.conditions),
        seizure_types=frozenset(table.seizure_types),
        alleles=frozenset(table.alleles),
        alleles_absent=frozenset(table.alleles_absent),
        ancestry=table.ancestry,
        pregnant=table.pregnant,
        breastfeeding=table.breastfeeding,
        childbearing=table.childbearing,
        contraception=table.contraception,
        indication=table.indication,
    )


def _first(table: PatientTable, phenotype: Mapping[str, Activity]) -> Patient:
    return Patient(
        weight=table.weight,
        age=table.age,
        sex=table.sex,
        height=table.height,
        creatinine_clearance=table.creatinine_clearance,
        serum_creatinine=table.serum_creatinine,
        egfr=table.egfr,
        albumin=table.albumin,
        smoker=table.smoker,
        hepatic_class=table.hepatic_class,
        pregnancy=None,
        phenotype=phenotype,
        abundance=table.abundance,
        extrapolate=table.extrapolate,
    )


def _changed(stage: _PatientStage, change: PatientChange) -> _PatientStage:
    """The next stage; what is known of the kidneys goes on until a change tells of them."""
    old, new = stage.patient, change.table
    told = {name: getattr(new, name) for name in GIVEN}
    if not any(value is not None for value in told.values()):
        told = {name: getattr(old, name) for name in GIVEN}
    liver = old.hepatic_class if new.hepatic_class is None else new.hepatic_class
    patient = replace(
        old,
        **told,
        weight=old.weight if new.weight is None else new.weight,
        height=old.height if new.height is None else new.height,
        albumin=old.albumin if new.albumin is None else new.albumin,
        smoker=old.smoker if new.smoker is None else new.smoker,
        hepatic_class=None if liver == "none" else liver,
    )
    key, conception = stage.key, stage.conception
    if new.pregnancy is not None:
        key = (*change.key, "pregnancy")
        conception = new.at - new.pregnancy * WEEK if new.pregnancy else None
    return _PatientStage(key=key, time=new.at, patient=patient, conception=conception)


def _aged(stage: _PatientStage, time: float) -> Patient:
    """The patient of a stage at the gestational age of ``time`` [h]."""
    if stage.conception is None or time < stage.conception - TOLERANCE:
        return stage.patient
    return replace(stage.patient, pregnancy=max(time - stage.conception, 0.0) / WEEK)
