"""Drafts of the files, which callers do not hear."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("id", sa.String(length=32), nullable=False, comment="random"),
        sa.Column("title", sa.String(length=100), nullable=False),
        sa.Column("began", sa.String(length=12), nullable=False, comment="the revision that it began from"),
        sa.Column("version", sa.Integer(), nullable=False, comment="one more with each change"),
        sa.Column("by", sa.String(length=80), nullable=False, comment="who changed it last"),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_drafts")),
    )
    op.create_table(
        "draft_files",
        sa.Column("draft", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False, comment="0: what it began from"),
        sa.Column("file", sa.String(length=40), nullable=False, comment="such as routing.yaml"),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["draft"], ["drafts.id"], name=op.f("fk_draft_files_draft"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("draft", "version", "file", name=op.f("pk_draft_files")),
    )


def downgrade() -> None:
    op.drop_table("draft_files")
    op.drop_table("drafts")
