"""What the gate tells other systems, and how."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta


class TelemetrySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Logs; metrics are always kept and read at /metrics."""

    log_format: Annotated[
        Literal["auto", "json", "console"], Meta(description="`auto` is console on a terminal and JSON elsewhere.")
    ] = "auto"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least that is logged.")
    ] = "info"
