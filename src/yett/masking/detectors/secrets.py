"""Secrets that say what they are: tokens, private keys and the API keys of the common vendors."""

import base64
import binascii
import re

from yett.masking.detectors.detector import Detector, Look, Span, after

LABEL = "secret"
_PEM_MAX = 16_384
_PEM_SIGN = rb"-----BEGIN [A-Z0-9 ]{0,24}PRIVATE KEY"
_PUTTY_SIGN = rb"PuTTY-User-Key-File-[23]"
_JWT_MAX = 8_192

# Name, how it begins (RE2), and the rest of it.
_KEYS: tuple[tuple[str, bytes, bytes], ...] = (
    ("aws_access_key", rb"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]", rb"[A-Z2-7]{15}"),
    ("gcp_api_key", rb"AIza[A-Za-z0-9_-]", rb"[A-Za-z0-9_-]{34}"),
    ("gcp_oauth", rb"(?:ya29\.|GOCSPX-)[A-Za-z0-9_-]", rb"[A-Za-z0-9_.-]{23,}"),
    ("github_token", rb"gh[pousr]_[A-Za-z0-9]", rb"[A-Za-z0-9]{35,251}"),
    ("github_pat", rb"github_pat_[A-Za-z0-9]", rb"[A-Za-z0-9_]{21,254}"),
    ("gitlab_token", rb"gl(?:pat|dt|rt|ptt|cbt|soat|ft|imt|agent|oas)-[A-Za-z0-9_-]", rb"[A-Za-z0-9_.-]{19,}"),
    ("slack_token", rb"xox[abeoprs]-[A-Za-z0-9]", rb"[A-Za-z0-9-]{9,}"),
    ("slack_app_token", rb"xapp-[0-9]-[A-Z0-9]", rb"[A-Za-z0-9-]{20,}"),
    ("slack_webhook", rb"https://hooks\.slack\.com/(?:services|workflows)/[A-Z]", rb"[A-Za-z0-9/]{20,}"),
    ("stripe_key", rb"(?:sk|rk)_(?:live|test)_[A-Za-z0-9]", rb"[A-Za-z0-9]{9,246}"),
    ("stripe_webhook", rb"whsec_[A-Za-z0-9]", rb"[A-Za-z0-9+/]{23,}={0,2}"),
    ("openai_key", rb"sk-(?:proj|svcacct|admin|None)-[A-Za-z0-9_-]", rb"[A-Za-z0-9_-]{31,}"),
    ("openai_legacy_key", rb"sk-[A-Za-z0-9]{20}T3BlbkFJ", rb"[A-Za-z0-9]{20}"),
    ("anthropic_key", rb"sk-ant-[A-Za-z0-9]", rb"[A-Za-z0-9_-]{20,}"),
    ("openrouter_key", rb"sk-or-v1-[a-f0-9]", rb"[a-f0-9]{63}"),
    ("huggingface_token", rb"hf_[A-Za-z]", rb"[A-Za-z0-9]{33,}"),
    ("groq_key", rb"gsk_[A-Za-z0-9]", rb"[A-Za-z0-9]{47,}"),
    ("npm_token", rb"npm_[A-Za-z0-9]", rb"[A-Za-z0-9]{35}"),
    ("pypi_token", rb"pypi-AgE[A-Za-z0-9_-]", rb"[A-Za-z0-9_-]{50,}"),
    ("rubygems_key", rb"rubygems_[a-f0-9]", rb"[a-f0-9]{47}"),
    ("docker_token", rb"dckr_(?:pat|oat)_[A-Za-z0-9_-]", rb"[A-Za-z0-9_-]{26,}"),
    ("twilio_key", rb"SK[0-9a-f]{8}", rb"[0-9a-f]{24}"),
    ("sendgrid_key", rb"SG\.[A-Za-z0-9_-]", rb"[A-Za-z0-9_-]{20,22}\.[A-Za-z0-9_-]{30,}"),
    ("mailgun_key", rb"key-[0-9a-f]{8}", rb"[0-9a-f]{24}"),
    ("shopify_token", rb"shp(?:at|ca|pa|ss)_[a-fA-F0-9]", rb"[a-fA-F0-9]{31}"),
    ("square_token", rb"sq0(?:atp|csp|idp)-[A-Za-z0-9_-]", rb"[A-Za-z0-9_-]{21,42}"),
    ("digitalocean_token", rb"do[opr]_v1_[a-f0-9]", rb"[a-f0-9]{63}"),
    ("vault_token", rb"hv[sbr]\.[A-Za-z0-9_-]", rb"[A-Za-z0-9_-]{23,}"),
    ("databricks_token", rb"dapi[a-f0-9]{8}", rb"[a-f0-9]{24}(?:-\d)?"),
    ("grafana_token", rb"gl(?:sa|c)_[A-Za-z0-9]", rb"[A-Za-z0-9+/_=]{31,}"),
    ("newrelic_key", rb"NRAK-[A-Z0-9]", rb"[A-Z0-9]{26}"),
    ("linear_key", rb"lin_api_[A-Za-z0-9]", rb"[A-Za-z0-9]{39}"),
    ("notion_token", rb"ntn_[0-9]", rb"[A-Za-z0-9]{40,}"),
    ("postman_key", rb"PMAK-[a-f0-9]", rb"[a-f0-9]{23}-[a-f0-9]{34}"),
    ("atlassian_token", rb"ATATT3[A-Za-z0-9_-]", rb"[A-Za-z0-9_=-]{50,}"),
    ("discord_webhook", rb"https://discord(?:app)?\.com/api/webhooks/[0-9]", rb"[0-9]{15,20}/[A-Za-z0-9_-]{60,}"),
    ("age_key", rb"AGE-SECRET-KEY-1[A-Z0-9]", rb"[A-Z0-9]{57}"),
    ("yett_credential", rb"yett_[a-z0-9]{26}_", rb"[a-z0-9]{44}"),
)
# Keys that are known by something in their middle: what stands there, what stands before it, and the rest.
_KEYS_FROM_WITHIN: tuple[tuple[str, bytes, bytes, int, bytes], ...] = (
    ("azure_client_secret", rb"Q~[A-Za-z0-9_~.-]", rb"[A-Za-z0-9_~.-]{3}[78]\Z", 4, rb"[A-Za-z0-9_~.-]{30,33}"),
    ("mailchimp_key", rb"-us[0-9]", rb"[0-9a-f]{32}\Z", 32, rb"[0-9]?"),
    ("terraform_token", rb"\.atlasv1\.", rb"[A-Za-z0-9]{14}\Z", 14, rb"[A-Za-z0-9_=-]{60,}"),
    ("telegram_token", rb":AA[A-Za-z0-9_-]{8}", rb"[0-9]{8,10}\Z", 10, rb"[A-Za-z0-9_-]{25}"),
)


