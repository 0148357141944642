"""What psql, pg_dump and PostgreSQL's own scripts say is understood whole, with nothing unknown in it."""

import re
import subprocess
from pathlib import Path

import pytest

from yett.core.targets import Effect
from yett.protocols.postgres.sql.refs import RefKind
from yett.protocols.postgres.sql.understanding import Limits, understand

# A logged statement goes on in lines that begin with a tab.
_STATEMENT = re.compile(r"LOG:  (?:statement|execute [^:]*): (.*(?:\n\t.*)*)")
_OBJECTS = (
    "CREATE TABLE t (id serial PRIMARY KEY, x text CHECK (x <> ''), y int REFERENCES t (id))",
    "CREATE VIEW v AS SELECT * FROM t",
    "CREATE MATERIALIZED VIEW m AS SELECT 1 AS a",
    "CREATE TYPE mood AS ENUM ('a', 'b')",
    "CREATE STATISTICS st ON id, y FROM t",
    "CREATE TABLE part (a int) PARTITION BY RANGE (a)",
    "CREATE TABLE p1 PARTITION OF part FOR VALUES FROM (1) TO (2)",
    "CREATE PUBLICATION pb FOR TABLE t",
    "CREATE POLICY po ON t USING (true)",
)
_COMMAND_WORDS = r"""
\d \d+ \dt+ \di+ \dv+ \dm+ \ds+ \dE+ \dS+ \da \dA+ \dAc+ \dAf+ \dAo+ \dAp+ \db+ \dc+ \dC+ \dd \dD+ \ddp \des+ \det+
\dew+ \df+ \dF+ \dFd+ \dFp+ \dFt+ \dg+ \dl+ \dL+ \dn+ \do+ \dO+ \dp \dP+ \drds \dRp+ \dT+ \du+ \dx+ \dX \dy+ \l+ \z
"""
_COMMANDS = _COMMAND_WORDS.split()
_DESCRIBED = (
    r"\d+ t",
    r"\d+ v",
    r"\d+ m",
    r"\d+ part",
    r"\d+ p1",
    r"\d t_id_seq",
    r"\d t_pkey",
    r"\dT+ mood",
    r"\sv v",
)


@pytest.fixture(scope="module")
def spoken(postgres15):
    """Return every statement that psql sends for its describing commands."""
    database = postgres15.create_database("described")
    postgres15.execute(*_OBJECTS, database=database)
    options = [argument for command in (*_COMMANDS, *_DESCRIBED) for argument in ("-c", command)]
    program = ["psql", "-X", "-E", "-v", "ON_ERROR_STOP=0", postgres15.dsn(database=database), *options]
    output = subprocess.run(program, capture_output=True, text=True, check=True, timeout=50).stdout
    found = output.split("********* QUERY **********\n")[1:]
    return [part.split("\n**************************")[0] for part in found]


def test_psqls_describing_commands_only_read_the_catalog(spoken):
    assert len(spoken) > 80
    for text in spoken:
        (one,) = understand(text).statements
        assert one.kind == "SELECT", text
        assert {touch.effect for touch in one.touches} <= {Effect.CONNECT, Effect.READ}, text
        read = [touch.ref for touch in one.touches if touch.effect is Effect.READ]
        assert all(ref.schema == "pg_catalog" or ref.name.startswith("pg_") for ref in read), text
        assert not one.barrier


def test_pg_dump_reads_locks_and_sets(postgres15):
    database = postgres15.create_database("dumped")
    postgres15.execute(*_OBJECTS[:6], database=database)
    before = len(postgres15.log_text)
    subprocess.run(["pg_dump", "-d", postgres15.dsn(database=database)], check=True, timeout=50, capture_output=True)
    said = _STATEMENT.findall(postgres15.log_text[before:])
    assert len(said) > 20
    effects = set()
    for text in said:
        understood = understand(text)
        assert understood.refusal is None, text
        effects |= {(touch.effect, touch.ref.kind) for one in understood.statements for touch in one.touches}
    assert {effect for effect, _ in effects} <= {Effect.CONNECT, Effect.READ, Effect.WRITE}
    assert {kind for effect, kind in effects if effect is Effect.WRITE} <= {RefKind.SETTING}


@pytest.mark.parametrize("script", ["information_schema.sql", "system_views.sql", "system_functions.sql"])
def test_the_servers_own_scripts_are_understood_whole(script, postgres15):
    path = postgres15.tool("pg_config")
    folder = subprocess.run([path, "--sharedir"], capture_output=True, text=True, check=True).stdout.strip()
    understood = understand(Path(folder, script).read_text(encoding="utf-8"), Limits(text_bytes_max=1 << 22))
    assert understood.refusal is None
    assert len(understood.statements) > 40
    assert all(one.refusal is None for one in understood.statements)
