"""The name that PostgreSQL gives to an output column that was given none (its FigureColname)."""

from yett.protocols.postgres.sql.grammar import Node

UNNAMED = "?column?"
_FIXED = {
    "A_ArrayExpr": "array",
    "CoalesceExpr": "coalesce",
    "GroupingFunc": "grouping",
    "JsonArrayAgg": "json_arrayagg",
    "JsonArrayConstructor": "json_array",
    "JsonArrayQueryConstructor": "json_array",
    "JsonObjectAgg": "json_objectagg",
    "JsonObjectConstructor": "json_object",
    "JsonParseExpr": "json",
    "JsonScalarExpr": "json_scalar",
    "JsonSerializeExpr": "json_serialize",
    "MergeSupportFunc": "merge_action",
    "RowExpr": "row",
    "XmlSerialize": "xmlserialize",
}
_BY_OPERATION = {
    "IS_GREATEST": "greatest", "IS_LEAST": "least", "IS_XMLCONCAT": "xmlconcat", "IS_XMLELEMENT": "xmlelement",
    "IS_XMLFOREST": "xmlforest", "IS_XMLPARSE": "xmlparse", "IS_XMLPI": "xmlpi", "IS_XMLROOT": "xmlroot",
    "JSON_EXISTS_OP": "json_exists", "JSON_QUERY_OP": "json_query", "JSON_VALUE_OP": "json_value",
    "SVFOP_CURRENT_DATE": "current_date", "SVFOP_CURRENT_TIME": "current_time",
    "SVFOP_CURRENT_TIME_N": "current_time", "SVFOP_CURRENT_TIMESTAMP": "current_timestamp",
    "SVFOP_CURRENT_TIMESTAMP_N": "current_timestamp", "SVFOP_LOCALTIME": "localtime",
    "SVFOP_LOCALTIME_N": "localtime", "SVFOP_LOCALTIMESTAMP": "localtimestamp",
    "SVFOP_LOCALTIMESTAMP_N": "localtimestamp", "SVFOP_CURRENT_ROLE": "current_role",
    "SVFOP_CURRENT_USER": "current_user", "SVFOP_USER": "user", "SVFOP_SESSION_USER": "session_user",
    "SVFOP_CURRENT_CATALOG": "current_catalog", "SVFOP_CURRENT_SCHEMA": "current_schema",
}  # fmt: skip  # a table


def output_name(node: Node) -> str:
    """Return the name of an output made of this expression."""
    return _figured(node)[0] or UNNAMED


def _figured(node: Node) -> tuple[str, int]:
    """Return the name and how strong it is: 2 for a real one, 1 for a type's or CASE's, 0 for none."""
    if len(node) != 1:
        return "", 0
    ((kind, body),) = node.items()
    if kind == "ColumnRef":
        return _last(body.get("fields", []))
    if kind == "FuncCall":
        return _last(body.get("funcname", []))
    if kind in _FIXED:
        return _FIXED[kind], 2
    if kind in ("MinMaxExpr", "XmlExpr", "JsonFuncExpr", "SQLValueFunction"):
        found = _BY_OPERATION.get(body.get("op", ""), "")
        return found, 2 if found else 0
    return _wrapped(kind, body)


def _wrapped(kind: str, body: Node) -> tuple[str, int]:
    if kind == "A_Indirection":
        name, strength = _last(body.get("indirection", []))
        return (name, strength) if strength else _figured(body.get("arg", {}))
    if kind == "A_Expr" and body.get("kind") == "AEXPR_NULLIF":
        return "nullif", 2
    if kind == "CollateClause":
        return _figured(body.get("arg", {}))
    if kind == "TypeCast":
        found = _figured(body.get("arg", {}))
        named = _last(body.get("typeName", {}).get("names", []))[0]
        return found if found[1] > 1 or not named else (named, 1)
    if kind == "CaseExpr":
        found = _figured(body.get("defresult", {}))
        return found if found[1] > 1 else ("case", 1)
    return _sub_select(body) if kind == "SubLink" else ("", 0)


def _last(nodes: list[Node]) -> tuple[str, int]:
    for node in reversed(nodes):
        if "String" in node:
            return node["String"].get("sval", ""), 2
    return "", 0


def _sub_select(body: Node) -> tuple[str, int]:
    kind = body.get("subLinkType", "")
    if kind == "EXISTS_SUBLINK":
        return "exists", 2
    if kind == "ARRAY_SUBLINK":
        return "array", 2
    if kind != "EXPR_SUBLINK":
        return "", 0
    query = body.get("subselect", {}).get("SelectStmt", {})
    while "larg" in query:
        query = query["larg"]
    if "valuesLists" in query:
        return "column1", 2
    first = query.get("targetList", [{}])[0].get("ResTarget", {})
    return (first["name"], 2) if "name" in first else (output_name(first.get("val", {})), 2)
