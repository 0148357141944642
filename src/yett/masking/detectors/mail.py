"""E-mail addresses, and passwords that stand before the host in a URL: both have an @ in them."""

import re

from yett.masking.detectors.detector import Detector, Span, after

EMAIL, SECRET = "email", "secret"
_LOCAL_MAX, _DOMAIN_MAX, _URL_MAX = 64, 254, 512

# RFC 5322 allows more in a name; in texts the rest is what stands around addresses: =a@b.c, {a@b.c}, x/a@b.c.
_LOCAL = bytes(sign for sign in range(256) if sign >= 0x80 or chr(sign).isalnum() or sign in b"%'+_.-")
_DOMAIN = re.compile(rb"(?:[A-Za-z0-9\x80-\xff-]++\.)+(xn--[a-z0-9-]{2,59}|[A-Za-z\x80-\xff]{2,63})")
_USERINFO = re.compile(rb"[^\s/:@\"'<>]*:([^\s/\"'<>]+)")
_NO_SECRET = re.compile(rb"[*xX.]+|[<$%{\[(].*|(?i:password|pass|pwd|secret|token|pass(?:word)?here|your[-_]?password)")
# What ends an address's name where it is code or a file: `icon@2x.png`, `lib@1.2.tar`.
_FILES = frozenset(b"png jpg jpeg gif svg webp js ts css map html json lock tgz tar gz zip py so dll txt md".split())


# `git@github.com:shop/orders.git` is nobody's address.
_NO_PERSON = frozenset({b"git", b"hg", b"svn"})


def mail_detectors() -> tuple[Detector, ...]:
    """Return the detectors of e-mail addresses and of passwords in URLs."""
    sign = rb"@[A-Za-z0-9\[\x80-\xff]"
    return (
        Detector("url_password", SECRET, sign, _password),
        Detector("email", EMAIL, sign, _email),
    )


def _email(data: bytes, at: int, end: int) -> Span | None:
    lead = data[max(0, at - _LOCAL_MAX - 1) : at]
    name = lead[len(lead.rstrip(_LOCAL)) :].lstrip(b"%'+.-")
    if not name:
        return None
    domain = _DOMAIN.match(after(data, at + 1, _DOMAIN_MAX))
    if domain is None or domain.group(1).lower() in _FILES:
        return None
    if name in _NO_PERSON or _password(data, at, end) is not None:
        return None
    if len(name) > _LOCAL_MAX or name.endswith(b".") or b".." in name:
        return None
    return at - len(name), at + 1 + domain.end()


def _password(data: bytes, at: int, _end: int) -> Span | None:
    lead = data[max(0, at - _URL_MAX) : at]
    scheme = lead.rfind(b"://")
    if scheme <= 0 or not chr(lead[scheme - 1]).isalnum():
        return None
    found = _USERINFO.fullmatch(lead, scheme + 3)
    if found is None or b"\0" in found.group() or _NO_SECRET.fullmatch(found.group(1)):
        return None
    return at - len(found.group(1)), at
