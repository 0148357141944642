"""SQL's JSON and XML constructors and queries: whatever goes in comes out; only plain JSON constructors never raise."""

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage import kinds
from yett.protocols.postgres.sql.lineage.calls import aggregated, sort_keys, window
from yett.protocols.postgres.sql.lineage.mixing import mix
from yett.protocols.postgres.sql.lineage.operations import cast
from yett.protocols.postgres.sql.lineage.scopes import Scope, merged
from yett.protocols.postgres.sql.lineage.state import Expression, State
from yett.protocols.postgres.sql.lineage.totals import joined
from yett.protocols.postgres.sql.lineage.values import UNBOUNDED, Value


def everything_in(state: State, body: object, scope: Scope) -> list[Value]:
    """Return the values of all expressions anywhere below a node whose parts need not be told apart."""
    found: list[Value] = []
    pending = [body]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending += part
        elif isinstance(part, dict):
            wrapped = len(part) == 1 and next(iter(part))[0].isupper()
            kind = next(iter(part)) if wrapped else ""
            if kind == "TypeName":
                continue
            if wrapped and state.is_expression(kind):
                found.append(state.expression(part, scope))
            elif wrapped and kind == "SelectStmt":
                found.append(merged(state.query(part, scope)))
            else:
                if "typeName" in part:
                    found.append(
                        cast(state, {"arg": {"A_Const": {"isnull": True}}, "typeName": part["typeName"]}, scope)
                    )
                pending += [value for name, value in part.items() if name != "typeName"]
    return found


def _unvouched(state: State, body: Node, scope: Scope) -> Value:
    """JSON and XML of any other kind: reading either may raise."""
    return mix(everything_in(state, body, scope), total=False, size=UNBOUNDED)


def _aggregated(state: State, body: Node, scope: Scope) -> Value:
    constructor = body.get("constructor", {})
    aggregated(state, "json_agg", [], constructor | body, scope)
    sort_keys(state, constructor.get("agg_order", []), scope)
    if "agg_filter" in constructor:
        state.shape(state.expression(constructor["agg_filter"], scope))
    if "over" in constructor:
        window(state, constructor["over"], scope)
    rest = {name: value for name, value in body.items() if name != "constructor"}
    returned = [value for name, value in constructor.items() if name == "output"]
    return mix(everything_in(state, [rest, returned], scope), total=False, size=UNBOUNDED)


def _constructed(state: State, body: Node, scope: Scope) -> Value:
    """JSON_OBJECT and JSON_ARRAY of constant keys and printable values, in the type they have unless told otherwise."""
    values = everything_in(state, body, scope)
    keys = [node["JsonKeyValue"]["key"] for node in body.get("exprs", []) if "JsonKeyValue" in node]
    plain = "output" not in body and not body.get("unique") and all("A_Const" in key for key in keys)
    made = joined(values, kinds.JSON, 8) if plain and not any("isnull" in key["A_Const"] for key in keys) else None
    return made or mix(values, total=False, size=UNBOUNDED)


DOCUMENTS: dict[str, Expression] = {
    "JsonArrayAgg": _aggregated,
    "JsonArrayConstructor": _constructed,
    "JsonArrayQueryConstructor": _unvouched,
    "JsonFuncExpr": _unvouched,
    "JsonIsPredicate": _unvouched,
    "JsonObjectAgg": _aggregated,
    "JsonObjectConstructor": _constructed,
    "JsonParseExpr": _unvouched,
    "JsonScalarExpr": _unvouched,
    "JsonSerializeExpr": _unvouched,
    "XmlExpr": _unvouched,
    "XmlSerialize": _unvouched,
}
