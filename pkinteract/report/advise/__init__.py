"""What ``advise`` tells."""
