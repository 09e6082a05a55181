"""``pkinteract qualify``."""

from __future__ import annotations

from pathlib import Path

import click

from pkinteract.commands.inputs import PATH


@click.command("qualify")
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
def qualify_command(
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
    from pkinteract.report.qualify.files import run_qualification

    folder = out or Path("results") / (f"qualification-{named['row']}" if named["row"] else "qualification")
    with counted("arms") as progress:
        lines = run_qualification(folder, named, table, files, figure=not no_figure, force=force, progress=progress)
    click.echo("\n".join(lines))
