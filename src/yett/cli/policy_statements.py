"""What a statement touches, told from its text alone: for `yett policy why --sql` and test cases without a target."""

from collections.abc import Sequence

from yett.core.errors import YettError
from yett.core.operations import Operation
from yett.core.sessions import Session
from yett.core.targets import Access, Effect, Target

# Kinds whose names stand in a schema, and may be written without it.
_IN_A_SCHEMA = frozenset(("Table", "Function", "Operator", "Type", "Object"))
_ROWS = (Effect.READ, Effect.WRITE)


class NotUnderstandable(YettError):
    """The protocol of this resource has no statements that can be read without a target."""

    code = "policy_words_unreadable"


def understand(session: Session, text: str) -> Sequence[Operation]:
    """Return the operation that a text stands for, by its names as written.

    A name without a schema is taken to be in `public`, or in `pg_catalog` where it begins with `pg_`. What only the
    target knows is not followed: views, triggers, rules, search paths. The gate itself asks the target.
    Raises NotUnderstandable.
    """
    if session.resource.protocol != "postgres":
        msg = f"{session.resource.protocol} has no statements to read"
        raise NotUnderstandable(msg, hint="give an effect and a target")
    from yett.protocols.postgres.sql.understanding import Limits, Understanding  # noqa: PLC0415 - loads libpg_query
    from yett.protocols.postgres.texts import Texts  # noqa: PLC0415 - as above

    read = Texts(session.resource.name, Understanding(Limits())).read(text.encode()).operation
    accesses = tuple(dict.fromkeys(_placed(access) for access in read.accesses))
    return [Operation(read.protocol, read.kind, text, accesses, read.facts, read.refusal)]


def _placed(access: Access) -> Access:
    target = access.target
    if target.kind not in _IN_A_SCHEMA or len(target.path) != 1:
        return _by_sensitivity(access)
    schema = "pg_catalog" if target.path[0].startswith("pg_") else "public"
    return _by_sensitivity(Access(access.effect, Target(target.resource, target.kind, (schema, *target.path))))


def _by_sensitivity(access: Access) -> Access:
    """Reading what shows others' statements or columns' contents is to administer, as the gate judges it."""
    from yett.protocols.postgres.sql.relations import is_sensitive  # noqa: PLC0415 - as above

    target = access.target
    if target.kind == "Table" and access.effect in _ROWS and is_sensitive(*target.path[:2]):
        return Access(Effect.ADMINISTER, target)
    return access
