"""For when staff accepted that nobody can be rung."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    comment = "for when they were accepted: JSON of team, begin, end, node; empty: all the time"
    op.add_column("overrides", sa.Column("gaps", sa.Text(), comment=comment))


def downgrade() -> None:
    op.drop_column("overrides", "gaps")
