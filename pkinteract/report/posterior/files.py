"""What is written of a sampled posterior: the draws, and a figure for every fit of its own."""

from __future__ import annotations

from functools import partial

from pkinteract.export.fit import file_name
from pkinteract.export.tables.fit import posterior_table
from pkinteract.fitting.types import Outcome
from pkinteract.report.posterior.text import residual_unit
from pkinteract.text.csv import write_csv
from pkinteract.text.folder import Writer


def posterior_files(outcome: Outcome, *, figure: bool) -> dict[str, Writer]:
    """File name to what writes it; nothing where no posterior was sampled."""
    rows = [(group, group.posterior) for group in outcome.groups if group.posterior is not None]
    if not rows:
        return {}
    table = posterior_table([(group.subject, row) for group, row in rows], residual_unit(outcome.fit))
    files: dict[str, Writer] = {"posterior.csv": partial(write_csv, table)}
    if figure:
        from pkinteract.report.drawing import save
        from pkinteract.report.posterior.figure import draw_posterior

        for group, row in rows:
            name = f"posterior-{file_name(group.subject)}.png" if group.subject else "posterior.png"
            files[name] = partial(save, draw_posterior(outcome.fit, group, row))
    return files
