"""Writes FROM: tables, views, sub-queries, VALUES, functions that return rows, and every kind of join between them."""

from dataclasses import replace

from leaks.generator.catalog import BASE, SHAPED_VIEW, VIEWS, WELL_PAID
from leaks.generator.expressions import column, expression
from leaks.generator.pen import Column, Pen, Place, Query, Relation

_JOINS = ("JOIN", "LEFT JOIN", "RIGHT JOIN", "FULL JOIN", "CROSS JOIN")


def sources(pen: Pen, place: Place) -> tuple[str, Place, bool]:
    """Write what stands after FROM; returns it, the place with its columns, and whether labelled data shaped it."""
    text, relation, shaped = _item(pen, place)
    found = [relation]
    for _ in range(pen.choices.weighted(((55, 0), (32, 1), (13, 2)))):
        text, joined, also = _joined(pen, place, text, found)
        found, shaped = joined, shaped or also
    inner = Place(tuple(found), place.depth, place.clean, place.outer)
    return text, inner, shaped


def _item(pen: Pen, place: Place) -> tuple[str, Relation, bool]:
    how = pen.choices.weighted(
        ((46, _table), (16, _view), (12, _sub_query), (8, _named), (6, _rows_of_function), (4, _values), (3, _odd))
    )
    return how(pen, place)


def _table(pen: Pen, place: Place) -> tuple[str, Relation, bool]:
    name = pen.choices.pick(tuple(BASE))
    alias, columns = pen.name("t"), BASE[name]
    only = "ONLY " if name in {"people", "visits"} and pen.choices.chance(8) else ""
    if pen.choices.chance(8):  # renamed columns: what is labelled is no longer called so
        columns = tuple(replace(one, name=f"{alias}_{place_}") for place_, one in enumerate(columns))
        return f"{only}{name} AS {alias} ({', '.join(one.name for one in columns)})", Relation(alias, columns), False
    return f"{only}{name} AS {alias}", Relation(alias, columns), False


def _view(pen: Pen, place: Place) -> tuple[str, Relation, bool]:
    name, alias = pen.choices.pick(tuple(VIEWS)), pen.name("v")
    return f"{name} AS {alias}", Relation(alias, VIEWS[name]), False


def _odd(pen: Pen, place: Place) -> tuple[str, Relation, bool]:
    """Use the view whose rows a labelled column decides on."""
    if place.clean:
        return _view(pen, place)
    alias = pen.name("v")
    return f"{SHAPED_VIEW[0]} AS {alias}", Relation(alias, WELL_PAID), True


def _sub_query(pen: Pen, place: Place) -> tuple[str, Relation, bool]:
    lateral = bool(place.relations) and pen.choices.chance(30)
    around = place.seen if lateral else place.outer
    inner: Query = pen.query(pen, Place((), place.depth + 1, place.clean, around))
    alias = pen.name("s")
    return f"{'LATERAL ' * lateral}({inner.sql}) AS {alias}", Relation(alias, inner.columns), inner.shaped


def _named(pen: Pen, place: Place) -> tuple[str, Relation, bool]:
    found = [one for one in pen.named if not (place.clean and any(c.tainted for c in one.columns))]
    if not found:
        return _table(pen, place)
    one, alias = pen.choices.pick(found), pen.name("n")
    return f"{one.alias} AS {alias}", Relation(alias, one.columns), False


def _values(pen: Pen, place: Place) -> tuple[str, Relation, bool]:
    alias, count = pen.name("q"), 1 + pen.choices.below(3)
    inside = Place(place.relations if pen.choices.chance(20) else (), max(2, place.depth), place.clean)
    rows = [(expression(pen, inside, "int"), expression(pen, inside, "text")) for _ in range(count)]
    text = ", ".join(f"({number.sql}, {word.sql})" for number, word in rows)
    columns = (
        Column("a", "int", any(number.tainted for number, _ in rows)),
        Column("b", "text", any(word.tainted for _, word in rows)),
    )
    lateral = "LATERAL " if inside.relations else ""
    return f"{lateral}(VALUES {text}) AS {alias} (a, b)", Relation(alias, columns), False


