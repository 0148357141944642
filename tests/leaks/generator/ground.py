"""The ground truth: two databases that differ only in what stands in their labelled columns."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import psycopg
from psycopg import sql

from leaks.generator.answers import Answer, Client
from leaks.generator.planted import rows
from leaks.generator.programs import How, Program
from servers.postgres import TestPostgres

SIDES = ("ground_one", "ground_two")
"""Names of the same length, so that nothing but labelled values can differ in any byte."""

SERVER = {"autovacuum": "off", "log_statement": "none"}
"""The settings of a server that both databases may be made on."""

_TEMPLATE = "ground_empty"
# Whatever the labelled values are, both sides must run the same plans: rows without an order keep theirs then.
# (They are never analyzed either; the server must run without autovacuum.)
_OFF = ("enable_hashjoin", "enable_mergejoin", "enable_hashagg", "jit")
_SCHEMA = Path(__file__).with_name("schema.sql")


@dataclass(frozen=True, slots=True)
class Pair:
    """A client at each side, and one that cleans up behind it. What one program answers at both is compared."""

    clients: tuple[Client, Client]
    cleaners: tuple[Client, Client]

    def run(self, program: Program) -> tuple[list[Answer], list[Answer]]:
        """Run a program at both sides, each in a transaction that is rolled back."""
        one, other = (run(client, program) for client in self.clients)
        if program.changes:
            # What was rolled back still takes room, more on the side whose values are longer: plans would differ.
            for cleaner in self.cleaners:
                cleaner.simple("VACUUM people, partners, accounts, visits, teams")
        return one, [_as_first(answer) for answer in other]

    @property
    def broken(self) -> bool:
        """Tell whether one of the connections was ended from the other side."""
        return any(client.broken for client in self.clients)

    def close(self) -> None:
        """End both connections."""
        for client in (*self.clients, *self.cleaners):
            client.close()


def pair(server: TestPostgres, dsns: Sequence[str]) -> Pair:
    """Return connections to both sides by these connection strings; the server's superuser cleans up."""
    one, other = (Client(dsn) for dsn in dsns)
    first, second = (Client(server.dsn(database=side)) for side in SIDES)
    return Pair((one, other), (first, second))


def direct_pair(server: TestPostgres, user: str = "") -> Pair:
    """Return connections straight to both sides."""
    return pair(server, [server.dsn(user, side) for side in SIDES])


def make_ground(server: TestPostgres, owner: str) -> None:
    """Make and fill both databases; types, tables and views have the same numbers in both."""
    server.create_database(_TEMPLATE, owner)
    with psycopg.connect(server.dsn(database=_TEMPLATE), autocommit=True) as connection:
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(owner)))
        connection.execute(_SCHEMA.read_text(encoding="utf-8"))
    for side, name in enumerate(SIDES):
        with server.connect() as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    *map(sql.Identifier, (name, _TEMPLATE, owner))
                )
            )
            for setting in _OFF:
                connection.execute(
                    sql.SQL("ALTER DATABASE {} SET {} = off").format(sql.Identifier(name), sql.Identifier(setting))
                )
            connection.execute(sql.SQL("ALTER DATABASE {} SET statement_timeout = '5s'").format(sql.Identifier(name)))
        _plant(server, name, side)


def run(client: Client, program: Program) -> list[Answer]:
    """Run a program in a transaction and roll it back; returns what each of its steps answered."""
    client.simple("BEGIN")
    found: list[Answer] = []
    for step in program.steps:
        found += _sent(client, step, program)
        if found[-1].error:
            break
    client.simple("ROLLBACK")
    return found


def _sent(client: Client, step: str, program: Program) -> Sequence[Answer]:
    if program.how is How.SIMPLE or "; " in step:
        return client.simple(step)
    given = [one.encode() for one in program.given]
    alone = ("DECLARE", "FETCH", "PREPARE", "EXECUTE", "DEALLOCATE", "CREATE")
    if program.how is How.TWICE and not step.startswith(alone):
        return client.prepared(step, given)
    return [client.extended(step, given, binary=program.how is How.BINARY)]


def _as_first(answer: Answer) -> Answer:
    """Return the second side's answer as the first side would word it: messages name the resource."""
    if not answer.error and not answer.notices:
        return answer
    told = tuple(part.replace(SIDES[1], SIDES[0]) for part in answer.error)
    notices = tuple(tuple(part.replace(SIDES[1], SIDES[0]) for part in notice) for notice in answer.notices)
    return replace(answer, error=told, notices=notices)


def _plant(server: TestPostgres, database: str, side: int) -> None:
    with server.connect(database=database, autocommit=False) as connection, connection.cursor() as cursor:
        for table, columns, found in rows(side):
            with cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                for row in found:
                    copy.write_row(row)
        cursor.execute("REFRESH MATERIALIZED VIEW snapshot")
