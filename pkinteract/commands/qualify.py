"""``pkinteract qualify``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pkinteract.commands.shared.inputs import PATH

if TYPE_CHECKING:
    from pkinteract.fitting.left_out import LeftOut
    from pkinteract.fitting.types import Fit
    from pkinteract.qualify import GroupSummary, PointOutcome, StudyOutcome
    from pkinteract.text.folder import Writer


@click.command()
@click.option("--perpetrator", metavar="DRUG", help="Only studies of this perpetrator.")
@click.option("--victim", metavar="DRUG", help="Only studies of this victim.")
@click.option("--row", metavar="ID", help="Only this study or time point; draws its curves.")
@click.option("--table", metavar="CSV", type=PATH, help="Studies of your own instead of what is shipped.")
@click.option("--timecourses", metavar="CSV", type=PATH, help="Time courses of your own instead of what is shipped.")
@click.option(
    "--drug", "files", metavar="FILE", type=PATH, multiple=True, help="A drug file of your own; may be given again."
)
@click.option(
    "--cross-validate", is_flag=True, help="Fit again without each paper that constants were fitted to, and predict it."
)
@click.option(
    "--fits", metavar="DIR", type=PATH, default=Path("fits"), help="Their fits, for --cross-validate; default fits/."
)
@click.option("--out", metavar="DIR", type=PATH, help="Folder for the files; default results/qualification[-ID]/.")
@click.option("--no-figure", is_flag=True, help="Write no figures.")
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def qualify(
    table: Path | None,
    timecourses: Path | None,
    files: tuple[Path, ...],
    cross_validate: bool,
    fits: Path,
    out: Path | None,
    no_figure: bool,
    force: bool,
    **named: str | None,
) -> None:
    """Hold the predictions against published interaction studies.

    Simulates the control and the treatment arm of every study as they were done and compares the ratios of areas and
    peaks. Simulates time courses day by day: the start and the stop of inducers, inhibitors, smoking, contraceptives
    and pregnancy. Prints the geometric mean fold error and the shares within Guest's limits and twofold by mechanism,
    perpetrator and victim, beside a static estimate (ICH M12) and PK-Sim's published predictions. Writes a row per
    study arm and time point, a summary and figures.

    With --cross-validate every paper that a fit has seen is left out in turn and predicted by what the others say;
    writes left-out.csv and prints both errors by mechanism. Takes minutes; rerun cannot do it again.

    Example: pkinteract qualify --perpetrator carbamazepine --out carbamazepine
    """
    from pkinteract.commands.shared.progress import progress_bar
    from pkinteract.export.record.qualify import NAME, qualification_recipe, qualification_record
    from pkinteract.export.tables.left_out import left_out_table
    from pkinteract.fitting.left_out import cross_validated
    from pkinteract.qualify import course_summaries, qualify_courses, qualify_studies, summaries
    from pkinteract.qualify.choose import chosen_evidence, evidence
    from pkinteract.report.qualify.left_out import left_out_lines
    from pkinteract.report.qualify.text import point_lines, qualify_lines, row_lines
    from pkinteract.text.csv import write_csv
    from pkinteract.text.folder import refuse_foreign, write_all
    from pkinteract.text.inputs import files_read

    row = named["row"]
    studied, apart = _study_fits(fits, named, table, timecourses, files) if cross_validate else ([], [])
    folder = out or Path("results") / (f"qualification-{row}" if row else "qualification")
    home = next((path.parent for path in (table, timecourses, *files) if path is not None), Path())
    with files_read(home) as inputs:
        known = evidence(table, timecourses)
        chosen = chosen_evidence(known, perpetrator=named["perpetrator"], victim=named["victim"], row=row)
        if not force:
            refuse_foreign(folder, NAME)
        with progress_bar("arms") as progress:
            arms = qualify_studies(chosen.studies, extra=files, progress=progress)
        with progress_bar("time courses") as progress:
            points = qualify_courses(chosen.points, extra=files, progress=progress)
    groups = (*summaries(arms), *course_summaries(points))
    asked = {**named, "table": table, "timecourses": timecourses, "drug": files, "no-figure": no_figure}
    record = qualification_record(arms, points, None if cross_validate else qualification_recipe(asked, home, inputs))
    made = _files(arms, points, groups, files, record, single=row is not None, figure=not no_figure)
    left = _left_out(studied)
    if cross_validate:
        made["left-out.csv"] = partial(write_csv, left_out_table(left))
    written = write_all(folder, made)
    if row is None:
        lines = [*qualify_lines(arms, points, groups, written)]
        if cross_validate:
            lines[-len(written) : -len(written)] = [*left_out_lines(cross_validated(arms, left), left, apart), ""]
        click.echo("\n".join(lines))
    else:
        single = row_lines(arms[0]) if arms else point_lines(points[0])
        click.echo("\n".join([*single, *(str(path) for path in written)]))


def _study_fits(folder: Path, named: Mapping[str, str | None], *others: object) -> tuple[list[Fit], list[str]]:
    """The fits that are cross-validated, all of what ships; and those whose curves are not here."""
    from pkinteract.fitting.left_out import study_fits

    if any([*named.values(), *others]):
        raise click.UsageError("--cross-validate goes through all that ships; leave out what chooses or adds studies")
    return study_fits(folder)


def _left_out(fits: Sequence[Fit]) -> list[LeftOut]:
    """Every paper of the fits left out in turn."""
    from pkinteract.commands.shared.progress import progress_bar
    from pkinteract.fitting.left_out import left_out, papers

    if not fits:
        return []
    with progress_bar("papers") as progress:
        done = progress(sum(len(papers(fit)) for fit in fits), 0) if progress else _silent
        return list(left_out(fits, done))


def _silent(_: int) -> None:
    """Tell nobody how many more are done."""


def _files(
    arms: Sequence[StudyOutcome],
    points: Sequence[PointOutcome],
    groups: Sequence[GroupSummary],
    extra: Sequence[Path],
    record: Mapping[str, object],
    *,
    single: bool,
    figure: bool,
) -> dict[str, Writer]:
    """Tables, the record, and the figures of what was simulated."""
    from pkinteract.export.tables.qualify import course_table, daily_table, outcome_table, summary_table
    from pkinteract.text.csv import write_csv
    from pkinteract.text.record import write_record

    tables = {"summary.csv": summary_table(groups)}
    if arms:
        tables["qualification.csv"] = outcome_table(arms)
    if points:
        tables |= {"timecourses.csv": course_table(points), "timecourses-daily.csv": daily_table(points)}
    files: dict[str, Writer] = {name: partial(write_csv, table) for name, table in tables.items()}
    files["run.json"] = partial(write_record, record)
    if figure and single and arms and arms[0].state == "simulated":
        files[f"{arms[0].study.id}.png"] = partial(_write_arms, arms[0], tuple(extra))
    elif figure:
        files |= _pictures(arms, points, groups, single=single)
    return files


def _pictures(
    arms: Sequence[StudyOutcome], points: Sequence[PointOutcome], groups: Sequence[GroupSummary], *, single: bool
) -> dict[str, Writer]:
    from pkinteract.report.drawing import save
    from pkinteract.report.qualify.courses import draw_courses
    from pkinteract.report.qualify.figure import draw_agreement, draw_forest

    files: dict[str, Writer] = {}
    if any(group.n for group in groups if group.by == "all"):
        files["forest.png"] = partial(save, draw_forest(arms))
        files["predicted-observed.png"] = partial(save, draw_agreement(arms))
    if any(point.state == "simulated" for point in points):
        name = f"{points[0].point.id}.png" if single else "timecourses.png"
        files[name] = partial(save, draw_courses(points))
    return files


def _write_arms(outcome: StudyOutcome, extra: tuple[Path, ...], path: Path) -> None:
    """Simulate both arms again and draw them."""
    from pkinteract.library import load_library
    from pkinteract.qualify.design import plan
    from pkinteract.qualify.exposure import expose
    from pkinteract.report.drawing import save
    from pkinteract.report.qualify.figure import draw_arms

    study, library = outcome.study, load_library(extra)
    results = [expose(plan(study, arm, library), library)[1] for arm in (study.control, study.treatment)]
    save(draw_arms(study, results[0], results[1]), path)
