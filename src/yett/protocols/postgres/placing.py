"""Finds where in a text a name stands that means nothing, so that an error points at it as the server's own does."""

from collections.abc import Iterator

from yett.core.decisions import Decision, Deny
from yett.core.errors import YettError
from yett.protocols.postgres.sql.grammar import Node, parse

_TEXT_BYTES_MAX = 16 << 10
_ANALYSED = frozenset(
    (
        *("SELECT", "SELECT INTO", "INSERT", "UPDATE", "DELETE", "MERGE", "EXPLAIN", "PREPARE", "DECLARE CURSOR"),
        *("CREATE TABLE AS", "CREATE VIEW", "CREATE MATERIALIZED VIEW"),
    )
)
"""Statements in which PostgreSQL knows the place of an unknown name; in others it tells only the name."""
_TYPES_TOO = _ANALYSED | {"CREATE TABLE", "ALTER TABLE"}
_NAMES = {"relation_unknown": "relname", "function_unknown": "funcname", "object_unknown": "names"}


def place(decision: Decision, kind: str, text: bytes) -> int:
    """Return the character (from 1) of the name that a statement of this kind was refused for; 0 where none is told."""
    verdict = decision.verdict
    if not isinstance(verdict, Deny) or verdict.code not in _NAMES or not 0 < len(text) <= _TEXT_BYTES_MAX:
        return 0
    if kind not in (_TYPES_TOO if verdict.code == "object_unknown" else _ANALYSED):
        return 0
    name = verdict.reason.partition('"')[2].rpartition('"')[0]
    try:
        found = parse(text.decode()).stmts
    except (YettError, UnicodeDecodeError):
        return 0
    offset = min(_offsets(found, _NAMES[verdict.code], name), default=-1)
    return len(text[:offset].decode()) + 1 if offset >= 0 else 0


def _offsets(tree: list[Node], field: str, name: str) -> Iterator[int]:
    """Yield the byte at which each node of this name stands."""
    waiting: list[object] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            if field in node and _name(node, field) == name:
                yield node.get("location", 0)


def _name(node: Node, field: str) -> str:
    if field == "relname":
        schema = node.get("schemaname")
        return f"{schema}.{node[field]}" if schema else str(node[field])
    return ".".join(part.get("String", {}).get("sval", "") for part in node[field])
