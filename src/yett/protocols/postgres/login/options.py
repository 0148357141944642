"""Which settings a client may bring along when it connects, and how PGOPTIONS is read."""

from collections.abc import Mapping

from yett.protocols.postgres.login.refused import StartupRefused

# Settings that can't change what a statement means, which columns it reads or how its values are recognised.
# Everything else is SET after the login, where policy judges it.
HARMLESS = {
    name.lower(): name
    for name in (
        "application_name",
        "DateStyle",
        "IntervalStyle",
        "TimeZone",
        "extra_float_digits",
        "geqo",
        "jit",
        "client_min_messages",
        "statement_timeout",
        "lock_timeout",
        "transaction_timeout",
        "idle_in_transaction_session_timeout",
        "idle_session_timeout",
        "default_transaction_isolation",
        "default_transaction_read_only",
        "default_transaction_deferrable",
        "tcp_keepalives_idle",
        "tcp_keepalives_interval",
        "tcp_keepalives_count",
        "tcp_user_timeout",
    )
}
_VALUE_CHARACTERS_MAX = 256
_SPACE = " \t\n\v\f\r"
# SQL_ASCII is what libpq finds in a C locale: its bytes below 128 are UTF8, and the others are checked as UTF8 later.
_UTF8_NAMES = {"utf8", "unicode", "sqlascii"}
_LATER = "Leave it out when connecting, and SET it afterwards, where policy can judge it."


def allowed(name: str, value: str) -> tuple[str, str] | None:
    """Return a setting as it is passed on, or None where the gate sets it itself. Raises StartupRefused."""
    lowered = name.lower()
    if lowered == "client_encoding":
        _check_encoding(value)
        return None
    if lowered == "replication":
        _check_replication(value)
        return None
    if lowered not in HARMLESS:
        shown = name if name.isprintable() and len(name) < 64 else "?"
        raise StartupRefused("0A000", f'parameter "{shown}" is not accepted when connecting', hint=_LATER)
    if len(value) > _VALUE_CHARACTERS_MAX or not value.isprintable():
        raise StartupRefused("22023", f'invalid value for parameter "{HARMLESS[lowered]}"')
    return HARMLESS[lowered], value


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
