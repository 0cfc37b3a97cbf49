"""Measurements: run by hand, each side by side in one run, as a ratio."""
