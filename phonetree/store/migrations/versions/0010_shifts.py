"""What follows the shifts: secret addresses of calendars, and reminders."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "feeds",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column(
            "member", sa.String(length=100), nullable=False, comment="whose shifts; empty: what is unusual of the line"
        ),
        sa.Column("token", sa.String(length=64), nullable=False, comment="SHA-256 of what is in the address"),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account", "member", name=op.f("pk_feeds")),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f("fk_feeds_account_accounts"), ondelete="CASCADE"
        ),
        sa.UniqueConstraint("token", name=op.f("uq_feeds_token")),
    )
    op.create_table(
        "reminders",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("member", sa.String(length=100), nullable=False, comment="whose shifts"),
        sa.Column("minutes", sa.Integer(), nullable=False, comment="before a shift"),
        sa.Column("sent", sa.Integer(), nullable=False, comment="1: they are sent; 0: switched off"),
        sa.Column("sealed", sa.LargeBinary(), nullable=False, comment="the Apprise address"),
        sa.Column("failing", sa.Integer(), nullable=False, comment="1: the last one could not be delivered"),
        sa.PrimaryKeyConstraint("account", "member", name=op.f("pk_reminders")),
        sa.ForeignKeyConstraint(
            ["account"], ["accounts.id"], name=op.f("fk_reminders_account_accounts"), ondelete="CASCADE"
        ),
    )
    op.create_table(
        "reminded",
        sa.Column("account", sa.String(length=32), nullable=False),
        sa.Column("member", sa.String(length=100), nullable=False),
        sa.Column("begins_at", sa.BigInteger(), autoincrement=False, nullable=False, comment="the shift"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), comment="empty when it was delivered"),
        sa.PrimaryKeyConstraint("account", "member", "begins_at", name=op.f("pk_reminded")),
        sa.ForeignKeyConstraint(
            ["account", "member"],
            ["reminders.account", "reminders.member"],
            name=op.f("fk_reminded_account_reminders"),
            ondelete="CASCADE",
        ),
    )


def downgrade() -> None:
    for table in ("reminded", "reminders", "feeds"):
        op.drop_table(table)
