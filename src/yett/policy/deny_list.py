"""Text that must never reach a target, whatever policy permits: patterns over what was asked, word for word."""

from collections.abc import Iterable, Mapping
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


@dataclass(frozen=True, slots=True)
class DenyRule:
    """One `[deny.<name>]` of yett.toml. An empty `protocol` means every protocol; `pattern` is RE2, found anywhere."""

    name: str
    pattern: str
    protocol: str = ""
    reason: str = ""
    hint: str = ""
    ignore_case: bool = True


class _Pattern(Protocol):
    def search(self, text: str) -> object | None: ...


class DenyList:
    """The compiled rules. RE2 takes time linear in the text, so no text can make a check slow."""

    def __init__(self, rules: Iterable[DenyRule], version: PolicyVersion = PolicyVersion("")) -> None:
        self._version = version
        compiled = [(rule, _compiled(rule)) for rule in rules]
        if len(compiled) > RULES_MAX:
            raise _invalid(f"there are more than {RULES_MAX} deny-lists", "join patterns with |")
        self._anywhere = tuple(pair for pair in compiled if not pair[0].protocol)
        self._by_protocol: Mapping[str, tuple[tuple[DenyRule, _Pattern], ...]] = {
            protocol: tuple(pair for pair in compiled if pair[0].protocol in ("", protocol))
            for protocol in {rule.protocol for rule, _ in compiled}
        }

    def check(self, operation: Operation) -> Decision | None:
        """Return the denial of the first rule that matches the operation's text, or None.

        A text that cannot be searched (a lone surrogate) is denied where any rule would have looked at it.
        """
        for rule, pattern in self._by_protocol.get(operation.protocol, self._anywhere):
            try:
                found = pattern.search(operation.text) is not None
            except (UnicodeError, ValueError):
                found = True
            if found:
                return self._denied(rule)
        return None

    def _denied(self, rule: DenyRule) -> Decision:
        reason = rule.reason or f"the text matches the deny-list {rule.name}"
        hint = rule.hint or "this wording is refused whatever policy permits; ask whoever runs the gate"
        return Decision(Deny("deny_list", reason, hint), (f"deny:{rule.name}",), self._version, "deny_list")


def _compiled(rule: DenyRule) -> _Pattern:
    if not rule.pattern:
        raise _invalid(f"[deny.{rule.name}] pattern is empty", "an empty pattern would match everything")
    if len(rule.pattern) > PATTERN_CHARACTERS_MAX:
        raise _invalid(f"[deny.{rule.name}] pattern is longer than {PATTERN_CHARACTERS_MAX} characters", "split it")
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
        raise _invalid(f"[deny.{rule.name}] pattern is not valid RE2: {said}", hint) from None


def _invalid(message: str, hint: str) -> ConfigError:
    return ConfigError(message, hint=hint, code="deny_list_invalid")
