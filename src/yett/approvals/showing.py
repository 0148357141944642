"""What a reviewer is shown, as text that is whole where a yes depends on it, and drives no terminal."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from yett.core.approvals import Asked, Ticket

TEXT_MAX = 16_384
_ESCAPED_MAX = 4 * TEXT_MAX
_LINE_MAX = 1_000
_TITLES_MAX = 50
_TITLE_MAX = 100
_MULTILINE = "\n\t"


@dataclass(frozen=True, slots=True)
class Shown:
    """One part of what a reviewer reads. `whole` parts are what the yes stands for, and are never cut."""

    title: str
    text: str
    whole: bool = False


def printable(text: str | bytes, keep: str = "") -> str:
    """Return `text` with control, direction and other invisible characters escaped, those in `keep` excepted."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "backslashreplace")
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


def bounded(asked: Asked) -> Asked:
    """Return the question with what merely accompanies it cut to bearable lengths, and says so where it was."""
    shown = {_cut(title, _TITLE_MAX): _cut(text, TEXT_MAX) for title, text in list(asked.shown.items())[:_TITLES_MAX]}
    return replace(
        asked,
        shown=shown,
        address=_cut(asked.address, _LINE_MAX),
        program=_cut(asked.program, _LINE_MAX),
        reason=_cut(asked.reason, _LINE_MAX),
    )


def shown_to_reviewer(ticket: Ticket) -> tuple[Shown, ...]:
    """Return all of a question, in the order in which to read it; the statement and its parameters are whole.

    Texts may have several lines; no character in them drives a terminal.
    """
    return tuple(one for one in _parts(ticket.asked) if one.text)


def _parts(asked: Asked) -> Iterator[Shown]:
    yield Shown("who", _line(f"{asked.kind} {asked.principal}".strip()))
    yield Shown("on behalf of", _line(asked.on_behalf_of.replace("\n", ", for ")))
    yield Shown("groups", _line(", ".join(asked.groups)))
    yield Shown("run", _line(asked.run))
    yield Shown("from", _line(" ".join(filter(None, (asked.address, asked.program)))))
    yield Shown("resource", _line(f"{asked.resource} ({asked.env})" if asked.env else asked.resource))
    yield Shown("why it is held", _line(asked.reason))
    yield Shown("policies", _line(", ".join(asked.policies)))
    yield Shown("asks", _line(", ".join(asked.flows)))
    if asked.in_transaction:
        yield Shown("waits", "inside an open transaction: it keeps its locks while it waits")
    yield Shown("operation", _line(asked.operation))
    yield Shown("statement", printable(asked.statement, _MULTILINE), whole=True)
    for number, (kind, form, value) in enumerate(asked.parameters, start=1):
        yield Shown(f"parameter {number}", _parameter(kind, form, value), whole=True)
    for title, text in asked.shown.items():
        yield Shown(_line(title), _cut(printable(text, _MULTILINE), _ESCAPED_MAX))


def _parameter(kind: int, form: int, value: bytes | None) -> str:
    described = f" (type {kind})" if kind else ""
    if value is None:
        return f"NULL{described}"
    if form:
        return f"hexadecimal {value.hex()}{described}"
    return f"'{printable(value)}'{described}"


def _line(text: str) -> str:
    return _cut(printable(text), _ESCAPED_MAX)


def _cut(text: str, longest: int) -> str:
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text) - longest} more characters)"
