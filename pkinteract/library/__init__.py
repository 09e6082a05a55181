"""Cited data and its readers: drug monographs, enzymes, phenotypes."""

from pkinteract.library.reader import Library, load_library
from pkinteract.library.schema.enzyme import Enzyme

__all__ = ["Enzyme", "Library", "load_library"]
