"""The settings of `[webhooks.<name>]`: who is told when a person's yes is wanted or was given, and knows us by what."""

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

_LOOPBACK = re.compile(r"http://(localhost|127(\.[0-9]{1,3}){3}|\[::1\])(:[0-9]+)?(/.*)?")

EventName = Literal[
    "asked",
    "voted",
    "approved",
    "denied",
    "expired",
    "withdrawn",
    "used",
    "escalated",
    "break_glass",
    "window_opened",
    "window_ended",
]
"""What can happen to a ticket, as `yett.approvals.events` names it."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of settings in which an unknown key is an error."""


class SecretFromEnv(Strict, frozen=True, tag_field="from", tag="env"):
    """Read from an environment variable of the gate."""

    name: Annotated[str, Meta(min_length=1, description="Name of the environment variable that holds the secret.")]


class SecretFromFile(Strict, frozen=True, tag_field="from", tag="file"):
    """Read from a file at each use, as secret stores mount them."""

    path: Annotated[
        str, Meta(min_length=1, description="File that holds the secret; one line end at its end is left off.")
    ]


class WebhookSettings(Strict, frozen=True):
    """One receiver of notifications: an address that takes signed POSTs."""

    url: Annotated[str, Meta(description="Where to send; https, or http on this machine.")]
    secret: Annotated[
        SecretFromEnv | SecretFromFile,
        Meta(description="What the receiver knows us by (HMAC-SHA256), 16 characters at least; by reference."),
    ]
    events: Annotated[tuple[EventName, ...], Meta(min_length=1, description="What it is told of.")] = (
        "asked",
        "escalated",
        "break_glass",
    )
    statement: Annotated[bool, Meta(description="Send the statement's text too; parameters are never sent.")] = False
    ca: Annotated[str, Meta(description="PEM file of the authority that signs the receiver's certificate.")] = ""

    def __post_init__(self) -> None:
        """Refuse an address that anybody on the way could read or change."""
        if not (self.url.startswith("https://") or _LOOPBACK.fullmatch(self.url)):
            msg = "`url` must begin with https:// (http:// only on loopback)"
            raise ValueError(msg)
        if not urlsplit(self.url).hostname or urlsplit(self.url).port == 0:
            msg = "`url` names no host"
            raise ValueError(msg)
