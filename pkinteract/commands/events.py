"""``pkinteract events``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pkinteract.commands.shared.inputs import PATH
from pkinteract.commands.shared.progress import busy

if TYPE_CHECKING:
    from pkinteract.text.folder import Writer


@click.command()
@click.argument("data", metavar="DATA.csv", type=PATH)
@click.option(
    "--drug",
    "files",
    metavar="DRUG",
    type=PATH,
    multiple=True,
    required=True,
    help="A drug of the library by any name, or a TOML file; again, files of metabolites that the library lacks.",
)
@click.option("--out", metavar="DIR", type=PATH, help="Folder for the files; default results/<name of DATA>/.")
@click.option("--force", is_flag=True, help="Write into a folder that holds something else.")
def events(data: Path, files: tuple[Path, ...], out: Path | None, force: bool) -> None:
    """Predict the concentration at every record of a NONMEM-style data set.

    DATA.csv has the columns TIME (h) and AMT (mg of free drug), and as needed ID, EVID, CMT, RATE, II, ADDL, SS, LAG,
    F, DUR, R1 and the covariates WT (kg), AGE (y), CRCL (mL/min). They mean what they mean in NONMEM.

    Example: pkinteract events doses.csv --drug my-drug.toml --out predicted
    """
    from pkinteract.errors import InputError
    from pkinteract.export.record.events import events_record
    from pkinteract.export.tables.events import record_table
    from pkinteract.records import predict_records, read_records, recorded_drug
    from pkinteract.text.csv import write_csv
    from pkinteract.text.folder import refuse_foreign, write_all
    from pkinteract.text.inputs import files_read
    from pkinteract.text.record import write_record

    with files_read(data.parent, but=data) as inputs:
        try:
            dosing = recorded_drug(files)
        except InputError as wrong:
            try:
                read_records(data)
            except InputError as error:
                click.echo(f"Error: {error}", err=True)
            raise wrong from None
        read = read_records(data, dosing)
    folder = out or Path("results") / data.stem
    if not force:
        refuse_foreign(folder, data.stem)
    with busy("predicting the records"):
        predictions = predict_records(read, dosing)
    tables: dict[str, Writer] = {
        "concentrations.csv": partial(write_csv, record_table(predictions)),
        "run.json": partial(write_record, events_record(read, dosing, predictions, files, inputs)),
    }
    written = write_all(folder, tables)
    click.echo("\n".join([*filter(None, [dosing.said]), *predictions.notes, *(str(path) for path in written)]))
