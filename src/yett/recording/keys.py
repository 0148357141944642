"""The two keys of the evidence: one that makes recordings readable, one that proves who wrote them."""

import base64
import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from yett.core.errors import ConfigError
from yett.recording.settings import KeySettings

_RECORDING_MARK = "yett-recording-key-v1:"
_KEY_ID_BYTES = 8


class RecordingKey:
    """Wraps the key of each file (AES-256-GCM). Whoever holds it can read recordings."""

    __slots__ = ("_cipher", "id")

    def __init__(self, raw: bytes) -> None:
        self._cipher = AESGCM(raw)
        self.id = hashlib.sha256(b"yett-recording-key\0" + raw).digest()[:_KEY_ID_BYTES]

    def wrap(self, key: bytes, binding: bytes) -> bytes:
        """Return `key` wrapped, with its nonce in front."""
        nonce = os.urandom(12)
        return nonce + self._cipher.encrypt(nonce, key, binding)

    def unwrap(self, slot: bytes, binding: bytes) -> bytes:
        """Return the key in `slot`; raises cryptography's InvalidTag when it is not ours or was changed."""
        return self._cipher.decrypt(slot[:12], slot[12:], binding)


class SigningKey:
    """Signs checkpoints (Ed25519). Its public half is all that `yett verify` needs."""

    __slots__ = ("_key", "id", "public")

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        self.public = key.public_key()
        self.id = public_key_id(self.public)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte signature of `message`."""
        return self._key.sign(message)


@dataclass(frozen=True, slots=True)
class Keys:
    """What a gate needs to write evidence and to read it again. `older` recording keys only read."""

    recording: RecordingKey
    signing: SigningKey
    older: tuple[RecordingKey, ...] = ()

    @property
    def readers(self) -> tuple[RecordingKey, ...]:
        """Return all keys that recordings may have been made under."""
        return (self.recording, *self.older)


class PublicKeys:
    """The public keys that signatures are checked against, by id."""

    __slots__ = ("_keys",)

    def __init__(self, *keys: Ed25519PublicKey) -> None:
        self._keys = {public_key_id(key): key for key in keys}

    def accepts(self, key_id: bytes, signature: bytes, message: bytes) -> bool:
        """Tell whether `signature` of `message` was made by the key of that id, and that key is trusted here."""
        key = self._keys.get(key_id)
        if key is None:
            return False
        try:
            key.verify(signature, message)
        except InvalidSignature:
            return False
        return True

    def knows(self, key_id: bytes) -> bool:
        """Tell whether a key of that id is trusted here."""
        return key_id in self._keys


def public_key_id(key: Ed25519PublicKey) -> bytes:
    """Return the first 8 bytes of SHA-256 over the raw public key."""
    raw = key.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return hashlib.sha256(raw).digest()[:_KEY_ID_BYTES]


def load_keys(data: Path, settings: KeySettings, environ: Mapping[str, str], *, create: bool) -> Keys:
    """Return the keys that the settings name.

    With `create`, missing key files are made (0600, in a 0700 folder) and the public key is written beside them as
    `signing.pub.pem`. Keys put aside as `recording-….key` go on reading what was made under them. Raises ConfigError
    when a key is missing, malformed, or readable by others.
    """
    folder = data / "keys"
    if create:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    recording_path = Path(settings.recording_path).expanduser() if settings.recording_path else folder / "recording.key"
    signing_path = Path(settings.signing_path).expanduser() if settings.signing_path else folder / "signing.key"
    recording = _text(recording_path, settings.recording_env, environ, _new_recording_key if create else None)
    signing = _text(signing_path, settings.signing_env, environ, _new_signing_key if create else None)
    older = tuple(
        _parse_recording_key(_text(path, "", environ, None)) for path in sorted(folder.glob("recording-*.key"))
    )
    keys = Keys(_parse_recording_key(recording), _parse_signing_key(signing), older)
    if create:
        _publish(folder / "signing.pub.pem", keys.signing.public)
        # The one under its id stays when the key is changed, for what was signed before.
        _publish(folder / f"signing-{keys.signing.id.hex()}.pub.pem", keys.signing.public)
    return keys


def load_public_keys(*paths: Path) -> PublicKeys:
    """Return the Ed25519 public keys in these PEM files; raises ConfigError when one is no such key."""
    keys = []
    for path in paths:
        try:
            key = serialization.load_pem_public_key(path.read_bytes())
        except (OSError, ValueError) as error:
            msg = f"cannot read the public key {path}: {type(error).__name__}"
            raise _bad(msg) from None
        if not isinstance(key, Ed25519PublicKey):
            msg = f"{path} is not an Ed25519 public key"
            raise _bad(msg)
        keys.append(key)
    return PublicKeys(*keys)


def _text(path: Path, variable: str, environ: Mapping[str, str], make: object) -> str:
    if variable:
        value = environ.get(variable)
        if not value:
            msg = f"the environment variable {variable} holds no key"
            raise _bad(msg)
        return value
    if callable(make) and not path.exists():
        _write_private(path, make())
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the key {path}: {type(error).__name__}"
        raise _bad(msg) from None
    if mode & 0o077:
        msg = f"the key {path} can be read by others (mode {mode:04o})"
        raise _bad(msg, hint=f"chmod 600 {path}")
    return text


def _new_recording_key() -> str:
    return _RECORDING_MARK + base64.b64encode(os.urandom(32)).decode() + "\n"


def _new_signing_key() -> str:
    pem = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return pem.decode()


def _parse_recording_key(text: str) -> RecordingKey:
    try:
        raw = base64.b64decode(text.strip().removeprefix(_RECORDING_MARK), validate=True)
    except ValueError:
        raw = b""
    if len(raw) != 32:
        raise _bad("the recording key is not 32 bytes in base64")
    return RecordingKey(raw)


def _parse_signing_key(text: str) -> SigningKey:
    try:
        key = serialization.load_pem_private_key(text.encode(), password=None)
    except ValueError:
        raise _bad("the signing key is not a PEM private key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise _bad("the signing key is not an Ed25519 key")
    return SigningKey(key)


def _write_private(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(fd, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def _publish(path: Path, key: Ed25519PublicKey) -> None:
    pem = key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    if path.exists() and path.read_bytes() == pem:
        return
    path.write_bytes(pem)


def _bad(message: str, hint: str = "") -> ConfigError:
    return ConfigError(message, hint=hint or "see docs/recording.md, Keys", code="recording_key_invalid")
