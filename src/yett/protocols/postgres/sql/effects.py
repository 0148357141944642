"""What each kind of statement that PostgreSQL has would do; a kind that is not here is effect `unknown`."""

from dataclasses import replace

from msgspec import structs

from yett.core.operations import Refusal
from yett.core.targets import Effect
from yett.protocols.postgres.sql.administration import ADMINISTRATION_STATEMENTS, BY_ITSELF, role_name
from yett.protocols.postgres.sql.alterations import ALTERATION_STATEMENTS
from yett.protocols.postgres.sql.definitions import DEFINITION_HANDLERS, DEFINITION_STATEMENTS
from yett.protocols.postgres.sql.expressions import EXPRESSION_HANDLERS, call
from yett.protocols.postgres.sql.facts import Declared, Prepared, SessionChange, StatementFacts
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.names import TEMPORARY_SCHEMA, constant, relation, strings
from yett.protocols.postgres.sql.objects import words
from yett.protocols.postgres.sql.queries import QUERY_HANDLERS, make_relation
from yett.protocols.postgres.sql.reading import NOTHING_IN_SCOPE, Handler, Outcome, Reader, StatementHandler
from yett.protocols.postgres.sql.refs import CONNECTS, RESOURCE, Ref, RefKind, Touch
from yett.protocols.postgres.sql.session_statements import SESSION_STATEMENTS
from yett.protocols.postgres.sql.settings import is_barrier

_HANDLERS: dict[str, Handler] = {**EXPRESSION_HANDLERS, **QUERY_HANDLERS, **DEFINITION_HANDLERS}
_CURSOR_HOLD = 0x0020
_SELECTED = Outcome("SELECT", returns_rows=True)
# Statements of the DDL tables after which names still mean what they meant.
_MEANING_KEPT = frozenset(
    ["TruncateStmt", "RefreshMatViewStmt", "CommentStmt", "VacuumStmt", "CheckPointStmt", "ClusterStmt", "ReindexStmt"]
)
_LOADS_CODE = frozenset(["LoadStmt", "CreateExtensionStmt", "AlterExtensionStmt"])
_UNKNOWN_KIND = Refusal(
    "not_understood", "this kind of statement is not understood", "use another statement, or ask for it to be supported"
)


def facts_of(statement: Node, text: str = "", tree: Node | None = None) -> StatementFacts:
    """Return what one statement (a wrapped node) would do.

    `text` is the statement's own text, and `tree` its tree where that is to be kept: of what is prepared or declared
    inside they are those of the whole.
    """
    reader = Reader(_HANDLERS, text, tree)
    kind, body = next(iter(statement.items()), ("", {}))
    handler = STATEMENTS.get(kind)
    if handler is not None:
        outcome = handler(reader, body)
    else:
        reader.not_understood()
        outcome = Outcome(kind.removesuffix("Stmt").upper() or "UNKNOWN", refusal=_UNKNOWN_KIND)
    return _assembled(kind, reader, outcome)


def _inside(reader: Reader, query: Node) -> StatementFacts:
    return facts_of(query, reader.text, reader.tree)


def _assembled(kind: str, reader: Reader, outcome: Outcome) -> StatementFacts:
    made = (touch.ref for touch in reader.touches if touch.ref.new)
    temporary = reader.creates_temporary or any((ref.schema or "").startswith(TEMPORARY_SCHEMA) for ref in made)
    defines = kind in _DDL or temporary
    opaque = reader.opaque or outcome.changes.opaque or kind in _LOADS_CODE
    changes = outcome.changes
    if reader.settings or reader.notifies or defines or opaque:
        changes = replace(
            changes,
            settings=changes.settings + tuple(reader.settings),
            notifies=changes.notifies + tuple(reader.notifies),
            creates_temporary=changes.creates_temporary or temporary,
            defines=changes.defines or defines,
            opaque=opaque,
        )
    return StatementFacts(
        kind=outcome.kind,
        touches=(CONNECTS, *reader.touches),
        changes=changes,
        assumed=tuple(reader.assumed),
        returns_rows=outcome.returns_rows,
        barrier=outcome.barrier or changes.defines or opaque or is_barrier(list(changes.settings)),
        copy=outcome.copy,
        by_itself=outcome.by_itself or kind in BY_ITSELF,
        refusal=outcome.refusal,
        source=reader.text,
        tree=reader.tree,
    )


