"""The tables of the control database."""

from sqlalchemy import BigInteger, Boolean, Column, Double, ForeignKey, LargeBinary, MetaData, String, Table, Text

metadata = MetaData()

# Every row that a running gate keeps in memory carries the revision at which it was last written, so that a gate can
# read what is new and nothing else. The one row of `revision` is locked by each write: revisions come in commit order.
revision = Table(
    "revision",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("value", BigInteger, nullable=False),
)

principals = Table(
    "principals",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("claims", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Double, nullable=False),
    Column("disabled", Boolean, nullable=False),
    Column("removed", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
)

memberships = Table(
    "memberships",
    metadata,
    Column("principal", String(64), ForeignKey("principals.name"), primary_key=True),
    Column("group_name", String(64), primary_key=True),
)

credentials = Table(
    "credentials",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("issuer", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("scram_iterations", BigInteger, nullable=False),
    Column("scram_salt", LargeBinary, nullable=False),
    Column("scram_stored_key", LargeBinary, nullable=False),
    Column("scram_server_key", LargeBinary, nullable=False),
    Column("issued_at", Double, nullable=False),
    Column("expires_at", Double, nullable=False, index=True),
    Column("login", Text, nullable=False),
    Column("principal", Text, nullable=False),
    Column("on_behalf_of", Text, nullable=False),
    Column("run", Text, nullable=False),
    Column("stands_on", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
)

revocations = Table(
    "revocations",
    metadata,
    Column("kind", String(16), primary_key=True),
    Column("value", String(1024), primary_key=True),
    Column("at", Double, nullable=False),
    Column("reason", Text, nullable=False),
    Column("by", Text, nullable=False),
    Column("lifted", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
)

provider_keys = Table(
    "provider_keys",
    metadata,
    Column("provider", String(64), primary_key=True),
    Column("issuer", Text, nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("fetched_at", Double, nullable=False),
)

gate = Table(
    "gate",
    metadata,
    Column("id", BigInteger, primary_key=True, autoincrement=False),
    Column("name", String(26), nullable=False),
    Column("created_at", Double, nullable=False),
)

# Tickets and grants hold what clients sent and people wrote: sealed (`storage/sealing.py`). What they are found by is
# a keyed mark, and the columns in the clear are bound to the sealed content, so that neither can be changed alone.
tickets = Table(
    "tickets",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("state", String(16), nullable=False, index=True),
    Column("created_at", Double, nullable=False, index=True),
    Column("expires_at", Double, nullable=False),
    Column("ended_at", Double, nullable=False),
    Column("window_until", Double, nullable=False),
    Column("escalated_at", Double, nullable=False),
    Column("principal", LargeBinary, nullable=False, index=True),
    Column("digest", LargeBinary, nullable=False, index=True),
    Column("shape", LargeBinary, nullable=False, index=True),
    Column("asked", LargeBinary, nullable=False),
    Column("answers", LargeBinary, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
)

grants = Table(
    "grants",
    metadata,
    Column("id", String(26), primary_key=True),
    Column("until", Double, nullable=False),
    Column("ended_at", Double, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("revision", BigInteger, nullable=False, index=True),
)

# What was seen of whom, by keyed marks alone; 0 times is what was forgotten on purpose.
shapes = Table(
    "shapes",
    metadata,
    Column("owner", LargeBinary, primary_key=True),
    Column("shape", LargeBinary, primary_key=True),
    Column("times", BigInteger, nullable=False),
    Column("first_at", Double, nullable=False),
    Column("last_at", Double, nullable=False, index=True),
    Column("revision", BigInteger, nullable=False, index=True),
)
