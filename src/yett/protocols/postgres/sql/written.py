"""Which constants of a statement are nothing but values being written: what its shape leaves out."""

from yett.core.errors import YettError
from yett.protocols.postgres.sql.grammar import Node, parse
from yett.protocols.postgres.sql.structure_hot import structure_literals

_WRITTEN = b"?"


def shape_of(text: str) -> tuple[bytes, frozenset[int]]:
    """Return a text without the constants that it writes (`?` in their place), and the parameters that it only writes.

    Written are the plain constants of VALUES and of SET; predicates, names and everything else stay. A text that cannot
    be read is its own shape.
    """
    raw = text.encode()
    try:
        statements = parse(text).stmts
    except YettError:
        return raw, frozenset()
    if len(statements) != 1:
        return raw, frozenset()
    ((kind, body),) = statements[0]["stmt"].items()
    found = _written(kind, body)
    places = {one["A_Const"].get("location", 0) for one in found if "A_Const" in one}
    numbers = [one["ParamRef"].get("number", 0) for one in found if "ParamRef" in one]
    everywhere = _parameters(body)
    written = frozenset(one for one in numbers if everywhere.count(one) == numbers.count(one))
    return _without(raw, places), written


def _written(kind: str, body: Node) -> list[Node]:
    if kind == "UpdateStmt":
        return [target["ResTarget"].get("val", {}) for target in body.get("targetList", []) if "ResTarget" in target]
    if kind == "InsertStmt":
        query = body.get("selectStmt", {}).get("SelectStmt", {})
        return [value for row in query.get("valuesLists", []) for value in row.get("List", {}).get("items", [])]
    return []


def _parameters(value: object) -> list[int]:
    if isinstance(value, list):
        return [number for item in value for number in _parameters(item)]
    if isinstance(value, dict):
        own = [value["ParamRef"].get("number", 0)] if "ParamRef" in value else []
        return own + [number for part in value.values() for number in _parameters(part)]
    return []


def _without(raw: bytes, places: set[int]) -> bytes:
    pieces, at = [], 0
    for _, start, end in structure_literals(raw):
        if start in places:
            pieces += [raw[at:start], _WRITTEN]
            at = end
    return b"".join((*pieces, raw[at:]))
