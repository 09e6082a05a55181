"""What ``run`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pkinteract import NOTICE
from pkinteract.report.lines import rows_text

if TYPE_CHECKING:
    from pkinteract.result import Result
    from pkinteract.text.csv import Table


def summary_lines(
    result: Result, exposure: Table, alerts: Table, pairs: Sequence[str], written: Sequence[Path]
) -> list[str]:
    """What ``run`` prints of one result; ``pairs`` are the lines on what is known of its pairs."""
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
                f"{ratio:.2f}" if ratio else "–",
            )
        )
    lines = [f"{result.scenario.name}: {result.scenario.title}", "  last 24 h before each change, and at the end:"]
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
