"""The seeded sample: the same tens of thousands of rows each time, ready for COPY."""

import string
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from random import Random

from yett.demo.people import Person, card_number, iban, national_id, person
from yett.demo.words import BODIES, COLOURS, GOODS, MATERIALS, SUBJECTS, TITLES

_FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)
_DAYS = 900
_STATUSES = ("placed", "paid", "shipped", "delivered", "delivered", "delivered", "returned", "cancelled")
_COPY_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_KEY_LETTERS = string.ascii_letters + string.digits

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many rows the sample has of what; order items and payments follow from the orders."""

    customers: int = 5_000
    products: int = 400
    orders: int = 20_000
    tickets: int = 4_000
    employees: int = 120
    payroll_months: int = 24


def sample_script(seed: int = 1, sizes: Sizes = Sizes()) -> Iterator[str]:
    """Yield, piece by piece, the psql script that makes the sample in an empty database."""
    yield _sql("sample.sql")
    for table, rows in tables(seed, sizes):
        yield f"COPY {table} FROM STDIN;\n"
        yield from map(copy_line, rows)
        yield "\\.\n"
    yield _sql("sample_after.sql")


def tables(seed: int, sizes: Sizes) -> Iterator[tuple[str, Iterable[Row]]]:
    """Yield each table's name and rows, in an order that foreign keys allow.

    Each table has a random sequence of its own, so that a change in one leaves the others as they were.
    """
    customers = [person(_random(seed, f"customer {number}"), number) for number in range(1, sizes.customers + 1)]
    orders = list(_orders(_random(seed, "orders"), sizes))
    yield "customers", _customers(_random(seed, "customers"), customers)
    yield "products", _products(_random(seed, "products"), sizes)
    yield "orders", (order.row for order in orders)
    yield "order_items", (item for order in orders for item in order.items)
    yield "payments", _payments(_random(seed, "payments"), orders, customers)
    yield "support_tickets", _tickets(_random(seed, "tickets"), orders, customers, sizes)
    staff = [person(_random(seed, f"employee {number}"), number) for number in range(1, sizes.employees + 1)]
    yield "hr.employees", _employees(_random(seed, "employees"), staff)
    yield "hr.payroll", _payroll(_random(seed, "payroll"), sizes)


def copy_line(row: Row) -> str:
    """Return one row in COPY's text format, its line end included."""
    return "\t".join("\\N" if value is None else str(value).translate(_COPY_ESCAPES) for value in row) + "\n"


@dataclass(frozen=True, slots=True)
class _Order:
    number: int
    customer: int
    status: str
    placed: datetime
    items: tuple[Row, ...]
    total_cents: int
    note: str | None

    @property
    def row(self) -> Row:
        return (self.number, self.customer, self.status, self.placed, self.placed, _money(self.total_cents), self.note)


def _customers(random: Random, people: list[Person]) -> Iterator[Row]:
    for one in people:
        home = (one.street, one.postcode, one.city)
        yield (
            one.number,
            one.name,
            one.email,
            one.phone,
            one.country,
            one.national_id,
            one.born,
            *home,
            random.random() < 0.4,
            _moment(random),
        )


def _products(random: Random, sizes: Sizes) -> Iterator[Row]:
    for number in range(1, sizes.products + 1):
        material, good, colour = random.choice(MATERIALS), random.choice(GOODS), random.choice(COLOURS)
        details = f'{{"material": "{material}", "colour": "{colour}", "grams": {random.randrange(80, 9000)}}}'
        name = f"{material.capitalize()} {good}, {colour}"
        yield number, f"SKU-{number:05d}", name, _price(number), random.randrange(500), details


