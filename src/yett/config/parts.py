"""Checks what the parts of yett.toml say of each other: names, ports, protocols and patterns that must fit."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from yett.config.addresses import is_loopback, split_address
from yett.config.approvals import approval_mistakes
from yett.config.masking import masking_mistakes
from yett.config.problems import nearest
from yett.config.protocols import default_listen, known_protocols
from yett.config.reading import Mistake
from yett.config.settings import DenySettings, Settings, is_name
from yett.config.toml_lines import Path
from yett.config.webhooks import webhook_mistakes
from yett.core.errors import ConfigError
from yett.policy.deny_list import DenyList, DenyRule

_WRONG = "config_invalid_value"


def cross_checks(settings: Settings, targets: Mapping[str, Any]) -> list[Mistake]:
    """Return what is wrong between parts that are each well formed."""
    checks: tuple[Callable[[Settings, Mapping[str, Any]], Iterator[Mistake]], ...] = (
        _names,
        _listens,
        _listeners,
        _denies,
        masking_mistakes,
        approval_mistakes,
        webhook_mistakes,
        _ports,
        _admin,
    )
    return [mistake for check in checks for mistake in check(settings, targets)]


def deny_rules(settings: Settings) -> tuple[DenyRule, ...]:
    """Return the rules of `[deny.*]` as the policy room reads them."""
    return tuple(_rule(name, rule) for name, rule in settings.deny.items())


def listen_addresses(settings: Settings) -> dict[str, str]:
    """Return the address of every protocol that has a resource, from `[gate.listen]` or by default."""
    used = {resource.protocol for resource in settings.resources.values()}
    return {
        one: settings.gate.listen.get(one) or default_listen(one) for one in sorted(used | settings.gate.listen.keys())
    }


def _names(settings: Settings, _: Mapping[str, Any]) -> Iterator[Mistake]:
    for name in settings.resources:
        if not is_name(name):
            hint = "use lower-case letters, digits, - and _, 63 at most"
            yield Mistake(("resources", name), _WRONG, f'"{name}" cannot name a resource', hint)


def _listens(settings: Settings, _: Mapping[str, Any]) -> Iterator[Mistake]:
    for protocol, address in settings.gate.listen.items():
        path = ("gate", "listen", protocol)
        if protocol not in known_protocols():
            yield Mistake(
                path, "config_unknown_key", f'unknown protocol "{protocol}"', nearest(protocol, known_protocols())
            )
        elif fault := _fault(address):
            yield Mistake(path, _WRONG, fault)
        elif settings.gate.tls is None and not is_loopback(address):
            yield Mistake(
                path,
                "config_needs_tls",
                f"{address} can be reached from other machines, and the gate has no certificate",
                _TLS,
            )


_TLS = "set [gate.tls] cert and key, or listen on 127.0.0.1"


def _listeners(settings: Settings, _: Mapping[str, Any]) -> Iterator[Mistake]:
    for index, one in enumerate(settings.listeners):
        if one.resource not in settings.resources:
            hint = nearest(one.resource, settings.resources)
            yield Mistake(
                ("listeners", index, "resource"), "config_unknown_name", f'no resource "{one.resource}"', hint
            )
        if settings.gate.tls is None and not is_loopback(one.address):
            yield Mistake(
                ("listeners", index, "address"), "config_needs_tls", f"{one.address} is no loopback address", _TLS
            )
        if one.bound and not one.bound.startswith("local/"):
            yield Mistake(
                ("listeners", index, "bound"),
                _WRONG,
                "bound names no local principal",
                "write local/ and the name, such as local/tester, and add it with `yett agent add`",
            )


def _denies(settings: Settings, _: Mapping[str, Any]) -> Iterator[Mistake]:
    for name, rule in settings.deny.items():
        path = ("deny", name)
        if rule.protocol and rule.protocol not in known_protocols():
            hint = nearest(rule.protocol, known_protocols())
            yield Mistake((*path, "protocol"), "config_unknown_name", f'unknown protocol "{rule.protocol}"', hint)
        for resource in rule.resources:
            if resource not in settings.resources:
                hint = nearest(resource, settings.resources)
                yield Mistake((*path, "resources"), "config_unknown_name", f'no resource "{resource}"', hint)
        if fault := _pattern_fault(_rule(name, rule)):
            yield Mistake(
                (*path, "pattern"),
                "config_bad_pattern",
                fault,
                "RE2 has no look-around and no back-references",
            )


def _ports(settings: Settings, _: Mapping[str, Any]) -> Iterator[Mistake]:
    taken: dict[tuple[str, int], str] = {}
    places: list[tuple[Path, str]] = [
        (("gate", "listen", name), address) for name, address in listen_addresses(settings).items()
    ]
    places += [(("listeners", index, "address"), one.address) for index, one in enumerate(settings.listeners)]
    places += [(("admin", "listen"), settings.admin.listen)] if settings.admin.listen else []
    for path, address in places:
        if _fault(address):
            continue
        place = split_address(address)
        other = taken.setdefault(place, ".".join(map(str, path)))
        if place[1] and other != ".".join(map(str, path)):
            yield Mistake(
                path,
                "config_port_twice",
                f"{address} is also the address of {other}",
                "give each listener a port of its own",
            )


def _admin(settings: Settings, _: Mapping[str, Any]) -> Iterator[Mistake]:
    if settings.admin.listen and (fault := _fault(settings.admin.listen)):
        yield Mistake(("admin", "listen"), _WRONG, fault)
    if settings.admin.tls and settings.gate.tls is None:
        hint = "set [gate.tls] cert and key"
        yield Mistake(("admin", "tls"), "config_needs_tls", "the gate has no certificate to serve HTTPS with", hint)


def _fault(address: str) -> str:
    try:
        split_address(address)
    except ValueError as error:
        return str(error)
    return ""


def _rule(name: str, rule: DenySettings) -> DenyRule:
    return DenyRule(
        name, rule.pattern, rule.protocol, frozenset(rule.resources), rule.reason, rule.hint, rule.ignore_case
    )


def _pattern_fault(rule: DenyRule) -> str:
    try:
        DenyList([rule])
    except ConfigError as error:
        return error.message
    return ""