def secret_detectors() -> tuple[Detector, ...]:
    """Return the detectors of tokens and keys; there is one for each vendor, under one label."""
    return (
        Detector("jwt", LABEL, rb"\beyJ[A-Za-z0-9_-]{8}", _jwt),
        Detector("private_key", LABEL, _PEM_SIGN, _pem),
        Detector("putty_key", LABEL, _PUTTY_SIGN, _to_the_end),
        *(Detector(name, LABEL, rb"\b" + sign, _key(sign + rest)) for name, sign, rest in _KEYS),
        *(
            Detector(name, LABEL, sign, _key_around(lead, lead_bytes, sign + rest))
            for name, sign, lead, lead_bytes, rest in _KEYS_FROM_WITHIN
        ),
    )


def _key(form: bytes) -> Look:
    shape = re.compile(form)

    def look(data: bytes, at: int, _end: int) -> Span | None:
        match = shape.match(data, at)
        if match is None or match.end() - at > _JWT_MAX:
            return None
        # A key of a fixed length that goes on is something else.
        return None if data[match.end() : match.end() + 1].isalnum() else match.span()

    return look


def _key_around(lead: bytes, lead_bytes: int, form: bytes) -> Look:
    whole, begin = _key(form), re.compile(lead)

    def look(data: bytes, at: int, end: int) -> Span | None:
        found = begin.search(data[max(0, at - lead_bytes) : at])
        span = None if found is None else whole(data, at, end)
        return None if found is None or span is None else (at - len(found.group()), span[1])

    return look


_JWT = re.compile(rb"(eyJ[A-Za-z0-9_-]+)\.([A-Za-z0-9_-]{2,})\.([A-Za-z0-9_-]*)(?:\.[A-Za-z0-9_-]+){0,2}")
_JWE = re.compile(rb"(eyJ[A-Za-z0-9_-]+)\.([A-Za-z0-9_-]*)\.([A-Za-z0-9_-]*)\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


def _jwt(data: bytes, at: int, _end: int) -> Span | None:
    piece = after(data, at, _JWT_MAX)
    match = _JWE.match(piece) or _JWT.match(piece)
    if match is None or not _is_header(match.group(1)):
        return None
    # A token longer than the limit is masked to where it ends.
    end = at + match.end()
    return at, _run_end(data, end) if match.end() >= _JWT_MAX else end


_TOKEN_BYTE = re.compile(rb"[A-Za-z0-9_.-]*")


def _run_end(data: bytes, at: int) -> int:
    run = _TOKEN_BYTE.match(data, at)
    return run.end() if run else at


def _is_header(encoded: bytes) -> bool:
    try:
        return b'"alg"' in base64.urlsafe_b64decode(encoded + b"=" * (-len(encoded) % 4))
    except (binascii.Error, ValueError):
        return False


_PEM_BEGIN, _PUTTY = re.compile(_PEM_SIGN), re.compile(_PUTTY_SIGN)
_PEM_END = re.compile(rb"-----END [A-Z0-9 ]{0,24}PRIVATE KEY(?: BLOCK)?-----")


def _pem(data: bytes, at: int, end: int) -> Span | None:
    if _PEM_BEGIN.match(data, at) is None:
        return None
    found = _PEM_END.search(data, end, end + _PEM_MAX)
    limit = len(after(data, end, _PEM_MAX)) + end
    if found is not None and found.end() <= limit:
        return at, found.end()
    # Cut off before its end, as in a log: what is there of it is masked.
    return at, limit


def _to_the_end(data: bytes, at: int, end: int) -> Span | None:
    return (at, end + len(after(data, end, _PEM_MAX))) if _PUTTY.match(data, at) else None
