"""Levels of enzymes and transporters: what raises their synthesis, what destroys them, and how they turn over."""
