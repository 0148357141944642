"""What a statement touches, told from its text alone: for `yett policy why --sql` and test cases without a target."""

from collections.abc import Iterator, Sequence

from yett.core.errors import YettError
from yett.core.operations import Operation
from yett.core.sessions import Session
from yett.core.targets import Access, Effect, Target

# Kinds whose names stand in a schema, and may be written without it.
_IN_A_SCHEMA = frozenset(("Table", "Function", "Operator", "Type", "Object"))


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

    known = Texts(session.resource.name, Understanding(Limits())).read(text.encode())
    read = known.operation
    changes = [change for facts in known.statements for change in facts.changes.settings]
    accesses = dict.fromkeys(judged for access in read.accesses for judged in _judged(access, changes))
    return [Operation(read.protocol, read.kind, text, tuple(accesses), read.facts, read.refusal)]


def _judged(access: Access, changes: Sequence[object]) -> Iterator[Access]:
    """Yield what the gate would judge this access by, as far as no catalog is needed."""
    target = access.target
    if target.kind == "Setting":
        yield from _of_setting(access, changes)
    elif target.kind == "Table" and access.effect in (Effect.READ, Effect.WRITE):
        yield _by_sensitivity(Access(access.effect, _placed(target)))
    else:
        yield Access(access.effect, _placed(target))


def _placed(target: Target) -> Target:
    if target.kind not in _IN_A_SCHEMA or len(target.path) != 1:
        return target
    schema = "pg_catalog" if target.path[0].startswith("pg_") else "public"
    return Target(target.resource, target.kind, (schema, *target.path))


def _by_sensitivity(access: Access) -> Access:
    """Reading what shows others' statements or columns' contents is to administer."""
    from yett.protocols.postgres.sql.relations import is_sensitive  # noqa: PLC0415 - as above

    return Access(Effect.ADMINISTER, access.target) if is_sensitive(*access.target.path[:2]) else access


def _of_setting(access: Access, changes: Sequence[object]) -> Iterator[Access]:
    """Harmless settings are free; others need `write` or `administer` on the setting."""
    from yett.protocols.postgres.catalog import settings_allowed  # noqa: PLC0415 - as above
    from yett.protocols.postgres.sql.facts import SettingChange  # noqa: PLC0415 - as above

    name = access.target.path[0]
    if access.effect is Effect.READ and settings_allowed.may_read_freely(name):
        return
    made = [change for change in changes if isinstance(change, SettingChange) and change.name == name]
    if access.effect is not Effect.WRITE or not made:
        yield access
        return
    for ruling in dict.fromkeys(settings_allowed.rule_on(change) for change in made):
        if ruling is settings_allowed.Ruling.WRITE:
            yield access
        elif ruling is not settings_allowed.Ruling.FREE:
            yield Access(Effect.ADMINISTER, access.target)
