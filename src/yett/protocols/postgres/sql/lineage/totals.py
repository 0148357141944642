"""The functions that can never raise, whatever the column's value is: the only ones a masked answer may be made of.

A rule returns the result of a call, or None where these arguments are not the ones it vouches for. Each group says why
it is here. What is missing on purpose: arithmetic (overflow), anything that reads its text as something (a number, a
date, a pattern, JSON), anything whose result may be far larger than its arguments, anything volatile.
"""

# ruff: noqa: ARG001 - all entries of one table share one signature

from collections.abc import Callable

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage import kinds
from yett.protocols.postgres.sql.lineage.kinds import BOOL, BYTEA, INT4, TEXT
from yett.protocols.postgres.sql.lineage.mixing import computed, may_be_loose, mix
from yett.protocols.postgres.sql.lineage.values import MAY_FAIL, NEVER, SIZE_MAX, Value
from yett.protocols.postgres.sql.names import constant

Rule = Callable[[list[Value], list[Node]], Value | None]

_TEXT = kinds.TEXTS | kinds.CONSTANTS
_PRINTED_AS_LONG = _TEXT | {BYTEA, kinds.UUID, kinds.JSON, kinds.JSONB}
_WHOLE = kinds.INTEGERS | kinds.CONSTANTS
_BYTES = frozenset([BYTEA])
_ROUNDED = kinds.EXACT
_DATED = frozenset([kinds.DATE, kinds.TIMESTAMP, kinds.TIMESTAMPTZ])
_DATE_FIELD_WORDS = "day week month quarter year decade century millennium dow doy isodow isoyear epoch"
_DATE_FIELDS = frozenset(_DATE_FIELD_WORDS.split())
_TIME_FIELDS = frozenset(["hour", "minute", "second", "milliseconds", "microseconds"])


def number(node: Node) -> int | None:
    """Return a whole constant, None for anything else."""
    if "A_Expr" in node and node["A_Expr"].get("name") == [{"String": {"sval": "-"}}] and "lexpr" not in node["A_Expr"]:
        inner = number(node["A_Expr"].get("rexpr", {}))
        return None if inner is None else -inner
    value = node.get("A_Const", {})
    return value["ival"].get("ival", 0) if "ival" in value else None


def _are(args: list[Value], *allowed: frozenset[int]) -> bool:
    return len(args) == len(allowed) and all(value.type in kind for value, kind in zip(args, allowed, strict=True))


def _size(args: list[Value], factor: int = 1) -> int:
    return sum(value.size for value in args) * factor


def _text_to_text(args: list[Value], nodes: list[Node]) -> Value | None:
    """Letter by letter: a valid text stays one, of about its size."""
    if not (_are(args, _TEXT) or _are(args, _TEXT, _TEXT)) or (size := _size(args, 2)) > SIZE_MAX:
        return None
    return mix(args, TEXT, size=size, collated=True, steady=all(value.steady for value in args))


def _trimmed(args: list[Value], nodes: list[Node]) -> Value | None:
    """As above, but what is left is as long as the letters say."""
    made = _text_to_text(args, nodes)
    return None if made is None else computed(made, steady=False)


def _length(args: list[Value], nodes: list[Node]) -> Value | None:
    """Counting never fails."""
    return mix(args, INT4, steady=args[0].steady) if _are(args, _TEXT) or _are(args, _BYTES) else None


def _ends(args: list[Value], nodes: list[Node]) -> Value | None:
    """left, right: any number is accepted, negative ones too."""
    steady = len(args) > 1 and args[0].steady and not args[1].sources
    return mix(args, TEXT, size=args[0].size, steady=steady) if _are(args, _TEXT, _WHOLE) else None


def _part(args: list[Value], nodes: list[Node]) -> Value | None:
    """Substring by constant positions: only a negative length is an error."""
    if not (_are(args, _TEXT, _WHOLE) or _are(args, _TEXT, _WHOLE, _WHOLE)):
        return None
    if any((at := number(node)) is None or at < 0 for node in nodes[1:]):
        return None
    return mix(args, TEXT, size=args[0].size, steady=args[0].steady)


def _split_part(args: list[Value], nodes: list[Node]) -> Value | None:
    """Only part 0 is an error. Servers before 18 cannot search under a non-deterministic collation."""
    if not _are(args, _TEXT, _TEXT, _WHOLE) or not (number(nodes[2]) or 0) > 0 or args[1].sources:
        return None
    exact = _found_exactly(args)
    return mix(args, TEXT, total=exact, size=args[0].size, failing=_searching(args), collated=True)


def _search(args: list[Value], nodes: list[Node]) -> Value | None:
    """Finding one text in another, as above."""
    if not _are(args, _TEXT, _TEXT):
        return None
    steady = all(value.steady for value in args)
    return mix(args, INT4, total=_found_exactly(args), failing=_searching(args), collated=True, steady=steady)


def _starts_with(args: list[Value], nodes: list[Node]) -> Value | None:
    """As above."""
    if not _are(args, _TEXT, _TEXT):
        return None
    steady = all(value.steady for value in args)
    return mix(args, BOOL, total=_found_exactly(args), failing=_searching(args), collated=True, steady=steady)


