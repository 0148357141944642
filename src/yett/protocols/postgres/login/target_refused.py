"""Why the gate could not log in to a target, from the target's own words: a stable code, and what to do about it."""

from dataclasses import dataclass

from yett.core.errors import UpstreamFailed
from yett.protocols.postgres.codec import read_fields

_TEXT_CHARACTERS_MAX = 500
_SECRET_CHARACTERS_MIN = 4  # a shorter one would be found inside ordinary words


@dataclass(frozen=True, slots=True)
class _Cause:
    what: str
    code: str
    hint: str


_UNKNOWN = _Cause("the target refused the login", code="upstream_refused", hint="The target's log says more.")
_HBA = _Cause(
    "the target's pg_hba.conf does not let the gate in",
    code="upstream_hba",
    hint="Let this gate's address in by scram-sha-256 or cert in the target's pg_hba.conf.",
)
_OLD_PROTOCOL = _Cause(
    "the target does not know this version of the protocol",
    code="upstream_protocol_version",
    hint="Connect again with protocol 3.0.",
)
_NOT_READY = _Cause(
    "the target is starting up, recovering or shutting down", code="upstream_not_ready", hint="Try again shortly."
)
_CAUSES = {
    "28P01": _Cause(
        "the target does not accept the gate's password",
        code="upstream_password_wrong",
        hint="Check the user and password that yett.toml names for this resource.",
    ),
    "28000": _Cause(
        "the target does not let this user log in",
        code="upstream_login_refused",
        hint="Check that the target has this user, and that it may log in.",
    ),
    "3D000": _Cause(
        "the target has no such database",
        code="upstream_database_unknown",
        hint="Check `database` in the settings of this resource.",
    ),
    "42501": _Cause(
        "the target does not let this user connect to the database",
        code="upstream_login_refused",
        hint="GRANT CONNECT ON DATABASE to the user of this resource.",
    ),
    "53300": _Cause(
        "the target has too many connections",
        code="upstream_too_many_connections",
        hint="Raise max_connections on the target, or lower the gate's sessions.",
    ),
    "57P03": _NOT_READY,
    "57P01": _NOT_READY,
}

WRONG_CODE = _CAUSES["28P01"].code
"""Of a login that was refused for its password: that may have been replaced meanwhile."""

ABOUT_SETTINGS = frozenset(("22023", "42704", "55P02"))
"""A bad value, an unknown setting, one that cannot be set now: the target's words name nothing else."""


class TargetRefused(UpstreamFailed):
    """The target answered the login with an error; `sqlstate` is its own.

    The message is for the operator: the target's words name the gate's own role. `told` is what a client may hear: its
    own words where they are about a setting that the client brought along.
    """

    def __init__(self, sqlstate: str, text: str, cause: _Cause) -> None:
        super().__init__(f"{cause.what}: {text} ({sqlstate})", hint=cause.hint, code=cause.code)
        self.sqlstate = sqlstate
        self.told = text if sqlstate in ABOUT_SETTINGS else cause.what


def refused_by(body: bytes, *, asked_minor: int = 0, secret: str = "") -> TargetRefused:
    """Return the failure that an ErrorResponse stands for; should the text hold the gate's secret, it is left out."""
    fields = read_fields(body)
    sqlstate = fields.get("C", "")
    sqlstate = sqlstate if len(sqlstate) == 5 and sqlstate.isascii() and sqlstate.isalnum() else "XX000"
    text = fields.get("M", "")
    if len(secret) >= _SECRET_CHARACTERS_MIN:
        text = text.replace(secret, "***")
    shown = "".join(char if char.isprintable() else " " for char in text[:_TEXT_CHARACTERS_MAX])
    return TargetRefused(sqlstate, shown, _cause(sqlstate, text, asked_minor))


def _cause(sqlstate: str, text: str, asked_minor: int) -> _Cause:
    if asked_minor and sqlstate in {"0A000", "08P01"}:
        return _OLD_PROTOCOL
    if sqlstate == "28000" and "pg_hba.conf" in text:  # the file's name is the same in every language
        return _HBA
    return _CAUSES.get(sqlstate, _UNKNOWN)
