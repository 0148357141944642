"""DDL that makes things: tables, views, indexes, sequences, functions, types, triggers, rules and their like."""

from yett.core.targets import Effect
from yett.protocols.postgres.sql.expressions import operator
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.names import is_temporary, qualified, relation, strings
from yett.protocols.postgres.sql.objects import typed, with_arguments, words
from yett.protocols.postgres.sql.queries import make_relation
from yett.protocols.postgres.sql.reading import NOTHING_IN_SCOPE, Handler, Outcome, Reader, Scope, StatementHandler
from yett.protocols.postgres.sql.refs import Ref, RefKind


def _constraint(reader: Reader, body: Node, scope: Scope) -> None:
    # A foreign key puts triggers on the table it refers to, which is why PostgreSQL asks for REFERENCES on it.
    if "pktable" in body:
        reader.touch(Effect.DEFINE, relation(body["pktable"]))
    for pair in body.get("exclusions", []):
        element, names = pair.get("List", {}).get("items", ({}, {}))
        reader.read(element, scope)
        operator(reader, strings(names.get("List", {}).get("items", [])), 2)
    reader.fields("Constraint", body, scope, skip=("pktable", "exclusions"))


def _like(reader: Reader, body: Node, scope: Scope) -> None:  # noqa: ARG001 (one signature for all handlers)
    reader.touch(Effect.READ, relation(body.get("relation", {})))


def _option(reader: Reader, body: Node, scope: Scope) -> None:
    # A bare word, as in `WITH (fastupdate = off)`, is spelt as a type's name; only a sequence's AS means a type.
    if "TypeName" not in body.get("arg", {}) or body.get("defname") == "as":
        reader.fields("DefElem", body, scope)


def declare(reader: Reader) -> None:
    """Read what follows as declarations: tables named in it are altered, types only named."""
    reader.relation_effect = Effect.DEFINE
    reader.type_effect = Effect.READ


def _tablespace(reader: Reader, name: str | None) -> None:
    if name:
        reader.touch_named(Effect.DEFINE, RefKind.TABLESPACE, name)


