"""The gate's own proof that an operation was allowed: nothing is forwarded, dialled or leased without one."""

from typing import Final

from yett.core.decisions import Allow, Decision
from yett.core.ids import SessionId


class Permit:
    """One use of one allowed operation in one session.

    Made only by `yett.interceptors.chain`, after the decision's intention is on disk, and checked by the driver
    before any byte leaves for the target. `sequence` is the operation's number within its session.
    """

    __slots__ = ("decision", "sequence", "session")

    def __init__(self, session: SessionId, sequence: int, decision: Decision) -> None:
        """Refuse to exist for anything but an allowed operation."""
        if not isinstance(decision.verdict, Allow):
            msg = "a permit stands only on an allowed operation"
            raise TypeError(msg)
        self.session: Final = session
        self.sequence: Final = sequence
        self.decision: Final = decision
