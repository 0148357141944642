"""What is remembered is what evaluation would say, and it costs next to nothing."""

import time

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from yett.core.decisions import Allow
from yett.core.ids import RunId, SessionId
from yett.core.operations import Operation
from yett.core.principals import Principal, PrincipalKind
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Access, Effect, Resource, Target
from yett.policy.engine import PolicyEngine
from yett.policy.generations import Generations
from yett.policy.loading import read_policies
from yett.policy.problems import PolicyProblems

PRINCIPALS = ["principal", 'principal in Group::"corp/a"', "principal is Agent", 'principal == User::"corp/ana"']
ACTIONS = ["action", 'action == Action::"read"', 'action in [Action::"write", Action::"read"]']
RESOURCES = [
    "resource",
    'resource in Resource::"orders"',
    "resource is Table",
    'resource in Schema::"orders/public"',
    'resource == Table::"orders/public.customers"',
    'resource in Table::"orders/public.customers"',
    'resource is Table in Schema::"orders/public"',
    'resource == Column::"orders/public.customers.mail"',
    'resource is Column in Table::"orders/public.customers"',
    "resource is Column",
]
CONDITIONS = [
    "",
    'when { context.approvals.contains("dba") }',
    "when { context.hour < 12 }",
    'when { context.weekday == "monday" }',
    'when { context.now < datetime("2023-11-14T22:13:50Z") }',
    'when { context.operation.kind == "SELECT" }',
    "when { context.operation.has_where }",
    "when { context.operation.tables > 1 }",
    'when { context.client_address.isInRange(ip("10.0.0.0/8")) }',
    'when { context.program like "psql*" }',
    'when { context.run != "" }',
    'when { principal.claims.team == "red" }',
    'when { principal.on_behalf_of == "corp/ana" }',
    'when { resource.env == "prod" && resource.label == "" }',
    'unless { resource.name == "customers" }',
    'unless { resource.name == "mail" }',
    'when { resource.name != "mail" && resource.label != "card" }',
    'when { ["customers", "mail"].contains(resource.name) }',
    'when { resource.label == "email" }',
    "when { resource is Column }",
    "when { !(resource is Column) }",
    'unless { resource == Column::"orders/public.customers.mail" }',
    'when { resource == Table::"orders/public.customers" || resource.name like "m*" }',
    'when { resource in [Table::"orders/public.customers", Schema::"orders/hr"] }',
    "when { resource is Column && principal.claims.level * 9223372036854775807 < 1 }",
    'when { context == context && principal.claims.areas.contains("eu") }',
]
FLOW = """@approval("dba") forbid (principal, action == Action::"write", resource)
unless { context.approvals.contains("dba") };"""


def lawful(text):
    """Return a policy that may look at the run: only a forbid."""
    return text.replace("permit", "forbid") if "context.run" in text or "context ==" in text else text


def lawful_policies(texts, schema):
    """Return the policies; a condition that could never hold under its scope is none that could be loaded."""
    try:
        return read_policies({f"p{n}": text for n, text in enumerate(texts)}, schema)
    except PolicyProblems:
        assume(condition=False)


ACTIONS_OF = {
    "Resource": [effect for effect in Effect if effect is not Effect.UNKNOWN],
    "Schema": [Effect.READ, Effect.DEFINE],
    "Table": [Effect.READ, Effect.WRITE, Effect.MATCH, Effect.FILTER, Effect.UNMASK],
    "Column": [Effect.READ, Effect.WRITE, Effect.MATCH, Effect.FILTER, Effect.UNMASK],
    "Function": [Effect.EXECUTE],
    "Setting": [Effect.WRITE],
}
policies = st.lists(
    st.one_of(
        st.builds(
            "{} ({}, {}, {}) {};".format,
            st.sampled_from(["permit", "permit", "permit", "forbid"]),
            st.sampled_from(PRINCIPALS),
            st.sampled_from(ACTIONS),
            st.sampled_from(RESOURCES),
            st.sampled_from(CONDITIONS),
        ).map(lawful),
        st.just(FLOW),
    ),
    min_size=1,
    max_size=4,
)
actor = Principal(PrincipalKind.USER, "corp", "ana", "Ana")
principals = st.builds(
    Principal,
    kind=st.sampled_from([PrincipalKind.USER, PrincipalKind.AGENT]),
    issuer=st.just("corp"),
    subject=st.sampled_from(["ana", "bo"]),
    name=st.just("x"),
    groups=st.sampled_from([frozenset(), frozenset({"corp/a"})]),
    claims=st.sampled_from([{}, {"team": "red", "level": 3}, {"team": 1}, {"team": "red", "areas": ("eu",)}]),
    on_behalf_of=st.sampled_from([None, actor]),
    run=st.sampled_from([None, RunId("r1")]),
)
sessions = st.builds(
    Session,
    id=st.just(SessionId("same")),
    principal=principals,
    resource=st.builds(Resource, st.just("orders"), st.just("postgres"), st.sampled_from(["prod", "dev"])),
    client=st.builds(
        ClientFacts, st.sampled_from(["10.0.0.1", "192.0.2.1", "junk"]), program=st.sampled_from(["psql", ""])
    ),
    started_at=st.just(0.0),
)
targets = st.sampled_from(
    [
        Target("orders"),
        Target("orders", "Table", ("public", "customers")),
        Target("orders", "Table", ("hr", "employees")),
        Target("orders", "Column", ("public", "customers", "mail"), "email"),
        Target("orders", "Column", ("public", "customers", "mail")),
        Target("orders", "Column", ("public", "customers", "phone")),
        Target("orders", "Column", ("public", "customers", "card"), "card"),
        Target("orders", "Column", ("hr", "employees", "mail"), "email"),
        Target("billing"),
    ]
)
accesses = st.lists(
    st.builds(
        Access, st.sampled_from([Effect.READ, Effect.READ, Effect.WRITE, Effect.UNMASK, Effect.UNKNOWN]), targets
    ),
    max_size=3,
).map(tuple)
facts = st.fixed_dictionaries(
    {}, optional={"has_where": st.sampled_from([True, False, 1, 0]), "tables": st.sampled_from([0, 2, True])}
)
requests = st.tuples(
    st.integers(0, 2),
    st.integers(0, 2),
    st.sampled_from(["SELECT", "DELETE"]),
    facts,
    st.sampled_from([frozenset(), frozenset({"dba"})]),
    st.integers(0, 40_000),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=policies,
    people=st.lists(sessions, min_size=3, max_size=3),
    touched=st.lists(accesses, min_size=3, max_size=3),
    asked=st.lists(requests, min_size=1, max_size=25),
)
def test_the_remembered_answer_is_the_evaluated_one(world, texts, people, touched, asked):
    policies = lawful_policies(texts, world.schema)
    clock = world.clock
    remembering = PolicyEngine(policies, world.schema, clock)
    for who, what, kind, said, approvals, seconds in asked:
        clock.advance(seconds)
        operation = Operation("postgres", kind, "", touched[what], said)
        fresh = PolicyEngine(policies, world.schema, clock)
        expected = fresh.decide_afresh(people[who], operation, approvals)
        assert remembering.decide(people[who], operation, approvals) == expected
        assert remembering.decide(people[who], operation, approvals) == expected
        # The same content in other objects must find the same answer.
        copied = Operation("postgres", kind, "", tuple(Access(a.effect, a.target) for a in touched[what]), said)
        assert remembering.decide(people[who], copied, approvals) == expected


