"""What stands between a target's answers and a restricted client: covers over rows, and words without values."""

from typing import TYPE_CHECKING, Final

from yett.core.decisions import Allow
from yett.core.errors import ProtocolError
from yett.core.masks import OPEN, Cover, Masks, Scanner
from yett.core.operations import Operation
from yett.core.targets import Effect
from yett.protocols._wire.questions import Parameter
from yett.protocols.postgres.capping import cap_of, rows_to_record
from yett.protocols.postgres.catalog.closure import FIRST_USER_OID
from yett.protocols.postgres.catalog.labels import Sensitivity
from yett.protocols.postgres.codec import read_fields
from yett.protocols.postgres.frames_hot import FIRST_SHIFT, OFFSET, whole_answer
from yett.protocols.postgres.masking.copy_lines import CopyOptions
from yett.protocols.postgres.masking.copy_options import copy_options
from yett.protocols.postgres.masking.copying import CopyPlan, copy_plan
from yett.protocols.postgres.masking.description import CoverMismatch
from yett.protocols.postgres.masking.messages import (
    rebuilt_error,
    rebuilt_notice,
    scanned_notification,
    scanned_text,
)
from yett.protocols.postgres.masking.plans import RowPlan, row_plan
from yett.protocols.postgres.sql.constants import constants_of
from yett.protocols.postgres.sql.grammar import parse

if TYPE_CHECKING:
    from yett.protocols.postgres.line import Act

_PLANS_MAX: Final = 4_096
_ERROR: Final = ord("E")
_FROM_ANALYSIS: Final = frozenset(
    (
        *("42601", "42P01", "42703", "42702", "42883", "42803", "42804"),
        *("42846", "42P18", "42725", "42P10", "42701", "42712", "42P02"),
    )
)
"""Syntax, unknown or ambiguous names, types that do not fit: found before anything runs."""
_CHECKS_LATE: Final = frozenset(("COMMIT", "PREPARE TRANSACTION", "SET CONSTRAINTS"))
"""Statements at which deferred constraints and triggers run, about rows that earlier ones wrote."""
_OF_THE_SESSION: Final = frozenset(("08", "25", "28", "3D", "53", "57", "58"))
"""Classes of errors that speak of connections, transactions and the server, never of rows."""
_SCANNED: Final = Cover(scan=True)
_NO_COVERS: tuple[tuple[Cover, ...], ...] = ()


