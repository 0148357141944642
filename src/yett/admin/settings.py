"""Where the gate answers its operators and reviewers: health, readiness, metrics, approvals."""

from typing import Annotated

import msgspec
from msgspec import Meta

from yett.core.durations import Duration


class AdminSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The control plane's own listener."""

    listen: Annotated[
        str, Meta(description="Address and port of /healthz, /readyz, /metrics and /api; empty turns it off.")
    ] = "127.0.0.1:6480"
    hosts: Annotated[
        list[str], Meta(description="Host names that may stand in a request's Host header, beside the loopback's own.")
    ] = []
    tls: Annotated[
        bool,
        Meta(description="Serve HTTPS with [gate.tls]'s certificate. Without it /api answers to this machine alone."),
    ] = False
    url: Annotated[
        str,
        Meta(description="Where people reach this listener, as notices and webhooks say it; else `listen`."),
    ] = ""
    fresh: Annotated[
        Duration,
        Meta(description="How long ago somebody may have signed in who approves or goes on without a reviewer."),
    ] = Duration(900)

    def __post_init__(self) -> None:
        """Refuse an address that is none, and a proof that is never fresh."""
        if self.url and not self.url.startswith(("https://", "http://")):
            msg = "`url` must begin with https:// or http://"
            raise ValueError(msg)
        if not self.fresh > 0:
            msg = "`fresh` must be longer than 0s"
            raise ValueError(msg)

    @property
    def address(self) -> str:
        """Return the address that people are told, without a slash at its end."""
        return (self.url or f"{'https' if self.tls else 'http'}://{self.listen}").rstrip("/")
