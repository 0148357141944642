"""Checks what yett.toml says of approvals: `[approvals.*]` and `[access.*]`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from yett.config.problems import nearest
from yett.config.reading import Mistake
from yett.config.settings import Settings, is_name
from yett.config.toml_lines import Path

GATE_ISSUERS = ("local", "mtls")
"""Issuers that every gate has, beside its providers."""

_WRONG = "config_invalid_value"
_UNKNOWN = "config_unknown_name"
_NAMES = "use lower-case letters, digits, - and _, 63 at most"


def approval_mistakes(settings: Settings, _: Mapping[str, Any]) -> Iterator[Mistake]:
    """Yield what is wrong in the parts that say who is asked, and what may be asked for."""
    for name, flow in settings.approvals.items():
        path = ("approvals", name)
        if not is_name(name):
            yield Mistake(path, _WRONG, f'"{name}" cannot name an approval flow', _NAMES)
        for key in ("reviewers", "escalate_to", "break_glass"):
            yield from _group_mistakes(settings, (*path, key), getattr(flow, key))
    for name, role in settings.access.items():
        path = ("access", name)
        if not is_name(name):
            yield Mistake(path, _WRONG, f'"{name}" cannot name a role', _NAMES)
        if role.approval not in settings.approvals:
            hint = nearest(role.approval, settings.approvals) if settings.approvals else "add [approvals.<flow>]"
            yield Mistake((*path, "approval"), _UNKNOWN, f'no approval flow "{role.approval}"', hint)
        yield from _group_mistakes(settings, (*path, "requestable_by"), role.requestable_by)


def _group_mistakes(settings: Settings, path: Path, groups: Iterable[str]) -> Iterator[Mistake]:
    known = (*sorted(settings.identity.oidc), *GATE_ISSUERS)
    for group in groups:
        issuer, slash, name = group.partition("/")
        if not (slash and issuer and name):
            hint = f'write "<provider>/{group.strip("/")}", such as "{known[0]}/{group.strip("/")}"'
            yield Mistake(path, _WRONG, f'the group "{group}" lacks its issuer: nobody could be in it', hint)
        elif issuer not in known:
            yield Mistake(path, _UNKNOWN, f'no identity provider "{issuer}"', nearest(issuer, known))
