"""Which settings a client may change, and how the gate learns what a session's state really is."""

import json
from dataclasses import dataclass

from yett.protocols.postgres.catalog.queries import CatalogFailed, Rows
from yett.protocols.postgres.catalog.view import SessionView

# One row of plain expressions: each session runs it at its first statement, and planning it is what it costs.
READ_BACK_SQL = """
SELECT CURRENT_USER::pg_catalog.text, SESSION_USER::pg_catalog.text,
  pg_catalog.array_to_json(pg_catalog.current_schemas(true))::pg_catalog.text,
  pg_catalog.current_schema()::pg_catalog.text,
  pg_catalog.pg_my_temp_schema()::pg_catalog.regnamespace::pg_catalog.text,
  pg_catalog.current_database()::pg_catalog.text,
  pg_catalog.current_setting('standard_conforming_strings'),
  pg_catalog.current_setting('client_encoding'),
  pg_catalog.current_setting('server_version_num')
"""


_COLUMNS = 9
_NO_TEMPORARY = "-"
"""How regnamespace shows the id 0: the session has no temporary schema."""


@dataclass(frozen=True, slots=True)
class ReadBack:
    """The truth about a session after a setting, role or transaction may have changed it.

    `safe` is False where text would mean something else than the gate reads: another encoding, backslash escapes.
    """

    view: SessionView
    session_user: str
    safe: bool


def read_back(rows: Rows, resource: str, *, dirty: bool) -> ReadBack:
    """Return what the answer to READ_BACK_SQL says; `dirty` is what the relay knows of uncommitted definitions.

    A session that has temporary objects is dirty whatever the relay knows.
    """
    if len(rows) != 1 or len(rows[0]) != _COLUMNS:
        raise CatalogFailed("the session's state could not be read back")
    role, session_user, path, creation_schema, temp_schema, database, strings, encoding, version = rows[0]
    own = None if temp_schema in (None, _NO_TEMPORARY) else temp_schema
    view = SessionView(
        resource=resource,
        role=role or "",
        search_path=tuple(json.loads(path or "[]")),
        creation_schema=creation_schema,
        temp_schema=own,
        database=database or "",
        server_version=int(version or 0),
        dirty=dirty or own is not None,
    )
    return ReadBack(view, session_user or "", strings == "on" and encoding == "UTF8")
