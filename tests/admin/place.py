"""A control plane with everything real behind it but the store: identity, desk, grants, recorded calls, a listener."""

import asyncio
import hashlib
import http.client
import json
import threading
from dataclasses import dataclass, field
from typing import Any

from identity.signing import NOW, Issuer
from identity.world import World
from yett.admin.api import Behind, api_routes
from yett.admin.pages import Standing, admin_pages
from yett.admin.server import AdminServer
from yett.approvals.desk import ApprovalDesk
from yett.approvals.grants import Grants
from yett.approvals.memory import MemoryApprovalStore
from yett.approvals.settings import AccessSettings, FlowSettings
from yett.core.approvals import Asked
from yett.core.durations import Duration
from yett.core.errors import RecordingFailed
from yett.identity.settings import KindSettings, OidcSettings
from yett.protocols.postgres.transcript import whole_value

FRESH_SECONDS = 900
STATEMENT = b"UPDATE public.orders\nSET status = $1\nWHERE id = $2"
FLOWS = {
    "dba": FlowSettings(
        reviewers=("corp/dba",), break_glass=("corp/oncall",), shape_window_max=Duration(3600), open_per_principal=1000
    ),
    "two": FlowSettings(reviewers=("corp/dba",), quorum=2, open_per_principal=1000),
}
ROLES = {"orders-writer": AccessSettings(requestable_by=("corp/support-agents",), approval="dba", max=Duration(7200))}


def asked(number: int = 1, **changes: Any) -> Asked:
    """Return what an agent asks on Ana's behalf; `number` makes it another question of the same shape."""
    values = {
        "principal": "corp/support-bot",
        "kind": "Agent",
        "on_behalf_of": "corp/ana",
        "groups": ("corp/support-agents",),
        "run": "corp/run-17",
        "resource": "orders",
        "env": "prod",
        "session": "01kaj1xw6s1bkxzyafg7hs9ded",
        "sequence": 4,
        "address": "10.0.0.5",
        "program": "psycopg",
        "flows": ("dba",),
        "reason": "writes to orders are reviewed by a DBA",
        "policies": ("orders-writes-need-a-dba",),
        "policy_version": "3f2a9b0c11d2",
        "operation": "UPDATE",
        "statement": STATEMENT,
        "parameters": ((0, 25, b"refunded"), (1, 23, number.to_bytes(4, "big"))),
        "digest": hashlib.sha256(number.to_bytes(4, "big")).digest(),
        "shape": b"\x07" * 32,
        "shown": {
            "targets": "write public.orders\nwrite public.orders.status",
            "plan": "about 1 rows, cost 8.29\nIndex Only Scan using orders_pkey on orders: rows 1, cost 8.29",
            "affected rows": "1, counted when it was asked; what triggers and cascades change is not in it",
            "last operations": "SELECT 1",
        },
    }
    return Asked(**{**values, **changes})


@dataclass
class Place:
    """Everything of one control plane; `events` is what was recorded."""

    issuer: Issuer = field(default_factory=Issuer)
    events: list[tuple[str, dict[str, object]]] = field(default_factory=list)
    recording_fails: bool = False
    evaluation: str = ""
    port: int = 0

    def __post_init__(self) -> None:
        self.issuer.add_key("k1")
        kind = KindSettings(claim="kind", agent=("agent",), service=("service",))
        corp = OidcSettings(issuer=self.issuer.issuer, audience="yett", kind=kind)
        self.world = World(issuer=self.issuer, providers={"corp": corp})
        self.clock = self.world.clock
        self.store = MemoryApprovalStore()
        self.desk = ApprovalDesk(self.store, FLOWS, self.clock)
        self.grants = Grants(self.store, self.desk, ROLES, self.clock)
        self.behind = Behind(
            verify=lambda raw: self.world.identity.verify_with_refresh(raw, self.clock.now()),
            record=self.record,
            record_refused=lambda data: self.events.append(("login_refused", dict(data))),
            clock=self.clock,
            desk=self.desk,
            grants=self.grants,
            fresh_seconds=FRESH_SECONDS,
            evaluation=self.evaluation,
            value_text=lambda _resource, format_, type_, value: whole_value(format_, type_, value),
        )
        self.desk.changed()

    def record(self, kind: str, data: Any) -> None:
        if self.recording_fails:
            raise RecordingFailed("the disk is full", code="disk_full")
        self.events.append((kind, dict(data)))

    def start(self) -> None:
        """Listen."""
        pages = admin_pages(Standing(list, lambda _: (b"", "text/plain")), api=api_routes(self.behind))
        self.server = AdminServer(pages, "127.0.0.1", self.port)
        self.server.bind()
        self.thread = threading.Thread(target=lambda: asyncio.run(self.server.run()))
        self.thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self.server.stop()
        self.thread.join(10)

    def token(self, name: str = "dana", *groups: str, kind: str = "user", **claims: Any) -> str:
        """Return a provider's token, made now."""
        now = int(self.clock.now())
        claims = {"iat": now, "exp": now + 8 * 3600, **claims}
        return self.issuer.token(sub=name, groups=list(groups), kind=kind, preferred_username=name, **claims).reveal()

    def call(self, path: str, token: str = "", body: Any = None, method: str = "", **headers: str) -> "Answer":
        """Return the answer to one call."""
        sent = {key.replace("_", "-"): value for key, value in headers.items()}
        if token:
            sent.setdefault("Authorization", f"Bearer {token}")
        raw = body
        if body is not None and not isinstance(body, bytes):
            raw = json.dumps(body).encode()
            sent.setdefault("Content-Type", "application/json")
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=20)
        try:
            connection.request(method or ("GET" if body is None else "POST"), path, raw, sent)
            answer = connection.getresponse()
            return Answer(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def ask(self, number: int = 1, **changes: Any) -> str:
        """Return the id of a ticket that was asked now."""
        return self.desk.ask(asked(number, **changes)).id

    def seen(self, ticket: str) -> str:
        """Return what somebody says who has seen a ticket."""
        return self.desk.get(ticket).asked.digest.hex()[:16]


@dataclass
class Answer:
    """What a call was answered with."""

    status: int
    headers: Any
    raw: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.raw)

    @property
    def outcome(self) -> str:
        """Return `200`, or the status and the code of a problem."""
        return str(self.status) if self.status == 200 else f"{self.status} {self.body['code']}"


__all__ = ["NOW", "Answer", "Place", "asked"]
