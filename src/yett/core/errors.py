"""Errors that an operator can act on: a stable code, what happened, and what to do next."""


class YettError(Exception):
    """The base of every error that Yett raises on purpose.

    `code` is stable and documented in docs/reference/errors.md; `message` says what happened
    and never carries a payload or a secret; `hint` says what to do next.
    """

    code = "internal"

    def __init__(self, message: str, *, hint: str = "", code: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if code:
            self.code = code

    def __str__(self) -> str:
        return f"{self.message} ({self.code})" + (f"\n  hint: {self.hint}" if self.hint else "")


class ConfigError(YettError):
    """yett.toml, or a file it names, cannot be used as written."""

    code = "config_invalid"


class ProtocolError(YettError):
    """A peer sent bytes that its protocol does not allow; the connection ends."""

    code = "protocol_violation"


class LimitExceeded(YettError):
    """A peer asked for more than a configured limit allows."""

    code = "limit_exceeded"


class AuthenticationFailed(YettError):
    """The peer did not prove who it is. The reason is recorded, and told only in general words."""

    code = "authentication_failed"


class RecordingFailed(YettError):
    """The evidence could not be written, so the act must not happen."""

    code = "recording_failed"


class UpstreamFailed(YettError):
    """The target could not be reached, or refused the gate's own credential."""

    code = "upstream_failed"
