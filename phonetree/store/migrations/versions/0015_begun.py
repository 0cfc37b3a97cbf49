"""That a publication to a folder is begun, until it is known to be done; and what the counts of calls to phones are."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    # empty where an earlier version publishes, which marks what servers answer with as this one does
    op.add_column("publications", sa.Column("before", sa.String(length=12), nullable=True, comment=BEFORE))
    op.add_column("publications", sa.Column("begun_in", sa.String(length=64), nullable=True, comment=BEGUN_IN))
    _say_of_phones(CALLS, SINCE)


def downgrade() -> None:
    _say_of_phones("confirming calls since `since`", None)
    op.drop_column("publications", "begun_in")
    op.drop_column("publications", "before")


BEFORE = "the files of the folder that it was to replace; empty once it did"
BEGUN_IN = "a hash of where that folder is; empty once it cannot be known any more whether it did"
CALLS = "confirming calls, until there was none for an hour"
SINCE = "when the latest of them was placed"


def _say_of_phones(calls: str, since: str | None) -> None:
    if op.get_bind().dialect.name == "postgresql":  # SQLite keeps no comments
        op.alter_column("phones", "calls", comment=calls)
        op.alter_column("phones", "since", comment=since)
