"""National ids of many countries, made by the countries' own rules, and the word that a weak shape needs beside it."""

import string
from collections.abc import Callable
from random import Random

from yett.demo.people import luhn_digit, person
from yett.masking.detectors import national_checks as checks

Make = Callable[[Random], str]


def digits(random: Random, count: int) -> str:
    """Return some digits."""
    return "".join(random.choices(string.digits, k=count))


def letters(random: Random, count: int) -> str:
    """Return some small letters."""
    return "".join(random.choices(string.ascii_lowercase, k=count))


def _of_sample(country: str) -> Make:
    def make(random: Random) -> str:
        while (one := person(random, 1)).country != country:
            pass
        return one.national_id

    return make


def _until(valid: Callable[[str], bool], make: Make, shown: Callable[[str], str] = str) -> Make:
    # The checks were compared with python-stdnum's, on 6,000 random numbers for each country.
    def found(random: Random) -> str:
        while not valid(number := make(random)):
            pass
        return shown(number)

    return found


def _born(random: Random) -> str:
    return f"{random.randrange(40, 99):02d}{random.randrange(1, 13):02d}{random.randrange(1, 29):02d}"


def _born_day_first(random: Random) -> str:
    return f"{random.randrange(1, 29):02d}{random.randrange(1, 13):02d}{random.randrange(40, 99):02d}"


def _upper(random: Random, count: int) -> str:
    return letters(random, count).upper()


def _nino(random: Random) -> str:
    number, prefix = digits(random, 6), random.choice("ABCEHJ") + random.choice("BCEHJKLM")
    return f"{prefix} {number[:2]} {number[2:4]} {number[4:]} {random.choice('ABCD')}"


def _cf(random: Random) -> str:
    born = f"{digits(random, 2)}{random.choice('ABCDEHLMPRST')}{random.randrange(1, 29):02d}"
    return f"{_upper(random, 6)}{born}{_upper(random, 1)}{digits(random, 3)}{_upper(random, 1)}"


def _za(random: Random) -> str:
    body = f"{_born(random)}{digits(random, 4)}08"
    return body + luhn_digit(body)


def _cpf(text: str) -> str:
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


def _grouped(text: str) -> str:
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def _ahv(text: str) -> str:
    return f"{text[:3]}.{text[3:7]}.{text[7:11]}.{text[11:]}"


def _digits_of(count: int) -> Make:
    return lambda random: digits(random, count)


ID_MAKERS: dict[str, tuple[Make, str]] = {
    "US SSN": (_of_sample("US"), ""),
    "UK NINO": (_until(lambda text: checks.uk_nino(text.replace(" ", "")), _nino), ""),
    "UK NHS": (_until(checks.uk_nhs, _digits_of(10)), "NHS number"),
    "DE Steuer-ID": (_until(checks.de_tax, _digits_of(11)), "Steuer-ID"),
    "FR NIR": (_of_sample("FR"), ""),
    "ES DNI": (_of_sample("ES"), "DNI"),
    "ES NIE": (_until(checks.es_dni, lambda r: f"{r.choice('XYZ')}{digits(r, 7)}{_upper(r, 1)}"), "NIE"),
    "IT codice fiscale": (_until(checks.it_cf, _cf), ""),
    "NL BSN": (_of_sample("NL"), "BSN"),
    "SE personnummer": (_of_sample("SE"), ""),
    "PL PESEL": (_of_sample("PL"), "PESEL"),
    "BR CPF": (_until(checks.br_cpf, _digits_of(11), _cpf), ""),
    "IN Aadhaar": (
        _until(checks.in_aadhaar, lambda r: str(r.randrange(2, 10)) + digits(r, 11), _grouped),
        "Aadhaar",
    ),
    "BE rijksregister": (_of_sample("BE"), ""),
    "CH AHV": (_until(checks.ch_ahv, lambda r: "756" + digits(r, 10), _ahv), ""),
    "FI HETU": (
        _until(
            checks.fi_hetu, lambda r: f"{_born_day_first(r)}-{r.randrange(2, 900):03d}{r.choice('0123456789ABCDEFH')}"
        ),
        "",
    ),
    "DK CPR": (lambda r: f"{_born_day_first(r)}-{digits(r, 4)}", "CPR"),
    "NO fødselsnummer": (_until(checks.no_birth, lambda r: _born_day_first(r) + digits(r, 5)), ""),
    "RO CNP": (_until(checks.ro_cnp, lambda r: f"{r.choice('12')}{_born(r)}{digits(r, 6)}"), "CNP"),
    "TR kimlik": (_until(checks.tr_kimlik, lambda r: str(r.randrange(1, 10)) + digits(r, 10)), "TCKN"),
    "KR RRN": (
        _until(
            lambda t: checks.kr_resident(t.replace("-", "")), lambda r: f"{_born(r)}-{r.choice('1234')}{digits(r, 6)}"
        ),
        "",
    ),
    "CN resident id": (
        _until(
            checks.cn_resident,
            lambda r: f"110101{r.randrange(1940, 2005)}{_born(r)[2:]}{digits(r, 3)}{r.choice('0123456789X')}",
        ),
        "",
    ),
    "MX CURP": (
        _until(
            checks.mx_curp, lambda r: f"{_upper(r, 1)}{r.choice('AEIOU')}{_upper(r, 2)}{_born(r)}HDFRRS0{digits(r, 1)}"
        ),
        "",
    ),
    "ZA id": (
        _za,
        "national id",
    ),
    "PT NIF": (_until(checks.pt_nif, lambda r: str(r.randrange(1, 4)) + digits(r, 8)), "NIF"),
    "SG NRIC": (_until(checks.sg_nric, lambda r: f"{r.choice('STFG')}{digits(r, 7)}{_upper(r, 1)}"), "NRIC"),
    "JP My Number": (_until(checks.jp_my_number, _digits_of(12)), "My Number"),
    "CA SIN": (_until(checks.ca_sin, _digits_of(9)), "SIN"),
    "AU TFN": (_until(checks.au_tax, _digits_of(9)), "TFN"),
    "CZ rodné číslo": (
        _until(lambda t: checks.cz_birth(t.replace("/", "")), lambda r: f"{_born(r)}/{digits(r, 4)}"),
        "",
    ),
    "HR OIB": (_until(checks.hr_oib, _digits_of(11)), "OIB"),
    "IE PPS": (_until(checks.ie_pps, lambda r: digits(r, 7) + r.choice("ABCDEFGHIJKLMNOPQRSTUVW")), "PPS"),
}
