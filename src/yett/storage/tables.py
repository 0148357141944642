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
