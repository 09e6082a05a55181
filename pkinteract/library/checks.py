"""What the tables of a drug file must say together; read from the file's data, so that one slip hides no other."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from pkinteract.errors import did_you_mean
from pkinteract.library.phenotypes import activity
from pkinteract.library.schema.dosing import OtherForm, Strengths
from pkinteract.library.schema.monograph import Monograph
from pkinteract.library.schema.ranges import AlertOf
from pkinteract.library.schema.targets import Carried, Pillar
from pkinteract.library.schema.values import Value
from pkinteract.units import COLUMN_SUFFIX, dimension_of

Key = tuple[str | int, ...]
Fault = tuple[Key, str]
"""The key that a problem stands at, and what to write."""

_Data = Mapping[str, Any]

_IN_GUT = (("first_pass", "gut_enzyme"), ("efflux", "transporter"))
"""Keys that name what a drug meets in the gut wall."""


def monograph_problems(data: _Data) -> Iterator[Fault]:
    """Everything that the tables of a monograph contradict each other in."""
    yield from provenance_problems(data, Monograph)
    yield from _names(data)
    yield from _ordered(data)
    yield from _pathways(data)
    yield from _bands(data)
    for name, form in _tables(data, "absorption").items():
        yield from _formulation(form, ("absorption", name))
    yield from _binding(data)
    for enzyme, induction in _tables(data, "induces").items():
        yield from _induction(induction, ("induces", enzyme))
    yield from _dosing(data)


def unknown_enzymes(data: _Data, organs: Mapping[str, Sequence[str]], transporters: Collection[str]) -> Iterator[Fault]:
    """Enzymes, and organs of theirs, that the library does not have.

    Parameters
    ----------
    organs
        Where each enzyme and transporter of the library is modelled.
    transporters
        Which of them are transporters.
    """
    named: list[tuple[Key, Any]] = [
        (("elimination", "pathway", i, "enzyme"), pathway.get("enzyme"))
        for i, pathway in table_rows(data, "elimination", "pathway")
    ]
    named += [
        (("elimination", "pathway", i, "returned_by"), pathway.get("returned_by"))
        for i, pathway in table_rows(data, "elimination", "pathway")
    ]
    named += [(key, nested_table(data, key[0]).get(key[1])) for key in _IN_GUT]
    acting = ("induces", "inhibits", "inactivates")
    named += [((head, name), name) for head in acting for name in nested_table(data, head)]
    for key, name in named:
        if not isinstance(name, str):
            continue
        if name not in organs:
            yield key, f'"{name}" is not an enzyme of the library; {did_you_mean(name, organs)}'
        elif key in _IN_GUT:
            carries = key[0] == "efflux"
            kinds = "transporters" if carries else "enzymes"
            gut = [one for one, where in organs.items() if "gut" in where and (one in transporters) == carries]
            if name not in gut:
                wrong = "not modelled in the gut" if "gut" not in organs[name] else f"none of the {kinds}"
                yield key, f"{name} is {wrong}; {kinds} of the gut are {', '.join(gut)}"
    for head in ("inhibits", "inactivates"):
        for name, entry in _tables(data, head).items():
            given = entry.get("organs")
            if given == [] and name in organs:
                yield (
                    (head, name, "organs"),
                    f"names no organ; write organs = [{_quoted(organs[name])}], or leave it out",
                )
            for organ in given if isinstance(given, list) and name in organs else ():
                if organ in ("liver", "gut") and organ not in organs[name]:
                    text = f"{name} is not modelled in the {organ}; write organs = [{_quoted(organs[name])}]"
                    yield (head, name, "organs"), text


def provenance_problems(data: object, model: type[BaseModel]) -> Iterator[Fault]:
    """Values of the data of a ``model`` that do not say where they come from."""
    sources = nested_table(data, "sources")
    for key, value in _values(data, model, ()):
        kind, source = value.get("kind"), value.get("source")
        if isinstance(source, str) and source not in sources:
            close = did_you_mean(source, sources) if sources else f"add a table [sources.{source}]"
            yield (*key, "source"), f'"{source}" is not in [sources]; {close}'
        elif source is None and kind in ("measured", "fitted", "in vitro", "label"):
            yield (*key, "source"), f'a value of kind "{kind}" needs a source, a key of [sources]'
        elif kind == "assumed" and value.get("note") is None:
            yield (*key, "note"), "an assumed value needs a note that says why this value"


def nested_table(data: object, *keys: str) -> _Data:
    """The table under ``keys``; an empty one if there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data if isinstance(data, Mapping) else {}


def table_rows(data: object, *keys: str) -> list[tuple[int, _Data]]:
    """The tables of a list, with their positions."""
    entries = nested_table(data, *keys[:-1]).get(keys[-1])
    return [
        (i, entry)
        for i, entry in enumerate(entries if isinstance(entries, (list, tuple)) else ())
        if isinstance(entry, Mapping)
    ]


