"""One principal using one resource for a while."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from yett.core.ids import SessionId
from yett.core.principals import Principal
from yett.core.targets import Resource


@dataclass(frozen=True, slots=True)
class ClientFacts:
    """What is known of the client's side of a session: where it comes from, how, and with which program."""

    address: str
    port: int = 0
    tls: bool = False
    program: str = ""
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Session:
    """The fixed facts of a session, made after the client proved who it is."""

    id: SessionId
    principal: Principal
    resource: Resource
    client: ClientFacts
    started_at: float
