"""Signs what webhooks send, so that a receiver knows that it is the gate's, whole, and of now."""

import hashlib
import hmac
import re

SIGNATURE = "Yett-Signature"
OLD_SECONDS = 300.0
_FORM = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})")


def signature(secret: bytes, body: bytes, at: int) -> str:
    """Return the header's value: `t=<seconds since the epoch>,v1=<HMAC-SHA256 of "<t>.<body>" in hexadecimal>`."""
    return f"t={at},v1={_mac(secret, body, at)}"


def is_signed(secret: bytes, body: bytes, header: str, now: float, old_seconds: float = OLD_SECONDS) -> bool:
    """Tell whether the header is the gate's for this body, and not older than that: what a receiver has to check."""
    found = _FORM.fullmatch(header)
    if found is None or abs(now - int(found[1])) > old_seconds:
        return False
    return hmac.compare_digest(_mac(secret, body, int(found[1])), found[2])


def _mac(secret: bytes, body: bytes, at: int) -> str:
    return hmac.new(secret, b"%d." % at + body, hashlib.sha256).hexdigest()