def _searching(args: list[Value]) -> int:
    return MAY_FAIL if any(value.collation for value in args) else NEVER


def _found_exactly(args: list[Value]) -> bool:
    return not any(may_be_loose(value) for value in args)


def _replace(args: list[Value], nodes: list[Node]) -> Value | None:
    """Replacing by a constant, while the result stays bounded."""
    if not _are(args, _TEXT, _TEXT, _TEXT) or args[1].sources or args[2].sources:
        return None
    size = args[0].size * (args[2].size + 1)
    exact = size <= SIZE_MAX and _found_exactly(args)
    return mix(args, TEXT, size=size, failing=_searching(args), collated=True) if exact else None


def _translate(args: list[Value], nodes: list[Node]) -> Value | None:
    """Letter for letter."""
    ok = _are(args, _TEXT, _TEXT, _TEXT) and not args[1].sources and not args[2].sources
    return mix(args, TEXT, size=args[0].size * 4) if ok else None


def _padded(args: list[Value], nodes: list[Node]) -> Value | None:
    """lpad, rpad to a constant length."""
    length = number(nodes[1]) if len(nodes) > 1 else None
    if length is None or not (_are(args, _TEXT, _WHOLE) or _are(args, _TEXT, _WHOLE, _TEXT)):
        return None
    steady = all(value.steady for value in args)
    return None if length * 4 > SIZE_MAX else mix(args, TEXT, size=max(length, 0) * 4, steady=steady)


def _repeat(args: list[Value], nodes: list[Node]) -> Value | None:
    """A constant number of times, while the result stays bounded."""
    times = number(nodes[1]) if len(nodes) > 1 else None
    if times is None or not _are(args, _TEXT, _WHOLE):
        return None
    size = args[0].size * max(times, 0)
    return None if size > SIZE_MAX else mix(args, TEXT, size=size)


def printable(value: Value) -> bool:
    """Say whether the value can always be printed, as itself or as JSON."""
    if value.fields is not None:
        return value.more is None and all(printable(inner) for _, inner in value.fields)
    return value.type in kinds.PRINTABLE or value.type in kinds.ELEMENTS


def steadily_printed(value: Value) -> bool:
    """Say whether a value's text, too, is as long as its sources are: `true` and `false` are not, nor 9 and 10."""
    if value.fields is not None:
        return value.more is None and all(steadily_printed(inner) for _, inner in value.fields)
    kept = not value.sources or value.verbatim is not None or value.type in _PRINTED_AS_LONG
    return kept and value.steady


def joined(args: list[Value], kind: int = TEXT, factor: int = 1) -> Value | None:
    """Return what is printed one after the other, while that stays bounded."""
    size = _size(args, factor) + 64
    if size > SIZE_MAX or not all(printable(value) for value in args):
        return None
    return mix(args, kind, size=size, steady=all(map(steadily_printed, args)))


def _concat(args: list[Value], nodes: list[Node]) -> Value | None:
    """Printing and joining."""
    return joined(args)


def _format(args: list[Value], nodes: list[Node]) -> Value | None:
    """%s and %L of what is there; %I raises for NULL, and widths make it large."""
    text = constant(nodes[0]) if nodes else None
    if text is None or "A_Const" not in nodes[0]:
        return None
    asked = 0
    pieces = text.split("%")[1:]
    while pieces:
        piece = pieces.pop(0)
        if not piece and pieces:
            pieces.pop(0)
        elif piece[:1] in ("s", "L"):
            asked += 1
        else:
            return None
    return joined(args, TEXT, 3) if asked < len(args) else None


def _digest(args: list[Value], nodes: list[Node]) -> Value | None:
    """Fails, if at all, for every value (where the server's cryptography forbids it)."""
    ok = _are(args, _TEXT) or _are(args, _BYTES)
    return mix(args, TEXT, failing=MAY_FAIL, steady=args[0].steady) if ok else None


def _bytes_digest(args: list[Value], nodes: list[Node]) -> Value | None:
    """As above."""
    return mix(args, BYTEA, failing=MAY_FAIL, steady=args[0].steady) if _are(args, _BYTES) else None


def _json_object(args: list[Value], nodes: list[Node]) -> Value | None:
    """Constant keys, any values that can be printed."""
    keys = nodes[::2]
    if len(nodes) % 2 or any("A_Const" not in key or constant(key) is None for key in keys):
        return None
    return joined(args, kinds.JSON, 8)


def _json_array(args: list[Value], nodes: list[Node]) -> Value | None:
    """Any values that can be printed."""
    return joined(args, kinds.JSON, 8)


def has_json(value: Value) -> bool:
    """Say whether JSON text may be in it, which is not always valid as jsonb."""
    if value.fields is not None:
        return any(has_json(inner) for _, inner in value.fields)
    return value.type in (kinds.JSON, 199)


def _may_be_json(value: Value) -> bool:
    if value.fields is not None:
        return any(_may_be_json(inner) for _, inner in value.fields)
    return value.type == kinds.PARAMETER


