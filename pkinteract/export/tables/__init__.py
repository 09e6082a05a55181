"""The columns of every table that is written, one module per command."""
