"""Results as files."""

from pkinteract.export.csv import write_csv
from pkinteract.export.folder import refuse_foreign, write_all
from pkinteract.export.nonmem import nonmem_files
from pkinteract.export.parquet import write_parquet
from pkinteract.export.record import write_record

__all__ = ["nonmem_files", "refuse_foreign", "write_all", "write_csv", "write_parquet", "write_record"]
