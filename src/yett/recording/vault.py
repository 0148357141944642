"""Keeps the evidence of one gate: opens a recording for each session and answers whether recording is possible."""

import fcntl
import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from contextlib import ExitStack, suppress
from pathlib import Path

import msgspec

from yett.core.errors import ConfigError, RecordingFailed
from yett.core.sessions import Session
from yett.recording import paths
from yett.recording.anchors import Anchoring, make_places
from yett.recording.audit import AuditTrail
from yett.recording.chain import ChainFile
from yett.recording.checkpoints import About
from yett.recording.container import Kind
from yett.recording.durable import GroupCommit
from yett.recording.entries import Summary, encode, opened, summary
from yett.recording.health import FULL, STALLED, DiskHealth
from yett.recording.index import read_listing
from yett.recording.keys import load_keys
from yett.recording.pen import Pen
from yett.recording.reader import Damaged
from yett.recording.recorder import SessionRecorder, refused
from yett.recording.retention import Retention
from yett.recording.seal import Sealed, adopt_strays, seal_unfinished
from yett.recording.settings import RecordingSettings

REFUSED_PER_SECOND = 50
_SIGNED_PER_TICK = 64
_PARK_AFTER_NS = 30_000_000_000
_decode_summary = msgspec.msgpack.Decoder(Summary).decode


