"""Counts what the chain decides and what sessions move, for whoever scrapes the metrics."""

from collections.abc import Callable, Sequence
from time import perf_counter

from yett.core.decisions import Allow, Decision, Deny, Hold, Rewrite, Terminate
from yett.core.permits import Permit
from yett.gateway.driver import Driver
from yett.interceptors.chain import Chain, Interceptor
from yett.interceptors.deviation import Deviation
from yett.interceptors.seat import Seat
from yett.protocols._wire.questions import Inspect
from yett.telemetry.counters import GateCounters, ResourceCounters


class MeasuredChain(Chain):
    """The chain, with each answer counted and timed: from the parsed request to its recorded verdict."""

    def __init__(
        self,
        interceptors: Sequence[Interceptor],
        counters: GateCounters,
        deviation: Deviation | None = None,
        on_fault: Callable[[Seat, Exception], None] | None = None,
    ) -> None:
        super().__init__(interceptors, deviation, on_fault)
        self._counters = counters

    def admit(self, seat: Seat, question: Inspect) -> tuple[Decision, Permit | None]:
        """Judge, record, and count."""
        began = perf_counter()
        decision, permit = super().admit(seat, question)
        numbers = self._counters.of(seat.session.resource)
        numbers.decision.observe(perf_counter() - began)
        _count(numbers, decision)
        return decision, permit


def _count(numbers: ResourceCounters, decision: Decision) -> None:
    match decision.verdict:
        case Allow() | Rewrite():
            numbers.allowed += 1
        case Deny(code=code):
            numbers.denied += 1
            numbers.denials[code] += 1
        case Hold():
            numbers.held += 1
        case Terminate():
            numbers.terminated += 1


class Ledger:
    """Adds what each session has moved to its resource's numbers: at every scrape, and once more at its end."""

    def __init__(self, counters: GateCounters) -> None:
        self._counters = counters
        self._seen: dict[int, tuple[int, int, int]] = {}

    def note(self, drivers: Sequence[Driver]) -> None:
        """Take in what open sessions have moved since the last time, and how many there are."""
        for _, numbers in self._counters.by_resource():
            numbers.sessions_open = 0
        for driver in drivers:
            self._add(driver).sessions_open += 1

    def ended(self, driver: Driver, reason: str) -> None:
        """Take in the rest of a session that is over, and how it ended."""
        numbers = self._add(driver)
        numbers.sessions[reason.partition(":")[0]] += 1
        self._seen.pop(id(driver), None)

    def _add(self, driver: Driver) -> ResourceCounters:
        tally = driver.tally
        numbers = self._counters.of(driver.seat.session.resource)
        now = (tally.bytes_in, tally.bytes_out, tally.rows)
        before = self._seen.get(id(driver), (0, 0, 0))
        numbers.bytes_from_client += now[0] - before[0]
        numbers.bytes_to_client += now[1] - before[1]
        numbers.rows += now[2] - before[2]
        self._seen[id(driver)] = now
        taken, tally.seconds = tally.seconds, []
        for seconds in taken:
            numbers.upstream.observe(seconds)
        return numbers
