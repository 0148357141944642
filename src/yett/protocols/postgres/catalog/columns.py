"""The columns of relations as the catalog has them: what each is called, made of, and said to be in its comments."""

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

    `type` is, for a domain, the type it is made of; `kind` is typtype: `e` for an enum, `d` for a domain.
    """

    number: int
    name: str
    type: int
    type_name: str
    comments: str = ""
    made_of: tuple[int, ...] = ()
    kind: str = "b"


@dataclass(frozen=True, slots=True)
class Shape:
    """What a relation looks like inside.

    `kin` are the schema and name of every relation above and below it by inheritance or partitioning: whose rows it
    shows, or who shows its rows. `definition` is the query of a view, as it reads under the path it was asked in.
    `version` changes whenever a column does. `told` are the columns (0: all) whose values decide whether a write
    succeeds, so that failing or not tells something of them; `refers` are its foreign keys,
    `unique` the columns that no two rows may be equal in.
    """

    columns: tuple[ColumnRow, ...] = ()
    kin: tuple[tuple[str, str], ...] = ()
    definition: str = ""
    version: str = ""
    told: frozenset[int] = frozenset()
    refers: "tuple[Reference, ...]" = ()
    unique: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: column `number` may only hold what stands in another relation's column."""

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
    columns: dict[int, list[ColumnRow]] = {oid: [] for oid in asked}
    kin: dict[int, list[tuple[str, str]]] = {oid: [] for oid in asked}
    definitions: dict[int, str] = {}
    refers: dict[int, list[Reference]] = {oid: [] for oid in asked}
    unique: dict[int, frozenset[int]] = {}
    versions: dict[int, str] = {}
    told: dict[int, frozenset[int]] = {}
    for row in rows:
        tag, owner, *rest = (part or "" for part in row)
        match tag:
            case "column":
                columns[int(owner)].append(_column(rest))
            case "kin":
                kin[int(owner)].append((rest[0], rest[1]))
            case "definition":
                definitions[int(owner)] = rest[0]
            case "told":
                told[int(owner)] = frozenset(int(one) for one in rest[0].split())
            case "unique":
                unique[int(owner)] = frozenset(int(one) for one in rest[0].split())
            case "refers":
                refers[int(owner)].append(_reference(rest))
            case "version":
                versions[int(owner)] = rest[0]
    return {
        oid: Shape(
            columns=tuple(sorted(columns[oid], key=lambda one: one.number)),
            kin=tuple(kin[oid]),
            definition=definitions.get(oid, ""),
            version=versions.get(oid, ""),
            told=told.get(oid, frozenset()),
            refers=tuple(refers[oid]),
            unique=unique.get(oid, frozenset()),
        )
        for oid in asked
    }


def _column(parts: list[str]) -> ColumnRow:
    number, name, type_id, type_name, comments, made_of, kind = parts
    made = tuple(int(one) for one in made_of.split())
    return ColumnRow(int(number), name, int(type_id), type_name, comments, made, kind)


def _reference(parts: list[str]) -> Reference:
    number, schema, table, column, type_name, base, comment = parts
    relation, other = base.split()
    return Reference(int(number), schema, table, column, type_name, comment, (int(relation), int(other)))
