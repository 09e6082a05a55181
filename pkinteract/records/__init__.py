"""NONMEM-style dosing records: a CSV data set and one drug file to a concentration at every record."""

from pkinteract.records.reader import read_records
from pkinteract.records.run import Predictions, predict
from pkinteract.records.subject import Dosing, dosing_of
from pkinteract.records.types import DataSet, Record

__all__ = ["DataSet", "Dosing", "Predictions", "Record", "dosing_of", "predict", "read_records"]
