"""A small shop whose columns the tests trace, and short words for what the analyser says of a statement.

A base column is written as its letter-dot-name (`c.email`); an output as `verbatim c.email`, `derived c.email` or
`constant`, with `!` and the columns at risk, and `opaque` where something cannot be seen through.
"""

from yett.protocols.postgres.sql.functions import builtin_acts, is_builtin_operator, is_builtin_type
from yett.protocols.postgres.sql.grammar import parse
from yett.protocols.postgres.sql.lineage.known import Base, Column, RelationColumns
from yett.protocols.postgres.sql.lineage.result import Lineage, Output
from yett.protocols.postgres.sql.lineage.statements import trace

OIDS = {"text": 25, "varchar": 1043, "int": 23, "bigint": 20, "numeric": 1700, "date": 1082, "bool": 16, "jsonb": 3802,
        "text[]": 1009, "uuid": 2950, "timestamptz": 1184, "float8": 701, "name": 19, "oid": 26}  # fmt: skip  # a table


def table(oid: int, name: str, columns: str, definition: str = "", schema: str = "public") -> RelationColumns:
    """Return a relation from `name type, name type …`."""
    pairs = [one.split() for one in columns.split(",")]
    made = tuple(Column(name, at, OIDS.get(kind, 0), generated=False) for at, (name, kind) in enumerate(pairs, 1))
    return RelationColumns(oid, schema, name, made, definition)


RELATIONS = [
    table(20001, "customers", "id int, name text, email text, ssn varchar, balance numeric, born date, tags text[]"),
    table(20002, "orders", "id int, customer_id int, total numeric, note text, status text"),
    table(20003, "docs", "id int, body jsonb, owner text, mood mood"),
    table(20004, "archive", "id int, email text, short varchar, at timestamptz"),
    table(20005, "scratch", "id int, big text", schema="pg_temp_3"),
    table(20010, "people", "id int, mail text", "SELECT customers.id, customers.email AS mail FROM customers"),
    table(20011, "rich", "id int, mail text", "SELECT p.id, p.mail FROM people p JOIN customers c ON c.id = p.id"
          " WHERE c.balance > 1000::numeric;"),
    table(20012, "loop1", "id int", "SELECT loop2.id FROM loop2"),
    table(20013, "loop2", "id int", "SELECT loop1.id FROM loop1"),
    table(20014, "casts", "id int, n int", "SELECT customers.id, customers.ssn::integer AS n FROM customers"),
    table(1259, "pg_class", "oid oid, relname name", schema="pg_catalog"),
    table(12000, "pg_stats", "tablename name, most_common_vals text[]", "SELECT 1", schema="pg_catalog"),
]  # fmt: skip  # a table
LETTERS = {20001: "c", 20002: "o", 20003: "d", 20004: "a", 20005: "s", 1259: "pg_class", 12000: "pg_stats"}
NAMES = {
    (relation.oid, column.number): f"{LETTERS[relation.oid]}.{column.name}"
    for relation in RELATIONS
    if relation.oid in LETTERS
    for column in relation.columns
}


class Shop:
    """What is known of the shop."""

    def relation(self, schema: str | None, name: str) -> RelationColumns | None:
        return next((one for one in RELATIONS if one.name == name and schema in (None, one.schema)), None)

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


def traced(text: str) -> Lineage:
    """Return the lineage of the one statement in `text`."""
    (only,) = parse(text).stmts
    return trace(only["stmt"], Shop())


def words(columns: frozenset[Base]) -> str:
    """Return base columns by name, in order."""
    return " ".join(sorted(NAMES[base] for base in columns))


def said(output: Output) -> str:
    """Return an output in words."""
    kind = "verbatim" if output.verbatim else "derived" if output.sources else "" if output.opaque else "constant"
    parts = [kind, words(output.sources), f"!{words(output.risky)}" if output.risky else ""]
    return " ".join([*filter(None, parts), *(["opaque"] if output.opaque else [])])


def shown(text: str) -> list[str]:
    """Return every output of a statement in words."""
    return [said(output) for output in traced(text).outputs]
