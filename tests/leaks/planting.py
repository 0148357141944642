"""Rows for the attacked place: what is public is always the same, what is labelled is drawn anew for each run."""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

LETTERS = "jkqvwxz"
"""What secret words are made of: no four of these in a row stand in any English word, hexadecimal digits or SQL."""

TIERS = ("bronze", "silver", "gold", "platinum")
CUSTOMERS = 24
ORDERS = 48
PAYMENTS = 36
TICKETS = 30
BADGES = 600
LOCKERS = 40
EVENTS = 20
VAULT = 6
STAYS = 8
WARDS = ("east", "north", "south", "west")
FOLDERS = 20

# column -> label, as `[data.<resource>]` has it.
LABELS = {
    "public.customers.email": "email",
    "public.customers.phone": "phone",
    "public.customers.ssn": "ssn",
    "public.customers.secret_code": "secret",
    "public.customers.pin": "pin",
    "public.customers.born": "born",
    "public.customers.profile": "profile",
    "public.customers.token": "token",
    "public.customers.tier": "tier",
    "public.payments.card_number": "card",
    "public.payments.iban": "iban",
    "public.tickets.notes": "notes",
    "public.badges.code": "badge",
    "public.lockers.code": "locker",
    "public.events.actor": "actor",
    "public.contacts.handle": "handle",
    "public.stays.ward": "ward",
    "public.stays.worth": "worth",
    "public.visits.ward": "ward",
    "public.folders.kind": "kind",
    "public.guests.word": "word",
    "public.kept.word": "word",
    "public.dues.word": "word",
    "public.bookings.desk": "desk",
    "public.meters.word": "word",
    "public.zones.word": "word",
    "public.levels.kind": "kind",
    "public.splits.kind": "kind",
    "public.deeds.word": "word",
    "public.wills.word": "word",
    "public.stills.kind": "kind",
    "public.stirs.word": "word",
    "public.whispers.word": "word",
}
VAULT_COLUMNS = (
    "plain_varchar",
    "padded",
    "identifier",
    "doc",
    "tree",
    "words",
    "twin",
    "alias",
    "nick",
    "traits",
    "lexemes",
    "badge",
    "home",
    "mac",
    "amount",
    "wide",
    "ratio",
    "span",
    "spans",
    "moment",
    "gap",
    "bits",
    "place",
    "path",
    "numbers",
)
LABELS |= {f"public.vault.{column}": "vault" for column in VAULT_COLUMNS}

_CITIES = ("Lyon", "Porto", "Graz", "Turin", "Ghent", "Bergen")
_NAMES = ("Ada Lund", "Ben Ortiz", "Cleo Marsh", "Dan Abel", "Eva Holm", "Finn Moore", "Gil Santos", "Hana Ito")
_STATUSES = ("placed", "paid", "shipped", "delivered", "returned", "cancelled")


@dataclass(frozen=True, slots=True)
class Table:
    """The rows of one table, in COPY's order of `columns`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]

    def values(self, column: str) -> tuple[str, ...]:
        """Return one column, as text, in the order of rows."""
        at = self.columns.index(column)
        return tuple(str(row[at]) for row in self.rows)


@dataclass(frozen=True, slots=True)
class Planted:
    """All rows by table, in an order that foreign keys allow, and the random part of every secret."""

    tables: dict[str, Table]
    words: frozenset[str]
    numbers: frozenset[str]
    """Digits that stand in a row; seven of them are already a find."""
    exact: frozenset[str]
    """Dates, addresses, bits: only the whole of them says anything, as parts occur by chance."""

    def value(self, column: str, row: int = 0) -> str:
        """Return one planted value: `value("customers.email", 6)` is the seventh customer's."""
        table, _, name = column.rpartition(".")
        return self.tables[table].values(name)[row]

    def column(self, column: str) -> tuple[str, ...]:
        """Return a column's planted values in the order of rows."""
        table, _, name = column.rpartition(".")
        return self.tables[table].values(name)


