"""Which protocols exist and which settings each declares: every folder of yett.protocols that has a settings module."""

import importlib
import importlib.util
import pkgutil
from functools import cache

import msgspec

import yett.protocols


@cache
def known_protocols() -> frozenset[str]:
    """Return the names of the protocols that declare settings."""
    names = (module.name for module in pkgutil.iter_modules(yett.protocols.__path__) if not module.name.startswith("_"))
    return frozenset(name for name in names if importlib.util.find_spec(f"yett.protocols.{name}.settings"))


def protocol_settings(protocol: str) -> type[msgspec.Struct] | None:
    """Return the settings type of a protocol, loading that protocol alone; None when there is no such protocol."""
    if protocol not in known_protocols():
        return None
    kind: type[msgspec.Struct] = importlib.import_module(f"yett.protocols.{protocol}.settings").SETTINGS
    return kind


def default_port(protocol: str) -> int:
    """Return the port that targets of a known protocol listen on by custom."""
    return int(importlib.import_module(f"yett.protocols.{protocol}.settings").DEFAULT_PORT)


def default_listen(protocol: str) -> str:
    """Return the address on which the gate speaks a known protocol where yett.toml says nothing."""
    return str(importlib.import_module(f"yett.protocols.{protocol}.settings").DEFAULT_LISTEN)


def alpn(protocol: str) -> tuple[str, ...]:
    """Return the names by which TLS clients ask for a known protocol; empty where it has none."""
    return tuple(getattr(importlib.import_module(f"yett.protocols.{protocol}.settings"), "ALPN", ()))
