"""Drawings of a tree."""
