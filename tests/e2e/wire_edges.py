"""What no well-behaved driver sends, and some do: messages in odd orders, with odd counts, or with broken bodies."""

import struct
from collections.abc import Sequence

from yett.protocols.postgres.codec import FLUSH, SYNC, TERMINATE, execute, message, parse, query

_BIND, _DESCRIBE, _CLOSE, _DATA, _DONE, _FAIL = b"B", b"D", b"C", b"d", b"c", b"f"


def step(text: str, name: str = "", types: Sequence[int] = ()) -> bytes:
    """Parse."""
    return parse(name.encode(), text.encode(), types)


def bind(
    portal: str = "",
    statement: str = "",
    values: Sequence[bytes] = (),
    formats: Sequence[int] = (),
    results: Sequence[int] = (),
) -> bytes:
    """Bind, with whatever numbers of values and formats."""
    parts = [portal.encode() + b"\0" + statement.encode() + b"\0", _codes(formats), struct.pack("!H", len(values))]
    parts += [struct.pack("!i", len(value)) + value for value in values]
    return message(_BIND, b"".join([*parts, _codes(results)]))


def run(portal: str = "", rows: int = 0) -> bytes:
    """Execute."""
    return execute(portal.encode(), rows)


def describe(what: str, name: str = "") -> bytes:
    """Describe."""
    return message(_DESCRIBE, what.encode() + name.encode() + b"\0")


def close(what: str, name: str = "") -> bytes:
    """Close."""
    return message(_CLOSE, what.encode() + name.encode() + b"\0")


def data(lines: bytes) -> bytes:
    """CopyData."""
    return message(_DATA, lines)


def _codes(codes: Sequence[int]) -> bytes:
    return struct.pack(f"!H{len(codes)}H", len(codes), *codes)


DONE = message(_DONE, b"")
FAIL = message(_FAIL, b"because\0")
_TABLE = query("CREATE TEMP TABLE IF NOT EXISTS t_edge (a int)")
_COPY = query("COPY t_edge FROM STDIN")
_SELECT = step("SELECT 1") + bind() + run()