def _rows_of_function(pen: Pen, place: Place) -> tuple[str, Relation, bool]:
    alias = pen.name("f")
    template, kind, takes = pen.choices.pick(
        (
            ("generate_series(1, 3)", "int", ""),
            ("unnest({0})", "text", "texts"),
            ("regexp_split_to_table({0}, 'a')", "text", "text"),
            ("generate_series(1, least({0}, 4))", "int", "int"),
            ("jsonb_object_keys({0})", "text", "json"),
            ("jsonb_array_elements_text({0})", "text", "json"),
            ("mails_of({0})", "text", "int"),
            ("string_to_table({0}, '@')", "text", "text"),
        )
    )
    if not takes:
        return f"{template} AS {alias} (x)", Relation(alias, (Column("x", kind),), whole=False), False
    clean = place.clean or not pen.choices.chance(25)
    if clean and "mails_of" in template and place.clean:
        return _table(pen, place)
    given = expression(pen, place.nearly().cleaned(clean=clean), takes)
    shaped, tainted = given.tainted, given.tainted or "mails_of" in template
    text = f"{template.format(given.sql)} AS {alias} (x)"
    return text, Relation(alias, (Column("x", kind, tainted),), whole=False), shaped


def _joined(pen: Pen, place: Place, text: str, left: list[Relation]) -> tuple[str, list[Relation], bool]:
    seen = replace(place, relations=tuple(left))
    right_text, right, shaped = _item(pen, seen)
    how = pen.choices.pick(_JOINS)
    if "LATERAL" in right_text or " (x)" in right_text or "(a, b)" in right_text:
        how = pen.choices.pick(("CROSS JOIN", "LEFT JOIN", "JOIN"))  # what is lateral cannot be joined from the right
    if how == "CROSS JOIN":
        return f"{text} CROSS JOIN {right_text}", [*left, right], shaped
    shared = _shared(left, right, place)
    if shared and pen.choices.chance(25):
        return _using(pen, f"{text} {how} {right_text}", left, right, shared, shaped)
    on, also = _condition(pen, seen, left, right)
    if how == "FULL JOIN":
        how = "LEFT JOIN"  # its condition must be one that can be hashed or merged: only with USING
    return f"{text} {how} {right_text} ON {on}", [*left, right], shaped or also


def _shared(left: list[Relation], right: Relation, place: Place) -> list[Column]:
    """Return the columns that the right side shares with exactly one relation on the left."""
    counts: dict[str, list[Column]] = {}
    for relation in left:
        for one in relation.columns:
            counts.setdefault(one.name, []).append(one)
    found = []
    for one in right.columns:
        others = counts.get(one.name, [])
        simple = one.kind not in {"json", "texts"}
        if len(others) == 1 and others[0].kind == one.kind and simple and not (place.clean and one.tainted):
            found.append(replace(one, tainted=one.tainted or others[0].tainted))
    return found


def _using(
    pen: Pen, text: str, left: list[Relation], right: Relation, shared: list[Column], shaped: bool
) -> tuple[str, list[Relation], bool]:
    plain = [one for one in shared if not one.tainted]
    chosen = pen.choices.pick(shared if pen.choices.chance(15) or not plain else plain)
    merged = Relation("", (chosen,), whole=False)
    return f"{text} USING ({chosen.name})", [*left, right, merged], shaped or chosen.tainted


def _condition(pen: Pen, seen: Place, left: list[Relation], right: Relation) -> tuple[str, bool]:
    clean = seen.clean or not pen.choices.chance(10)
    kind = pen.choices.pick(("int", "int", "text", "date"))
    one = column(pen, Place(tuple(left), clean=clean), kind)
    other = column(pen, Place((right,), clean=clean), kind)
    if one is None or other is None:
        test = expression(pen, Place((*left, right), 2, clean), "bool")
        return test.sql, test.tainted
    return f"{one.sql} = {other.sql}", one.tainted or other.tainted
