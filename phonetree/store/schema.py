"""The number of the schema, for whoever needs no more of the database."""

SCHEMA = "0017"
"""The revision of the schema that this code needs."""
