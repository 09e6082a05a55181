"""Very large runs through ``pkinteract run``, each in a process of its own: time, and memory at its peak.

Usage: python benchmarks/large.py [NAME] prints this table by itself, or one row of it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from table import Section

HEADLINE = Path(__file__).parents[1] / "scenarios" / "carbamazepine-to-levetiracetam.toml"
TEN_YEARS = 3653
"""Days."""

MANY = (
    "amitriptyline", "amlodipine", "apixaban", "aripiprazole", "atorvastatin", "carbamazepine", "citalopram",
    "clobazam", "diazepam", "digoxin", "gabapentin", "haloperidol", "lacosamide", "lamotrigine", "levetiracetam",
    "metoprolol", "mirtazapine", "omeprazole", "prednisolone", "quetiapine",
)  # fmt: skip
"""Twenty drugs of one very ill patient, with the inducer of most of their enzymes."""


def scenarios() -> dict[str, tuple[str, str]]:
    """What is asked and its scenario file, by name."""
    headline = HEADLINE.read_text("utf-8")
    long = headline.replace('"60 d"', f'"{TEN_YEARS} d"')
    courses = [_course(f"{n * 24} h", f"{n * 24 + 24} h", 200 + 100 * (n % 3), 12) for n in range(5000)]
    doses = [_course("0 h", "100000 h", dose, 1) for dose in (20, 5)]
    return {
        "headline": ("the headline scenario", headline),
        "ten-years": ("the headline over ten years, hourly", long),
        "minutes": ("the headline on a grid of minutes", headline.replace('"1 h"', '"1 min"')),
        "drugs": ("twenty drugs for 60 days", _file(60, [_regimen(drug, [_usual(drug)]) for drug in MANY])),
        "courses": ("carbamazepine in 5,000 courses of a day", _file(5000, [_regimen("carbamazepine", courses)])),
        "doses": (
            "carbamazepine and amitriptyline every hour for 11 years, 200,000 doses",
            _file(4167, [_regimen(drug, [doses[n]]) for n, drug in enumerate(("carbamazepine", "amitriptyline"))]),
        ),
    }


def _file(days: int, regimens: Sequence[str]) -> str:
    patient = 'weight = "70 kg"\nage = "45 y"\nsex = "female"\ncreatinine_clearance = "95 mL/min"\n'
    return f'title = "Very large"\n[simulation]\nduration = "{days} d"\n[patient]\n{patient}' + "".join(regimens)


def _regimen(drug: str, courses: Sequence[str]) -> str:
    return f'[[regimen]]\ndrug = "{drug}"\n' + "".join(courses)


def _course(start: str, stop: str, dose: float, every: float) -> str:
    return f'[[regimen.course]]\nfrom = "{start}"\nuntil = "{stop}"\ndose = "{dose:g} mg"\nevery = "{every:g} h"\n'


def _usual(drug: str) -> str:
    """Twice a day, together what the monograph calls the lowest usual dose."""
    from pkinteract.library import load_library
    from pkinteract.library.schema.dosing import milligrams

    low = load_library().monograph(drug).dosing.low
    assert low is not None
    return _course("-14 d", "60 d", milligrams(low, 70.0) / 2, 12)


_WATCHED = """
import os, subprocess, sys, time
begin = time.perf_counter()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, used = os.wait4(process.pid, 0)
print(time.perf_counter() - begin, used.ru_utime + used.ru_stime, used.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""
"""Begins a command from a small process: what one takes when it is begun counts as memory of the other."""


def measured(name: str, text: str, *more: str) -> tuple[float, float, float]:
    """Seconds, processor seconds and peak memory [MB] of ``pkinteract run`` on a scenario file."""
    with tempfile.TemporaryDirectory(prefix="pkinteract-bench-") as folder:
        path = Path(folder) / f"{name}.toml"
        path.write_text(text, "utf-8")
        line = [sys.executable, "-m", "pkinteract", "run", str(path), "--out", f"{folder}/out", *more]
        done = subprocess.run([sys.executable, "-S", "-c", _WATCHED, *line], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        raise RuntimeError(f"{name} ended with status {done.returncode}")
    seconds, processor, most = (float(part) for part in done.stdout.split())
    return seconds, processor, most / 1024


def rows(names: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """A row per scenario: tables alone, and with page and figures."""
    for name, (said, text) in scenarios().items():
        if names and name not in names:
            continue
        plain, drawn = measured(name, text, "--no-figure"), measured(name, text)
        yield (
            said, *(f"{part:.1f}" for part in plain[:2]), f"{plain[2]:.0f}", *(f"{part:.1f}" for part in drawn[:2]),
            f"{drawn[2]:.0f}",
        )  # fmt: skip


def sections(names: Sequence[str] = ()) -> Iterator[Section]:
    """One table."""
    yield Section(
        title="Very large runs",
        said="`pkinteract run`, one process each, from start to end, once: seconds, seconds of the processor, and "
        "largest memory in MB; with `--no-figure`, and with the page and figures.",
        head=("what", "seconds", "processor", "MB", "seconds, with page", "processor", "MB"),
        rows=list(rows(names)),
    )


if __name__ == "__main__":
    for section in sections(sys.argv[1:]):
        print(section.text())
