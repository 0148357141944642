"""The line that each kind of PostgreSQL client wants to be told where the gate is."""

import json
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Way:
    """How a client reaches one resource through the gate; `password_command` prints the credential, if one is asked."""

    host: str
    port: int
    database: str
    user: str
    sslmode: str
    password_command: str = ""

    @property
    def url(self) -> str:
        """Return a libpq address without a password."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        user, database = quote(self.user, safe=""), quote(self.database, safe="")
        return f"postgresql://{user}@{host}:{self.port}/{database}?sslmode={self.sslmode}"

    @property
    def variables(self) -> dict[str, str]:
        """Return libpq's environment variables, without the password."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGDATABASE": self.database,
            "PGUSER": self.user,
            "PGSSLMODE": self.sslmode,
        }


def _with_password(way: Way, line: str) -> str:
    return f'PGPASSWORD="$({way.password_command})" {line}' if way.password_command else line


def _psql(way: Way) -> str:
    return _with_password(way, f"psql {shlex.quote(way.url)}")


def _env(way: Way) -> str:
    lines = [f"export {name}={shlex.quote(value)}" for name, value in way.variables.items()]
    if way.password_command:
        lines.append(f'export PGPASSWORD="$({way.password_command})"')
    return "\n".join(lines)


def _python(way: Way) -> str:
    code = f"import psycopg; print(psycopg.connect({way.url!r}).execute('SELECT 1').fetchone())"
    return _with_password(way, f"python -c {shlex.quote(code)}")


def _sqlalchemy(way: Way) -> str:
    url = way.url.replace("postgresql://", "postgresql+psycopg://", 1)
    code = f"import sqlalchemy as s; print(s.create_engine({url!r}).connect().execute(s.text('SELECT 1')).scalar())"
    return _with_password(way, f"python -c {shlex.quote(code)}")


def _jdbc(way: Way) -> str:
    host = f"[{way.host}]" if ":" in way.host else way.host
    user, database = quote(way.user, safe=""), quote(way.database, safe="")
    line = f"jdbc:postgresql://{host}:{way.port}/{database}?user={user}&sslmode={way.sslmode}"
    return line + (f"\n# password: {way.password_command}" if way.password_command else "")


def _node(way: Way) -> str:
    script = f"const {{ Client }} = require('pg'); const c = new Client({{ connectionString: {json.dumps(way.url)} }});"
    script += " c.connect().then(() => c.query('SELECT 1')).then(r => { console.log(r.rows); return c.end(); })"
    return _with_password(way, f"node -e {shlex.quote(script)}")


def _url(way: Way) -> str:
    return way.url


CLIENTS: dict[str, Callable[[Way], str]] = {
    "psql": _psql,
    "python": _python,
    "sqlalchemy": _sqlalchemy,
    "jdbc": _jdbc,
    "node": _node,
    "env": _env,
    "url": _url,
}
"""Clients by the word that `--client` takes, each with what makes its line."""
