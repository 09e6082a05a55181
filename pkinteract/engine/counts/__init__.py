"""Levels of many runs as whole numbers in bins, which can be added, kept in few bytes and read as quantiles."""
