"""The policy entity types that PostgreSQL declares: where each hangs, and which effects can reach it."""

from yett.core.targets import Effect, TargetKind
from yett.protocols.postgres.sql.refs import RefKind

_R = ("Resource",)
_S = ("Schema",)
_ROWS = (Effect.READ, Effect.WRITE, Effect.DEFINE, Effect.ADMINISTER)
_VALUES = (Effect.MATCH, Effect.FILTER, Effect.UNMASK)
_MADE = (Effect.DEFINE, Effect.ADMINISTER)

TARGET_KINDS: tuple[TargetKind, ...] = (
    TargetKind(
        "Schema", _R, (*_ROWS, Effect.EXECUTE), "A schema; `pg_temp` stands for the session's own temporary one"
    ),
    TargetKind(
        "Table",
        _S,
        (*_ROWS, Effect.EXECUTE, *_VALUES),
        "A table, view, materialized view, foreign table, sequence, index; what is said of it is said of its columns",
    ),
    TargetKind(
        "Column",
        ("Table",),
        (Effect.READ, Effect.WRITE, *_VALUES),
        "A column; permitted where it or its table is, refused where either is",
    ),
    TargetKind(
        "Function",
        _S,
        (Effect.EXECUTE, *_MADE),
        "A function, procedure, aggregate, or a rule (`rule on table`): code that is not PostgreSQL's own",
    ),
    TargetKind("Operator", _S, (Effect.EXECUTE, *_MADE), "An operator that a statement defines or changes"),
    TargetKind(
        "Type", _S, (Effect.READ, Effect.EXECUTE, *_MADE), "A type or domain; `execute` where it brings code of its own"
    ),
    TargetKind("Object", _S, _MADE, "A collation, conversion, text search object, operator class or statistics object"),
    TargetKind("Database", _R, (Effect.CONNECT, *_ROWS), "Another database of the server, or this one as a whole"),
    TargetKind("Role", _R, (*_MADE, Effect.EXECUTE), "A role, as something to become, make or change"),
    TargetKind("Setting", _R, (Effect.READ, Effect.WRITE, Effect.ADMINISTER), "A configuration parameter"),
    TargetKind("Channel", _R, (Effect.READ, Effect.WRITE), "A notification channel: LISTEN reads it, NOTIFY writes it"),
    TargetKind("File", _R, (Effect.READ, Effect.WRITE, Effect.ADMINISTER), "A file on the server"),
    TargetKind("Program", _R, (Effect.EXECUTE, Effect.ADMINISTER), "A program on the server"),
    TargetKind("Extension", _R, _MADE, "An extension"),
    TargetKind("Server", _R, (Effect.READ, *_MADE), "A foreign server"),
    TargetKind("Wrapper", _R, _MADE, "A foreign data wrapper"),
    TargetKind("Publication", _R, _MADE, "A publication"),
    TargetKind("Subscription", _R, _MADE, "A subscription"),
    TargetKind("Tablespace", _R, _MADE, "A tablespace"),
    TargetKind("Language", _R, (Effect.READ, Effect.EXECUTE, *_MADE), "A procedural language"),
    TargetKind("LargeObject", _R, _ROWS, "A large object, by its number"),
    TargetKind("EventTrigger", _R, _MADE, "An event trigger"),
    TargetKind("AccessMethod", _R, _MADE, "An access method"),
)

_DECLARED = frozenset((kind.name, effect) for kind in TARGET_KINDS for effect in kind.effects)


def is_declared(kind: str, effect: Effect) -> bool:
    """Tell whether policy knows this effect on this kind of target; on the resource itself it knows them all."""
    return kind == "Resource" or (kind, effect) in _DECLARED


# What policies may read as context.operation, beside the accesses.
FACTS: dict[str, type] = {"statements": int, "returns_rows": bool}

# What a name in a statement is, where it has no schema.
UNPLACED: dict[RefKind, str] = {
    RefKind.SCHEMA: "Schema",
    RefKind.DATABASE: "Database",
    RefKind.ROLE: "Role",
    RefKind.SETTING: "Setting",
    RefKind.CHANNEL: "Channel",
    RefKind.FILE: "File",
    RefKind.PROGRAM: "Program",
    RefKind.EXTENSION: "Extension",
    RefKind.SERVER: "Server",
    RefKind.WRAPPER: "Wrapper",
    RefKind.PUBLICATION: "Publication",
    RefKind.SUBSCRIPTION: "Subscription",
    RefKind.TABLESPACE: "Tablespace",
    RefKind.LANGUAGE: "Language",
    RefKind.LARGE_OBJECT: "LargeObject",
    RefKind.EVENT_TRIGGER: "EventTrigger",
    RefKind.ACCESS_METHOD: "AccessMethod",
}

# What a name in a statement is, where it lives in a schema.
PLACED: dict[RefKind, str] = {
    RefKind.RELATION: "Table",
    RefKind.FUNCTION: "Function",
    RefKind.OPERATOR: "Operator",
    RefKind.TYPE: "Type",
    RefKind.TEXT_SEARCH: "Object",
    RefKind.COLLATION: "Object",
    RefKind.CONVERSION: "Object",
    RefKind.OPERATOR_CLASS: "Object",
    RefKind.STATISTICS: "Object",
}