def _orders(random: Random, sizes: Sizes) -> Iterator[_Order]:
    for number in range(1, sizes.orders + 1):
        bought = random.sample(range(1, sizes.products + 1), random.choice((1, 1, 2, 2, 3, 4)))
        quantities = [random.choice((1, 1, 1, 2, 3)) for _ in bought]
        yield _Order(
            number=number,
            customer=random.randrange(1, sizes.customers + 1),
            status=random.choice(_STATUSES),
            placed=_moment(random),
            items=tuple(
                (number, line, product, quantity, _price(product))
                for line, (product, quantity) in enumerate(zip(bought, quantities, strict=True), start=1)
            ),
            total_cents=sum(_cents(p) * q for p, q in zip(bought, quantities, strict=True)),
            note="leave it with the neighbours" if random.random() < 0.1 else None,
        )


def _payments(random: Random, orders: list[_Order], customers: list[Person]) -> Iterator[Row]:
    paid = (order for order in orders if order.status not in {"placed", "cancelled"})
    for number, order in enumerate(paid, start=1):
        holder = customers[order.customer - 1].name.upper()
        expires = f"{random.randrange(1, 13):02d}/{random.randrange(27, 32)}"
        paid_at = order.placed + timedelta(minutes=random.randrange(1, 600))
        yield number, order.number, card_number(random), holder, expires, _money(order.total_cents), paid_at


def _tickets(random: Random, orders: list[_Order], customers: list[Person], sizes: Sizes) -> Iterator[Row]:
    for number in range(1, sizes.tickets + 1):
        order = random.choice(orders)
        one = customers[order.customer - 1]
        card = card_number(random)
        words = {
            "order": order.number,
            "good": random.choice(GOODS),
            "email": one.email,
            "phone": one.phone,
            "name": one.name,
            "street": one.street,
            "postcode": one.postcode,
            "city": one.city,
            "national_id": one.national_id,
            "born": one.born,
            "card": card,
            "last_four": card[-4:],
            "key": _api_key(random),
            "amount": _money(order.total_cents),
        }
        subject, body = random.choice(SUBJECTS).format(**words), random.choice(BODIES).format(**words)
        yield number, order.customer, subject, body, random.random() < 0.3, _moment(random)


def _employees(random: Random, staff: list[Person]) -> Iterator[Row]:
    for one in staff:
        number = national_id(random, one.country, one.born)
        yield one.number, one.name, f"e{one.number}@shop.example", random.choice(TITLES), number, iban(random)


def _payroll(random: Random, sizes: Sizes) -> Iterator[Row]:
    for employee in range(1, sizes.employees + 1):
        gross = random.randrange(250_000, 900_000)
        for month in range(sizes.payroll_months):
            first = f"{2024 + month // 12}-{month % 12 + 1:02d}-01"
            yield employee, first, _money(gross), _money(gross * 62 // 100)


def _api_key(random: Random) -> str:
    # Shapes that real providers use, random letters within: a detector must find them, and they open nothing.
    makers: tuple[Callable[[], str], ...] = (
        lambda: "AKIA" + _letters(random, string.ascii_uppercase + "234567", 16),
        lambda: "ghp_" + _letters(random, _KEY_LETTERS, 36),
        lambda: "sk_live_" + _letters(random, _KEY_LETTERS, 24),
        lambda: "xoxb-" + _letters(random, string.digits, 12) + "-" + _letters(random, _KEY_LETTERS, 24),
        lambda: "sk-proj-" + _letters(random, _KEY_LETTERS, 48),
    )
    return random.choice(makers)()


def _letters(random: Random, alphabet: str, count: int) -> str:
    return "".join(random.choices(alphabet, k=count))


def _moment(random: Random) -> datetime:
    return _FIRST_DAY + timedelta(seconds=random.randrange(_DAYS * 86_400))


def _cents(product: int) -> int:
    return 499 + product * 7919 % 24_000


def _price(product: int) -> str:
    return _money(_cents(product))


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _random(seed: int, name: str) -> Random:
    return Random(f"{seed} {name}")


def _sql(name: str) -> str:
    return files("yett.demo").joinpath(name).read_text(encoding="utf-8")
