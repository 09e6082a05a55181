"""What ``run`` prints."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pkinteract import NOTICE
from pkinteract.report.lines import rows_text
from pkinteract.report.run.sentences import sentences_of

if TYPE_CHECKING:
    from pkinteract.analysis import Answer
    from pkinteract.text.csv import Table
    from pkinteract.text.words import Words


def summary_lines(
    answer: Answer,
    words: Words,
    exposure: Table,
    alerts: Table,
    pairs: Sequence[str],
    written: Sequence[Path],
) -> list[str]:
    """What ``run`` prints of one result, the answer first; ``pairs`` are the lines on what is known of its pairs."""
    result = answer.result
    rows: list[Sequence[str]] = [("analyte", "unit", "day", "average", "lowest", "ratio")]
    for i, analyte in enumerate(exposure["analyte"]):
        ratio = exposure["ratio_to_reference"][i]
        cells = [f"{exposure[name][i]:.3g}" for name in ("cavg_24h", "ctrough")]
        rows.append(
            (
                str(analyte),
                str(exposure["unit"][i]),
                f"{exposure['to_day'][i]:g}",
                *cells,
                f"{ratio:.2f}" if ratio else "–" if exposure["state"][i] == "settled" else "moving",
            )
        )
    lines = [f"{result.scenario.name}: {result.scenario.title}"]
    for sentence in sentences_of(answer, words):
        label = words.say(f"label.{sentence.label}")
        lines += textwrap.wrap(f"{label}: {sentence.text}", 118, initial_indent="  ", subsequent_indent="    ")
    lines.append("  last 24 h before each change, and at the end:")
    lines += rows_text(rows)
    count = len(alerts["text"])
    lines.append(f"  {count} alert{'s' if count != 1 else ''}" + (":" if count else ""))
    lines += [
        f"    {alerts['severity'][i]}, day {alerts['from_h'][i] / 24:.1f}–{alerts['to_h'][i] / 24:.1f}"
        f"{' (also before)' if alerts['since'][i] == 'before' else ''}: {alerts['text'][i]}"
        for i in range(min(count, 6))
    ]
    if count > 6:
        lines.append(f"    and {count - 6} more in alerts")
    lines += [f"  {text}" for text in pairs]
    lines += [f"  warning: {text}" for text in result.scenario.warnings]
    lines += [f"  wrote {path}" for path in written]
    return [*lines, f"  {NOTICE}"]
