"""Reads from a COPY statement how its data will be written; what is not known for certain is not read at all."""

from collections.abc import Mapping, Sequence
from typing import Any

from yett.protocols.postgres.masking.copy_lines import CopyOptions

_NO_MATTER = frozenset({"force_quote", "freeze"})
_TRUE, _FALSE = frozenset({"true", "on", "1"}), frozenset({"false", "off", "0"})
_UTF8 = frozenset({"utf8", "utf-8", "unicode"})
_LINES = frozenset({"text", "csv"})


def copy_options(elements: Sequence[Mapping[str, Any]]) -> CopyOptions | None:
    """Return how a COPY TO with these options (`CopyStmt.options`, DefElem nodes) writes its data.

    None where an option is not known, given twice, or asks for another encoding than UTF-8: such data can't be
    covered, and the statement must be refused where anything in it would have to be.
    """
    given: dict[str, str | None] = {}
    for element in elements:
        option = element.get("DefElem", {})
        name = str(option.get("defname", ""))
        if name in given:
            return None
        given[name] = _word(option.get("arg"))
    for name in _NO_MATTER:
        given.pop(name, None)
    return _read(given)


def _read(given: dict[str, str | None]) -> CopyOptions | None:
    encoding = given.pop("encoding", "utf8")
    written = given.pop("format", "text")
    header = _switch(given.pop("header", "true")) if "header" in given else False
    if (encoding or "").lower() not in _UTF8 or written not in {*_LINES, "binary"} or header is None:
        return None
    signs = {name: given.pop(name, None) for name in ("delimiter", "null", "quote", "escape")}
    single = [sign for name, sign in signs.items() if name != "null" and sign is not None]
    if given or any(len(sign) != 1 or not sign.isascii() for sign in single):
        return None
    delimiter, null, quote, escape = (None if sign is None else sign.encode() for sign in signs.values())
    return CopyOptions(written == "csv", delimiter, null, quote or b'"', escape, header)


def _switch(word: str | None) -> bool | None:
    """Return what a switch says, None where it is neither on nor off; without a word it is on."""
    if word is None or word.lower() in _TRUE:
        return True
    return False if word.lower() in _FALSE else None


def _word(node: Mapping[str, Any] | None) -> str | None:
    """Return an option's argument as a word."""
    if not node:
        return None
    if "String" in node:
        return str(node["String"].get("sval", ""))
    if "Boolean" in node:
        return "true" if node["Boolean"].get("boolval") else "false"
    if "Integer" in node:
        return str(node["Integer"].get("ival", 0))
    return ""
