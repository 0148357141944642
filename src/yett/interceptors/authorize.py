"""Asks policy, by the version in force at this moment."""

from yett.core.decisions import Decision
from yett.interceptors.deviation import Deviation
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
    """The last interceptor of the chain: policy always has an answer.

    Whether an operation is new is worked out only where a policy for its principal asks.
    """

    def __init__(self, policy: PolicyInForce, deviation: Deviation | None = None) -> None:
        self._policy = policy
        self._deviation = deviation

    def __call__(self, seat: Seat, question: Inspect) -> Decision | None:
        """Return policy's decision."""
        engine, session = self._policy.engine, seat.session
        if engine.asks_novelty:
            asked = engine.concerns_novelty(session)
            question.novel = asked and (self._deviation is None or self._deviation.is_new(session, question))
        return engine.decide(session, question.operation, question.approvals, novel=question.novel)
