"""Shows that a statement's literals cannot change what it touches: that each of them is a mere value in its tree."""

from collections.abc import Mapping
from typing import Final

from yett.protocols.postgres.sql.functions import literals_never_name
from yett.protocols.postgres.sql.grammar import Node, ParsedText
from yett.protocols.postgres.sql.names import qualified, strings
from yett.protocols.postgres.sql.reading import inline_kind
from yett.protocols.postgres.sql.refs import RefKind
from yett.protocols.postgres.sql.structure_hot import STRING, structure_literals

Literal = tuple[int, int, int]

# Where a literal is a value and nothing else. Left out on purpose: ORDER BY, GROUP BY and DISTINCT (an integer there is
# a column's number), windows, subscripts, type modifiers, sampling, row locks, JSON paths, arguments of most functions.
VALUE_FIELDS: Final[Mapping[str, frozenset[str]]] = {
    kind: frozenset(fields.split())
    for kind, fields in {
        "A_ArrayExpr": "elements",
        "A_Expr": "lexpr rexpr",
        "A_Indirection": "arg",
        "BoolExpr": "args",
        "BooleanTest": "arg",
        "CaseExpr": "arg args defresult",
        "CaseWhen": "expr result",
        "CoalesceExpr": "args",
        "CollateClause": "arg",
        "CommonTableExpr": "ctequery",
        "DeleteStmt": "usingClause whereClause returningClause withClause",
        "InsertStmt": "selectStmt onConflictClause returningClause withClause",
        "JoinExpr": "larg rarg quals",
        "List": "items",
        "MinMaxExpr": "args",
        "NullTest": "arg",
        "OnConflictClause": "targetList whereClause",
        "RangeFunction": "functions",
        "RangeSubselect": "subquery",
        "ResTarget": "val",
        "ReturningClause": "exprs",
        "RowExpr": "args",
        "SelectStmt": "targetList fromClause whereClause havingClause valuesLists limitOffset limitCount larg rarg"
        " withClause",
        "SubLink": "testexpr subselect",
        "UpdateStmt": "targetList whereClause fromClause returningClause withClause",
        "WithClause": "ctes",
    }.items()
}
_SCALAR_TYPE_WORDS = (
    "bool bpchar bytea cidr date float4 float8 inet int2 int4 int8 interval json jsonb macaddr money numeric text time"
    " timestamp timestamptz timetz uuid varchar"
)
_ARGUMENTS: Final = frozenset(("args", "agg_filter"))
_ARGUMENT: Final = frozenset(("arg",))
_NONE: Final[frozenset[str]] = frozenset()
_SCALAR_TYPES: Final = frozenset(_SCALAR_TYPE_WORDS.split())
_PLAIN_STATEMENTS: Final = frozenset(("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt"))


def literals_do_not_matter(raw: bytes, parsed: ParsedText) -> bool:
    """Say whether every literal that structure_key takes out of `raw` is a mere value in the tree.

    Each must be one constant of the tree, at its own place, of its type and content, where no rule of the language
    reads it but as a value. A literal that is found twice, elsewhere or not at all, fails.
    """
    if len(parsed.stmts) != 1 or not parsed.stmts[0]["stmt"].keys() <= _PLAIN_STATEMENTS:
        return False
    proof = _Proof(raw)
    return proof.holds(parsed.stmts[0]["stmt"])


class _Proof:
    """Walks a tree and ticks off the literals of its text."""

    def __init__(self, raw: bytes) -> None:
        self._raw = raw
        self._open: dict[int, Literal] = {literal[1]: literal for literal in structure_literals(raw)}
        self._all = dict(self._open)

    def holds(self, statement: Node) -> bool:
        """Say whether all literals were ticked off, each once."""
        return self._wrapped(statement, values=True) and not self._open

    def _wrapped(self, node: Node, *, values: bool) -> bool:
        return all(self._node(kind, body, values=values) for kind, body in node.items())

    def _node(self, kind: str, body: Node, *, values: bool) -> bool:
        if kind == "A_Const":
            return self._constant(body, values=values)
        allowed = self._value_fields(kind, body) if values else _NONE
        for name, value in body.items():
            if isinstance(value, list):
                if not all(self._wrapped(item, values=name in allowed) for item in value):
                    return False
            elif isinstance(value, dict) and value and not self._field(kind, name, value, values=name in allowed):
                return False
        return True

    def _field(self, kind: str, name: str, value: Node, *, values: bool) -> bool:
        if len(value) == 1 and next(iter(value))[0].isupper():
            return self._wrapped(value, values=values)
        inline = inline_kind(kind, name)
        return self._node(inline or "", value, values=values and inline is not None)

    def _value_fields(self, kind: str, body: Node) -> frozenset[str]:
        if kind == "FuncCall":
            function = qualified(strings(body.get("funcname", [])), RefKind.FUNCTION)
            plain = function.schema in (None, "pg_catalog") and literals_never_name(function.name)
            return _ARGUMENTS if plain else _NONE
        if kind == "TypeCast":
            names = strings(body.get("typeName", {}).get("names", []))
            return _ARGUMENT if names[-1:] and names[-1] in _SCALAR_TYPES else _NONE
        return VALUE_FIELDS.get(kind, _NONE)

    def _constant(self, body: Node, *, values: bool) -> bool:
        place = body.get("location", 0)
        literal = self._all.get(place) or self._negated(place)
        if literal is None:
            return True  # Written out in the key: a keyword, or a constant that the grammar adds by itself.
        if not values or self._open.pop(literal[1], None) is None:
            return False
        return self._same(literal, body, negative=literal[1] != place)

    def _negated(self, place: int) -> Literal | None:
        """Find the literal behind a minus sign that the grammar folded into the constant."""
        # What the grammar adds by itself has the place -1.
        if place < 0 or self._raw[place : place + 1] != b"-":
            return None
        after = self._raw[place + 1 :]
        return self._all.get(place + 1 + len(after) - len(after.lstrip(b" \t\n\r\f\v")))

    def _same(self, literal: Literal, body: Node, *, negative: bool) -> bool:
        kind, start, end = literal
        if kind == STRING:
            return not negative and body.get("sval", {}).get("sval", "") == self._raw[start + 1 : end - 1].decode()
        number = int(self._raw[start:end])
        return "ival" in body and body["ival"].get("ival", 0) == (-number if negative else number)
