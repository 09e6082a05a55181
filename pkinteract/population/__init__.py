"""Virtual patients, and what a scenario does to thousands of them."""
