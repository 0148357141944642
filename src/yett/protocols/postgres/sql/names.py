"""Reads names out of a tree, and out of the constants that stand for names (`'public.orders'::regclass`)."""

import re

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.refs import Ref, RefKind

TEMPORARY_SCHEMA = "pg_temp"
_PART = re.compile(r'\s*(?:"((?:[^"]|"")+)"|([A-Za-z_\x80-\U0010ffff][\w$\x80-\U0010ffff]*))\s*')
# What libpg_query leaves out of a constant when it is zero or empty.
_CONSTANTS = (("sval", ""), ("ival", 0), ("fval", ""))
_ASCII_FOLD = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


def folded(name: str) -> str:
    """Return an unquoted name as PostgreSQL folds it in UTF-8: only A to Z."""
    return name.translate(_ASCII_FOLD)


def strings(nodes: list[Node]) -> tuple[str, ...]:
    """Return the text of a list of String nodes; anything else in it counts as an empty name."""
    return tuple(node.get("String", {}).get("sval", "") for node in nodes)


def qualified(parts: tuple[str, ...], kind: RefKind, *, arity: int = -1, new: bool = False, what: str = "") -> Ref:
    """Return a reference from `(name,)`, `(schema, name)` or `(catalog, schema, name)`."""
    schema = parts[-2] if len(parts) > 1 else None
    catalog = parts[-3] if len(parts) > 2 else None
    name = parts[-1] if parts else ""
    return Ref(kind, schema, name, arity, new, what=what, catalog=catalog)


def relation(body: Node, *, new: bool = False, optional: bool = False, what: str = "") -> Ref:
    """Return the reference of a RangeVar. A new temporary relation is in `pg_temp` whatever else is written."""
    schema = body.get("schemaname")
    if new and is_temporary(body):
        schema = TEMPORARY_SCHEMA
    name = body.get("relname", "")
    return Ref(RefKind.RELATION, schema, name, new=new, optional=optional, what=what, catalog=body.get("catalogname"))


def is_temporary(body: Node) -> bool:
    """Say whether a RangeVar names a temporary relation that a statement would make."""
    return body.get("relpersistence") == "t" or str(body.get("schemaname", "")).startswith(TEMPORARY_SCHEMA)


def constant(node: Node) -> str | None:
    """Return a constant argument's text, through a cast to anything; None for what is not a constant (or NULL)."""
    if "TypeCast" in node:
        return constant(node["TypeCast"].get("arg", {}))
    value = node.get("A_Const", {})
    if "boolval" in value:
        return "true" if value["boolval"].get("boolval") else "false"
    for kind, empty in _CONSTANTS:
        if kind in value:
            return str(value[kind].get(kind, empty))
    return None


def split_names(text: str, separator: str) -> tuple[str, ...] | None:
    """Split `a."B c",d` into folded names as the server's SplitIdentifierString does; None where it would raise."""
    parts: list[str] = []
    position = 0
    while True:
        match = _PART.match(text, position)
        if match is None:
            return None
        quoted, plain = match.groups()
        parts.append(quoted.replace('""', '"') if quoted is not None else folded(plain))
        position = match.end()
        if position == len(text):
            return tuple(parts)
        if text[position] != separator:
            return None
        position += 1
