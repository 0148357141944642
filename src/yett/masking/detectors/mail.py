"""E-mail addresses, and passwords that stand before the host in a URL: both have an @ in them."""

import re

from yett.masking.detectors.detector import Detector, Span, after, before

EMAIL, SECRET = "email", "secret"
_LOCAL_MAX, _DOMAIN_MAX, _URL_MAX = 64, 254, 512

_LOCAL = re.compile(rb"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.\x80-\xff-]+\Z")
_DOMAIN = re.compile(
    rb"(?:[A-Za-z0-9\x80-\xff](?:[A-Za-z0-9\x80-\xff-]*[A-Za-z0-9\x80-\xff])?\.)+([A-Za-z\x80-\xff][A-Za-z0-9\x80-\xff-]+)"
)
_USERINFO = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]{1,20}://[^\s/:@\"']*:([^\s/\"'<>]+)\Z")
_NO_SECRET = re.compile(rb"[*xX.]+|[<$%{\[(].*|(?i:password|pass|pwd|secret|token|pass(?:word)?here|your[-_]?password)")
# What ends an address's name where it is code or a file: `icon@2x.png`, `lib@1.2.tar`.
_FILES = frozenset(b"png jpg jpeg gif svg webp js ts css map html json lock tgz tar gz zip py so dll txt md".split())


def mail_detectors() -> tuple[Detector, ...]:
    """Return the detectors of e-mail addresses and of passwords in URLs."""
    sign = rb"@[A-Za-z0-9\[\x80-\xff]"
    return (
        Detector("url_password", SECRET, sign, _password),
        Detector("email", EMAIL, sign, _email),
    )


def _email(data: bytes, at: int, _end: int) -> Span | None:
    local = _LOCAL.search(before(data, at, _LOCAL_MAX + 1))
    domain = _DOMAIN.match(after(data, at + 1, _DOMAIN_MAX))
    if local is None or domain is None or domain.group(1).lower() in _FILES:
        return None
    name = _unwrapped(local.group())
    if not 0 < len(name) <= _LOCAL_MAX or name.startswith(b".") or name.endswith(b".") or b".." in name:
        return None
    return at - len(name), at + 1 + domain.end()


def _unwrapped(name: bytes) -> bytes:
    # Signs that an address may begin with, but that in text are what stands before it: ='a@b.c', {a@b.c}, key=a@b.c.
    for sign in (b"=", b"/", b"'", b"`", b"|", b"{", b"?", b"&"):
        name = name.rpartition(sign)[2]
    return name.lstrip(b"!#$%&*+^~-.")


def _password(data: bytes, at: int, _end: int) -> Span | None:
    found = _USERINFO.search(before(data, at, _URL_MAX))
    if found is None or _NO_SECRET.fullmatch(found.group(1)):
        return None
    return at - len(found.group(1)), at
