"""What somebody restricted runs outside a transaction is committed once it is answered, on every release."""

from collections.abc import Callable, Iterator

import psycopg
import pytest

from e2e.conftest import direct_route
from e2e.gates import Gate, gate_before
from e2e.raw import sign_in
from e2e.routes import OWNER
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.protocols.postgres import codec

POLICIES = {
    "writers": """
permit (
  principal in Group::"corp/writers",
  action in [Action::"connect", Action::"read", Action::"write", Action::"define", Action::"execute"],
  resource
);
"""
}
SCHEMA = "CREATE TABLE kept (id int PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, note text)"
DATA = codec.message(b"d", b"1\tx\n")


@pytest.fixture(scope="module", params=[17, 18])
def gate(request: pytest.FixtureRequest, filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate whose writers may write, and are restricted."""
    server = filled(request.param)
    server.create_database("kept", OWNER)
    with gate_before(server, authority, policies=POLICIES, resources={"e2e": "kept"}) as found:
        yield found
    server.drop_database("kept")


@pytest.fixture
def direct(gate: Gate) -> Iterator[psycopg.Connection]:
    with direct_route(gate.server, "kept").connect() as connection:
        connection.execute("DROP TABLE IF EXISTS kept")
        connection.execute(SCHEMA)
        yield connection


def test_each_text_is_committed_before_its_end_is_told(gate, direct):
    with sign_in(gate.route("wil", "writers")) as peer:
        for number, text in enumerate(
            (
                "INSERT INTO kept VALUES (10, 'costs $5')",
                "INSERT INTO kept VALUES (11, $$x$$); INSERT INTO kept VALUES (12)",
                "COPY kept FROM STDIN",
                "TRUNCATE kept",
                "COPY kept FROM STDIN",
            )
        ):
            peer.say(codec.query(text))
            if "STDIN" in text:
                assert [kind for kind, _ in peer.hear(quiet=1)] == [b"G"]
                peer.say(DATA, codec.COPY_DONE)
            heard = peer.hear()
            assert heard[-2][0] == b"C"
            assert heard[-1] == (b"Z", b"I")
            wanted = (1, 3, 4, 0, 1)[number]
            assert direct.execute("SELECT count(*) FROM kept").fetchone() == (wanted,)


def test_errors_keep_their_place(gate, direct):
    with sign_in(gate.route("wil", "writers")) as peer:
        for said, kinds in (
            ((codec.query("INSERT INTO kept VALUES (1, '$'), (1, '$')"),), b"EZ"),
            ((codec.query("COPY kept (id) FROM STDIN"), DATA, codec.COPY_DONE), b"GEZ"),
            ((codec.query("COPY kept FROM STDIN"), DATA, codec.message(b"f", b"no\0")), b"GEZ"),
            ((codec.query("COPY kept FROM STDIN"), DATA, DATA, codec.COPY_DONE), b"GEZ"),
            ((codec.query("SELECT 1 / '0$'::int FROM kept"),), b"EZ"),
            ((codec.query("BEGIN; INSERT INTO kept VALUES (2, '$')"),), b"CCZ"),
            ((codec.query("ROLLBACK"),), b"CZ"),
            ((codec.query("SELECT 1"),), b"TDCZ"),
        ):
            peer.say(*said)
            heard = [one for one in peer.hear() if one[0] != b"N"]
            assert b"".join(kind for kind, _ in heard).replace(b"CEZ", b"EZ") == kinds, said
            assert heard[-1][1] == (b"T" if kinds == b"CCZ" else b"I"), said
    assert direct.execute("SELECT count(*) FROM kept").fetchone() == (0,)
