"""The tables of approvals: tickets, the grants they made, and the shapes that were seen of whom."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "tickets",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("state", sa.String(16), nullable=False, index=True),
        sa.Column("created_at", sa.Double, nullable=False, index=True),
        sa.Column("expires_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double, nullable=False),
        sa.Column("window_until", sa.Double, nullable=False),
        sa.Column("escalated_at", sa.Double, nullable=False),
        sa.Column("principal", sa.LargeBinary, nullable=False, index=True),
        sa.Column("digest", sa.LargeBinary, nullable=False, index=True),
        sa.Column("shape", sa.LargeBinary, nullable=False, index=True),
        sa.Column("asked", sa.LargeBinary, nullable=False),
        sa.Column("answers", sa.LargeBinary, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "grants",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("until", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "shapes",
        sa.Column("owner", sa.LargeBinary, primary_key=True),
        sa.Column("shape", sa.LargeBinary, primary_key=True),
        sa.Column("times", sa.BigInteger, nullable=False),
        sa.Column("first_at", sa.Double, nullable=False),
        sa.Column("last_at", sa.Double, nullable=False, index=True),
    )


def downgrade() -> None:
    """Drop them."""
    for name in ("shapes", "grants", "tickets"):
        op.drop_table(name)
