"""Which settings a client may change, and how the gate learns what a session's state really is."""

from dataclasses import dataclass

from yett.protocols.postgres.catalog.queries import Rows
from yett.protocols.postgres.catalog.view import SessionView

READ_BACK_SQL = """
SELECT 'role', CURRENT_USER::pg_catalog.text
UNION ALL SELECT 'session_user', SESSION_USER::pg_catalog.text
UNION ALL SELECT 'path', p.name::pg_catalog.text
  FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS p(name, rank)
UNION ALL SELECT 'creation_schema', pg_catalog.current_schema()::pg_catalog.text
UNION ALL SELECT 'temp_schema', n.nspname::pg_catalog.text FROM pg_catalog.pg_namespace n
  WHERE n.oid OPERATOR(pg_catalog.=) pg_catalog.pg_my_temp_schema()
UNION ALL SELECT 'database', pg_catalog.current_database()::pg_catalog.text
UNION ALL SELECT 'standard_conforming_strings', pg_catalog.current_setting('standard_conforming_strings')
UNION ALL SELECT 'client_encoding', pg_catalog.current_setting('client_encoding')
UNION ALL SELECT 'server_version_num', pg_catalog.current_setting('server_version_num')
"""


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
    path = tuple(value for name, value in rows if name == "path" and value is not None)
    said = {row[0]: row[1] for row in rows}
    view = SessionView(
        resource=resource,
        role=said.get("role") or "",
        search_path=path,
        creation_schema=said.get("creation_schema"),
        temp_schema=said.get("temp_schema"),
        database=said.get("database") or "",
        server_version=int(said.get("server_version_num") or 0),
        dirty=dirty or "temp_schema" in said,
    )
    safe = said.get("standard_conforming_strings") == "on" and said.get("client_encoding") == "UTF8"
    return ReadBack(view, said.get("session_user") or "", safe)
