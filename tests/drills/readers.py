"""Every reader fed with files that mutations made of good ones: ``make fuzz-readers``.

A reader may take a file or refuse it by an error of ours with text that can be printed; anything else is a fault, and
so are a warning of Python and work of more than ``SECONDS``. A mutated file is decided by its kind and number, so a
fault can be made again; it is kept in ``tests/corpus``, which ``make test`` replays.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import signal
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from pkinteract.errors import PkinteractError

ROOT = Path(__file__).parents[2]
CORPUS = ROOT / "tests" / "corpus"
SECONDS = 30
"""How long a processor may work on one file [s]; those of a few kB take hundredths."""

HEAD = """title = "fuzz"
{more}[simulation]
duration = "4 d"
[patient]
weight = "70 kg"
age = "45 y"
sex = "female"
creatinine_clearance = "95 mL/min"
"""
DOSED = """[[regimen]]
drug = "{drug}"
[[regimen.course]]
from = "0 d"
dose = "100 mg"
"""

NUMBERS = (
    *("0", "-1", "1e308", "1e-308", "1e400", "-0.0", "nan", "inf", "9" * 400, "0x10", "1_000", "1,5", "007"),
    *("2147483648", "9223372036854775807", "9223372036854775808", "true", "1e5", "0.1e-4", "٣", "½", ""),
)
TEXTS = (
    *("", " ", "a" * 5000, "\\u0000", "\\u202e", "é", "💊", "..", "../../etc/passwd", "/dev/zero", "=1+1", "$x_{$"),
    *("nan", "5 mg", "-5 mg", "1e999 mg", "5 mg/", "5 parsec", "12 h 12 h", "carbamazepine", "Tegretol", "0 d", "1 y"),
    *("{", "%s", "\\\\", "2026-02-30T08:00:00", "every", "None"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of file.

    Attributes
    ----------
    seeds
        Good files that are mutated.
    name
        What it is called in the folder where it is read.
    read
        Reads it there, through the door that a command uses.
    beside
        Other files of that folder.
    """

    seeds: tuple[Path, ...]
    name: str
    read: Callable[[Path], object]
    beside: Mapping[str, str]


def _checked(path: Path) -> None:
    """All that ``pkinteract check`` does."""
    from pkinteract.model import build
    from pkinteract.model.expectation.estimate import changes
    from pkinteract.model.expectation.evidence import pair_evidence
    from pkinteract.model.expectation.limits import estimate_limits
    from pkinteract.model.expectation.network import links
    from pkinteract.report.check.text import check_lines
    from pkinteract.scenario import read_scenario

    scenario = read_scenario(path)
    network = links(scenario)
    omitted, known = estimate_limits(scenario, network), pair_evidence(scenario)
    "\n".join(check_lines(scenario, build(scenario), network, changes(scenario), omitted, known)).encode()


def _drug(path: Path) -> None:
    """A drug file, dosed under whatever id it has, and as the drug of a data set."""
    from pkinteract.records import recorded_drug

    recorded_drug([path])
    named = re.search(r'^id = "([^"\n\\]*)"', path.read_text("utf-8", "replace"), re.MULTILINE)
    case = path.with_name("case.toml")
    case.write_text(
        HEAD.format(more='library = ["drug.toml"]\n') + DOSED.format(drug=named[1] if named else "x"), "utf-8"
    )
    _checked(case)


def _records(path: Path) -> None:
    from pkinteract.export.tables.events import record_table
    from pkinteract.records import predict_records, read_records, recorded_drug

    dosing = recorded_drug([path.with_name("drug.toml")])
    record_table(predict_records(read_records(path, dosing), dosing))


def _fit(path: Path) -> None:
    from pkinteract.fitting import read_fit

    read_fit(path)


def _record(path: Path) -> None:
    """What ``rerun`` hands to the command of a record, as that command reads it."""
    from pkinteract.export.record.rerun import read_again
    from pkinteract.fitting import read_fit
    from pkinteract.library import load_library
    from pkinteract.qualify.choose import evidence
    from pkinteract.records import read_records, recorded_drug
    from pkinteract.scenario import read_scenario
    from pkinteract.text.inputs import files_kept

    def named(option: object) -> Path:
        return path.parent / option["file"] if isinstance(option, dict) else Path(str(option))

    again = read_again(path)
    options, files = again.options, [path.parent / name for name in again.inputs]
    listed = options.get("drug")
    drugs = [named(one) for one in listed] if isinstance(listed, list) else []
    with files_kept({path.parent / name: text for name, text in again.files.items()}):
        if again.command == "events":
            read_records(files[0], recorded_drug(drugs))
        elif again.command == "qualify":
            tables = [named(options[name]) if name in options else None for name in ("table", "timecourses")]
            evidence(*tables)
            load_library(drugs)
        else:
            for file in files:
                (read_fit if again.command == "fit" and "patient" not in options else read_scenario)(file)