class Screen:
    """One resource's masks, what is known to be sensitive in it, and the plans made so far.

    `scanned` says that unlabelled text is searched by detectors, the server's own words included; `covers` is False
    where nothing is said of the resource's data: then only caps are carried out.
    """

    def __init__(self, masks: Masks, sensitivity: Sensitivity, *, scanned: bool, covers: bool = True) -> None:
        self._masks = masks
        self._covers_anything = covers
        self._sensitivity = sensitivity
        self._scanner: Scanner | None = masks.scanner(frozenset()) if scanned else None
        self._uniform: dict[tuple[Cover, int], tuple[Cover, ...]] = {}
        self._plans: dict[tuple[bytes, int], tuple[tuple[Cover, ...], RowPlan]] = {}

    def begin(self, act: "Act", operation: Operation) -> None:
        """Put an act behind the screen, with what policy said of its answer."""
        verdict = act.permit.decision.verdict
        if isinstance(verdict, Allow) and verdict.obligations:
            act.cap = cap_of(verdict.obligations)
            act.recorded_rows = rows_to_record(verdict.obligations)
        if not self._covers_anything and act.cap is None:
            return
        act.screen = self
        act.covers = verdict.covers if isinstance(verdict, Allow) else _NO_COVERS
        act.labelled = operation.labelled
        act.shows = operation.shows

    def plan(self, description: bytes, act: "Act") -> RowPlan:
        """Return what becomes of the rows that a RowDescription message announces as the next answer of an act.

        ProtocolError: it announces something else than was judged.
        """
        covers = self._covers(act, description)
        key = (description, id(covers))
        known = self._plans.get(key)
        if known is not None and known[0] is covers:
            return known[1]
        try:
            plan = row_plan(description, covers, self._masks, self._origin, text_types=self._text_types)
        except CoverMismatch as mismatch:
            raise ProtocolError(str(mismatch)) from None
        if len(self._plans) >= _PLANS_MAX:
            self._plans.clear()
        self._plans[key] = (covers, plan)
        return plan

    def answer(self, act: "Act", data: bytes, start: int, summary: int) -> tuple[bytes, int]:
        """Return a whole answer as the client may have it, with its summary: see `frames_hot.whole_answer`.

        A summary of -1 says that its messages must be looked at one by one; then it is the answer as it came.
        """
        first, end = (summary >> FIRST_SHIFT) & OFFSET, summary & OFFSET
        if first == end:
            return data, summary
        if act.cap is not None:
            return data, -1
        if first == start:
            return data, -1
        plan = self.plan(data[start:first], act)
        if not plan.covered:
            return data, summary
        covered = data[:first] + plan.rows(data, first, end) + data[end:]
        summary = whole_answer(covered, start, len(covered))
        return (covered, summary) if summary >= 0 else (data, -1)

    def copy_plan(self, response: bytes, act: "Act") -> CopyPlan:
        """Return what becomes of the rows of a COPY that a CopyOutResponse message announces.

        ProtocolError: it announces something else than was judged, or writes in a way that cannot be read here.
        """
        shows = act.shows[act.part] if act.part < len(act.shows) else ()
        count = len(shows) or int.from_bytes(response[6:8], "big")
        if shows:
            covers = act.covers[act.part] if act.covers else self._same(OPEN, count)
        else:
            # It names no relation, so nothing labelled is in it.
            covers = self._same(OPEN if self._scanner is None else _SCANNED, count)
        options = _copy_options(act)
        if options is None:
            raise ProtocolError("the COPY is written in a way that the gate does not read")
        types = tuple(one.type for one in shows) or (0,) * count
        try:
            return copy_plan(response, types, covers, self._masks, options=options, text_types=self._text_types)
        except CoverMismatch as mismatch:
            raise ProtocolError(str(mismatch)) from None

    def words(self, packet: bytes, act: "Act | None") -> bytes:
        """Return an ErrorResponse or NoticeResponse (b"" for none) as the client may have it; of no act: of a Sync."""
        if self._may_tell(packet, act) and not _about_the_text(packet, act):
            return rebuilt_error(packet) if packet[0] == _ERROR else rebuilt_notice(packet)
        return scanned_text(packet, self._scanner, self._masks) if self._scanner is not None else packet

    def _may_tell(self, packet: bytes, act: "Act | None") -> bool:
        """Say whether an error or notice may be about labelled data."""
        if act is not None and act.labelled:
            return True
        if (
            not self._sensitivity.labelling.has_labels
            or (read_fields(packet[5:]).get("C") or "")[:2] in _OF_THE_SESSION
        ):
            return False
        return packet[0] == _ERROR if act is None else _checks_late(act)

    def notification(self, packet: bytes) -> bytes:
        """Return a NotificationResponse as the client may have it."""
        return scanned_notification(packet, self._scanner, self._masks) if self._scanner is not None else packet

    def holds_token(self, text: bytes, parameters: tuple[Parameter, ...] = ()) -> bool:
        """Say whether a text or its parameters hold a mask token."""
        if not self._covers_anything:
            return False
        holds = self._masks.holds_token
        if b"\\" in text or b"&" in text:
            # An escaped constant stands for other bytes than it is written in.
            text = b"\0".join((text, *constants_of(text)))
        return holds(text) or any(value is not None and holds(value) for _, _, value in parameters)

    @property
    def _text_types(self) -> frozenset[int]:
        return frozenset(self._sensitivity.text_types)

    def _covers(self, act: "Act", description: bytes) -> tuple[Cover, ...]:
        part = act.part
        if part < len(act.shows) and act.shows[part]:
            return act.covers[part] if act.covers else self._same(OPEN, len(act.shows[part]))
        # Nothing in it was judged by column, so nothing labelled is in it (EXPLAIN, SHOW); the target may know better.
        return self._same(OPEN if self._scanner is None else _SCANNED, int.from_bytes(description[5:7], "big"))

    def _same(self, cover: Cover, count: int) -> tuple[Cover, ...]:
        return self._uniform.setdefault((cover, count), (cover,) * count)

    def _origin(self, table: int, column: int) -> str:
        """Return the label that the server's own word for a column's origin stands for."""
        sensitivity = self._sensitivity
        if table >= FIRST_USER_OID and table not in sensitivity.seen and sensitivity.labelling.has_labels:
            return "unknown"
        return sensitivity.origins.get((table, column), "")


def _checks_late(act: "Act") -> bool:
    kinds = {act.operation.kind} if act.operation is not None else set()
    kinds |= {one.kind for one in act.known.statements} if act.known is not None else set()
    return not kinds.isdisjoint(_CHECKS_LATE)


def _about_the_text(packet: bytes, act: "Act | None") -> bool:
    """Say whether an error speaks of the client's own text: PostgreSQL looked at names and types, at no row yet.

    Code that is not PostgreSQL's own may raise what it likes under any code.
    """
    if act is None or packet[0] != _ERROR or read_fields(packet[5:]).get("C") not in _FROM_ANALYSIS:
        return False
    accesses = act.operation.accesses if act.operation is not None else ()
    return bool(accesses) and all(one.effect is not Effect.EXECUTE for one in accesses)


def _copy_options(act: "Act") -> CopyOptions | None:
    if act.known is None or act.part >= len(act.known.statements):
        return None
    facts = act.known.statements[act.part]
    statement = facts.tree or parse(facts.source).stmts[0]["stmt"]
    return copy_options(statement.get("CopyStmt", {}).get("options", []))


def covers_rows(act: "Act") -> bool:
    """Say whether the rows that come for an act are to be covered. ProtocolError: nothing announced them."""
    if act.plan is None:
        raise ProtocolError("the target sent rows that it had not described, so they cannot be covered")
    return act.plan.covered or act.cap is not None


def cut_short(act: "Act") -> bytes | None:
    """Return what the client gets for the CommandComplete of an answer that a cap has cut; None to show it as it is."""
    return act.cap.completed(act.tag) if act.cap is not None and act.cap.cut else None


def covered_rows(act: "Act", buf: bytes, pos: int, end: int) -> bytes:
    """Return a run of whole rows, or of COPY data, as the client may have them."""
    assert act.plan is not None
    plan = act.plan
    if act.cap is not None:
        end = act.cap.take(buf, pos, end)
        if not plan.covered or end == pos:
            return buf[pos:end]
    return plan.frames(buf, pos, end) if isinstance(plan, CopyPlan) else plan.rows(buf, pos, end)
