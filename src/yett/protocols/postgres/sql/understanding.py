"""Understands a text of SQL: all its statements and what each would do, remembered for the next time it is seen.

Two memories, both bounded by entries and bytes. The first is keyed by the exact text. The second is keyed by the text
without its simple literals (`structure_hot`), and holds only structures of which it was shown, on a whole parse, that
every literal is a value whose content cannot change what the statement touches (`structure.literals_do_not_matter`).
"""

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from yett.core.operations import Refusal
from yett.protocols.postgres.sql.effects import facts_of
from yett.protocols.postgres.sql.facts import StatementFacts, Understood
from yett.protocols.postgres.sql.grammar import (
    TEXT_BYTES_MAX,
    Node,
    ParsedText,
    SyntaxRefused,
    TextRefused,
    parse,
)
from yett.protocols.postgres.sql.refs import NOT_UNDERSTOOD
from yett.protocols.postgres.sql.structure import literals_do_not_matter
from yett.protocols.postgres.sql.structure_hot import structure_key

_STRUCTURE_TEXT_BYTES_MAX = 4096
REREAD_CHARS_MAX = 16 << 10
_ENTRY_BYTES = 600
_NAME_BYTES = 300
_TREE_FACTOR = 60
_TOO_DEEP = Refusal("text_too_deep", "the statement is nested too deeply", "fewer levels of parentheses or sub-queries")

_Key = TypeVar("_Key", str, bytes)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one text and on what is remembered of texts."""

    text_bytes_max: int = TEXT_BYTES_MAX
    statements_max: int = 10_000
    remembered_texts_max: int = 4096
    remembered_bytes_max: int = 32 << 20


class BoundedMemory(Generic[_Key, _Value]):
    """The entries used last, bounded by their number and by an estimate of their bytes."""

    def __init__(self, entries_max: int, bytes_max: int) -> None:
        self._entries: OrderedDict[_Key, _Value] = OrderedDict()
        self._costs: dict[_Key, int] = {}
        self._entries_max = entries_max
        self._bytes_max = bytes_max
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: _Key) -> _Value | None:
        """Return what is remembered under `key`, and remember it longer."""
        value = self._entries.get(key)
        if value is not None:
            self._entries.move_to_end(key)
        return value

    def put(self, key: _Key, value: _Value, cost_bytes: int) -> None:
        """Remember a value, forgetting those unused for longest; what is too large by itself is not remembered."""
        if cost_bytes > self._bytes_max // 8 or self._entries_max < 1:
            return
        self.bytes += cost_bytes - self._costs.get(key, 0)
        self._entries[key] = value
        self._entries.move_to_end(key)
        self._costs[key] = cost_bytes
        while len(self._entries) > self._entries_max or self.bytes > self._bytes_max:
            forgotten, _ = self._entries.popitem(last=False)
            self.bytes -= self._costs.pop(forgotten)


def cost(key: str | bytes, understood: Understood) -> int:
    """Estimate the bytes that a text and what is understood of it take."""
    return _ENTRY_BYTES + 4 * len(key) + sum(_facts_cost(one) for one in understood.statements)


def _facts_cost(facts: StatementFacts) -> int:
    changes = facts.changes
    inner = [held.facts for held in (changes.prepares, changes.declares) if held is not None]
    prepared = 4 * len(changes.prepares.text) if changes.prepares is not None else 0
    names = len(facts.touches) + len(facts.assumed) + len(changes.settings) + len(changes.notifies)
    source = 2 * len(facts.source) + (_TREE_FACTOR * len(facts.source) if facts.tree is not None else 0)
    return _ENTRY_BYTES + _NAME_BYTES * names + prepared + source + sum(_facts_cost(one) for one in inner)


class Understanding:
    """Understands texts and remembers them. One for all sessions: what a text says does not depend on the session."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        entries, size = self.limits.remembered_texts_max, self.limits.remembered_bytes_max // 2
        self._texts: BoundedMemory[str, Understood] = BoundedMemory(entries, size)
        self._structures: BoundedMemory[bytes, Understood] = BoundedMemory(entries, size)

    def understand(self, text: str) -> Understood:
        """Return what `text` would do. Never raises: what cannot be read is a refusal."""
        known = self._texts.get(text)
        if known is not None:
            return known
        key = _key(text)
        if key is not None:
            known = self._structures.get(key)
            if known is _EXACT_TEXT_ONLY:
                key = None
            elif known is not None:
                return known
        return self._learn(text, key)

    def tell_apart(self, structure: bytes) -> None:
        """Understand texts of this structure one by one from now on: something hangs on their literals after all."""
        known = self._structures.get(structure)
        self._structures.put(structure, _EXACT_TEXT_ONLY, cost(structure, _EXACT_TEXT_ONLY))
        if known is not None and known is not _EXACT_TEXT_ONLY and len(known.statements) == 1:
            # What was read stays true of the very text it was read from, which is nearly always the one that is meant.
            text = known.statements[0].source
            self._texts.put(text, replace(known, structure=b""), cost(text, known))

    def _learn(self, text: str, key: bytes | None) -> Understood:
        understood = _understood(text, self.limits, key)
        if understood.structure:
            self._structures.put(understood.structure, understood, cost(understood.structure, understood))
            return understood
        if key is not None and understood.refusal is None:
            self._structures.put(key, _EXACT_TEXT_ONLY, cost(key, _EXACT_TEXT_ONLY))
        self._texts.put(text, understood, cost(text, understood))
        return understood


