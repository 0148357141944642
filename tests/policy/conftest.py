"""A small world to judge in: the kinds a SQL protocol would declare, a few principals, and policies as text."""

from collections.abc import Callable

import pytest

from yett.core.clock import ManualClock
from yett.core.ids import SessionId
from yett.core.operations import Operation
from yett.core.principals import Principal, PrincipalKind
from yett.core.sessions import ClientFacts, Session
from yett.core.targets import Access, Effect, Resource, Target, TargetKind
from yett.policy.engine import PolicyEngine
from yett.policy.loading import load_policies
from yett.policy.names import KnownNames
from yett.policy.schema import PolicySchema, ValueType, build_schema

READ, WRITE, DEFINE = Effect.READ, Effect.WRITE, Effect.DEFINE
VALUES = (Effect.MATCH, Effect.FILTER, Effect.UNMASK)
SQL_KINDS = (
    TargetKind("Schema", ("Resource",), (READ, DEFINE), "A schema of a database."),
    TargetKind("Table", ("Schema",), (READ, WRITE, DEFINE, *VALUES), "A table, view or sequence."),
    TargetKind("Column", ("Table",), (READ, WRITE, *VALUES), "A column of a table."),
    TargetKind("Function", ("Schema",), (Effect.EXECUTE, DEFINE), "A function or procedure."),
    TargetKind("Setting", ("Resource",), (READ, WRITE), "A run-time setting."),
)


class World:
    """Makes sessions, operations and engines in few words."""

    def __init__(self) -> None:
        self.clock = ManualClock()
        self.schema: PolicySchema = build_schema(
            SQL_KINDS,
            facts={"has_where": ValueType.BOOL, "tables": ValueType.LONG},
            claims={"team": ValueType.STRING, "level": ValueType.LONG, "areas": ValueType.SET},
        )

    def engine(self, *policies: str, known: KnownNames | None = None) -> PolicyEngine:
        files = {f"p{number}.cedar": text for number, text in enumerate(policies)}
        return load_policies(files, self.schema, known=known or KnownNames(), clock=self.clock)

    def principal(self, subject: str = "ana", *groups: str, **rest: object) -> Principal:
        fields = {"kind": PrincipalKind.USER, "issuer": "corp", "name": subject.title(), **rest}
        return Principal(subject=subject, groups=frozenset(groups), **fields)  # type: ignore[arg-type]  # tests name fields of Principal

    def session(
        self, *groups: str, resource: str = "orders", env: str = "prod", address: str = "10.1.2.3", **rest: object
    ) -> Session:
        principal = self.principal("ana", *groups, **rest)
        client = ClientFacts(address, 5000, tls=True, program="psql")
        return Session(SessionId("s1"), principal, Resource(resource, "postgres", env), client, self.clock.now())

    def table(self, name: str = "customers", resource: str = "orders") -> Target:
        return Target(resource, "Table", ("public", name))

    def column(self, name: str = "mail", label: str = "", table: str = "customers") -> Target:
        return Target("orders", "Column", ("public", table, name), label)

    def operation(self, *accesses: tuple[Effect, Target], kind: str = "SELECT", **facts: str | int | bool) -> Operation:
        found = tuple(Access(effect, target) for effect, target in accesses)
        return Operation("postgres", kind, "the text", found, facts)


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def table() -> Callable[..., Target]:
    return World().table
