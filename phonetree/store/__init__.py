"""What lasts: one database, SQLite or Postgres. Nothing on the way from a webhook to its answer asks it."""
