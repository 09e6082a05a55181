"""The files of a qualification."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from pkinteract.export.record.qualify import NAME, record
from pkinteract.export.tables.qualify import outcome_table, summary_table
from pkinteract.library import load_library
from pkinteract.library.evidence.ratios import RATIOS, read_studies
from pkinteract.library.evidence.studies import Study
from pkinteract.qualify import Outcome, Summary, qualify, summaries
from pkinteract.qualify.choose import choose
from pkinteract.qualify.design import plan
from pkinteract.qualify.exposure import expose
from pkinteract.qualify.run import Progress
from pkinteract.report.qualify.text import qualify_lines, row_lines
from pkinteract.text.csv import write_csv
from pkinteract.text.folder import RECORD, Writer, refuse_foreign, write_all
from pkinteract.text.record import write_record


def run_qualification(
    folder: Path,
    named: Mapping[str, str | None],
    table: Path | None,
    files: Sequence[Path],
    *,
    figure: bool,
    force: bool,
    progress: Progress | None,
) -> list[str]:
    """Everything that the command does; returns the lines that it prints.

    Parameters
    ----------
    named
        What was asked for: "perpetrator", "victim", "row".
    table, files
        Studies and drug files of one's own.

    Raises
    ------
    InputError
        When the table, a drug file or what was asked for is wrong, or the folder holds something else.
    """
    source = table or RATIOS
    known = read_studies(source)
    studies = choose(known, source, perpetrator=named["perpetrator"], victim=named["victim"], row=named["row"])
    if not force:
        refuse_foreign(folder, NAME)
    outcomes = qualify(studies, extra=files, progress=progress)
    groups = summaries(outcomes)
    earlier = _figures(folder, known) if (folder / RECORD).is_file() else []
    written = write_all(folder, _files(outcomes, groups, files, single=named["row"] is not None, figure=figure))
    for path in set(earlier) - set(written):
        path.unlink()
    if named["row"] is not None:
        return [*row_lines(outcomes[0]), *(str(path) for path in written)]
    return list(qualify_lines(outcomes, groups, written))


def _figures(folder: Path, studies: Sequence[Study]) -> list[Path]:
    """Figures of an earlier run, which this one need not write."""
    names = ["forest.png", "predicted-observed.png", *(f"{study.id}.png" for study in studies)]
    return [folder / name for name in names if (folder / name).is_file()]


def _files(
    outcomes: Sequence[Outcome], groups: Sequence[Summary], extra: Sequence[Path], *, single: bool, figure: bool
) -> dict[str, Writer]:
    """Tables, and the figures of what was simulated."""
    files: dict[str, Writer] = {
        "qualification.csv": partial(write_csv, outcome_table(outcomes)),
        "summary.csv": partial(write_csv, summary_table(groups)),
        "run.json": partial(write_record, record(outcomes)),
    }
    if figure and single and outcomes[0].state == "simulated":
        files[f"{outcomes[0].study.id}.png"] = partial(_write_arms, outcomes[0], tuple(extra))
    elif figure and any(group.n for group in groups):
        from pkinteract.report.drawing import save
        from pkinteract.report.qualify.figure import draw_agreement, draw_forest

        files["forest.png"] = partial(save, draw_forest(outcomes))
        files["predicted-observed.png"] = partial(save, draw_agreement(outcomes))
    return files


def _write_arms(outcome: Outcome, extra: tuple[Path, ...], path: Path) -> None:
    """Simulate both arms again and draw them."""
    from pkinteract.report.drawing import save
    from pkinteract.report.qualify.figure import draw_arms

    study, library = outcome.study, load_library(extra)
    with tempfile.TemporaryDirectory() as folder:
        results = [
            expose(plan(study, arm, library), Path(folder), library)[1] for arm in (study.control, study.treatment)
        ]
    save(draw_arms(study, results[0], results[1]), path)
