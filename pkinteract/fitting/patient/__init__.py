"""The fit of one patient to measured levels."""