def _tables(data: _Data, key: str) -> dict[str, _Data]:
    return {name: entry for name, entry in nested_table(data, key).items() if isinstance(entry, Mapping)}


def _number(raw: object, *dimensions: str) -> float | None:
    """A value in canonical units; None if it is none of these dimensions."""
    try:
        value = Value.model_validate(raw)
    except ValidationError:
        return None
    return value.canonical if dimension_of(value.unit) in dimensions else None


def _mass_concentration(raw: object, data: _Data) -> float | None:
    """A concentration [mg/L], molar ones by the molar mass."""
    molar, mass = _number(raw, "molar concentration"), _number(data.get("molar_mass"), "molar mass")
    if molar is None or mass is None:
        return _number(raw, "concentration")
    return molar * mass / 1000


def _values(data: object, model: type[BaseModel], path: Key) -> Iterator[tuple[Key, _Data]]:
    """Every value that is written as a table, with its key."""
    if not isinstance(data, Mapping):
        return
    if issubclass(model, (Value, Strengths, OtherForm, AlertOf, Pillar, Carried)):
        yield path, data
        return
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key in data:
            for inner in _models(field.annotation):
                yield from _inside(data[key], inner, field.annotation, (*path, key))


def _inside(data: object, model: type[BaseModel], annotation: Any, path: Key) -> Iterator[tuple[Key, _Data]]:
    if isinstance(data, (list, tuple)):
        for i, entry in enumerate(data):
            yield from _values(entry, model, (*path, i))
    elif isinstance(data, Mapping) and getattr(annotation, "__origin__", None) is dict:
        for name, entry in data.items():
            yield from _values(entry, model, (*path, name))
    else:
        yield from _values(data, model, path)


def _models(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]


def _names(data: _Data) -> Iterator[Fault]:
    for i, compound in [(None, data), *table_rows(data, "sum")]:
        unit = compound.get("unit")
        if isinstance(unit, str) and unit not in COLUMN_SUFFIX:
            key: Key = ("unit",) if i is None else ("sum", i, "unit")
            yield key, f'"{unit}" is not a reporting unit; write one of {", ".join(COLUMN_SUFFIX)}'
    forms, chosen = nested_table(data, "absorption"), data.get("formulation")
    if isinstance(chosen, str) and chosen not in forms:
        hint = did_you_mean(chosen, forms) if forms else "there is no [absorption] table"
        yield ("formulation",), f'"{chosen}" is not a formulation of [absorption]; {hint}'


def _ordered(data: _Data) -> Iterator[Fault]:
    low, high = (_number(nested_table(data, "ages").get(key), "time") for key in ("from", "until"))
    if low is not None and high is not None and low >= high:
        yield ("ages", "until"), "must be a higher age than from"
    owners: list[tuple[Key, _Data]] = [((), data), *((("sum", i), total) for i, total in table_rows(data, "sum"))]
    owners.append((("unbound",), nested_table(data, "unbound")))
    for key, owner in owners:
        limits = nested_table(owner, "reference_range")
        low, high = (_mass_concentration(limits.get(name), data) for name in ("low", "high"))
        if low is not None and high is not None and low >= high:
            yield (*key, "reference_range", "high"), "must be above low"
        if "alert_of" in limits and "alert" not in limits:
            yield (*key, "reference_range", "alert_of"), "has no alert level to speak of; write alert beside it"


def _unscored(enzyme: object, score: float | None) -> str | None:
    """Why a pathway of this enzyme cannot have a factor of its own at this activity score."""
    if not isinstance(enzyme, str) or score is None:
        return None
    try:
        activity(enzyme, score)
    except ValueError as error:
        return str(error)
    return None


RESERVED = {"total": "the whole clearance", "dialysis": "what a session of haemodialysis clears"}
"""Names of clearances that no pathway has."""