class Vault:
    """The evidence of one gate. Used from one thread: the event loop's.

    Opening it takes the data folder for this process alone (ConfigError `store_in_use`), makes keys where there are
    none, and seals what a gate that died left open (`sealed` lists it).
    """

    def __init__(
        self,
        data: Path,
        settings: RecordingSettings,
        *,
        gate_version: str = "",
        environ: Mapping[str, str] | None = None,
    ) -> None:
        environ = os.environ if environ is None else environ
        self.folder = paths.recordings(data)
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._taken = _take(self.folder)
        self.settings = settings
        self._gate_version = gate_version
        self._open: set[SessionRecorder] = set()
        self._refused_second = self._refused_count = self._refused_unlisted = 0
        self._held_longer: set[ChainFile] = set()
        self._owed: deque[Callable[[], None]] = deque()
        self._closing_later: set[SessionRecorder] = set()
        self._health = DiskHealth(self.folder, settings)
        self.refusal = self._health.refusal
        self.release_reserve = self._health.release_reserve
        with ExitStack() as undo:
            # What was begun is undone in reverse, at `close` or where a later step fails.
            undo.callback(os.close, self._taken)
            self._anchoring = _anchoring(settings, environ)
            if self._anchoring:
                undo.callback(self._anchoring.stop)
            self._commit = GroupCommit() if settings.durability == "power" else None
            if self._commit:
                undo.callback(self._commit.stop)
            self._health.start()
            undo.callback(self._health.stop)
            self._pen = self._make_pen(data, environ)
            self._trail = AuditTrail(self.folder, self._pen)
            undo.callback(self._trail.close)
            self._trail.carried = self._carried
            self.sealed: tuple[Sealed, ...] = tuple(self._seal())
            self._retention = Retention(self.folder, self._pen.keys, settings)
            undo.callback(self._retention.stop)
            self._undo = undo.pop_all()

    def open_session(
        self, session: Session, details: Mapping[str, object] | None = None, *, policy_version: str = ""
    ) -> SessionRecorder:
        """Begin the recording of a session: who, on behalf of whom, from where, on what; raises RecordingFailed."""
        code = self.refusal(time.monotonic_ns())
        if code:
            raise refused(code)
        first = encode(opened(session, self._gate_version, policy_version, details or {}))
        relative = paths.day_of(session.id, session.started_at)
        found = summary(session)
        chain = ChainFile.create(self._pen, self.folder / relative, session.id, "session")
        try:
            chain.append(int(Kind.OPENED), 0, first)
            chain.checkpoint("open")
            self._trail.state(About("opened", session.id, relative, "session", chain.number, chain.head), encode(found))
        except RecordingFailed:
            # Nothing happened in this session, and the index does not name it.
            chain.park()
            with suppress(OSError):
                (self.folder / relative).unlink()
            raise
        recorder = SessionRecorder(self, chain, found)
        self._open.add(recorder)
        return recorder

    def refused(self, data: Mapping[str, object]) -> None:
        """Record a login that was refused: from where, as whom it came, why. Raises RecordingFailed.

        Strangers must not be able to fill the disk: of more than `REFUSED_PER_SECOND` only the number is kept.
        """
        second = self._pen.time_ns() // 1_000_000_000
        if second != self._refused_second:
            self._refused_second, self._refused_count = second, 0
        self._refused_count += 1
        if self._refused_count > REFUSED_PER_SECOND:
            self._refused_unlisted += 1
            return
        self._trail.event("login_refused", data)

    def event(self, kind: str, data: Mapping[str, object]) -> None:
        """Record something that belongs to the gate and to no session; raises RecordingFailed."""
        self._trail.event(kind, data, sign=True)

    def healthy(self) -> bool:
        """Tell whether new operations can be recorded now; never touches the disk."""
        return not self.refusal(time.monotonic_ns())

    def trouble(self) -> str:
        """Return the code for which recording is refused now (`recording_stalled` …), or ""."""
        return self.refusal(time.monotonic_ns())

    def anchor_failures(self) -> int:
        """Return how often a checkpoint could not be anchored since the start."""
        return self._anchoring.failures if self._anchoring else 0

    def hold_outcomes(self, schedule: Callable[[], object]) -> None:
        """From now on outcomes are written with what comes next; `schedule` has `flush` called in `HELD_SECONDS`."""
        self._pen.schedule = schedule
        self._pen.may_hold = True

    def flush(self) -> None:
        """Write the outcomes that are held back. Those that cannot be written now go with the next write, or tick."""
        held = self._pen.held()
        if self.trouble() == STALLED:
            self._held_longer |= held
            return
        for chain in held:
            try:
                self._flush(chain)
            except RecordingFailed:
                self._held_longer.add(chain)

    def _flush(self, chain: ChainFile) -> None:
        try:
            chain.flush()
        except RecordingFailed as error:
            if error.code != FULL or not self.release_reserve():
                raise
            chain.flush()

    def tick(self) -> bool:
        """Sign what idle sessions wrote, park them, and close what could not be closed before.

        The gate calls it about once a second. Returns False when the disk does not allow it now.
        """
        if self.trouble():
            return False
        now = self._pen.time_ns()
        try:
            while self._held_longer:
                chain = next(iter(self._held_longer))
                self._flush(chain)
                self._held_longer.discard(chain)
            for chain in self._unsigned(now - self._pen.checkpoint_ns):
                chain.checkpoint("interval")
            for _ in range(min(len(self._owed), _SIGNED_PER_TICK)):
                self._owed[0]()
                self._owed.popleft()
            if self._refused_unlisted:
                self._trail.event("logins_refused_unlisted", {"count": self._refused_unlisted})
                self._refused_unlisted = 0
            self._trail.checkpoint()
        except RecordingFailed:
            return False
        self._pen.park_idle(now - _PARK_AFTER_NS)
        return True

    def close_later(self, recorder: SessionRecorder, reason: str, counters: dict[str, int]) -> None:
        """Close a recording at a later tick, since the disk does not allow it now."""
        if recorder not in self._closing_later:
            self._closing_later.add(recorder)
            self._owed.append(lambda: recorder.close(reason, counters))

    def close(self) -> None:
        """Close what is still open (`gate_stopped`), sign, and let the data folder go."""
        with self._undo:
            for recorder in list(self._open):
                # One that cannot be closed is sealed at the next start.
                with suppress(RecordingFailed):
                    recorder.close("gate_stopped")

    def closed(self, recorder: SessionRecorder, reason: str, counters: dict[str, int]) -> None:
        """Sign the end of a recording and note it in the index (called by `SessionRecorder.close`)."""
        self._open.discard(recorder)
        chain = recorder.chain
        try:
            chain.checkpoint("close")
        except RecordingFailed:
            if not self.release_reserve():
                raise
            chain.checkpoint("close")
        finally:
            chain.park()
        recorder.closed = True
        self._closing_later.discard(recorder)
        ended = msgspec.structs.replace(
            _decode_summary(recorder.summary),
            ended_at=chain.last_ns / 1e9,
            reason=reason,
            operations=chain.operations,
            denied=recorder.denied,
            failed=recorder.failed,
            counters=counters,
        )
        relative = str(Path(chain.path).relative_to(self.folder))
        about = About(
            "closed", chain.file, relative, "session", chain.number, chain.head, chain.operations, chain.pending
        )
        try:
            self._trail.state(about, encode(ended))
        except RecordingFailed:
            # The recording has its signed end; the index is told as soon as it can be.
            self._owed.append(lambda: self._trail.state(about, encode(ended)))
            raise

    async def durable(self, chain: ChainFile) -> None:
        """Return when what was written survives a power cut, if that was configured; else at once."""
        if self._commit is not None:
            await self._commit.durable(chain)

    def _make_pen(self, data: Path, environ: Mapping[str, str]) -> Pen:
        keys = load_keys(data, self.settings.keys, environ, create=True)
        if self._anchoring is None:
            return Pen(keys, self.settings)
        return Pen(keys, self.settings, checkpointed=self._anchoring.checkpointed)

    def _unsigned(self, due_ns: int) -> list[ChainFile]:
        chains = (recorder.chain for recorder in self._open)
        return [c for c in chains if c.number > c.signed_number and c.signed_ns < due_ns][:_SIGNED_PER_TICK]

    def _carried(self) -> Iterable[About]:
        for recorder in self._open:
            chain = recorder.chain
            chain.flush()
            relative = str(Path(chain.path).relative_to(self.folder))
            yield About("carried", chain.file, relative, "session", chain.number, chain.head)
        if (stream := self._trail.stream()) is not None:
            yield stream

    def _seal(self) -> list[Sealed]:
        # The last two segments: what was open at the turn of a day is named again in the newer one.
        try:
            listing = read_listing(self.folder, segments=2)
        except Damaged as error:
            message = f"the index of recordings is damaged, and nothing can be added to it: {error.message}"
            hint = f"yett verify tells more; keep {self.folder} as evidence and start with an empty folder in its place"
            raise RecordingFailed(message, hint=hint) from None
        today = paths.gate_file(self._pen.time_ns() / 1e9)
        sealed = seal_unfinished(self.folder, listing, self._pen, self._trail, today)
        return sealed + adopt_strays(self.folder, listing, self._pen, self._trail)


def _take(folder: Path) -> int:
    fd = os.open(folder / ".gate.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(fd)
        msg = f"another gate already records under {folder}"
        raise ConfigError(
            msg,
            hint="stop it, or give this one a data folder of its own",
            code="store_in_use",
        ) from None
    return fd


def _anchoring(settings: RecordingSettings, environ: Mapping[str, str]) -> Anchoring | None:
    places = make_places(settings.anchors, environ)
    return Anchoring(places, settings.anchor_every) if places else None
