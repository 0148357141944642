"""Writes queries: plain, grouped, distinct, with windows, combined, recursive, with CTEs that read or change."""

from collections.abc import Sequence

from leaks.generator.expressions import column, constant, expression, is_constant
from leaks.generator.pen import TYPES, Column, Pen, Place, Query, Relation, Written, cast
from leaks.generator.sources import sources

_AGGREGATES = {
    "int": (("count({0})", "text"), ("count(DISTINCT {0})", "text"), ("max({0})", "int"), ("sum({0})::int", "int")),
    "num": (("sum({0})", "num"), ("avg({0})", "num"), ("min({0})", "num"), ("avg({0})", "int")),
    "text": (
        ("max({0})", "text"),
        ("string_agg({0}, ',')", "text"),
        ("min({0})", "text"),
        ("string_agg({0}, ',' ORDER BY {0})", "text"),
    ),
    "bool": (("bool_and({0})", "bool"), ("bool_or({0})", "bool"), ("count(*) > 3", "")),
    "date": (("max({0})", "date"), ("min({0})", "date")),
    "json": (("jsonb_agg(({0})::text)", "text"), ("to_jsonb(count(*))", ""), ("jsonb_agg({0})", "int")),
    "texts": (("array_agg(({0})::text)", "text"),),
    "mood": (("max({0})", "mood"),),
}
_WINDOWS = {
    "int": ("row_number() OVER ({w})", "rank() OVER ({w})", "count(*) OVER ({w})", "ntile(3) OVER ({w})"),
    "text": ("lag(({0})::text) OVER ({w})", "first_value(({0})::text) OVER ({w})", "max({0}) OVER ({w})"),
    "num": ("sum({0}) OVER ({w})", "avg({0}) OVER ({w})"),
    "date": ("lead({0}) OVER ({w})",),
}
_SETS = ("UNION ALL", "UNION ALL", "UNION", "INTERSECT", "EXCEPT", "EXCEPT ALL")
_COMPARABLE = ("int", "text", "num", "date", "bool", "mood")


def query(pen: Pen, place: Place, kinds: Sequence[str] = (), *, one: bool = False) -> Query:
    """Write a query with outputs of these types (any where none are given), of one row where asked."""
    if one:
        return _one_row(pen, place, kinds)
    deep = place.depth > 2
    how = pen.choices.weighted(
        ((60, _plain), (14, _grouped), (0 if deep else 9, _combined), (0 if deep else 7, _with), (2, _bare))
    )
    return how(pen, place, kinds)


def _plain(pen: Pen, place: Place, kinds: Sequence[str]) -> Query:
    text, inner, shaped = sources(pen, place)
    outputs = _outputs(pen, inner, kinds)
    distinct, also = _distinct(pen, inner, outputs)
    where, filtered = _where(pen, inner)
    order, ordered = ("", False) if distinct.startswith("DISTINCT ON") else _order(pen, inner, outputs, distinct)
    listed = ", ".join(f"{written.sql} AS {name}" for name, written in outputs)
    limit = _limit(pen, inner)
    sql = f"SELECT {distinct}{listed} FROM {text}{where}{order}{limit}"
    return Query(sql, _columns(outputs), shaped or also or filtered or ordered)


def _outputs(pen: Pen, inner: Place, kinds: Sequence[str]) -> list[tuple[str, Written]]:
    wanted = kinds or [pen.choices.pick(TYPES) for _ in range(1 + pen.choices.below(4))]
    found = []
    for kind in wanted:
        how = pen.choices.weighted(((50, column), (40, expression), (10, _window)))
        written = how(pen, inner, kind) or constant(pen, kind)
        found.append((pen.name("c"), written))
    return found


def _window(pen: Pen, inner: Place, kind: str) -> Written:
    if kind not in _WINDOWS:
        return expression(pen, inner, kind)
    template, given = pen.choices.pick(_WINDOWS[kind]), expression(pen, inner.deeper(), kind)
    clean = inner.cleaned(clean=not pen.choices.chance(12))
    parts = expression(pen, clean.nearly(), pen.choices.pick(_COMPARABLE))
    order = expression(pen, clean.nearly(), pen.choices.pick(_COMPARABLE))
    over = f"PARTITION BY {parts.sql} " * pen.choices.chance(50) + f"ORDER BY {order.sql}"
    tainted = parts.tainted or order.tainted or ("{0}" in template and given.tainted)
    return Written(template.format(given.sql, w=over), kind, tainted)


