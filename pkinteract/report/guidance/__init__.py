"""Guidance in words, for the terminal and the answer."""