def _pathways(data: _Data) -> Iterator[Fault]:
    pathways = table_rows(data, "elimination", "pathway")
    seen: set[object] = set()
    for i, pathway in pathways:
        key: Key = ("elimination", "pathway", i)
        id, kind = pathway.get("id"), pathway.get("kind", "enzyme")
        if isinstance(id, str) and id in RESERVED:
            yield (*key, "id"), f'a pathway must not be called "{id}", the name of {RESERVED[id]}'
        if isinstance(id, str) and id in seen:
            yield (*key, "id"), f'two pathways are called "{id}"; give each its own id'
        seen.add(id if isinstance(id, str) else None)
        if kind == "enzyme" and "enzyme" not in pathway:
            yield key, 'needs an enzyme, or kind = "renal", "biliary" or "other"'
        if kind in ("biliary", "other") and "enzyme" in pathway:
            yield (*key, "enzyme"), f'a pathway of kind "{kind}" has no enzyme; leave the enzyme or the kind out'
        if pathway.get("forms") is not None and pathway.get("forms") == data.get("id"):
            yield (*key, "forms"), "a drug cannot form itself; name the metabolite"
        for n, own in table_rows(pathway, "activity"):
            fault = _unscored(pathway.get("enzyme"), _number(own.get("score"), "fraction"))
            if fault is not None:
                yield (*key, "activity", n, "score"), fault
        for one, other in (("returned", "returned_by"), ("returned_by", "returned")):
            if one in pathway and other not in pathway:
                yield (*key, one), f"needs {other} beside it: the share that comes back, and the enzyme that makes it"
        if (_number(pathway.get("returned"), "fraction") or 0.0) >= 1:
            yield (*key, "returned"), "must be below 1: what all comes back is no way out"
        if "yield" in pathway and "forms" not in pathway:
            yield (*key, "yield"), "a yield needs forms, the id of the metabolite"
        if kind == "renal" and nested_table(data, "elimination").get("renal_function"):
            yield (*key, "kind"), "renal_function replaces renal pathways; give one or the other"
    shares = [_number(pathway.get("fraction"), "fraction") for _, pathway in pathways]
    yield from _whole(shares, ("elimination", "pathway"), "the fractions of the pathways")


def _whole(shares: Sequence[float | None], key: Key, what: str) -> Iterator[Fault]:
    total = sum(share for share in shares if share is not None)
    if shares and None not in shares and abs(total - 1) > 1e-9:
        yield key, f"{what} must add up to 1, they add up to {total:.6g}"


def _bands(data: _Data) -> Iterator[Fault]:
    bands = [_number(band.get("from"), "clearance") for _, band in table_rows(data, "elimination", "renal_function")]
    starts = [start for start in bands if start is not None]
    if len(starts) == len(bands) and starts and (starts[-1] != 0 or not _ascending(starts[::-1])):
        yield ("elimination", "renal_function"), 'renal_function bands run from the highest "from" down to 0 mL/min'
    classes: set[object] = set()
    for i, grade in table_rows(data, "elimination", "hepatic_function"):
        name = grade.get("class")
        if isinstance(name, str) and name in classes:
            yield ("elimination", "hepatic_function", i, "class"), f'class "{name}" stands twice; keep one of them'
        classes.add(name if isinstance(name, str) else None)
    for key, start, what in (("pregnancy", "from", "weeks"), ("age_effect", "age_from", "ages")):
        times = [_number(point.get(start), "time") for _, point in table_rows(data, "elimination", key)]
        if None not in times and not _ascending([time for time in times if time is not None]):
            yield ("elimination", key), f"{what} must ascend, each {start} later than the one before"


def _ascending(numbers: Sequence[float]) -> bool:
    return all(before < after for before, after in pairwise(numbers))


_SHAPES = ("zero_order", "transit", "weibull")
_WAYS = ("ka", *_SHAPES)


def _formulation(form: _Data, key: Key) -> Iterator[Fault]:
    parts = table_rows(form, "part")
    if form.get("route") == "intravenous":
        for name in (*_WAYS, "lag", "bioavailability", "half_dose", "part", "food"):
            if name in form:
                yield (*key, name), f"an intravenous formulation has no {name}; leave it out"
        return
    if "part" in form:
        for name in (*_WAYS, "lag"):
            if name in form:
                yield (
                    (*key, name),
                    f"the parts have their own ways in; write {name} in each [[{'.'.join(map(str, key))}.part]]",
                )
        for i, part in parts:
            yield from _way(part, (*key, "part", i))
        shares = [_number(part.get("fraction"), "fraction") for _, part in parts]
        yield from _whole(shares, (*key, "part"), "the fractions of the parts")
    else:
        yield from _way(form, key)
    food = nested_table(form, "food")
    inputs = [part for _, part in parts] if "part" in form else [form]
    for name in ("ka", "lag"):
        if name in food and not any(name in part for part in inputs):
            yield (*key, "food", name), f"is a factor on {name}, which this formulation does not have"
    factor = _number(food.get("bioavailability"), "fraction")
    fasted = _number(form.get("bioavailability", "1"), "fraction")
    if factor is not None and fasted is not None and factor * fasted > 1 + 1e-9:
        text = f"with food the bioavailability would be {factor * fasted:.6g}, above 1; write at most {1 / fasted:.6g}"
        yield (*key, "food", "bioavailability"), text


def _way(inlet: _Data, key: Key) -> Iterator[Fault]:
    shapes = [name for name in _SHAPES if name in inlet]
    if not shapes and "ka" not in inlet:
        yield key, 'needs a way in: ka = "1.5 1/h", zero_order = "2 h", transit (with ka), weibull or parts'
    if len(shapes) > 1:
        yield (*key, shapes[1]), f"exactly one way in: {shapes[0]} is given already; keep one, or write parts"
    if "transit" in inlet and "ka" not in inlet:
        yield (*key, "transit"), 'a transit chain ends in a depot; write ka beside it, for example ka = "1.5 1/h"'


