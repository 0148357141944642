"""The two ways to a database: straight to the server, and through the gate. What a client sees must be the same."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from servers.postgres import TestPostgres

OWNER = "e2e_owner"
DATABASE = "e2e"


@dataclass(frozen=True, slots=True)
class Route:
    """Where a client connects to, and as whom; `server` is the PostgreSQL at the end of it."""

    name: str
    server: TestPostgres
    host: str
    port: int
    user: str
    password: str
    database: str = DATABASE
    sslmode: str = "disable"
    ca_path: str = ""

    @property
    def through_gate(self) -> bool:
        """Tell whether the gate stands between."""
        return self.name != "direct"

    def parameters(self, **more: str) -> dict[str, str]:
        """Return libpq's connection parameters."""
        found = {
            "host": self.host,
            "port": str(self.port),
            "user": self.user,
            "password": self.password,
            "dbname": self.database,
            "sslmode": self.sslmode,
            "gssencmode": "disable",
            "connect_timeout": "10",
        }
        if self.ca_path:
            found["sslrootcert"] = self.ca_path
        return found | more

    def dsn(self, **more: str) -> str:
        """Return a libpq connection string."""
        return psycopg.conninfo.make_conninfo(**self.parameters(**more))

    def url(self, scheme: str = "postgresql", **query: str) -> str:
        """Return a URL with host, port, user, password and database, and this query string."""
        login = f"{quote(self.user)}:{quote(self.password, safe='')}"
        tail = f"?{urlencode(query)}" if query else ""
        return f"{scheme}://{login}@{self.host}:{self.port}/{quote(self.database)}{tail}"

    def connect(self, **more: object) -> psycopg.Connection:
        """Return a psycopg connection in autocommit mode."""
        options = {"autocommit": True, **more}
        return psycopg.connect(self.dsn(), **options)

    def environment(self, **more: str) -> dict[str, str]:
        """Return an environment in which libpq's programs connect by this route."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        names = {"dbname": "PGDATABASE", "connect_timeout": "PGCONNECT_TIMEOUT", "sslrootcert": "PGSSLROOTCERT"}
        ours = {names.get(key, f"PG{key.upper()}"): value for key, value in self.parameters().items()}
        fixed = {"PGTZ": "UTC", "PGAPPNAME": "e2e", "LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "PAGER": "cat"}
        return {**kept, **ours, **fixed, **more}

    def run(
        self,
        command: Sequence[str | Path],
        *,
        text: str | None = None,
        env: Mapping[str, str] | None = None,
        seconds: float = 40,
    ) -> subprocess.CompletedProcess[str]:
        """Run one of libpq's programs by this route and return what it said, whether or not it succeeded."""
        return subprocess.run(
            [str(part) for part in command],
            input=text,
            text=True,
            capture_output=True,
            check=False,
            timeout=seconds,
            env=self.environment(**(env or {})),
        )

    def psql(self, script: str, *arguments: str, version: TestPostgres | None = None) -> str:
        """Return everything that psql says to this script: results and errors in the order they came."""
        program = version or self.server
        # One pipe for both, so that a notice that comes too early or too late is seen.
        result = subprocess.run(
            [str(program.tool("psql")), "--no-psqlrc", *arguments],
            input=script,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
            timeout=40,
            env=self.environment(**({} if program.tls else {"PGSSLMODE": "disable", "PGSSLROOTCERT": ""})),
        )
        return result.stdout
