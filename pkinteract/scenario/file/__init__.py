"""The scenario file and its tables, read and checked."""