def plant(secret_seed: int, public_seed: int = 1) -> Planted:
    """Return rows whose labelled values follow from `secret_seed` alone, and all else from `public_seed` alone."""
    secrets = _Secrets(Random(f"secret {secret_seed}"))
    public = Random(f"public {public_seed}")
    tables = {
        "customers": _customers(public, secrets),
        "products": _products(public),
        "orders": _orders(public),
        "order_items": _items(public),
        "payments": _payments(public, secrets),
        "tickets": _tickets(public, secrets),
        "badges": _badges(secrets),
        "lockers": Table(("code", "hall"), tuple((code, "north") for code in secrets.lockers())),
        "events": Table(
            ("id", "day", "actor"), tuple((n, f"2026-03-{n:02}", secrets.word()) for n in range(1, EVENTS + 1))
        ),
        "contacts": Table(("id", "handle"), tuple((n, secrets.word()) for n in range(1, 5))),
        "vip_contacts": Table(("id", "handle", "since"), tuple((n, secrets.word(), "2025-01-01") for n in range(5, 9))),
        "vault": _vault(secrets),
        "wards": Table(("code", "floor"), tuple((code, n) for n, code in enumerate(WARDS))),
        "stays": _stays(secrets),
        "visits": Table(("id", "ward"), tuple((n, secrets.random.choice(WARDS)) for n in range(1, STAYS + 1))),
        "rooms": Table(("code",), (("r1",), ("r2",))),
        "guests": Table(("id", "room", "word"), tuple((n, "r1", secrets.word()) for n in range(1, 4))),
        "dues": _dues(secrets),
        "desks": Table(("code",), tuple((f"d{n}",) for n in range(STAYS))),
        "bookings": Table(
            ("id", "desk"),
            tuple((n, f"d{desk}") for n, desk in enumerate(secrets.random.sample(range(STAYS), STAYS), 1)),
        ),
        "meters": Table(("id", "word"), tuple((n, secrets.word()) for n in range(1, 4))),
        "zones": Table(("id", "region", "word"), tuple((n, "-", secrets.word()) for n in range(1, FOLDERS + 1))),
        "levels": Table(
            ("id", "region", "kind"), tuple((n, "home", secrets.random.choice(TIERS)) for n in range(1, FOLDERS + 1))
        ),
        "splits": Table(("id", "kind"), tuple((n, secrets.random.choice(TIERS)) for n in range(2, FOLDERS + 2))),
        "deeds": Table(("id", "word", "bound"), tuple((n, secrets.word(), "~") for n in range(1, 4))),
        "wills": Table(("id", "word"), tuple((n, secrets.word()) for n in range(1, 4))),
        "stills": Table(("id", "kind"), tuple((n, secrets.random.choice(TIERS)) for n in range(1, FOLDERS + 1))),
        "stirs": Table(("id", "word", "bound"), tuple((n, secrets.word(), "-") for n in range(1, 4))),
        "kept": Table(("id", "word"), tuple((n, secrets.word()) for n in range(1, 4))),
        "whispers": Table(("id", "word"), tuple((n, secrets.word()) for n in range(1, 4))),
        "folders": Table(
            ("id", "kind", "word"), tuple((n, secrets.random.choice(TIERS), f"word {n}") for n in range(1, FOLDERS + 1))
        ),
    }
    return Planted(tables, frozenset(secrets.words), frozenset(secrets.numbers), frozenset(secrets.exact))


class _Secrets:
    """Draws secrets, and keeps what was drawn to be looked for later."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.words: set[str] = set()
        self.numbers: set[str] = set()
        self.exact: set[str] = set()

    def word(self, size: int = 10) -> str:
        # No letter twice in a row: an alphabet's run such as "xxxx" is what guesses are made of.
        letters = [self.random.choice(LETTERS)]
        while len(letters) < size:
            letters += self.random.choice(LETTERS.replace(letters[-1], ""))
        self.words.add("".join(letters))
        return "".join(letters)

    def number(self, size: int) -> str:
        """Draw a number; in four bytes it has no zero among them, as an id and a column's number have in a row."""
        while True:
            found = self.random.randrange(10 ** (size - 1), 10**size)
            if size > 9 or all(found * sign & 0xFF << place for sign in (1, -1) for place in (0, 8, 16, 24)):
                return self.noted(str(found))

    def noted(self, digits: str) -> str:
        self.numbers.add(digits)
        return digits

    def whole(self, text: str) -> str:
        self.exact.add(text)
        return text

    def lockers(self) -> list[int]:
        return self.random.sample(range(100), LOCKERS)

    def date(self) -> str:
        """Draw a date whose binary form, which begins like a length, goes on as no text and no id would."""
        draw = self.random.randrange
        while True:
            found = date(draw(2200, 2900), draw(1, 13), draw(1, 29))
            days = (found - date(2000, 1, 1)).days
            if days >> 8 & 0xFF >= 0x80 and 0xC0 <= days & 0xFF < 0xFF:
                return self.whole(found.isoformat())

    def card(self) -> str:
        head = "4" + "".join(self.random.choice("0123456789") for _ in range(14))
        return self.noted(head + _luhn(head))

    def iban(self) -> str:
        account = "".join(self.random.choice("0123456789") for _ in range(18))
        check = 98 - int(f"{account}131400") % 97
        return "DE" + self.noted(f"{check:02}{account}")


