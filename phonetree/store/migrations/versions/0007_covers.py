"""Covers: somebody takes another's place, or is away."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("overrides", sa.Column("away", sa.Text(), comment="a cover: the member who is away"))
    op.add_column("overrides", sa.Column("taken_by", sa.Text(), comment="who takes their place; empty: nobody"))
    op.add_column("overrides", sa.Column("accepted", sa.Text(), comment="nodes accepted while nobody is there: JSON"))


def downgrade() -> None:
    op.execute("DELETE FROM overrides WHERE away IS NOT NULL")  # the earlier version knows no covers
    op.drop_column("overrides", "accepted")
    op.drop_column("overrides", "taken_by")
    op.drop_column("overrides", "away")
