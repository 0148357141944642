"""Keyed stand-ins: the same value gives the same token, no one without the key knows whose, the gate knows its own."""

import base64
import binascii
import hashlib
import hmac
import itertools
import re
from collections.abc import Callable, Iterator

from yett.masking.detectors.custom import compiled

PREFIX = b"yettk_"
KEY_BYTES = 32
_BODY, _CHECK = 21, 5
_NESTING_MAX = 2
_WINDOW = 512
_FOUND_MAX = 64

_FORM = re.compile(rb"yettk_[a-z][a-z0-9_-]{0,31}?_(?=([a-z2-7]{21})([a-z2-7]{5}))")
# In hexadecimal each letter has two codes, by its case.
_HEX = rb"(?:79|59)(?:65|45)(?:74|54)(?:74|54)(?:6b|4b)5f"
_BASE64_LEAD = 3
"""So many letters of base64 before a sign may hold bits of its first byte."""
_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567" * 8
_HEX_RUN = re.compile(rb"[0-9a-f]+")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]+")
_BASE64_BYTES = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/_-"
_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_PLAIN_BASE64 = bytes.maketrans(b"-_", b"+/")


class Tokens:
    """Makes tokens, `yettk_<label>_<26 letters and digits>`, and knows them again.

    A token is HMAC-SHA-256 of the value under a key of its label and scope (105 bits), and 25 bits by which the gate
    knows its own. Raises ValueError for a key that is not 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of tokens and hashes has {KEY_BYTES} bytes")
        self._key = key
        self._check = keyed(derived(key, b"check"))
        self._sign = compiled(rb"(?i:yettk_|%s)|%s" % (_HEX, b"|".join(sorted(_base64_signs()))))

    def maker(self, label: str, value_key: bytes) -> Callable[[bytes], bytes]:
        """Return what makes the token of a value; `value_key` comes from `key_of`."""
        digest, lead = keyed(value_key), b"%s%s_" % (PREFIX, label.encode())

        def token(value: bytes) -> bytes:
            body = _base32(digest(value), _BODY)
            return lead + body + self._checked(body)

        return token

    def key_of(self, purpose: str, label: str, scope: str) -> bytes:
        """Return the key of one label within a scope; tokens and hashes have keys of their own."""
        return derived(self._key, b"\0".join((purpose.encode(), label.encode(), scope.encode())))

    def held_in(self, data: bytes) -> bool:
        """Say whether a token of this gate stands in some bytes: plain, in either case, in hexadecimal or base64.

        Where more signs of tokens stand than anybody's statement has, and all are false, the answer is yes.
        """
        joined = data.translate(None, b"\r\n")  # PostgreSQL breaks base64 into lines
        return self._sign.search(joined) is not None and self._held(joined, _NESTING_MAX)

    def _held(self, data: bytes, depth: int) -> bool:
        if self._plain(data.lower()):
            return True
        return depth > 0 and any(self._held(piece, depth - 1) for piece in self._decoded(data))

    def _plain(self, data: bytes) -> bool:
        return any(hmac.compare_digest(self._checked(body), check) for body, check in _FORM.findall(data))

    def _decoded(self, data: bytes) -> Iterator[bytes]:
        at = count = 0
        while (match := self._sign.search(data, at)) is not None:
            start = match.span()[0]
            yield from _pieces(data, start)
            count += 1
            at = start + 1 if count < _FOUND_MAX else start + _WINDOW // 4

    def _checked(self, body: bytes) -> bytes:
        return _base32(self._check(body), _CHECK)


def keyed(key: bytes) -> Callable[[bytes], bytes]:
    """Return HMAC-SHA-256 under one key of up to 64 bytes, prepared once: `hmac.digest` takes three times as long."""
    padded = key.ljust(hashlib.sha256().block_size, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
    outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def digest(value: bytes) -> bytes:
        within, around = inner.copy(), outer.copy()
        within.update(value)
        around.update(within.digest())
        return around.digest()

    return digest


def derived(key: bytes, purpose: bytes) -> bytes:
    """Return a key for one purpose."""
    return hmac.digest(key, b"yett masking 1\0" + purpose, "sha256")


def _base64_signs() -> set[bytes]:
    """Return how a token's beginning can look in base64, by the case of its letters and where groups of bytes begin."""
    signs = set()
    for cases in itertools.product(*({letter, letter ^ 0x20} for letter in PREFIX[:-1])):
        plain = bytes(cases) + PREFIX[-1:]
        for shift in range(3):
            encoded = base64.b64encode(bytes(shift) + plain + bytes(2))
            certain = encoded[shift + (shift > 0) : (shift + len(PREFIX)) * 8 // 6]
            signs |= {re.escape(certain), certain.translate(_URL_SAFE)}
    return signs


def _pieces(data: bytes, start: int) -> Iterator[bytes]:
    window = data[start : start + _WINDOW]
    hexadecimal = _HEX_RUN.match(window.lower())
    if hexadecimal is not None:
        text = hexadecimal.group()
        yield bytes.fromhex(text[: len(text) & ~1].decode("ascii"))
    encoded = _BASE64_RUN.match(window)
    if encoded is not None:
        lead = data[max(0, start - _BASE64_LEAD) : start]
        lead = lead[len(lead.rstrip(_BASE64_BYTES)) :]
        yield from _unpacked((lead + encoded.group()).translate(_PLAIN_BASE64))


def _unpacked(text: bytes) -> Iterator[bytes]:
    # Where it begins among the four letters of a group is not known: the middle of a token decodes at one of them.
    for skip in range(4):
        piece = text[skip:]
        try:
            yield base64.b64decode(piece + b"=" * (-len(piece) % 4))
        except (binascii.Error, ValueError):
            continue


def _base32(digest: bytes, count: int) -> bytes:
    # Five bits of each byte: a quarter of the time that packing all of them takes.
    return digest[:count].translate(_LETTERS)
