"""Where the gate answers its operators: health, readiness, metrics."""

from typing import Annotated

import msgspec
from msgspec import Meta


class AdminSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The control plane's own listener."""

    listen: Annotated[
        str, Meta(description="Address and port of /healthz, /readyz and /metrics; empty turns it off.")
    ] = "127.0.0.1:6480"
    hosts: Annotated[
        list[str], Meta(description="Host names that may stand in a request's Host header, beside the loopback's own.")
    ] = []
