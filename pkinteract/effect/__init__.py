"""From levels to what they do in the brain: exposure, engagement of sites, and a ratio by convention."""
