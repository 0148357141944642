"""What is gathered while a statement is traced, and how the analyser's parts call each other."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from yett.protocols.postgres.sql.grammar import Node
from yett.protocols.postgres.sql.lineage.known import Base, Known
from yett.protocols.postgres.sql.lineage.mixing import with_risk
from yett.protocols.postgres.sql.lineage.result import Written
from yett.protocols.postgres.sql.lineage.scopes import Columns, Rows, Scope
from yett.protocols.postgres.sql.lineage.values import HAS_EFFECTS, OPAQUE, Value

NODES_MAX = 100_000
COLUMNS_MAX = 50_000


class TooLargeError(Exception):
    """The statement, with all views that it reaches, is larger than what is looked through."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The analyser's parts: a handler for each kind of expression, and for each kind of query."""

    expressions: "Mapping[str, Expression]"
    queries: "Mapping[str, Query]"


class State:
    """Everything that was found out so far about one statement."""

    def __init__(self, known: Known, parts: Parts) -> None:
        self.known = known
        self._parts = parts
        self.shaping: set[Base] = set()
        # What shapes nothing, but would be told by the order of rows that ORDER BY leaves equal.
        self.ordering: set[Base] = set()
        self.opaque_shaping = False
        self.read: set[Base] = set()
        self.computed: set[Base] = set()
        self.relations: set[int] = set()
        self.writes: list[Written] = []
        self.deletes: set[int] = set()
        # The columns that are keys to any relation here, and whether rows are locked where writing those locks them.
        self.keys: set[Base] = set()
        self.locks = False
        # Of the SELECT that is being looked at: what its aggregates with DISTINCT take, by which the server may sort
        # the rows for all of them (16 and later), whether anything of its own lists rows as they came, and whether
        # anything in it or further in leaves a trace of when it ran.
        self.sorted: list[Value] = []
        self.lists_rows = False
        self.leaves_traces = False
        # Whether its own expressions may make several rows of one.
        self.makes_rows = False
        # The columns in an index of which WHERE or ON asks whether they are NULL: the index answers in its order.
        self.null_tested: list[Base] = []
        # Those of which an output says so, which the server may put in the place of the output's name.
        self.null_shown: list[Base] = []
        # What each column was compared with, so that a second guess in one statement is not a `match`.
        self.matched: dict[Base, object] = {}
        self.missing = ""
        self.views: dict[int, Rows | None] = {}
        self.inside_views = 0
        # How many LATERAL sub-selects that read tables this is inside of.
        self.laterals = 0
        # The functions that are being looked into, with what they were called with.
        self.called: list[tuple[int, list[Value]]] = []
        self._nodes_left = NODES_MAX
        self._columns_left = COLUMNS_MAX

    def expression(self, node: Node, scope: Scope) -> Value:
        """Return the value of an expression as libpg_query wraps it."""
        self._nodes_left -= 1
        if self._nodes_left < 0:
            raise TooLargeError
        if len(node) != 1:
            return OPAQUE
        ((kind, body),) = node.items()
        handler = self._parts.expressions.get(kind)
        if handler is None:
            return self.unknown()
        value = handler(self, body, scope)
        if value.sources and kind != "ColumnRef" and not self.inside_views:
            self.computed |= value.sources
        return value

    def constant(self, body: Node, scope: Scope) -> Value:
        """Return the value of an A_Const, of which a text may hold any number."""
        return self._parts.expressions["A_Const"](self, body, scope)

    @property
    def tells_order(self) -> bool:
        """Whether the order is told in which the SELECT that is being looked at finds its rows."""
        return self.lists_rows or self.leaves_traces

    def expressions(self, nodes: Iterable[Node], scope: Scope) -> list[Value]:
        """Return the values of several expressions."""
        return [self.expression(node, scope) for node in nodes]

    def query(self, node: Node, scope: Scope) -> Rows:
        """Return the rows of a query (`{"SelectStmt": …}`, or a statement with RETURNING)."""
        self._nodes_left -= 1
        if self._nodes_left < 0:
            raise TooLargeError
        for kind, body in node.items():
            handler = self._parts.queries.get(kind)
            if handler is not None:
                return handler(self, body, scope)
        self.opaque_shaping = True
        return Rows((), OPAQUE)

    def misses(self, name: str) -> None:
        """Note a name in the statement itself that no column has."""
        if not self.inside_views and not self.called:
            self.missing = self.missing or name

    def unknown(self) -> Value:
        """Return the value of what is not understood, which may also shape rows."""
        self.opaque_shaping = True
        return OPAQUE

    def count_columns(self, columns: Columns) -> None:
        """Count columns that a `*` or a relation brought. Raises TooLargeError."""
        self._columns_left -= len(columns)
        if self._columns_left < 0:
            raise TooLargeError

    def uses(self, value: Value) -> Value:
        """Record that a column is read."""
        if not self.inside_views:
            self.read |= value.sources
        if self.laterals:
            self.risk(value)
        return value

    def shape(self, value: Value) -> None:
        """Record that a value shapes rows, or flows to where it cannot be masked."""
        self.shaping |= value.sources
        self.shaping |= value.risky
        if value.opaque or value.opaque_risky:
            self.opaque_shaping = True

    def shape_all(self, nodes: Iterable[Node], scope: Scope) -> None:
        """Record that expressions shape rows."""
        for node in nodes:
            self.shape(self.expression(node, scope))

    def risk(self, value: Value) -> None:
        """Record that a value is computed where nobody may look, so that what is risky about it counts as shaping."""
        self.shaping |= value.risky
        if value.opaque_risky:
            self.opaque_shaping = True

    def matches(self, base: Base, told: object) -> bool:
        """Record that a column is compared with a constant; False where it is the second constant that is tried."""
        return self.matched.setdefault(base, told) == told

    def is_expression(self, kind: str) -> bool:
        """Say whether a kind of node is an expression that is understood."""
        return kind in self._parts.expressions

    def decided(self, result: Value, conditions: Iterable[Value]) -> tuple[frozenset[Base], bool]:
        """Return what decides over whether something that may fail is computed, and is at risk by that."""
        if not result.failing:
            return frozenset(), False
        deciding = list(conditions)
        sources = frozenset[Base]().union(*(value.sources for value in deciding))
        opaque = any(value.opaque for value in deciding)
        if result.failing == HAS_EFFECTS:
            self.shaping |= sources
            self.opaque_shaping = self.opaque_shaping or opaque
        return sources, opaque

    def lazily(self, whole: Value, parts: Iterable[tuple[Value, list[Value]]]) -> Value:
        """Return `whole` with the risk that parts of it are computed only where conditions before them say so."""
        for part, conditions in parts:
            sources, opaque = self.decided(part, conditions)
            whole = with_risk(whole, sources, opaque=opaque)
        return whole


Expression = Callable[[State, Node, Scope], Value]
Query = Callable[[State, Node, Scope], Rows]