def _distinct(pen: Pen, inner: Place, outputs: list[tuple[str, Written]]) -> tuple[str, bool]:
    if not pen.choices.chance(10):
        return "", False
    clean = _columns_of(outputs, clean=True)
    if clean and pen.choices.chance(40):
        by = column(pen, inner.cleaned(), "int")
        if by is not None:
            return f"DISTINCT ON ({by.sql}) ", False
    whole = all(written.kind in _COMPARABLE for _, written in outputs)
    tainted = len(clean) < len(outputs)
    if not whole or (tainted and (inner.clean or pen.choices.chance(70))):
        return "", False
    return "DISTINCT ", tainted


def _where(pen: Pen, inner: Place) -> tuple[str, bool]:
    if not pen.choices.chance(40):
        return "", False
    clean = inner.cleaned(clean=not pen.choices.chance(12))
    test = expression(pen, clean.deeper(), "bool")
    return f" WHERE {test.sql}", test.tainted


def _order(pen: Pen, inner: Place, outputs: list[tuple[str, Written]], distinct: str) -> tuple[str, bool]:
    if not pen.choices.chance(35):
        return "", False
    clean = _columns_of(outputs, clean=True)
    if distinct or pen.choices.chance(40):
        able = [one for one in clean if one[1].kind in _COMPARABLE]
        return (f" ORDER BY {pen.choices.pick(able)[0]}", False) if able else ("", False)
    place = inner.cleaned(clean=not pen.choices.chance(8))
    by = expression(pen, place.nearly(), pen.choices.pick(_COMPARABLE))
    if is_constant(by):
        return "", False
    return f" ORDER BY {by.sql}{' DESC' * pen.choices.chance(30)}", by.tainted


def _limit(pen: Pen, inner: Place) -> str:
    if not pen.choices.chance(15):
        return ""
    return f" LIMIT {1 + pen.choices.below(6)}" + " OFFSET 1" * pen.choices.chance(30)


def _one_row(pen: Pen, place: Place, kinds: Sequence[str]) -> Query:
    text, inner, shaped = sources(pen, place.deeper())
    where, filtered = _where(pen, inner)
    if pen.choices.chance(50):
        written = _aggregate(pen, inner, kinds[0])
        sql = f"SELECT {written.sql} FROM {text}{where}"
        return Query(sql, (Column(pen.name("c"), kinds[0], written.tainted),), shaped or filtered)
    written = expression(pen, inner.deeper(), kinds[0])
    sql = f"SELECT {written.sql} FROM {text}{where} LIMIT 1"
    return Query(sql, (Column(pen.name("c"), kinds[0], written.tainted),), shaped or filtered)


def _aggregate(pen: Pen, inner: Place, kind: str) -> Written:
    template, takes = pen.choices.pick(_AGGREGATES[kind])
    if not takes:
        return Written(template, kind)
    # With only outer columns in it, it would be an aggregate of the query around.
    given = expression(pen, inner.own().nearly(), takes)
    text, tainted = template.format(given.sql), given.tainted
    if "DISTINCT" not in template and "::" not in template and "*" not in template and pen.choices.chance(10):
        place = inner.cleaned(clean=not pen.choices.chance(15))
        test = expression(pen, place.nearly(), "bool")
        text, tainted = f"{text} FILTER (WHERE {test.sql})", tainted or test.tainted
    return Written(f"({text})::{cast(kind)}", kind, tainted)


