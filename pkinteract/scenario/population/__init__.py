"""``[population]``: what virtual patients are drawn from."""
