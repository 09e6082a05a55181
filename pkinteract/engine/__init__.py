"""Numbers only: arrays in, curves out; knows no drug names."""