def _grouped(pen: Pen, place: Place, kinds: Sequence[str]) -> Query:
    text, inner, shaped = sources(pen, place)
    where, filtered = _where(pen, inner)
    keys_from = inner.cleaned(clean=not pen.choices.chance(12))
    wanted = list(kinds) or [pen.choices.pick(TYPES) for _ in range(1 + pen.choices.below(3))]
    outputs, keys, tainted = [], [], False
    for kind in wanted:
        named = column(pen, keys_from, kind) if kind in _COMPARABLE and pen.choices.chance(45) else None
        if named is not None:
            keys.append(named.sql)
            tainted = tainted or named.tainted
        outputs.append((pen.name("c"), named or _aggregate(pen, inner, kind)))
    group = ""
    if keys:
        how = pen.choices.weighted(((80, "{0}"), (10, "ROLLUP ({0})"), (10, "GROUPING SETS (({0}), ())")))
        group = " GROUP BY " + how.format(", ".join(dict.fromkeys(keys)))
    having = ""
    if pen.choices.chance(15):
        test = _aggregate(pen, inner.cleaned(clean=not pen.choices.chance(15)), "int")
        having, tainted = f" HAVING {test.sql} >= {pen.choices.below(3)}", tainted or test.tainted
    listed = ", ".join(f"{written.sql} AS {name}" for name, written in outputs)
    able = [name for name, written in outputs if not written.tainted and written.kind in _COMPARABLE]
    order = f" ORDER BY {pen.choices.pick(able)}" if able and pen.choices.chance(40) else ""
    sql = f"SELECT {listed} FROM {text}{where}{group}{having}{order}"
    return Query(sql, _columns(outputs), shaped or filtered or tainted)


def _combined(pen: Pen, place: Place, kinds: Sequence[str]) -> Query:
    wanted = list(kinds) or [pen.choices.pick(_COMPARABLE) for _ in range(1 + pen.choices.below(3))]
    how = pen.choices.pick(_SETS)
    sides = [_plain(pen, place.deeper(), wanted) for _ in range(2)]
    shaped = any(side.shaped for side in sides)
    tainted = [any(side.columns[n].tainted for side in sides) for n in range(len(wanted))]
    columns = tuple(Column(c.name, c.kind, t) for c, t in zip(sides[0].columns, tainted, strict=True))
    return Query(f"({sides[0].sql}) {how} ({sides[1].sql})", columns, shaped or (how != "UNION ALL" and any(tainted)))


def _with(pen: Pen, place: Place, kinds: Sequence[str]) -> Query:
    name, recursive = pen.name("w"), pen.choices.chance(25)
    if recursive:
        text, relation, shaped = _recursive(pen, place, name)
    else:
        inner = query(pen, place.deeper())
        materialized = pen.choices.pick(("", "MATERIALIZED ", "NOT MATERIALIZED "))
        text = f"{name} AS {materialized}({inner.sql})"
        relation, shaped = Relation(name, inner.columns), inner.shaped
    pen.named.append(relation)
    outer = _plain(pen, place.deeper(), kinds)
    pen.named.remove(relation)
    return Query(f"WITH {'RECURSIVE ' * recursive}{text} {outer.sql}", outer.columns, outer.shaped or shaped)


def _recursive(pen: Pen, place: Place, name: str) -> tuple[str, Relation, bool]:
    source, inner, shaped = sources(pen, Place((), 2, place.clean))
    start = expression(pen, inner.nearly(), "text")
    step = expression(pen, Place((Relation("r", (Column("x", "text", start.tainted),)),), 2), "text")
    how = pen.choices.pick(("UNION ALL", "UNION"))
    text = (
        f"{name} (depth, x) AS (SELECT 1, ({start.sql})::text FROM {source} {how} "
        f"SELECT r.depth + 1, ({step.sql})::text FROM {name} AS r WHERE r.depth < 3)"
    )
    tainted = start.tainted or step.tainted
    columns = (Column("depth", "int"), Column("x", "text", tainted))
    return text, Relation(name, columns), shaped or (how == "UNION" and tainted)


def _bare(pen: Pen, place: Place, kinds: Sequence[str]) -> Query:
    outputs = _outputs(pen, place, kinds)
    listed = ", ".join(f"{written.sql} AS {name}" for name, written in outputs)
    return Query(f"SELECT {listed}", _columns(outputs))


def _columns(outputs: Sequence[tuple[str, Written]]) -> tuple[Column, ...]:
    return tuple(Column(name, written.kind, written.tainted) for name, written in outputs)


def _columns_of(outputs: list[tuple[str, Written]], *, clean: bool) -> list[tuple[str, Written]]:
    return [one for one in outputs if one[1].tainted is not clean]
