"""What was proved, so that it is proved once."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "proofs",
        sa.Column("name", sa.String(length=64), nullable=False, comment="a keyed hash of what was asked"),
        sa.Column("day", sa.String(length=10), nullable=False, comment="which calls it is about: from this day on"),
        sa.Column("answer", sa.LargeBinary(), nullable=False, comment="the promises that are broken: JSON"),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_proofs")),
    )


def downgrade() -> None:
    op.drop_table("proofs")
