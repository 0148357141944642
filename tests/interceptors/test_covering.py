"""What an allowed operation shows is covered unless policy permits to see it."""

from dataclasses import replace

import pytest

from yett.core.clock import ManualClock
from yett.core.decisions import Allow, Deny, Obligation
from yett.core.ids import SessionId
from yett.core.masks import OPEN, Cover, Shown
from yett.core.operations import Operation
from yett.core.principals import Principal, PrincipalKind
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Access, Effect, Resource, Target
from yett.interceptors.authorize import Authorize, PolicyInForce
from yett.interceptors.covering import Covering, ResourceData
from yett.interceptors.seat import Seat
from yett.policy.loading import load_policies
from yett.policy.schema import ValueType, build_schema
from yett.protocols._wire.questions import Inspect
from yett.protocols.postgres.catalog.target_kinds import TARGET_KINDS
from yett.recording.entries import decision_facts

SCHEMA = build_schema(TARGET_KINDS, {"statements": ValueType.LONG})
READS = 'permit (principal, action == Action::"read", resource in Resource::"orders");'
UNMASK = 'permit (principal, action == Action::"unmask", resource in Resource::"orders")'
SESSION = Session(
    SessionId("s1"),
    Principal(PrincipalKind.USER, "corp", "ada", "Ada"),
    Resource("orders", "postgres"),
    ClientFacts("127.0.0.1"),
    0.0,
)
RESOURCE = Target("orders")
OPEN_DATA = ResourceData("open", ("email", "card", "secret"), ("email", "card"))
SCANNED = replace(OPEN_DATA, unlabelled="scanned")
CLOSED = replace(OPEN_DATA, unlabelled="closed")


def column(name: str, label: str = "", table: str = "customers") -> Target:
    return Target("orders", "Column", ("public", table, name), label)


MAIL, CARD, NAME = column("mail", "email"), column("number", "card"), column("name")

ACCESSES = (Access(Effect.READ, MAIL),)


def shown(*sources: Target, verbatim: bool = False) -> Shown:
    return Shown(sources, verbatim, sources[0] if verbatim else None)


def plain(target: Target) -> Shown:
    return Shown((), verbatim=True, column=target)


class Gate:
    """An authorizing interceptor with covers, by these policies."""

    def __init__(self, *policies: str, data: ResourceData = OPEN_DATA) -> None:
        self.in_force = PolicyInForce(self.engine(READS, *policies))
        self.covering = Covering(Authorize(self.in_force), self.in_force, {"orders": data})
        self.seat = Seat(SESSION, None, lambda: None)  # type: ignore[arg-type]  # what a chain needs of it

    @staticmethod
    def engine(*policies: str):
        files = {f"p{number}.cedar": text for number, text in enumerate(policies)}
        return load_policies(files, SCHEMA, clock=ManualClock())

    def decide(self, *shows: Shown, unrestricted: bool = False, accesses=ACCESSES):
        return self.asked(Operation("postgres", "SELECT", "", accesses, {}, None, (shows,)), unrestricted=unrestricted)

    def asked(self, operation: Operation, *, unrestricted: bool = False):
        decision = self.covering(self.seat, Inspect(1, "statement", operation, b"", unrestricted=unrestricted))
        assert decision is not None
        return decision

    def covers(self, *shows: Shown) -> tuple[Cover, ...]:
        verdict = self.decide(*shows).verdict
        assert isinstance(verdict, Allow)
        return verdict.covers[0] if verdict.covers else (OPEN,) * len(shows)


def test_a_labelled_column_is_masked_and_what_is_made_of_it_becomes_one_constant() -> None:
    gate = Gate()
    assert gate.covers(shown(MAIL, verbatim=True), shown(MAIL), plain(NAME)) == (
        Cover(label="email"),
        Cover(label="email", derived=True),
        OPEN,
    )


def test_a_column_where_values_of_the_clients_own_may_stand_is_covered_as_such() -> None:
    beside = Shown((MAIL,), verbatim=True, column=MAIL, planted=True)
    assert Gate().covers(beside) == (Cover(label="email", planted=True),)


def test_a_value_of_two_columns_is_derived_and_takes_the_first_label() -> None:
    two = Shown((MAIL, CARD), verbatim=True, column=MAIL)
    assert Gate().covers(two) == (Cover(label="email", derived=True),)


def test_what_policy_lets_be_seen_is_not_covered() -> None:
    gate = Gate(UNMASK + ' when { resource.label == "card" };')
    assert gate.covers(shown(CARD, verbatim=True), shown(CARD), shown(MAIL, CARD)) == (
        Cover(unmasked=True),
        Cover(unmasked=True),
        Cover(label="email", derived=True),
    )


