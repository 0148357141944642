"""Remembers the keys made of a target's password, so that each session does not pay thousands of rounds for them."""

import hashlib
import hmac
import secrets
from collections import OrderedDict

from yett.core.secret import Secret
from yett.protocols.postgres.login.saslprep import prepared
from yett.protocols.postgres.login.scram import ScramKeys, keys_of

ENTRIES_MAX = 256


class ScramKeysCache:
    """Keys by password, salt and count of rounds; the least used leave first. The passwords themselves are not kept."""

    def __init__(self, entries_max: int = ENTRIES_MAX) -> None:
        self._entries_max = entries_max
        self._pepper = secrets.token_bytes(32)
        self._kept: OrderedDict[bytes, ScramKeys] = OrderedDict()

    @property
    def size(self) -> int:
        """Return how many keys are kept."""
        return len(self._kept)

    def keys(self, password: Secret, salt: bytes, iterations: int) -> ScramKeys:
        """Return the keys, made once."""
        plain = prepared(password.reveal())
        known = hmac.digest(self._pepper, hashlib.sha256(plain).digest() + salt + iterations.to_bytes(8), "sha256")
        keys = self._kept.get(known)
        if keys is None:
            keys = keys_of(plain, salt, iterations)
            self._kept[known] = keys
            if len(self._kept) > self._entries_max:
                self._kept.popitem(last=False)
        self._kept.move_to_end(known)
        return keys
