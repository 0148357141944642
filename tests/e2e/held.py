"""What tests of held statements share: policies that hold every write, a client that waits, and whom it waits for."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from e2e.conftest import direct_route
from e2e.gates import Gate, gate_before
from e2e.routes import OWNER
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.approvals.desk import ApprovalDesk
from yett.core.approvals import Ticket, TicketState
from yett.core.principals import Principal, PrincipalKind

POLICIES = {
    "holds": """
permit (
  principal in Group::"corp/writers",
  action in [Action::"connect", Action::"read", Action::"write", Action::"execute"],
  resource
);
@id("writes-need-a-dba")
@approval("dba")
@reason("writes are reviewed by a DBA")
forbid (principal, action == Action::"write", resource) unless { context.approvals.contains("dba") };
"""
}
FLOW = """
[approvals.dba]
reviewers = ["corp/dba"]
expires = "20s"
in_transaction = "3s"
remind = "1s"
shape_window_max = "1m"
"""
DBA = Principal(PrincipalKind.USER, "corp", "dora", "Dora", groups=frozenset({"corp/dba"}))
NAMES = 'permit (principal, action == Action::"define", resource);'


class Asking:
    """A client whose statement waits: what it was told, and how it ended."""

    def __init__(self, gate: Gate, subject: str = "wil") -> None:
        self.connection = gate.route(subject, "writers").connect()
        self.told: list[str] = []
        self.connection.add_notice_handler(lambda notice: self.told.append(notice.message_primary or ""))
        self.tag = ""
        self.error: psycopg.Error | None = None
        self.thread: threading.Thread | None = None

    def run(self, statement: str, parameters: tuple[object, ...] | None = None) -> None:
        """Run a statement in a thread of its own."""
        self.thread = threading.Thread(target=self._run, args=(statement, parameters))
        self.thread.start()

    def _run(self, statement: str, parameters: tuple[object, ...] | None) -> None:
        try:
            self.tag = self.connection.execute(statement, parameters).statusmessage or ""
        except psycopg.Error as error:
            self.error = error

    def end(self) -> None:
        """Wait for the statement's end."""
        assert self.thread is not None
        self.thread.join(25)
        assert not self.thread.is_alive()


@contextmanager
def asking(gate: Gate, subject: str = "wil") -> Iterator[Asking]:
    """Connect somebody who will be held."""
    client = Asking(gate, subject)
    try:
        yield client
    finally:
        client.connection.close()
        if client.thread is not None:
            client.thread.join(25)


def waiting(desk: ApprovalDesk, state: TicketState = TicketState.OPEN) -> list[Ticket]:
    """Return the tickets that wait, or are in another state, the newest first."""
    return [one for one in desk.visible_to(DBA) if one.state is state]


def asked(desk: ApprovalDesk, state: TicketState = TicketState.OPEN) -> Ticket:
    """Return the one ticket that waits, as soon as there is one."""
    assert until(lambda: waiting(desk, state)), "nobody was asked"
    return waiting(desk, state)[-1]


def becomes(desk: ApprovalDesk, ticket: Ticket, state: TicketState) -> bool:
    """Say whether a ticket comes to be in a state within a while."""
    return until(lambda: desk.get(ticket.id).state is state)


def foreseen(desk: ApprovalDesk) -> tuple[Ticket, str, str]:
    """Return the one ticket that waits, with its plan and its count."""
    ticket = asked(desk)
    assert until(lambda: desk.get(ticket.id).found), ticket
    ticket = desk.get(ticket.id)
    return ticket, ticket.found["plan"], ticket.found["affected rows"]


def until(holds: Callable[[], object], seconds: float = 10.0) -> bool:
    """Wait until something holds; say whether it does."""
    deadline = time.monotonic() + seconds
    while not (found := holds()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return bool(found)


@contextmanager
def counting_gate(
    server: TestPostgres, authority: Authority, database: str, schema: str, expires: str
) -> Iterator[Gate]:
    """Start a gate before a database of its own, whose policy holds every write, and whose flow has rows counted."""
    server.create_database(database, OWNER)
    with direct_route(server, database).connect() as connection:
        connection.execute(schema)  # type: ignore[call-overload]  # psycopg wants literal text
    flow = FLOW.replace('remind = "1s"', "count_affected = true").replace('"3s"', f'"{expires}"')
    policies = {**POLICIES, "names": NAMES}
    with gate_before(server, authority, policies=policies, extra=flow, resources={"e2e": database}) as found:
        yield found
    server.drop_database(database)
