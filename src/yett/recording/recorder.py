"""Writes one session's evidence: what was asked before it is forwarded, what came of it after."""

import time
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from yett.core.decisions import Decision
from yett.core.errors import RecordingFailed
from yett.core.targets import Access
from yett.recording.chain import ChainFile
from yett.recording.container import Kind
from yett.recording.entries import (
    NOTHING,
    UNDECIDED,
    Event,
    Intention,
    Outcome,
    Parameter,
    Summary,
    encode,
    encode_accesses,
    encode_decision,
)
from yett.recording.health import FULL, STALLED
from yett.recording.keeper import Keeper

_INTENTION: Final = int(Kind.INTENTION)
_OUTCOME: Final = int(Kind.OUTCOME)
_ROWS: Final = int(Kind.ROWS)
_EVENT: Final = int(Kind.EVENT)
_monotonic_ns: Final = time.monotonic_ns
_Raw: Final = msgspec.Raw
_encode: Final = encode
_nothing: Final = NOTHING


class SessionRecorder:
    """The open recording of one session. Not thread-safe: used on the event loop that carries the session.

    Every method writes before it returns and raises RecordingFailed when it could not: then the act must not happen
    (`intend`), or the session must end (all others). Only an `outcome` may be written a few milliseconds later, with
    what comes next; where a gate dies before that, it is unknown. After `close` nothing can be written.
    """

    __slots__ = ("_keeper", "_refusal", "chain", "closed", "denied", "ending", "failed", "summary")

    def __init__(self, keeper: Keeper, chain: ChainFile, summary: Summary) -> None:
        self._keeper = keeper
        self._refusal = keeper.refusal
        self.chain = chain
        self.summary = encode(summary)
        self.denied = 0
        self.failed = 0
        self.ending = False
        self.closed = False

    def intend(  # noqa: PLR0913, PLR0917 - the hot path: no object is made to carry arguments
        self,
        sequence: int,
        kind: str,
        text: bytes | str,
        parameters: Sequence[Parameter] | bytes = (),
        decision: Decision | bytes | None = None,
        accesses: Sequence[Access] | bytes = (),
        details: dict[str, object] | None = None,
    ) -> None:
        """Write what is about to be done: the statement exactly, its parameters exactly, and the decision on it.

        `sequence` is the operation's number in its session. `parameters` are (format, type id, bytes or None), or
        the same already as msgpack. `decision` and `accesses` may be given as `encode_decision(…)` and
        `encode_accesses(…)` returned them. Returns when it is in the file; raises RecordingFailed.
        """
        code = self._refusal(_monotonic_ns())
        if code:
            raise refused(code)
        self._append(
            _INTENTION,
            sequence,
            _encode(
                Intention(
                    kind,
                    text if type(text) is bytes else text.encode("utf-8", "surrogatepass"),  # type: ignore[union-attr]  # no bytes are left
                    (_Raw(parameters) if type(parameters) is bytes else list(parameters)) if parameters else _nothing,
                    _decision(decision),
                    _accesses(accesses),
                    details,
                ),
            ),
        )
        self.chain.operations += 1
        self.chain.pending += 1

    def outcome(  # noqa: PLR0913, PLR0917 - as intend
        self,
        sequence: int,
        status: str,
        tag: str = "",
        rows: int = 0,
        rows_digest: bytes = b"",
        bytes_in: int = 0,
        bytes_out: int = 0,
        code: str = "",
        timings_ns: dict[str, int] | None = None,
        details: dict[str, object] | None = None,
        answer: bytes = b"",
    ) -> None:
        """Write what came of operation `sequence` (see entries.Outcome). Written even when the disk is nearly full.

        `answer` saves a call of `rows`, and an entry, where the whole answer is at hand.
        """
        data = _encode(Outcome(status, tag, rows, rows_digest, bytes_in, bytes_out, code, timings_ns, details, answer))
        self._append_surely(_OUTCOME, sequence, data, later=True)
        self.chain.pending = max(0, self.chain.pending - 1)
        if status == "denied":
            self.denied += 1
        elif status == "failed":
            self.failed += 1

    def rows(self, sequence: int, chunk: bytes) -> None:
        """Write answer bytes of operation `sequence`, as the client gets them, in whole frames of its protocol.

        The caller keeps to `RecordingSettings.rows_bytes_max` for each operation.
        """
        self._append(_ROWS, sequence, chunk)

    def event(self, kind: str, data: Mapping[str, object] | None = None) -> None:
        """Write something that is no operation, such as `login`, `cancel`, `notice`, `setting` or `drained`."""
        self._append_surely(_EVENT, 0, encode(Event(kind, dict(data or {}))))

    def close(self, reason: str, counters: Mapping[str, int] | None = None) -> None:
        """End the recording: the reason, the counters, a signed checkpoint, and its line in the index.

        Where that cannot be written now, the vault goes on trying, and RecordingFailed is raised all the same.
        """
        if self.closed:
            return
        counts = dict(counters or {})
        try:
            if not self.ending:
                self._append_surely(_EVENT, 0, encode(Event("closed", {"reason": reason, "counters": counts})))
                self.ending = True
            self._keeper.closed(self, reason, counts)
        except RecordingFailed:
            self._keeper.close_later(self, reason, counts)
            raise

    async def durable(self) -> None:
        """Return when all that was written so far also survives a power cut (at once unless so configured)."""
        self.chain.flush()
        await self._keeper.durable(self.chain)

    def _append(self, kind: int, sequence: int, data: bytes, *, later: bool = False) -> None:
        if self.ending:
            raise RecordingFailed("this recording is closed")
        if later:
            self.chain.append_later(kind, sequence, data)
        else:
            self.chain.append(kind, sequence, data)

    def _append_surely(self, kind: int, sequence: int, data: bytes, *, later: bool = False) -> None:
        """Write what ends something that was begun, out of the reserve if it must be."""
        if self._refusal(_monotonic_ns()) == STALLED:
            # The event loop is behind us: it must not wait on a disk that does not answer.
            raise refused(STALLED)
        try:
            self._append(kind, sequence, data, later=later)
        except RecordingFailed as error:
            if error.code != FULL or not self._keeper.release_reserve():
                raise
            self._append(kind, sequence, data, later=later)


def refused(code: str) -> RecordingFailed:
    """Return why no new operation may begin now."""
    if code == STALLED:
        return RecordingFailed("the recordings' disk does not answer", hint="try again shortly", code=code)
    if code == FULL:
        return RecordingFailed(
            "the recordings' disk is nearly full",
            hint="free space under the data folder",
            code=code,
        )
    return RecordingFailed("the recordings' disk fails", hint="look at the data folder's disk", code=code)


def _decision(decision: Decision | bytes | None) -> msgspec.Raw:
    if type(decision) is bytes:
        return _Raw(decision)
    if decision is None:
        return UNDECIDED
    return _Raw(encode_decision(decision))  # type: ignore[arg-type]  # no bytes are left


def _accesses(accesses: Sequence[Access] | bytes) -> msgspec.Raw:
    if type(accesses) is bytes:
        return _Raw(accesses)
    return _Raw(encode_accesses(accesses)) if accesses else NOTHING  # type: ignore[arg-type]  # no bytes are left
