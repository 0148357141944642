"""Names as a statement writes them, and what it would do to what they stand for.

Structs, as one is made for every name of a statement: a frozen dataclass takes ten times as long.
"""

from enum import StrEnum

import msgspec

from yett.core.targets import Effect


class RefKind(StrEnum):
    """What sort of thing a name in a statement stands for."""

    RESOURCE = "resource"
    RELATION = "relation"
    FUNCTION = "function"
    OPERATOR = "operator"
    TYPE = "type"
    ATTRIBUTE = "attribute"
    SCHEMA = "schema"
    DATABASE = "database"
    ROLE = "role"
    SETTING = "setting"
    CHANNEL = "channel"
    FILE = "file"
    PROGRAM = "program"
    EXTENSION = "extension"
    SERVER = "server"
    WRAPPER = "foreign data wrapper"
    PUBLICATION = "publication"
    SUBSCRIPTION = "subscription"
    TABLESPACE = "tablespace"
    LANGUAGE = "language"
    LARGE_OBJECT = "large object"
    EVENT_TRIGGER = "event trigger"
    TEXT_SEARCH = "text search object"
    COLLATION = "collation"
    CONVERSION = "conversion"
    ACCESS_METHOD = "access method"
    OPERATOR_CLASS = "operator class"
    STATISTICS = "statistics"


class Ref(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """A name as written (folded as PostgreSQL folds it), not resolved.

    `schema` and `catalog` are None where the text gives none. `arity` is the number of arguments of a function or
    operator, -1 where it does not matter. `new` says that the statement makes the thing, so that it resolves to where
    it would be created rather than to what is there (`schema` "pg_temp": a temporary object). `optional` says that the
    statement accepts its absence (IF EXISTS). `what` is PostgreSQL's word for it where the kind is wider than the word
    (`table`, `index`, `sequence`, `view`, `trigger` on this table …), or `insert` for a table that rows are only added
    to. The resource itself has an empty name.
    """

    kind: RefKind
    schema: str | None
    name: str
    arity: int = -1
    new: bool = False
    optional: bool = False
    what: str = ""
    catalog: str | None = None


RESOURCE = Ref(RefKind.RESOURCE, None, "")


class Touch(msgspec.Struct, frozen=True, gc=False, cache_hash=True):
    """One effect on one named thing. Every touch of a statement must be permitted once it is resolved."""

    effect: Effect
    ref: Ref


CONNECTS = Touch(Effect.CONNECT, RESOURCE)
NOT_UNDERSTOOD = Touch(Effect.UNKNOWN, RESOURCE)
