"""What is left of a statement without its values: the same for two statements that differ in values alone.

A value is a constant or parameter where the grammar reads it as nothing else (`structure.VALUE_FIELDS`). Column numbers
in ORDER BY, names in `nextval('…')`, what a user's own function is given as text, the body of DO, settings: all of that
stays. Conditions without a column (`1 = 1`, `true`) decide over everything, so their constants stay as well. Layout,
comments, the number of elements of an IN list and of rows in VALUES, and names that a client makes up for cursors,
prepared statements and savepoints do not count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from yett.core.errors import YettError
from yett.protocols.postgres.sql.functions import literals_never_name
from yett.protocols.postgres.sql.grammar import Node, parse
from yett.protocols.postgres.sql.names import qualified, strings
from yett.protocols.postgres.sql.reading import inline_kind
from yett.protocols.postgres.sql.refs import RefKind
from yett.protocols.postgres.sql.structure import VALUE_FIELDS

TEXT_CHARS_MAX = 16 << 10
"""Longer texts have no skeleton: their trees are too much to walk while others wait."""

_PLACES = frozenset(
    ("location", "stmt_location", "stmt_len", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end")
)
_MORE_VALUES: Mapping[str, frozenset[str]] = {
    kind: frozenset(fields.split())
    for kind, fields in {
        "CallStmt": "funccall",
        "CopyStmt": "query",
        "CreateTableAsStmt": "query",
        "DeclareCursorStmt": "query",
        "ExecuteStmt": "params",
        "ExplainStmt": "query",
        "MergeStmt": "joinCondition mergeWhenClauses sourceRelation returningClause withClause",
        "MergeWhenClause": "condition targetList values",
        "PrepareStmt": "query",
        "SelectStmt": "sortClause groupClause distinctClause",
        "SortBy": "node",
    }.items()
}
_MADE_UP: Mapping[str, frozenset[str]] = {
    "ClosePortalStmt": frozenset(("portalname",)),
    "DeallocateStmt": frozenset(("name",)),
    "DeclareCursorStmt": frozenset(("portalname",)),
    "ExecuteStmt": frozenset(("name",)),
    "FetchStmt": frozenset(("portalname", "howMany")),
    "PrepareStmt": frozenset(("name",)),
    "TransactionStmt": frozenset(("savepoint_name",)),
}
_STATEMENTS = frozenset(("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", *_MORE_VALUES))
# Where a constant that stands alone is more than a value: it decides over all rows, or is the number of a column.
_ALONE = frozenset(("whereClause", "havingClause", "quals", "agg_filter", "joinCondition", "condition", "node"))
_ALONE_IN_LISTS = frozenset((("BoolExpr", "args"), ("SelectStmt", "groupClause"), ("SelectStmt", "distinctClause")))
_REPEATED = frozenset((("A_ArrayExpr", "elements"), ("SelectStmt", "valuesLists")))
# What stands right of one of these names a part of a document.
_PARTS = frozenset(("->", "->>", "#>", "#>>"))
_LOOKED_UP = frozenset(("ColumnRef", "SubLink", "FuncCall", "SQLValueFunction"))
# What is cast to one of these is a name, an expression or a number of something.
_NAMING_TYPES = frozenset(("oid", "name", "refcursor", "jsonpath", "xml"))
_NAMING_PREFIX = "reg"


@dataclass(frozen=True, slots=True)
class Skeleton:
    """One statement without its values, as a digest. `naming` are the parameters (from 1) that are more than values.

    `prepares`, `declares`, `executes` and `fetches` are the names by which one statement stands for another.
    """

    digest: bytes
    naming: frozenset[int] = frozenset()
    prepares: str = ""
    declares: str = ""
    executes: str = ""
    fetches: str = ""


def skeletons(text: str) -> tuple[Skeleton, ...]:
    """Return the skeleton of each statement of a text; none where it is too long, too deep or no sentence."""
    if len(text) > TEXT_CHARS_MAX:
        return ()
    try:
        return tuple(_skeleton(one["stmt"]) for one in parse(text).stmts)
    except (YettError, RecursionError):
        return ()


def _skeleton(statement: Node) -> Skeleton:
    ((kind, body),) = statement.items()
    bare = _Bare(values=kind in _STATEMENTS)
    tree = bare.node(kind, body, values=kind in _STATEMENTS, inside=False)
    digest = sha256(msgspec.json.encode(tree)).digest()
    return Skeleton(
        digest,
        frozenset(bare.naming),
        prepares=body.get("name", "") if kind == "PrepareStmt" else "",
        declares=body.get("portalname", "") if kind == "DeclareCursorStmt" else "",
        executes=body.get("name", "") if kind == "ExecuteStmt" else "",
        fetches=body.get("portalname", "") if kind == "FetchStmt" else "",
    )


class _Bare:
    """Walks one tree and leaves out what does not count; `values` says whether the statement has values at all."""

    def __init__(self, *, values: bool) -> None:
        self._values = values
        self.naming: set[int] = set()

    def node(self, kind: str, body: Node, *, values: bool, inside: bool) -> object:
        """Return a node without values where they are mere `values`; `inside` says that an expression is around it."""
        if kind == "A_Const":
            return "?" if values else _placeless(body)
        if kind == "ParamRef":
            return self._parameter(body.get("number", 0), values=values)
        if kind == "A_Expr" and values and not inside:
            values = inside = any(True for _ in _looked_up(body))
        elif kind in ("BoolExpr", "SubLink"):
            inside = False
        mere = _value_fields(kind, body) if values else frozenset[str]()
        left_out = _MADE_UP.get(kind, frozenset()) | _PLACES
        bare = {
            name: self._field(kind, name, part, values=name in mere, inside=inside)
            for name, part in body.items()
            if name not in left_out
        }
        return [kind, bare]

    def _parameter(self, number: int, *, values: bool) -> object:
        if values:
            return "?"
        self.naming.add(number)
        return ["$", number]

    def _field(self, kind: str, name: str, value: object, *, values: bool, inside: bool) -> object:
        if isinstance(value, list):
            return self._list(kind, name, value, values=values, inside=inside)
        if not isinstance(value, dict) or not value:
            return value
        if values and kind == "A_Expr" and "List" in value:
            items = value["List"].get("items", [])
            return _each_once([self._wrapped(one, values=True, inside=inside) for one in items])
        if len(value) == 1 and next(iter(value))[0].isupper():
            return self._wrapped(value, values=values and not (name in _ALONE and "A_Const" in value), inside=inside)
        inline = "FuncCall" if name == "funccall" else inline_kind(kind, name)
        return self.node(inline or "", value, values=values and inline is not None, inside=inside)

    def _list(self, kind: str, name: str, items: list[Node], *, values: bool, inside: bool) -> list[object]:
        found = []
        for item in items:
            constant = item.get("A_Const")
            mere = values
            if constant is not None and (kind, name) in _ALONE_IN_LISTS:
                mere = False
            elif constant is not None and (kind, name) == ("FuncCall", "args") and "sval" not in constant:
                # What a function of somebody's own is given as text may be a name; a number is a value.
                mere = self._values
            found.append(self._wrapped(item, values=mere, inside=inside))
        return _each_once(found) if values and (kind, name) in _REPEATED else found

    def _wrapped(self, node: Node, *, values: bool, inside: bool) -> object:
        return [self.node(kind, body, values=values, inside=inside) for kind, body in node.items()]


def _value_fields(kind: str, body: Node) -> frozenset[str]:
    if kind == "FuncCall":
        function = qualified(strings(body.get("funcname", [])), RefKind.FUNCTION)
        plain = function.schema in (None, "pg_catalog") and literals_never_name(function.name)
        return frozenset(("args", "agg_filter", "agg_order")) if plain else frozenset()
    if kind == "TypeCast":
        names = strings(body.get("typeName", {}).get("names", []))
        naming = not names or names[-1] in _NAMING_TYPES or names[-1].startswith(_NAMING_PREFIX)
        return frozenset() if naming else frozenset(("arg",))
    known = VALUE_FIELDS.get(kind, frozenset()) | _MORE_VALUES.get(kind, frozenset())
    if kind == "A_Expr" and not _PARTS.isdisjoint(strings(body.get("name", []))):
        return known - {"rexpr"}
    return known


def _looked_up(node: object) -> Iterator[str]:
    """Yield the kinds of node below that get their value from somewhere: without one, an expression is a constant."""
    stack = [node]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, dict):
            yield from _LOOKED_UP & value.keys()
            stack.extend(value.values())


def _each_once(items: list[object]) -> list[object]:
    return list({msgspec.json.encode(item): item for item in items}.values())


def _placeless(body: Node) -> object:
    return {name: part for name, part in body.items() if name not in _PLACES}
