"""The page of a run: one file that needs nothing else, to be read, printed and handed on."""