def _binding(data: _Data) -> Iterator[Fault]:
    bound, id = nested_table(data, "binding"), data.get("id")
    free = "fraction_unbound" in bound
    if not free:
        for key, value in _values(data, Monograph, ()):
            if value.get("basis") == "unbound" and key[0] != "binding":
                yield (*key, "basis"), "an unbound concentration needs [binding] fraction_unbound"
        if "unbound" in data:
            yield ("unbound",), "an unbound level needs [binding] fraction_unbound"
    if nested_table(data, "elimination").get("liver") == "well-stirred":
        missing = [name for name in ("fraction_unbound", "blood_to_plasma") if name not in bound]
        if missing:
            yield ("elimination", "liver"), f"a well-stirred liver needs [binding] {' and '.join(missing)}"
    sites = nested_table(bound, "sites")
    capacity, kd = (_mass_concentration(sites.get(name), data) for name in ("capacity", "kd"))
    fraction = _number(bound.get("fraction_unbound"), "fraction")
    if capacity is not None and kd is not None and fraction is not None:
        lowest = kd / (kd + capacity)
        if not lowest * (1 - 1e-9) <= fraction < 1:
            text = f"with these sites the unbound fraction lies between {lowest:.6g} (little drug) and 1 (sites full)"
            yield ("binding", "fraction_unbound"), f"{text}; got {fraction:.6g}"
    if isinstance(id, str) and id in nested_table(data, "displaces"):
        yield ("displaces", id), "a drug does not displace itself; write [binding.sites] for saturable binding"


def _induction(induction: _Data, key: Key) -> Iterator[Fault]:
    curve = [name for name in ("receptor", "emax", "emax_gut", "ec50", "hill") if name in induction]
    if "slope" in induction:
        if curve:
            text = f"an induction has a slope or receptor, emax and ec50; leave out slope or {', '.join(curve)}"
            yield key, text
        return
    missing = [name for name in ("receptor", "emax", "ec50") if name not in induction]
    if missing:
        yield key, f"needs receptor, emax and ec50, or a slope alone; {' and '.join(missing)} missing"


def _dosing(data: _Data) -> Iterator[Fault]:
    low, high = (nested_table(data, "dosing").get(name) for name in ("low", "high"))
    for dimension in ("mass", "dose per weight"):
        least, most = _number(low, dimension), _number(high, dimension)
        if least is not None and most is not None and least > most:
            yield ("dosing", "low"), "is above high; low and high are the ends of the usual range of a day"
        for name in ("start", "high"):
            end = _number(nested_table(data, "dosing").get(name), dimension)
            ceiling = _number(nested_table(data, "dosing").get("most"), dimension)
            if end is not None and ceiling is not None and end > ceiling:
                yield ("dosing", "most"), f"is below {name}; it is the highest dose of a day"
        given = [nested_table(data, "dosing"), *(row for _, row in table_rows(data, "dosing", "kidneys"))]
        tops = [_number(table.get("most", table.get("high")), dimension) for table in given]
        if not _ascending([top for top in tops if top is not None][::-1]):
            yield ("dosing", "kidneys"), "each most is lower than the one above it, the first than that of [dosing]"
    bounds = [_number(row.get("below"), "clearance") for _, row in table_rows(data, "dosing", "kidneys")]
    if None not in bounds and not _ascending([bound for bound in bounds if bound is not None][::-1]):
        yield ("dosing", "kidneys"), 'kidneys run from the highest "below" down'
    for name, needed in (("rise", "rise_every"), ("most_for", "most"), ("most_for", "high")):
        if name in nested_table(data, "dosing") and needed not in nested_table(data, "dosing"):
            yield ("dosing", name), f"needs {needed} beside it"
    forms = _tables(data, "absorption")
    for name in nested_table(data, "dosing", "strengths"):
        if name not in forms:
            text = f"is not a formulation of this drug; {did_you_mean(name, forms) if forms else 'it has none'}"
            yield ("dosing", "strengths", name), text
    for name, strength in _tables(nested_table(data, "dosing"), "strengths").items():
        sold, halves = strength.get("values"), strength.get("halves")
        if not isinstance(sold, list) or not isinstance(halves, list):
            continue
        for mg in halves:
            if mg not in sold:
                yield (
                    ("dosing", "strengths", name, "halves"),
                    f"{mg} is not among values; name those that may be broken",
                )
    for name in nested_table(data, "dosing", "other_forms"):
        if name in forms:
            text = "is a formulation of this drug; give its strengths under [dosing.strengths]"
            yield ("dosing", "other_forms", name), text


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f'"{name}"' for name in names)
