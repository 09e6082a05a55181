"""Cited data and its readers: drug monographs, enzymes, phenotypes."""

from pkinteract.library.reader import Enzyme, Library, load_library

__all__ = ["Enzyme", "Library", "load_library"]
