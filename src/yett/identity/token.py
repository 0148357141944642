"""Reads a signed token strictly, without believing any of it."""

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from yett.core.secret import Secret
from yett.identity.refusals import refusal

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]

_FORM = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")
_FORBIDDEN = frozenset({"jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip"})


@dataclass(frozen=True, slots=True, repr=False)
class UnverifiedToken:
    """What a token says, before its signature was checked: nothing may be decided on it but which key to try."""

    header: Mapping[str, Json]
    claims: Mapping[str, Json]
    signing_input: bytes
    signature: bytes

    @property
    def digest(self) -> str:
        """Return a name for the token that holds none of it: it is the same however the signature is written."""
        return "sha256-" + hashlib.sha256(self.signing_input).hexdigest()

    def __repr__(self) -> str:
        return "UnverifiedToken(***)"


def looks_like_token(text: str) -> bool:
    """Tell whether `text` has the form of a signed token (JWS compact serialization, RFC 7515 §7.1)."""
    return text.startswith("ey") and bool(_FORM.fullmatch(text))


def read_token(raw: Secret, bytes_max: int) -> UnverifiedToken:
    """Return what the token says.

    Raises AuthenticationFailed for anything that two readers could read differently: duplicated keys, numbers that are
    none, other base64 than RFC 7515's, and for headers that bring their own key (RFC 8725 §3.10).
    """
    text = raw.reveal()
    if len(text) > bytes_max:
        raise refusal("token_too_large")
    if not _FORM.fullmatch(text):
        raise refusal("token_malformed")
    signing_input, _, signature = text.rpartition(".")
    head, _, body = signing_input.partition(".")
    header, claims = _object(head), _object(body)
    if _FORBIDDEN & header.keys():
        raise refusal("token_header_forbidden")
    return UnverifiedToken(header, claims, signing_input.encode("ascii"), _decoded(signature))


def _object(segment: str) -> dict[str, Json]:
    try:
        value = json.loads(_decoded(segment), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise refusal("token_malformed") from None
    if not isinstance(value, dict):
        raise refusal("token_malformed")
    return value


def _unique(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is given twice")
    return found


def _no_constant(name: str) -> Json:
    raise ValueError(name)


def _decoded(segment: str) -> bytes:
    try:
        data = base64.b64decode(segment + "=" * (-len(segment) % 4), b"-_", validate=True)
    except binascii.Error:
        raise refusal("token_malformed") from None
    if base64.urlsafe_b64encode(data).rstrip(b"=") != segment.encode("ascii"):
        raise refusal("token_malformed")
    return data
