"""Which form made a version of a draft, so that one that is sent twice is saved once."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    # empty for what an earlier version saves: if that is sent again, it is done again, or refused as outdated
    op.add_column("draft_files", sa.Column("sent", sa.String(length=64), nullable=True, comment=SENT))


def downgrade() -> None:
    op.drop_column("draft_files", "sent")


SENT = "a hash of the form that made this version; empty if none did"
