"""``guidance.csv``, and a rule that fires in words."""

from __future__ import annotations

from collections.abc import Sequence

from pkinteract.analytes import name_of
from pkinteract.guidance.types import Alternative, Guidance, Note
from pkinteract.library import load_library
from pkinteract.scenario import Scenario
from pkinteract.text.csv import Table
from pkinteract.text.toml import read_some
from pkinteract.text.words import Words


def guidance_table(guidance: Sequence[Guidance], scenario: Scenario, words: Words) -> Table:
    """``guidance.csv``: every rule that fires, the gravest first; several drugs are parted by a semicolon."""
    return {
        "severity": [one.severity for one in guidance],
        "drugs": ["; ".join(one.drugs) for one in guidance],
        "rule": [one.rule for one in guidance],
        "advice": [advice_text(one, scenario, words) for one in guidance],
        "why": [one.why for one in guidance],
        "changes": [one.changes or None for one in guidance],
        "body": [one.body for one in guidance],
        "source": [one.source for one in guidance],
        "confidence": [one.confidence for one in guidance],
    }


def advice_text(guidance: Guidance, scenario: Scenario, words: Words) -> str:
    """The advice with what this run has to say, what to give instead, and what is assumed."""
    parts = [guidance.advice, *(_noted(note, scenario, words) for note in guidance.notes)]
    good = [other for other in guidance.alternatives if other.severity in (None, "caution")]
    bad = [other for other in guidance.alternatives if other not in good]
    if good:
        parts.append(words.say("guidance.instead", drugs=", ".join(_offered(one, scenario, words) for one in good)))
    if bad:
        parts.append(words.say("guidance.not-instead", drugs=", ".join(_offered(one, scenario, words) for one in bad)))
    parts += [words.say(f"guidance.assumed-{name}") for name in guidance.assumed]
    return " ".join(parts)


def drugs_text(guidance: Guidance, scenario: Scenario, words: Words) -> str:
    """The drugs that it is about, as the language names them."""
    return " + ".join(_named(drug, scenario, words) for drug in guidance.drugs)


def _offered(other: Alternative, scenario: Scenario, words: Words) -> str:
    name = _named(other.drug, scenario, words)
    if other.severity is None:
        return name
    severity = words.say(f"guidance.{other.severity}")
    return words.say("guidance.instead-but", drug=name, severity=severity, rule=other.rule)


def _named(drug: str, scenario: Scenario, words: Words) -> str:
    """A drug that may be none of the scenario; of the library only its name is read."""
    if drug in scenario.monographs or words.language != "de":
        return name_of(drug, scenario, words.language)
    path = load_library().files.get(drug)
    if path is None:
        return drug[0].upper() + drug[1:]
    head = read_some(path, ("name",), "names")
    return str(head.get("names", {}).get("german", head["name"]))


def _noted(note: Note, scenario: Scenario, words: Words) -> str:
    values = dict(note.values)
    if "analyte" in values:
        values["analyte"] = name_of(str(values["analyte"]), scenario, words.language)
    if "seizure" in values:
        values["seizure"] = words.say(f"seizure.{values['seizure']}")
    return words.say(f"guidance.note-{note.what}", **values)