def _include(reader: Reader, inner: StatementFacts, *, runs: bool) -> None:
    """Take over what an inner statement touches and, where it runs now, what it changes."""
    reader.touches.update(dict.fromkeys(inner.touches))
    reader.touches.pop(CONNECTS, None)
    reader.assumed.update(dict.fromkeys(inner.assumed))
    # Planning already runs code: functions of constants are evaluated.
    reader.opaque = reader.opaque or inner.changes.opaque
    if runs:
        reader.settings.extend(inner.changes.settings)
        reader.notifies.extend(inner.changes.notifies)
        reader.creates_temporary = reader.creates_temporary or inner.changes.creates_temporary


def _select(reader: Reader, body: Node) -> Outcome:
    if body.keys() <= {"targetList", "limitOption", "op"}:
        # Nothing but a target list: what it calls is called exactly once.
        values = (node.get("ResTarget", {}).get("val", {}) for node in body.get("targetList", []))
        reader.certain_calls = {id(value["FuncCall"]) for value in values if "FuncCall" in value}
    reader.stated_values = _stated_values(body)
    reader.node("SelectStmt", body, NOTHING_IN_SCOPE)
    if "intoClause" in body:
        return Outcome("SELECT INTO", SessionChange(defines=True))
    return _SELECTED


def _stated_values(body: Node) -> dict[int, str]:
    """Return the first arguments of calls in the target list whose value the WHERE clause states.

    pg_dump's `SELECT set_config(name, …) FROM pg_settings WHERE name = 'x'` names its setting no less than a constant.
    """
    condition = body.get("whereClause", {}).get("A_Expr", {})
    compares = condition.get("kind") == "AEXPR_OP" and strings(condition.get("name", [])) == ("=",)
    value = condition.get("rexpr", {})
    if not compares or "A_Const" not in value or len(body.get("fromClause", [])) != 1:
        return {}
    stated = constant(value)
    fields = condition.get("lexpr", {}).get("ColumnRef", {}).get("fields")
    if stated is None or not fields:
        return {}
    calls = (node.get("ResTarget", {}).get("val", {}).get("FuncCall", {}) for node in body.get("targetList", []))
    firsts = [call["args"][0] for call in calls if call.get("args")]
    return {id(first): stated for first in firsts if first.get("ColumnRef", {}).get("fields") == fields}


def _changing(kind: str) -> StatementHandler:
    def handle(reader: Reader, body: Node) -> Outcome:
        reader.node(kind, body, NOTHING_IN_SCOPE)
        return Outcome(kind.removesuffix("Stmt").upper(), returns_rows="returningClause" in body)

    return handle


def _create_table_as(reader: Reader, body: Node) -> Outcome:
    into = body.get("into", {})
    tag = f"CREATE {words('OBJECT_MATVIEW')}" if body.get("objtype") == "OBJECT_MATVIEW" else "CREATE TABLE AS"
    make_relation(reader, into.get("rel", {}), what=words(body.get("objtype", "")).lower())
    if "tableSpaceName" in into:
        reader.touch_named(Effect.DEFINE, RefKind.TABLESPACE, into["tableSpaceName"])
    inner = _inside(reader, body.get("query", {}))
    _include(reader, inner, runs=True)
    return Outcome(tag, SessionChange(defines=True, executes=inner.changes.executes))


def _explain(reader: Reader, body: Node) -> Outcome:
    runs = any(_is_on(node.get("DefElem", {}), "analyze") for node in body.get("options", []))
    inner = _inside(reader, body.get("query", {}))
    _include(reader, inner, runs=runs)
    changes = SessionChange(executes=inner.changes.executes)
    if runs:
        changes = replace(inner.changes, settings=(), notifies=())
    return Outcome("EXPLAIN", changes, returns_rows=True, barrier=runs and inner.barrier, refusal=inner.refusal)


def _is_on(option: Node, name: str) -> bool:
    """Say whether an option is given and not plainly off; where it is repeated, any of them counts."""
    if option.get("defname") != name:
        return False
    given = option.get("arg", {})
    value = given.get("String", {}).get("sval") or given.get("Boolean", {}).get("boolval")
    if "Integer" in given:
        return bool(given["Integer"].get("ival"))
    return str(value).lower() not in ("off", "false")


def _prepare(reader: Reader, body: Node) -> Outcome:
    inner = _inside(reader, body.get("query", {}))
    _include(reader, inner, runs=False)
    for node in body.get("argtypes", []):
        reader.read(node, NOTHING_IN_SCOPE)
    prepared = Prepared(body.get("name", ""), reader.text, inner)
    return Outcome("PREPARE", SessionChange(prepares=prepared), barrier=True, refusal=inner.refusal)


