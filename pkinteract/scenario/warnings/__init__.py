"""What is allowed in a scenario but draws a warning."""
