"""What the gate knows of statement texts, before names are resolved: shared by all sessions, kept while it is used."""

from dataclasses import dataclass
from typing import Final

from yett.core.operations import Operation, Refusal
from yett.core.targets import Access, Effect, Target
from yett.protocols.postgres.catalog.target_kinds import PLACED, UNPLACED
from yett.protocols.postgres.sql.facts import SessionChange, StatementFacts, TransactionAct, Understood
from yett.protocols.postgres.sql.refs import Ref
from yett.protocols.postgres.sql.skeleton import Skeleton
from yett.protocols.postgres.sql.understanding import Understanding, cost, understand

PROTOCOL: Final = "postgres"
RESERVED: Final = b"yett_"
"""What the names of the gate's own statements and portals begin with."""
_QUERIES: Final = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"})
_REWRITES: Final = frozenset(
    {"TRUNCATE", "TRUNCATE TABLE", "CLUSTER", "REINDEX", "VACUUM", "REFRESH MATERIALIZED VIEW"}
)
_MEANING: Final = frozenset(
    {"search_path", "role", "session_authorization", "standard_conforming_strings", "client_encoding", "*", None}
)
_NEVER_SENT: Final = frozenset({"text_has_nul", "text_not_utf8", "text_not_unicode"})
"""Refusals of a whole text that hold for everybody: it cannot be carried."""
_REMEMBERED_MAX: Final = 20_000
_STUDIED_MAX: Final = 64
_STUDIED_BYTES_MAX: Final = 256 << 20
"""About what the large texts that are remembered may take, with their trees; the last one stays whatever it takes."""


@dataclass(slots=True, eq=False)
class Text:
    """One text as understood, before its names are resolved; shared by every use of the same structure.

    `operation` has the names as written: it is what is judged when nothing restricts the principal. `position` is
    where a syntax error stands (characters from 1). After a `barrier` a later text may mean something else; `changes`
    says that something in the session may differ after it. `single_query` is one plain SELECT, INSERT, UPDATE, DELETE
    or MERGE; what runs `by_itself` must be the first act of its transaction. `runs_statement` and `runs_cursor` name
    what an EXECUTE or FETCH runs. `statements` hold the facts of each statement, and of what an EXECUTE or FETCH among
    them runs.
    """

    operation: Operation
    statements: tuple[StatementFacts, ...] = ()
    position: int = 0
    barrier: bool = False
    changes: bool = False
    single_query: bool = False
    by_itself: bool = False
    runs_statement: str = ""
    runs_cursor: str = ""
    combined: bool = False
    lost: bool = False
    """It runs something that was never prepared or declared in this session."""
    structure: bytes = b""
    """Under what it is shared by all texts that differ only in literals; empty where it is one text's own."""
    freely: Operation | None = None
    """What it counts as for a principal whom nothing restricts, where the gate itself does not understand it."""
    skeletons: tuple[Skeleton, ...] | None = None
    """Its statements without their values, once somebody has asked for them."""


