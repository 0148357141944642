"""The gate's own proof that an operation was allowed: nothing is forwarded, dialled or leased without one."""

from dataclasses import dataclass

from yett.core.decisions import Allow, Decision
from yett.core.ids import SessionId


@dataclass(frozen=True, slots=True)
class Permit:
    """One use of one allowed operation in one session.

    Made only by `yett.interceptors.chain`, after the decision's intention is on disk, and checked by the driver
    before any byte leaves for the target. `sequence` is the operation's number within its session.
    """

    session: SessionId
    sequence: int
    decision: Decision

    def __post_init__(self) -> None:
        """Refuse to exist for anything but an allowed operation."""
        if not isinstance(self.decision.verdict, Allow):
            msg = "a permit stands only on an allowed operation"
            raise TypeError(msg)
