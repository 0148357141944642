"""The place that the leak corpus attacks: a real PostgreSQL with planted secrets, a real gate, and three attackers."""

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from e2e.gates import Gate, gate_before
from e2e.routes import OWNER, Route
from leaks.planting import LABELS, Planted, plant
from servers.authority import new_authority
from servers.postgres import PASSWORD, TestPostgres, releases, running
from yett.demo.sample import copy_line

DATABASE = "leaks"
SCHEMA = Path(__file__).with_name("schema.sql")
EXTENSIONS = ("citext", "hstore", "pg_trgm")
VERSION = 17
# `replica` is what servers have as they come, and what lets the log leave out what a change leaves as it was.
_SETTINGS = {"log_statement": "none", "track_io_timing": "off", "wal_level": "replica"}

# Permits are wide, so that nothing but what the gate says of labels stands in the way. `reader` may read everything,
# write what is not labelled, have temporary objects, and run what is PostgreSQL's own; `matcher` may also ask whether
# an address is this one; `writer` may write to every table; `builder` may also make things in the schema `lab`, and run
# any code. Nobody may unmask; `filterer` alone may filter, and must still be shown no value.
POLICIES = {
    "attackers": """
permit (
  principal in Group::"corp/attackers",
  action in [Action::"connect", Action::"read"],
  resource == Resource::"leaks"
);
permit (principal in Group::"corp/attackers", action == Action::"read", resource in Schema::"leaks/public");
permit (
  principal in Group::"corp/attackers",
  action in [Action::"read", Action::"execute"],
  resource
)
when { resource in Schema::"leaks/pg_catalog" || resource in Schema::"leaks/information_schema" };
permit (
  principal in Group::"corp/attackers",
  action in [Action::"read", Action::"write", Action::"define"],
  resource in Schema::"leaks/pg_temp"
);
permit (principal in Group::"corp/attackers", action == Action::"write", resource in Schema::"leaks/public")
when {
  ["scratch", "scratch_unique", "scratch_small", "scratch_seq", "scratch_id_seq", "vouchers"].contains(resource.name)
};
permit (principal in Group::"corp/attackers", action in [Action::"read", Action::"write"], resource is Channel);
permit (principal in Group::"corp/attackers", action in [Action::"read", Action::"write"], resource is LargeObject);
permit (principal in Group::"corp/attackers", action in [Action::"read", Action::"write"], resource is Setting);
permit (
  principal in Group::"corp/matchers",
  action == Action::"match",
  resource == Column::"leaks/public.customers.email"
);
permit (principal in Group::"corp/writers", action == Action::"write", resource in Schema::"leaks/public")
when { resource is Table || resource is Column };
permit (
  principal in Group::"corp/filterers",
  action in [Action::"match", Action::"filter"],
  resource in Schema::"leaks/public"
);
permit (
  principal in Group::"corp/builders",
  action in [Action::"read", Action::"write", Action::"define"],
  resource in Schema::"leaks/lab"
);
permit (principal in Group::"corp/builders", action == Action::"execute", resource);
permit (
  principal in Group::"corp/builders",
  action in [Action::"define", Action::"read", Action::"execute"],
  resource
)
when { resource is Language || resource is Type || resource is Operator || resource is Function };
""",
}
GROUPS = {
    "reader": ("attackers",),
    "matcher": ("attackers", "matchers"),
    "builder": ("attackers", "builders"),
    "writer": ("attackers", "writers"),
    "filterer": ("attackers", "writers", "filterers"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """What runs. `gate` is None where the corpus runs raw; `temporary` is the gate's own temporary folder."""

    server: TestPostgres
    planted: Planted
    direct: Route
    gate: Gate | None = None
    temporary: Path | None = None
    _routes: dict[str, Route] = field(default_factory=dict)

    def route(self, who: str = "reader") -> Route:
        """Return the way in: as this attacker through the gate, or raw as the role that the gate signs in as."""
        if self.gate is None:
            return self.direct
        if who not in self._routes:  # a token takes longer to sign than most attacks take
            self._routes[who] = self.gate.route(who, *GROUPS[who], database=DATABASE)
        return self._routes[who]


@contextmanager
def server_with(planted: Planted, version: int = VERSION) -> Iterator[tuple[TestPostgres, Route]]:
    """Start a PostgreSQL that holds the planted rows in the database `leaks`; yield it and the direct way."""
    folder = Path(tempfile.mkdtemp(prefix="yett-leaks-"))
    try:
        authority = new_authority(folder / "authority")
        with running(releases()[version], authority, _SETTINGS) as server:
            server.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{PASSWORD.replace(chr(39), chr(39) * 2)}'")
            fill(server, DATABASE, planted)
            # The gate and the attackers reach this server in the clear: what is read is what was on the wire.
            plain = replace(server, release=replace(server.release, tls=False))
            yield plain, _direct(plain, DATABASE)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def fill(server: TestPostgres, database: str, planted: Planted) -> None:
    """Make a database of this name that holds the schema and the planted rows, with statistics gathered."""
    server.create_database(database, OWNER)
    server.execute(*(f"CREATE EXTENSION {name}" for name in EXTENSIONS), database=database)
    with _direct(server, database).connect(autocommit=False) as connection:
        connection.execute(SCHEMA.read_text())
        for name, table in planted.tables.items():
            if name == "bookings":
                continue
            command = f"COPY {name} ({', '.join(table.columns)}) FROM STDIN"
            with connection.cursor().copy(command) as copy:
                for row in table.rows:
                    copy.write(copy_line(row))
        connection.execute("REFRESH MATERIALIZED VIEW code_archive")
        # COPY would be refused before.
        for name in ("kept", "wills", "claims"):
            connection.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
        connection.commit()
        for row in planted.tables["bookings"].rows:
            connection.execute("INSERT INTO bookings VALUES (%s, %s)", row)
            connection.commit()
    server.execute("ANALYZE", database=database)


@contextmanager
def gate_for(
    server: TestPostgres, planted: Planted, *, style: str = "redact", extra: str = "", database: str = DATABASE
) -> Iterator[Place]:
    """Start a gate before a filled server, whose labels are covered in this style; yield the place behind it."""
    folder = Path(tempfile.mkdtemp(prefix="yett-leaks-gate-"))
    try:
        authority = new_authority(folder / "authority")
        with (
            _temporary_folder(folder / "tmp") as temporary,
            _core_dumps_on(),
            gate_before(
                server, authority, policies=POLICIES, resources={"leaks": database}, extra=settings(style) + extra
            ) as gate,
        ):
            yield Place(server, planted, _direct(server, database), gate, temporary)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def place(seed: int, *, version: int = VERSION, style: str = "redact", extra: str = "") -> Iterator[Place]:
    """Start server and gate with secrets drawn from `seed`; everything is ended and removed afterwards."""
    planted = plant(seed)
    with server_with(planted, version) as (server, _), gate_for(server, planted, style=style, extra=extra) as found:
        yield found


def settings(style: str = "redact") -> str:
    """Return the part of yett.toml that labels the planted columns and says how they are covered.

    No detector looks at what is not labelled, so that none hides a wrong lineage.
    """
    data = "\n".join(f'"{column}" = "{label}"' for column, label in LABELS.items())
    masks = "\n".join(f'[masks.{label}]\nstyle = "{style}"\n' for label in sorted(set(LABELS.values())))
    return f"""
[limits]
sessions_per_principal = 1000

[data.leaks]
unlabelled = "open"
{data}

{masks}
"""


def _direct(server: TestPostgres, database: str) -> Route:
    return Route("direct", server, server.host, server.port, OWNER, PASSWORD, database)


@contextmanager
def _temporary_folder(folder: Path) -> Iterator[Path]:
    """Let what starts in here have its temporary files in this folder, where they can be searched."""
    folder.mkdir(parents=True)
    with _variable("TMPDIR", str(folder)):
        yield folder


@contextmanager
def _core_dumps_on() -> Iterator[None]:
    """Let what starts in here be allowed to leave core dumps, so that it is seen to forbid them itself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, (soft, hard))


@contextmanager
def _variable(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
