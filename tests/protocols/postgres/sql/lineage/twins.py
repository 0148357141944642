"""Two schemas that differ in nothing but labelled values: what differs in their answers has told something of them."""

import random
from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from yett.protocols.postgres.sql.functions import builtin_acts, is_builtin_operator, is_builtin_type
from yett.protocols.postgres.sql.grammar import parse
from yett.protocols.postgres.sql.lineage.known import Base, Column, RelationColumns
from yett.protocols.postgres.sql.lineage.result import Lineage
from yett.protocols.postgres.sql.lineage.statements import trace

TABLES = """
create table people (id int primary key, name text, email text, ssn varchar(40), balance numeric, born date, age int,
  tags text[], doc jsonb, active bool, points float8);
create table orders (id int primary key, person_id int, total numeric, note text, status varchar(20), made timestamptz);
create table notes (id int, email text, body text, secret text);
create view contacts as select id, email as mail, name from people;
create view lively as select p.id, p.name, o.note, p.ssn from people p join orders o on o.person_id = p.id
  where p.active;
create table vault (id int, short varchar(5), email text, amount int);
"""
LABELLED = frozenset(
    ["people.email", "people.ssn", "people.balance", "people.born", "people.age", "people.tags", "people.doc",
     "people.points", "notes.secret"]
)  # fmt: skip  # a list of words
PEOPLE = (
    [
        (1, "ann", "ann@x.org", "111", "10.5", "2000-01-01", 30, ["a", "b"], '{"k": 1}', True, 1.5),
        (2, "bob", "bob@x.org", "222", "20", "1990-05-05", 40, ["c"], '{"k": "v"}', True, 2.0),
        (3, "cyd", "50%\\", "333", "0", "1980-01-01", 0, [], "[1, 2]", False, 0.0),
        (4, "dan", "7", "4", "-1", "infinity", -5, None, "3", True, 9.0),
        (5, "eve", None, None, None, None, None, ["x", None], None, True, None),
    ],
    [
        (1, "ann", None, "12a", "1e300", "infinity", 2147483647, None, '"s"', True, 1e308),
        (2, "bob", "", "", "0", "0001-01-01 BC", -2147483648, [], "[]", True, -1e308),
        (3, "cyd", "zz\\", "9" * 40, "NaN", "5874897-01-01", 0, ["a", "b", "c"], "null", False, float("nan")),
        (4, "dan", "x" * 5000, "5", "7", None, 1, ["c"], '{"z": [1]}', True, 0.0),
        (5, "eve", "'; --", " 6 ", "3", "2000-01-01", 6, ["d"], "true", True, 1e-300),
    ],
)
SECRETS = (["s1", "s2", "9", None], [None, "", "t" * 3000, "\\"])


def make_twins(connection: psycopg.Connection) -> None:
    """Make schemas twin_0 and twin_1."""
    for at, (people, secrets) in enumerate(zip(PEOPLE, SECRETS, strict=True)):
        connection.execute(f"create schema twin_{at}; set search_path to twin_{at}; {TABLES}")
        for one in people:
            connection.execute(
                "insert into people values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [str(v) if isinstance(v, float) else v for v in one],
            )
        for n in range(1, 9):
            row = (n, n % 5 + 1, n * 3, f"note {n}" if n != 4 else None, "open" if n % 2 else "paid", f"2024-01-0{n}")
            connection.execute("insert into orders values (%s, %s, %s, %s, %s, %s)", row)
        for n, secret in enumerate(secrets, 1):
            connection.execute("insert into notes values (%s, %s, %s, %s)", (n, f"pub{n}@y.org", f"b{n}", secret))
        connection.execute("insert into vault values (1, 'v', 'e', 5)")


