"""Functions, XMLTABLE and JSON_TABLE in FROM: how many rows they make depends on their arguments."""

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage import kinds
from yett.protocols.postgres.sql.lineage.documents import everything_in
from yett.protocols.postgres.sql.lineage.kinds import INT8, TEXT, UNTYPED
from yett.protocols.postgres.sql.lineage.mixing import mix
from yett.protocols.postgres.sql.lineage.naming import UNNAMED, output_name
from yett.protocols.postgres.sql.lineage.operations import cast
from yett.protocols.postgres.sql.lineage.scopes import Rows, Scope
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.lineage.values import OPAQUE, UNBOUNDED, Value, literal
from yett.protocols.postgres.sql.names import strings

# What PostgreSQL's own functions answer with: their one column (named as the function), or these.
_ONE_COLUMN = {
    "generate_series": UNTYPED, "generate_subscripts": kinds.INT4, "unnest": UNTYPED,
    "regexp_split_to_table": TEXT, "string_to_table": TEXT, "regexp_matches": 1009, "json_object_keys": TEXT,
    "jsonb_object_keys": TEXT, "jsonb_path_query": kinds.JSONB, "current_schemas": 1003, "now": kinds.TIMESTAMPTZ,
    "regexp_split_to_array": 1009, "string_to_array": 1009, "length": kinds.INT4, "lower": TEXT, "upper": TEXT,
    "current_setting": TEXT, "version": TEXT,
}  # fmt: skip  # a table
_COLUMNS = {
    "json_each": (("key", TEXT), ("value", kinds.JSON)),
    "json_each_text": (("key", TEXT), ("value", TEXT)),
    "jsonb_each": (("key", TEXT), ("value", kinds.JSONB)),
    "jsonb_each_text": (("key", TEXT), ("value", TEXT)),
    "json_array_elements": (("value", kinds.JSON),),
    "json_array_elements_text": (("value", TEXT),),
    "jsonb_array_elements": (("value", kinds.JSONB),),
    "jsonb_array_elements_text": (("value", TEXT),),
    "pg_get_keywords": (("word", TEXT), ("catcode", 18), ("barelabel", 16), ("catdesc", TEXT), ("baredesc", TEXT)),
    "pg_options_to_table": (("option_name", TEXT), ("option_value", TEXT)),
    "aclexplode": (("grantor", 26), ("grantee", 26), ("privilege_type", TEXT), ("is_grantable", 16)),
}


def function_rows(state: State, body: Node, lateral: Scope) -> tuple[str, Rows]:
    """Return the name and the columns of a RangeFunction."""
    columns: list[tuple[str, Value]] = []
    more: list[Value] = []
    name = ""
    entries = body.get("functions", [])
    for entry in entries:
        expression, *defined = entry["List"]["items"]
        own_name, rows = _one(state, expression, lateral, _definitions(defined, body, len(entries)))
        name = name or own_name
        columns += rows.columns
        more += () if rows.more is None else (rows.more,)
    if body.get("ordinality"):
        columns.append(("ordinality", literal(INT8)))
    alias = body.get("alias", {})
    if len(columns) == 1 and not more and "colnames" not in alias and alias and _is_scalar(entries[0]):
        # The one column of a function that returns no rows of columns is called as the function is.
        columns = [(alias["aliasname"], columns[0][1])]
    if more and columns:
        # Columns after the unknown ones have no known place.
        more += [value for _, value in columns]
        columns = []
    return name, Rows(tuple(columns), mix(more, size=UNBOUNDED) if more else None, multiplies=True)


def _definitions(defined: list[Node], body: Node, entries: int) -> list[Node]:
    inside = defined[0].get("List", {}).get("items", []) if defined else []
    return inside or (body.get("coldeflist", []) if entries == 1 else [])


def _is_scalar(entry: Node) -> bool:
    expression = entry["List"]["items"][0]
    return strings(expression.get("FuncCall", {}).get("funcname", []))[-1:] != () and (
        strings(expression["FuncCall"]["funcname"])[-1] in _ONE_COLUMN
    )


def _one(state: State, node: Node, lateral: Scope, defined: list[Node]) -> tuple[str, Rows]:
    value = state.expression(node, lateral)
    state.shape(value)
    state.risk(value)
    made = mix([value], size=UNBOUNDED)
    name = output_name(node)
    name = "" if name == UNNAMED else name
    if defined:
        definitions = [one["ColumnDef"] for one in defined]
        for one in definitions:
            cast(state, {"arg": {"A_Const": {"isnull": True}}, "typeName": one["typeName"]}, lateral)
        return name, Rows(tuple((one["colname"], made) for one in definitions))
    if value.opaque:
        return name, Rows((), made)
    known = _columns(node.get("FuncCall", {}), state, lateral)
    if known is None:
        return name, Rows((), made)
    return name, Rows(tuple((column or name, mix([made], kind, size=UNBOUNDED)) for column, kind in known))


def _columns(body: Node, state: State, lateral: Scope) -> tuple[tuple[str, int], ...] | None:
    parts = strings(body.get("funcname", []))
    if not parts or (len(parts) > 1 and parts[-2] != "pg_catalog"):
        return None
    if parts[-1] == "unnest":
        elements = [kinds.ELEMENTS.get(state.expression(node, lateral).type) for node in body.get("args", [])]
        if any(element is None for element in elements):
            return None
        return tuple(("unnest", element or UNTYPED) for element in elements)
    kind = _ONE_COLUMN.get(parts[-1])
    return _COLUMNS.get(parts[-1]) if kind is None else (("", kind),)


def xml_table(state: State, body: Node, lateral: Scope) -> Rows:
    """Return the columns of XMLTABLE: all made of everything that goes in, which also shapes its rows."""
    value = mix(everything_in(state, [part for name, part in body.items() if name != "alias"], lateral), total=False)
    return _made(state, [one["RangeTableFuncCol"]["colname"] for one in body.get("columns", [])], value)


def json_table(state: State, body: Node, lateral: Scope) -> Rows:
    """Return the columns of JSON_TABLE, as of XMLTABLE."""
    value = mix(everything_in(state, [part for name, part in body.items() if name != "alias"], lateral), total=False)
    return _made(state, _nested_names(body.get("columns", [])), value)


def _nested_names(columns: list[Node]) -> list[str]:
    names: list[str] = []
    for node in columns:
        one = node["JsonTableColumn"]
        if one.get("coltype") == "JTC_NESTED":
            names += _nested_names(one.get("columns", []))
        else:
            names.append(one["name"])
    return names


def _made(state: State, names: list[str], value: Value) -> Rows:
    state.shape(value)
    made = mix([value], size=UNBOUNDED)
    return Rows(tuple((name, made) for name in names), OPAQUE if not names else None, multiplies=True)