class Texts:
    """Reads texts for one resource: the grammar's caches are shared by all resources, accesses as written are not."""

    def __init__(self, resource: str, understanding: Understanding) -> None:
        self._resource = resource
        self._understanding = understanding
        self._known: dict[int, tuple[Understood, Text]] = {}
        self._through: dict[tuple[int, int], tuple[Text, Text, Text]] = {}
        self._studied: dict[bytes, tuple[Text, int]] = {}
        self._bytes = 0
        fast_path = _refused(
            "function call",
            (_connects(resource),),
            "feature_not_offered",
            "function calls by the fast path are not offered to those whom policy restricts",
            "Call the function in a SELECT.",
        )
        self._fast_path = Text(fast_path, changes=True, freely=self._freely(fast_path))

        reason = 'invalid byte sequence for encoding "UTF8"'
        self._not_utf8 = Text(_refused("unknown", (_connects(resource),), "text_not_utf8", reason, ""))

    def read(self, raw: bytes) -> Text:
        """Understand a text. The same structure gives the same Text, whatever its harmless literals."""
        studied = self._studied.get(raw) if self._studied else None
        if studied is not None:
            return studied[0]
        try:
            understood = self._understanding.understand(raw.decode())
        except UnicodeDecodeError:
            return self._not_utf8
        known = self._known.get(id(understood))
        if known is not None and known[0] is understood:
            return known[1]
        text = self._made(understood)
        if len(self._known) >= _REMEMBERED_MAX:
            self._known.clear()
        self._known[id(understood)] = (understood, text)
        return text

    def tell_apart(self, text: Text) -> None:
        """Read texts of this one's structure one by one from now on."""
        self._understanding.tell_apart(text.structure)

    def has_studied(self, raw: bytes) -> bool:
        """Say whether a large text was read lately."""
        return raw in self._studied

    def study(self, raw: bytes) -> Understood:
        """Read a text without remembering it: safe beside the event loop, for texts that take long."""
        try:
            return understand(raw.decode(), self._understanding.limits)
        except UnicodeDecodeError:
            return Understood(refusal=self._not_utf8.operation.refusal)

    def studied(self, raw: bytes, understood: Understood) -> None:
        """Remember a large text that was read, for as long as few others come after it."""
        size = cost(raw, understood)
        self._forget_studied(raw)
        while self._studied and (len(self._studied) >= _STUDIED_MAX or self._bytes + size > _STUDIED_BYTES_MAX):
            self._forget_studied(next(iter(self._studied)))
        self._studied[raw] = (self._made(understood), size)
        self._bytes += size

    def _forget_studied(self, raw: bytes) -> None:
        _, size = self._studied.pop(raw, (None, 0))
        self._bytes -= size

    def fast_path(self) -> Text:
        """Return what a function call outside SQL is taken for."""
        return self._fast_path

    def inner(self, facts: StatementFacts) -> Text:
        """Return the text that a PREPARE or DECLARE holds inside."""
        return self._made(Understood((facts,)))

    def through(self, text: Text, inner: Text | None) -> Text:
        """Return an EXECUTE or FETCH with what it runs included."""
        if inner is None:
            return Text(text.operation, text.statements, changes=text.changes, lost=True)
        key = (id(text), id(inner))
        known = self._through.get(key)
        if known is not None and known[0] is text and known[1] is inner:
            return known[2]
        operation = Operation(
            PROTOCOL,
            text.operation.kind,
            text.operation.text,
            (*text.operation.accesses, *inner.operation.accesses),
            text.operation.facts,
            text.operation.refusal or inner.operation.refusal,
        )
        made = Text(
            operation,
            (*text.statements, *inner.statements),
            barrier=text.barrier or inner.barrier,
            changes=text.changes or inner.changes,
            combined=True,
        )
        if any(one.tree is not None for one in made.statements):
            return made
        if len(self._through) >= _REMEMBERED_MAX:
            self._through.clear()
        self._through[key] = (text, inner, made)
        return made

    def _made(self, understood: Understood) -> Text:
        statements = understood.statements
        accesses = _as_written(statements, self._resource)
        if understood.refusal is not None:
            refused = Operation(PROTOCOL, "unknown", "", accesses, {}, understood.refusal)
            freely = self._freely(refused) if understood.refusal.code not in _NEVER_SENT else None
            return Text(refused, position=understood.position, changes=freely is not None, freely=freely)
        refusal = next((one.refusal for one in statements if one.refusal is not None), None)
        reserved = _reserved(statements)
        operation = Operation(PROTOCOL, _kind(statements), "", accesses, _facts(statements), reserved or refusal)
        changes = [one.changes for one in statements]
        single = len(statements) == 1
        return Text(
            operation,
            statements,
            barrier=any(one.barrier for one in statements),
            changes=any(_leaves_something(one) for one in statements),
            single_query=single and statements[0].kind in _QUERIES,
            by_itself=single and statements[0].by_itself,
            runs_statement=(changes[0].executes or "") if single else "",
            runs_cursor=(changes[0].fetches or "") if single else "",
            structure=understood.structure,
            freely=self._freely(operation) if refusal is not None and reserved is None else None,
        )

    def _freely(self, operation: Operation) -> Operation:
        """Return the operation as what may do anything at all, for the server itself to accept or refuse."""
        whole = Target(self._resource)
        effects = (Effect.CONNECT, Effect.READ, Effect.WRITE, Effect.DEFINE, Effect.EXECUTE, Effect.ADMINISTER)
        return Operation(
            PROTOCOL, operation.kind, "", tuple(Access(effect, whole) for effect in effects), operation.facts
        )


