"""Says which rights at a target a role needs to do all that policy could allow a principal there, and nothing else."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from yett.core.targets import Effect, Target
from yett.protocols.postgres.leasing.catalog import Catalog, Sequence, Table

Could = Callable[[Effect, Target, str], bool]
"""Whether policy could allow an effect on a target to an operation of this kind, approvals given where it asks."""
LabelOf = Callable[[str, str, str, str, str], str]
"""The label of a column, by schema, table, column, type and comment; "" for none."""

_ON_COLUMNS = (("SELECT", Effect.READ), ("INSERT", Effect.WRITE), ("UPDATE", Effect.WRITE))
_ON_TABLES = (("DELETE", "DELETE"), ("TRUNCATE", "TRUNCATE TABLE"))
# A condition or an order on a labelled column needs SELECT at the target, whatever the gate lets be seen of it.
_SELECTED = (Effect.READ, Effect.MATCH, Effect.FILTER)


class On(StrEnum):
    """What a right is had on, in the words of GRANT."""

    DATABASE = "DATABASE"
    SCHEMA = "SCHEMA"
    TABLE = "TABLE"
    SEQUENCE = "SEQUENCE"
    ROUTINE = "ROUTINE"


@dataclass(frozen=True, slots=True, order=True)
class Privilege:
    """One right on one thing; on one column of it where `column` is set. A routine is named by its signature alone."""

    on: On
    path: tuple[str, ...]
    right: str
    column: str = ""


@dataclass(frozen=True, slots=True)
class Privileges:
    """All rights of a role. `read_only` is that nothing at all could be written, not even by code."""

    granted: frozenset[Privilege]
    read_only: bool

    def __or__(self, other: "Privileges") -> "Privileges":
        """Return the rights of both."""
        return Privileges(self.granted | other.granted, self.read_only and other.read_only)


def privileges(resource: str, catalog: Catalog, could: Could, label_of: LabelOf) -> Privileges:
    """Return what a role needs at the target that `catalog` was read from."""
    tables = [one for table in catalog.tables for one in _of_table(resource, table, could, label_of)]
    fed = {(*one.path, one.column) for one in tables if one.right in {"INSERT", "UPDATE"}}
    sequences = [one for sequence in catalog.sequences for one in _of_sequence(resource, sequence, could, fed)]
    routines = list(_of_routines(resource, catalog, could))
    needed = {one.path[0] for one in (*tables, *sequences)} | {schema for schema, _ in routines}
    found = {*tables, *sequences, *(one for _, one in routines if one is not None)}
    found |= {Privilege(On.SCHEMA, (schema,), "USAGE") for schema in needed & catalog.schemas}
    found.add(Privilege(On.DATABASE, (catalog.database,), "CONNECT"))
    temporary = could(Effect.DEFINE, Target(resource, "Schema", ("pg_temp",)), "CREATE TABLE")
    if temporary:
        found.add(Privilege(On.DATABASE, (catalog.database,), "TEMPORARY"))
    writes = any(one.right not in {"SELECT", "USAGE"} for one in (*tables, *sequences))
    return Privileges(frozenset(found), read_only=not (writes or routines or temporary))


def _of_table(resource: str, table: Table, could: Could, label_of: LabelOf) -> Iterator[Privilege]:
    path = (table.schema, table.name)
    whole = Target(resource, "Table", path)
    for right, kind in _ON_TABLES:
        if right in table.grantable and could(Effect.WRITE, whole, kind):
            yield Privilege(On.TABLE, path, right)
    labels = {one.name: label_of(*path, one.name, one.type_name, one.comment) for one in table.columns}
    for right, effect in _ON_COLUMNS:
        if right not in table.grantable:
            continue
        columns = [
            name
            for name, label in labels.items()
            if any(
                could(one, Target(resource, "Column", (*path, name), label), right)
                for one in (_SELECTED if label and effect is Effect.READ else (effect,))
            )
        ]
        if len(columns) == len(labels) and could(effect, whole, right):
            yield Privilege(On.TABLE, path, right)
        else:
            yield from (Privilege(On.TABLE, path, right, name) for name in columns)


def _of_sequence(resource: str, sequence: Sequence, could: Could, fed: set[tuple[str, ...]]) -> Iterator[Privilege]:
    path = (sequence.schema, sequence.name)
    target = Target(resource, "Table", path)
    feeds = any(feed in fed or (*feed[:2], "") in fed for feed in sequence.feeds)
    written = could(Effect.WRITE, target, "SELECT")
    if feeds or written:
        yield Privilege(On.SEQUENCE, path, "USAGE")
    if written:
        yield Privilege(On.SEQUENCE, path, "UPDATE")
    if could(Effect.READ, target, "SELECT"):
        yield Privilege(On.SEQUENCE, path, "SELECT")


def _of_routines(resource: str, catalog: Catalog, could: Could) -> Iterator[tuple[str, Privilege | None]]:
    """Yield the schema of each routine that may run, and the right to run it where not everybody has that already."""
    asked: dict[tuple[str, str], bool] = {}
    for one in catalog.routines:
        key = (one.schema, one.name)
        if key not in asked:
            target = Target(resource, "Function", key)
            asked[key] = could(Effect.EXECUTE, target, "SELECT") or could(Effect.EXECUTE, target, "CALL")
        if asked[key]:
            granted = one.grantable and not one.public
            yield one.schema, Privilege(On.ROUTINE, (one.signature,), "EXECUTE") if granted else None