def _table(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    make_relation(reader, body.get("relation", {}), what="table")
    if "ofTypename" in body:
        reader.touch(Effect.READ, typed(body["ofTypename"]))
    _tablespace(reader, body.get("tablespacename"))
    reader.fields("CreateStmt", body, NOTHING_IN_SCOPE, skip=("relation", "ofTypename"))
    return Outcome("CREATE TABLE")


def _foreign_table(reader: Reader, body: Node) -> Outcome:
    _table(reader, body.get("base", {}))
    reader.touch_named(Effect.ADMINISTER, RefKind.SERVER, body.get("servername", ""))
    return Outcome("CREATE FOREIGN TABLE")


def _view(reader: Reader, body: Node) -> Outcome:
    make_relation(reader, body.get("view", {}), what="view")
    reader.read(body.get("query", {}), NOTHING_IN_SCOPE)
    return Outcome("CREATE VIEW")


def _index(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    reader.touch(Effect.DEFINE, relation(body.get("relation", {})))
    _tablespace(reader, body.get("tableSpace"))
    reader.fields("IndexStmt", body, NOTHING_IN_SCOPE, skip=("relation", "excludeOpNames"))
    return Outcome("CREATE INDEX", by_itself=bool(body.get("concurrent")))


def _sequence(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    make_relation(reader, body.get("sequence", {}), what="sequence")
    _sequence_options(reader, body)
    return Outcome("CREATE SEQUENCE")


def _alter_sequence(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    optional = bool(body.get("missing_ok"))
    reader.touch(Effect.DEFINE, relation(body.get("sequence", {}), optional=optional, what="sequence"))
    _sequence_options(reader, body)
    return Outcome("ALTER SEQUENCE")


def _sequence_options(reader: Reader, body: Node) -> None:
    for option in (node.get("DefElem", {}) for node in body.get("options", [])):
        owner = strings(option.get("arg", {}).get("List", {}).get("items", []))
        if option.get("defname") == "owned_by" and owner != ("none",):
            reader.touch(Effect.DEFINE, qualified(owner[:-1], RefKind.RELATION, what="table"))
    reader.read(body.get("options", []), NOTHING_IN_SCOPE)


def _statistics(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    reader.touch(Effect.DEFINE, qualified(strings(body.get("defnames", [])), RefKind.STATISTICS, new=True))
    reader.read(body.get("relations", []), NOTHING_IN_SCOPE)
    reader.read(body.get("exprs", []), NOTHING_IN_SCOPE)
    return Outcome("CREATE STATISTICS")


def _function(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    reader.touch(Effect.DEFINE, _new_function(body))
    for option in (node.get("DefElem", {}) for node in body.get("options", [])):
        if option.get("defname") == "language":
            name = option.get("arg", {}).get("String", {}).get("sval", "")
            reader.touch_named(Effect.READ if name in ("sql", "plpgsql") else Effect.ADMINISTER, RefKind.LANGUAGE, name)
    reader.read(body.get("parameters", []), NOTHING_IN_SCOPE)
    if "returnType" in body:
        reader.node("TypeName", body["returnType"], NOTHING_IN_SCOPE)
    reader.relation_effect = Effect.READ
    reader.read(body.get("sql_body", []), NOTHING_IN_SCOPE)
    return Outcome("CREATE PROCEDURE" if body.get("is_procedure") else "CREATE FUNCTION")


def _new_function(body: Node) -> Ref:
    modes = [node.get("FunctionParameter", {}).get("mode") for node in body.get("parameters", [])]
    inputs = sum(mode not in ("FUNC_PARAM_OUT", "FUNC_PARAM_TABLE") for mode in modes)
    what = "procedure" if body.get("is_procedure") else "function"
    return qualified(strings(body.get("funcname", [])), RefKind.FUNCTION, arity=inputs, new=True, what=what)


def _trigger(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    reader.touch(Effect.DEFINE, relation(body.get("relation", {}), what="trigger"))
    reader.touch(Effect.EXECUTE, qualified(strings(body.get("funcname", [])), RefKind.FUNCTION, arity=0))
    if "constrrel" in body:
        reader.touch(Effect.DEFINE, relation(body["constrrel"]))
    reader.read(body.get("whenClause", {}), NOTHING_IN_SCOPE)
    return Outcome("CREATE TRIGGER")


def _rule(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, relation(body.get("relation", {}), what="rule"))
    reader.read(body.get("whereClause", {}), NOTHING_IN_SCOPE)
    for action in body.get("actions", []):
        # Outside a rule NOTIFY is a statement of its own, so queries know nothing of it.
        if "NotifyStmt" in action:
            reader.touch_named(Effect.WRITE, RefKind.CHANNEL, action["NotifyStmt"].get("conditionname", ""))
        else:
            reader.read(action, NOTHING_IN_SCOPE)
    return Outcome("CREATE RULE")


def _make_type(parts: tuple[str, ...]) -> Ref:
    return qualified(parts, RefKind.TYPE, new=True, what="type")


def _composite(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    made = relation(body.get("typevar", {}), new=True)
    reader.touch(Effect.DEFINE, Ref(RefKind.TYPE, made.schema, made.name, new=True, what="type", catalog=made.catalog))
    reader.creates_temporary = reader.creates_temporary or is_temporary(body.get("typevar", {}))
    reader.read(body.get("coldeflist", []), NOTHING_IN_SCOPE)
    return Outcome("CREATE TYPE")


def _enum(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, _make_type(strings(body.get("typeName", []))))
    return Outcome("CREATE TYPE")


def _domain(reader: Reader, body: Node) -> Outcome:
    declare(reader)
    reader.touch(Effect.DEFINE, _make_type(strings(body.get("domainname", []))))
    reader.fields("CreateDomainStmt", body, NOTHING_IN_SCOPE, skip=("domainname",))
    return Outcome("CREATE DOMAIN")


_DEFINED_KINDS = {
    "OBJECT_AGGREGATE": RefKind.FUNCTION,
    "OBJECT_OPERATOR": RefKind.OPERATOR,
    "OBJECT_TYPE": RefKind.TYPE,
    "OBJECT_COLLATION": RefKind.COLLATION,
}


def _define(reader: Reader, body: Node) -> Outcome:
    """CREATE AGGREGATE, OPERATOR, (base) TYPE, COLLATION, TEXT SEARCH …: all spelt as a list of definitions."""
    declare(reader)
    kind = _DEFINED_KINDS.get(body.get("kind", ""), RefKind.TEXT_SEARCH)
    tag = words(body.get("kind", ""))
    reader.touch(Effect.DEFINE, qualified(strings(body.get("defnames", [])), kind, new=True, what=tag.lower()))
    return Outcome(f"CREATE {tag}")


def _cast(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, typed(body.get("sourcetype", {}), what="cast"))
    reader.touch(Effect.DEFINE, typed(body.get("targettype", {}), what="cast"))
    if "func" in body:
        reader.touch(Effect.EXECUTE, with_arguments(body["func"], RefKind.FUNCTION))
    return Outcome("CREATE CAST")


def _transform(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, typed(body.get("type_name", {}), what="transform"))
    reader.touch_named(Effect.ADMINISTER, RefKind.LANGUAGE, body.get("lang", ""))
    return Outcome("CREATE TRANSFORM")


def _conversion(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, qualified(strings(body.get("conversion_name", [])), RefKind.CONVERSION, new=True))
    reader.touch(Effect.EXECUTE, qualified(strings(body.get("func_name", [])), RefKind.FUNCTION))
    return Outcome("CREATE CONVERSION")


def _operator_class(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, qualified(strings(body.get("opclassname", [])), RefKind.OPERATOR_CLASS, new=True))
    reader.touch(Effect.DEFINE, typed(body.get("datatype", {})))
    return Outcome("CREATE OPERATOR CLASS")


def _operator_family(reader: Reader, body: Node) -> Outcome:
    reader.touch(Effect.DEFINE, qualified(strings(body.get("opfamilyname", [])), RefKind.OPERATOR_CLASS, new=True))
    return Outcome("CREATE OPERATOR FAMILY")


DEFINITION_HANDLERS: dict[str, Handler] = {"Constraint": _constraint, "DefElem": _option, "TableLikeClause": _like}

DEFINITION_STATEMENTS: dict[str, StatementHandler] = {
    "AlterSeqStmt": _alter_sequence,
    "CompositeTypeStmt": _composite,
    "CreateCastStmt": _cast,
    "CreateConversionStmt": _conversion,
    "CreateDomainStmt": _domain,
    "CreateEnumStmt": _enum,
    "CreateForeignTableStmt": _foreign_table,
    "CreateFunctionStmt": _function,
    "CreateOpClassStmt": _operator_class,
    "CreateOpFamilyStmt": _operator_family,
    "CreateRangeStmt": _enum,
    "CreateSeqStmt": _sequence,
    "CreateStatsStmt": _statistics,
    "CreateStmt": _table,
    "CreateTransformStmt": _transform,
    "CreateTrigStmt": _trigger,
    "DefineStmt": _define,
    "IndexStmt": _index,
    "RuleStmt": _rule,
    "ViewStmt": _view,
}
