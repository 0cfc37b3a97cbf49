"""Who made a version of a draft: of several since somebody opened a form, each is named."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    # empty for what an earlier version saves: then only who changed the draft last is named
    op.add_column("draft_files", sa.Column("by", sa.String(length=80), nullable=True, comment=BY))


def downgrade() -> None:
    op.drop_column("draft_files", "by")


BY = "who made this version; empty if an earlier version of phonetree kept it"
