"""Compiled code without a compiler at the user's door: a small language of lanes, and the object code made of it."""
