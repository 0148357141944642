"""Traces one statement: which base columns go into its answer, shape its rows, are written by it."""

from msgspec import structs

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.conditions import condition
from yett.protocols.postgres.sql.lineage.expressions import EXPRESSIONS
from yett.protocols.postgres.sql.lineage.known import Base, Known, RelationColumns
from yett.protocols.postgres.sql.lineage.result import NO_COLUMNS, OPAQUE_LINEAGE, Lineage, Output, Written
from yett.protocols.postgres.sql.lineage.scopes import Rows, Scope, merged
from yett.protocols.postgres.sql.lineage.selects import select
from yett.protocols.postgres.sql.lineage.sources import target_item
from yett.protocols.postgres.sql.lineage.state import Parts, Query, State, TooLargeError
from yett.protocols.postgres.sql.lineage.values import Value
from yett.protocols.postgres.sql.lineage.writes import WRITES
from yett.protocols.postgres.sql.names import strings

_QUERIES: dict[str, Query] = {"SelectStmt": select, **WRITES}
_PARTS = Parts(EXPRESSIONS, _QUERIES)

# Statements that look at no row of any table, and answer with nothing of one.
_READ_NOTHING_WORDS = (
    "AlterDatabaseSetStmt AlterDatabaseStmt AlterObjectSchemaStmt AlterOwnerStmt AlterRoleSetStmt "
    "AlterRoleStmt AlterSeqStmt CheckPointStmt ClosePortalStmt CommentStmt CompositeTypeStmt "
    "ConstraintsSetStmt CreateDomainStmt CreateEnumStmt CreateFunctionStmt CreatePolicyStmt CreateRoleStmt "
    "CreateSchemaStmt CreateSeqStmt CreateTrigStmt DeallocateStmt DefineStmt DiscardStmt DropRoleStmt DropStmt "
    "DropdbStmt GrantRoleStmt GrantStmt ListenStmt LockStmt NotifyStmt ReassignOwnedStmt RenameStmt "
    "TransactionStmt TruncateStmt UnlistenStmt VacuumStmt VariableSetStmt VariableShowStmt"
)
_READ_NOTHING = frozenset(_READ_NOTHING_WORDS.split())


def trace(statement: Node, known: Known) -> Lineage:
    """Return the lineage of one statement, given as `parsed.stmts[i]["stmt"]`.

    Never raises for what is written in it: whatever is not understood, too large or too deep is opaque.
    """
    try:
        return _traced(statement, State(known, _PARTS))
    except (TooLargeError, RecursionError):
        return OPAQUE_LINEAGE
    except (KeyError, IndexError, AttributeError, TypeError, ValueError):
        # A tree of a shape that was not thought of.
        return OPAQUE_LINEAGE


def _traced(statement: Node, state: State) -> Lineage:  # noqa: PLR0911 (one for each kind of statement)
    if len(statement) != 1:
        return OPAQUE_LINEAGE
    ((kind, body),) = statement.items()
    if kind in ("DeclareCursorStmt", "PrepareStmt"):
        return _traced(body["query"], state)
    if kind == "ExplainStmt":
        return _explained(body, state)
    if kind in ("CreateTableAsStmt", "ViewStmt") or (kind == "SelectStmt" and _into(body) is not None):
        return _making(kind, body, state)
    if kind in _QUERIES:
        return _lineage(state, state.query(statement, Scope()))
    if kind == "CopyStmt":
        return _copied(body, state)
    if kind in _READ_NOTHING or (kind == "CreateStmt" and "partbound" not in body):
        # (A new partition is compared with what is in the default one.)
        return Lineage(every=Output("") if kind == "VariableShowStmt" else None)
    return OPAQUE_LINEAGE


def _lineage(state: State, rows: Rows) -> Lineage:
    if rows.more is not None:
        return _result(state, (), _output("", merged(rows)))
    return _result(state, tuple(_output(name, value) for name, value in rows.columns), None)


def _output(name: str, value: Value) -> Output:
    return Output(name, value.sources, value.verbatim, value.risky, value.opaque, value.opaque_risky)


