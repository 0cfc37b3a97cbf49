"""Members' phones; what servers report, and what was looked at at the provider."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "phones",
        sa.Column("name", sa.String(length=64), nullable=False, comment="as routing.yaml has it, without $"),
        sa.Column("state", sa.String(length=10), nullable=False, comment="waiting, confirmed, removed"),
        sa.Column(
            "sealed",
            sa.LargeBinary(),
            nullable=True,
            comment="the number that rings; of a removed one, until that can no longer be undone",
        ),
        sa.Column(
            "new",
            sa.LargeBinary(),
            nullable=True,
            comment="sealed: the number that is to take its place once it is confirmed",
        ),
        sa.Column("token", sa.LargeBinary(), nullable=True, comment="SHA-256 of what the confirming call has to bring"),
        sa.Column("expires_at", sa.BigInteger(), nullable=True, comment="of the token"),
        sa.Column("progress", sa.String(length=12), nullable=True, comment="of the confirming call"),
        sa.Column("reason", sa.String(length=200), nullable=True, comment="why the provider refused it"),
        sa.Column("calls", sa.Integer(), nullable=False, comment="confirming calls since `since`"),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_phones")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "servers",
        sa.Column("name", sa.String(length=32), nullable=False, comment="random, for one process"),
        sa.Column("seen_at", sa.BigInteger(), nullable=False, comment="a whole minute"),
        sa.Column("report", sa.Text(), nullable=False, comment="JSON; nothing in it is of a call"),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_servers")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "looks",
        sa.Column("about", sa.String(length=20), nullable=False, comment="what was looked at, at the provider"),
        sa.Column("at", sa.BigInteger(), nullable=False, comment="a whole minute"),
        sa.Column("found", sa.Text(), nullable=False, comment="what is wrong, and what to do: JSON"),
        sa.PrimaryKeyConstraint("about", name=op.f("pk_looks")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    op.drop_table("looks")
    op.drop_table("servers")
    op.drop_table("phones")
