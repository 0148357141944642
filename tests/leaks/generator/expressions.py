"""Writes expressions of every type: columns, constants, functions that can fail and that cannot, sub-queries, rows."""

from collections.abc import Callable, Sequence

from leaks.generator.pen import TYPES, Pen, Place, Written, cast

_DEPTH_MAX = 3
_WORDS = ("'a'", "'Gent'", "''", "'x%'", "'%a%'", "'calm'", "'17'", "'k'", "'@'")
_CONSTANTS = {
    "text": _WORDS,
    "int": ("1", "0", "2", "7", "100", "-3"),
    "num": ("1.5", "0", "100", "0.01"),
    "bool": ("true", "false"),
    "date": ("date '2024-06-01'", "date '1990-01-01'"),
    "json": ("""'{"k": 1}'::jsonb""", "'[1, 2]'::jsonb"),
    "texts": ("ARRAY['a', 'b']", "'{}'::text[]"),
    "mood": ("'calm'::mood", "'wild'::mood"),
}

_GIVEN = {
    "text": ("a", "Gent", "", "%a%", "17"),
    "int": ("1", "0", "7", "-3"),
    "num": ("1.5", "0"),
    "bool": ("t", "f"),
    "date": ("2024-06-01",),
    "json": ('{"k": 1}', "[1]"),
    "texts": ("{a,b}", "{}"),
    "mood": ("calm", "wild"),
}

