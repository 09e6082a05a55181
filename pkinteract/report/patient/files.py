"""The files of one patient's fit."""

from __future__ import annotations

from functools import partial

from pkinteract.export.fit import result_texts
from pkinteract.export.record.fit import record
from pkinteract.export.tables.patient import band_table, influence_table, level_table, value_table
from pkinteract.fitting.patient.individual import Individual
from pkinteract.report.fit.files import write_text
from pkinteract.report.patient.text import patient_report
from pkinteract.text.csv import write_csv
from pkinteract.text.folder import Writer
from pkinteract.text.record import write_record


def patient_files(found: Individual, *, figure: bool) -> dict[str, Writer]:
    """File name to what writes it."""
    texts = {**result_texts(found.outcome), "report.md": patient_report(found)}
    tables = {
        "estimates.csv": value_table(found),
        "levels.csv": level_table(found),
        "influence.csv": influence_table(found),
        "bands.csv": band_table(found),
    }
    files: dict[str, Writer] = {name: partial(write_text, text) for name, text in texts.items()}
    files |= {name: partial(write_csv, table) for name, table in tables.items()}
    files["run.json"] = partial(write_record, record(found.outcome))
    if figure:
        from pkinteract.report.drawing import save
        from pkinteract.report.patient.figure import draw_patient
        from pkinteract.simulation import simulate

        files["patient.png"] = partial(save, draw_patient(found, simulate(found.scenario)))
    return files
