"""DDL that changes, renames, describes or drops what is there."""

from msgspec import structs

from yett.core.targets import Effect
from yett.protocols.postgres.sql.definitions import declare
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.names import qualified, relation, strings
from yett.protocols.postgres.sql.objects import effect_on, object_refs, short, with_arguments, words
from yett.protocols.postgres.sql.reading import NOTHING_IN_SCOPE, Outcome, Reader, StatementHandler
from yett.protocols.postgres.sql.refs import Ref, RefKind

# ALTER TABLE actions that decide who may do what, rather than what the table is.
_ADMINISTERING_ACTIONS = frozenset(
    ["AT_ChangeOwner", "AT_EnableRowSecurity", "AT_DisableRowSecurity", "AT_ForceRowSecurity", "AT_NoForceRowSecurity"]
)


def _alter_table(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    kind = body.get("objtype", "")
    target = relation(body.get("relation", {}), optional=bool(body.get("missing_ok")), what=words(kind).lower())
    if short(kind) == "TYPE":
        target = Ref(RefKind.TYPE, target.schema, target.name, optional=target.optional, what="type")
    reader.touch(Effect.DEFINE, target)
    for command in (node.get("AlterTableCmd", {}) for node in body.get("cmds", [])):
        if command.get("subtype") in _ADMINISTERING_ACTIONS:
            reader.touch(Effect.ADMINISTER, target)
        reader.fields("AlterTableCmd", command, NOTHING_IN_SCOPE)
    parts = (node.get("AlterTableCmd", {}).get("def", {}).get("PartitionCmd", {}) for node in body.get("cmds", []))
    return Outcome(f"ALTER {words(kind)}", by_itself=any(part.get("concurrent") for part in parts))


def _drop(reader: Reader, body: Node) -> Outcome:
    kind = body.get("removeType", "")
    for node in body.get("objects", []):
        for ref in object_refs(kind, node, optional=bool(body.get("missing_ok"))):
            reader.touch(effect_on(kind), ref)
    return Outcome(f"DROP {words(kind)}", by_itself=bool(body.get("concurrent")))


def _truncate(reader: Reader, body: Node) -> Outcome:
    for node in body.get("relations", []):
        reader.touch(Effect.WRITE, relation(node.get("RangeVar", {})))
    return Outcome("TRUNCATE TABLE")


def _describe(reader: Reader, body: Node, effect: Effect) -> None:
    for ref in object_refs(body.get("objtype", ""), body.get("object", {})):
        reader.touch(effect, ref)


def _comment(reader: Reader, body: Node) -> Outcome:
    _describe(reader, body, Effect.DEFINE)
    return Outcome("COMMENT")


def _security_label(reader: Reader, body: Node) -> Outcome:
    _describe(reader, body, Effect.ADMINISTER)
    return Outcome("SECURITY LABEL")


def _subject(body: Node, objtype: str) -> tuple[Ref, ...]:
    """Return what an ALTER … RENAME, OWNER TO, SET SCHEMA or DEPENDS ON is about."""
    optional = bool(body.get("missing_ok"))
    if "relation" in body:
        found = relation(body["relation"], optional=optional, what=words(objtype).lower())
        if short(objtype) in ("ATTRIBUTE", "TYPE"):
            return (Ref(RefKind.TYPE, found.schema, found.name, optional=optional, what="type"),)
        return (found,)
    if "object" in body:
        return object_refs(objtype, body["object"], optional=optional)
    return object_refs(objtype, {"String": {"sval": body.get("subname", "")}}, optional=optional)


def _altered(reader: Reader, body: Node, objtype: str, effect: Effect) -> str:
    for ref in _subject(body, objtype):
        reader.touch(effect, ref)
    part_of = body.get("relationType", "") if short(objtype) in ("COLUMN", "TABCONSTRAINT") else ""
    return words(part_of) if short(part_of) not in ("", "OBJECT_TYPE_UNDEFINED") else words(objtype)


def _rename(reader: Reader, body: Node) -> Outcome:
    kind = body.get("renameType", "")
    return Outcome(f"ALTER {_altered(reader, body, kind, effect_on(kind))}")


def _move(reader: Reader, body: Node) -> Outcome:
    kind = body.get("objectType", "")
    reader.touch_named(Effect.DEFINE, RefKind.SCHEMA, body.get("newschema", ""))
    return Outcome(f"ALTER {_altered(reader, body, kind, effect_on(kind))}")


def _owner(reader: Reader, body: Node) -> Outcome:
    return Outcome(f"ALTER {_altered(reader, body, body.get('objectType', ''), Effect.ADMINISTER)}")


def _depends(reader: Reader, body: Node) -> Outcome:
    return Outcome(f"ALTER {_altered(reader, body, body.get('objectType', ''), Effect.DEFINE)}")


def _alter_function(reader: Reader, body: Node) -> Outcome:
    tag = words(body.get("objtype", ""))
    reader.touch(Effect.DEFINE, with_arguments(body.get("func", {}), RefKind.FUNCTION, what=tag.lower()))
    return Outcome(f"ALTER {tag}")


def _alter_operator(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, with_arguments(body.get("opername", {}), RefKind.OPERATOR))
    return Outcome("ALTER OPERATOR")


def _alter_type(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, qualified(strings(body.get("typeName", [])), RefKind.TYPE, what="type"))
    return Outcome("ALTER TYPE")


def _alter_domain(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    reader.touch(Effect.DEFINE, qualified(strings(body.get("typeName", [])), RefKind.TYPE, what="domain"))
    reader.read(body.get("def", {}), NOTHING_IN_SCOPE)
    return Outcome("ALTER DOMAIN")


def _alter_collation(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, qualified(strings(body.get("collname", [])), RefKind.COLLATION))
    return Outcome("ALTER COLLATION")


def _alter_statistics(reader: Reader, body: Node) -> Outcome:
    optional = bool(body.get("missing_ok"))
    named = qualified(strings(body.get("defnames", [])), RefKind.STATISTICS)
    reader.touch(Effect.DEFINE, structs.replace(named, optional=optional))
    return Outcome("ALTER STATISTICS")


def _alter_operator_family(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, qualified(strings(body.get("opfamilyname", [])), RefKind.OPERATOR_CLASS))
    return Outcome("ALTER OPERATOR FAMILY")


def _alter_dictionary(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, qualified(strings(body.get("dictname", [])), RefKind.TEXT_SEARCH))
    return Outcome("ALTER TEXT SEARCH DICTIONARY")


def _alter_configuration(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, qualified(strings(body.get("cfgname", [])), RefKind.TEXT_SEARCH))
    return Outcome("ALTER TEXT SEARCH CONFIGURATION")


def _refresh(reader: Reader, body: Node) -> Outcome:
    # It replaces the rows by what the view's own query gives; what that reads is the catalog's to say.
    reader.touch(Effect.WRITE, relation(body.get("relation", {}), what="materialized view"))
    return Outcome("REFRESH MATERIALIZED VIEW")


ALTERATION_STATEMENTS: dict[str, StatementHandler] = {
    "AlterCollationStmt": _alter_collation,
    "AlterDomainStmt": _alter_domain,
    "AlterEnumStmt": _alter_type,
    "AlterFunctionStmt": _alter_function,
    "AlterObjectDependsStmt": _depends,
    "AlterObjectSchemaStmt": _move,
    "AlterOpFamilyStmt": _alter_operator_family,
    "AlterOperatorStmt": _alter_operator,
    "AlterOwnerStmt": _owner,
    "AlterStatsStmt": _alter_statistics,
    "AlterTSConfigurationStmt": _alter_configuration,
    "AlterTSDictionaryStmt": _alter_dictionary,
    "AlterTableStmt": _alter_table,
    "AlterTypeStmt": _alter_type,
    "CommentStmt": _comment,
    "DropStmt": _drop,
    "RefreshMatViewStmt": _refresh,
    "RenameStmt": _rename,
    "SecLabelStmt": _security_label,
    "TruncateStmt": _truncate,
}
