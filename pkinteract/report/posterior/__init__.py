"""What is said and drawn of a sampled posterior."""
