"""Why the gate could not log in to a target, from the target's own words: a stable code, and what to do about it."""

from yett.core.errors import UpstreamFailed
from yett.protocols.postgres.codec import read_fields

_TEXT_CHARACTERS_MAX = 500
_SECRET_CHARACTERS_MIN = 4  # a shorter one would be found inside ordinary words
_CODES = {
    "28P01": ("upstream_password_wrong", "Check the user and password that yett.toml names for this resource."),
    "28000": ("upstream_login_refused", "Check that the target has this user, and that it may log in."),
    "3D000": ("upstream_database_unknown", "Check `database` in the settings of this resource."),
    "42501": ("upstream_login_refused", "GRANT CONNECT ON DATABASE to the user of this resource."),
    "53300": ("upstream_too_many_connections", "Raise max_connections on the target, or lower the gate's sessions."),
    "57P03": ("upstream_not_ready", "The target is starting up, recovering or shutting down: try again shortly."),
    "57P01": ("upstream_not_ready", "The target is shutting down: try again shortly."),
}
_HBA = ("upstream_hba", "Let this gate's address in by scram-sha-256 or cert in the target's pg_hba.conf.")
_UNKNOWN = ("upstream_refused", "The target's log says more.")


class TargetRefused(UpstreamFailed):
    """The target answered the login with an error; `sqlstate` is its own."""

    def __init__(self, sqlstate: str, text: str, code: str, hint: str) -> None:
        super().__init__(f"the target refused the login: {text} ({sqlstate})", hint=hint, code=code)
        self.sqlstate = sqlstate


def refused_by(body: bytes, *, asked_minor: int = 0, secret: str = "") -> TargetRefused:
    """Return the failure that an ErrorResponse stands for; should the text hold the gate's secret, it is left out."""
    fields = read_fields(body)
    sqlstate = fields.get("C", "")
    sqlstate = sqlstate if len(sqlstate) == 5 and sqlstate.isascii() and sqlstate.isalnum() else "XX000"
    text = fields.get("M", "")
    if len(secret) >= _SECRET_CHARACTERS_MIN:
        text = text.replace(secret, "***")
    shown = "".join(char if char.isprintable() else " " for char in text[:_TEXT_CHARACTERS_MAX])
    if asked_minor and sqlstate in {"0A000", "08P01"}:
        return TargetRefused(sqlstate, shown, "upstream_protocol_version", "Connect again with protocol 3.0.")
    if sqlstate == "28000" and "pg_hba.conf" in text:  # the file's name is the same in every language
        return TargetRefused(sqlstate, shown, *_HBA)
    return TargetRefused(sqlstate, shown, *_CODES.get(sqlstate, _UNKNOWN))