def _studies(path: Path) -> None:
    from pkinteract.qualify.choose import evidence

    evidence(path, None)


def _points(path: Path) -> None:
    from pkinteract.qualify.choose import evidence

    evidence(None, path)


def _beside(folder: Path, name: str) -> dict[str, str]:
    return {path.name: path.read_text("utf-8") for path in folder.iterdir() if path.is_file() and path.name != name}


def _via(key: str, drug: str, table: str = "") -> Callable[[Path], object]:
    """Reads a file as what a scenario names by a key."""

    def read(path: Path) -> None:
        case = path.with_name("case.toml")
        line = f'{key} = "{path.name}"\n'
        head = HEAD.format(more="" if table else line) + DOSED.format(drug=drug)
        case.write_text(head + (f"[{table}]\n{line}" if table else ""), "utf-8")
        _checked(case)

    return read


THEOPHYLLINE = ROOT / "fits" / "theophylline"
LIBRARY = ROOT / "pkinteract" / "library"
SEEDS = ROOT / "tests" / "corpus" / "seeds"
KINDS: dict[str, Kind] = {
    "scenario": Kind(
        seeds=(*sorted((ROOT / "scenarios").glob("*.toml")), *sorted((ROOT / "tests" / "lists").glob("*.toml"))),
        name="case.toml",
        read=_checked,
        beside={},
    ),
    "drug": Kind(
        seeds=(
            *(LIBRARY / "drugs" / f"{name}.toml" for name in ("carbamazepine", "phenytoin", "tacrolimus", "digoxin")),
            ROOT / "tests" / "library" / "drugs" / "everything.toml",
        ),
        name="drug.toml",
        read=_drug,
        beside={},
    ),
    "records": Kind(
        seeds=tuple(sorted((ROOT / "tests" / "records" / "events").glob("*.csv"))),
        name="data.csv",
        read=_records,
        beside={"drug.toml": (ROOT / "tests" / "records" / "events" / "oral-two-compartments.toml").read_text("utf-8")},
    ),
    "fit": Kind(
        seeds=(THEOPHYLLINE / "fit.toml",), name="fit.toml", read=_fit, beside=_beside(THEOPHYLLINE, "fit.toml")
    ),
    "levels": Kind(
        seeds=(THEOPHYLLINE / "theophylline.csv",),
        name="theophylline.csv",
        read=lambda path: _fit(path.with_name("fit.toml")),
        beside=_beside(THEOPHYLLINE, "theophylline.csv"),
    ),
    "parameters": Kind(
        seeds=(ROOT / "fits" / "carbamazepine" / "result.toml",),
        name="result.toml",
        read=_via("parameters", "carbamazepine"),
        beside={},
    ),
    "uncertainty": Kind(
        seeds=(ROOT / "fits" / "carbamazepine" / "result.toml",),
        name="result.toml",
        read=_via("uncertainty", "carbamazepine", "population"),
        beside={},
    ),
    "patients": Kind(
        seeds=(SEEDS / "patients.csv",), name="ward.csv", read=_via("patients", "midazolam", "population"), beside={}
    ),
    "record": Kind(seeds=tuple(sorted(SEEDS.glob("*.json"))), name="run.json", read=_record, beside={}),
    "studies": Kind(seeds=(LIBRARY / "evidence" / "ratios.csv",), name="table.csv", read=_studies, beside={}),
    "points": Kind(seeds=(LIBRARY / "evidence" / "timecourses.csv",), name="table.csv", read=_points, beside={}),
}


def mutated(kind: str, number: int) -> bytes:
    """A mutated file; ``number`` decides which."""
    chance = random.Random(f"{kind} {number}")
    seeds = KINDS[kind].seeds
    raw = chance.choice(seeds).read_bytes()
    if len(raw) > 40_000:
        lines = raw.split(b"\n")
        raw = b"\n".join([*lines[:6], *chance.sample(lines[6:], 20)])
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        raw = chance.choice(_MUTATIONS)(raw, chance)
    return raw


def _place(raw: bytes, chance: random.Random) -> int:
    return chance.randrange(len(raw) + 1)


def _flip(raw: bytes, chance: random.Random) -> bytes:
    at = _place(raw, chance)
    return raw[:at] + bytes([chance.randrange(256)]) + raw[at + 1 :]


def _cut(raw: bytes, chance: random.Random) -> bytes:
    at, size = _place(raw, chance), chance.choice((1, 2, 10, 200))
    return raw[:at] + raw[at + size :]


def _truncate(raw: bytes, chance: random.Random) -> bytes:
    return raw[: _place(raw, chance)]


def _insert(raw: bytes, chance: random.Random) -> bytes:
    at = _place(raw, chance)
    put = chance.choice([*b"\"[]{}=#,.\n\r\t\\'", 0, 0xFF, 0xEF])
    return raw[:at] + bytes([put]) * chance.choice((1, 1, 2, 100)) + raw[at:]


