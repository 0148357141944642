"""Where a session sits in the chain: what the interceptors know of it, and its recording."""

from collections.abc import Callable
from dataclasses import dataclass

from yett.core.sessions import Session
from yett.recording.recorder import SessionRecorder


@dataclass(slots=True)
class Seat:
    """One open session. `ended` says why its identity no longer counts, or None; it is asked for every operation."""

    session: Session
    recorder: SessionRecorder
    ended: Callable[[], str | None]
