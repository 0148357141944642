"""Reads and resolves one session's statements: with shared knowledge where it may be, its own where it must be."""

from collections.abc import Generator
from dataclasses import dataclass, replace
from typing import Final

from yett.core.clock import Clock
from yett.core.operations import Operation, Refusal
from yett.core.targets import Effect
from yett.protocols.postgres.catalog.assertion import Assertion
from yett.protocols.postgres.catalog.cache import NameCache
from yett.protocols.postgres.catalog.epoch import CODE_QUERY, SEES_OTHERS
from yett.protocols.postgres.catalog.labels import Copies, Sensitivity
from yett.protocols.postgres.catalog.queries import QUERY_CANCELED, CatalogFailed, CatalogQuery, Rows
from yett.protocols.postgres.catalog.resolution import Resolution
from yett.protocols.postgres.catalog.resolve import resolve, resolve_cached
from yett.protocols.postgres.catalog.session_settings import READ_BACK_SQL, read_back
from yett.protocols.postgres.catalog.view import SessionView
from yett.protocols.postgres.large import light
from yett.protocols.postgres.meaning import Meant, meant_by, pinned, together
from yett.protocols.postgres.refusals import MASKED_WRITE
from yett.protocols.postgres.sql.facts import Understood
from yett.protocols.postgres.texts import Text, Texts, changes_meaning, ends_transaction, redefines
from yett.protocols.postgres.unresolved import (
    UNRESOLVED,
    UNSAFE,
    UNSEEN,
    UNTOLD,
    nameless,
    of_text,
    refused,
)

_REMEMBERED_MAX: Final = 20_000


@dataclass(frozen=True, slots=True)
class Completion:
    """What a text that has run changed in its session: what names mean, and what is prepared and declared by name."""

    forgets_view: bool = False
    prepared: tuple[tuple[str, Text], ...] = ()
    dropped: tuple[str, ...] = ()
    all_dropped: bool = False
    declared: tuple[tuple[str, Text, bool], ...] = ()
    closed: tuple[str, ...] = ()


class Knowledge:
    """What all sessions of one resource share: texts, names, and whole operations that were resolved before."""

    def __init__(
        self, resource: str, texts: Texts, names: NameCache, clock: Clock, sensitivity: Sensitivity | None = None
    ) -> None:
        self.resource = resource
        self.sensitivity = sensitivity or Sensitivity()
        self.texts = texts
        self.names = names
        self.clock = clock
        self.meant: dict[tuple[int, int, tuple[int, ...]], tuple[Text, SessionView, int, Meant]] = {}
        self.widened: dict[tuple[int, int], tuple[Operation, Operation, Operation]] = {}
        self.seen_through: dict[int, Operation] = {}
        self._views: dict[SessionView, SessionView] = {}

    def same(self, view: SessionView) -> SessionView:
        """Return the one object for all sessions whose names mean the same, so that it can be a key by identity."""
        if len(self._views) >= _REMEMBERED_MAX:
            self._views.clear()
        return self._views.setdefault(view, view)


