"""Knows whether policy lets a session do everything in its resource, which spares it what restricted ones need."""

from yett.interceptors.authorize import PolicyInForce
from yett.interceptors.seat import Seat


class Freedom:
    """Asked for every statement, and worked out once for each version of the policies and of the session's roles."""

    __slots__ = ("_free", "_policy", "_seat", "_session", "_version")

    def __init__(self, policy: PolicyInForce, seat: Seat) -> None:
        self._policy = policy
        self._seat = seat
        self._version = policy.engine
        self._session = seat.session
        self._free = self._version.unrestricted(self._session)

    def __call__(self) -> bool:
        """Return True only if the policies in force prove that everything is allowed."""
        version, session = self._policy.engine, self._seat.session
        if version is not self._version or session is not self._session:
            self._free = version.unrestricted(session)
            self._version, self._session = version, session
        return self._free
