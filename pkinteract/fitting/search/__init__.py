"""The optimum, how well it is known, and what is to be said of it."""
