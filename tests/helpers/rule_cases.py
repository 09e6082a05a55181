"""From a rule of the library to a scenario in which it fires, and to one in which it does not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pkinteract.library import load_library
from pkinteract.library.guidance.rules import Rule, drug_groups, drugs_of, pillars

ASKS_THE_RUN = frozenset({"level_out", "level", "activity"})
"""Conditions that do not hold without a run."""

LIBRARY = load_library()

LONG, LONGEST, END = "-100 d", "-800 d", 40
"""Begin of a standing course, of one that is older than any rule asks for, and end of the run [d]."""

BLOCKERS = {"CYP2D6": "paroxetine", "CYP2C19": "fluvoxamine"}
"""What takes an enzyme away in a run."""


@dataclass(kw_only=True)
class Draft:
    """A scenario that is being written."""

    patient: dict[str, Any] = field(default_factory=dict)
    phenotype: dict[str, Any] = field(default_factory=dict)
    regimens: dict[str, list[str]] = field(default_factory=dict)
    forms: dict[str, list[str]] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)
    tables: list[str] = field(default_factory=list)

    def take(self, drug: str, *courses: str) -> None:
        """Give a drug, by its courses; one that is not in the library is only listed."""
        if drug in LIBRARY.files:
            self.regimens[drug] = list(courses) or [course(LONG)]
        elif drug not in self.others:
            self.others.append(drug)

    def drop(self, drug: str) -> None:
        self.regimens.pop(drug, None)
        self.others = [other for other in self.others if other != drug]

    def text(self) -> str:
        """The file; with a drug that no rule is about where none is of the library."""
        if not self.regimens:
            self.take("dextromethorphan")
        patient = {"weight": "70 kg", "age": "45 y", "sex": "female", "creatinine_clearance": "120 mL/min"}
        patient |= {"extrapolate": True, "childbearing": False, "indication": "other"} | self.patient
        if patient["sex"] == "female" and "fathering" in patient.get("conditions", ()):
            patient["conditions"] = [state for state in patient["conditions"] if state != "fathering"]
        if patient["sex"] == "male" or patient.get("pregnant") or "pregnancy" in patient:
            patient.pop("childbearing")
        lines = ['title = "a rule"', f"not_modelled = {list(self.others)!r}".replace("'", '"')]
        lines += ["[simulation]", f'duration = "{END} d"', "[patient]"]
        lines += [f"{key} = {written(value)}" for key, value in patient.items() if value is not None]
        lines += ["[patient.phenotype]", *(f"{gene} = {written(value)}" for gene, value in self.phenotype.items())]
        lines += self.tables
        for drug, courses in self.regimens.items():
            for form in self.forms.get(drug, [""]):
                lines += ["[[regimen]]", f'drug = "{drug}"', *([f'formulation = "{form}"'] if form else []), *courses]
        return "\n".join(lines) + "\n"


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "[" + ", ".join(f'"{word}"' for word in value) + "]"
    return f'"{value}"' if isinstance(value, str) else str(value)


def course(start: str, until: str = f"{END} d", dose: str = "100 mg", *rows: str) -> str:
    lines = [
        "[[regimen.course]]",
        f'from = "{start}"',
        f'until = "{until}"',
        f'dose = "{dose}"',
        'every = "24 h"',
        *rows,
    ]
    return "\n".join(lines)


@cache
def dosable(drug: str) -> bool:
    """Whether a scenario may name a drug: in a regimen, or as one that is not modelled."""
    return drug not in LIBRARY.files or bool(LIBRARY.monograph(drug).absorption)


def oral_forms(drug: str) -> list[str]:
    forms = LIBRARY.monograph(drug).absorption
    return [name for name, form in forms.items() if form.route == "oral"]


class Wishes:
    """Makes the conditions of one rule true, or one of them false."""

    def __init__(self, rule: Rule) -> None:
        self.rule, self.draft = rule, Draft()
        self.kinds = kinds(rule.when)
        mine = [drug for drug in sorted(drugs_of(rule.drugs)) if self._fits(drug)]
        self.drug = min(mine, key=lambda drug: drug not in LIBRARY.files)
        others = sorted(drugs_of(rule.pair) - {self.drug})
        if "different_pillars" in self.kinds:
            own = next(name for name in pillars() if self.drug in drug_groups()[name])
            others = [drug for drug in others if any(drug in drug_groups()[name] for name in pillars() if name != own)]
        ready = [drug for drug in others if dosable(drug)]
        self.partner = min(ready, key=lambda drug: drug not in LIBRARY.files, default=None)
        self.draft.take(self.drug)
        if self.partner is not None:
            self.draft.take(self.partner)

    def _fits(self, drug: str) -> bool:
        if drug not in LIBRARY.files:
            return True
        forms = LIBRARY.monograph(drug).absorption
        if "intravenous" in self.kinds and not any(form.route == "intravenous" for form in forms.values()):
            return False
        if "different_pillars" in self.kinds and not any(drug in drug_groups()[name] for name in pillars()):
            return False
        if "uncovered" in self.kinds and drug != "ethosuximide":
            return False
        return dosable(drug) and ("formulation_changes" not in _needed(self.rule.when) or len(oral_forms(drug)) > 1)

    def fires(self) -> str:
        """A scenario in which every condition holds."""
        for condition in self.rule.when:
            self.want(condition)
        return self.draft.text()

    def silent(self) -> str:
        """One in which every condition but one holds; without conditions, without the drug or its partner."""
        stable = ("within", "partner_stops", "uncovered", "without", "taken_over")
        late = [one for one in self.rule.when if next(iter(one)) not in stable] or list(self.rule.when)
        if not late or "within" in self.kinds:
            self.draft.drop(self.partner or self.drug)
            return self.draft.text()
        for condition in self.rule.when:
            if condition is not late[0]:
                self.want(condition)
        self.deny(late[0])
        return self.draft.text()

    def want(self, condition: Mapping[str, Any]) -> None:
        ((key, value),) = condition.items()
        if key == "any":
            self.want(next((one for one in value if next(iter(one)) not in ASKS_THE_RUN), value[0]))
        elif key == "all":
            for one in value:
                self.want(one)
        else:
            self.set(key, value, holds=True)

    def deny(self, condition: Mapping[str, Any]) -> None:
        ((key, value),) = condition.items()
        if key == "any":
            for one in value:
                self.deny(one)
        elif key == "all":
            self.deny(value[0])
        else:
            self.set(key, value, holds=False)

    def set(self, key: str, value: Any, *, holds: bool) -> None:
        if key in PATIENT:
            given = PATIENT[key](value, holds)
            states = self.draft.patient.get("conditions", []) if key in ("condition", "no_condition") else []
            self.draft.patient |= given
            if states:
                self.draft.patient["conditions"] = [*states, *given.get("conditions", [])]
        else:
            getattr(self, f"_{key}")(value, holds)

    def _gene(self, value: Mapping[str, Any], holds: bool) -> None:
        if "phenotype" in value:
            given: object = value["phenotype"][0] if holds else "normal"
        else:
            low, high = value.get("least", 0.0), value.get("most", 9.0)
            inside = low if low else high
            given = float(inside) if holds else (0.5 if low > 1 else 2.0)
            given = 3.0 if holds and low > 2 else given
        self.draft.phenotype[value["name"]] = given

    def _dialysis(self, value: object, holds: bool) -> None:
        if holds:
            self.draft.tables += ["[[dialysis]]", 'at = "2 d"', 'length = "4 h"', 'every = "48 h"']

    def _smoking(self, value: str, holds: bool) -> None:
        self.draft.patient["smoker"] = value == "stops"
        if holds:
            self.draft.tables += ["[[patient.change]]", 'at = "5 d"', f"smoker = {str(value != 'stops').lower()}"]

    def _own(self, *courses: str) -> None:
        self.draft.take(self.drug, *courses)

    def _begins(self, value: object, holds: bool) -> None:
        self._own(course("0 d" if holds else LONG))

    _dose_rises = _begins

    def _changes(self, value: object, holds: bool) -> None:
        self._own(course("0 d" if holds else LONG))

    def _taken_less_than(self, value: str, holds: bool) -> None:
        start = "-20 d" if holds else LONG
        until = f"{END - 10} d" if "stops" in self.kinds else f"{END} d"
        if self.draft.regimens.get(self.drug) == [course(LONG)] or "stops" in self.kinds:
            self._own(course(start, until))

    def _taken_for(self, value: str, holds: bool) -> None:
        self._own(course(LONGEST if holds else "-5 d"))

    def _standing(self, value: str, holds: bool) -> None:
        if not holds:
            self._own(course("0 d", "20 d"))

    def _stops(self, value: object, holds: bool) -> None:
        self._own(course(LONG, "20 d" if holds else f"{END} d"))

    def _abrupt(self, value: object, holds: bool) -> None:
        rows = ('taper_to = "5 mg"', 'step_every = "14 d"', 'round_to = "1 mg"')
        self._own(course(LONG, "10 d") if holds else course(LONG, "20 d", "100 mg", *rows))
        if not holds:
            self._own(course(LONG))

    _tapered_faster_than = _abrupt

    def _falls_faster(self, value: Mapping[str, str], holds: bool) -> None:
        self._own(course(LONG, "10 d", "400 mg"), course("10 d", f"{END} d", "50 mg" if holds else "380 mg"))

    def _restarts_after(self, value: object, holds: bool) -> None:
        self._own(course(LONG, "0 d"), course("20 d" if holds else "1 d"))

    def _dose_from(self, value: str, holds: bool) -> None:
        self._own(course(LONG, f"{END} d", value if holds else "1 mg"))

    def _dose_below(self, value: str, holds: bool) -> None:
        self._own(course(LONG, f"{END} d", "1 mg" if holds else value))

    def _intravenous(self, value: object, holds: bool) -> None:
        rows = ('route = "intravenous"', 'infusion = "30 min"') if holds else ()
        self._own(course("0 d", f"{END} d", "100 mg", *rows))

    def _oral(self, value: object, holds: bool) -> None:
        self._own(course(LONG))

    def _formulation_changes(self, value: object, holds: bool) -> None:
        if holds:
            self.draft.forms[self.drug] = oral_forms(self.drug)[:2]

    def _beside(self, value: list[str], holds: bool) -> None:
        if holds:
            here = {self.drug, self.partner}
            self.draft.take(next(drug for drug in sorted(drugs_of(value) - here) if dosable(drug)))

    def _without(self, value: list[str], holds: bool) -> None:
        if not holds:
            self._beside(value, True)

    def _partner_begins(self, value: object, holds: bool) -> None:
        self.draft.take(str(self.partner), course("0 d" if holds else LONG))

    def _partner_stops(self, value: object, holds: bool) -> None:
        self.draft.take(str(self.partner), course(LONG, "20 d" if holds else f"{END} d"))

    def _overlap_ends(self, value: bool, holds: bool) -> None:
        self.draft.take(str(self.partner), course(LONG, "20 d" if value is holds else f"{END} d"))

    def _taken_over(self, value: object, holds: bool) -> None:
        pass

    def _within(self, value: object, holds: bool) -> None:
        pass

    def _different_pillars(self, value: object, holds: bool) -> None:
        if not holds:
            self.draft.drop(str(self.partner))
            self.draft.take("felbamate")

    def _uncovered(self, value: object, holds: bool) -> None:
        self.draft.patient["seizure_types"] = ["absence"] if holds else ["focal"]

    def _level_out(self, value: object, holds: bool) -> None:
        self._own(course("0 d", f"{END} d", "1 g" if holds else "10 mg").replace("24 h", "6 h"))

    def _level(self, value: Mapping[str, str], holds: bool) -> None:
        self._level_out(value, holds)

    def _activity(self, value: Mapping[str, Any], holds: bool) -> None:
        if holds:
            self.draft.take(
                BLOCKERS[value["enzyme"]],
                course("0 d", f"{END} d", "60 mg" if value["enzyme"] == "CYP2D6" else "300 mg"),
            )


def _one_of(key: str) -> Any:
    return lambda value, holds: {key: [value[0]] if holds else []}


PATIENT: Mapping[str, Any] = {
    "allele": lambda value, holds: {"alleles": [value] if holds else []},
    "allele_absent": lambda value, holds: {"alleles_absent": [value]} if holds else {"alleles": [value]},
    "allele_unknown": lambda value, holds: {} if holds else {"alleles": [value]},
    "ancestry": lambda value, holds: {"ancestry": value[0] if holds else "European"},
    "condition": lambda value, holds: {"conditions": [value[0]]} if holds else {"conditions": []},
    "no_condition": lambda value, holds: {} if holds else {"conditions": [value[0]]},
    "seizure": _one_of("seizure_types"),
    "epilepsy": lambda value, holds: {"indication": "epilepsy" if holds else "other"},
    "no_epilepsy": lambda value, holds: {"indication": "other" if holds else "epilepsy"},
    "indication": lambda value, holds: {
        "indication": value[0] if holds else ("pain" if "pain" not in value else "epilepsy")
    },
    "sex": lambda value, holds: {"sex": value if holds else ("male" if value == "female" else "female")},
    "pregnant": lambda value, holds: {"pregnant": holds is value},
    "breastfeeding": lambda value, holds: {"breastfeeding": holds},
    "childbearing": lambda value, holds: {"childbearing": holds},
    "contraception": lambda value, holds: {"contraception": value[0] if holds else "barrier"},
    "age_from": lambda value, holds: {"age": f"{value + 1 if holds else value - 1} y"},
    "age_below": lambda value, holds: {"age": f"{value - 1 if holds else value + 1} y"},
    "weight_from": lambda value, holds: {"weight": f"{value + 1 if holds else value - 1} kg"},
    "clearance_below": lambda value, holds: {"creatinine_clearance": f"{value - 5 if holds else value + 5} mL/min"},
    "hepatic": lambda value, holds: {"hepatic_class": value[0] if holds else None},
    "albumin_below": lambda value, holds: {"albumin": f"{value - 5 if holds else value + 5} g/L"},
}


def conditions(when: Any) -> Iterator[tuple[str, Any]]:
    """Every condition with its value, those inside others too."""
    for condition in when:
        for key, value in condition.items():
            yield key, value
            if key in ("any", "all"):
                yield from conditions(value)


def kinds(when: Any) -> set[str]:
    """Kinds of the conditions."""
    return {key for key, _ in conditions(when)}


def _needed(conditions: Any) -> set[str]:
    """Kinds that hold whatever else does."""
    return {key for condition in conditions for key in condition if key not in ("any", "all")}


def asks_run(rule: Rule) -> bool:
    """Whether it cannot fire without a run."""
    return bool(_needed(rule.when) & ASKS_THE_RUN)