def _luhn(head: str) -> str:
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(head))]
    return str(-sum(value // 10 + value % 10 for value in doubled) % 10)


def _customers(public: Random, secrets: _Secrets) -> Table:
    columns = (
        "id name country city marketing created_at balance email phone ssn secret_code pin born profile token tier"
    )
    return Table(
        tuple(columns.split()), tuple(_customer(number, public, secrets) for number in range(1, CUSTOMERS + 1))
    )


def _customer(number: int, public: Random, secrets: _Secrets) -> tuple[object, ...]:
    draw = secrets.random.randrange
    ssn = secrets.whole(f"{draw(100, 900)}-{draw(10, 99)}-{draw(1000, 9999)}")
    return (
        number,
        f"{public.choice(_NAMES)} {number}",
        public.choice(("FR", "PT", "AT", "IT")),
        public.choice(_CITIES),
        public.random() < 0.5,
        f"2025-{public.randrange(1, 13):02}-{public.randrange(1, 29):02} 10:00:00+00",
        f"{public.randrange(0, 900)}.50",
        f"{secrets.word()}@{secrets.word(6)}.example",
        f"+49{secrets.number(10)}",
        ssn,
        secrets.word(),
        secrets.number(9),
        secrets.date(),
        json.dumps({"passphrase": secrets.word(), "language": public.choice(("fr", "pt"))}),
        "\\x" + secrets.word(12).encode().hex(),
        secrets.random.choice(TIERS),
    )


def _products(public: Random) -> Table:
    rows = tuple(
        (
            n,
            f"SKU-{n:03}",
            f"Product {n}",
            f"{public.randrange(5, 90)}.90",
            public.randrange(0, 50),
            '{"colour": "red"}',
        )
        for n in range(1, 13)
    )
    return Table(("id", "sku", "name", "price", "stock", "details"), rows)


def _orders(public: Random) -> Table:
    rows = tuple(
        (
            n,
            public.randrange(1, CUSTOMERS + 1),
            public.choice(_STATUSES),
            f"2026-{public.randrange(1, 10):02}-{public.randrange(1, 29):02} 12:00:00+00",
            f"{public.randrange(10, 400)}.00",
            public.choice((None, "gift", "leave at the door")),
        )
        for n in range(1, ORDERS + 1)
    )
    return Table(("id", "customer_id", "status", "placed_at", "total", "note"), rows)


def _items(public: Random) -> Table:
    rows = tuple(
        (order, line, public.randrange(1, 13), public.randrange(1, 5))
        for order in range(1, ORDERS + 1)
        for line in range(1, public.randrange(2, 4))
    )
    return Table(("order_id", "line", "product_id", "quantity"), rows)


def _payments(public: Random, secrets: _Secrets) -> Table:
    rows = tuple(
        (
            n,
            public.randrange(1, CUSTOMERS + 1),
            n,
            f"{n * 3}.00",
            "2026-05-01 09:00:00+00",
            secrets.card(),
            secrets.iban(),
        )
        for n in range(1, PAYMENTS + 1)
    )
    return Table(("id", "customer_id", "order_id", "amount", "paid_at", "card_number", "iban"), rows)


def _tickets(public: Random, secrets: _Secrets) -> Table:
    rows = tuple(
        (
            n,
            public.randrange(1, CUSTOMERS + 1),
            public.choice(("Late parcel", "Wrong size", "Refund")),
            "Please look into it.",
            public.random() < 0.5,
            f"2026-06-{public.randrange(1, 29):02} 08:00:00+00",
            f"said the word {secrets.word()} on the phone",
        )
        for n in range(1, TICKETS + 1)
    )
    return Table(("id", "customer_id", "subject", "body", "open", "opened_at", "notes"), rows)


def _badges(secrets: _Secrets) -> Table:
    frequent = secrets.word()
    codes = [frequent if n % 10 < 7 else secrets.word() for n in range(BADGES)]
    return Table(("id", "door", "code"), tuple((n, "main" if n % 2 else "side", code) for n, code in enumerate(codes)))


def _dues(secrets: _Secrets) -> Table:
    word = secrets.word()
    return Table(("id", "n", "word"), tuple((n, n, word) for n in range(1, 4)))


def _stays(secrets: _Secrets) -> Table:
    columns = ("id", "ward", "paid", "worth", "shift")
    rows = ((n, secrets.random.choice(WARDS), 1, secrets.number(9), n) for n in range(1, STAYS + 1))
    return Table(columns, tuple(rows))


def _vault(secrets: _Secrets) -> Table:
    return Table(("id", *VAULT_COLUMNS), tuple((n, *_vault_row(secrets)) for n in range(1, VAULT + 1)))


def _vault_row(secrets: _Secrets) -> Iterator[object]:
    word, number = secrets.word, secrets.number
    yield word()
    yield word()
    yield word()
    yield json.dumps({"key": word()})
    yield f"<d>{word()}</d>"
    yield f"{{{word()},{word()}}}"
    yield f"({word()},{number(9)})"
    yield word()
    yield word()
    yield f'"k"=>"{word()}"'
    yield f"'{word()}'"
    yield secrets.whole(str(uuid.UUID(int=secrets.random.getrandbits(128))))
    yield secrets.whole(".".join(str(secrets.random.randrange(100, 256)) for _ in range(4)))
    yield secrets.whole(":".join(f"{secrets.random.randrange(17, 256):02x}" for _ in range(6)))
    yield f"{number(8)}.{secrets.random.randrange(1000, 9999)}"
    yield number(15)
    yield f"{number(9)}.5"
    low = int(number(12))
    yield f"[{low},{secrets.noted(str(low + 7))})"
    yield f"{{[{(low := int(number(12)))},{secrets.noted(str(low + 9))})}}"
    yield f"{secrets.date()} 10:11:12+00"
    yield f"{number(8)} days"
    yield secrets.whole("1" + "".join(secrets.random.choice("01") for _ in range(31)))
    yield f"({number(9)},{number(9)})"
    yield f'$."{word()}"'
    yield f"{{{number(9)},{number(9)}}}"