def test_opaque_code_is_covered_unless_every_label_may_be_seen() -> None:
    opaque = shown(RESOURCE)
    assert Gate().covers(opaque) == (Cover(label="closed", derived=True),)
    assert Gate(UNMASK + ";").covers(opaque) == (Cover(unmasked=True),)
    assert Gate(UNMASK + ' unless { resource.label == "secret" };').covers(opaque)[0].derived
    assert Gate(UNMASK + ' when { resource.label == "card" };').covers(opaque)[0].derived


def test_unlabelled_columns_of_an_open_resource_are_left_alone_and_the_decision_is_policys_own() -> None:
    gate = Gate()
    decision = gate.decide(plain(NAME), Shown(), accesses=ACCESSES)
    assert decision.verdict == Allow()
    asked = Inspect(1, "statement", Operation("postgres", "SELECT", "", ACCESSES))
    assert decision is Authorize(gate.in_force)(gate.seat, asked)


def test_unlabelled_columns_of_a_scanned_resource_are_searched_but_for_labels_that_may_be_seen() -> None:
    assert Gate(data=SCANNED).covers(plain(NAME), Shown()) == (Cover(scan=True), Cover(scan=True))
    cards = Gate(UNMASK + ' when { resource.label == "card" };', data=SCANNED)
    assert cards.covers(plain(NAME)) == (Cover(scan=True, seen=frozenset({"card"})),)
    assert Gate(UNMASK + ";", data=SCANNED).covers(plain(NAME), Shown()) == (OPEN, OPEN)
    one = 'permit (principal, action == Action::"unmask", resource == Column::"orders/public.customers.name");'
    assert Gate(one, data=SCANNED).covers(plain(NAME), Shown()) == (OPEN, Cover(scan=True))


def test_a_label_that_may_be_seen_is_still_searched_for_where_the_table_is_forbidden() -> None:
    forbid = 'forbid (principal, action == Action::"unmask", resource == Table::"orders/public.payroll");'
    gate = Gate(UNMASK + ";", forbid, data=SCANNED)
    assert gate.covers(plain(column("name", table="payroll")), plain(NAME)) == (Cover(scan=True), OPEN)


def test_unlabelled_columns_of_a_closed_resource_are_masked() -> None:
    assert Gate(data=CLOSED).covers(plain(NAME), Shown()) == (
        Cover(label="closed"),
        Cover(label="closed", derived=True),
    )
    assert Gate(UNMASK + ";", data=CLOSED).covers(plain(NAME), Shown()) == (OPEN, OPEN)


def test_a_resource_nobody_knows_of_is_closed() -> None:
    gate = Gate()
    gate.covering = Covering(Authorize(gate.in_force), gate.in_force, {})
    assert gate.covers(plain(NAME)) == (Cover(label="closed"),)


def test_the_same_decision_comes_back_as_the_same_object_until_policies_change() -> None:
    gate = Gate()
    operation = Operation("postgres", "SELECT", "", ACCESSES, {}, None, ((shown(MAIL, verbatim=True),),))
    first = gate.asked(operation)
    assert gate.asked(operation) is first
    gate.in_force.swap(gate.engine(READS, UNMASK + ";"))
    assert gate.asked(operation).verdict.covers == ((Cover(unmasked=True),),)


@pytest.mark.parametrize("unrestricted", [True, False])
def test_the_unrestricted_and_the_refused_are_left_alone(unrestricted) -> None:
    gate = Gate()
    assert gate.decide(shown(MAIL, verbatim=True), unrestricted=True).verdict == Allow()
    refused = gate.decide(shown(MAIL), accesses=(Access(Effect.WRITE, MAIL),), unrestricted=unrestricted)
    assert isinstance(refused.verdict, Deny)


def test_what_obliges_to_something_where_it_unmasks_obliges_the_whole_answer() -> None:
    gate = Gate('@obligation("cap_rows:10") ' + UNMASK + ";")
    assert gate.decide(shown(MAIL, verbatim=True)).verdict.obligations == (Obligation("cap_rows", "10"),)
    closed = Gate('@obligation("cap_rows:10") ' + UNMASK + ";", data=CLOSED)
    assert closed.decide(plain(NAME)).verdict == Allow((Obligation("cap_rows", "10"),))


def test_the_record_says_what_became_of_each_column() -> None:
    gate = Gate(UNMASK + ' when { resource.label == "card" };', data=SCANNED)
    decision = gate.decide(shown(MAIL, verbatim=True), shown(MAIL), shown(CARD, verbatim=True), plain(NAME))
    assert decision_facts(decision)["covers"] == [
        ["masked email", "derived from email", "unmasked", "searched, but not for card"]
    ]
