"""Signed statements about a chain: how far it went, and what the index says of other files."""

import msgspec

from yett.recording.container import LINK_BYTES
from yett.recording.keys import PublicKeys, SigningKey

_MARK = b"yett-checkpoint-v1\0"
_SIGNATURE_BYTES = 64
ENDS = frozenset({"close", "seal"})


class About(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the index states of another file.

    `what` is `opened`, `closed`, `sealed`, `erased`, `retired`, `carried` or `previous`; `entries` and `head` are that
    file's at the time; `erased` lists the entry numbers whose payload was erased.
    """

    what: str
    file: str
    path: str
    kind: str = "session"
    entries: int = 0
    head: bytes = b""
    operations: int = 0
    unknown: int = 0
    erased: list[int] = []


class Checkpoint(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A signed statement: entry `number` of `file` follows the chain's link `head`.

    `reason` is `open`, `interval`, `close`, `seal` or `index`. `operations` were intended so far, of which `pending`
    had no outcome; `torn_bytes` of an entry that was never whole were cut off before a seal.
    """

    reason: str
    file: str
    number: int
    head: bytes
    time_ns: int
    signer: bytes
    operations: int = 0
    pending: int = 0
    torn_bytes: int = 0
    about: About | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Checkpoint).decode


def signed(checkpoint: Checkpoint, key: SigningKey) -> bytes:
    """Return the body of a checkpoint entry: the signature, then the statement."""
    statement = _encode(checkpoint)
    return key.sign(_MARK + statement) + statement


def read_checkpoint(body: bytes) -> Checkpoint:
    """Return the statement in a checkpoint's body, unverified; raises ValueError when it is none."""
    try:
        checkpoint = _decode(body[_SIGNATURE_BYTES:])
    except (msgspec.DecodeError, RecursionError):
        msg = "not a checkpoint"
        raise ValueError(msg) from None
    if len(checkpoint.head) != LINK_BYTES:
        msg = "a checkpoint without a head"
        raise ValueError(msg)
    return checkpoint


def signature_holds(body: bytes, checkpoint: Checkpoint, keys: PublicKeys) -> bool:
    """Tell whether the body was signed by a trusted key, the one that it names."""
    return keys.accepts(checkpoint.signer, body[:_SIGNATURE_BYTES], _MARK + body[_SIGNATURE_BYTES:])
