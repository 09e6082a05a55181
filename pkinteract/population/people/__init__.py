"""Virtual patients: who they are, and what they take."""
