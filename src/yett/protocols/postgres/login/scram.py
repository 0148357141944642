"""SCRAM-SHA-256, both sides: a password is proven without being sent, and the server proves that it knows it too.

RFC 5802 and RFC 7677, as PostgreSQL speaks them: the user name inside is empty or ignored, extensions are refused.
"""

import hashlib
import hmac
import re
import secrets
from base64 import b64decode, b64encode
from binascii import Error
from dataclasses import dataclass, field
from typing import Protocol

from yett.core.errors import ProtocolError
from yett.protocols.postgres.login.channel_binding import CHANNEL_BINDING

MESSAGE_BYTES_MAX = 8192
ITERATIONS_MAX = 1_000_000
_KEY_BYTES = 32
_SALT_BYTES_MAX = 1024
_NONCE = r"[\x21-\x2b\x2d-\x7e]+"
_B64 = r"[A-Za-z0-9+/]+={0,2}"
_CLIENT_FIRST = re.compile(rf"(n|y|p=[A-Za-z0-9.-]+),,(n=[^,\0]*,r=({_NONCE}))")
_CLIENT_FINAL = re.compile(rf"(c=({_B64}),r=({_NONCE})),p=({_B64})")
_SERVER_FIRST = re.compile(rf"r=({_NONCE}),s=({_B64}),i=([1-9][0-9]{{0,9}})")
_SERVER_FINAL = re.compile(rf"v=({_B64})")


class ScramVerifier(Protocol):
    """What a server keeps of a password (RFC 5803)."""

    @property
    def iterations(self) -> int:
        """The number of PBKDF2 rounds."""
        ...

    @property
    def salt(self) -> bytes:
        """The salt of the password."""
        ...

    @property
    def stored_key(self) -> bytes:
        """What checks the client's proof."""
        ...

    @property
    def server_key(self) -> bytes:
        """What proves the server."""
        ...


@dataclass(frozen=True, slots=True, repr=False)
class ScramKeys:
    """What a client makes of a password, a salt and a count of rounds; as secret as the password."""

    client_key: bytes
    server_key: bytes


@dataclass(frozen=True, slots=True, repr=False)
class MockVerifier:
    """A verifier that no password fits."""

    iterations: int
    salt: bytes
    stored_key: bytes
    server_key: bytes


def keys_of(password: bytes, salt: bytes, iterations: int) -> ScramKeys:
    """Return the keys of a prepared password. Costs `iterations` rounds of HMAC."""
    salted = hashlib.pbkdf2_hmac("sha256", password, salt, iterations)
    return ScramKeys(hmac.digest(salted, b"Client Key", "sha256"), hmac.digest(salted, b"Server Key", "sha256"))


def mock_verifier(secret: bytes, name: str, iterations: int) -> MockVerifier:
    """Return what is shown for an unknown name: the same each time, as a stored verifier would be."""
    salt = hmac.digest(secret, b"salt:" + name.encode(), "sha256")[:16]
    return MockVerifier(iterations, salt, secrets.token_bytes(_KEY_BYTES), secrets.token_bytes(_KEY_BYTES))


@dataclass(slots=True, repr=False)
class ServerExchange:
    """The server's side. `end_point` is given exactly when the client chose SCRAM-SHA-256-PLUS.

    `offers_plus` says whether PLUS was on offer, so that stripping it from the offer on the way is noticed.
    """

    verifier: ScramVerifier
    end_point: bytes | None = None
    offers_plus: bool = False
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    _gs2: str = ""
    _first: str = ""
    _nonce: str = ""

    def first(self, message: bytes) -> bytes:
        """Take client-first-message, return server-first-message. Raises ProtocolError."""
        match = _CLIENT_FIRST.fullmatch(_text(message))
        if match is None:
            raise ProtocolError("malformed SCRAM message", code="scram_malformed")
        flag, bare, client_nonce = match.groups()
        if flag.startswith("p=") != (self.end_point is not None):
            raise ProtocolError("malformed SCRAM message: channel binding", code="scram_channel_binding")
        if flag.startswith("p=") and flag != f"p={CHANNEL_BINDING}":
            raise ProtocolError("unsupported SCRAM channel-binding type", code="scram_channel_binding")
        if flag == "y" and self.offers_plus:
            raise ProtocolError("SCRAM channel binding negotiation error", code="scram_channel_binding")
        self._gs2, self._nonce = f"{flag},,", client_nonce + self.nonce
        reply = f"r={self._nonce},s={_b64(self.verifier.salt)},i={self.verifier.iterations}"
        self._first = f"{bare},{reply}"
        return reply.encode()

    def final(self, message: bytes) -> bytes | None:
        """Take client-final-message; return server-final-message, or None when the proof does not fit.

        Raises ProtocolError for a message that is malformed or belongs to another exchange.
        """
        match = _CLIENT_FINAL.fullmatch(_text(message))
        if match is None:
            raise ProtocolError("malformed SCRAM message", code="scram_malformed")
        without_proof, binding, nonce, proof = match.groups()
        if not hmac.compare_digest(nonce, self._nonce):
            raise ProtocolError("invalid SCRAM response: nonce", code="scram_malformed")
        if not hmac.compare_digest(_unb64(binding), self._gs2.encode() + (self.end_point or b"")):
            raise ProtocolError("SCRAM channel binding check failed", code="scram_channel_binding")
        signed = f"{self._first},{without_proof}".encode()
        if not _proves(self.verifier.stored_key, signed, _unb64(proof)):
            return None
        return b"v=" + _b64(hmac.digest(self.verifier.server_key, signed, "sha256")).encode()


