"""Reads what there is at a target that could be granted: schemas, tables with their columns, sequences, routines."""

import json
from dataclasses import dataclass

from yett.core.errors import UpstreamFailed
from yett.protocols._wire.dialogue import Opening
from yett.protocols.postgres.leasing.query import Row, query

_OBJECTS_MAX = 20_000
_RIGHTS = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")

# With this path every operator, type and function below is PostgreSQL's own, and every name is shown with its schema.
SETTINGS = (
    "SET search_path = pg_catalog; SET lock_timeout = '10s'; SET statement_timeout = '60s'; SET client_encoding = UTF8"
    "; SET client_min_messages = error; SET standard_conforming_strings = on; SET default_transaction_read_only = off"
)
_OURS = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp_|toast_temp_)'"
_MAY_GRANT = " || ".join(
    f"CASE WHEN pg_has_role(c.relowner, 'USAGE') OR has_table_privilege(c.oid, '{right} WITH GRANT OPTION')"
    f" THEN '{right[0]}' ELSE '' END"
    for right in _RIGHTS
)
_SCHEMAS = f"""
SELECT n.nspname FROM pg_namespace n WHERE {_OURS}
AND (pg_has_role(n.nspowner, 'USAGE') OR has_schema_privilege(n.oid, 'USAGE WITH GRANT OPTION')) ORDER BY 1
LIMIT {_OBJECTS_MAX}
"""  # noqa: S608 - made of constants
_TABLES = f"""
SELECT n.nspname, c.relname, {_MAY_GRANT}, (
  SELECT json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), col_description(c.oid, a.attnum))
  ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND {_OURS} ORDER BY 1, 2 LIMIT {_OBJECTS_MAX}
"""  # noqa: S608 - made of constants
_SEQUENCES = f"""
SELECT n.nspname, c.relname, (
  SELECT json_agg(json_build_array(tn.nspname, t.relname, a.attname))
  FROM pg_depend d JOIN pg_attrdef f ON f.oid = d.objid JOIN pg_class t ON t.oid = f.adrelid
  JOIN pg_namespace tn ON tn.oid = t.relnamespace JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = f.adnum
  WHERE d.classid = 'pg_attrdef'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND {_OURS} AND (pg_has_role(c.relowner, 'USAGE')
OR has_sequence_privilege(c.oid, 'USAGE WITH GRANT OPTION')) ORDER BY 1, 2 LIMIT {_OBJECTS_MAX}
"""  # noqa: S608 - made of constants
_ROUTINES = f"""
SELECT n.nspname, p.proname, p.oid::regprocedure::text,
EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) g
  WHERE g.grantee = 0 AND g.privilege_type = 'EXECUTE'),
pg_has_role(p.proowner, 'USAGE') OR has_function_privilege(p.oid, 'EXECUTE WITH GRANT OPTION')
FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE {_OURS} ORDER BY 1, 2, 3 LIMIT {_OBJECTS_MAX}
"""  # noqa: S608 - made of constants


@dataclass(frozen=True, slots=True)
class Column:
    """A column with what labels are told by: its type as `format_type` has it, and its comment."""

    name: str
    type_name: str
    comment: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table, view, materialized or foreign table, and which rights on it the admin role may grant."""

    schema: str
    name: str
    columns: tuple[Column, ...]
    grantable: frozenset[str]


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence, and the columns (schema, table, column) whose defaults draw from it."""

    schema: str
    name: str
    feeds: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Routine:
    """A function or procedure; `signature` is its whole name as the target writes it, quoted where it must be."""

    schema: str
    name: str
    signature: str
    public: bool
    grantable: bool


@dataclass(frozen=True, slots=True)
class Catalog:
    """What a target holds beside what is PostgreSQL's own."""

    database: str
    version: int
    schemas: frozenset[str]
    tables: tuple[Table, ...]
    sequences: tuple[Sequence, ...]
    routines: tuple[Routine, ...]


def read_catalog() -> Opening[Catalog]:
    """Read the catalog in one snapshot. Raises Refused; UpstreamFailed where there is more than is looked at."""
    yield from query(SETTINGS)
    yield from query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
    about = yield from query("SELECT current_database(), current_setting('server_version_num')")
    schemas = yield from _rows(_SCHEMAS)
    tables = yield from _rows(_TABLES)
    sequences = yield from _rows(_SEQUENCES)
    routines = yield from _rows(_ROUTINES)
    yield from query("COMMIT")
    return Catalog(
        about[0][0] or "",
        int(about[0][1] or 0) // 10_000,
        frozenset(row[0] or "" for row in schemas),
        tuple(_table(row) for row in tables),
        tuple(_sequence(row) for row in sequences),
        tuple(Routine(row[0] or "", row[1] or "", row[2] or "", row[3] == "t", row[4] == "t") for row in routines),
    )


def _rows(sql: str) -> Opening[list[Row]]:
    rows = yield from query(sql)
    if len(rows) >= _OBJECTS_MAX:
        message = f"the target has more than {_OBJECTS_MAX} objects of one kind"
        raise UpstreamFailed(message, hint="use another credential source for it", code="lease_refused")
    return rows


def _table(row: Row) -> Table:
    schema, table, letters, columns = row
    grantable = frozenset(right for right in _RIGHTS if right[0] in (letters or ""))
    found = tuple(Column(one, kind or "", comment or "") for one, kind, comment in json.loads(columns or "[]"))
    return Table(schema or "", table or "", found, grantable)


def _sequence(row: Row) -> Sequence:
    schema, sequence, feeds = row
    return Sequence(schema or "", sequence or "", tuple((a, b, c) for a, b, c in json.loads(feeds or "[]")))
