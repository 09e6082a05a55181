"""Values of the parameters -> what the data should have been."""
