"""The commands, one module each. Heavy imports live inside the functions."""
