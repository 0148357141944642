"""The columns of relations as the catalog has them: what each is called, made of, and said to be in its comments."""

from collections import defaultdict
from collections.abc import Generator, Iterable
from dataclasses import dataclass

from yett.protocols.postgres.catalog.arrays import number_array
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.columns_sql import COLUMNS_SQL
from yett.protocols.postgres.catalog.queries import CatalogQuery, Rows
from yett.protocols.postgres.catalog.view import SessionView


@dataclass(frozen=True, slots=True)
class ColumnRow:
    """One column: `comments` are those of its namesakes in the family too, `made_of` what it is generated from.

    `type` is, for a domain, the type it is made of; `kind` is typtype: `e` for an enum, `d` for a domain. `words` are
    those of `columns_sql`: `loose`, `short`, `virtual`.
    """

    number: int
    name: str
    type: int
    type_name: str
    comments: str = ""
    made_of: tuple[int, ...] = ()
    kind: str = "b"
    collation: int = 0
    words: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Shape:
    """What a relation looks like inside.

    `kin` are the schema and name of every relation above and below it by inheritance or partitioning: whose rows it
    shows, or who shows its rows. `definition` is the query of a view, as it reads under the path it was asked in.
    `version` changes whenever a column does. `told` are the columns (0: all) whose values decide whether a write
    succeeds, so that failing or not tells something of them; `refers` are its foreign keys, `referred` the ends of
    those by which rows hang on its own (number 0: on what goes with them); `unique` the columns that no two rows may be
    equal in. `together` are the columns that one constraint or index looks at, `routed` those by which rows were put
    into partitions, `namesakes` the columns of the same name in its family. `excluded` are the columns by which two
    rows may be kept apart without being equal, `guarded` those, of any relation, by which policies choose its rows.
    `reached` are the columns that rules elsewhere look at together with a key through which a change goes on.
    `key` is the primary key by which the server groups rows, `rivals` the columns by which it may do so instead;
    `virtual` says of columns by number what they are generated from whenever they are read.
    """

    columns: tuple[ColumnRow, ...] = ()
    kin: tuple[tuple[str, str], ...] = ()
    definition: str = ""
    version: str = ""
    told: frozenset[int] = frozenset()
    refers: "tuple[Reference, ...]" = ()
    unique: frozenset[int] = frozenset()
    referred: "tuple[Reference, ...]" = ()
    together: tuple[frozenset[int], ...] = ()
    routed: frozenset[int] = frozenset()
    namesakes: tuple[tuple[int, tuple[int, int]], ...] = ()
    excluded: frozenset[int] = frozenset()
    guarded: tuple[tuple[int, int], ...] = ()
    reached: "tuple[Reference, ...]" = ()
    key: frozenset[int] = frozenset()
    rivals: frozenset[int] = frozenset()
    virtual: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: column `number` may only hold what stands in another relation's column, or the other way round."""

    number: int
    schema: str
    table: str
    column: str
    type_name: str
    comment: str
    base: tuple[int, int]


def shapes_of(
    relations: Iterable[int], view: SessionView, cache: NameCache | None, generation: int
) -> Generator[CatalogQuery, Rows, dict[int, Shape]]:
    """Return the shape of each relation, asking (once) for those that the cache does not know."""
    path = view.effective_path
    found: dict[int, Shape] = {}
    asked: list[int] = []
    for oid in dict.fromkeys(relations):
        known = cache.shape((oid, path)) if cache else None
        if known is None:
            asked.append(oid)
        else:
            found[oid] = known
    if asked:
        rows = yield CatalogQuery(COLUMNS_SQL, (number_array(asked),), view.dirty, "yett_columns")
        fresh = _read(rows, asked)
        found |= fresh
        if cache:
            cache.keep_shapes({(oid, path): shape for oid, shape in fresh.items()}, generation)
    return found


def _read(rows: Rows, asked: list[int]) -> dict[int, Shape]:
    told: dict[int, dict[str, list[list[str]]]] = {oid: defaultdict(list) for oid in asked}
    for row in rows:
        tag, owner, *rest = (part or "" for part in row)
        told[int(owner)][tag].append(rest)
    return {oid: _shape(parts) for oid, parts in told.items()}


def _shape(parts: dict[str, list[list[str]]]) -> Shape:
    def only(tag: str) -> str:
        return parts[tag][0][0] if parts[tag] else ""

    return Shape(
        columns=tuple(sorted((_column(one) for one in parts["column"]), key=lambda one: one.number)),
        kin=tuple((one[0], one[1]) for one in parts["kin"]),
        definition=only("definition"),
        version=only("version"),
        told=_numbers(only("told")),
        refers=tuple(_reference(one) for one in parts["refers"]),
        unique=_numbers(only("unique")),
        referred=tuple(_reference(one) for one in parts["referred"]),
        together=tuple(_numbers(one[0]) for one in parts["together"]),
        routed=_numbers(only("routed")),
        excluded=_numbers(only("excluded")),
        guarded=tuple(_base(one[0]) for one in parts["guarded"]),
        reached=tuple(_reference(one) for one in parts["reached"]),
        namesakes=tuple((int(one[0]), _base(one[1])) for one in parts["namesake"]),
        key=_numbers(only("key")),
        rivals=_numbers(parts["key"][0][1]) if parts["key"] else frozenset(),
        virtual=tuple((int(one[0]), one[1]) for one in parts["virtual"]),
    )


def _column(parts: list[str]) -> ColumnRow:
    number, name, type_id, type_name, comments, made_of, traits = parts
    made = tuple(int(one) for one in made_of.split())
    kind, collation, *words = traits.split()
    return ColumnRow(int(number), name, int(type_id), type_name, comments, made, kind, int(collation), frozenset(words))


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(one) for one in text.split())


def _base(text: str) -> tuple[int, int]:
    relation, other = text.split()
    return int(relation), int(other)


def _reference(parts: list[str]) -> Reference:
    number, schema, table, column, type_name, base, comment = parts
    return Reference(int(number), schema, table, column, type_name, comment, _base(base))
