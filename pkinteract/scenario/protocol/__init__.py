"""``[[protocol]]``: what changes doses by a level, or on a day."""
