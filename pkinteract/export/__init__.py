"""Results as files."""

from pkinteract.export.nonmem import nonmem_files
from pkinteract.export.parquet import write_parquet
from pkinteract.export.record import write_record

__all__ = ["nonmem_files", "write_parquet", "write_record"]
