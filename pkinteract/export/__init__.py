"""Results as files."""

from pkinteract.export.nonmem import nonmem_files
from pkinteract.export.parquet import write_parquet

__all__ = ["nonmem_files", "write_parquet"]
