"""The independent answer: scipy on equations that are written a second time, as numpy."""
