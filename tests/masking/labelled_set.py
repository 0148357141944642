"""The labelled set by which detectors are measured: values in each kind's public format, and what only looks so."""

import base64
import json
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random

from masking.people_numbers import ID_MAKERS, digits, letters
from yett.demo.people import Person, card_number, person, phone
from yett.masking.detectors.accounts import IBAN_LENGTHS

COUNT = 200
SEED = 20261121
_HEX = "0123456789abcdef"
_WORDISH = string.ascii_letters + string.digits

_AROUND = (
    "{}",
    "Please use {} from now on.",
    "It is {}, thank you!",
    '{{"value": "{}", "n": 3}}',
    "a;{};2024-05-01;19.90",
    "2024-05-01T10:11:12Z INFO updated to {} by job 17",
    "({})",
    "first line\nvalue={}\nlast line",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One text; `value` is the sensitive part of it, "" for none, and `kind` what it is called in the figures."""

    kind: str
    label: str
    text: str
    value: str


def positives() -> Iterator[Sample]:
    """Yield texts that hold one sensitive value each."""
    for kind, (label, make) in _KINDS.items():
        random = Random(f"{SEED} {kind}")
        for number in range(COUNT):
            value = make(random)
            yield Sample(kind, label, _AROUND[number % len(_AROUND)].format(value), value)
    yield from _in_context()
    yield from _ids()


def _ids() -> Iterator[Sample]:
    for kind, (make, word) in ID_MAKERS.items():
        random = Random(f"{SEED} {kind}")
        templates = _AROUND if not word else _with_word(word)
        for number in range(COUNT // 2):
            value = make(random)
            yield Sample(kind, "national_id", templates[number % len(templates)].format(value), value)


def _with_word(word: str) -> tuple[str, ...]:
    return (
        f"{word}: {{}}",
        f"My {word} is {{}}, please check.",
        f"{{}} ({word})",
        f'{{{{"{word}": "{{}}"}}}}',
        f"{word} {{}}",
    )


def _in_context() -> Iterator[Sample]:
    random = Random(f"{SEED} context")
    for number in range(COUNT):
        value = _password(random)
        text = _PASSWORD_TEXTS[number % len(_PASSWORD_TEXTS)].format(value)
        yield Sample("password", "secret", text, value)
    for number in range(COUNT):
        value = _national_phone(random)
        text = ("call me on {}", "Tel. {}", "phone: {}", "mobile {} after six", "{} is my phone")[number % 5].format(
            value
        )
        yield Sample("phone (national)", "phone", text, value)


_PASSWORD_TEXTS = (
    "postgresql://app:{}@db.internal:5432/orders",
    "amqp://guest:{}@mq/vhost",
    "host=db user=app password={} dbname=orders",
    "Server=tcp:x;User ID=sa;Password={};Encrypt=true",
    "DB_PASSWORD={}",
    'client_secret: "{}"',
    '{{"user": "app", "password": "{}"}}',
    "redis://:{}@cache:6379/0",
    "aws_secret_access_key = {}",
)


def _person(random: Random) -> Person:
    return person(random, random.randrange(1, 10_000))


def _email(random: Random) -> str:
    one = _person(random)
    tld = random.choice(("com", "org", "co.uk", "de", "io", "museum", "xn--p1ai"))
    name = random.choice(
        (one.email.split("@", maxsplit=1)[0], f"{letters(random, 6)}+tag", f"{letters(random, 1)}_{letters(random, 9)}")
    )
    return f"{name}@{letters(random, 7)}{random.choice(('', '-' + letters(random, 3)))}.{tld}"


def _card(random: Random) -> str:
    number = card_number(random)
    if len(number) == 15:
        return random.choice((number, f"{number[:4]} {number[4:10]} {number[10:]}"))
    sign = random.choice(("", "", " ", "-"))
    return sign.join(number[at : at + 4] for at in range(0, len(number), 4))


def _iban(random: Random) -> str:
    country = random.choice(sorted(IBAN_LENGTHS))
    body = digits(random, IBAN_LENGTHS[country] - 4)
    if country in {"GB", "NL", "IE", "LV"}:
        body = letters(random, 4).upper() + body[4:]
    turned = "".join(str(int(sign, 36)) for sign in f"{body}{country}00")
    number = f"{country}{98 - int(turned) % 97:02d}{body}"
    return random.choice((number, " ".join(number[at : at + 4] for at in range(0, len(number), 4))))


def _phone(random: Random) -> str:
    number = phone(random, random.choice(("BE", "ES", "FR", "NL", "PL", "SE", "US")))
    spaced = f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}".strip()
    american = f"({random.choice(('212', '415', '646'))}) {random.randrange(220, 999)}-{digits(random, 4)}"
    german = f"+49 {random.choice(('30', '89', '170'))} {digits(random, 3)}{random.randrange(1000, 9999)}"
    dashed = f"{random.choice(('212', '415', '646'))}-{random.randrange(220, 999)}-{digits(random, 4)}"
    return random.choice((number, spaced, american, dashed, german, f"+44 20 7946 {digits(random, 4)}"))


def _national_phone(random: Random) -> str:
    return random.choice(
        (
            "06 " + " ".join(digits(random, 2) for _ in range(4)),
            f"0170 {random.randrange(1000000, 9999999)}",
            f"020 7946 {digits(random, 4)}",
            f"0{random.randrange(20, 99)}-{random.randrange(1000000, 9999999)}",
            f"{random.choice(('212', '415', '646'))} {random.randrange(220, 999)} {digits(random, 4)}",
            f"6{digits(random, 2)} {digits(random, 3)} {digits(random, 3)}",
        )
    )


def _ip(random: Random) -> str:
    if random.random() < 0.3:
        return "2001:db8:" + ":".join(f"{random.randrange(1, 65536):x}" for _ in range(6))
    if random.random() < 0.2:
        return f"fe80::{random.randrange(4096, 65536):x}:{random.randrange(4096, 65536):x}"
    first = random.choice((10, 81, 93, 172, 192, 203))
    return f"{first}.{random.randrange(20, 256)}.{random.randrange(256)}.{random.randrange(1, 255)}"


def _jwt(random: Random) -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    claims = {"sub": letters(random, 8), "exp": random.randrange(10**9, 2 * 10**9)}
    return f"{part({'alg': 'RS256', 'typ': 'JWT'})}.{part(claims)}.{run(random, _WORDISH + '-_', 86)}"


def _pem(random: Random) -> str:
    kind = random.choice(("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "))
    body = "\n".join(run(random, _WORDISH + "+/", 64) for _ in range(4))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


def _api_key(random: Random) -> str:
    def some(count: int, signs: str = _WORDISH) -> str:
        return run(random, signs, count)

    return random.choice(
        (
            "AKIA" + some(16, string.ascii_uppercase + "234567"),
            "AIza" + some(35),
            "GOCSPX-" + some(28),
            f"{some(3)}8Q~{some(34)}",
            "ghp_" + some(36),
            "github_pat_" + some(22) + "_" + some(59),
            "glpat-" + some(20),
            "xoxb-" + some(12, string.digits) + "-" + some(12, string.digits) + "-" + some(24),
            "sk_live_" + some(24),
            "sk-proj-" + some(48),
            "sk-" + some(20) + "T3BlbkFJ" + some(20),
            "sk-ant-api03-" + some(93) + "AA",
            "npm_" + some(36),
            "pypi-AgEIcHlwaS5vcmc" + some(80),
            "SK" + some(32, _HEX),
            f"SG.{some(22)}.{some(43)}",
            "hf_" + some(34, string.ascii_letters),
            "hvs." + some(24),
            "shpat_" + some(32, _HEX),
            some(9, string.digits) + ":AA" + some(33),
        )
    )


def _password(random: Random) -> str:
    return run(random, _WORDISH + "!._-", random.randrange(8, 24)) + "7x"


def run(random: Random, signs: str, count: int) -> str:
    return "".join(random.choices(signs, k=count))


_KINDS: dict[str, tuple[str, Callable[[Random], str]]] = {
    "email": ("email", _email),
    "card": ("card", _card),
    "iban": ("iban", _iban),
    "phone": ("phone", _phone),
    "ip": ("ip", _ip),
    "jwt": ("secret", _jwt),
    "private_key": ("secret", _pem),
    "api_key": ("secret", _api_key),
}