everything = st.lists(
    st.builds(
        "{} ({}, action, {}) {};".format,
        st.sampled_from(["permit", "permit", "permit", "forbid"]),
        st.sampled_from([*PRINCIPALS, "principal is User"]),
        st.sampled_from([*RESOURCES, 'resource == Resource::"orders"', 'resource in Resource::"billing"']),
        st.sampled_from(["", "", *CONDITIONS]),
    ).map(lawful),
    min_size=1,
    max_size=3,
)
SOME_FACTS = {"has_where": 1, "tables": "many"}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=everything, who=sessions, approvals=st.sampled_from([frozenset(), frozenset({"dba"})]))
def test_whoever_is_unrestricted_is_allowed_everything(world, texts, who, approvals):
    policies = lawful_policies(texts, world.schema)
    engine = PolicyEngine(policies, world.schema, world.clock)
    if not engine.unrestricted(who):
        return
    below = [("public",), ("public", "x"), ("public", "x", "y")]
    for name, depths in [("Resource", {0}), *world.schema.depths.items()]:
        path = next((one for one in below if len(one) in depths), ())
        asked = tuple(Access(effect, Target("orders", name, path)) for effect in ACTIONS_OF[name])
        for facts_said in ({}, SOME_FACTS):
            operation = Operation("postgres", "anything", "", asked, facts_said)
            assert isinstance(engine.decide_afresh(who, operation, approvals).verdict, Allow), (texts, name)


def test_a_repeated_operation_costs_about_a_microsecond(world):
    engine = world.engine(*(f'permit (principal in Group::"corp/g{n}", action, resource);' for n in range(30)))
    session, operation = world.session("corp/g7"), world.operation((Effect.READ, world.table()))
    engine.decide(session, operation)
    best = min(_seconds(engine, session, operation, 20_000) for _ in range(5))
    assert best < 3e-6, f"{best * 1e6:.2f} us; the goal is 1"


def _seconds(engine, session, operation, rounds):
    begin = time.perf_counter()
    for _ in range(rounds):
        engine.decide(session, operation)
    return (time.perf_counter() - begin) / rounds


def test_facts_that_no_policy_reads_do_not_split_what_is_remembered(world):
    engine = world.engine("permit (principal, action, resource);")
    session, operation = world.session(), world.operation((Effect.READ, world.table()))
    engine.decide(session, operation)
    for number in range(100):
        engine.decide(session, Operation("postgres", "SELECT", str(number), operation.accesses, {"tables": number}))
    assert len(engine._operations) == 1


def test_memory_is_bounded_by_weight():
    memory: Generations[int, str] = Generations(100)
    for number in range(10_000):
        memory.put(number, "x")
    assert len(memory) <= 200
    memory.put(-1, "too heavy", weight=50)
    assert memory.get(-1) is None
    assert memory.get(9_999) == "x"


def test_sessions_that_ended_are_not_confused_with_new_ones_at_the_same_address(world):
    engine = world.engine('permit (principal in Group::"corp/a", action, resource);')
    operation = world.operation((Effect.READ, world.table()))
    verdicts = set()
    for number in range(2_000):
        groups = ("corp/a",) if number % 2 else ()
        allowed = type(engine.decide(world.session(*groups), operation).verdict).__name__
        verdicts.add((bool(groups), allowed))
    assert verdicts == {(True, "Allow"), (False, "Deny")}