_EXACT_TEXT_ONLY = Understood(refusal=Refusal("internal", "a structure that is known by exact text only"))


def understand(text: str, limits: Limits | None = None) -> Understood:
    """Return what `text` would do, remembering nothing."""
    return _understood(text, limits or Limits(), None)


def _too_many(statements_max: int) -> Refusal:
    reason = f"the text has more than {statements_max} statements"
    return Refusal("text_too_many_statements", reason, "send them in several messages")


def _key(text: str) -> bytes | None:
    if len(text) > _STRUCTURE_TEXT_BYTES_MAX:
        return None
    try:
        return structure_key(text.encode())
    except UnicodeEncodeError:
        return None


def _understood(text: str, limits: Limits, key: bytes | None) -> Understood:
    """Return what a text would do; under `key` where that is so for all texts of this structure."""
    try:
        parsed = parse(text, text_bytes_max=limits.text_bytes_max)
        if len(parsed.stmts) > limits.statements_max:
            return Understood(refusal=_too_many(limits.statements_max))
        shared = key is not None and literals_do_not_matter(text.encode(), parsed)
        return Understood(_statements(text, parsed), structure=key if key is not None and shared else b"")
    except SyntaxRefused as error:
        return Understood(refusal=Refusal(error.code, error.message), position=error.position)
    except TextRefused as error:
        return Understood(refusal=Refusal(error.code, error.message, error.hint))
    except RecursionError:
        return Understood(refusal=_TOO_DEEP)


def _statements(text: str, parsed: ParsedText) -> tuple[StatementFacts, ...]:
    if len(parsed.stmts) == 1:
        return (_facts(parsed.stmts[0]["stmt"], text, 0, None),)
    raw = text.encode()
    found = []
    for statement in parsed.stmts:
        start = statement.get("stmt_location", 0)
        length = statement.get("stmt_len", 0)
        first = len(raw[:start].decode()) if not text.isascii() else start
        own = raw[start : start + length] if length else raw[start:]
        found.append(_facts(statement["stmt"], own.decode(), first, first + len(own.decode())))
    return tuple(found)


def _facts(statement: Node, own_text: str, start: int, end: int | None) -> StatementFacts:
    facts = facts_of(statement, own_text, statement if len(own_text) > REREAD_CHARS_MAX else None)
    if facts.refusal is None and NOT_UNDERSTOOD in facts.touches:
        reason = "a part of the statement is not understood"
        facts = replace(facts, refusal=Refusal("not_understood", reason, "write it in another way"))
    return facts if end is None else replace(facts, start=start, end=end)