def _declare(reader: Reader, body: Node) -> Outcome:
    inner = _inside(reader, body.get("query", {}))
    _include(reader, inner, runs=True)
    hold = bool(int(body.get("options", 0)) & _CURSOR_HOLD)
    declared = Declared(body.get("portalname", ""), hold, inner)
    return Outcome("DECLARE CURSOR", SessionChange(declares=declared), refusal=inner.refusal)


def _copy(reader: Reader, body: Node) -> Outcome:
    incoming = bool(body.get("is_from"))
    if "relation" in body:
        reader.touch(Effect.WRITE if incoming else Effect.READ, relation(body["relation"]))
    if "query" in body:
        _include(reader, _inside(reader, body["query"]), runs=True)
    reader.read(body.get("whereClause", {}), NOTHING_IN_SCOPE)
    if "filename" not in body:
        return Outcome("COPY", copy="in" if incoming else "out")
    # A file or a program of the server's host is not data of the database, whichever way the rows go.
    kind = RefKind.PROGRAM if body.get("is_program") else RefKind.FILE
    reader.touch_named(Effect.ADMINISTER, kind, body["filename"])
    return Outcome("COPY")


def _do(reader: Reader, body: Node) -> Outcome:
    language = "plpgsql"
    for option in (node.get("DefElem", {}) for node in body.get("args", [])):
        if option.get("defname") == "language":
            language = option.get("arg", {}).get("String", {}).get("sval", "")
    reader.touch(Effect.EXECUTE, RESOURCE)
    reader.touch_named(Effect.EXECUTE, RefKind.LANGUAGE, language)
    reader.opaque = True
    return Outcome("DO")


def _call(reader: Reader, body: Node) -> Outcome:
    function = body.get("funccall", {})
    reader.read(function.get("args", []), NOTHING_IN_SCOPE)
    call(reader, strings(function.get("funcname", [])), function.get("args", []))
    # Procedures may end the transaction, which no function can.
    reader.opaque = True
    return Outcome("CALL", returns_rows=True)


def _schema(reader: Reader, body: Node) -> Outcome:
    owner = role_name(body.get("authrole", {}))
    name = body.get("schemaname") or owner
    reader.touch(Effect.DEFINE, Ref(RefKind.SCHEMA, None, name, new=True, optional=bool(body.get("if_not_exists"))))
    if owner:
        reader.touch_named(Effect.ADMINISTER, RefKind.ROLE, owner)
    for element in body.get("schemaElts", []):
        _include(reader, _within(_inside(reader, element), name), runs=True)
    return Outcome("CREATE SCHEMA")


def _within(inner: StatementFacts, schema: str) -> StatementFacts:
    """Put what the elements of CREATE SCHEMA make without saying where into that schema."""
    touches = tuple(
        Touch(touch.effect, structs.replace(touch.ref, schema=schema))
        if touch.ref.new and touch.ref.schema is None and touch.ref.kind is RefKind.RELATION
        else touch
        for touch in inner.touches
    )
    return replace(inner, touches=touches)


_QUERIES_AND_MORE: dict[str, StatementHandler] = {
    "CallStmt": _call,
    "CopyStmt": _copy,
    "CreateSchemaStmt": _schema,
    "CreateTableAsStmt": _create_table_as,
    "DeclareCursorStmt": _declare,
    "DeleteStmt": _changing("DeleteStmt"),
    "DoStmt": _do,
    "ExplainStmt": _explain,
    "InsertStmt": _changing("InsertStmt"),
    "MergeStmt": _changing("MergeStmt"),
    "PrepareStmt": _prepare,
    "SelectStmt": _select,
    "UpdateStmt": _changing("UpdateStmt"),
}

_DDL = (
    frozenset(DEFINITION_STATEMENTS) | frozenset(ALTERATION_STATEMENTS) | frozenset(ADMINISTRATION_STATEMENTS)
) - _MEANING_KEPT | {"CreateSchemaStmt"}

STATEMENTS: dict[str, StatementHandler] = {
    **_QUERIES_AND_MORE,
    **SESSION_STATEMENTS,
    **DEFINITION_STATEMENTS,
    **ALTERATION_STATEMENTS,
    **ADMINISTRATION_STATEMENTS,
}
