"""Text that must never reach a target, whatever policy permits: patterns over what was asked, word for word."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, cast

import re2

from yett.core.decisions import Decision, Deny
from yett.core.errors import ConfigError
from yett.core.ids import PolicyVersion
from yett.core.operations import Operation

PATTERN_CHARACTERS_MAX = 4_096
RULES_MAX = 500
PATTERN_MEMORY_BYTES = 8 << 20
_NO_VERSION = PolicyVersion("")


@dataclass(frozen=True, slots=True)
class DenyRule:
    """One `[deny.<name>]` of yett.toml.

    `pattern` is RE2, found anywhere in the text. An empty `protocol` means every protocol, no `resources` every one.
    Letters match in either case, unless the pattern says `(?-i)`.
    """

    name: str
    pattern: str
    protocol: str = ""
    resources: frozenset[str] = frozenset()
    reason: str = ""
    hint: str = ""
    ignore_case: bool = True


class _Pattern(Protocol):
    def search(self, text: str) -> object | None: ...


class DenyList:
    """The compiled rules. RE2 takes time linear in the text, so no text can make a check slow."""

    def __init__(self, rules: Iterable[DenyRule], version: PolicyVersion = _NO_VERSION) -> None:
        self._version = version
        self._rules = tuple((rule, _compiled(rule)) for rule in rules)
        if len(self._rules) > RULES_MAX:
            msg = f"there are more than {RULES_MAX} deny-lists"
            raise _invalid(msg, "join patterns with |")

    def check(self, operation: Operation, text: bytes = b"") -> Decision | None:
        """Return the denial of the first rule that matches the operation's text, or None.

        `text` are the exact bytes asked, where the operation is shared by many texts and carries none of its own.
        A text that cannot be searched (not UTF-8, a lone surrogate) is denied where any rule would have looked at it.
        """
        for rule, pattern in self._rules:
            if _concerns(rule, operation) and (_found(pattern, operation.text) or _found_in_bytes(pattern, text)):
                return self._denied(rule)
        return None

    def _denied(self, rule: DenyRule) -> Decision:
        reason = rule.reason or f"the text matches the deny-list {rule.name}"
        hint = rule.hint or "this wording is refused whatever policy permits; ask whoever runs the gate"
        return Decision(Deny("deny_list", reason, hint), (f"deny:{rule.name}",), self._version, "deny_list")


def _concerns(rule: DenyRule, operation: Operation) -> bool:
    if rule.protocol and rule.protocol != operation.protocol:
        return False
    # An operation that does not say what it reaches is every resource's concern.
    return not rule.resources or not rule.resources.isdisjoint(_reached(operation) or rule.resources)


def _reached(operation: Operation) -> frozenset[str]:
    return frozenset(access.target.resource for access in operation.accesses)


def _found(pattern: _Pattern, text: str) -> bool:
    try:
        return pattern.search(text) is not None
    except (UnicodeError, ValueError):
        return True


def _found_in_bytes(pattern: _Pattern, raw: bytes) -> bool:
    try:
        return bool(raw) and _found(pattern, raw.decode())
    except UnicodeDecodeError:
        return True


def _compiled(rule: DenyRule) -> _Pattern:
    if not rule.pattern:
        msg = f"[deny.{rule.name}] pattern is empty"
        raise _invalid(msg, "an empty pattern would match everything")
    if len(rule.pattern) > PATTERN_CHARACTERS_MAX:
        msg = f"[deny.{rule.name}] pattern is longer than {PATTERN_CHARACTERS_MAX} characters"
        raise _invalid(msg, "split it")
    options = re2.Options()
    options.case_sensitive = not rule.ignore_case
    options.dot_nl = True
    options.never_capture = True
    options.max_mem = PATTERN_MEMORY_BYTES
    options.log_errors = False
    try:
        return cast("_Pattern", re2.compile(rule.pattern, options))
    except re2.error as error:
        said = error.args[0].decode() if isinstance(error.args[0], bytes) else str(error)
        hint = "patterns are RE2: no look-around and no back-references (https://github.com/google/re2/wiki/Syntax)"
        msg = f"[deny.{rule.name}] pattern is not valid RE2: {said}"
        raise _invalid(msg, hint) from None


def _invalid(message: str, hint: str) -> ConfigError:
    return ConfigError(message, hint=hint, code="deny_list_invalid")