@dataclass(slots=True, repr=False)
class ClientExchange:
    """The client's side. `gs2_flag` is `n`, `y` (channel binding known, not offered) or `p=tls-server-end-point`."""

    gs2_flag: str = "n"
    end_point: bytes = b""
    user: str = ""
    nonce: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    salt: bytes = b""
    iterations: int = 0
    _server_first: str = ""
    _nonce: str = ""
    _signature: bytes = b""

    def first(self) -> bytes:
        """Return client-first-message. PostgreSQL ignores the user name in it, and libpq leaves it empty."""
        return f"{self.gs2_flag},,{self._bare}".encode()

    def challenged(self, message: bytes) -> None:
        """Take server-first-message: the salt and the count of rounds are known then. Raises ProtocolError."""
        match = _SERVER_FIRST.fullmatch(_text(message))
        if match is None:
            raise ProtocolError("the server sent a malformed SCRAM message", code="scram_malformed")
        nonce, salt, iterations = match.groups()
        if not nonce.startswith(self.nonce) or len(nonce) <= len(self.nonce):
            raise ProtocolError("the server answered another SCRAM exchange", code="scram_malformed")
        self.iterations, self.salt = int(iterations), _unb64(salt)
        if self.iterations > ITERATIONS_MAX or len(self.salt) > _SALT_BYTES_MAX:
            raise ProtocolError("the server asks for too many SCRAM rounds", code="scram_iterations")
        self._server_first, self._nonce = message.decode(), nonce

    def final(self, keys: ScramKeys) -> bytes:
        """Return client-final-message, which proves the password."""
        binding = _b64(f"{self.gs2_flag},,".encode() + self.end_point)
        without_proof = f"c={binding},r={self._nonce}"
        signed = f"{self._bare},{self._server_first},{without_proof}".encode()
        stored_key = hashlib.sha256(keys.client_key).digest()
        proof = _xor(keys.client_key, hmac.digest(stored_key, signed, "sha256"))
        self._signature = hmac.digest(keys.server_key, signed, "sha256")
        return f"{without_proof},p={_b64(proof)}".encode()

    def is_mutual(self, message: bytes) -> bool:
        """Take server-final-message: tell whether the server proved that it knows the password.

        Raises ProtocolError for a message that cannot be read.
        """
        match = _SERVER_FINAL.fullmatch(_text(message))
        return match is not None and self._signature != b"" and hmac.compare_digest(_unb64(match[1]), self._signature)

    @property
    def _bare(self) -> str:
        return f"n={self.user},r={self.nonce}"


def _proves(stored_key: bytes, signed: bytes, proof: bytes) -> bool:
    if len(proof) != _KEY_BYTES:
        return False
    client_key = _xor(proof, hmac.digest(stored_key, signed, "sha256"))
    return hmac.compare_digest(hashlib.sha256(client_key).digest(), stored_key)


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def _text(message: bytes) -> str:
    if len(message) > MESSAGE_BYTES_MAX:
        raise ProtocolError("a SCRAM message is too long", code="scram_malformed")
    try:
        return message.decode()
    except UnicodeDecodeError:
        raise ProtocolError("malformed SCRAM message", code="scram_malformed") from None


def _b64(raw: bytes) -> str:
    return b64encode(raw).decode()


def _unb64(text: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (Error, ValueError):
        raise ProtocolError("malformed SCRAM message: base64", code="scram_malformed") from None
