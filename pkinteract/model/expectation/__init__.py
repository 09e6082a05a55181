"""What to expect of a scenario before it is simulated: who acts on whom, and how far levels change in the long run."""
