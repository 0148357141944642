"""The first tables: local principals, credentials, revocations, providers' keys, the gate's own identity."""

import time

import sqlalchemy as sa
from alembic import op

from yett.core.ids import sortable_id

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make every table of the first version."""
    counter = op.create_table(
        "revision",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("value", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "principals",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("claims", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
        sa.Column("removed", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "memberships",
        sa.Column("principal", sa.String(64), sa.ForeignKey("principals.name"), primary_key=True),
        sa.Column("group_name", sa.String(64), primary_key=True),
    )
    op.create_table(
        "credentials",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("issuer", sa.String(64), nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("digest", sa.LargeBinary, nullable=False),
        sa.Column("scram_iterations", sa.BigInteger, nullable=False),
        sa.Column("scram_salt", sa.LargeBinary, nullable=False),
        sa.Column("scram_stored_key", sa.LargeBinary, nullable=False),
        sa.Column("scram_server_key", sa.LargeBinary, nullable=False),
        sa.Column("issued_at", sa.Double, nullable=False),
        sa.Column("expires_at", sa.Double, nullable=False, index=True),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("principal", sa.Text, nullable=False),
        sa.Column("on_behalf_of", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("stands_on", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "revocations",
        sa.Column("kind", sa.String(16), primary_key=True),
        sa.Column("value", sa.String(1024), primary_key=True),
        sa.Column("at", sa.Double, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("lifted", sa.Boolean, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False, index=True),
    )
    op.create_table(
        "provider_keys",
        sa.Column("provider", sa.String(64), primary_key=True),
        sa.Column("issuer", sa.Text, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False),
        sa.Column("fetched_at", sa.Double, nullable=False),
    )
    gate = op.create_table(
        "gate",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(26), nullable=False),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.bulk_insert(counter, [{"id": 1, "value": 0}])
    op.bulk_insert(gate, [{"id": 1, "name": sortable_id(), "created_at": time.time()}])


def downgrade() -> None:
    """Drop everything."""
    for name in ("gate", "provider_keys", "revocations", "credentials", "memberships", "principals", "revision"):
        op.drop_table(name)