def _result(state: State, outputs: tuple[Output, ...], every: Output | None) -> Lineage:
    state.shaping.update(state.null_tested)
    shaping = frozenset(state.shaping | state.keys if state.locks else state.shaping)
    ordering = frozenset(state.ordering) - shaping if state.ordering else NO_COLUMNS
    shaping |= ordering
    matched = frozenset(state.matched) - shaping
    shown = [*outputs, every] if every is not None else outputs
    read: frozenset[Base] = shaping | matched | state.read
    read = read.union(*(one.sources | one.risky for one in shown), *(one.sources for one in state.writes))
    tables = frozenset(state.relations) - {oid for oid, _ in read}
    return Lineage(
        outputs,
        shaping,
        matched,
        read,
        tables,
        tuple(state.writes),
        state.opaque_shaping,
        every,
        state.missing,
        frozenset(state.computed),
        frozenset(state.deletes),
        ordering,
    )


def _explained(body: Node, state: State) -> Lineage:
    """What would be in the answer is only read; but planning computes constants and shows them, and ANALYZE sizes."""
    found = _traced(body["query"], state)
    shown = [*found.outputs, *([found.every] if found.every is not None else [])]
    computed = NO_COLUMNS.union(*(one.sources | one.risky for one in shown if one.verbatim is None))
    written = NO_COLUMNS.union(*(one.sources for one in found.writes))
    opaque = found.opaque_shaping or any(one.opaque for one in shown)
    changed = frozenset((one.relation, one.column) for one in found.writes if one.kept and one.column is not None)
    shaping = found.shaping | computed | (found.read | written | changed if _runs(body) else NO_COLUMNS)
    matched = found.matched - shaping
    return structs.replace(
        found,
        outputs=(),
        shaping=shaping,
        matched=matched,
        opaque_shaping=opaque,
        every=Output(""),
        ordering=NO_COLUMNS,
    )


def _runs(body: Node) -> bool:
    """Say whether an EXPLAIN runs what it explains: `analyze` or any other word than `costs` and the like."""
    names = [node.get("DefElem", {}).get("defname") for node in body.get("options", [])]
    return any(name not in ("verbose", "costs", "format", "settings", "generic_plan", "summary") for name in names)


def _into(body: Node) -> Node | None:
    while "larg" in body:
        body = body["larg"]
    into: Node | None = body.get("intoClause")
    return into


def _making(kind: str, body: Node, state: State) -> Lineage:
    """CREATE TABLE AS, SELECT INTO, CREATE [MATERIALIZED] VIEW: everything goes into what is made."""
    query = {"SelectStmt": body} if kind == "SelectStmt" else body["query"]
    if not any(one in query for one in _QUERIES):
        return OPAQUE_LINEAGE
    into = (_into(body) or {}) if kind == "SelectStmt" else body.get("into", {})
    names = strings(body.get("aliases", []) if kind == "ViewStmt" else into.get("colNames", []))
    rows = state.query(query, Scope())
    for _, value in rows.columns:
        state.risk(value)
    if rows.more is not None:
        value = merged(rows)
        state.risk(value)
        state.writes.append(Written(0, None, "", value.sources, None, value.opaque))
        return _result(state, (), None)
    for at, (name, value) in enumerate(rows.columns):
        made = names[at] if at < len(names) else name
        state.writes.append(Written(0, None, made, value.sources, value.verbatim, value.opaque))
    return _result(state, (), None)


def _named(body: Node) -> tuple[str | None, str]:
    return body["relation"].get("schemaname"), body["relation"].get("relname", "")


def _computed(relation: RelationColumns | None) -> frozenset[str]:
    """Return the generated columns, which COPY leaves out; none where it is not known of any column what it is."""
    columns = () if relation is None else relation.columns
    known = any(not column.generated for column in columns)
    return frozenset(column.name for column in columns if known and column.generated)


def _copied(body: Node, state: State) -> Lineage:
    if "query" in body:
        return _lineage(state, state.query(body["query"], Scope()))
    item = target_item(state, body["relation"])
    names = strings(body.get("attlist", []))
    if not body.get("is_from"):
        if item.rows.more is not None:
            return _result(state, (), _output("", merged(item.rows)))
        computed = _computed(state.known.relation(*_named(body)))
        listed = names or tuple(name for name, _ in item.rows.columns if name not in computed)
        chosen = [(name, item.column(name)) for name in listed]
        return _result(state, tuple(_output(name, value or state.unknown()) for name, value in chosen), None)
    relation = state.known.relation(*_named(body))
    if relation is None:
        return OPAQUE_LINEAGE
    if "whereClause" in body:
        condition(state, body["whereClause"], Scope(None, [item]), may_match=False)
    state.relations.discard(relation.oid)
    state.writes += [
        Written(relation.oid, column.number) for column in relation.columns if not names or column.name in names
    ]
    return _result(state, (), None)
