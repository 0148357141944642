"""Types by oid: which may be compared, mixed and printed without any value of theirs ever raising an error."""

from collections.abc import Iterable
from typing import Final

UNTYPED = 0
PARAMETER = -1  # a parameter may have been given any type by the client
BOOL, BYTEA, INT8, INT4, TEXT, OID, JSON, XML, LITERAL = 16, 17, 20, 23, 25, 26, 114, 142, 705
FLOAT4, FLOAT8, BPCHAR, VARCHAR, DATE, TIMESTAMP, TIMESTAMPTZ = 700, 701, 1042, 1043, 1082, 1114, 1184
NUMERIC, RECORD, UUID, JSONB, NAME, INT2, REGTYPE, INTERVAL = 1700, 2249, 2950, 3802, 19, 21, 2206, 1186

TEXTS: Final = frozenset([TEXT, VARCHAR, BPCHAR, NAME])
INTEGERS: Final = frozenset([INT2, INT4, INT8])
EXACT: Final = INTEGERS | {NUMERIC}
FLOATS: Final = INTEGERS | {FLOAT4, FLOAT8}
# "char" time timetz interval inet cidr macaddr macaddr8 money bit varbit pg_lsn regproc…regtype xid8
_OTHERS: Final = frozenset(
    [18, 1083, 1266, 1186, 869, 650, 829, 774, 790, 1560, 1562, 3220, 24, 2205, REGTYPE, 5069, 28, 27]
)
SORTABLE: Final = (
    TEXTS | EXACT | FLOATS | {BOOL, BYTEA, OID, UUID, JSONB, DATE, TIMESTAMP, TIMESTAMPTZ, 18, 1083, 1186, 869}
)
_SHORT: Final = frozenset([INT2, INT4, OID])
CONSTANTS: Final = frozenset([LITERAL, PARAMETER])
# Whatever the client declares a parameter to be, comparing these with it converts them without error or not at all.
# (Beside a declared oid, an int8 is made one, which not every int8 can be.)
_SAFE_BESIDE_PARAMETER: Final = TEXTS | {INT2, INT4, BOOL, BYTEA, UUID}
MATCHABLE: Final = frozenset([TEXT, VARCHAR, BPCHAR, UUID, INT4, INT8, NUMERIC, BYTEA])
# What a value of these looks like as text can always be said.
PRINTABLE: Final = SORTABLE | _OTHERS | {JSON, XML, LITERAL, PARAMETER}

ELEMENTS: Final = {
    1000: BOOL, 1001: BYTEA, 1002: 18, 1003: NAME, 1005: INT2, 1007: INT4, 1009: TEXT, 1014: BPCHAR, 1015: VARCHAR,
    1016: INT8, 1021: FLOAT4, 1022: FLOAT8, 1028: OID, 1115: TIMESTAMP, 1182: DATE, 1185: TIMESTAMPTZ, 1231: NUMERIC,
    2951: UUID, 3807: JSONB, 199: JSON, 22: INT2, 30: OID,
}  # fmt: skip  # a table
ARRAYS: Final = {element: array for array, element in ELEMENTS.items() if array not in (22, 30)}

TYPES: Final = {
    "bool": BOOL, "bytea": BYTEA, "char": 18, "name": NAME, "int8": INT8, "int2": INT2, "int4": INT4, "text": TEXT,
    "oid": OID, "json": JSON, "xml": XML, "float4": FLOAT4, "float8": FLOAT8, "bpchar": BPCHAR, "varchar": VARCHAR,
    "date": DATE, "time": 1083, "timestamp": TIMESTAMP, "timestamptz": TIMESTAMPTZ, "timetz": 1266,
    "interval": INTERVAL, "numeric": NUMERIC, "uuid": UUID, "jsonb": JSONB, "inet": 869, "cidr": 650, "macaddr": 829,
    "money": 790, "bit": 1560, "varbit": 1562, "regclass": 2205, "regtype": REGTYPE, "regproc": 24,
}  # fmt: skip  # a table


def comparable(left: int, right: int) -> bool:
    """Say whether pg_catalog's comparisons of two such values never raise, and nor does making them of one type."""
    if left in CONSTANTS or right in CONSTANTS:
        return _comparable_with_constant(left, right)
    if left == right:
        return left in SORTABLE or ELEMENTS.get(left) in SORTABLE
    pair = {left, right}
    return pair <= TEXTS or pair <= EXACT or pair <= FLOATS or pair <= _SHORT


def _comparable_with_constant(left: int, right: int) -> bool:
    other = right if left in CONSTANTS else left
    if other in CONSTANTS:
        return left == right == LITERAL
    if PARAMETER in (left, right):
        return other in _SAFE_BESIDE_PARAMETER
    return other in SORTABLE or other in _OTHERS or ELEMENTS.get(other) in SORTABLE


def common(types: Iterable[int]) -> tuple[int, bool]:  # noqa: PLR0911 (one a family)
    """Return the type that CASE, COALESCE, ARRAY, VALUES or UNION makes of these, and whether doing so never raises."""
    every = list(types)
    if every.count(UNTYPED) > 1:
        return UNTYPED, False
    seen = set(every)
    has_parameter = PARAMETER in seen
    seen -= CONSTANTS
    if not seen:
        # Of nothing but untyped constants PostgreSQL makes text, which a cast then reads as it runs.
        return TEXT, True
    if len(seen) == 1:
        only = seen.pop()
        return only, not has_parameter or only in _SAFE_BESIDE_PARAMETER
    if seen <= TEXTS:
        return TEXT, True
    if seen <= EXACT:
        return (NUMERIC if NUMERIC in seen else INT8 if INT8 in seen else INT4), not (has_parameter and NUMERIC in seen)
    if seen <= FLOATS:
        return FLOAT8, True
    return UNTYPED, False
