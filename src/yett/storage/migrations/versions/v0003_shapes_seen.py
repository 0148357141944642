"""Shapes carry the revision they were written at, so that a running gate can take in what others learnt and forgot."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column; what was learnt before counts as written at the beginning."""
    op.add_column("shapes", sa.Column("revision", sa.BigInteger, nullable=False, server_default="0"))
    op.create_index("ix_shapes_revision", "shapes", ["revision"])


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_shapes_revision", "shapes")
    op.drop_column("shapes", "revision")
