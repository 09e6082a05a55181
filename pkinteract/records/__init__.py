"""NONMEM-style dosing records: a CSV data set and one drug file to a concentration at every record."""

from pkinteract.records.reader import read_records
from pkinteract.records.run import Predictions, predict_records
from pkinteract.records.subject import RecordedDrug, recorded_drug
from pkinteract.records.types import DataSet, Record

__all__ = ["DataSet", "Predictions", "Record", "RecordedDrug", "predict_records", "read_records", "recorded_drug"]
