"""``pkinteract qualify``."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pkinteract.commands.inputs import PATH

if TYPE_CHECKING:
    from pkinteract.qualify import GroupSummary, StudyOutcome
    from pkinteract.text.folder import Writer


@click.command()
@click.option("--perpetrator", metavar="DRUG", help="Only studies of this perpetrator.")
@click.option("--victim", metavar="DRUG", help="Only studies of this victim.")
@click.option("--row", metavar="ID", help="Only this study; draws the curves of both arms.")
@click.option("--table", metavar="CSV", type=PATH, help="Studies of your own instead of the shipped ones.")
@click.option(
    "--drug", "files", metavar="FILE", type=PATH, multiple=True, help="A drug file of your own; may be given again."
)
@click.option("--out", metavar="DIR", type=PATH, help="Folder for the files; default results/qualification[-ID]/.")
@click.option("--no-figure", is_flag=True, help="Write no figures.")
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def qualify(
    table: Path | None, files: tuple[Path, ...], out: Path | None, no_figure: bool, force: bool, **named: str | None
) -> None:
    """Hold the predictions against published interaction studies.

    Simulates the control and the treatment arm of every study as they were done and compares the ratios of areas and
    peaks. Prints the geometric mean fold error and the shares within Guest's limits and twofold by mechanism,
    perpetrator and victim, beside a static estimate (ICH M12) and PK-Sim's published predictions. Writes a row per
    study arm, a summary and figures.

    Example: pkinteract qualify --perpetrator carbamazepine --out carbamazepine
    """
    from pkinteract.commands.progress import counted
    from pkinteract.export.record.qualify import NAME
    from pkinteract.library.evidence.ratios import RATIOS, read_studies
    from pkinteract.qualify import qualify as qualified
    from pkinteract.qualify import summaries
    from pkinteract.qualify.choose import choose
    from pkinteract.report.qualify.text import qualify_lines, row_lines
    from pkinteract.text.folder import refuse_foreign, write_all

    row, source = named["row"], table or RATIOS
    folder = out or Path("results") / (f"qualification-{row}" if row else "qualification")
    known = read_studies(source)
    studies = choose(known, source, perpetrator=named["perpetrator"], victim=named["victim"], row=row)
    if not force:
        refuse_foreign(folder, NAME)
    with counted("arms") as progress:
        outcomes = qualified(studies, extra=files, progress=progress)
    groups = summaries(outcomes)
    written = write_all(folder, _files(outcomes, groups, files, single=row is not None, figure=not no_figure))
    if row is not None:
        click.echo("\n".join([*row_lines(outcomes[0]), *(str(path) for path in written)]))
    else:
        click.echo("\n".join(qualify_lines(outcomes, groups, written)))


def _files(
    outcomes: Sequence[StudyOutcome],
    groups: Sequence[GroupSummary],
    extra: Sequence[Path],
    *,
    single: bool,
    figure: bool,
) -> dict[str, Writer]:
    """Tables, and the figures of what was simulated."""
    from pkinteract.export.record.qualify import record
    from pkinteract.export.tables.qualify import outcome_table, summary_table
    from pkinteract.text.csv import write_csv
    from pkinteract.text.record import write_record

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


def _write_arms(outcome: StudyOutcome, extra: tuple[Path, ...], path: Path) -> None:
    """Simulate both arms again and draw them."""
    from pkinteract.library import load_library
    from pkinteract.qualify.design import plan
    from pkinteract.qualify.exposure import expose
    from pkinteract.report.drawing import save
    from pkinteract.report.qualify.figure import draw_arms

    study, library = outcome.study, load_library(extra)
    with tempfile.TemporaryDirectory() as folder:
        results = [
            expose(plan(study, arm, library), Path(folder), library)[1] for arm in (study.control, study.treatment)
        ]
    save(draw_arms(study, results[0], results[1]), path)
