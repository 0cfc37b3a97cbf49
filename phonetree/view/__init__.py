"""A tree to look at."""
