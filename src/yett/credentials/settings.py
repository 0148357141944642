"""Where the credential for a target comes from: never written in yett.toml itself, always by reference."""

from typing import Annotated

import msgspec
from msgspec import Meta

from yett.core.durations import Duration
from yett.credentials.vault_settings import FromVault

_VALID_SECONDS_MIN = 120


class FromEnv(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="from", tag="env"):
    """Read from environment variables of the gate."""

    user: Annotated[str, Meta(description="Name of the environment variable that holds the target's user name.")] = ""
    login: Annotated[str, Meta(description="The target's user name itself, instead of `user`.")] = ""
    password: Annotated[str, Meta(description="Name of the environment variable that holds the password.")] = ""

    def __post_init__(self) -> None:
        """Refuse a credential without a user."""
        _one_user(self.user, self.login)


class FromFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="from", tag="file"):
    """Read from files, as secret stores mount them; read again when they change."""

    user: Annotated[str, Meta(description="File that holds the target's user name.")] = ""
    login: Annotated[str, Meta(description="The target's user name itself, instead of `user`.")] = ""
    password: Annotated[str, Meta(description="File that holds the password; one line end at its end is left off.")] = (
        ""
    )

    def __post_init__(self) -> None:
        """Refuse a credential without a user."""
        _one_user(self.user, self.login)


class FromCommand(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="from", tag="command"
):
    """Printed by a program: a JSON object with `user` and `password`, or the bare password when `login` is set."""

    command: Annotated[list[str], Meta(min_length=1, description="The program and its arguments; no shell reads them.")]
    login: Annotated[str, Meta(description="The target's user name, when the program prints only the password.")] = ""
    timeout: Annotated[Duration, Meta(description="How long the program may take.")] = Duration(10)
    keep: Annotated[Duration, Meta(description="How long its answer is used before the program is asked again.")] = (
        Duration(300)
    )


StaticSettings = FromEnv | FromFile | FromCommand | FromVault
"""Credentials that somebody else made."""


class FromEphemeral(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag_field="from", tag="ephemeral"
):
    """A role that the gate makes for a principal's sessions, with the rights that policy could give; gone with them."""

    admin: Annotated[
        StaticSettings,
        Meta(description="The credential by which roles are made and taken away; no session ever uses it."),
    ]
    prefix: Annotated[
        str, Meta(pattern="^[a-z_][a-z0-9_]{0,29}$", description="What the names of such roles begin with.")
    ] = "yett_e_"
    connections: Annotated[
        int, Meta(ge=1, le=10_000, description="The most sessions that one role may have at the target.")
    ] = 50
    valid_for: Annotated[
        Duration,
        Meta(description="How long a role can be signed in to, should the gate vanish; renewed while it is in use."),
    ] = Duration(3600)
    statement_timeout: Annotated[
        Duration, Meta(description="How long one statement may run at the target; 0s is the target's own limit.")
    ] = Duration(0)

    def __post_init__(self) -> None:
        """Refuse roles that end before they can be renewed."""
        if self.valid_for < _VALID_SECONDS_MIN:
            msg = f"`valid_for` must be at least {_VALID_SECONDS_MIN}s"
            raise ValueError(msg)


CredentialSettings = StaticSettings | FromEphemeral


def _one_user(user: str, login: str) -> None:
    if bool(user) == bool(login):
        msg = "give either `user` (where the name is read from) or `login` (the name itself)"
        raise ValueError(msg)
