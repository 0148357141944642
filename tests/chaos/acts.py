"""What is done to the target: acts with a name of their own, found again wherever they left a trace."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from zlib import crc32

FLOWS = {"free": "", "held": "dba", "quick": "quick", "pair": "pair", "purse": "dba"}
"""The flow that is asked before something is written to a table; free is written without asking."""

QUORUMS = {"dba": 1, "quick": 1, "pair": 2}
CHANGED = 1000
"""An amount from here on is one that nobody ever approves: the client changed it after it had asked."""

ANY = -1
"""An amount that is not known: the target's log names a COPY, and not its data."""

_PURSES = 16
_WRITES = ("INSERT INTO ", "UPDATE purse ", "COPY ")
_TRACE = re.compile(r"(r\d+\.c\d+\.\d+)(?:', (?:\$2 = ')?|=|\t|\\t)(\d+)")

_COPY = re.compile(r"COPY \w+ \(act, amount\) FROM STDIN /\* (r\d+\.c\d+\.\d+) \*/")

SCHEMA = "\n".join(
    [
        *(f"CREATE TABLE {name} (act text, amount int);" for name in FLOWS if name != "purse"),
        "CREATE TABLE purse (id int PRIMARY KEY, acts text NOT NULL DEFAULT '');",
        f"INSERT INTO purse (id) SELECT generate_series(0, {_PURSES - 1});",
    ]
)

Wire = tuple[str, tuple[str, ...]]
"""A statement as it goes over the wire: its text, and its parameters as PostgreSQL writes them."""


@dataclass(frozen=True, slots=True)
class Act:
    """One write. `name` is used by no other act; rows say it, and so do statements, tickets and logs."""

    name: str
    table: str
    amount: int

    @property
    def flow(self) -> str:
        """Return the flow that is asked first, or ""."""
        return FLOWS[self.table]

    def changed(self) -> "Act":
        """Return the act with another amount: what was asked for this one is not for that one."""
        return Act(self.name, self.table, self.amount + CHANGED)

    def literal(self) -> Wire:
        """Return the statement with its values in the text."""
        if self.table == "purse":
            return f"UPDATE purse SET acts = acts || ' {self.name}={self.amount}' WHERE id = {self.purse}", ()
        return f"INSERT INTO {self.table} (act, amount) VALUES ('{self.name}', {self.amount})", ()

    def bound(self) -> Wire:
        """Return the statement with its values as parameters."""
        if self.table == "purse":
            parameters = (f" {self.name}={self.amount}", str(self.purse))
            return "UPDATE purse SET acts = acts || $1::text WHERE id = $2", parameters
        return f"INSERT INTO {self.table} (act, amount) VALUES ($1, $2)", (self.name, str(self.amount))

    def copied(self) -> Wire:
        """Return a COPY of the row, its data last; the text names the act, and only the data says its amount."""
        return f"COPY {self.table} (act, amount) FROM STDIN /* {self.name} */", (f"{self.name}\t{self.amount}\n",)

    @property
    def purse(self) -> int:
        """Return the row of purse that this act writes to."""
        return crc32(self.name.encode()) % _PURSES


def pieces(data: str) -> tuple[bytes, bytes]:
    """Return the two parts in which a client sends the data of a COPY, cut in the middle of a row."""
    whole = data.encode()
    return whole[: len(whole) // 2], whole[len(whole) // 2 :]


def copy_named(text: str) -> str:
    """Return the name of the act that a COPY without its data is of, or ""."""
    found = _COPY.search(text)
    return found[1] if found else ""


def is_copy(text: str) -> bool:
    """Say whether a statement is one of our COPYs."""
    return text.startswith("COPY ")


def binary_value(value: bytes) -> str:
    """Return a binary parameter as text: a number, unless it begins as the name of an act does."""
    if value[:1] in {b"r", b" "}:
        return value.decode("utf-8", "replace")
    return str(int.from_bytes(value, "big", signed=True))


def traces(text: str) -> Iterator[tuple[str, int]]:
    """Yield name and amount of each act that a text speaks of: a statement, a purse, a server's log."""
    for name, amount in _TRACE.findall(text):
        yield name, int(amount)


def act_in(wire: Wire) -> tuple[str, int] | None:
    """Return name and amount of the act that a statement with its parameters is, if it is one.

    A look ahead, such as an EXPLAIN of it, is none.
    """
    text, parameters = wire
    if not text.startswith(_WRITES):
        return None
    joined = "', $2 = '".join(parameters)
    return next(traces(text), None) or next(traces(joined), None)
