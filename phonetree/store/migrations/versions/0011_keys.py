"""Keys that listeners made in the console, which messages are sealed with."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "sealing_keys",
        sa.Column("id", sa.String(length=16), nullable=False, comment="the beginning of the SHA-256 of its DER"),
        sa.Column("account", sa.String(length=32), nullable=False, comment="of whoever made it, which may be gone"),
        sa.Column("name", sa.String(length=80), nullable=False, comment="theirs"),
        sa.Column("public", sa.LargeBinary(), nullable=False, comment="PEM; the private key is with its owner alone"),
        sa.Column(
            "approved",
            sa.LargeBinary(),
            nullable=True,
            comment="the fingerprint, sealed: that an admin approved it; empty while it waits",
        ),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sealing_keys")),
    )


def downgrade() -> None:
    op.drop_table("sealing_keys")
