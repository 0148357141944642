"""Walks a statement's tree and collects what it touches; what it does not know becomes effect `unknown`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from yett.core.operations import Refusal
from yett.core.targets import Effect
from yett.protocols.postgres.sql.facts import NO_CHANGE, SessionChange, SettingChange
from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.refs import NOT_UNDERSTOOD, Ref, RefKind, Touch

Scope = frozenset[str]
NOTHING_IN_SCOPE: Final[Scope] = frozenset()

# Nodes that mean nothing beyond their parts. A kind that is neither here nor in a table of handlers is not understood.
_PLAIN_NODE_WORDS = """
Alias RangeSubselect RangeFunction RangeTableFunc RangeTableFuncCol ResTarget ParamRef A_Star A_Indices
A_ArrayExpr MultiAssignRef WindowDef BoolExpr NullTest BooleanTest CaseWhen CoalesceExpr MinMaxExpr RowExpr
SQLValueFunction XmlExpr XmlSerialize SetToDefault NamedArgExpr GroupingFunc GroupingSet MergeSupportFunc List
String Integer Float Boolean BitString InferClause OnConflictClause IndexElem CTESearchClause CTECycleClause
ReturningClause ReturningOption MergeWhenClause JsonFormat JsonReturning JsonValueExpr JsonIsPredicate
JsonBehavior JsonOutput JsonArgument JsonFuncExpr JsonTablePathSpec JsonTable JsonTableColumn JsonKeyValue
JsonParseExpr JsonScalarExpr JsonSerializeExpr JsonObjectConstructor JsonArrayConstructor
JsonArrayQueryConstructor JsonAggConstructor JsonObjectAgg JsonArrayAgg CurrentOfExpr CollateClause RoleSpec
ColumnDef PartitionElem PartitionSpec PartitionBoundSpec PartitionRangeDatum PartitionCmd
ATAlterConstraint ReplicaIdentityStmt StatsElem FunctionParameter TriggerTransition ReturnStmt
"""
PLAIN_NODES: Final = frozenset(_PLAIN_NODE_WORDS.split())

# Fields that libpg_query prints without a wrapper naming the node's kind, because the C struct fixes it.
_INLINE: Final = {
    "alias": "Alias",
    "arg": "JsonValueExpr",
    "argType": "TypeName",
    "bound": "PartitionBoundSpec",
    "collClause": "CollateClause",
    "constructor": "JsonAggConstructor",
    "context_item": "JsonValueExpr",
    "cycle_clause": "CTECycleClause",
    "expr": "JsonValueExpr",
    "format": "JsonFormat",
    "identitySequence": "RangeVar",
    "infer": "InferClause",
    "intoClause": "IntoClause",
    "join_using_alias": "Alias",
    "larg": "SelectStmt",
    "name": "RangeVar",
    "newowner": "RoleSpec",
    "onConflictClause": "OnConflictClause",
    "on_empty": "JsonBehavior",
    "on_error": "JsonBehavior",
    "output": "JsonOutput",
    "over": "WindowDef",
    "partbound": "PartitionBoundSpec",
    "partspec": "PartitionSpec",
    "pathspec": "JsonTablePathSpec",
    "pktable": "RangeVar",
    "rarg": "SelectStmt",
    "relation": "RangeVar",
    "returning": "JsonReturning",
    "returningClause": "ReturningClause",
    "returnType": "TypeName",
    "search_clause": "CTESearchClause",
    "typeName": "TypeName",
    "val": "JsonValueExpr",
    "value": "JsonValueExpr",
    "withClause": "WithClause",
}
_INLINE_BY_KIND: Final = {"JsonObjectAgg": {"arg": "JsonKeyValue"}}


def inline_kind(kind: str, field: str) -> str | None:
    """Return the kind of the unwrapped node in a field, None where no such field is known."""
    own = _INLINE_BY_KIND.get(kind)
    return _INLINE.get(field) if own is None else own.get(field) or _INLINE.get(field)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a statement is, beside what it touches."""

    kind: str
    changes: SessionChange = NO_CHANGE
    returns_rows: bool = False
    barrier: bool = False
    copy: str = ""
    refusal: Refusal | None = None
    by_itself: bool = False


class Reader:
    """Collects the touches of one statement, in the order they are met and each once."""

    def __init__(self, handlers: "Mapping[str, Handler]", text: str = "", tree: Node | None = None) -> None:
        self._handlers = handlers
        self.text = text
        self.tree = tree
        self.touches: dict[Touch, None] = {}
        self.assumed: dict[Ref, None] = {}
        self.settings: list[SettingChange] = []
        self.notifies: list[str] = []
        self.opaque = False
        self.creates_temporary = False
        self.relation_effect = Effect.READ
        self.type_effect = Effect.EXECUTE
        # Calls that are made exactly once, and arguments whose value a WHERE clause states (by identity of the node).
        self.certain_calls: set[int] = set()
        self.stated_values: dict[int, str] = {}

    def touch(self, effect: Effect, ref: Ref) -> None:
        """Record an effect on a name."""
        self.touches[Touch(effect, ref)] = None

    def touch_named(self, effect: Effect, kind: RefKind, name: str) -> None:
        """Record an effect on a thing that has no schema."""
        self.touches[Touch(effect, Ref(kind, None, name))] = None

    def assume(self, ref: Ref) -> None:
        """Record a name that was taken for PostgreSQL's own."""
        self.assumed[ref] = None

    def runs(self, ref: Ref) -> None:
        """Record a callable that is not known: it may do anything."""
        self.touch(Effect.EXECUTE, ref)
        self.opaque = True

    def not_understood(self) -> None:
        """Record that some part of the statement was not understood, which the default rule denies."""
        self.touches[NOT_UNDERSTOOD] = None

    def read(self, value: object, scope: Scope) -> None:
        """Read a node as libpg_query wraps it (`{"FuncCall": {…}}`), or a list of such."""
        if isinstance(value, list):
            for item in value:
                # Long lists of constants (VALUES, IN) are most of a long text.
                if not (isinstance(item, dict) and "A_Const" in item and len(item) == 1):
                    self.read(item, scope)
        elif isinstance(value, dict):
            for kind, body in value.items():
                self.node(kind, body, scope)
        else:
            self.not_understood()

    def node(self, kind: str, body: Node, scope: Scope) -> None:
        """Read the body of a node of a known kind."""
        if kind == "A_Const":
            return
        if kind in PLAIN_NODES:
            self.fields(kind, body, scope)
            return
        handler = self._handlers.get(kind)
        if handler is None:
            self.not_understood()
        else:
            handler(self, body, scope)

    def fields(self, kind: str, body: Node, scope: Scope, skip: tuple[str, ...] = ()) -> None:
        """Read every part of a node but those named in `skip`."""
        for name, value in body.items():
            if isinstance(value, list):
                if name not in skip:
                    self.read(value, scope)
            elif isinstance(value, dict) and value and name not in skip:
                self._part(kind, name, value, scope)

    def _part(self, kind: str, name: str, value: Node, scope: Scope) -> None:
        if len(value) == 1 and next(iter(value))[0].isupper():
            self.read(value, scope)
            return
        inline = inline_kind(kind, name)
        if inline is None:
            self.not_understood()
        else:
            self.node(inline, value, scope)


Handler = Callable[[Reader, Node, Scope], None]
StatementHandler = Callable[[Reader, Node], Outcome]
