"""Drives one open session: feeds the relay, has every question judged, and sends only what carries a permit.

The one place that touches a session's sockets after its opening. Whatever fails here ends the session: what
cannot be judged, recorded or understood is closed, never passed. Backpressure is mutual: a side that reads slowly
stops the other from being read.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from yett.core.decisions import Decision, Hold, Terminate
from yett.core.errors import RecordingFailed, YettError
from yett.gateway.holding import Holding, Pause
from yett.gateway.leg import Leg
from yett.gateway.relays import Relay, Talk
from yett.gateway.tally import Tally
from yett.interceptors.chain import Chain
from yett.interceptors.seat import Seat
from yett.protocols._wire.questions import Inspect

BACKLOG_BYTES_MAX: Final = 1 << 20
_RECENT: Final = 8
_RECENT_BYTES: Final = 200
_SQLSTATES: Final = {
    "protocol_violation": "08P01",
    "limit_exceeded": "54000",
    "recording_failed": "57P03",
    "recording_stalled": "57P03",
    "recording_disk_full": "53100",
}


class Driver:
    """One session between its opening and its end."""

    __slots__ = (
        "_active_at",
        "_chain",
        "_client",
        "_finished",
        "_held",
        "_holding",
        "_loop",
        "_on_end",
        "_pause",
        "_power",
        "_reading",
        "_recent",
        "_recording_due",
        "_relay",
        "_studying",
        "_syncing",
        "_target",
        "draining",
        "seat",
        "tally",
        "used",
    )

    def __init__(  # noqa: PLR0913, PLR0917 - what meets here, given once
        self,
        seat: Seat,
        relay: Relay,
        client: Leg,
        target: Leg,
        chain: Chain,
        on_end: Callable[["Driver", str], None],
        *,
        power: bool = False,
        holding: Holding | None = None,
    ) -> None:
        self.seat = seat
        self._holding = holding
        self._pause: Pause | None = None
        self._recent: deque[tuple[str, bytes]] = deque(maxlen=_RECENT + 1)
        self.used: dict[int, str] = {}
        self.tally = Tally()
        self.draining = False
        self._relay = relay
        self._client = client
        self._target = target
        self._chain = chain
        self._on_end = on_end
        self._power = power
        self._held: list[bytes] = []
        self._syncing: asyncio.Task[None] | None = None
        self._reading = True
        self._finished = False
        self._recording_due = False
        self._studying: asyncio.Future[Any] | None = None
        self._loop = asyncio.get_running_loop()
        self._active_at = self._loop.time()

    def start(self) -> None:
        """Let bytes flow."""
        self._target.flow(self._from_target, self._target_lost, self._pause_client, self._resume_client)
        self._relay.start()
        self._turn()
        self._client.flow(self._from_client, self._client_lost, self._pause_target, self._resume_target)

    def fileno(self) -> int:
        """Return the descriptor of the client's connection, or -1."""
        return self._client.fileno()

    @property
    def busy(self) -> bool:
        """Say whether ending the session now would interrupt something."""
        return self._relay.busy

    @property
    def idle_seconds(self) -> float:
        """Return how long both sides have been silent; 0 while a statement runs, or waits for a person."""
        waits = self._relay.running or self._pause is not None
        return 0.0 if waits else self._loop.time() - self._active_at

    def terminate(self, reason: str, sqlstate: str = "57P01") -> None:
        """End the session from outside: revoked, drained, out of time."""
        if self._finished:
            return
        try:
            self._relay.close(reason, sqlstate)
            self._turn()
        except Exception as fault:  # noqa: BLE001 - fail closed: it ends one way or the other
            self.broken(fault)

    def stop_when_idle(self, reason: str) -> None:
        """End the session as soon as nothing is running."""
        self.draining = True
        if not self.busy:
            self.terminate(reason)

    # Events.

    def _from_client(self, data: bytes) -> None:
        self.tally.bytes_in += len(data)
        self._active_at = self._loop.time()
        try:
            self._relay.from_client(data)
            self._turn()
        except Exception as fault:  # noqa: BLE001 - fail closed: what the relay cannot handle ends the session
            self.broken(fault)

    def _from_target(self, data: bytes) -> None:
        self._active_at = self._loop.time()
        try:
            self._relay.from_target(data)
            self._turn()
        except Exception as fault:  # noqa: BLE001 - fail closed: what the relay cannot handle ends the session
            self.broken(fault)

    def _client_lost(self) -> None:
        self._finish("client_gone")

    def _target_lost(self) -> None:
        if self._finished:
            return
        self._relay.target_lost()
        self._turn()

    # One turn: judge what is asked, then move bytes, then put outcomes on record.

    def _turn(self) -> None:
        talk = self._relay.talk
        if self._pause is not None and self._relay.overtaken:
            self._pause.take_back("what came before it failed")
        while talk.question is not None and not self._finished and self._pause is None:
            decision, permit = self._chain.admit(self.seat, talk.question)
            if self._holding is not None and self._holds(talk.question, decision):
                break
            if permit is not None:
                self.tally.allowed += 1
            else:
                self.tally.denied += 1
            self._relay.judged(decision, permit)
            if isinstance(decision.verdict, Terminate):
                self._relay.close(decision.verdict.reason)
            self._relay.pump()
        if talk.study is not None and self._studying is None:
            self._study(talk.study)
        self._send(talk)
        if not self._recording_due and (talk.uncounted or talk.outcomes or talk.events):
            # After the bytes: the event loop sends what this turn has written before it calls this.
            self._recording_due = True
            self._loop.call_soon(self._record_turn)
        if talk.ending is not None:
            self._finish(talk.ending.reason)
        elif self.draining and not self._relay.busy:
            self.terminate("the gate is shutting down")
        else:
            self._mind_backlog()

    # Holding.

    @property
    def relay(self) -> Relay:
        """Return the session's relay."""
        return self._relay

    @property
    def recent(self) -> tuple[str, ...]:
        """Return the last operations of the session before the one in question, in words."""
        return tuple(f"{kind}: {text.decode(errors='replace')}" for kind, text in self._recent)[:-1]

    def go_on(self) -> None:
        """Take up the open question again: the pause is over."""
        self._pause = None
        self._recent.pop()  # it is judged, and noted, once more
        self._loop.call_soon(self._guarded, self._turn)

    def refuse(self, decision: Decision) -> None:
        """Refuse the open question in its place: the pause is over."""
        self._pause = None
        self._relay.judged(decision, None)
        self._relay.pump()
        self._loop.call_soon(self._guarded, self._turn)

    def flush(self) -> None:
        """Send what is for either side."""
        self._guarded(self._turn)

    def cancel_hold(self) -> bool:
        """The client asks to cancel what it runs; say whether that was something that waits, and nothing else."""
        if self._pause is None:
            return False
        alone = not self._relay.looks_ahead
        self._pause.take_back("cancelled")
        return alone

    def _holds(self, question: Inspect, decision: Decision) -> bool:
        """Pause an operation that policy holds; say whether it is paused or was one that is."""
        if not question.unrestricted or isinstance(decision.verdict, Hold):
            self._recent.append((question.operation.kind, question.text[:_RECENT_BYTES]))
        if self._holding is None or not isinstance(decision.verdict, Hold):
            return False
        # Set before it begins: it may be over at once.
        self._pause = pause = self._holding.pause(self, question, decision)
        pause.start()
        return True

    def _guarded(self, act: Callable[[], None]) -> None:
        if self._finished:
            return
        try:
            act()
        except Exception as fault:  # noqa: BLE001 - fail closed: what the relay cannot handle ends the session
            self.broken(fault)

    def _send(self, talk: Talk) -> None:
        if talk.to_target:
            self._forward(talk)
        if talk.to_client:
            self._answer(talk)

    def _study(self, text: bytes) -> None:
        """Have a large text read in a thread: nobody else waits for it."""
        self._studying = self._loop.run_in_executor(None, self._relay.study, text)
        self._studying.add_done_callback(partial(self._studied, text))

    def _studied(self, text: bytes, reading: "asyncio.Future[Any]") -> None:
        self._studying = None
        if self._finished or reading.cancelled():
            return
        try:
            self._relay.studied(text, reading.result())
            self._turn()
        except Exception as fault:  # noqa: BLE001 - fail closed: what the relay cannot handle ends the session
            self.broken(fault)

    def _forward(self, talk: Talk) -> None:
        session = self.seat.session.id
        pieces: list[bytes] = []
        for permit, data in talk.to_target:
            if permit.session != session:
                raise RuntimeError("bytes for the target carry another session's permit")
            pieces.append(data)
        talk.to_target.clear()
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        if self._power:
            self._forward_when_durable(data)
        else:
            self._target.send(data)

    def _forward_when_durable(self, data: bytes) -> None:
        """Hold bytes back until the intentions before them survive a power cut; order is kept."""
        self._held.append(data)
        if self._syncing is None:
            self._syncing = self._loop.create_task(self._sync())

    async def _sync(self) -> None:
        try:
            while self._held and not self._finished:
                held, self._held = self._held, []
                await self.seat.recorder.durable()
                self._target.send(b"".join(held))
        except RecordingFailed as fault:
            self.broken(fault)
        finally:
            self._syncing = None

    def _answer(self, talk: Talk) -> None:
        pieces = talk.to_client
        data = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        pieces.clear()
        self.tally.bytes_out += len(data)
        self._client.send(data)

    def _record_turn(self) -> None:
        self._recording_due = False
        self._guarded(self._put_on_record)

    def _put_on_record(self) -> None:
        recorder, talk = self.seat.recorder, self._relay.talk
        self._relay.count_up()
        # Taken before they are written: what fails half-way must not be written twice.
        events, talk.events = talk.events, []
        outcomes, talk.outcomes = talk.outcomes, []
        for event in events:
            recorder.event(event.kind, event.data)
        for one in outcomes:
            self.tally.rows += one.rows
            self.tally.seconds.append(one.seconds)
            if self._holding is not None and (self.used or self.seat.unlearnt):
                self._holding.ended(self, one.sequence, one.status)
            recorder.outcome(
                one.sequence,
                one.status,
                one.tag,
                one.rows,
                one.digest,
                one.bytes_in,
                one.bytes_out,
                one.error,
                {"total": int(one.seconds * 1e9)},
                None,
                one.answer,
            )

    # Backpressure.

    def _mind_backlog(self) -> None:
        full = self._relay.backlog > BACKLOG_BYTES_MAX or self._target.paused
        if full and self._reading:
            self._reading = False
            self._client.pause()
        elif not full and not self._reading:
            self._reading = True
            self._client.resume()

    def _pause_client(self) -> None:
        self._reading = False
        self._client.pause()

    def _resume_client(self) -> None:
        self._mind_backlog()

    def _pause_target(self) -> None:
        self._target.pause()

    def _resume_target(self) -> None:
        self._target.resume()

    # The end.

    def broken(self, fault: Exception) -> None:
        """Something cannot be handled: tell the client in its protocol's words and close both sides."""
        if self._finished:
            return
        code = fault.code if isinstance(fault, YettError) else "internal"
        words = fault.message if isinstance(fault, YettError) else "the gate failed while it handled this session"
        self._relay.talk.to_target.clear()
        self._relay.close(words if words.endswith(f"({code})") else f"{words} ({code})", _SQLSTATES.get(code, "58000"))
        if self._relay.talk.to_client:
            self._answer(self._relay.talk)
        self._finish(code if isinstance(fault, YettError) else f"internal:{type(fault).__name__}")

    def _finish(self, reason: str) -> None:
        if self._finished:
            return
        self._finished = True
        if self._pause is not None:
            self._pause.abandon()
        self._client.detach()
        self._target.detach()
        self._client.close()
        self._target.close()
        self._relay.abandoned("outcome_unknown")
        try:
            self._put_on_record()
            tally = self.tally
            self.seat.recorder.close(
                reason, {"bytes_in": tally.bytes_in, "bytes_out": tally.bytes_out, "rows": tally.rows}
            )
        except RecordingFailed:
            reason = "recording_failed"
        self._on_end(self, reason)
