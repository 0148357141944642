"""Keyed stand-ins: the same value gives the same token, no one without the key knows whose, the gate knows its own."""

import base64
import binascii
import hmac
import re
from collections.abc import Iterator

from yett.masking.detectors.custom import compiled

PREFIX = b"yettk_"
KEY_BYTES = 32
_BODY, _CHECK = 21, 5
_NESTING_MAX = 2
_WINDOW = 512
_FOUND_MAX = 64

_FORM = re.compile(rb"yettk_[a-z][a-z0-9_-]{0,31}?_(?=([a-z2-7]{21})([a-z2-7]{5}))")
# In hexadecimal each letter has two codes, by its case; in base64 there are three ways for six bytes to lie.
_HEX = rb"(?:79|59)(?:65|45)(?:74|54)(?:74|54)(?:6b|4b)5f"
_BASE64 = (rb"eWV0dGtf", rb"[A-Za-z0-9+/]lldHRrX[A-Za-z0-9+/]", rb"5ZXR0a1[A-Za-z0-9+/]")
_SIGN = rb"(?i:yettk_|%s)|%s" % (_HEX, b"|".join(_BASE64))
_LETTERS = b"abcdefghijklmnopqrstuvwxyz234567" * 8
_HEX_RUN = re.compile(rb"[0-9a-f]+")
_BASE64_RUN = re.compile(rb"[A-Za-z0-9+/_-]+")


class Tokens:
    """Makes tokens, `yettk_<label>_<26 letters and digits>`, and knows them again.

    A token is HMAC-SHA-256 of the value under a key of its label and scope (105 bits), and 25 bits by which the gate
    knows its own. Raises ValueError for a key that is not 32 bytes.
    """

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"the key of tokens and hashes has {KEY_BYTES} bytes")
        self._key = key
        self._check = derived(key, b"check")
        self._sign = compiled(_SIGN)

    def token(self, label: str, value_key: bytes, value: bytes) -> bytes:
        """Return the token of a value; `value_key` comes from `key_of`."""
        body = _base32(hmac.digest(value_key, value, "sha256"), _BODY)
        return b"%s%s_%s%s" % (PREFIX, label.encode(), body, self._checked(body))

    def key_of(self, purpose: str, label: str, scope: str) -> bytes:
        """Return the key of one label within a scope; tokens and hashes have keys of their own."""
        return derived(self._key, b"\0".join((purpose.encode(), label.encode(), scope.encode())))

    def held_in(self, data: bytes) -> bool:
        """Say whether a token of this gate stands in some bytes: plain, in either case, in hexadecimal or base64.

        Where more signs of tokens stand than anybody's statement has, and all are false, the answer is yes.
        """
        return self._sign.search(data) is not None and self._held(data, _NESTING_MAX)

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
        return _base32(hmac.digest(self._check, body, "sha256"), _CHECK)


def derived(key: bytes, purpose: bytes) -> bytes:
    """Return a key for one purpose."""
    return hmac.digest(key, b"yett masking 1\0" + purpose, "sha256")


def _pieces(data: bytes, start: int) -> Iterator[bytes]:
    window = data[start : start + _WINDOW]
    hexadecimal = _HEX_RUN.match(window.lower())
    if hexadecimal is not None:
        text = hexadecimal.group()
        yield bytes.fromhex(text[: len(text) & ~1].decode("ascii"))
    encoded = _BASE64_RUN.match(window)
    if encoded is not None:
        yield from _unpacked(encoded.group().replace(b"-", b"+").replace(b"_", b"/"))


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
