"""What is said and drawn of one patient's levels."""
