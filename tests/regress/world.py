"""Two servers alike, and a gate before one of them: what a client sees on either must be the same."""

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from e2e.gates import EVERYTHING, Gate, gate_before
from e2e.routes import OWNER, Route
from regress.suite import Suite
from servers.authority import new_authority
from servers.postgres import PASSWORD, TestPostgres, releases, running

DATABASE = "regression"

# Whoever `forbid` could match is not proved to be free, so each statement is resolved, judged and proved.
RESTRICTED = """
permit (principal in Group::"corp/everything", action, resource);
@id("not-this-table")
forbid (principal in Group::"corp/everything", action, resource == Table::"regression/public.no_such_table");
"""

_SETTINGS = {
    "autovacuum": "off",  # when it runs decides which plans are made
    "max_prepared_transactions": "2",
    "log_statement": "none",
    "log_autovacuum_min_duration": "-1",
    "shared_buffers": "128MB",
    "max_wal_size": "2GB",
    "jit": "off",
}

# As pg_regress sets them.
_DATABASE_SETTINGS = {
    "lc_messages": "C",
    "lc_monetary": "C",
    "lc_numeric": "C",
    "lc_time": "C",
    "bytea_output": "hex",
    "timezone_abbreviations": "Default",
}


@dataclass(frozen=True, slots=True)
class Side:
    """One way to a server, and the folders that the suite's scripts name."""

    route: Route
    source: Path
    build: Path
    library: Path

    def environment(self, script: str) -> dict[str, str]:
        """Return what pg_regress sets for psql."""
        return {
            "PGAPPNAME": f"pg_regress/{script}",
            "PGTZ": "America/Los_Angeles" if self.route.server.version >= 17 else "PST8PDT",
            "PGDATESTYLE": "Postgres, MDY",
            "PGOPTIONS": "-c intervalstyle=postgres_verbose",
            "PG_ABS_SRCDIR": str(self.source),
            "PG_ABS_BUILDDIR": str(self.build),
            "PG_LIBDIR": str(self.library),
            "PG_DLSUFFIX": ".so",
            "LC_MESSAGES": "C",
            "LANG": "C",
        }


@dataclass(frozen=True, slots=True)
class World:
    """The two sides, and the gate that stands on the second."""

    direct: Side
    through: Side
    gate: Gate


@contextmanager
def world(folder: Path, suite: Suite, version: int, headers: Path, *, restricted: bool, **logs: str) -> Iterator[World]:
    """Start both servers and the gate; end them, and remove what they wrote."""
    authority = new_authority(folder / "authority")
    with ExitStack() as stack:
        servers = [stack.enter_context(running(releases()[version], authority, _SETTINGS | logs)) for _ in range(2)]
        sides = [_side(server, suite, headers) for server in servers]
        changes = {"resources": {DATABASE: DATABASE}, "policies": {"all": RESTRICTED if restricted else EVERYTHING}}
        # The gate reaches its server without TLS, as the client reaches it.
        plain = replace(servers[1], release=replace(servers[1].release, tls=False))
        gate = stack.enter_context(gate_before(plain, authority, **changes))
        way = gate.route(database=DATABASE)
        # Signs in by token; the user name is not looked at, and some scripts print it.
        way = replace(way, user=OWNER)
        yield World(sides[0], replace(sides[1], route=way), gate)


def _side(server: TestPostgres, suite: Suite, headers: Path) -> Side:
    server.execute(f"CREATE ROLE {OWNER} SUPERUSER LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
    server.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER} TEMPLATE template0")
    server.execute(
        *(f"ALTER DATABASE {DATABASE} SET {name} TO '{value}'" for name, value in _DATABASE_SETTINGS.items())
    )
    # The server reads and writes files there, and runs as somebody else.
    place = server.socket_folder / "suite"
    source, build, library = place / "source", place / "build", place / "library"
    shutil.copytree(suite.folder / "data", source / "data")
    for made in (build / "results", library):
        made.mkdir(parents=True)
    suite.functions(headers, library / "regress.so")
    place.chmod(0o755)
    server.server.account.own(place)
    route = Route("direct", server, server.host, server.port, OWNER, PASSWORD, DATABASE)
    return Side(route, source, build, library)
