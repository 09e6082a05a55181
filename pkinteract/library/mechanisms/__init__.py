"""Sites where antiseizure drugs bind together, and what is published of two drugs at once."""