def changes_meaning(facts: StatementFacts) -> bool:
    """Say whether names may mean something else, or be another version, once the statement has run."""
    change = facts.changes
    return (
        redefines(facts)
        or change.creates_temporary
        or change.discards in ("all", "temp")
        or change.transaction == TransactionAct.ROLLBACK_TO
        or any(one.name in _MEANING for one in change.settings)
    )


def redefines(facts: StatementFacts) -> bool:
    """Say whether definitions in the catalog, or their versions, may differ once the statement has run."""
    return facts.kind in _REWRITES or facts.changes.defines or facts.changes.opaque


def ends_transaction(change: SessionChange) -> bool:
    """Say whether an explicit transaction is over once the statement has run."""
    return change.transaction in (
        TransactionAct.COMMIT,
        TransactionAct.ROLLBACK,
        TransactionAct.PREPARE,
        TransactionAct.ROLLBACK_TO,
    )


def makes_names(text: Text) -> bool:
    """Say whether a text prepares a statement or declares a cursor."""
    return text.changes and any(one.changes.prepares or one.changes.declares for one in text.statements)


def _leaves_something(facts: StatementFacts) -> bool:
    change = facts.changes
    return bool(
        changes_meaning(facts)
        or ends_transaction(change)
        or change.prepares
        or change.deallocates
        or change.declares
        or change.closes
        or change.discards
    )


def _reserved(statements: tuple[StatementFacts, ...]) -> Refusal | None:
    """The gate's own prepared statements are proofs: nobody else may drop, replace or run them."""
    for one in statements:
        change = one.changes
        made = (change.prepares.name if change.prepares else "", change.declares.name if change.declares else "")
        named = (*made, change.executes, change.deallocates, change.fetches, change.closes)
        if any(name is not None and name.startswith(RESERVED.decode()) for name in named):
            return Refusal("reserved_name", "names that begin with yett_ belong to the gate", "Choose another name.")
    return None


def _kind(statements: tuple[StatementFacts, ...]) -> str:
    if not statements:
        return "EMPTY"
    return statements[0].kind if len(statements) == 1 else "; ".join(dict.fromkeys(one.kind for one in statements))


def _facts(statements: tuple[StatementFacts, ...]) -> dict[str, str | int | bool]:
    return {"statements": len(statements), "returns_rows": any(one.returns_rows for one in statements)}


def _as_written(statements: tuple[StatementFacts, ...], resource: str) -> tuple[Access, ...]:
    """Return the accesses with names as written, for principals whom nothing restricts."""
    seen = dict.fromkeys(
        Access(touch.effect, _target(touch.ref, resource)) for one in statements for touch in one.touches
    )
    return tuple(seen) or (_connects(resource),)


def _target(ref: Ref, resource: str) -> Target:
    unplaced = UNPLACED.get(ref.kind)
    if unplaced is not None:
        return Target(resource, unplaced, (ref.name,))
    placed = PLACED.get(ref.kind)
    if placed is None:
        return Target(resource)
    return Target(resource, placed, (ref.name,) if ref.schema is None else (ref.schema, ref.name))


def _connects(resource: str) -> Access:
    return Access(Effect.CONNECT, Target(resource))


def _refused(kind: str, accesses: tuple[Access, ...], code: str, reason: str, hint: str) -> Operation:
    return Operation(PROTOCOL, kind, "", accesses, {}, Refusal(code, reason, hint))
