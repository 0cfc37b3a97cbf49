"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "fetches",
        sa.Column("source", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("failure", sa.String(length=200), nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_fetches")),
    )
    op.create_table(
        "hours",
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("weekday", sa.Integer(), nullable=False),
        sa.Column("hour", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("year", "weekday", "hour", name=op.f("pk_hours")),
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("source", sa.String(length=64), nullable=True, comment="the provider's recording"),
        sa.Column(
            "gone_at",
            sa.BigInteger(),
            nullable=True,
            comment="when it was deleted there; its name is kept a little longer",
        ),
        sa.Column("left_at", sa.BigInteger(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False, comment="bytes sealed"),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of what is sealed, for reading back"),
        sa.Column("iv", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=10), nullable=False, comment="new, claimed, handled, deleted"),
        sa.Column("by", sa.String(length=80), nullable=True, comment="who claimed or handled it"),
        sa.Column("changed_at", sa.BigInteger(), nullable=False, comment="when it came, was claimed or handled"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("source", name=op.f("uq_messages_source")),
    )
    op.create_index(op.f("ix_messages_state"), "messages", ["state"], unique=False)
    op.create_table(
        "months",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "outcome", name=op.f("pk_months")),
    )
    op.create_table(
        "revisions",
        sa.Column("name", sa.String(length=12), nullable=False),
        sa.Column("published_at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("hours", sa.LargeBinary(), nullable=False),
        sa.Column("routing", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_revisions")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.String(length=64), nullable=False, comment="what it is about, so that it is made once"),
        sa.Column("message", sa.String(length=32), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_notices_message"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
    )
    op.create_index(op.f("ix_notices_message"), "notices", ["message"], unique=False)
    op.create_table(
        "parts",
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_parts_message"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", "number", name=op.f("pk_parts")),
    )
    op.create_table(
        "wrapped_keys",
        sa.Column("message", sa.String(length=32), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False, comment="whose private key opens it"),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name=op.f("fk_wrapped_keys_message"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message", "key", name=op.f("pk_wrapped_keys")),
    )
    op.create_table(
        "deliveries",
        sa.Column("notice", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True, comment="empty when it was delivered"),
        sa.ForeignKeyConstraint(["notice"], ["notices.id"], name=op.f("fk_deliveries_notice"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("notice", "channel", name=op.f("pk_deliveries")),
    )


def downgrade() -> None:
    for table in (
        "deliveries",
        "notices",
        "fetches",
        "wrapped_keys",
        "parts",
        "messages",
        "months",
        "hours",
        "revisions",
    ):
        op.drop_table(table)