# name -> (what is said, how many ReadyForQuery answer it; 0: none, until it is silent)
EDGES: dict[str, tuple[bytes, int]] = {
    "an empty query": (query(""), 1),
    "only a comment": (query("-- x"), 1),
    "only semicolons": (query(";;;"), 1),
    "an empty statement": (step("") + bind() + describe("P") + run() + SYNC, 1),
    "Flush without Sync": (_SELECT + FLUSH, 0),
    "an error at Flush": (step("SELEC 1") + FLUSH + _SELECT + FLUSH, 0),
    "a storm of Sync": (SYNC * 300, 300),
    "a storm of Sync among statements": ((_SELECT + SYNC) * 30 + SYNC * 30, 60),
    "too few values": (step("SELECT $1::int, $2::int") + bind(values=[b"1"]) + run() + SYNC, 1),
    "too many values": (step("SELECT $1::int") + bind(values=[b"1", b"2"]) + run() + SYNC, 1),
    "formats that fit no values": (
        step("SELECT $1::int, $2::int, $3::int") + bind(values=[b"1"] * 3, formats=[0, 0]) + run() + SYNC,
        1,
    ),
    "formats that fit no results": (step("SELECT 1, 2, 3") + bind(results=[0, 0]) + run() + SYNC, 1),
    "an unknown format": (step("SELECT $1::int") + bind(values=[b"1"], formats=[7]) + run() + SYNC, 1),
    "an unknown format of results": (step("SELECT 1") + bind(results=[9]) + run() + SYNC, 1),
    "a value that is none": (step("SELECT $1::int") + bind(values=[b"x"]) + run() + SYNC, 1),
    "a binary value of a wrong length": (
        step("SELECT $1::int") + bind(values=[b"xyz"], formats=[1]) + run() + SYNC,
        1,
    ),
    "a statement that is not there": (bind("", "nope") + run() + SYNC, 1),
    "a portal that is not there": (run("nope") + SYNC + run() + SYNC, 2),
    "Describe of what is not there": (describe("S", "nope") + SYNC + describe("P", "nope") + SYNC, 2),
    "Describe of neither": (describe("Z", "nope") + _SELECT + SYNC, 1),
    "Close of what is not there": (close("S", "nope") + close("P", "nope") + SYNC, 1),
    "Close of neither": (close("Z", "nope") + _SELECT + SYNC, 1),
    "Execute of a closed portal": (step("SELECT 1") + bind("p") + close("P", "p") + run("p") + SYNC, 1),
    "a portal whose statement is closed": (
        step("SELECT 1", "s") + bind("p", "s") + close("S", "s") + run("p") + SYNC,
        1,
    ),
    "a portal after its transaction": (step("SELECT 1") + bind("p") + SYNC + run("p") + SYNC, 2),
    "Execute twice": (_SELECT + run() + SYNC, 1),
    "a write run twice": (_TABLE + step("INSERT INTO t_edge VALUES (1)") + bind("q") + run("q") + run("q") + SYNC, 2),
    "rows in parts": (step("SELECT generate_series(1, 5)") + bind() + run(rows=2) * 4 + SYNC, 1),
    "a name that is taken": (step("SELECT 1", "d") + step("SELECT 2", "d") + SYNC, 1),
    "a portal that is taken": (step("SELECT 1") + bind("p") + bind("p") + SYNC, 1),
    "too few types": (step("SELECT $1, $2", types=[23]) + describe("S") + SYNC, 1),
    "too many types": (step("SELECT $1", types=[23, 23, 25]) + describe("S") + SYNC, 1),
    "a type that is none": (step("SELECT $1", types=[4_000_000]) + describe("S") + SYNC, 1),
    "a parameter of no type": (step("SELECT $2::int") + describe("S") + SYNC, 1),
    "two statements in Parse": (step("SELECT 1; SELECT 2") + SYNC, 1),
    "a query among steps": (step("SELECT 1") + bind() + query("SELECT 2") + run() + SYNC, 2),
    "a query after an error": (step("SELEC") + query("SELECT 2") + SYNC, 1),
    "Terminate after a statement": (_SELECT + TERMINATE, 1),
    "COPY data where none is wanted": (data(b"abc") + DONE + FAIL + SYNC, 1),
    "a COPY that the client ends": (_TABLE + _COPY + FAIL + query("SELECT 1"), 3),
    "Sync within a COPY": (_TABLE + _COPY + SYNC + data(b"1\n") + DONE, 2),
    "a COPY in steps": (_TABLE + step("COPY t_edge FROM STDIN") + bind() + run() + data(b"1\n") + DONE + SYNC, 2),
    "a COPY in steps with its Sync before": (
        _TABLE + step("COPY t_edge FROM STDIN") + bind() + run() + SYNC + data(b"1\n2\n") + DONE + SYNC,
        2,
    ),
    "a COPY in steps that the client ends": (
        _TABLE + step("COPY t_edge FROM STDIN") + bind() + run() + FAIL + SYNC,
        2,
    ),
    "COPY data after its error": (_TABLE + _COPY + data(b"x\n") + data(b"2\n") + DONE + query("SELECT 1"), 3),
    "a COPY before another statement": (_TABLE + query("COPY t_edge FROM STDIN; SELECT 7") + data(b"1\n") + DONE, 2),
    "two COPY in one text": (query("COPY (SELECT 1) TO STDOUT; COPY (SELECT 2) TO STDOUT"), 1),
    "a query without its end": (message(b"Q", b"SELECT 1") + query("SELECT 2"), 2),
    "a Parse cut short": (message(b"P", b"\0SELECT 1\0") + _SELECT + SYNC, 1),
    "a Parse with bytes left over": (message(b"P", b"\0SELECT 1\0\0\0xx") + _SELECT + SYNC, 1),
    "a Bind cut short": (step("SELECT 1") + message(b"B", b"\0\0\0\0") + run() + SYNC, 1),
    "a value of negative length": (
        step("SELECT $1::text") + message(b"B", b"\0\0\0\0\0\1" + struct.pack("!i", -7) + b"\0\0") + SYNC,
        1,
    ),
    "a value longer than its message": (
        step("SELECT $1::text") + message(b"B", b"\0\0\0\0\0\1" + struct.pack("!i", 99) + b"ab\0\0") + SYNC,
        1,
    ),
    "an Execute cut short": (step("SELECT 1") + bind() + message(b"E", b"\0\0") + SYNC, 1),
    "a negative number of rows": (
        step("SELECT generate_series(1, 3)") + bind() + message(b"E", b"\0" + struct.pack("!i", -1)) + SYNC,
        1,
    ),
    "a Describe of nothing": (message(b"D", b"") + SYNC, 1),
    "a Close of nothing": (message(b"C", b"") + SYNC, 1),
    "broken steps in a transaction": (query("BEGIN") + message(b"P", b"\0") + SYNC + query("ROLLBACK"), 3),
    "a text that is not UTF-8": (message(b"Q", b"SELECT '\xff'\0") + query("SELECT 1"), 2),
    "a value that is not UTF-8": (step("SELECT $1::text") + bind(values=[b"\xff"]) + run() + SYNC, 1),
    "a value with a NUL": (step("SELECT $1::text") + bind(values=[b"a\0b"]) + run() + SYNC, 1),
    "an error in a transaction": (query("BEGIN") + query("SELEC") + query("SELECT 1") + query("ROLLBACK"), 4),
    "an error in a transaction of steps": (
        step("BEGIN") + bind() + run() + _SELECT + step("SELEC") + _SELECT + SYNC + query("ROLLBACK"),
        2,
    ),
    "an error among statements": (query("SELECT 1; SELECT 1/0; SELECT 2"), 1),
    "a cursor as a portal": (
        query("BEGIN")
        + query("DECLARE c CURSOR FOR SELECT generate_series(1, 3)")
        + run("c", 2)
        + SYNC
        + query("FETCH ALL FROM c")
        + query("COMMIT"),
        5,
    ),
    "a portal of SQL that Close ends": (
        query("BEGIN")
        + query("DECLARE c CURSOR FOR SELECT 1")
        + describe("P", "c")
        + close("P", "c")
        + SYNC
        + query("FETCH c")
        + query("ROLLBACK"),
        5,
    ),
    "PREPARE and Bind": (
        query("PREPARE sp AS SELECT $1::int")
        + describe("S", "sp")
        + bind("", "sp", [b"3"])
        + run()
        + SYNC
        + query("DEALLOCATE sp"),
        3,
    ),
    "Parse and EXECUTE": (
        step("SELECT $1::int", "pe")
        + SYNC
        + query("EXECUTE pe(4)")
        + query("DEALLOCATE pe")
        + bind("", "pe", [b"1"])
        + SYNC,
        4,
    ),
    "DISCARD ALL": (step("SELECT 1", "da") + SYNC + query("DISCARD ALL") + bind("", "da") + SYNC, 3),
    "a very long name": (step("SELECT 1", "n" * 200) + bind("p" * 3000, "n" * 200) + run("p" * 3000) + SYNC, 1),
}
