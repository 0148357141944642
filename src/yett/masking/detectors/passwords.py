"""Passwords and keys that a name stands before: `password=…` in connection strings, settings and logs."""

import re

from yett.masking.detectors.detector import Detector, Span

LABEL = "secret"
_NAMES = (
    rb"password|passwd|passphrase|pwd|sslpassword|pgpassword|db_pass|secret[_-]?key|client[_-]?secret|api[_-]?key|apikey"
    rb"|access[_-]?key|secret[_-]?access[_-]?key|account[_-]?key|shared[_-]?access[_-]?key|auth[_-]?token|access[_-]?token"
    rb"|refresh[_-]?token|private[_-]?key|encryption[_-]?key|signing[_-]?key"
)
_BEARER = rb"authorization[\"']?[:=] ?[\"']?(?:bearer|basic|token) "
# The name may be the end of a longer one: AWS_SECRET_ACCESS_KEY, spring.datasource.password, DB_PASSWORD.
_SIGN = rb"(?i:(?:%s)[\"']?[ ]?[:=]|%s)" % (_NAMES, _BEARER)
_FORM = re.compile(
    rb"(?i)(?P<name>%s)(?:[\"']?\s{0,2}(?P<sep>[:=]>?)\s{0,2})(?:(?P<quote>[\"'])(?P<quoted>[^\"'\x00\r\n]{1,256})(?P=quote)"
    rb"|(?P<plain>[^\s\x00\"',;&}]{1,256}))" % _NAMES
)
_AUTHORIZATION = re.compile(rb"(?i)%s(?P<plain>[A-Za-z0-9+/=._~-]{8,4096})" % _BEARER)
_PLACEHOLDER = re.compile(
    rb"(?i)(?:[*x.#_-]+|<.*|\$.*|%.*|\{.*|\[.*|\(.*|(?:os|env|process|config|settings|self|request|args|secrets|var)\b.*"
    rb"|none|null|nil|true|false|undefined|required|optional|string|str|text|changed|reset|expired|wrong|incorrect|invalid"
    rb"|missing|empty|unset|hidden|masked|redacted|secret|password|passwd|token|varchar.*|your.*|.*\(.*)"
)


def password_detectors() -> tuple[Detector, ...]:
    """Return the detectors of passwords in key=value form and of credentials in Authorization headers."""
    return (Detector("password", LABEL, _SIGN, _look),)


def _look(data: bytes, at: int, _end: int) -> Span | None:
    header = _AUTHORIZATION.match(data, at)
    if header is not None:
        return header.span("plain")
    match = _FORM.match(data, at)
    if match is None:
        return None
    group = "plain" if match.group("quoted") is None else "quoted"
    value = match.group(group)
    if group == "plain":
        # Judged without what may be the sentence's or the code's own, and masked with it.
        value = value.rstrip(b")];:.,`")
    if len(value) < 3 or _PLACEHOLDER.fullmatch(value) or (group == "plain" and _is_code(value, match.group("sep"))):
        return None
    return match.span(group)


def _is_code(value: bytes, sep: bytes) -> bool:
    # "password: Secret" and "Password: please choose one" are a type and prose; a secret there is quoted, or no word.
    return _NAMES_ONLY.fullmatch(value) is not None and (sep == b":" or b"." in value)


_NAMES_ONLY = re.compile(rb"[A-Za-z_]+(?:[.\[][A-Za-z_]+)*")