# Functions and operators by result, each with the types of what it takes. {0} is the first argument.
_SHAPES: dict[str, tuple[tuple[str, str], ...]] = {
    "text": (
        ("lower({0})", "text"),
        ("upper({0})", "text"),
        ("{0} || {1}", "text text"),
        ("left({0}, {1})", "text int"),
        ("right({0}, 3)", "text"),
        ("substr({0}, 2, 3)", "text"),
        ("reverse({0})", "text"),
        ("md5({0})", "text"),
        ("concat({0}, '-', {1})", "text int"),
        ("concat_ws(',', {0}, {1})", "text date"),
        ("coalesce({0}, {1})", "text text"),
        ("nullif({0}, {1})", "text text"),
        ("greatest({0}, {1})", "text text"),
        ("replace({0}, 'a', {1})", "text text"),
        ("split_part({0}, '@', 1)", "text"),
        ("translate({0}, 'abc', 'xyz')", "text"),
        ("lpad({0}, 5, '*')", "text"),
        ("regexp_replace({0}, '[aeiou]', '#', 'g')", "text"),
        ("substring({0} from '[a-m]+')", "text"),
        ("format('%s/%s', {0}, {1})", "text num"),
        ("quote_literal({0})", "text"),
        ("initcap(trim({0}))", "text"),
        ("to_char({0}, 'YYYY-MM')", "date"),
        ("to_char({0}, '999.99')", "num"),
        ("{0}::text", "int"),
        ("{0}::text", "date"),
        ("{0}::text", "json"),
        ("{0}::text", "mood"),
        ("{0}::varchar(3)", "text"),
        ("CAST({0} AS char(2))", "text"),
        ("{0} ->> 'k'", "json"),
        ("{0} #>> '{{z,0}}'", "json"),
        ("array_to_string({0}, ',')", "texts"),
        ("({0})[1]", "texts"),
        ("(string_to_array({0}, '@'))[2]", "text"),
        ("initials({0})", "text"),
        ("peek({0})", "int"),
        ("chr(65 + ({0} & 7))", "int"),
        ("pg_typeof({0})::text", "num"),
    ),
    "int": (
        ("length({0})", "text"),
        ("{0} + {1}", "int int"),
        ("{0} - {1}", "int int"),
        ("{0} * 2", "int"),
        ("{0} / {1}", "int int"),
        ("{0} % 3", "int"),
        ("abs({0})", "int"),
        ("ascii({0})", "text"),
        ("strpos({0}, 'a')", "text"),
        ("coalesce({0}, {1})", "int int"),
        ("nullif({0}, {1})", "int int"),
        ("least({0}, {1})", "int int"),
        ("{0}::int", "text"),
        ("{0}::int", "num"),
        ("{0}::int", "bool"),
        ("{0}::int::smallint", "int"),
        ("extract(year from {0})::int", "date"),
        ("array_length({0}, 1)", "texts"),
        ("cardinality({0})", "texts"),
        ("jsonb_array_length({0})", "json"),
        ("({0} ->> 'k')::int", "json"),
        ("num_nulls({0}, {1})", "text int"),
        ("octet_length({0})", "text"),
        ("hashtext({0})", "text"),
        ("{0} - date '2024-01-01'", "date"),
        ("pg_column_size({0})", "text"),
        ("width_bucket({0}, 0, 1000, 4)", "num"),
    ),
    "num": (
        ("{0} + {1}", "num num"),
        ("{0} * {1}", "num int"),
        ("round({0})", "num"),
        ("{0} / {1}", "num num"),
        ("coalesce({0}, {1})", "num num"),
        ("{0}::numeric", "text"),
        ("{0}::numeric", "int"),
        ("ln({0})", "num"),
        ("sqrt({0})::numeric", "num"),
        ("pay_of({0})", "int"),
        ("greatest({0}, {1})", "num num"),
        ("trunc({0}, 1)", "num"),
    ),
    "bool": (
        ("{0} = {1}", "text text"),
        ("{0} = {1}", "int int"),
        ("{0} <> {1}", "text text"),
        ("{0} > {1}", "int int"),
        ("{0} < {1}", "date date"),
        ("{0} >= {1}", "num num"),
        ("{0} LIKE {1}", "text text"),
        ("{0} ILIKE '%a%'", "text"),
        ("{0} ~ '^[a-m]'", "text"),
        ("{0} IS NULL", "text"),
        ("{0} IS NOT NULL", "int"),
        ("{0} IS DISTINCT FROM {1}", "text text"),
        ("{0} BETWEEN {1} AND {2}", "int int int"),
        ("{0} IN ({1}, {2})", "text text text"),
        ("{0} = ANY ({1})", "text texts"),
        ("NOT ({0})", "bool"),
        ("({0}) AND ({1})", "bool bool"),
        ("({0}) OR ({1})", "bool bool"),
        ("{0} @> {1}", "json json"),
        ("{0} ? 'k'", "json"),
        ("{0} && {1}", "texts texts"),
        ("starts_with({0}, 'a')", "text"),
        ("({0}, {1}) < ({2}, {3})", "int text int text"),
        ("{0} = {1}", "mood mood"),
        ("({0}) IS TRUE", "bool"),
        ("{0}::boolean", "text"),
    ),
    "date": (
        ("{0} + {1}", "date int"),
        ("date_trunc('month', {0})::date", "date"),
        ("coalesce({0}, {1})", "date date"),
        ("{0}::date", "text"),
        ("least({0}, {1})", "date date"),
        ("make_date(2024, {0}, 1)", "int"),
        ("({0} + interval '1 month')::date", "date"),
    ),
    "json": (
        ("to_jsonb(({0})::text)", "text"),
        ("jsonb_build_object('a', ({0})::text, 'b', {1})", "text int"),
        ("jsonb_build_array({0}, {1})", "num text"),
        ("{0} || {1}", "json json"),
        ("{0} -> 'k'", "json"),
        ("to_jsonb({0})", "texts"),
        ("jsonb_build_object('d', {0})", "date"),
        ("{0}::jsonb", "text"),
        ("jsonb_path_query_first({0}, '$.k')", "json"),
        ("jsonb_set({0}, '{{a}}', {1})", "json json"),
    ),
    "texts": (
        ("ARRAY[{0}, {1}]", "text text"),
        ("string_to_array({0}, 'a')", "text"),
        ("{0} || {1}", "texts texts"),
        ("array_append({0}, ({1})::text)", "texts text"),
        ("array_remove({0}, ({1})::text)", "texts text"),
        ("({0})[1:1]", "texts"),
        ("regexp_match({0}, '[a-m]+')", "text"),
    ),
    "mood": (("coalesce({0}, {1})", "mood mood"), ("{0}::mood", "text"), ("greatest({0}, {1})", "mood mood")),
}


def expression(pen: Pen, place: Place, kind: str = "") -> Written:
    """Write an expression of this type, or of any."""
    kind = kind or pen.choices.pick(TYPES)
    if place.depth >= _DEPTH_MAX:
        return _leaf(pen, place, kind)
    how: Callable[[Pen, Place, str], Written] = pen.choices.weighted(
        ((40, _leaf), (38, _shape), (6, _conditional), (5, _scalar), (4, _tested), (4, _row))
    )
    return how(pen, place, kind)


def column(pen: Pen, place: Place, kind: str) -> Written | None:
    """Name a column of this type, if there is one."""
    found = [
        (relation.alias, one)
        for relation in place.seen
        for one in relation.columns
        if one.kind == kind and not (place.clean and one.tainted)
    ]
    if not found:
        return None
    alias, one = pen.choices.pick(found)
    return Written(f"{alias}.{one.name}" if alias else one.name, kind, one.tainted)


