"""Whatever is done in whatever order: nothing passes twice, and nothing but what was approved passes."""

from collections import Counter

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from approvals.questions import ANA, BEA, BOT, CARL, CHIEF, DORA, ELSE, asked, flow
from yett.approvals.desk import ApprovalDesk
from yett.approvals.memory import MemoryApprovalStore
from yett.approvals.refusals import NotAllowed
from yett.core.approvals import TicketState
from yett.core.clock import ManualClock
from yett.core.errors import LimitExceeded

PEOPLE = (ANA, BEA, CARL, DORA, CHIEF, ELSE, BOT)
ASKERS = (BOT, ANA, BEA)
STATEMENTS = (b"UPDATE 1", b"UPDATE 2", b"UPDATE 3")
ENDED = {TicketState.DENIED, TicketState.EXPIRED, TicketState.WITHDRAWN, TicketState.USED}
FLOWS = {
    "dba": flow(quorum=2, escalate_after=300, escalate_to=("corp/chiefs",), open_per_principal=50),
    "chiefs": flow(reviewers=("corp/chiefs",), open_per_principal=50, break_glass=("corp/chiefs",)),
}


class Interleavings(RuleBasedStateMachine):
    """Two gates, three askers and seven people on one store, in any order, with time passing."""

    tickets = Bundle("tickets")

    def open_store(self):
        return MemoryApprovalStore()

    @initialize()
    def begin(self):
        self.clock = ManualClock()
        self.store = self.open_store()
        self.desks = [ApprovalDesk(self.store, FLOWS, self.clock) for _ in range(2)]
        self.acts: Counter[bytes] = Counter()
        self.used: Counter[str] = Counter()
        self.seen: dict[str, TicketState] = {}

    @rule(
        target=tickets,
        gate=st.integers(0, 1),
        who=st.sampled_from(ASKERS),
        statement=st.sampled_from(STATEMENTS),
        flows=st.sampled_from([("dba",), ("chiefs",), ("dba", "chiefs")]),
        in_transaction=st.booleans(),
    )
    def ask(self, gate, who, statement, flows, in_transaction):
        question = asked(who, statement, flows=flows, in_transaction=in_transaction)
        try:
            ticket = self.desks[gate].ask(question)
        except LimitExceeded:
            return None
        assert (ticket.asked.digest, ticket.asked.statement) == (question.digest, statement)
        assert ticket.state in {TicketState.OPEN, TicketState.APPROVED}
        return ticket.id

    @rule(gate=st.integers(0, 1), ticket=tickets, who=st.sampled_from(PEOPLE), yes=st.booleans())
    def decide(self, gate, ticket, who, yes):
        if ticket is None:
            return
        before = self.store.ticket(ticket)
        try:
            after = self.desks[gate].decide(ticket, who, yes)
        except NotAllowed:
            assert self.store.ticket(ticket) == before
            return
        assert who.key not in {before.asked.principal, before.asked.on_behalf_of}
        assert before.state not in ENDED
        assert yes or after.state is TicketState.DENIED

    @rule(gate=st.integers(0, 1), ticket=tickets, who=st.permutations(PEOPLE))
    def everybody_says_yes(self, gate, ticket, who):
        for one in who:
            self.decide(gate, ticket, one, yes=True)

    @rule(gate=st.integers(0, 1), ticket=tickets, who=st.sampled_from(PEOPLE))
    def break_glass(self, gate, ticket, who):
        if ticket is None:
            return
        try:
            after = self.desks[gate].break_glass(ticket, who, "the shop is down")
        except NotAllowed:
            return
        assert who is CHIEF
        assert after.asked.flows == ("chiefs",)
        assert after.votes[-1].break_glass

    @rule(gate=st.integers(0, 1), ticket=tickets, statement=st.sampled_from(STATEMENTS), right=st.booleans())
    def act(self, gate, ticket, statement, right):
        if ticket is None:
            return
        before = self.store.ticket(ticket)
        digest = before.asked.digest if right else asked(ANA, statement + b" changed").digest
        may = self.desks[gate].consume(ticket, digest)
        assert may == (
            before.state is TicketState.APPROVED
            and digest == before.asked.digest
            and self.clock.now() < before.expires_at
        )
        if may:
            self.used[ticket] += 1
            self.acts[digest] += 1

    @rule(gate=st.integers(0, 1), ticket=tickets, pause=st.sampled_from([0.0, 59.0, 61.0, 899.0, 901.0]))
    def everybody_says_yes_and_it_is_done_later_twice(self, gate, ticket, pause):
        self.everybody_says_yes(gate, ticket, PEOPLE)
        self.clock.advance(pause)
        for statement in STATEMENTS:
            self.act(gate, ticket, statement, right=False)
        self.act(gate, ticket, STATEMENTS[0], right=True)
        self.act(1 - gate, ticket, STATEMENTS[0], right=True)

    @rule(gate=st.integers(0, 1), ticket=tickets)
    def give_up(self, gate, ticket):
        if ticket is not None:
            self.desks[gate].withdraw(ticket, "cancelled")

    @rule(gate=st.integers(0, 1), ticket=tickets)
    def go_away(self, gate, ticket):
        if ticket is not None:
            self.desks[gate].let_go(ticket)

    @rule(gate=st.integers(0, 1), seconds=st.sampled_from([0.0, 30.0, 60.0, 299.0, 600.0, 901.0]), look=st.booleans())
    def time_passes(self, gate, seconds, look):
        self.clock.advance(seconds)
        if look:
            self.desks[gate].expire(self.clock.now())
            self.desks[gate].escalate(self.clock.now())
            self.desks[gate].changed()

    @rule(gate=st.integers(0, 1))
    def restart(self, gate):
        self.desks[gate] = ApprovalDesk(self.store, FLOWS, self.clock)

    @invariant()
    def every_approval_is_used_at_most_once(self):
        assert all(count == 1 for count in getattr(self, "used", {}).values())

    @invariant()
    def what_has_ended_stays_as_it_ended(self):
        for ticket in self.store.latest(1000) if hasattr(self, "store") else ():
            before = self.seen.get(ticket.id)
            assert before not in ENDED or before is ticket.state
            self.seen[ticket.id] = ticket.state

    @invariant()
    def what_is_approved_or_used_has_the_yes_of_others(self):
        for ticket in self.store.latest(1000) if hasattr(self, "store") else ():
            keys = [one.reviewer for one in ticket.votes]
            assert len(set(keys)) == len(keys)
            if ticket.state not in {TicketState.APPROVED, TicketState.USED}:
                continue
            if any(one.break_glass for one in ticket.votes):
                continue
            for name in ticket.asked.flows:
                yes = {one.reviewer for one in ticket.votes if one.yes and name in one.flows}
                assert len(yes) >= FLOWS[name].quorum
                assert not yes & {ticket.asked.principal, ticket.asked.on_behalf_of, BOT.key, ELSE.key}


TestInterleavings = Interleavings.TestCase
TestInterleavings.settings = settings(
    max_examples=120, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
