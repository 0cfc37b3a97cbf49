"""Who published which revision, when and why."""

import json
from hashlib import sha256

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    made = op.create_table(
        "publications",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.String(length=12), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False, comment="SHA-256 of its files"),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("author", sa.String(length=80), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("heard", sa.Integer(), nullable=False, comment="1: a server answered with it"),
        sa.Column(
            "mac", sa.LargeBinary(), nullable=True, comment="under a key derived from SECRET_KEY; empty without one"
        ),
        sa.ForeignKeyConstraint(
            ["revision"], ["revisions.name"], name=op.f("fk_publications_revision"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_publications")),
    )
    connection = op.get_bind()
    earlier = sa.text("SELECT name, published_at, author, hours, routing FROM revisions ORDER BY published_at, name")
    more = sa.text("SELECT file, data FROM revision_files WHERE revision = :name")
    for number, row in enumerate(connection.execute(earlier).all(), 1):
        files = {"hours.yaml": row.hours, "routing.yaml": row.routing}
        files |= {each.file: each.data for each in connection.execute(more, {"name": row.name})}
        named = sorted((name, sha256(data).hexdigest()) for name, data in files.items())
        kept = {
            "number": number,
            "revision": row.name,
            "digest": sha256(json.dumps(named).encode()).hexdigest(),
            "at": row.published_at,
            "author": row.author,
            "note": "",
            "heard": 1,
        }
        connection.execute(sa.insert(made).values(kept))


def downgrade() -> None:
    op.drop_table("publications")
