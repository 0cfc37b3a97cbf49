"""The files of phrases of published revisions."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "revision_files",
        sa.Column("revision", sa.String(length=12), nullable=False),
        sa.Column("file", sa.String(length=40), nullable=False, comment="such as phrases/pt.yaml"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["revision"], ["revisions.name"], name=op.f("fk_revision_files_revision"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("revision", "file", name=op.f("pk_revision_files")),
    )


def downgrade() -> None:
    op.drop_table("revision_files")
