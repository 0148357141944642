"""What a check found out about one thing, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

from yett.core.errors import YettError

State = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `yett check` or `yett doctor`. `code` is stable; it is empty where all is well."""

    subject: str
    state: State
    message: str
    hint: str = ""
    code: str = ""


def ok(subject: str, message: str) -> Finding:
    """All is well."""
    return Finding(subject, "ok", message)


def failed(subject: str, error: YettError) -> Finding:
    """Something an operator has to put right."""
    return Finding(subject, "fail", error.message, error.hint, error.code)


def warned(subject: str, error: YettError) -> Finding:
    """Something that works, but should not stay so."""
    return Finding(subject, "warn", error.message, error.hint, error.code)
