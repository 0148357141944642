"""Sub-selects inside expressions: as a value, an array, a test."""

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage import kinds
from yett.protocols.postgres.sql.lineage.calls import opaque_call
from yett.protocols.postgres.sql.lineage.mixing import computed, mix, row
from yett.protocols.postgres.sql.lineage.scopes import Rows, Scope, merged
from yett.protocols.postgres.sql.lineage.state import State
from yett.protocols.postgres.sql.lineage.values import HAS_EFFECTS, UNBOUNDED, Value
from yett.protocols.postgres.sql.names import strings


def sublink(state: State, body: Node, scope: Scope) -> Value:
    """Return the value of a SubLink.

    Whatever shapes the sub-select's rows was recorded as shaping, and running it may fail (two rows where one is
    asked for, or anything inside), so that what decides over whether it runs is at risk.
    """
    kind = body.get("subLinkType", "")
    rows = state.query(body["subselect"], scope)
    if kind == "EXISTS_SUBLINK":
        state.risk(merged(rows))
        return Value(opaque=rows.more is not None and rows.more.opaque, failing=HAS_EFFECTS, type=kinds.BOOL)
    if kind == "EXPR_SUBLINK":
        return _single(rows)
    if kind == "ARRAY_SUBLINK":
        value = _single(rows)
        # It grows with its rows, as array_agg does.
        grown = rows.multiplies or any(not (one.verbatim or one.steady) for _, one in rows.columns)
        kind = kinds.ARRAYS.get(value.type, kinds.UNTYPED)
        return mix([value], kind, total=not grown, failing=HAS_EFFECTS, size=UNBOUNDED, steady=not grown)
    return _tested(state, body, rows, scope)


def _single(rows: Rows) -> Value:
    if rows.more is not None or len(rows.columns) != 1:
        return mix([merged(rows)], failing=HAS_EFFECTS, size=UNBOUNDED)
    value = rows.columns[0][1]
    return computed(value, failing=HAS_EFFECTS, steady=False)


def _tested(state: State, body: Node, rows: Rows, scope: Scope) -> Value:
    """IN, ANY, ALL: how long it looks and what it finds depends on both sides."""
    tested = state.expression(body["testexpr"], scope) if "testexpr" in body else row(())
    values = [tested, merged(rows)]
    parts = strings(body.get("operName", [])) or ("=",)
    schema = parts[-2] if len(parts) > 1 else None
    name = "<>" if parts[-1] == "!=" else parts[-1]
    if schema not in (None, "pg_catalog") or not state.known.is_builtin_operator(schema, name, 2):
        return opaque_call(state, values)
    return mix(values, kinds.BOOL, total=False, failing=HAS_EFFECTS)
