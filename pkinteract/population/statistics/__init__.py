"""What is measured and counted of virtual patients."""
