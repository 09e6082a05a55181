"""Pillars, engagement and the ratio, in words and pictures."""
