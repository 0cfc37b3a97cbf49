"""Accounts of staff, their roles, and what admins have to be told."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_OF_AN_ACCOUNT = ("account_roles", "account_notices")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("folded", sa.String(length=240), nullable=False, comment="the name, however it is typed"),
        sa.Column("password", sa.String(length=200), comment="an argon2 hash; empty until one is chosen"),
        sa.Column("uniquifier", sa.String(length=64), nullable=False, comment="in sessions; a new one ends them all"),
        sa.Column("factor", sa.Text(), comment="of the second factor, encrypted"),
        sa.Column("recovery", sa.Text(), nullable=False, comment="recovery codes, each encrypted: JSON"),
        sa.Column("link", sa.String(length=64), comment="SHA-256 of a one-time link that sets the password"),
        sa.Column("link_ends_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
        sa.UniqueConstraint("folded", name=op.f("uq_accounts_folded")),
        sa.UniqueConstraint("uniquifier", name=op.f("uq_accounts_uniquifier")),
        sa.UniqueConstraint("link", name=op.f("uq_accounts_link")),
        sqlite_with_rowid=False,
    )
    more: tuple[list[sa.Column[Any]], ...] = (
        [sa.Column("role", sa.String(length=10), nullable=False)],
        [
            sa.Column("id", sa.String(length=32), nullable=False),
            sa.Column("at", sa.BigInteger(), nullable=False),
            sa.Column("text", sa.Text(), nullable=False, comment="shown until it is dismissed"),
        ],
    )
    for table, columns in zip(_OF_AN_ACCOUNT, more, strict=True):
        op.create_table(
            table,
            sa.Column("account", sa.String(length=32), nullable=False),
            *columns,
            sa.PrimaryKeyConstraint("account", columns[0].name, name=op.f(f"pk_{table}")),
            sa.ForeignKeyConstraint(
                ["account"], ["accounts.id"], name=op.f(f"fk_{table}_account_accounts"), ondelete="CASCADE"
            ),
            sqlite_with_rowid=False,
        )


def downgrade() -> None:
    for table in (*reversed(_OF_AN_ACCOUNT), "accounts"):
        op.drop_table(table)
