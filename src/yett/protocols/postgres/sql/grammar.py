"""Reads SQL with PostgreSQL 18's own grammar (libpg_query), refusing what is too long, too deep or not a sentence.

Our own thin binding to the shared library that the `postgast` package ships. Two dangers of the C side are met here,
both measured: its tree printer recurses, so a chain such as `1+1+1+…` of 100,000 links overruns an ordinary stack (130
bytes a level, two bytes of text a level), and its lexer takes quadratic time on long runs of operator characters.
"""

import ctypes
import platform
import re
import threading
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import msgspec

from yett.core.errors import YettError

TEXT_BYTES_MAX = 1 << 20
"""The most bytes of a text outside its quoted values: each may become a node of the tree, which takes 300 bytes."""
QUOTED_TEXT_BYTES_MAX = 16 << 20
"""The most bytes of a text with its quoted values."""
OPERATOR_RUN_MAX = 400
# Up to here the deepest tree that fits into the text needs about 1 MiB of stack, which every thread has.
_ORDINARY_STACK_TEXT_BYTES = 16_384
_STACK_BYTES_PER_TEXT_BYTE = 256
# What a text says, and then where its columns come from, is read off one tree; nobody changes it.
_READ_LATELY_MAX = 4
_STACK_BYTES_MIN = 16 << 20
_LIBRARIES = {"Linux": "libpg_query.so", "Darwin": "libpg_query.dylib", "Windows": "pg_query.dll"}
_OPERATOR_RUN = re.compile(rb"[~!@#^&|`?+\-*/%%<>=]{%d}" % (OPERATOR_RUN_MAX + 1))
# A value in quotes, a name in quotes, or else something that could make quotes mean another thing.
_QUOTED = re.compile(rb"""'[^'\\]*'|"[^"]*"|(--|/\*|\$\D|['"\\])""")
# Words of the grammar's own messages whose SQLSTATE is not that of a syntax error (22021, 42939, 0A000).
_OTHER_CODES = (
    ("invalid byte sequence for encoding", "text_not_utf8"),
    ('role name "public" is reserved', "reserved_name"),
    ('role name "none" is reserved', "reserved_name"),
    ("not yet implemented", "feature_not_offered"),
    ("not supported on recursive views", "feature_not_offered"),
    (" cannot be marked ", "feature_not_offered"),
)
_stack_lock = threading.Lock()

Node = dict[str, Any]


class SyntaxRefused(YettError):
    """The text is not a sentence of the grammar, which the server itself would answer.

    `message` is PostgreSQL's own (it quotes the offending word), `position` the 1-based character it points at, 0 for
    none. `code` is `syntax_error` (SQLSTATE 42601) but for the few things that the grammar refuses by another name.
    """

    code = "syntax_error"

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message, code=next((code for words, code in _OTHER_CODES if words in message), ""))
        self.position = position


class TextRefused(YettError):
    """The text is not read at all: NUL, too long, too deep, not Unicode. `code` says which."""

    code = "text_refused"


class _Error(ctypes.Structure):
    _fields_ = (
        ("message", ctypes.c_char_p),
        ("funcname", ctypes.c_char_p),
        ("filename", ctypes.c_char_p),
        ("lineno", ctypes.c_int),
        ("cursorpos", ctypes.c_int),
        ("context", ctypes.c_char_p),
    )


class _ParseResult(ctypes.Structure):
    _fields_ = (
        ("parse_tree", ctypes.c_char_p),
        ("stderr_buffer", ctypes.c_char_p),
        ("error", ctypes.POINTER(_Error)),
    )


class ParsedText(msgspec.Struct, frozen=True, gc=False):
    """The tree of a text: `stmts` as libpg_query prints them, offsets in bytes of the UTF-8 text."""

    version: int
    stmts: list[Node] = []


def parse(text: str, *, text_bytes_max: int = TEXT_BYTES_MAX) -> ParsedText:
    """Return the tree of `text`; its `stmts` are empty for an empty query.

    Quoted values count towards `text_bytes_max` only where the text is written in such a way that they are not told
    from the rest at a glance. Raises SyntaxRefused for what the grammar does not accept and TextRefused for what is not
    given to it.
    """
    raw = checked_bytes(text, text_bytes_max)
    try:
        if len(raw) <= _ORDINARY_STACK_TEXT_BYTES:
            return _read_lately(raw)
        return _decoder().decode(_tree_on_a_large_stack(raw, text_bytes_max))
    except RecursionError:
        raise _too_deep() from None
    except msgspec.MsgspecError:
        raise TextRefused("the statement's tree cannot be read", code="not_understood") from None