class Twin:
    """What is known of one of the schemas, read from its catalog."""

    def __init__(self, connection: psycopg.Connection, schema: str) -> None:
        self.schema = schema
        self.relations: dict[str, RelationColumns] = {}
        for oid, name, definition in connection.execute(
            "select oid::int, relname, case relkind when 'v' then pg_get_viewdef(oid) else '' end from pg_class"
            " where relnamespace = %s::regnamespace and relkind in ('r', 'v')",
            [schema],
        ).fetchall():
            columns = connection.execute(
                "select attname, attnum, atttypid::int from pg_attribute where attrelid = %s and attnum > 0"
                " order by attnum",
                [oid],
            ).fetchall()
            made = tuple(Column(*row, generated=False) for row in columns)
            self.relations[name] = RelationColumns(oid, schema, name, made, definition)
        self.labelled: frozenset[Base] = frozenset(
            (relation.oid, column.number)
            for relation in self.relations.values()
            for column in relation.columns
            if f"{relation.name}.{column.name}" in LABELLED
        )

    def relation(self, schema: str | None, name: str) -> RelationColumns | None:
        return self.relations.get(name) if schema in (None, self.schema) else None

    def is_builtin_function(self, schema: str | None, name: str, arity: int) -> bool:
        return builtin_acts(name) is not None

    def is_builtin_operator(self, schema: str | None, name: str, arity: int) -> bool:
        return is_builtin_operator(name)

    def sql_function(self, schema: str | None, name: str, arity: int) -> None:
        """No function's body is known here."""

    def is_builtin_type(self, schema: str | None, name: str) -> bool:
        return is_builtin_type(name)

    def in_index(self, base: Base) -> bool:
        return False

    def shows_null(self, base: Base) -> bool:
        return False

    def trace(self, text: str) -> Lineage:
        return trace(parse(text).stmts[0]["stmt"], self)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one of the schemas answered."""

    error: str
    rows: tuple[tuple[object, ...], ...] = ()
    origins: tuple[Base, ...] = ()


def ask(connection: psycopg.Connection, schema: str, text: str) -> Answer:
    """Run a statement in a schema, undoing it."""
    connection.execute(
        sql.SQL("begin; set local search_path to {}; select setseed(0.5)").format(sql.Identifier(schema))
    )
    try:
        cursor = connection.execute(text)
        result = cursor.pgresult
        if cursor.description is None or result is None:
            return Answer("", ((cursor.rowcount,),))
        rows = tuple(
            tuple(result.get_value(row, column) for column in range(result.nfields)) for row in range(result.ntuples)
        )
        origins = tuple((result.ftable(at), result.ftablecol(at)) for at in range(result.nfields))
        return Answer("", rows, origins)
    except psycopg.Error as error:
        return Answer(error.sqlstate or "?")
    finally:
        connection.execute("rollback")


def told(lineage: Lineage, labelled: frozenset[Base], answers: Sequence[Answer]) -> str:  # noqa: PLR0911 (one for each way to tell)
    """Say what the answers tell of labelled values though the lineage says that they cannot; empty if nothing."""
    shown = [*lineage.outputs, *([lineage.every] if lineage.every is not None else [])]
    at_risk = lineage.shaping.union(lineage.matched, *(one.risky for one in shown))
    if at_risk & labelled or lineage.opaque_shaping or any(one.opaque_risky for one in shown):
        return ""
    first, second = answers
    if first.error != second.error:
        return f"error {first.error or 'none'} or {second.error or 'none'}"
    if first.error or lineage.every is not None:
        return ""
    if len(first.rows) != len(second.rows):
        return f"{len(first.rows)} or {len(second.rows)} rows"
    clean = [at for at, one in enumerate(lineage.outputs) if not one.sources & labelled and not one.opaque]
    if not lineage.outputs:
        return "" if first.rows == second.rows else "row counts"
    if first.rows and len(first.rows[0]) != len(lineage.outputs):
        return f"{len(first.rows[0])} columns, {len(lineage.outputs)} expected"
    kept = [sorted(repr([row[at] for at in clean]) for row in answer.rows) for answer in answers]
    return "" if kept[0] == kept[1] else f"columns {clean}"


def misplaced(lineage: Lineage, origins: Sequence[Base], tables: frozenset[int]) -> str:
    """Say where the server's own column origin contradicts the lineage."""
    for at, (output, origin) in enumerate(zip(lineage.outputs, origins, strict=False)):
        if origin[0] not in tables or not origin[1]:
            continue
        if origin not in output.sources and not output.opaque:
            return f"column {at}: the server says {origin}"
        if output.verbatim is not None and output.verbatim != origin:
            return f"column {at}: verbatim {output.verbatim}, the server says {origin}"
    return ""


def new_random(seed: int) -> random.Random:
    """Return a repeatable source of statements."""
    return random.Random(seed)
