"""Aggregates and window functions that can never raise: what a grouped answer may be made of.

An aggregate that grows with its rows is an error beyond 1 GiB, and sums of integers beyond 8 bytes. Whoever multiplies
rows (joins, series) or steers what is added up by a column's content could ask that column questions. So those are
vouched for only over the rows of one relation and, where they grow, over whole columns.
"""

# ruff: noqa: ARG001, FBT001 - all entries of one table share one signature

from collections.abc import Callable

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage import kinds
from yett.protocols.postgres.sql.lineage.kinds import BOOL, INT8, NUMERIC, TEXT
from yett.protocols.postgres.sql.lineage.mixing import computed, mix
from yett.protocols.postgres.sql.lineage.totals import bounded, has_json, number, printable, steadily_printed
from yett.protocols.postgres.sql.lineage.values import COLUMN_BYTES, Value

Aggregate = Callable[[list[Value], list[Node], bool], Value | None]
"""The arguments, their nodes, and whether there may be far more rows than a relation has."""

_GROWN_BYTES = 1 << 20
_TRUTHS = kinds.CONSTANTS | {BOOL}


def _count(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    return mix(args, INT8, steady=True) if len(args) < 2 else None


def _extreme(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    if len(args) != 1 or args[0].type not in kinds.SORTABLE:
        return None
    return mix(args, args[0].type, size=args[0].size, collated=True)


def _any_value(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    return mix(args, args[0].type, size=args[0].size) if len(args) == 1 else None


def _sum(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    if len(args) != 1 or args[0].type not in kinds.EXACT:
        return None
    whole = args[0].type not in (INT8, NUMERIC)
    # Sums of what has 4 bytes have 8, so that four thousand million rows of one relation fit.
    if not bounded(args[0]) or (whole and many):
        return None
    return mix(args, INT8 if whole else NUMERIC)


def _average(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    ok = len(args) == 1 and args[0].type in kinds.EXACT and bounded(args[0])
    return mix(args, NUMERIC) if ok else None


def _truth(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    return mix(args, BOOL) if len(args) == 1 and args[0].type in _TRUTHS else None


def _grows(args: list[Value], many: bool) -> bool:
    return many or not args[0].steady or args[0].size > 64 * COLUMN_BYTES


def _strings(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    texts = kinds.TEXTS | kinds.CONSTANTS
    if len(args) != 2 or not all(value.type in texts for value in args) or args[1].sources or _grows(args, many):
        return None
    return mix(args, TEXT, size=_GROWN_BYTES, steady=True)


def _array(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    """Arrays are not added up to an array of arrays whatever their sizes: so only what is surely none."""
    if len(args) != 1 or _grows(args, many) or (args[0].fields is None and args[0].type not in kinds.PRINTABLE):
        return None
    return mix(args, kinds.ARRAYS.get(args[0].type, kinds.UNTYPED), size=_GROWN_BYTES, steady=True)


def _json(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    if len(args) != 1 or _grows(args, many) or not printable(args[0]) or not steadily_printed(args[0]):
        return None
    return mix(args, kinds.JSON, size=_GROWN_BYTES, steady=True)


def _jsonb(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    made = _json(args, nodes, many)
    return None if made is None or has_json(args[0]) else mix([made], kinds.JSONB, size=made.size, steady=True)


def _numbered(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    return None if args else mix(args, INT8)


def _neighbour(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    if not 1 <= len(args) <= 3 or (len(args) > 1 and number(nodes[1]) is None):
        return None
    kind, safe = kinds.common([args[0].type, *(value.type for value in args[2:])])
    return mix(args, kind, total=safe, size=max(value.size for value in args))


def _first(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    return computed(args[0]) if len(args) == 1 else None


def _nth(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    return mix(args, args[0].type, size=args[0].size) if len(args) == 2 and (number(nodes[1]) or 0) > 0 else None


def _tiles(args: list[Value], nodes: list[Node], many: bool) -> Value | None:
    return mix(args, INT8) if len(args) == 1 and (number(nodes[0]) or 0) > 0 else None


# What these make depends on the order in which rows come; rounding does, too.
_ORDERED = (
    "any_value array_agg corr covar_pop covar_samp json_agg json_agg_strict json_object_agg json_object_agg_strict"
    " json_object_agg_unique json_object_agg_unique_strict jsonb_agg jsonb_agg_strict jsonb_object_agg"
    " jsonb_object_agg_strict jsonb_object_agg_unique jsonb_object_agg_unique_strict mode regr_avgx regr_avgy"
    " regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp string_agg var_pop"
    " var_samp variance xmlagg"
)
_IN_ORDER = frozenset(_ORDERED.split())
_ONE_FORM = kinds.INTEGERS | kinds.TEXTS | {BOOL, kinds.OID, kinds.UUID, kinds.DATE, kinds.TIMESTAMP, kinds.TIMESTAMPTZ}


def tells_order(name: str, args: list[Value], *, distinct: bool) -> bool:
    """Say whether what an aggregate makes depends on the order of its rows: of equal values, the last is kept."""
    if distinct:
        return False
    if name in ("sum", "avg"):
        return any(value.type not in kinds.EXACT for value in args)
    if name in ("max", "min"):
        return not all(value.verbatim or (value.type in _ONE_FORM and not value.loose) for value in args)
    return name in _IN_ORDER


AGGREGATES: dict[str, Aggregate] = {
    "any_value": _any_value,
    "array_agg": _array,
    "avg": _average,
    "bool_and": _truth,
    "bool_or": _truth,
    "count": _count,
    "cume_dist": _numbered,
    "dense_rank": _numbered,
    "every": _truth,
    "first_value": _first,
    "json_agg": _json,
    "jsonb_agg": _jsonb,
    "lag": _neighbour,
    "last_value": _first,
    "lead": _neighbour,
    "max": _extreme,
    "min": _extreme,
    "nth_value": _nth,
    "ntile": _tiles,
    "percent_rank": _numbered,
    "rank": _numbered,
    "row_number": _numbered,
    "string_agg": _strings,
    "sum": _sum,
}
