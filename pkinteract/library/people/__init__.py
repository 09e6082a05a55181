"""The people that virtual patients are drawn like."""
