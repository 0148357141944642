"""The SELECT that finds the rows which a statement would touch: the same FROM and WHERE, and nothing is written.

Made from the statement's own words, cut out where its clauses begin, then read again: only where its tree says the
same as the statement's is it the same. So a cut in a wrong place gives no SELECT, and never another one.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice

from yett.core.errors import YettError
from yett.protocols.postgres.sql.functions import HARMLESS_VOLATILE
from yett.protocols.postgres.sql.grammar import Node, parse

TEXT_BYTES_MAX = 16 << 10
_TRIES_MAX = 32
_SELECT = b" SELECT FROM"
_PIECE = re.compile(
    rb"[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/"
    rb"|\$((?:[A-Za-z_]\w*)?)\$.*?\$\1\$|(?P<word>[A-Za-z_\x80-\xff][\w$\x80-\xff]*)|(?P<sign>[()\[\];])",
    re.DOTALL,
)
_PLACES = frozenset({"location", "name_location", "list_start", "list_end", "rexpr_list_start", "rexpr_list_end"})
_PLAIN_SELECT = frozenset({"fromClause", "whereClause", "withClause", "limitOption", "op"})
_WRITES = frozenset({"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"})


@dataclass(frozen=True, slots=True)
class Finding:
    """A SELECT in the place of a statement.

    `count` is the text that counts the rows which an UPDATE or DELETE would touch; it is "" for anything else, and
    `uncounted` says why. `parameters` are the numbers of those that stand in it, `shared` those of them that the
    statement uses elsewhere too.
    """

    text: str
    count: str = ""
    uncounted: str = ""
    parameters: frozenset[int] = frozenset()
    shared: frozenset[int] = frozenset()


Found = Finding | str
"""A finding, or in words why there is none."""


def finding_of(text: str) -> Found:
    """Return the SELECT that finds what this one statement would touch, or in words why there is none."""
    raw = text.encode()
    if len(raw) > TEXT_BYTES_MAX:
        return "the statement is too long to be planned beside itself"
    try:
        statements = parse(text).stmts
    except YettError:
        return "the statement cannot be read"
    if len(statements) != 1:
        return "only one statement at a time can be planned"
    ((kind, body),) = statements[0]["stmt"].items()
    made = _MAKERS.get(kind)
    found = made(raw, body) if made is not None else "PostgreSQL plans nothing for it, or not without running it"
    if isinstance(found, str):
        return found
    return _checked(found, statements[0]["stmt"])


def _checked(found: Finding, whole: Node) -> Found:
    tree = parse(found.text).stmts[0]["stmt"]
    if any(name == "LockingClause" for name, _ in _nodes(tree)):
        return "it locks rows, which a look at it must not"
    if any(name in _WRITES for name, _ in _nodes(tree)):
        return "it writes within a query"
    used, everywhere = _parameters(tree), _parameters(whole)
    shared = frozenset(one for one in used if everywhere.count(one) > used.count(one))
    count, uncounted = found.count, found.uncounted
    if count and any(name == "FuncCall" and _is_volatile(body) for name, body in _nodes(tree)):
        count, uncounted = "", "its condition gives another answer each time"
    return Finding(found.text, count, uncounted, frozenset(used), shared)


# One statement kind after the other.


def _select(raw: bytes, body: Node) -> Found:
    if body.get("intoClause") or body.get("valuesLists"):
        return "it reads no rows"
    return Finding(raw.decode(), uncounted="it changes no rows by itself")


def _insert(raw: bytes, body: Node) -> Found:
    query = body.get("selectStmt", {}).get("SelectStmt", {})
    rows = len(query.get("valuesLists", [])) if query else 1
    if rows:
        return f"it writes the {rows} rows that it lists" if rows > 1 else "it writes the one row that it lists"
    before, words, end = _around(raw, body, b"INSERT")
    starts = [word for word in words if word.name in {b"SELECT", b"WITH", b"TABLE"}]
    ends = [word.start for word in words if word.name in {b"ON", b"RETURNING"}]
    wanted = {**query, "withClause": body["withClause"]} if "withClause" in body else query
    texts = (before + b" " + raw[start.start : stop] for start in starts for stop in (end, *ends))
    return _first(texts, lambda select: _bare(select) == _bare(wanted), uncounted="an INSERT is not counted")


def _update(raw: bytes, body: Node) -> Found:
    before, words, end = _around(raw, body, b"UPDATE")
    start, end = body["relation"].get("location", 0), _stop(words, b"RETURNING", end)
    where = _stop(words, b"WHERE", end)
    tables = body.get("fromClause", [])
    sets = [word for word in words if word.name == b"SET"]
    joins = [word for word in words if word.name == b"FROM"] if tables else [_Word(b"", where, where)]
    texts = (
        _select_text(before, body, raw[start : put.start], raw[join.end : where], raw[where:end])
        for put in sets
        for join in joins
    )
    return _counted(before, texts, body, tables)


def _delete(raw: bytes, body: Node) -> Found:
    before, words, end = _around(raw, body, b"DELETE")
    start, end = body["relation"].get("location", 0), _stop(words, b"RETURNING", end)
    where = _stop(words, b"WHERE", end)
    tables = body.get("usingClause", [])
    join = next((word for word in words if word.name == b"USING" and tables), _Word(b"", where, where))
    text = _select_text(before, body, raw[start : join.start], raw[join.end : where], raw[where:end])
    return _counted(before, iter([text]), body, tables)


_MAKERS: Mapping[str, Callable[[bytes, Node], Found]] = {
    "SelectStmt": _select,
    "InsertStmt": _insert,
    "UpdateStmt": _update,
    "DeleteStmt": _delete,
}


def _select_text(before: bytes, body: Node, relation: bytes, joined: bytes, where: bytes) -> bytes:
    only = b"" if body["relation"].get("inh") else b"ONLY "
    tables = b",".join(part for part in (only + relation, joined) if part.strip())
    return b"\n".join((before + _SELECT, tables, where))


def _counted(before: bytes, texts: Iterator[bytes], body: Node, tables: list[Node]) -> Found:
    if "CurrentOfExpr" in body.get("whereClause", {}):
        return "it acts on the row that a cursor stands on"
    wanted: Node = {"fromClause": [{"RangeVar": body["relation"]}, *tables]}
    wanted |= {name: body[name] for name in ("whereClause", "withClause") if name in body}

    def same(select: Node) -> bool:
        alike = {name: value for name, value in select.items() if name not in {"limitOption", "op"}}
        return select.keys() <= _PLAIN_SELECT and _bare(alike) == _bare(wanted)

    found = _first(texts, same)
    if isinstance(found, str):
        return found
    head = before.decode()
    rest = found.text[len(head) + len(_SELECT) :]
    return Finding(found.text, count=_count_text(head, rest, body["relation"] if tables else None))


def _count_text(head: str, rest: str, relation: Node | None) -> str:
    """Return the text that counts; a row that is joined several times is still one row of the relation."""
    if relation is None:
        return f"{head} SELECT pg_catalog.count(*) FROM{rest}"
    name = '"' + str(relation.get("alias", {}).get("aliasname") or relation["relname"]).replace('"', '""') + '"'
    # The words are the client's own, read again above; the name is quoted.
    return f"SELECT pg_catalog.count(*) FROM ({head} SELECT DISTINCT {name}.tableoid, {name}.ctid FROM{rest}\n) yett"  # noqa: S608 - as said above


def _first(texts: Iterator[bytes], same: Callable[[Node], bool], uncounted: str = "") -> Found:
    for raw in islice(texts, _TRIES_MAX):
        try:
            text = raw.decode()
            statements = parse(text).stmts
        except (YettError, UnicodeDecodeError):
            continue
        if len(statements) == 1 and same(statements[0]["stmt"].get("SelectStmt", {})):
            return Finding(text, uncounted=uncounted)
    return "the gate found no SELECT of the same rows"


# Words.


@dataclass(frozen=True, slots=True)
class _Word:
    name: bytes
    start: int
    end: int


def _around(raw: bytes, body: Node, verb: bytes) -> tuple[bytes, list[_Word], int]:
    """Return what stands before a statement's verb, the words behind its relation's name, and where it ends."""
    words = list(_words(raw))
    start = body["relation"].get("location", 0)
    verbs = [word.start for word in words if word.name == verb and word.start < start]
    end = next((word.start for word in words if word.name == b";"), len(raw))
    return raw[: verbs[-1] if verbs else 0], [word for word in words if start <= word.start < end], end


def _stop(words: list[_Word], name: bytes, otherwise: int) -> int:
    return next((word.start for word in words if word.name == name), otherwise)


def _words(raw: bytes) -> Iterator[_Word]:
    """Yield the words outside of parentheses, quotes and comments, in capitals, and each `;` there."""
    depth = 0
    for piece in _PIECE.finditer(raw):
        word, sign = piece["word"], piece["sign"]
        depth += {b"(": 1, b"[": 1, b")": -1, b"]": -1}.get(sign or b"", 0)
        if depth == 0 and (word or sign == b";"):
            yield _Word((word or sign).upper(), piece.start(), piece.end())


# Trees.


def _bare(node: object) -> object:
    """Return a tree without the places that its parts stand at."""
    if isinstance(node, dict):
        return {name: _bare(value) for name, value in node.items() if name not in _PLACES}
    return [_bare(one) for one in node] if isinstance(node, list) else node


def _nodes(node: object) -> Iterator[tuple[str, Node]]:
    if isinstance(node, list):
        for one in node:
            yield from _nodes(one)
    elif isinstance(node, dict):
        for name, value in node.items():
            if isinstance(value, dict):
                yield name, value
            yield from _nodes(value)


def _parameters(tree: Node) -> list[int]:
    return [int(body.get("number", 0)) for name, body in _nodes(tree) if name == "ParamRef"]


def _is_volatile(call: Node) -> bool:
    names = call.get("funcname", [])
    return bool(names) and str(names[-1].get("String", {}).get("sval", "")) in HARMLESS_VOLATILE
