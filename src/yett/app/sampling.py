"""Looks at a few rows of each table of a target, read-only and within limits, and hands each column's values on."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from yett.app.targets import Rows, ask, quoted_text
from yett.core.errors import UpstreamFailed
from yett.masking.proposals import ColumnSample
from yett.protocols._wire.dialogue import Opening

VALUE_CHARACTERS_MAX = 2_000
_COLUMNS_AT_ONCE = 40
_LARGE = 20
"""A table with so many times the rows that are wanted is sampled by pages; of a smaller one the first rows are read."""

# With this path every operator and type below is PostgreSQL's own.
_SETTINGS = (
    "SET search_path = pg_catalog",
    "SET default_transaction_read_only = on",
    "SET lock_timeout = 500",
    "SET bytea_output = 'hex'",
)
_TABLES = """
SELECT n.nspname, c.relname, c.relkind, c.reltuples::pg_catalog.int8
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'm', 'f') AND NOT c.relispartition
AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg\\_temp\\_%'
AND pg_catalog.has_table_privilege(c.oid, 'SELECT')
ORDER BY 1, 2 LIMIT 9000
"""
# Texts of all kinds, their arrays and domains, and numbers large enough for a card or an identity number.
_COLUMNS = """
SELECT a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod),
pg_catalog.col_description(c.oid, a.attnum::pg_catalog.int4), b.typname
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND t.typcategory = 'A'
JOIN pg_catalog.pg_type b ON b.oid = CASE WHEN e.oid IS NULL THEN
  CASE WHEN t.typtype = 'd' THEN t.typbasetype ELSE t.oid END ELSE e.oid END
WHERE n.nspname = %s AND c.relname = %s AND a.attnum > 0 AND NOT a.attisdropped
AND (b.typcategory IN ('S', 'E') OR b.typname IN
('json', 'jsonb', 'xml', 'bytea', 'hstore', 'citext', 'int8', 'numeric', 'inet', 'cidr'))
ORDER BY a.attnum
"""


@dataclass(frozen=True, slots=True)
class SampledTable:
    """One table of a target: some values of its columns, which are never printed or kept. Not all can be read."""

    schema: str
    table: str
    number: int
    tables: int
    columns: tuple[ColumnSample, ...]
    readable: bool = True


@dataclass(frozen=True, slots=True)
class _Table:
    schema: str
    name: str
    kind: str
    estimate: int


def sampling(
    wanted: Callable[[str, str], bool], rows_max: int, seconds: float, taken: Callable[[SampledTable], None]
) -> Opening[None]:
    """Say what must be said to a target to hand each wanted table to `taken`, at most `rows_max` rows of each.

    Each is read in a transaction of its own, which may take so many seconds.

    Raises UpstreamFailed where the target does not accept the limits under which it is to be read.
    """
    for setting in (*_SETTINGS, f"SET statement_timeout = {int(seconds * 1000)}"):
        if (yield from ask(setting)) is None:
            message = f"the target refuses {setting!r}, and it is not read without that limit"
            raise UpstreamFailed(message, hint="is there PostgreSQL 15 or newer at that address?")
    known = [_table(row) for row in (yield from ask(_TABLES)) or ()]
    tables = [table for table in known if wanted(table.schema, table.name)]
    for number, table in enumerate(tables, start=1):
        columns = yield from _columns(table, rows_max)
        readable = columns is not None
        taken(SampledTable(table.schema, table.name, number, len(tables), columns or (), readable))


def _columns(table: _Table, rows_max: int) -> Opening[tuple[ColumnSample, ...] | None]:
    known = yield from ask(_COLUMNS % (quoted_text(table.schema), quoted_text(table.name)))
    if known is None:
        return None
    found: list[ColumnSample] = []
    for at in range(0, len(known), _COLUMNS_AT_ONCE):
        some = known[at : at + _COLUMNS_AT_ONCE]
        rows = yield from ask(_sample(table, some, rows_max))
        if rows is None:
            return None
        found += _sampled(table, some, rows)
    return tuple(found)


def _sampled(table: _Table, columns: Rows, rows: Rows) -> Iterator[ColumnSample]:
    for index, (name, type_name, comment, base) in enumerate(columns):
        values = (row[index] for row in rows)
        plain = tuple(_bytes(value, base or "") for value in values if value is not None)
        yield ColumnSample(table.schema, table.name, name or "", type_name or "", plain, comment or "")


def _bytes(value: str, base: str) -> bytes:
    if base == "bytea" and value.startswith("\\x"):
        return bytes.fromhex(value[2:])
    return value.encode().replace(b"\0", b"")


def _sample(table: _Table, columns: Sequence[tuple[str | None, ...]], rows_max: int) -> str:
    shown = ", ".join(_shown(name or "", base or "", type_name or "") for name, type_name, _, base in columns)
    part = ""
    if table.kind in "rpm" and table.estimate > rows_max * _LARGE:
        # Twice what is wanted, as pages are not equally full; repeatable, so that a second look proposes the same.
        part = f" TABLESAMPLE SYSTEM ({min(100.0, 200.0 * rows_max / table.estimate):.6f}) REPEATABLE (0)"
    place = f"{_name(table.schema)}.{_name(table.name)}"
    return f"SELECT {shown} FROM {place}{part} LIMIT {rows_max}"  # noqa: S608 - every name is quoted


def _shown(name: str, base: str, type_name: str) -> str:
    if base == "bytea" and not type_name.endswith("]"):
        return f"pg_catalog.substring({_name(name)}::pg_catalog.bytea, 1, {VALUE_CHARACTERS_MAX})"
    return f"pg_catalog.left({_name(name)}::pg_catalog.text, {VALUE_CHARACTERS_MAX})"


def _table(row: tuple[str | None, ...]) -> _Table:
    schema, name, kind, estimate = row
    return _Table(schema or "", name or "", kind or "", int(estimate or -1))


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
