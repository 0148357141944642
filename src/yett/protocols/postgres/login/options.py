"""Which settings a client may bring along when it connects, and how PGOPTIONS is read."""

from collections.abc import Mapping

from yett.protocols.postgres.catalog.settings_allowed import startup_parameter_allowed
from yett.protocols.postgres.login.refused import StartupRefused

# Words of the startup packet itself, which the target would not take for settings.
_NO_SETTINGS = frozenset(("user", "database", "options"))
EXTENSION = "_pq_."
"""What the names of protocol options begin with."""
_SPACE = " \t\n\v\f\r"
# SQL_ASCII is what libpq finds in a C locale: its bytes below 128 are UTF8, and the others are checked as UTF8 later.
_UTF8_NAMES = {"utf8", "unicode", "sqlascii"}
_LATER = "Leave it out when connecting, and SET it afterwards, where policy can judge it."


def setting(name: str, value: str) -> tuple[str, str] | None:
    """Return a setting under its name in lower case, or None where the gate sets it itself. Raises StartupRefused."""
    lowered = name.lower()
    if lowered == "client_encoding":
        _check_encoding(value)
        return None
    if lowered == "replication":
        _check_replication(value)
        return None
    if lowered in _NO_SETTINGS or lowered.startswith(EXTENSION) or not lowered.isprintable():
        raise StartupRefused("42704", f'unrecognized configuration parameter "{_shown(name)}"')
    if not value.isprintable():
        raise StartupRefused("22023", f'invalid value for parameter "{_shown(name)}"')
    return lowered, value


def check_settings(settings: Mapping[str, str]) -> None:
    """Raise StartupRefused where somebody whom policy restricts brings along what a SET would need a permit for."""
    for name, value in settings.items():
        if not startup_parameter_allowed(name, value):
            raise StartupRefused("0A000", f'parameter "{_shown(name)}" is not accepted when connecting', hint=_LATER)


def _shown(name: str) -> str:
    return name if name.isprintable() and len(name) < 64 else "?"


def read_options(text: str) -> Mapping[str, str]:
    """Return the settings in the startup parameter `options`: `-c name=value`, `-cname=value` and `--name=value`.

    PostgreSQL allows more switches; they are refused. Raises StartupRefused.
    """
    settings: dict[str, str] = {}
    words = iter(_words(text))
    for word in words:
        if word == "-c" or word == "--":  # noqa: PLR1714 - two different forms of the same switch
            assignment = next(words, "")
        elif word.startswith(("-c", "--")):
            assignment = word[2:]
        else:
            raise StartupRefused("42601", "only -c name=value is accepted in the connection's options", hint=_LATER)
        name, equals, value = assignment.partition("=")
        if not equals or not name:
            raise StartupRefused("42601", "an option of the connection is not of the form name=value")
        settings[name.replace("-", "_")] = value
    return settings


def _words(text: str) -> list[str]:
    """Split as pg_split_opts does: at white space, with a backslash before what stands for itself."""
    words: list[str] = []
    word, inside, escaped = "", False, False
    for char in text:
        if escaped:
            word, escaped = word + char, False
        elif char == "\\":
            escaped = inside = True
        elif char in _SPACE:
            words += [word] if inside else []
            word, inside = "", False
        else:
            word, inside = word + char, True
    return words + ([word] if inside else [])


def _check_encoding(value: str) -> None:
    if "".join(char for char in value.lower() if char.isalnum()) not in _UTF8_NAMES:
        raise StartupRefused(
            "22023",
            'invalid value for parameter "client_encoding": only UTF8 is accepted',
            hint="Set client_encoding=UTF8 (PGCLIENTENCODING) when connecting.",
        )


def _check_replication(value: str) -> None:
    if value.lower() not in {"false", "off", "no", "0", "f", "n"}:
        raise StartupRefused(
            "0A000",
            "replication connections are not offered",
            detail="A replication stream carries whole tables and can be neither judged nor masked.",
            hint="Connect to the server itself for replication.",
        )
