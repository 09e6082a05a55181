"""What ``drugs`` says."""
