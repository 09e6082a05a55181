"""What ``run.json`` holds, one module per command."""
