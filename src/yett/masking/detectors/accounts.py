"""Bank accounts: IBAN, by country, length and check digits."""

import re

from yett.masking.checksums import mod97
from yett.masking.detectors.detector import Detector, Span, stands_alone

LABEL = "iban"

# The length of each country's IBAN, as the ISO 13616 register has it.
_LENGTHS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 DK18 DO28 "
    "EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 IE22 IL23 IQ23 IS26 "
    "IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MN20 MR27 MT31 MU30 NI28 "
    "NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 "
    "SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30 "
)
IBAN_LENGTHS = {part[:2]: int(part[2:]) for part in _LENGTHS.split()}
_FORM = re.compile(rb"[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")


def account_detectors() -> tuple[Detector, ...]:
    """Return the detector of IBANs."""
    sign = rb"\b[A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9]{4}[ -]?[A-Za-z0-9]{4}[ -]?[A-Za-z0-9]{3}"
    return (Detector("iban", LABEL, sign, _look),)


def is_iban(text: str) -> bool:
    """Say whether capital letters and digits, without spaces, are an IBAN."""
    return IBAN_LENGTHS.get(text[:2]) == len(text) and mod97(text)


def _look(data: bytes, at: int, _end: int) -> Span | None:
    match = _FORM.match(data, at)
    length = IBAN_LENGTHS.get(data[at : at + 2].decode("latin-1").upper())
    if match is None or length is None:
        return None
    # Words may follow after a space ("DE89 … 00 is mine"): the country says where the number ends.
    end = _end_of(data, at, match.end(), length)
    text = data[at:end].translate(None, b" -").decode("latin-1").upper()
    return (at, end) if stands_alone(data, at, end) and is_iban(text) else None


def _end_of(data: bytes, at: int, limit: int, length: int) -> int:
    signs, end = 0, at
    while end < limit and signs < length:
        signs += data[end] not in b" -"
        end += 1
    return end
