"""Published interaction studies, and how well the model repeats them."""
