"""What only looks sensitive: numbers of orders and parcels, digests, versions, code, prose about telephones."""

import base64
import hashlib
import string
import uuid
from collections.abc import Callable, Iterator
from random import Random

from masking.labelled_set import COUNT, SEED, Sample, run
from masking.people_numbers import digits, letters


def negatives() -> Iterator[Sample]:
    """Yield texts that hold nothing sensitive, however much they look like it."""
    for kind, make in _LOOK_ALIKES.items():
        random = Random(f"{SEED} {kind}")
        for _ in range(COUNT):
            yield Sample(kind, "", make(random), "")


def _digest(random: Random) -> str:
    return random.choice((hashlib.sha256, hashlib.sha1, hashlib.md5))(random.randbytes(8)).hexdigest()


def _moment(random: Random) -> str:
    day = f"20{random.randrange(10, 30)}-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d}"
    clock = f"{random.randrange(24):02d}:{random.randrange(60):02d}:{random.randrange(60):02d}"
    return random.choice(
        (
            f"{day} {clock}.123456+02",
            f"{day}T{clock}Z",
            f"{day} {clock} +0200",
            f"{day.replace('-', '')}{clock.replace(':', '')}",
            day,
        )
    )


def _isbn(random: Random) -> str:
    body = "978" + digits(random, 9)
    check = -sum(int(sign) * (3 if place % 2 else 1) for place, sign in enumerate(body)) % 10
    return random.choice((f"{body}{check}", f"{body[:3]}-{body[3]}-{body[4:8]}-{body[8:]}-{check}"))


_CODE = (
    "@app.route('/orders/<int:order_id>')",
    "npm install @types/node@20.1.{0}",
    "icon@2x.png and logo@3x.webp, {0}",
    "git clone git@github.com:shop/orders.git # {0}",
    "password = request.form['password']",
    "if password is None: raise ValueError({0})",
    "SELECT a::date, b::text FROM t{0}",
    "std::string name = std::to_string({0});",
    "const apiKey = process.env.API_KEY;",
    "DB_PASSWORD=${{DB_PASSWORD}}",
    "password: <redacted>",
    "The page says: password: required",
    "user_id bigint REFERENCES users, token varchar(64)",
    "margin: 0 auto {0}px; color: #fafafa;",
    "https://shop.example/orders/{0}?page=2&sort=asc",
    "Follow us @shop_{0} or @yett",
    "for i in range({0}): total += x[i] * 3.14159265358979",
    "0x7fff5fbff8c0 in main () at app.c:{0}",
    "lsn 16/B374D848, xid {0}",
    "api_key=YOUR_API_KEY # {0}",
    "def sign_in(password: Secret, attempts={0}) -> str:",
    "connect(user, password=login.password, port={0})",
    "reset(password=None) # {0}",
    "call order.ship() for item {0}",
)

_LOOK_ALIKES: dict[str, Callable[[Random], str]] = {
    "order number": lambda r: r.choice(
        (f"ORD-2024-{digits(r, 6)}", f"order {digits(r, 16)}", f"Order no. {digits(r, 10)}", f"#{digits(r, 8)}")
    ),
    "article number": lambda r: r.choice(
        (
            f"SKU-{digits(r, 5)}",
            f"{letters(r, 3).upper()}-{digits(r, 4)}-{letters(r, 2).upper()}",
            f"{digits(r, 3)}.{digits(r, 3)}.{digits(r, 2)}",
        )
    ),
    "uuid": lambda r: str(uuid.UUID(int=r.getrandbits(128), version=4)),
    "moment": _moment,
    "epoch": lambda r: str(
        r.randrange(1_500_000_000, 1_900_000_000) * r.choice((1, 1000, 1_000_000, 10**9)) + r.randrange(1000)
    ),
    "digest": _digest,
    "commit": lambda r: f"fixed in {_digest(r)[: r.choice((7, 12, 40))]}",
    "version": lambda r: r.choice(
        (
            f"version {r.randrange(20)}.{r.randrange(99)}.{r.randrange(30)}.{r.randrange(250)}",
            f"v{r.randrange(9)}.{r.randrange(9)}.{r.randrange(9)}.{r.randrange(9)}",
            f"postgres {r.randrange(10, 18)}.{r.randrange(9)}",
        )
    ),
    "amount": lambda r: r.choice(
        (
            f"{r.randrange(10**6)}.{digits(r, 2)} EUR",
            f"{r.randrange(1, 999)},{digits(r, 3)},{digits(r, 3)}.{digits(r, 2)}",
            f"-{r.randrange(10**9)}",
        )
    ),
    "tracking number": lambda r: r.choice(
        (
            f"1Z{run(r, string.ascii_uppercase + string.digits, 16)}",
            f"94{digits(r, 20)}",
            f"tracking {digits(r, 12)}",
            f"RR{digits(r, 9)}DE",
        )
    ),
    "book or product code": _isbn,
    "part number": lambda r: r.choice(
        (
            f"{digits(r, 2)}-{digits(r, 4)}-{digits(r, 3)}",
            f"P/N {digits(r, 4)}-{digits(r, 5)}",
            f"{letters(r, 2).upper()}{digits(r, 6)}",
        )
    ),
    "float": lambda r: r.choice((f"{r.random():.17f}", f"{r.uniform(-180, 180):.15f}", f"{r.random():.12e}")),
    "host name": lambda r: (
        f"{letters(r, 5)}-{digits(r, 2)}.eu-west-1.{letters(r, 6)}.internal:{r.randrange(1024, 65535)}"
    ),
    "code": lambda r: r.choice(_CODE).format(r.randrange(10_000)),
    "long id": lambda r: str(r.randrange(10**17, 2 * 10**18)),
    "hardware address": lambda r: ":".join(f"{r.randrange(256):02x}" for _ in range(6)),
    "device number": lambda r: f"IMEI {digits(r, 15)}",
    "range": lambda r: f"{r.randrange(10, 99)}-{r.randrange(100, 999)} of {r.randrange(1000, 9999)}",
    "base64": lambda r: base64.b64encode(r.randbytes(30)).decode(),
    "bare number": lambda r: digits(r, r.randrange(4, 14)),
    "prose": lambda r: r.choice(
        (
            "Call me when order {0} ships.",
            "Phone support closes at {0}.",
            "My mobile app shows error {0}.",
            "The password reset took {0} minutes.",
            "id card reader, article {0}",
        )
    ).format(r.randrange(1, 99_999)),
    "bare number of 16 digits": lambda r: digits(r, 16),
    "order beside a telephone's word": lambda r: f"Call us about order 0{digits(r, 9)}.",
    "number beside an id's word": lambda r: f"BSN checked for invoice {digits(r, 9)}.",
    "invoice by day": lambda r: f"2{r.randrange(4, 7)}{r.randrange(1, 13):02d}{r.randrange(1, 29):02d}-{digits(r, 4)}",
    "part number like a telephone's": lambda r: (
        r.choice(("", "P/N ")) + f"{r.randrange(100, 999)}-{digits(r, 3)}-{digits(r, 4)}"
    ),
    "letters and digits": lambda r: run(r, string.ascii_uppercase + string.digits, r.randrange(8, 24)),
}
