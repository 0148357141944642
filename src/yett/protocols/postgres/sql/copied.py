"""What a COPY FROM STDIN says of its data: the form it comes in, and into how many columns of which relation."""

from dataclasses import dataclass

from yett.core.errors import YettError
from yett.protocols.postgres.sql.grammar import Node, parse


@dataclass(frozen=True, slots=True)
class CopyIn:
    """One COPY FROM STDIN. `columns` is 0 where it names none: all of `relation`, as quoted names."""

    relation: str
    columns: int
    binary: bool


def copy_in_of(text: str) -> CopyIn | None:
    """Return what a text says that is one COPY FROM STDIN; None for any other."""
    try:
        statements = parse(text).stmts
    except YettError:
        return None
    body = statements[0]["stmt"].get("CopyStmt", {}) if len(statements) == 1 else {}
    if not body.get("is_from") or "filename" in body or "relation" not in body:
        return None
    named = (body["relation"].get(part, "") for part in ("schemaname", "relname"))
    relation = ".".join('"' + one.replace('"', '""') + '"' for one in named if one)
    return CopyIn(relation, len(body.get("attlist", [])), _is_binary(body))


def _is_binary(body: Node) -> bool:
    options = (one.get("DefElem", {}) for one in body.get("options", []))
    formats = (one.get("arg", {}).get("String", {}).get("sval") for one in options if one.get("defname") == "format")
    return "binary" in formats
