"""That a publication to a folder is begun, until it is known to be done."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    # empty where an earlier version publishes, which marks what servers answer with as this one does
    op.add_column("publications", sa.Column("before", sa.String(length=12), nullable=True, comment=BEFORE))
    op.add_column("publications", sa.Column("begun_in", sa.String(length=64), nullable=True, comment=BEGUN_IN))


def downgrade() -> None:
    op.drop_column("publications", "begun_in")
    op.drop_column("publications", "before")


BEFORE = "the files of the folder that it was to replace; empty once it did"
BEGUN_IN = "a hash of where that folder is; empty once it cannot be known any more whether it did"
