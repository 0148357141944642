"""Say which version runs, which of its hot parts are compiled, and which libraries it stands on."""

import platform
import ssl
from importlib import metadata

from yett import __version__
from yett.build_info import hot_modules
from yett.cli.options import JsonOption
from yett.cli.output import print_fields, print_json


def version(as_json: JsonOption = False) -> None:
    """Say which version runs, and how it was built."""
    facts = version_facts()
    if as_json:
        print_json(facts)
    else:
        print_fields({name: _text(value) for name, value in facts.items()})


def version_facts() -> dict[str, object]:
    """Return what a bug report needs: versions, and which hot modules are compiled."""
    return {
        "yett": __version__,
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "hot_modules": _hot_modules(),
        "libpg_query": _libpg_query(),
        "openssl": ssl.OPENSSL_VERSION,
        **{name: _installed(name) for name in ("uvloop", "cedarpy", "cryptography", "sqlalchemy")},
    }


def _text(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}={state}" for name, state in value.items()) or "none"
    return str(value)


def _hot_modules() -> dict[str, str]:
    return {
        one.name: "compiled" + (" (stale)" if one.stale else "") if one.compiled else "plain" for one in hot_modules()
    }


def _libpg_query() -> str:
    return f"PostgreSQL 18 grammar, from postgast {_installed('postgast')}"


def _installed(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
