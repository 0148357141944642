"""Reads a provider's published keys, and keeps only those that can check a signature."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key

KEYS_MAX = 100
RSA_BITS_MIN = 2048
_CURVES = {"P-256": ("ES256",), "P-384": ("ES384",), "P-521": ("ES512",), "Ed25519": ("EdDSA", "Ed25519")}
_FAMILIES = ("RSA", "EC", "OKP")
_RSA = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512")


@dataclass(frozen=True, slots=True)
class VerifyingKey:
    """A public key and the algorithms that it may check: a key is never tried with another family's."""

    kid: str | None
    algorithms: frozenset[str]
    key: Key


@dataclass(frozen=True, slots=True)
class KeySet:
    """The keys of one provider at one time, in the provider's order."""

    keys: tuple[VerifyingKey, ...]

    def find(self, kid: str | None, algorithm: str) -> VerifyingKey | None:
        """Return the key called `kid` that fits `algorithm`; without a `kid`, the only key that fits, or None."""
        fitting = [one for one in self.keys if algorithm in one.algorithms and kid in (None, one.kid)]
        if kid is None:
            return fitting[0] if len(fitting) == 1 else None
        return fitting[0] if fitting else None


def read_key_set(document: bytes) -> KeySet:
    """Return the usable keys of a JWK set (RFC 7517 §5); unknown and unusable ones are left out.

    Raises ValueError when it is no key set, or holds no usable key, or a private one: a provider that publishes a
    private key can't be relied on.
    """
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        raise ValueError("the answer is not JSON") from None
    entries = found.get("keys") if isinstance(found, dict) else None
    if not isinstance(entries, list):
        raise ValueError("the answer has no list of keys")  # noqa: TRY004  it is the answer that is wrong
    keys = tuple(key for key in map(_verifying, entries[:KEYS_MAX]) if key is not None)
    if not keys:
        raise ValueError("the answer has no key that can check a signature")
    return KeySet(keys)


def _verifying(entry: object) -> VerifyingKey | None:
    if not isinstance(entry, dict) or entry.get("kty") not in _FAMILIES:
        return None
    if "d" in entry:
        raise ValueError("the answer holds a private key")
    if entry.get("use", "sig") != "sig" or "verify" not in _operations(entry):
        return None
    algorithms = _algorithms(entry)
    key = _imported(entry) if algorithms else None
    kid = entry.get("kid")
    if key is None or not isinstance(kid, str | None):
        return None
    return VerifyingKey(kid, algorithms, key)


def _operations(entry: Mapping[str, Any]) -> Sequence[Any]:
    operations = entry.get("key_ops", ["verify"])
    return operations if isinstance(operations, list) else []


def _algorithms(entry: Mapping[str, Any]) -> frozenset[str]:
    curve = entry.get("crv")
    able = _RSA if entry["kty"] == "RSA" else _CURVES.get(curve, ()) if isinstance(curve, str) else ()
    named = entry.get("alg")
    return frozenset(able if named is None else {named} & set(able) if isinstance(named, str) else ())


def _imported(entry: Mapping[str, Any]) -> Key | None:
    public = {name: entry[name] for name in ("kty", "n", "e", "crv", "x", "y") if name in entry}
    if public["kty"] == "RSA" and not _is_long_enough(public.get("n")):
        return None
    try:
        return JWKRegistry.import_key(public)
    except (JoseError, ValueError, TypeError, KeyError):
        return None


def _is_long_enough(modulus: object) -> bool:
    # Measured on the text, because importing a short key is already a warning.
    return isinstance(modulus, str) and RSA_BITS_MIN <= len(modulus) * 6 <= RSA_BITS_MIN * 8 + 6
