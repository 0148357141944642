"""Writes INSERT, UPDATE, DELETE and MERGE, with RETURNING; what they change is rolled back."""

from leaks.generator.catalog import BASE
from leaks.generator.expressions import column, expression
from leaks.generator.pen import Column, Pen, Place, Query, Relation

_FIXED = {"id", "mail_len", "day", "owner", "team"}
_INSERTS = {
    "accounts": "id, owner, kind, opened, balance",
    "visits": "id, person, day, what, score",
    "teams": "id, title, budget",
}


def change(pen: Pen, place: Place) -> Query:
    """Write one statement that changes rows."""
    how = pen.choices.weighted(((40, _update), (25, _insert), (15, _insert_select), (12, _delete), (8, _merge)))
    return how(pen, place)


def changing_cte(pen: Pen, place: Place) -> Query:
    """Write a query over what a change returns."""
    inner, name = change(pen, place), pen.name("w")
    if not inner.columns:
        return inner
    pen.named.append(Relation(name, inner.columns))
    outer = pen.query(pen, Place((), 2))
    pen.named.pop()
    taken = ", ".join(f"{name}.{one.name}" for one in inner.columns)
    if outer.sql.startswith(("WITH", "(")):
        return Query(f"WITH {name} AS ({inner.sql}) SELECT {taken} FROM {name}", inner.columns, inner.shaped)
    return Query(f"WITH {name} AS ({inner.sql}) {outer.sql}", outer.columns, inner.shaped or outer.shaped)


def _update(pen: Pen, place: Place) -> Query:
    table = pen.choices.pick(tuple(BASE))
    relation = Relation(pen.name("u"), BASE[table])
    able = [one for one in relation.columns if one.name not in _FIXED]
    target = pen.choices.pick(able)
    source = expression(pen, Place((relation,), 2, not pen.choices.chance(20)), target.kind)
    value = "DEFAULT" if pen.choices.chance(4) else source.sql
    where, shaped = _where(pen, relation)
    returning, columns = _returning(pen, relation)
    sql = f"UPDATE {table} AS {relation.alias} SET {target.name} = {value}{where}{returning}"
    return Query(sql, columns, shaped)


def _delete(pen: Pen, place: Place) -> Query:
    table = pen.choices.pick(("visits", "accounts", "partners"))
    relation = Relation(pen.name("d"), BASE[table])
    where, shaped = _where(pen, relation)
    returning, columns = _returning(pen, relation)
    return Query(f"DELETE FROM {table} AS {relation.alias}{where}{returning}", columns, shaped)


def _insert(pen: Pen, place: Place) -> Query:
    table = pen.choices.pick(tuple(_INSERTS))
    relation = Relation(table, BASE[table])
    new = {
        "accounts": "9001, 1, 'save', '2024-05-05', 12",
        "visits": "9001, 1, '2024-05-05', 'call', 3",
        "teams": f"{pen.choices.pick((9001, 1))}, 'new', 10",
    }[table]
    conflict = ""
    if table == "teams":
        conflict = pen.choices.pick(
            (
                "",
                " ON CONFLICT DO NOTHING",
                " ON CONFLICT (id) DO UPDATE SET title = excluded.title || teams.title",
                " ON CONFLICT (id) DO UPDATE SET budget = (SELECT count(*) FROM people WHERE salary > 100)",
            )
        )
    returning, columns = _returning(pen, relation)
    sql = f"INSERT INTO {table} ({_INSERTS[table]}) VALUES ({new}){conflict}{returning}"
    return Query(sql, columns, "salary" in conflict)


def _insert_select(pen: Pen, place: Place) -> Query:
    """Write what may carry labelled data to a column without a label."""
    table = pen.choices.pick(tuple(_INSERTS))
    given = pen.query(pen, Place((), 2, not pen.choices.chance(20)), kinds=("text",))
    alias, relation = pen.name("g"), Relation(table, BASE[table])
    taken = {
        "accounts": "9000 + row_number() OVER (), 1, x, date '2024-05-05', 1",
        "visits": "9000 + row_number() OVER (), 1, date '2024-05-05', x, 1",
        "teams": "9000 + row_number() OVER (), x, 1",
    }[table]
    returning, columns = _returning(pen, relation)
    sql = f"INSERT INTO {table} ({_INSERTS[table]}) SELECT {taken} FROM ({given.sql}) AS {alias} (x){returning}"
    return Query(sql, columns, given.shaped)


def _merge(pen: Pen, place: Place) -> Query:
    source = pen.query(pen, Place((), 2, not pen.choices.chance(20)), kinds=("int", "text"))
    one, other = (c.name for c in source.columns)
    sql = (
        f"MERGE INTO teams AS m USING ({source.sql}) AS s ON m.id = s.{one} "
        f"WHEN MATCHED AND s.{one} = 1 THEN UPDATE SET title = s.{other} WHEN MATCHED THEN DO NOTHING"
    )
    return Query(sql, (), source.shaped or source.columns[0].tainted)


def _where(pen: Pen, relation: Relation) -> tuple[str, bool]:
    if not pen.choices.chance(60):
        return "", False
    test = expression(pen, Place((relation,), 2, not pen.choices.chance(15)), "bool")
    return f" WHERE {test.sql}", test.tainted


def _returning(pen: Pen, relation: Relation) -> tuple[str, tuple[Column, ...]]:
    if not pen.choices.chance(70):
        return "", ()
    if pen.choices.chance(15):
        return " RETURNING *", relation.columns
    found = []
    for _ in range(1 + pen.choices.below(3)):
        kind = pen.choices.pick(("text", "int", "date", "num", "bool"))
        place = Place((relation,), 2)
        written = (column(pen, place, kind) if pen.choices.chance(60) else None) or expression(pen, place, kind)
        found.append((pen.name("c"), written))
    listed = ", ".join(f"{written.sql} AS {name}" for name, written in found)
    return f" RETURNING {listed}", tuple(Column(name, w.kind, w.tainted) for name, w in found)