def _lines(raw: bytes, chance: random.Random) -> bytes:
    lines = raw.split(b"\n")
    at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
    line = lines.pop(at) if chance.random() < 0.7 else lines[at]
    if chance.random() < 0.6:
        lines.insert(to, line)
    return b"\n".join(lines)


def _token(pattern: bytes, instead: Sequence[str]) -> Callable[[bytes, random.Random], bytes]:
    """Replaces one token of a kind."""

    def replace(raw: bytes, chance: random.Random) -> bytes:
        tokens = list(re.finditer(pattern, raw))
        if not tokens:
            return raw
        token = chance.choice(tokens)
        return raw[: token.start()] + chance.choice(instead).encode() + raw[token.end() :]

    return replace


def _swap(raw: bytes, chance: random.Random) -> bytes:
    """One token stands where another one was."""
    tokens = list(re.finditer(rb'"[^"\n]*"|[\w.+-]+', raw))
    if not tokens:
        return raw
    here, there = chance.choice(tokens), chance.choice(tokens)
    return raw[: here.start()] + there[0] + raw[here.end() :]


_NUMBER = rb"-?\d+(?:\.\d+)?(?:e-?\d+)?"
_MUTATIONS: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_flip, _cut, _truncate, _insert, _lines, _lines, _swap, _swap, _swap),
    *(_token(_NUMBER, NUMBERS), _token(_NUMBER, NUMBERS), _token(_NUMBER, NUMBERS)),
    *(_token(rb'(?<=")[^"\n]*(?=")', TEXTS), _token(rb'(?<=")[^"\n]*(?=")', TEXTS)),
    _token(rb"(?<=,)[^,\r\n]*(?=[,\r\n])", (*NUMBERS, *TEXTS)),
)


def _late(_signal: int, _frame: FrameType | None) -> None:
    raise TimeoutError(f"longer than {SECONDS} s")


def outcome(kind: str, raw: bytes) -> tuple[str, str]:
    """How a file is taken: "taken", "refused" or "fault", and what was said."""
    one = KINDS[kind]
    before = signal.signal(signal.SIGPROF, _late)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name:
        for beside, text in one.beside.items():
            (Path(name) / beside).write_text(text, "utf-8")
        (Path(name) / one.name).write_bytes(raw)
        signal.setitimer(signal.ITIMER_PROF, SECONDS)
        try:
            with warnings.catch_warnings(action="error"):
                one.read(Path(name) / one.name)
        except PkinteractError as error:
            said = str(error)
            clean = all(letter.isprintable() or letter == "\n" for letter in said)
            return ("refused" if clean else "fault"), said.replace(name, "")
        except Exception as error:  # any that is not ours is what the drill looks for
            return "fault", f"{type(error).__name__}: {error}"
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
            signal.signal(signal.SIGPROF, before)
    return "taken", ""


def _sort(said: str) -> str:
    """What a message is about, without names and numbers."""
    return re.sub(r'"[^"]*"|\d+|\S*[._]\S*', "", said.split("\n")[1] if "\n" in said else said)[:80]


def fuzz(kind: str, seconds: float, first: int) -> tuple[Counter[str], dict[str, int]]:
    """Read mutated files for some time of a processor; how they were taken, by sort of message the first number."""
    seen: Counter[str] = Counter()
    sorts: dict[str, int] = {}
    end, number = time.process_time() + seconds, first
    while time.process_time() < end:
        raw = mutated(kind, number)
        taken, said = outcome(kind, raw)
        seen[taken] += 1
        sorts.setdefault(_sort(said), number)
        if taken == "fault":
            (CORPUS / kind).mkdir(parents=True, exist_ok=True)
            (CORPUS / kind / f"fault-{number}").write_bytes(raw)
            print(f"{kind} {number}: {said[:300]}", flush=True)
        number += 1
    return seen, sorts


def main() -> None:
    """Fuzz kinds of files, each for some time, and print counts."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("kinds", nargs="*", default=list(KINDS))
    asked.add_argument("--seconds", type=float, default=1800, help="of processor time, for each kind")
    asked.add_argument("--first", type=int, default=0, help="number of the first mutated file")
    asked.add_argument("--keep", type=int, default=0, help="files to keep in the corpus, each of another message")
    given = asked.parse_args()
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    for kind in given.kinds:
        seen, sorts = fuzz(kind, given.seconds, given.first)
        print(kind, json.dumps({**dict(sorted(seen.items())), "sorts of message": len(sorts)}), flush=True)
        kept = sorted((number for number in sorts.values()), key=lambda number: len(mutated(kind, number)))
        for number in kept[: given.keep]:
            (CORPUS / kind).mkdir(parents=True, exist_ok=True)
            (CORPUS / kind / str(number)).write_bytes(mutated(kind, number))


if __name__ == "__main__":
    main()
