"""The fit file and its tables, read and checked."""