class StatementDesk:
    """What the relay of one session asks about its texts."""

    __slots__ = ("_cancelled", "_changed", "_copies", "_dirty", "_known", "_own", "_safe")

    def __init__(self, knowledge: Knowledge) -> None:
        self._known = knowledge
        self._own: NameCache | None = None
        self._dirty = False
        self._changed = False
        self._cancelled = ""
        self._safe = True
        self._copies = Copies()

    def read(self, text: bytes) -> Text:
        """Understand a text."""
        return self._known.texts.read(text)

    def has_studied(self, text: bytes) -> bool:
        """Say whether a large text has been read beside the event loop."""
        return self._known.texts.has_studied(text)

    def study(self, text: bytes) -> Understood:
        """Read a large text; touches nothing shared."""
        return self._known.texts.study(text)

    def studied(self, text: bytes, understood: Understood) -> None:
        """Take a large text that was read."""
        self._known.texts.studied(text, understood)

    def through(self, known: Text, inner: Text | None) -> Text:
        """Return an EXECUTE or FETCH with what it runs included."""
        return self._known.texts.through(known, inner)

    def fast_path(self) -> Text:
        """Return what a fast-path call is taken for."""
        return self._known.texts.fast_path()

    def unresolved(self, known: Text, code: str) -> Meant:
        """Return a refusal for a text whose names cannot be looked up now."""
        return refused(known, Refusal(code, UNRESOLVED[code]))

    def unseen(self, known: Text) -> Meant:
        """Return the refusal of a text after the session could not be looked at."""
        if self._cancelled:
            return refused(known, Refusal("cancelled", self._cancelled))
        return self.unresolved(known, "catalog_unavailable")

    def unsafe(self, known: Text) -> Meant:
        """Return the refusal of any text in a session that reads texts in another way than the gate."""
        return refused(known, UNSAFE)

    def resolved(self, known: Text, view: SessionView | None, types: tuple[int, ...] = ()) -> Meant | None:
        """Return what is already known of a text's names in this view."""
        meant = self._resolved(known, view, types)
        if meant is not None and meant.by_text and known.structure:
            # What is prepared is one of many texts, and which one is forgotten.
            return self.unresolved(known, "definition_changed")
        if meant is not None and (meant.copies or meant.opaque):
            self._follow(meant)
        return meant

    def _follow(self, meant: Meant) -> None:
        """Note where labelled data goes in this session, before it goes there."""
        copies = self._copies
        news = [copies.add(copy) for copy in meant.copies]
        if meant.opaque and not copies.anything:
            copies.anything = True
            news.append(True)
        if any(news) and self._own is not None:
            # What was worked out in this session before stands on less than is known now.
            self._own.forget()

    def _resolved(self, known: Text, view: SessionView | None, types: tuple[int, ...]) -> Meant | None:  # noqa: PLR0911 - each return is one thing that may be known
        refusal = of_text(known)
        if refusal is not None:
            return refused(known, refusal)
        if not known.statements or nameless(known):
            return Meant(known.operation)
        if view is None:
            return None
        if not self._safe:
            return refused(known, UNSAFE)
        if view.dirty:
            return self._from_cache(known, view, types)
        shared = self._known
        kept = shared.meant.get((id(known), id(view), types))
        if kept is not None and kept[0] is known and kept[1] is view and kept[2] == shared.names.generation:
            return kept[3]
        return self._from_cache(known, view, types)

    def _from_cache(self, known: Text, view: SessionView, types: tuple[int, ...]) -> Meant | None:
        cache = self._cache(view)
        resolutions: list[Resolution] = []
        for facts in known.statements:
            found = resolve_cached(facts, view, cache, types)
            if found is None:
                return None
            if found.refusal is not None:
                return refused(known, found.refusal, found.sqlstate)
            resolutions.append(found)
        return self._keep(known, view, types, resolutions)

    def resolve(
        self, known: Text, view: SessionView, types: tuple[int, ...] = ()
    ) -> Generator[CatalogQuery, Rows, Meant | None]:
        """Ask the target what a text's names mean; None where the text must be read again, by itself."""
        cache = self._cache(view)
        resolutions: list[Resolution] = []
        for facts in known.statements:
            found = yield from resolve(facts, view, cache, types, self._known.sensitivity, self._copies)
            if found.refusal is not None:
                return refused(known, found.refusal, found.sqlstate)
            resolutions.append(found)
        meant = self._keep(known, view, types, resolutions)
        if meant.by_text and known.structure:
            self._known.texts.tell_apart(known)
            return None
        self._follow(meant)
        return meant

    def resolve_anew(
        self, known: Text, view: SessionView, types: tuple[int, ...], *, in_transaction: bool
    ) -> Generator[CatalogQuery, Rows, Meant | Refusal]:
        """Ask the target what a text means, whatever is known of that, or return why it cannot be told for long.

        The proofs of what is returned hold only as long as nobody makes, replaces or removes any code: overloads,
        operators and what functions call in turn are not named in the text.
        """
        refusal = of_text(known)
        if refusal is not None:
            return refused(known, refusal)
        try:
            ((code, all_code, isolation),) = yield CODE_QUERY
        except CatalogFailed:
            return UNTOLD
        if in_transaction and isolation not in SEES_OTHERS:
            return UNSEEN
        resolutions: list[Resolution] = []
        alone = NameCache(self._known.clock, shared=False)
        for facts in () if nameless(known) else known.statements:
            found = yield from resolve(facts, view, alone, types, self._known.sensitivity, self._copies)
            if found.refusal is not None:
                return refused(known, found.refusal, found.sqlstate)
            resolutions.append(found)
        meant = meant_by(known, resolutions) if resolutions else Meant(known.operation)
        if meant.by_text and known.structure:
            return UNTOLD
        self._follow(meant)
        return pinned(meant, code or "", all_code or "", by_itself=known.by_itself)

    def both(self, earlier: Operation | None, inner: Operation | None) -> Operation | None:
        """Return what a statement meant when it was prepared, with what it runs meant when that was."""
        return self.widened(earlier, inner) if earlier is not None and inner is not None else earlier or inner

    def touched(self, meant: Meant, earlier: Operation | None, *, token: bool) -> Operation:
        """Return what is judged of a text: what it touches now and did `earlier`, when it was prepared or declared.

        One that carries a mask `token` is refused where it writes anything.
        """
        operation = meant.operation
        if earlier is not None and earlier is not operation:
            operation = self.widened(operation, earlier)
        if (
            not token
            or operation.refusal is not None
            or all(one.effect is not Effect.WRITE for one in operation.accesses)
        ):
            return operation
        return replace(operation, refusal=MASKED_WRITE)

    def widened(self, operation: Operation, earlier: Operation) -> Operation:
        """Return an operation that touches and shows, beside what it means now, what it meant when it was prepared."""
        known = self._known.widened.get((id(operation), id(earlier)))
        if known is not None and known[0] is operation and known[1] is earlier:
            return known[2]
        wide = together(operation, earlier)
        if len(self._known.widened) >= _REMEMBERED_MAX:
            self._known.widened.clear()
        self._known.widened[(id(operation), id(earlier))] = (operation, earlier, wide)
        return wide

    def look(self) -> Generator[CatalogQuery, Rows, SessionView | None]:
        """Read back what decides the meaning of names in this session; None where that failed."""
        try:
            rows = yield CatalogQuery(READ_BACK_SQL, (), in_session=True, name="yett_look")
            seen = read_back(rows, self._known.resource, dirty=self._dirty)
        except CatalogFailed as failure:
            self._cancelled = str(failure) if failure.sqlstate == QUERY_CANCELED else ""
            return None
        self._safe = seen.safe
        return self._known.same(seen.view)

    def idle(self) -> bool:
        """No transaction is open any more: what it changed is everybody's, or gone. Say whether names may differ."""
        if not self._changed:
            return False
        if self._dirty:
            self._known.names.forget()
        self._changed = self._dirty = False
        return True

    def stale(self, assertion: Assertion) -> None:
        """An assertion failed: what was known of names is not true any more."""
        del assertion
        self._known.names.forget()
        if self._own is not None:
            self._own.forget()

    def completed(self, known: Text, status: bytes, operation: Operation | None, *, failed: bool) -> Completion | None:
        """Follow what a text did: to the meaning of names, and to what is prepared and declared.

        `operation` is what it was judged as, where its names were resolved.
        """
        if operation is not None and self._known.seen_through.get(id(operation)) is operation:
            return None
        if known.freely is not None:
            # Nobody here understood it.
            self._known.names.forget()
            return Completion(forgets_view=True)
        meaning = any(changes_meaning(one) for one in known.statements)
        defines = any(redefines(one) for one in known.statements)
        over = any(ends_transaction(one.changes) for one in known.statements)
        if meaning:
            self._changed = True
            self._dirty = self._dirty or status != b"I"
            if self._own is not None:
                self._own.forget()
        if defines and status == b"I":
            self._known.names.forget()
        forgets = meaning or (over and self._changed)
        if over and status == b"I":
            if self._dirty:
                self._known.names.forget()
            self._changed = self._dirty = False
        if failed:
            return self._failed(known, forgets=forgets)
        return self._names(known, forgets=forgets)

    def _failed(self, known: Text, *, forgets: bool) -> Completion:
        """Nothing that is prepared is rolled back: of several statements, who knows which ones ran."""
        if len(known.statements) < 2 or known.combined:
            return Completion(forgets_view=forgets)
        said = self._names(known, forgets=forgets)
        touched = (*said.dropped, *(name for name, _ in said.prepared))
        return Completion(forgets_view=forgets, dropped=touched, all_dropped=said.all_dropped)

    def _names(self, known: Text, *, forgets: bool) -> Completion:
        texts = self._known.texts
        changes = [one.changes for one in known.statements]
        dropped = tuple(one.deallocates for one in changes if one.deallocates)
        return Completion(
            forgets_view=forgets,
            prepared=tuple((p.name, light(texts.inner(p.facts))) for one in changes if (p := one.prepares) is not None),
            dropped=tuple(name for name in dropped if name != "*"),
            all_dropped="*" in dropped or any(one.discards == "all" for one in changes),
            declared=tuple(
                (d.name, light(texts.inner(d.facts)), d.hold) for one in changes if (d := one.declares) is not None
            ),
            closed=tuple(one.closes for one in changes if one.closes),
        )

    def _keep(self, known: Text, view: SessionView, types: tuple[int, ...], found: list[Resolution]) -> Meant:
        meant = meant_by(known, found)
        shared = self._known
        if meant.seen_through:
            if len(shared.seen_through) >= _REMEMBERED_MAX:
                shared.seen_through.clear()
            shared.seen_through[id(meant.operation)] = meant.operation
        if not view.dirty and all(one.tree is None for one in known.statements):
            if len(shared.meant) >= _REMEMBERED_MAX:
                shared.meant.clear()
            shared.meant[(id(known), id(view), types)] = (known, view, shared.names.generation, meant)
        return meant

    def _cache(self, view: SessionView) -> NameCache:
        if not view.dirty:
            return self._known.names
        if self._own is None:
            self._own = NameCache(self._known.clock, shared=False)
        return self._own
