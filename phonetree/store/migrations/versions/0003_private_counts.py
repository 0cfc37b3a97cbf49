"""Counts with noise on every cell. Those of before stay where they are, and are only shown."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "outcomes",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("draws", sa.Integer(), nullable=False, comment="how often noise was added"),
        sa.PrimaryKeyConstraint("month", "outcome", name=op.f("pk_outcomes")),
    )
    op.create_table(
        "times",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("weekend", sa.Integer(), nullable=False, comment="1: Saturday and Sunday"),
        sa.Column("hour", sa.Integer(), nullable=False, comment="the first of three"),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("draws", sa.Integer(), nullable=False, comment="how often noise was added"),
        sa.PrimaryKeyConstraint("month", "weekend", "hour", name=op.f("pk_times")),
    )


def downgrade() -> None:
    op.drop_table("times")
    op.drop_table("outcomes")
