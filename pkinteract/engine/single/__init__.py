"""One run in CPython: straight-line text written for the structure, and the march that steps it."""
