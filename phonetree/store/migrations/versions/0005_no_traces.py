"""Nothing is left of a message that came and went.

SQLite: no row numbers in the tables about messages, since a gap between two shows that there was a row. Postgres: their
rows are neither sampled for statistics nor vacuumed when there were many; `store/upkeep.py` vacuums every hour.
"""

import re

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = ("messages", "parts", "wrapped_keys", "fetches", "notices", "deliveries")
"""None stands before one that it refers to."""

WITHOUT_ROWID = " WITHOUT ROWID"


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _remake(without_rowid=True)
        return
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} SET (autovacuum_enabled = off, toast.autovacuum_enabled = off)")
        for name, kind in _columns(table):
            op.execute(f'ALTER TABLE {table} ALTER COLUMN "{name}" SET STATISTICS 0')
            # its present type, which changes nothing but that its samples are removed
            op.execute(f'ALTER TABLE {table} ALTER COLUMN "{name}" TYPE {kind}')


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        _remake(without_rowid=False)
        return
    for table in TABLES:
        op.execute(f"ALTER TABLE {table} RESET (autovacuum_enabled, toast.autovacuum_enabled)")
        for name, _ in _columns(table):
            op.execute(f'ALTER TABLE {table} ALTER COLUMN "{name}" SET STATISTICS -1')


def _columns(table: str) -> list[tuple[str, str]]:
    """The columns of a table, with their types (Postgres)."""
    query = sa.text(
        "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute "
        "WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped"
    )
    return [(name, kind) for name, kind in op.get_bind().execute(query, {"table": table})]


def _remake(*, without_rowid: bool) -> None:
    """Copies every table into one of another kind (SQLite). All are copied before the first is dropped:
    dropping a table deletes the rows that refer to it."""
    query = sa.text("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name IN :tables")
    found = op.get_bind().execute(query.bindparams(sa.bindparam("tables", TABLES, expanding=True)))
    made: dict[str, str] = {name: sql for name, sql in found}  # noqa: C416 -- rows are no pairs for mypy
    for table in TABLES:
        same = made.pop(table).removesuffix(WITHOUT_ROWID)
        op.execute(re.sub(r'(CREATE TABLE|REFERENCES) "?(\w+)"?', r"\1 new_\2", same) + WITHOUT_ROWID * without_rowid)
        op.execute(f"INSERT INTO new_{table} SELECT * FROM {table}")  # noqa: S608 -- a name of ours
    for table in reversed(TABLES):
        op.execute(f"DROP TABLE {table}")
    for table in TABLES:
        op.execute(f"ALTER TABLE new_{table} RENAME TO {table}")  # with what refers to it
    for index in made.values():
        op.execute(index)
