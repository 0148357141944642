"""Made-up people whose numbers are valid: national ids, telephone, card and account numbers with right checksums."""

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from unicodedata import normalize

from yett.demo.words import CITIES, FAMILY_NAMES, GIVEN_NAMES, MAIL_HOSTS, STREETS

_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_OLDEST, _YOUNGEST = date(1940, 1, 1), date(2006, 12, 31)


@dataclass(frozen=True, slots=True)
class Person:
    """One made-up person; `number` makes the mail address unique."""

    number: int
    given: str
    family: str
    country: str
    born: date
    national_id: str
    phone: str
    street: str
    postcode: str
    city: str
    mail_host: str

    @property
    def name(self) -> str:
        """Return given and family name."""
        return f"{self.given} {self.family}"

    @property
    def email(self) -> str:
        """Return a mail address at a host name reserved for examples (RFC 2606)."""
        # A letter without its accent, and nothing that a mailbox would have to quote.
        letters = normalize("NFKD", f"{self.given}.{self.family}".lower().replace("ł", "l"))
        plain = "".join(letter for letter in letters if letter == "." or "a" <= letter <= "z")
        return f"{plain}{self.number}@{self.mail_host}"


def person(random: Random, number: int) -> Person:
    """Return the next made-up person."""
    country = random.choice(sorted(CITIES))
    born = _OLDEST + timedelta(days=random.randrange((_YOUNGEST - _OLDEST).days))
    postcode, city = random.choice(CITIES[country])
    return Person(
        number=number,
        given=random.choice(GIVEN_NAMES[country]),
        family=random.choice(FAMILY_NAMES[country]),
        country=country,
        born=born,
        national_id=national_id(random, country, born),
        phone=phone(random, country),
        street=f"{random.choice(STREETS[country])} {random.randrange(1, 160)}",
        postcode=postcode,
        city=city,
        mail_host=random.choice(MAIL_HOSTS),
    )


def national_id(random: Random, country: str, born: date) -> str:
    """Return a national id that passes the country's own check."""
    make = {"ES": _dni, "FR": _nir, "NL": _bsn, "PL": _pesel, "SE": _personnummer, "US": _ssn, "BE": _rijksregister}
    return make[country](random, born)


def phone(random: Random, country: str) -> str:
    """Return a telephone number in international form, in a range that the country uses for mobiles."""
    prefix, digits = {
        "BE": ("+3247", 7),
        "ES": ("+346", 8),
        "FR": ("+336", 8),
        "NL": ("+316", 8),
        "PL": ("+4860", 7),
        "SE": ("+4670", 7),
        "US": ("+1415555", 4),
    }[country]
    return prefix + _digits(random, digits)


def card_number(random: Random) -> str:
    """Return a card number of a known issuer range that passes Luhn's check."""
    prefix, length = random.choice((("4", 16), ("51", 16), ("55", 16), ("2221", 16), ("37", 15), ("6011", 16)))
    body = prefix + _digits(random, length - len(prefix) - 1)
    return body + luhn_digit(body)


def iban(random: Random) -> str:
    """Return a German account number with right check digits (ISO 13616)."""
    account = _digits(random, 18)
    # The country's letters are written as numbers (D is 13, E is 14), with 00 where the check digits will be.
    return f"DE{98 - int(account + '131400') % 97:02d}{account}"


def luhn_digit(body: str) -> str:
    """Return the digit that makes `body` pass Luhn's check (ISO/IEC 7812-1)."""
    doubled = (int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(body)))
    return str(-sum(value - 9 if value > 9 else value for value in doubled) % 10)


def _digits(random: Random, count: int) -> str:
    return f"{random.randrange(10**count):0{count}d}"


def _dni(random: Random, _born: date) -> str:
    number = random.randrange(10_000_000, 100_000_000)
    return f"{number}{_DNI_LETTERS[number % 23]}"


def _nir(random: Random, born: date) -> str:
    place = f"{random.randrange(1, 20):02d}{_digits(random, 3)}{_digits(random, 3)}"
    body = f"{random.choice('12')}{born:%y%m}{place}"
    return f"{body}{97 - int(body) % 97:02d}"


def _bsn(random: Random, _born: date) -> str:
    while True:
        body = str(random.randrange(10_000_000, 100_000_000))
        last = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
        if last < 10:
            return f"{body}{last}"


def _pesel(random: Random, born: date) -> str:
    # The century is written into the month: those born from 2000 on have 20 added.
    month = born.month + (20 if born.year >= 2000 else 0)
    body = f"{born:%y}{month:02d}{born:%d}{_digits(random, 4)}"
    weighted = sum(int(digit) * weight for digit, weight in zip(body, (1, 3, 7, 9, 1, 3, 7, 9, 1, 3), strict=True))
    return f"{body}{-weighted % 10}"


def _personnummer(random: Random, born: date) -> str:
    body = f"{born:%y%m%d}{_digits(random, 3)}"
    return f"{body[:6]}-{body[6:]}{luhn_digit(body)}"


def _rijksregister(random: Random, born: date) -> str:
    body = f"{born:%y%m%d}{random.randrange(1, 998):03d}"
    # Those born from 2000 on have a 2 before the number when the check is computed.
    counted = int(("2" if born.year >= 2000 else "") + body)
    return f"{body[:2]}.{body[2:4]}.{body[4:6]}-{body[6:]}.{97 - counted % 97:02d}"


def _ssn(random: Random, _born: date) -> str:
    # No checksum: areas 000, 666 and 900 up, group 00 and serial 0000 are never given out.
    area = random.choice([number for number in range(1, 900) if number != 666])
    return f"{area:03d}-{random.randrange(1, 100):02d}-{random.randrange(1, 10_000):04d}"