def _binary(rule: Rule) -> Rule:
    def binary(args: list[Value], nodes: list[Node]) -> Value | None:
        made = None if any(has_json(value) for value in args) else rule(args, nodes)
        failing = MAY_FAIL if any(_may_be_json(value) for value in args) else NEVER
        return None if made is None else mix([made], kinds.JSONB, failing=failing, size=made.size, steady=made.steady)

    return binary


def _to_json(args: list[Value], nodes: list[Node]) -> Value | None:
    """One value that can be printed."""
    return joined(args, kinds.JSON, 8) if len(args) == 1 else None


def _row_to_json(args: list[Value], nodes: list[Node]) -> Value | None:
    """A row whose fields can all be printed."""
    return joined(args, kinds.JSON, 8) if args and args[0].fields is not None else None


def _json_kind(args: list[Value], nodes: list[Node]) -> Value | None:
    """What a jsonb is can always be said."""
    return mix(args, TEXT) if _are(args, frozenset([kinds.JSONB])) else None


def _extracted(args: list[Value], nodes: list[Node]) -> Value | None:
    """A field that each date and time has: another one is an error wherever there is one."""
    if not _are(args, kinds.CONSTANTS, _DATED) or "A_Const" not in nodes[0]:
        return None
    name = (constant(nodes[0]) or "").lower()
    ok = name in _DATE_FIELDS or (name in _TIME_FIELDS and args[1].type != kinds.DATE)
    return mix(args, kinds.NUMERIC, failing=MAY_FAIL) if ok else None


def _date_part(args: list[Value], nodes: list[Node]) -> Value | None:
    """As above, but a date is made a timestamp first, which not every date has."""
    made = _extracted(args, nodes)
    return None if made is None or args[1].type == kinds.DATE else mix([made], kinds.FLOAT8)


def bounded(value: Value) -> bool:
    """Say whether nobody can have steered a number to where rounding it, or adding it up, is beyond the limits."""
    return value.steady or value.size <= 64


def _rounded(args: list[Value], nodes: list[Node]) -> Value | None:
    """Rounding exact numbers to a constant number of digits."""
    if not args or not bounded(args[0]):
        return None
    if _are(args, _ROUNDED):
        number_kind = kinds.NUMERIC if args[0].type == kinds.NUMERIC else kinds.FLOAT8
        return mix(args, number_kind, failing=MAY_FAIL if args[0].size > 64 else NEVER)
    if _are(args, _ROUNDED, _WHOLE) and (digits := number(nodes[1])) is not None and 0 <= digits <= 100:
        return mix(args, kinds.NUMERIC, failing=MAY_FAIL if args[0].size > 64 else NEVER)
    return None


def _array_size(args: list[Value], nodes: list[Node]) -> Value | None:
    """cardinality, array_length and the like."""
    ok = bool(args) and args[0].type in kinds.ELEMENTS and all(value.type in _WHOLE for value in args[1:])
    return mix(args, INT4) if ok else None


def _counted_nulls(args: list[Value], nodes: list[Node]) -> Value | None:
    """num_nulls, num_nonnulls, pg_typeof look at no value."""
    return mix(args, INT4)


def _of_the_session(args: list[Value], nodes: list[Node]) -> Value | None:
    """Without arguments, and the same for the whole statement."""
    return None if args else mix(args, kinds.UNTYPED, steady=True)


def _now(args: list[Value], nodes: list[Node]) -> Value | None:
    """As above."""
    return None if args else mix(args, kinds.TIMESTAMPTZ, steady=True)


_GROUPS: tuple[tuple[Rule, str], ...] = (
    (_text_to_text, "lower upper initcap reverse"),
    (_trimmed, "btrim ltrim rtrim trim"),
    (_length, "length char_length character_length octet_length"),
    (_ends, "left right"),
    (_part, "substr substring"),
    (_split_part, "split_part"),
    (_search, "strpos position"),
    (_starts_with, "starts_with"),
    (_replace, "replace"),
    (_translate, "translate"),
    (_padded, "lpad rpad"),
    (_repeat, "repeat"),
    (_concat, "concat concat_ws"),
    (_format, "format"),
    (_digest, "md5"),
    (_bytes_digest, "sha224 sha256 sha384 sha512"),
    (_json_object, "json_build_object"),
    (_json_array, "json_build_array"),
    (_binary(_json_object), "jsonb_build_object"),
    (_binary(_json_array), "jsonb_build_array"),
    (_to_json, "to_json"),
    (_binary(_to_json), "to_jsonb"),
    (_row_to_json, "row_to_json"),
    (_json_kind, "jsonb_typeof"),
    (_extracted, "extract"),
    (_date_part, "date_part"),
    (_rounded, "round trunc floor ceil ceiling"),
    (_array_size, "cardinality array_length array_upper array_lower array_ndims"),
    (_counted_nulls, "num_nulls num_nonnulls"),
    (_now, "now transaction_timestamp statement_timestamp"),
    (_of_the_session, "current_database current_schema version pg_backend_pid current_user session_user"),
)
TOTAL: dict[str, Rule] = {name: rule for rule, names in _GROUPS for name in names.split()}
