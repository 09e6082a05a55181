"""Measured and published numbers -> series of measurements."""
