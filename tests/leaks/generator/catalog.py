"""The tables and views that generated statements can name, with the kind of each column and whether it is labelled."""

from leaks.generator.pen import Column, Relation
from leaks.generator.planted import LABELLED

_TABLES = {
    "people": """id int, team int, name text, city text, joined date, active bool, email text, phone text, pin int,
        salary num, birthday date, secret json, tags texts, feeling mood, badge text, handle text, grade text,
        height num, steps int, seen date, member bool, mail_len int""",
    "accounts": "id int, owner int, kind text, opened date, balance num, iban text, ceiling int",
    "visits": "id int, person int, day date, what text, place text, score int",
    "teams": "id int, title text, budget num",
    "partners": """id int, team int, name text, city text, joined date, active bool, email text, phone text, pin int,
        salary num, birthday date, secret json, tags texts, feeling mood, badge text, handle text, grade text,
        height num, steps int, seen date, member bool, mail_len int, since date""",
}
_VIEWS = {
    "contacts": "id int, name text, contact text!, tel text!, team int",
    "cards": "id int, name text, card text!, title text",
    "team_pay": "team int, heads int, pay num!",
    "streets": "city text, team int",
    "rich_accounts": "id int, kind text, balance num, name text",
    "snapshot": "id int, team int, email text!, city text",
}
SHAPED_VIEW = ("well_paid", "id int, name text, team int")
_DERIVED = {("people", "mail_len"), ("partners", "mail_len")}


def _columns(table: str, text: str) -> tuple[Column, ...]:
    labelled = LABELLED.get("people" if table == "partners" else table, ())
    found = []
    for part in text.split(","):
        name, kind = part.split()
        tainted = name in labelled or (table, name) in _DERIVED or kind.endswith("!")
        found.append(Column(name, kind.rstrip("!"), tainted))
    return tuple(found)


BASE = {name: _columns(name, text) for name, text in _TABLES.items()}
VIEWS = {name: _columns(name, text) for name, text in _VIEWS.items()}
WELL_PAID = _columns(*SHAPED_VIEW)


def aliased(columns: tuple[Column, ...], alias: str) -> Relation:
    """Return these columns as a relation in FROM."""
    return Relation(alias, columns)