@lru_cache(maxsize=_READ_LATELY_MAX)
def _read_lately(raw: bytes) -> ParsedText:
    return _decoder().decode(_tree(raw))


def checked_bytes(text: str, text_bytes_max: int) -> bytes:
    """Return the text's UTF-8 bytes. Raises TextRefused for what must not reach the C library."""
    if len(text) > QUOTED_TEXT_BYTES_MAX:
        raise _too_long(QUOTED_TEXT_BYTES_MAX)
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        raise TextRefused("the statement is not valid Unicode text", code="text_not_unicode") from None
    if len(raw) > QUOTED_TEXT_BYTES_MAX:
        raise _too_long(QUOTED_TEXT_BYTES_MAX)
    if len(raw) > text_bytes_max and len(_outside_quotes(raw)) > text_bytes_max:
        raise _too_long(text_bytes_max)
    if b"\0" in raw:
        raise TextRefused("the statement contains a NUL byte", code="text_has_nul")
    if _has_operator_run(raw) and _has_operator_run(_outside_quotes(raw)):
        msg = f"the statement contains more than {OPERATOR_RUN_MAX} operator characters in a row"
        raise TextRefused(msg, code="text_operator_run", hint="break up the run, or pass it as a parameter")
    return raw


def _outside_quotes(raw: bytes) -> bytes:
    """Return a text without what its quotes hold; as it is where a comment, an escape or the like is in it."""
    pieces = _QUOTED.split(raw)
    return raw if any(pieces[1::2]) else b"''".join(pieces[::2])


def _has_operator_run(raw: bytes) -> bool:
    return len(raw) > OPERATOR_RUN_MAX and _OPERATOR_RUN.search(raw) is not None


def _too_long(text_bytes_max: int) -> TextRefused:
    hint = "send values as parameters or by COPY, or split the statement"
    return TextRefused(f"the statement is longer than {text_bytes_max} bytes", code="text_too_long", hint=hint)


def _too_deep() -> TextRefused:
    hint = "fewer levels of parentheses, sub-queries or chained operators"
    return TextRefused("the statement is nested too deeply", code="text_too_deep", hint=hint)


def _tree(raw: bytes) -> bytes:
    library = _library()
    result = library.pg_query_parse(raw)
    try:
        if result.error:
            error = result.error.contents
            raise SyntaxRefused((error.message or b"syntax error").decode("utf-8", "replace"), error.cursorpos)
        return cast("bytes", result.parse_tree)
    finally:
        library.pg_query_free_parse_result(result)


def _tree_on_a_large_stack(raw: bytes, deep_bytes_max: int) -> bytes:
    outcome: list[bytes | YettError] = []

    def run() -> None:
        try:
            outcome.append(_tree(raw))
        except YettError as error:
            outcome.append(error)

    worker = threading.Thread(target=run, name="yett-sql-grammar")
    with _stack_lock:
        before = threading.stack_size(max(_STACK_BYTES_MIN, min(len(raw), deep_bytes_max) * _STACK_BYTES_PER_TEXT_BYTE))
        try:
            worker.start()
        except RuntimeError:
            raise _too_deep() from None
        finally:
            threading.stack_size(before)
    worker.join()
    result = outcome[0]
    if isinstance(result, YettError):
        raise result
    return result


@cache
def _decoder() -> "msgspec.json.Decoder[ParsedText]":
    return msgspec.json.Decoder(ParsedText)


@cache
def _library() -> ctypes.CDLL:
    """Load the library once; the Python layer of its package is never imported."""
    spec = find_spec("postgast")
    if spec is None or spec.origin is None:
        raise YettError("the postgast package is not installed", code="grammar_missing", hint="pip install postgast")
    library = ctypes.CDLL(str(Path(spec.origin).parent / _LIBRARIES.get(platform.system(), "libpg_query.so")))
    library.pg_query_parse.argtypes = [ctypes.c_char_p]
    library.pg_query_parse.restype = _ParseResult
    library.pg_query_free_parse_result.argtypes = [_ParseResult]
    library.pg_query_free_parse_result.restype = None
    return library
