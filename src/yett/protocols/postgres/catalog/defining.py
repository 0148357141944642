"""What defining something over labelled data tells of it: by failing or not, or by handing it on."""

from collections.abc import Collection

from yett.core.targets import Effect
from yett.protocols.postgres.sql.facts import StatementFacts
from yett.protocols.postgres.sql.grammar import Node, parse

# Nothing of a row's content decides how these end.
_LOOKS_AT_NOTHING_WORDS = """
DropStmt RenameStmt CommentStmt GrantStmt AlterOwnerStmt AlterObjectSchemaStmt TruncateStmt VacuumStmt ClusterStmt
ReindexStmt LockStmt SecLabelStmt AlterDefaultPrivilegesStmt CreateStatsStmt AlterObjectDependsStmt AlterSeqStmt
CreateSeqStmt TransactionStmt VariableSetStmt VariableShowStmt DeallocateStmt ClosePortalStmt FetchStmt DiscardStmt
CheckPointStmt ListenStmt UnlistenStmt NotifyStmt ExecuteStmt RefreshMatViewStmt
"""
_LOOKS_AT_NOTHING = frozenset(_LOOKS_AT_NOTHING_WORDS.split())
_HANDS_ON = frozenset(("RuleStmt", "CreateTrigStmt", "CreatePolicyStmt", "AlterPolicyStmt", "CreatePublicationStmt"))
_CODE = ("FUNCTION", "PROCEDURE", "ROUTINE", "TRIGGER", "AGGREGATE", "OPERATOR", "CAST", "TRANSFORM", "LANGUAGE")
_HARMLESS_CHANGES = frozenset(
    (
        *("AT_DropColumn", "AT_DropConstraint", "AT_ColumnDefault", "AT_DropNotNull", "AT_ChangeOwner"),
        *("AT_SetStatistics", "AT_SetRelOptions", "AT_ResetRelOptions", "AT_SetOptions", "AT_ResetOptions"),
        *("AT_SetStorage", "AT_SetCompression", "AT_ClusterOn", "AT_DropCluster", "AT_ReplicaIdentity"),
    )
)
_HARMLESS_CONSTRAINTS = frozenset(("CONSTR_NULL", "CONSTR_DEFAULT", "CONSTR_IDENTITY"))


def defines_code(facts: StatementFacts) -> bool:
    """Say whether a statement makes or changes code that runs later, by itself or when it is called, or runs code."""
    if facts.kind.startswith("DROP "):
        return False
    return facts.kind in ("DO", "CREATE RULE") or any(word in facts.kind for word in _CODE)


def told_by_defining(facts: StatementFacts, labelled: Collection[str], *, temporary: bool = False) -> Effect | None:
    """Return what a statement that is no query needs on the labelled columns of the relations it names, if anything.

    `labelled` are the names of those columns. FILTER where it succeeds or fails by what is in them (a check, a unique
    index, a conversion), UNMASK where it has them handed on from now on (a rule, a trigger), or where a `temporary`
    table would lose the name under which its copies are known.
    """
    statement: Node = facts.tree or parse(facts.source).stmts[0]["stmt"]
    ((kind, body),) = statement.items()
    if kind in _HANDS_ON or (kind == "RenameStmt" and temporary):
        return Effect.UNMASK
    if kind in _LOOKS_AT_NOTHING:
        return None
    if kind == "IndexStmt":
        return None if _is_plain_index(body, labelled) else Effect.FILTER
    if kind == "AlterTableStmt":
        changes = [node.get("AlterTableCmd", {}) for node in body.get("cmds", [])]
        return None if all(map(_is_harmless, changes)) else Effect.FILTER
    if kind == "CreateStmt":
        return Effect.FILTER if _refers(body) else None
    return Effect.FILTER


def _is_plain_index(body: Node, labelled: Collection[str]) -> bool:
    """Say whether making the index cannot fail by what is in labelled columns."""
    if body.get("whereClause"):
        return False
    elements = [node.get("IndexElem", {}) for node in body.get("indexParams", [])]
    return all("expr" not in one and one.get("name") not in labelled for one in elements)


def _is_harmless(change: Node) -> bool:
    subtype = change.get("subtype", "AT_AddColumn")
    if subtype == "AT_AddColumn":
        constraints = change.get("def", {}).get("ColumnDef", {}).get("constraints", [])
        kinds = {node.get("Constraint", {}).get("contype", "") for node in constraints}
        return kinds <= _HARMLESS_CONSTRAINTS
    return subtype in _HARMLESS_CHANGES


def _refers(body: Node) -> bool:
    """Say whether a new table has a foreign key: rows that are put into it tell which values are there."""
    columns = [node["ColumnDef"].get("constraints", []) for node in body.get("tableElts", []) if "ColumnDef" in node]
    every = [*body.get("tableElts", []), *body.get("constraints", []), *(one for found in columns for one in found)]
    return any(node.get("Constraint", {}).get("contype") == "CONSTR_FOREIGN" for node in every)
