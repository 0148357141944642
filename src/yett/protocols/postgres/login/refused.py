"""A login that is refused: what the client is told, in PostgreSQL's words, and what the record says."""

from yett.core.errors import AuthenticationFailed, ProtocolError
from yett.protocols.postgres.codec import error


class StartupRefused(ProtocolError):
    """The first packet asks for what is not offered. `answer` is the FATAL error to send before closing."""

    code = "startup_refused"

    def __init__(self, sqlstate: str, message: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sqlstate = sqlstate
        self.answer = error(sqlstate, message, severity="FATAL", hint=hint, detail=detail)


class LoginRefused(AuthenticationFailed):
    """The client did not prove who it is.

    `answer` is the FATAL error to send: general words that are the same for every reason. `code` and `message` are for
    the record, and never hold what the client sent as its proof.
    """

    def __init__(self, user: str, code: str, reason: str) -> None:
        super().__init__(reason, code=code)
        self.sqlstate = "28P01"
        self.answer = error("28P01", f'password authentication failed for user "{user}"', severity="FATAL")


class TlsRequired(AuthenticationFailed):
    """The client would have sent its secret in the clear. `answer` says how to connect instead."""

    def __init__(self) -> None:
        message = "a password or token is accepted over TLS only"
        hint = "Connect with sslmode=require (or verify-full)."
        super().__init__(message, hint=hint, code="tls_required")
        self.sqlstate = "28000"
        self.answer = error("28000", message, severity="FATAL", hint=hint)
