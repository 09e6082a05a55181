"""What is said and drawn of a sensitivity analysis."""
