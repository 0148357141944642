"""What queries touch: SELECT, INSERT, UPDATE, DELETE, MERGE, their WITH clauses, and row locks.

A row lock (FOR UPDATE … FOR KEY SHARE) counts as a write to the tables it locks, as PostgreSQL itself asks for the
UPDATE privilege. UPDATE and DELETE also count as reads where they look at what is there, as PostgreSQL asks for SELECT.
"""

from msgspec import structs

from yett.core.targets import Effect
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.names import is_temporary, relation
from yett.protocols.postgres.sql.reading import Handler, Reader, Scope
from yett.protocols.postgres.sql.refs import Ref


def _with(reader: Reader, body: Node, scope: Scope) -> Scope:
    """Read a statement's WITH clause and return the names that the statement then sees."""
    clause = body.get("withClause")
    if clause is None:
        return scope
    tables = [node.get("CommonTableExpr", {}) for node in clause.get("ctes", [])]
    if clause.get("recursive"):
        scope = scope | {table.get("ctename", "") for table in tables}
    for table in tables:
        # A table's own name is not visible inside it unless RECURSIVE: there it means the real table.
        reader.fields("CommonTableExpr", table, scope)
        scope = scope | {table.get("ctename", "")}
    return scope


def _select(reader: Reader, body: Node, scope: Scope) -> None:
    scope = _with(reader, body, scope)
    effect, reader.relation_effect = reader.relation_effect, Effect.READ
    reader.fields("SelectStmt", body, scope, skip=("withClause", "lockingClause"))
    reader.relation_effect = effect
    for node in body.get("lockingClause", []):
        names = [entry.get("RangeVar", {}).get("relname", "") for entry in node["LockingClause"].get("lockedRels", [])]
        for ref in _locked(body.get("fromClause", []), names, scope):
            reader.touch(Effect.WRITE, ref)


def _locked(sources: list[Node], names: list[str], scope: Scope) -> list[Ref]:
    """Return the tables that a locking clause locks: those it names, or else all of FROM and of sub-selects in it."""
    found: list[Ref] = []
    for source in sources:
        for kind, body in source.items():
            alias = body.get("alias", {}).get("aliasname") or body.get("relname", "")
            chosen = not names or alias in names
            if kind == "JoinExpr":
                found += _locked(
                    [body.get("larg", {}), body.get("rarg", {})], names if alias not in names else [], scope
                )
            elif kind == "RangeTableSample":
                found += _locked([body.get("relation", {})], names, scope)
            elif kind == "RangeSubselect" and chosen:
                found += _locked_inside(body.get("subquery", {}).get("SelectStmt", {}), scope)
            elif kind == "RangeVar" and chosen and ("schemaname" in body or body.get("relname") not in scope):
                found.append(relation(body))
    return found


def _locked_inside(query: Node, scope: Scope) -> list[Ref]:
    inner = query.get("withClause", {}).get("ctes", [])
    scope = scope | {node.get("CommonTableExpr", {}).get("ctename", "") for node in inner}
    found = _locked(query.get("fromClause", []), [], scope)
    for side in ("larg", "rarg"):
        if side in query:
            found += _locked_inside(query[side], scope)
    return found


def _into(reader: Reader, body: Node, scope: Scope) -> None:
    """SELECT INTO and CREATE TABLE AS: where the rows go is made by the statement."""
    reader.read(body.get("options", []), scope)
    make_relation(reader, body.get("rel", {}), what="table")


def make_relation(reader: Reader, body: Node, *, what: str) -> None:
    """Record that the statement makes this relation."""
    reader.touch(Effect.DEFINE, relation(body, new=True, what=what))
    if is_temporary(body):
        reader.creates_temporary = True


def _insert(reader: Reader, body: Node, scope: Scope) -> None:
    scope = _with(reader, body, scope)
    conflict = body.get("onConflictClause", {})
    target = relation(body.get("relation", {}))
    # Rows are only added, so that nothing cascades, unless a conflict updates what is there.
    reader.touch(Effect.WRITE, target if "targetList" in conflict else structs.replace(target, what="insert"))
    if "returningClause" in body or "infer" in conflict or "targetList" in conflict:
        reader.touch(Effect.READ, target)
    reader.fields("InsertStmt", body, scope, skip=("withClause", "relation"))


def _update(reader: Reader, body: Node, scope: Scope) -> None:
    scope = _with(reader, body, scope)
    target = relation(body.get("relation", {}))
    reader.touch(Effect.WRITE, target)
    looks = any(part in body for part in ("whereClause", "returningClause", "fromClause"))
    if looks or mentions_columns(body.get("targetList", [])):
        reader.touch(Effect.READ, target)
    reader.fields("UpdateStmt", body, scope, skip=("withClause", "relation"))


def _delete(reader: Reader, body: Node, scope: Scope) -> None:
    scope = _with(reader, body, scope)
    target = relation(body.get("relation", {}))
    reader.touch(Effect.WRITE, target)
    if any(part in body for part in ("whereClause", "returningClause", "usingClause")):
        reader.touch(Effect.READ, target)
    reader.fields("DeleteStmt", body, scope, skip=("withClause", "relation"))


def _merge(reader: Reader, body: Node, scope: Scope) -> None:
    scope = _with(reader, body, scope)
    target = relation(body.get("relation", {}))
    reader.touch(Effect.WRITE, target)
    reader.touch(Effect.READ, target)
    reader.fields("MergeStmt", body, scope, skip=("withClause", "relation"))


def mentions_columns(value: object) -> bool:
    """Say whether a column is referred to anywhere in an expression (its own sub-selects included)."""
    if isinstance(value, list):
        return any(mentions_columns(item) for item in value)
    if isinstance(value, dict):
        return "ColumnRef" in value or any(mentions_columns(part) for part in value.values())
    return False


QUERY_HANDLERS: dict[str, Handler] = {
    "DeleteStmt": _delete,
    "InsertStmt": _insert,
    "IntoClause": _into,
    "MergeStmt": _merge,
    "SelectStmt": _select,
    "UpdateStmt": _update,
}
