"""The bytes of a recording file: a header, then entries whose links chain each to all before it.

    file   = "YETTREC1" | u32 length | header (msgpack, in the clear) | key slot (12 nonce + 48 wrapped file key)
    entry  = head (32) | slot (48, absent when CLEAR) | body | link (32)
    head   = u32 body length | u8 kind | u8 flags | u16 length check | u64 operation | u64 time ns | u64 number
    item   = SHA-256(slot | body)
    link   = SHA-256(previous link | head | item)          the first "previous" is SHA-256 of everything before it

Little-endian. A body that is not CLEAR is AES-256-GCM under a random key of its own, and the slot is that key wrapped
by the file key; both authenticate the file's name and the head. An outcome may be under the key of its intention
(AGAIN), with the slot's nonce; it has that key in a slot of its own all the same. Erasing a payload writes
`16 zero bytes | item` into the slot and zeros over the body: the key is gone, and the chain can still be computed.
"""

import hashlib
import struct
from enum import IntEnum, IntFlag

import msgspec

MAGIC = b"YETTREC1"
FILE_PREFIX = struct.Struct("<8sI")
HEAD = struct.Struct("<IBBHQQQ")
HEAD_BYTES = HEAD.size
SLOT_BYTES = 48
TAG_BYTES = 16
LINK_BYTES = 32
FILE_SLOT_BYTES = 60
FILE_HEADER_BYTES_MAX = 4_096
PART_BYTES_MAX = 1 << 20
BODY_BYTES_MAX = PART_BYTES_MAX + 4_096
ERASED = bytes(16)
ZERO_NONCE = bytes(12)


class Kind(IntEnum):
    """What an entry is. The number is in the clear; what it says is not."""

    OPENED = 1
    INTENTION = 2
    OUTCOME = 3
    ROWS = 4
    EVENT = 5
    CHECKPOINT = 6
    SUMMARY = 7


class Flag(IntFlag):
    """How an entry's body is to be read."""

    CLEAR = 1
    COMPRESSED = 2
    MORE = 4
    AGAIN = 8


FLAGS_KNOWN = int(Flag.CLEAR | Flag.COMPRESSED | Flag.MORE | Flag.AGAIN)
KINDS_KNOWN = frozenset(int(kind) for kind in Kind)


class FileHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file says of itself in the clear. `kind` is `session`, `gate` or `index`."""

    version: int
    kind: str
    file: str
    created_ns: int
    recording_key: bytes
    signing_key: bytes


def length_check(length: int) -> int:
    """Return 16 bits that differ for any changed bit of `length`, so that damage is not taken for a torn tail."""
    return (length ^ (length >> 16) ^ 0x9E37) & 0xFFFF


def item_digest(slot: bytes, body: bytes) -> bytes:
    """Return the digest under the chain; of an erased entry, the one kept in its slot."""
    if slot[:16] == ERASED and len(slot) == SLOT_BYTES:
        return slot[16:]
    return hashlib.sha256(slot + body).digest()


def next_link(previous: bytes, head: bytes, item: bytes) -> bytes:
    """Return the link of the entry with this head and item."""
    return hashlib.sha256(previous + head + item).digest()


def binding(file: str) -> bytes:
    """Return the prefix of every entry's authenticated data: a body or key moved to another file does not open."""
    return b"yett-entry-v1\0" + file.encode() + b"\0"
