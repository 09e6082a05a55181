"""``run.json`` of a data set: what was read, with which numbers, from which sources."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pkinteract
from pkinteract.records.run import Predictions
from pkinteract.records.subject import Dosing
from pkinteract.records.types import DataSet


def write_record(data: DataSet, dosing: Dosing, found: Predictions, path: Path) -> None:
    """Write the record of a run."""
    path.write_text(json.dumps(record(data, dosing, found), indent=1, ensure_ascii=False) + "\n", "utf-8")


def record(data: DataSet, dosing: Dosing, found: Predictions) -> dict[str, object]:
    """The record of a run as plain data."""
    return {
        "notice": pkinteract.NOTICE,
        "versions": {"pkinteract": pkinteract.__version__},
        "scenario": {
            "name": data.path.stem,
            "sha256": hashlib.sha256(data.text.encode()).hexdigest(),
            "records": len(data.records),
            "subjects": len(dict.fromkeys(found.subjects)),
        },
        "drug": {"id": dosing.drug, "formulation": dosing.formulation},
        "notes": list(found.notes),
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
    }
