"""People, machines, questions and flows that the tests of approvals are about."""

import hashlib
from dataclasses import replace

from yett.approvals.settings import FlowSettings
from yett.core.approvals import Asked
from yett.core.durations import Duration
from yett.core.principals import Principal, PrincipalKind


def person(name: str, *groups: str, issuer: str = "corp", **more) -> Principal:
    return Principal(PrincipalKind.USER, issuer, name, name.title(), frozenset(groups), **more)


ANA = person("ana", "corp/support")
BEA, CARL, DORA = (person(name, "corp/dba") for name in ("bea", "carl", "dora"))
ELSE = person("else", "corp/sales")
CHIEF = person("chief", "corp/chiefs")
BOT = Principal(PrincipalKind.AGENT, "corp", "bot", "Bot", frozenset({"corp/dba", "corp/agents"}), on_behalf_of=ANA)


def flow(**changes) -> FlowSettings:
    durations = {
        name: Duration(value)
        for name, value in changes.items()
        if name in {"expires", "in_transaction", "remind", "escalate_after", "shape_window_max"}
    }
    return FlowSettings(**{"reviewers": ("corp/dba",), **changes, **durations})


def asked(who: Principal = BOT, statement: bytes = b"UPDATE orders SET paid = true WHERE id = 7", **changes) -> Asked:
    values = {
        "principal": who.key,
        "kind": str(who.kind),
        "on_behalf_of": who.on_behalf_of.key if who.on_behalf_of else "",
        "groups": tuple(sorted(who.groups)),
        "run": "run-1",
        "resource": "orders",
        "env": "prod",
        "session": "s1",
        "sequence": 3,
        "address": "10.0.0.9",
        "program": "agent.py",
        "flows": ("dba",),
        "reason": "writes to orders are reviewed by a DBA",
        "policies": ("orders-writes-need-a-dba",),
        "policy_version": "v1",
        "operation": "UPDATE",
        "statement": statement,
        "parameters": ((0, 23, b"7"), (1, 25, None)),
        "shape": hashlib.sha256(b"shape" + who.key.encode()).digest(),
        "shown": {"targets": "orders/public.orders"},
        **changes,
    }
    made = Asked(**values)
    return made if made.digest else replace(made, digest=digest_of(made))


def digest_of(one: Asked) -> bytes:
    return hashlib.sha256(
        repr((one.principal, one.on_behalf_of, one.run, one.statement, one.parameters)).encode()
    ).digest()
