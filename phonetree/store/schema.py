"""The number of the schema, for whoever needs no more of the database."""

SCHEMA = "0016"
"""The revision of the schema that this code needs."""
