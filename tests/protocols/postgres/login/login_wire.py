"""Drives the login dialogues over plain blocking sockets, as the gateway does over its own."""

import socket
import ssl
import struct
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from yett.core.errors import AuthenticationFailed
from yett.core.principals import Principal, PrincipalKind
from yett.core.secret import Secret
from yett.identity.credential import NewCredential, make_credential
from yett.protocols.postgres.codec import backend_key_data, message, parameter_status, ready
from yett.protocols.postgres.login.client_auth import (
    AUTHENTICATION_OK,
    Authenticated,
    Channel,
    authenticate,
)
from yett.protocols.postgres.login.packets import SSL_REQUEST, Dialogue
from yett.protocols.postgres.login.startup import (
    CancelRequest,
    GssRequest,
    SslRequest,
    Startup,
    StartupRefused,
    read_first,
)

T = TypeVar("T")
ADA = Principal(PrincipalKind.USER, "yett", "ada", "Ada")
TOKEN = "header.payload.signature"


def read_exactly(wire: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size:
        more = wire.recv(size - len(got))
        if not more:
            raise ConnectionError("the peer has gone")
        got += more
    return got


def read_message(wire: socket.socket) -> tuple[int, bytes]:
    kind, length = struct.unpack("!BI", read_exactly(wire, 5))
    return kind, read_exactly(wire, length - 4)


def converse(wire: socket.socket, dialogue: Dialogue[T]) -> T:
    """Run a dialogue to its end."""
    try:
        out = next(dialogue)
        while True:
            if out:
                wire.sendall(out)
            out = dialogue.send(read_message(wire))
    except StopIteration as end:
        return end.value


def dial(
    host: str, port: int, ca: Path | None = None, pair: tuple[Path, Path] | None = None
) -> tuple[socket.socket, bytes | None]:
    """Connect to a real server, with TLS where an authority is given; also return the server's certificate."""
    wire = socket.create_connection((host, port), timeout=10)
    if ca is None:
        return wire, None
    wire.sendall(SSL_REQUEST)
    assert read_exactly(wire, 1) == b"S"
    context = ssl.create_default_context(cafile=str(ca))
    if pair:
        context.load_cert_chain(*pair)
    tls = context.wrap_socket(wire, server_hostname=host)
    return tls, tls.getpeercert(binary_form=True)


@dataclass
class TestAuthority:
    """A gate that knows one credential, one token, and what the test says."""

    __test__ = False
    credential: NewCredential = field(default_factory=lambda: make_credential(1_700_000_000.0))
    bound_to: Principal | None = None
    certified: Principal | None = None
    asked: list[str] = field(default_factory=list)

    def bound(self) -> Principal | None:
        return self.bound_to

    def certificate(self) -> Principal | None:
        return self.certified

    def scram(self, credential_id: str):
        self.asked.append(credential_id)
        return self.credential.scram if credential_id == self.credential.id else None

    def scram_proven(self, credential_id: str) -> Principal:
        assert credential_id == self.credential.id
        return ADA

    def password(self, raw: Secret) -> Principal:
        if raw.reveal() not in {TOKEN, self.credential.text.reveal()}:
            raise AuthenticationFailed("the credential's secret does not fit", code="credential_wrong")
        return ADA


@dataclass
class TestGate:
    """A server of one accept loop that lets clients log in and answers every query with nothing."""

    __test__ = False
    authority: TestAuthority
    chain: Path | None = None
    key: Path | None = None
    loopback: bool = True
    port: int = 0
    results: list[Authenticated] = field(default_factory=list)
    startups: list[Startup] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)
    cancels: list[CancelRequest] = field(default_factory=list)

    def serve(self, listener: socket.socket) -> None:
        while True:
            try:
                wire, _ = listener.accept()
            except OSError:
                return
            wire.settimeout(10)
            try:
                with ExitStack() as open_wires:
                    self._session(wire, open_wires)
            except ConnectionError:
                pass
            except Exception as failure:  # noqa: BLE001 - the test looks at it
                self.failures.append(failure)
            finally:
                wire.close()

    def _session(self, wire: socket.socket, open_wires: ExitStack) -> None:
        certificate = None
        while True:
            header = read_exactly(wire, 4)
            try:
                first = read_first(header + read_exactly(wire, struct.unpack("!I", header)[0] - 4))
            except StartupRefused as refused:
                self.failures.append(refused)
                wire.sendall(refused.answer)
                return
            if isinstance(first, SslRequest) and self.chain:
                wire.sendall(b"S")
                context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
                context.load_cert_chain(self.chain, self.key)
                wire = open_wires.enter_context(context.wrap_socket(wire, server_side=True))
                certificate = ssl.PEM_cert_to_DER_cert(self.chain.read_text().split("-----END")[0] + PEM_END)
            elif isinstance(first, SslRequest | GssRequest):
                wire.sendall(b"N")
            else:
                break
        if isinstance(first, CancelRequest):
            self.cancels.append(first)
            return
        self._login(wire, first, certificate)

    def _login(self, wire: socket.socket, startup: Startup, certificate: bytes | None) -> None:
        self.startups.append(startup)
        wire.sendall(startup.negotiation)
        channel = Channel(tls=certificate is not None, loopback=self.loopback, server_certificate=certificate)
        try:
            result = converse(wire, authenticate(startup.user, channel, self.authority, b"gate"))
        except AuthenticationFailed as failed:
            self.failures.append(failed)
            wire.sendall(failed.answer)
            return
        assert isinstance(result, Authenticated)
        self.results.append(result)
        key = bytes(range(32)) if startup.protocol_minor >= 2 else b"\1\2\3\4"
        settings = {"server_version": "17.0", "client_encoding": "UTF8", "standard_conforming_strings": "on"}
        greeting = b"".join(parameter_status(*pair) for pair in settings.items())
        wire.sendall(result.final + AUTHENTICATION_OK + greeting + backend_key_data(77, key) + ready(b"I"))
        while read_message(wire)[0] != ord("X"):
            wire.sendall(message(b"I", b"") + ready(b"I"))


PEM_END = "-----END CERTIFICATE-----\n"


@contextmanager
def serving(gate: TestGate) -> Iterator[TestGate]:
    """Serve logins on a free loopback port for as long as the test needs."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gate.port = listener.getsockname()[1]
        thread = threading.Thread(target=gate.serve, args=(listener,))
        thread.start()
        try:
            yield gate
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join(15)
