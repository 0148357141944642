"""WITH: queries by name, each seeing those before it, or itself where it is recursive."""

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.mixing import either, mix
from yett.protocols.postgres.sql.lineage.scopes import Rows, Scope, merged, renamed
from yett.protocols.postgres.sql.lineage.sources import computed_anyway
from yett.protocols.postgres.sql.lineage.state import State, TooLargeError
from yett.protocols.postgres.sql.lineage.values import OPAQUE, Value
from yett.protocols.postgres.sql.names import strings

_ROUNDS_MAX = 60


def add_with(state: State, body: Node, scope: Scope) -> None:
    """Add a statement's WITH queries to the scope."""
    clause = body.get("withClause")
    if clause is None:
        return
    queries = [node["CommonTableExpr"] for node in clause.get("ctes", [])]
    if not clause.get("recursive"):
        for one in queries:
            scope.queries = {**scope.queries, one["ctename"]: _rows(state, one, scope)}
        return
    # They may refer to each other in any order: once around for each, so that every one has seen the others.
    names = {one["ctename"] for one in queries}
    ordered = _ordered(queries, names)
    for one in ordered:
        scope.queries = {**scope.queries, one["ctename"]: _recursive(state, one, scope)}


def _ordered(queries: list[Node], names: set[str]) -> list[Node]:
    """Return the queries, each after those that it mentions (PostgreSQL refuses circles, but of one with itself)."""
    mentions = {one["ctename"]: _mentioned(one["ctequery"], names) - {one["ctename"]} for one in queries}
    left = list(queries)
    found: list[Node] = []
    while left:
        ready = [one for one in left if not mentions[one["ctename"]] & {other["ctename"] for other in left}]
        if not ready:
            raise TooLargeError
        found += ready
        left = [one for one in left if one not in ready]
    return found


def _mentioned(tree: Node, names: set[str]) -> set[str]:
    found: set[str] = set()
    pending: list[object] = [tree]
    while pending:
        part = pending.pop()
        if isinstance(part, list):
            pending += part
        elif isinstance(part, dict):
            if part.get("relname") in names:
                found.add(part["relname"])
            pending += part.values()
    return found


def _rows(state: State, body: Node, scope: Scope) -> Rows:
    rows = computed_anyway(state, state.query(body["ctequery"], scope))
    return _finished(state, body, rows)


def _finished(state: State, body: Node, rows: Rows) -> Rows:
    for _, value in rows.columns:
        state.risk(value)
    rows = renamed(rows, strings(body.get("aliascolnames", [])))
    if "search_clause" not in body and "cycle_clause" not in body:
        return rows
    # They add columns that `*` shows at some levels only; and a cycle's columns decide when to stop.
    state.shape(merged(rows))
    return Rows((), mix([merged(rows)]), multiplies=True)


def _recursive(state: State, body: Node, scope: Scope) -> Rows:
    """Return the rows of a query that may mention itself: what it starts with, and what each round adds."""
    name = body["ctename"]
    query = body["ctequery"].get("SelectStmt", {})
    if name not in _mentioned(body["ctequery"], {name}) or "larg" not in query:
        return _rows(state, body, scope)
    start = state.query({"SelectStmt": query["larg"]}, Scope(scope))
    rows = _finished(state, body, start)
    for _ in range(_ROUNDS_MAX):
        inner = Scope(scope, [], {name: Rows(rows.columns, rows.more, multiplies=True)})
        again = _finished(state, body, state.query(body["ctequery"], inner))
        grown = _grown(rows, again)
        if grown.columns == rows.columns and grown.more == rows.more:
            return Rows(rows.columns, rows.more, multiplies=True)
        rows = grown
    state.opaque_shaping = True
    return Rows((), OPAQUE, multiplies=True)


def _grown(rows: Rows, again: Rows) -> Rows:
    if rows.more is not None or again.more is not None or len(rows.columns) != len(again.columns):
        values = [merged(rows), merged(again)]
        return Rows((), _settled(mix(values)), multiplies=True)
    pairs = zip(rows.columns, again.columns, strict=True)
    columns = tuple((name, _settled(either([one, other]))) for (name, one), (_, other) in pairs)
    return Rows(columns, None, multiplies=True)


def _settled(value: Value) -> Value:
    """Sizes may grow round after round without end; nothing that was in there is still of a known size."""
    made = mix([value], value.type, size=1 << 31)
    return Value(
        value.sources, value.verbatim, value.risky, value.opaque, value.opaque_risky, value.failing, value.type,
        value.collation, made.size,
    )  # fmt: skip  # a value's parts, in its own order
