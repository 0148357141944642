"""What the catalog answered, as values: relations, routines, types, and what hangs on a relation."""

from dataclasses import dataclass

from yett.protocols.postgres.catalog.queries import Rows

_ARGUMENTS_MAX = 1_000_000
ANY_TYPE = -1  # Stands in `Relation.types` for "types that were not followed": any operand may occur.


@dataclass(frozen=True, slots=True)
class Relation:
    """One row of pg_class: `kind` is relkind, `flags` are `rules triggers policies children partition invoker`.

    `types` are the ids of the row type and of column types that are not PostgreSQL's own. `shape` is what the row says
    of what using the relation does, `fingerprint` what all catalog rows say of it.
    """

    oid: int
    schema: str
    name: str
    kind: str
    persistence: str
    flags: frozenset[str]
    shape: str
    types: frozenset[int]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Routine:
    """One function that is not PostgreSQL's own, or is run on behalf of a view; `via` says how it was reached."""

    oid: int
    schema: str
    name: str
    kind: str
    version: str
    operands: tuple[int, ...]
    via: str
    arity_min: int
    arity_max: int
    from_extension: bool


@dataclass(frozen=True, slots=True)
class TypeRow:
    """One row of pg_type; `kind` is typtype, `parts` are itself, its element and its base type."""

    oid: int
    schema: str
    name: str
    kind: str
    parts: frozenset[int]


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one name may stand for. `builtin`: PostgreSQL has a function of this name in the schemas searched."""

    relation: Relation | None = None
    builtin: bool = False
    routines: tuple[Routine, ...] = ()
    type: TypeRow | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the server does by itself around a relation (or domain): each relation and routine with how it is reached.

    `via` is one of view, rule, policy, default, check, index, trigger, domain; for relations also cascade, child,
    parent, indexed. `builtins` are names of PostgreSQL's own functions that stored expressions call.
    """

    relations: tuple[tuple[str, Relation], ...] = ()
    routines: tuple[Routine, ...] = ()
    builtins: tuple[tuple[str, str], ...] = ()
    rules: tuple[str, ...] = ()


def is_same(one: Relation, other: Relation) -> bool:
    """Say whether all is alike that is known of two relations: mostly they are one object, and nothing is compared."""
    return one is other or one == other


def read_meanings(rows: Rows, count: int) -> list[Meaning]:
    """Return the meaning of each of `count` names from the answer to NAMES_SQL, in their order."""
    relations: dict[int, Relation] = {}
    types: dict[int, TypeRow] = {}
    builtins: set[int] = set()
    routines: list[list[Routine]] = [[] for _ in range(count)]
    for row in rows:
        at = int(row[1] or 0) - 1
        match row[0]:
            case "relation":
                relations[at] = _relation(row)
            case "builtin":
                builtins.add(at)
            case "routine":
                routines[at].append(_routine(row))
            case "type":
                types[at] = _type(row)
    return [Meaning(relations.get(i), i in builtins, tuple(routines[i]), types.get(i)) for i in range(count)]


def read_surroundings(rows: Rows, owners: list[int]) -> dict[int, Surroundings]:
    """Return what hangs on each of `owners` from the answer to SURROUNDINGS_SQL."""
    of: dict[int, list[tuple[str | None, ...]]] = {owner: [] for owner in owners}
    for row in rows:
        of[int(row[1] or 0)].append(row)
    return {owner: _surroundings(found) for owner, found in of.items()}


def _surroundings(rows: Rows) -> Surroundings:
    return Surroundings(
        relations=tuple((row[2] or "", _relation(row)) for row in rows if row[0] == "relation"),
        routines=tuple(_routine(row) for row in rows if row[0] == "routine"),
        builtins=tuple((row[2] or "", row[5] or "") for row in rows if row[0] == "builtin"),
        rules=tuple(row[2] or "" for row in rows if row[0] == "rule"),
    )


def _relation(row: tuple[str | None, ...]) -> Relation:
    _, _, _, oid, schema, name, kind, persistence, flags, shape, types, fingerprint = (part or "" for part in row)
    return Relation(
        oid=int(oid),
        schema=schema,
        name=name,
        kind=kind,
        persistence=persistence,
        flags=frozenset(flags.split(",")) if flags else frozenset(),
        shape=shape,
        types=_ids(types),
        fingerprint=fingerprint,
    )


def _routine(row: tuple[str | None, ...]) -> Routine:
    _, _, via, oid, schema, name, kind, _, flags, version, operands, arguments = (part or "" for part in row)
    count, defaults, variadic = (int(part) for part in arguments.split())
    return Routine(
        oid=int(oid),
        schema=schema,
        name=name,
        kind=kind,
        version=version,
        operands=tuple(int(part) for part in operands.split()),
        via=via,
        arity_min=count - defaults - (1 if variadic != 0 else 0),
        arity_max=_ARGUMENTS_MAX if variadic != 0 else count,
        from_extension="extension" in flags,
    )


def _type(row: tuple[str | None, ...]) -> TypeRow:
    return TypeRow(int(row[3] or 0), row[4] or "", row[5] or "", row[6] or "", _ids(row[10] or ""))


def _ids(text: str) -> frozenset[int]:
    return frozenset(ANY_TYPE if part == "*" else int(part) for part in text.split()) - {0}
