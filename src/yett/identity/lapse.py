"""Says, for every operation, why the identity that an open session stands on no longer counts."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from yett.core.clock import Clock
from yett.core.principals import Principal

if TYPE_CHECKING:
    from yett.identity.identity import Identity

_NEVER: Final = -1


class Lapse:
    """One session's identity, looked at anew whenever anything changed of who counts, and by the clock every time.

    `session` is the gate's own id of the session, which can be revoked by itself.
    """

    __slots__ = ("_expires_at", "_found_good", "_identity", "_now", "_principal", "_session")

    def __init__(self, identity: "Identity", clock: Clock, principal: Principal, session: str) -> None:
        self._identity = identity
        self._now: Callable[[], float] = clock.now
        self._principal = principal
        self._session = session
        self._expires_at = principal.expires_at
        self._found_good = _NEVER

    def __call__(self) -> str | None:
        """Return the code of why the session must end now, or None."""
        now = self._now()
        generation = self._identity.generation
        if generation == self._found_good and (self._expires_at is None or now < self._expires_at):
            return None
        code = self._identity.ended(self._principal, now, self._session)
        self._found_good = generation if code is None else _NEVER
        return code
