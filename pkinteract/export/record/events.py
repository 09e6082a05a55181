"""``run.json`` of a data set: what was read, with which numbers, from which sources."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pkinteract.library.fingerprint import fingerprint
from pkinteract.records.run import Predictions
from pkinteract.records.subject import RecordedDrug
from pkinteract.records.types import DataSet
from pkinteract.text.record import checksum, file_option, head, recipe


def events_record(
    data: DataSet, dosing: RecordedDrug, predictions: Predictions, drugs: Iterable[Path], files: Mapping[str, str]
) -> dict[str, object]:
    """The record of a run as plain data; ``drugs`` are what was asked for, ``files`` what was read beside the data."""
    asked = [file_option(files, data.path.parent, drug) for drug in drugs]
    return {
        **head(fingerprint()),
        "scenario": {
            "name": data.path.stem,
            "sha256": checksum(data.text.encode()),
            "text": data.text,
            "records": len(data.records),
            "subjects": len(dict.fromkeys(predictions.subjects)),
        },
        "drug": {"id": dosing.drug, "formulation": dosing.formulation},
        "names": [dosing.said] if dosing.said else [],
        "notes": list(predictions.notes),
        "numbers": [
            {
                "item": drug,
                "path": path,
                "value": value.value,
                "unit": value.unit,
                "kind": value.kind,
                "basis": value.basis,
                "source": None if value.source is None else monograph.sources[value.source].cite,
                "note": value.note,
            }
            for drug, monograph in dosing.monographs.items()
            for path, value in monograph.values()
        ],
        "rerun": recipe("events", {"drug": asked}, [data.path.name], files),
    }
