"""A rule that fires, in words."""

from __future__ import annotations

from pkinteract.guidance.types import Alternative, Guidance, Note
from pkinteract.library import load_library
from pkinteract.scenario import Scenario
from pkinteract.text.toml import read_some
from pkinteract.text.words import Words


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


def _named(id: str, scenario: Scenario, words: Words) -> str:
    """A drug inside a sentence; of a drug that is none of the scenario only its name is read.

    Ids are English names; those of drugs that are not of the library lose the last e in German, as their INN does.
    """
    if words.language != "de":
        return id
    if id in scenario.monographs:
        monograph = scenario.monographs[id]
        return monograph.names.german or monograph.name
    path = load_library().files.get(id)
    if path is None:
        return id[0].upper() + id[1:].removesuffix("e")
    head = read_some(path, ("name",), "names")
    return str(head.get("names", {}).get("german", head["name"]))


def _noted(note: Note, scenario: Scenario, words: Words) -> str:
    values = dict(note.values)
    if "analyte" in values:
        from pkinteract.analytes import name_of

        values["analyte"] = name_of(str(values["analyte"]), scenario, words.language)
    values |= {key: _named(str(values[key]), scenario, words) for key in ("drug", "stopped") if key in values}
    if "seizure" in values:
        values["seizure"] = words.say(f"seizure.{values['seizure']}")
    return words.say(f"guidance.note-{note.what}", **values)
