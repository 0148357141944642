"""IP addresses: IPv4 and IPv6, but not versions, times, masks or this machine's own."""

import ipaddress
import re

from yett.masking.detectors.detector import Detector, Span, before, stands_alone

LABEL = "ip"
_V4 = re.compile(rb"(?:\d{1,3}\.){3}\d{1,3}")
_V6 = re.compile(rb"[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f]{0,4}){2,7}(?:(?:\d{1,3}\.){3}\d{1,3})?")
_IS_ADDRESS = re.compile(rb"(?i)\b(?:ip|ipv4|addr\w*|host|from|peer|client|server|remote|login|via|gateway|dns)\W")
_IS_VERSION = re.compile(
    rb"(?i)(?:\bv(?:er(?:sion)?)?\.? ?|version\w*\W{1,3}|release\w*\W{1,3}|build\W{1,3}|firmware\W{1,3}|driver\W{1,3}"
    rb"|section\W{1,3}|chapter\W{1,3}|clause\W{1,3}|oid\W{1,3}|(?:==|>=|<=|~=|\^)\s?|[A-Za-z]-|[A-Za-z]/)\Z"
)


def address_detectors() -> tuple[Detector, ...]:
    """Return the detectors of IP addresses."""
    v4 = rb"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}"
    v6 = rb"\b[0-9A-Fa-f]{1,4}(?::[0-9A-Fa-f]{1,4}){0,6}::|\b(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]"
    return (
        Detector("ipv4", LABEL, v4, _look_v4),
        Detector("ipv6", LABEL, v6, _look_v6),
    )


def _look_v4(data: bytes, at: int, _end: int) -> Span | None:
    match = _V4.match(data, at)
    if match is None or not _alone_v4(data, at, match.end()):
        return None
    parts = [int(part) for part in match.group().split(b".")]
    if max(parts) > 255 or parts[0] in {0, 127} or parts[0] >= 224 or b".0" in _leading_zeros(match.group()):
        return None
    lead = before(data, at, 24)
    if _IS_VERSION.search(lead) or (max(parts) < 20 and not _IS_ADDRESS.search(lead)):
        return None
    return match.span()


def _alone_v4(data: bytes, start: int, end: int) -> bool:
    # A port or a prefix length may follow: 10.1.2.3:443, 10.1.2.0/24.
    if data[end : end + 1] in {b":", b"/"}:
        return stands_alone(data, start, end) or stands_alone(data[:end], start, end)
    return stands_alone(data, start, end)


def _leading_zeros(text: bytes) -> bytes:
    return b"".join(b".0" for part in text.split(b".") if len(part) > 1 and part.startswith(b"0"))


def _look_v6(data: bytes, at: int, _end: int) -> Span | None:
    match = _V6.match(data, at)
    if match is None or not stands_alone(data, at, match.end()):
        return None
    text = match.group()
    if text.count(b"::") > 1:
        return None
    try:
        address = ipaddress.IPv6Address(text.decode("latin-1"))
    except ValueError:
        return None
    # "a::b" may be anything; an address has digits, and more than two groups or a first one of three signs.
    groups = [group for group in text.split(b":") if group]
    told = len(groups) > 2 or (len(groups) > 1 and len(groups[0]) >= 3)
    if address.is_loopback or address.is_unspecified or not told or not any(sign in b"0123456789" for sign in text):
        return None
    return match.span()
