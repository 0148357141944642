"""What stands in the two databases: the same in every column, except in the labelled ones."""

import json
import string
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from random import Random

Row = tuple[object, ...]

LABELLED = {
    "people": (
        *("email", "phone", "pin", "salary", "birthday", "secret", "tags", "feeling", "badge", "handle", "grade"),
        *("height", "steps", "seen", "member"),
    ),
    "accounts": ("iban", "ceiling"),
    "visits": ("place", "score"),
}
"""Base columns that carry a label. What is made of them (generated columns, views, snapshots) must be found out."""

SIZES = {"teams": 4, "people": 14, "partners": 3, "accounts": 18, "visits": 16}
_NAMES = ("Ada", "Bo", "Cleo", "Dov", "Eva", "Finn", "Gita", "Hal", "Ida", "Jon", "Kim", "Lev", "Mia", "Ned")
_CITIES = ("Gent", "Lyon", "Oslo", None)
_FIRST = date(2024, 3, 1)


def rows(side: int) -> Iterator[tuple[str, str, list[Row]]]:
    """Yield (table, its columns, its rows) for one of the two databases, 0 or 1."""
    plain, planted = Random("what both have"), Random(f"what side {side} has")
    yield "teams", "id, title, budget", [(n, f"team {n}", 1000 * n + 50) for n in range(1, SIZES["teams"] + 1)]
    people = [_person(number, plain, planted, side) for number in range(1, SIZES["people"] + 1)]
    columns = ", ".join(("id", "team", "name", "city", "joined", "active", *LABELLED["people"]))
    yield "people", columns, people
    partners = [(*_person(100 + n, plain, planted, side), _FIRST) for n in range(SIZES["partners"])]
    yield "partners", f"{columns}, since", partners
    accounts = [_account(number, plain, planted, side) for number in range(1, SIZES["accounts"] + 1)]
    yield "accounts", "id, owner, kind, opened, balance, iban, ceiling", accounts
    visits = [_visit(number, plain, planted, side) for number in range(1, SIZES["visits"] + 1)]
    yield "visits", "id, person, day, what, place, score", visits


def guess() -> str:
    """Return what the first side has as the address of person 3: a guess that is right on one side only."""
    people = next(found for table, _, found in rows(0) if table == "people")
    return str(people[2][6])


def _person(number: int, plain: Random, planted: Random, side: int) -> Row:
    team, city = plain.randrange(1, SIZES["teams"] + 1), plain.choice(_CITIES)
    known = (number, team, _NAMES[number % len(_NAMES)], city, _day(plain), plain.random() < 0.6)
    # Each differs in order, size and kind: what one side can be cast to, divided by or split at, the other cannot.
    made: tuple[Callable[[], object], ...] = (
        lambda: _word(planted, 4 + 9 * side) + "@" + _word(planted, 3),
        lambda: _digits(planted, 6) if side else _word(planted, 11),
        lambda: planted.choice((0, 1, 7, 90_001)) if side else planted.randrange(-400, 400_000),
        lambda: planted.randrange(0, 300) if side else planted.randrange(80, 99_000) / 100,
        lambda: _day(planted),
        lambda: json.dumps({"k": planted.randrange(9), "t": _word(planted, 3)} if side else {"k": "x", "z": [1, 2]}),
        lambda: "{" + ",".join(_word(planted, 2 + side) for _ in range(planted.randrange(1, 3 + side))) + "}",
        lambda: planted.choice(("calm", "glad") if side else ("sour", "wild", "calm")),
        lambda: _word(planted, 30 - 24 * side),
        lambda: _word(planted, 3 + 20 * side),
        lambda: _word(planted, 2 + side),
        lambda: planted.randrange(0, 2000) / (8 if side else 3),
        lambda: planted.randrange(10 ** (17 * side), 10 ** (17 * side + 1)),
        lambda: f"{_day(planted)} {planted.randrange(10, 24)}:00:00+00",
        lambda: planted.random() < (0.8 if side else 0.3),
    )
    return (*known, *(None if plain.random() < 0.12 else make() for make in made))


def _account(number: int, plain: Random, planted: Random, side: int) -> Row:
    known = (number, plain.randrange(1, SIZES["people"] + 1), plain.choice(("save", "spend")), _day(plain))
    iban = None if plain.random() < 0.1 else "".join(planted.choices("XQZ", k=2)) + _digits(planted, 5 + 9 * side)
    return (*known, plain.randrange(0, 9000) / 100, iban, planted.randrange(0, 3 + 900 * side))


def _visit(number: int, plain: Random, planted: Random, side: int) -> Row:
    known = (number, plain.randrange(1, SIZES["people"] + 1), _day(plain), plain.choice(("call", "talk", "trip")))
    place = None if plain.random() < 0.1 else _word(planted, 3 + 4 * side)
    return (*known, place, planted.randrange(-5, 5 + 50 * side))


def _day(random: Random) -> date:
    return _FIRST + timedelta(days=random.randrange(700))


def _word(random: Random, length: int) -> str:
    return "".join(random.choices(string.ascii_letters, k=length))


def _digits(random: Random, length: int) -> str:
    return "".join(random.choices(string.digits, k=length))
