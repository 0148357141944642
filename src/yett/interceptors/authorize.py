"""Asks policy, by the version in force at this moment."""

from yett.core.decisions import Decision
from yett.interceptors.seat import Seat
from yett.policy.engine import PolicyEngine
from yett.protocols._wire.questions import Inspect


class PolicyInForce:
    """The policies of now: swapped whole on reload, while sessions stay open."""

    def __init__(self, engine: PolicyEngine) -> None:
        self.engine = engine

    def swap(self, engine: PolicyEngine) -> None:
        """Put a new version in force for everything judged from now on."""
        self.engine = engine


class Authorize:
    """The last interceptor of the chain: policy always has an answer."""

    def __init__(self, policy: PolicyInForce) -> None:
        self._policy = policy

    def __call__(self, seat: Seat, question: Inspect) -> Decision | None:
        """Return policy's decision."""
        return self._policy.engine.decide(seat.session, question.operation, question.approvals)
