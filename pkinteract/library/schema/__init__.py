"""The schema of a drug file, one module per group of its tables."""