def constant(pen: Pen, kind: str) -> Written:
    """Write a constant, or a parameter that stands for one."""
    if pen.given is not None and pen.choices.chance(60):
        pen.given.append(pen.choices.pick(_GIVEN[kind]))
        typed = f"::{cast(kind)}" if kind != "text" or pen.choices.chance(50) else ""
        return Written(f"${len(pen.given)}{typed}", kind)
    return Written(pen.choices.pick(_CONSTANTS[kind]), kind)


def is_constant(written: Written) -> bool:
    """Tell whether this is a constant by itself, which ORDER BY does not take."""
    return written.sql in _CONSTANTS[written.kind] or written.sql.startswith("$")


def _leaf(pen: Pen, place: Place, kind: str) -> Written:
    named = None if pen.choices.chance(15) else column(pen, place, kind)
    return named or constant(pen, kind)


def _shape(pen: Pen, place: Place, kind: str) -> Written:
    template, takes = pen.choices.pick(_SHAPES[kind])
    if place.clean and ("peek" in template or "pay_of" in template):
        return _leaf(pen, place, kind)
    parts = [expression(pen, place.deeper(), one) for one in takes.split()]
    sql = template.format(*(one.sql if _simple(one.sql) else f"({one.sql})" for one in parts))
    return Written(sql, kind, _any(parts) or "peek" in template or "pay_of" in template)


def _conditional(pen: Pen, place: Place, kind: str) -> Written:
    test = expression(pen, place.deeper(), "bool")
    one, other = (expression(pen, place.deeper(), kind) for _ in range(2))
    sql = f"CASE WHEN {test.sql} THEN {one.sql} ELSE {other.sql} END"
    return Written(f"({sql})::{cast(kind)}", kind, _any((test, one, other)))


def _scalar(pen: Pen, place: Place, kind: str) -> Written:
    inner = pen.query(pen, place.inside(), kinds=(kind,), one=True)
    return Written(f"({inner.sql})", kind, inner.shaped or inner.columns[0].tainted)


def _tested(pen: Pen, place: Place, kind: str) -> Written:
    if kind == "texts":
        inner = pen.query(pen, place.inside(), kinds=("text",))
        return Written(f"ARRAY({inner.sql})", kind, inner.shaped or inner.columns[0].tainted)
    if kind != "bool":
        return _shape(pen, place, kind)
    inner = pen.query(pen, place.inside(), kinds=("text",))
    if pen.choices.chance(50):
        left = expression(pen, place.deeper(), "text")
        test = pen.choices.pick(("IN", "NOT IN", "= ANY", "< ALL"))
        return Written(f"({left.sql}) {test} ({inner.sql})", kind, inner.shaped or _any((left, *inner.columns)))
    return Written(f"EXISTS ({inner.sql})", kind, inner.shaped)


def _row(pen: Pen, place: Place, kind: str) -> Written:
    """Use a whole row: as JSON, as text, as one of its fields."""
    rows = [one for one in place.seen if one.whole and not (place.clean and _any(one.columns))]
    if not rows:
        return _leaf(pen, place, kind)
    relation = pen.choices.pick(rows)
    tainted, alias = _any(relation.columns), relation.alias
    fields = [one for one in relation.columns if one.kind == kind]
    if fields and pen.choices.chance(50):
        one = pen.choices.pick(fields)
        return Written(f"({alias}).{one.name}", kind, one.tainted)
    made = {
        "json": (f"to_jsonb({alias})", f"row_to_json({alias})::jsonb", f"jsonb_build_object('r', {alias})"),
        "text": (f"{alias}::text", f"ROW({alias}.*)::text", f"format('%s', {alias})", f"to_json({alias})::text"),
        "bool": (f"{alias} IS NULL", f"{alias} IS NOT NULL", f"{alias} = {alias}"),
        "int": (f"length({alias}::text)",),
    }.get(kind)
    if made is None:
        return _leaf(pen, place, kind)
    return Written(f"({pen.choices.pick(made)})", kind, tainted)


def _simple(sql: str) -> bool:
    return sql.replace("_", "a").replace(".", "a").isalnum() or (sql.startswith("'") and sql.endswith("'"))


def _any(parts: Sequence[object]) -> bool:
    return any(part.tainted for part in parts)  # type: ignore[attr-defined]  # whatever is made has it
