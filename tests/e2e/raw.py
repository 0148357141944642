"""A raw connection: bytes as they are sent, messages as they come, to compare both ways to a server to the byte."""

import socket
import struct
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from e2e.routes import Route
from yett.protocols.postgres import codec

Message = tuple[bytes, bytes]
"""A message's type and its body."""

_PLAINTEXT = 3
_PLAINTEXT_PASSWORD_WANTED = struct.pack("!I", _PLAINTEXT)


@dataclass(slots=True)
class Peer:
    """A client that says what a test likes; `greeting` is what it was told until it was signed in."""

    socket: socket.socket
    greeting: list[Message] = field(default_factory=list)
    closed: bool = False
    _rest: bytes = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.socket.close()

    @property
    def process_id(self) -> int:
        """Return the process id of its backend, as it was told."""
        return int.from_bytes(self.key_data[:4], "big")

    @property
    def key_data(self) -> bytes:
        """Return the body of BackendKeyData."""
        return next(body for kind, body in self.greeting if kind == b"K")

    def say(self, *data: bytes) -> None:
        """Send bytes; one that the other side has closed hears of it when it listens."""
        try:
            self.socket.sendall(b"".join(data))
        except (BrokenPipeError, ConnectionResetError):
            self.closed = True

    def say_slowly(self, data: bytes, size: int = 1) -> None:
        """Send bytes in pieces of this size, each in a packet of its own."""
        if self.socket.family == socket.AF_INET:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for at in range(0, len(data), size):
            self.socket.sendall(data[at : at + size])

    def hear(self, readies: int = 1, seconds: float = 10, *, quiet: float = 0) -> list[Message]:
        """Return messages up to this many ReadyForQuery, the end of the connection, or silence for `quiet` seconds."""
        heard: list[Message] = []
        self.socket.settimeout(quiet or seconds)
        while readies > 0 or quiet:
            message = self._next()
            if message is None:
                break
            heard.append(message)
            readies -= message[0] == b"Z"
        return heard

    def _next(self) -> Message | None:
        while True:
            if len(self._rest) >= 5:
                stop = 1 + int.from_bytes(self._rest[1:5], "big")
                if len(self._rest) >= stop:
                    message = self._rest[:1], self._rest[5:stop]
                    self._rest = self._rest[stop:]
                    return message
            try:
                piece = self.socket.recv(1 << 20)
            except TimeoutError:
                return None
            except ConnectionResetError:
                piece = b""
            if not piece:
                self.closed = True
                return None
            self._rest += piece


def dial(route: Route) -> socket.socket:
    """Return a connection that has said nothing: by TCP to the gate, where everybody is trusted to the server."""
    if route.through_gate:
        return socket.create_connection((route.host, route.port), timeout=10)
    found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    found.settimeout(10)
    found.connect(str(route.server.socket_folder / f".s.PGSQL.{route.port}"))
    return found


def startup(route: Route, minor: int = 0, **parameters: str) -> bytes:
    """Return a startup packet."""
    given = {"user": route.user, "database": route.database, "client_encoding": "UTF8"} | parameters
    body = b"".join(codec.cstring(part) for pair in given.items() for part in pair) + b"\0"
    return struct.pack("!IHH", len(body) + 8, 3, minor) + body


def sign_in(route: Route, minor: int = 0, **parameters: str) -> Peer:
    """Return a connection that is ready, or was refused."""
    peer = Peer(dial(route))
    peer.say(startup(route, minor, **parameters))
    enter(peer, route)
    return peer


def enter(peer: Peer, route: Route) -> None:
    """Answer what the server asks until it is ready, or has refused."""
    while (message := peer._next()) is not None:
        peer.greeting.append(message)
        if message == (b"R", _PLAINTEXT_PASSWORD_WANTED):
            peer.say(codec.message(b"p", codec.cstring(route.password)))
        elif message[0] in {b"Z", b"E"}:
            return
