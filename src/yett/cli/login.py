"""Signing in: `yett login`, `yett logout`, `yett whoami`."""

import asyncio
import time
from typing import Annotated

import typer

from yett.cli.local import (
    InputMissing,
    lifetime,
    local_identity,
    moment_iso,
    moment_text,
    operator,
    read_config,
    read_secret,
    whole_identity,
)
from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import print_fields, print_json
from yett.cli.saved_login import SavedLogin, forget_login, keep_login, saved_login
from yett.config import Config
from yett.core.durations import duration_text
from yett.core.errors import AuthenticationFailed
from yett.core.principals import Principal
from yett.core.secret import Secret
from yett.identity.store import RevocationKind

app = typer.Typer(rich_markup_mode=None)

_WAIT_SECONDS = 15.0


@app.command(epilog="Examples: yett login ada  |  my-sso-tool token | yett login --token")
def login(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="A local person; the password is asked for.")] = "",
    token: Annotated[
        bool, typer.Option("--token", help="Sign in with a provider's token: piped in, or from $YETT_TOKEN.")
    ] = False,
    for_: Annotated[str | None, typer.Option("--for", metavar="TIME", help="How long, at most.")] = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Get a short-lived credential for the gate, and keep it for `yett connect`."""
    if token == bool(name):
        raise InputMissing("say how to sign in", hint="yett login NAME (password), or yett login --token")
    settings = read_config(config)
    raw = read_secret("Token", "YETT_TOKEN") if token else read_secret("Password", "YETT_PASSWORD")
    with whole_identity(settings) as (identity, local):
        if token:
            principal = asyncio.run(identity.verify_with_refresh(raw, time.time(), _WAIT_SECONDS))
        else:
            principal = local.sign_in(name, raw)
        issued = local.issue(principal, lifetime(for_), note="yett login")
        before = forget_login(settings.data)
        if before is not None and before.expires_at > time.time():
            local.revoke(RevocationKind.TOKEN, before.id, "signed in anew", operator())
    kept = SavedLogin(
        gate=str(settings.data),
        id=issued.id,
        user=issued.user,
        principal=principal.key,
        credential=issued.text.reveal(),
        expires_at=issued.expires_at,
    )
    file = keep_login(kept)
    if as_json:
        print_json(_facts(issued.principal, kept))
        return
    left = duration_text(issued.expires_at - time.time())
    print(f"signed in as {principal.kind.value} {principal.key} for {left}; the credential is in {file}")
    _next(settings, kept)


@app.command()
def logout(config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """End the login and forget its credential. Its open sessions end at once."""
    settings = read_config(config)
    before = forget_login(settings.data)
    if before is not None:
        with local_identity(settings) as local:
            local.revoke(RevocationKind.TOKEN, before.id, "signed out", operator())
    if as_json:
        print_json({"signed_out": before is not None})
        return
    print(f"{before.principal} is signed out" if before else "nobody was signed in here")


@app.command(epilog="Example: PGPASSWORD=$(yett whoami --credential) psql ...")
def whoami(
    credential: Annotated[bool, typer.Option("--credential", help="Print the credential itself, and no more.")] = False,
    token: Annotated[
        bool, typer.Option("--token", help="Say it of a token or credential: piped in, or from $YETT_TOKEN.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say who the gate takes you for."""
    settings = read_config(config)
    kept = None if token else saved_login(settings.data)
    if kept is None and not token:
        raise AuthenticationFailed("nobody is signed in here", code="not_signed_in", hint="yett login NAME")
    raw = Secret(kept.credential) if kept else read_secret("Token", "YETT_TOKEN")
    with whole_identity(settings) as (identity, _):
        principal = asyncio.run(identity.verify_with_refresh(raw, time.time(), _WAIT_SECONDS))
    if credential and kept:
        print(kept.credential)
    elif as_json:
        print_json(_facts(principal, kept))
    else:
        print_fields(_fields(principal, kept))


def _next(settings: Config, kept: SavedLogin) -> None:
    resources = sorted(settings.settings.resources)
    if resources:
        print(f"next: yett connect {resources[0]}")
    print(f"other clients: user {kept.user}, password from: yett whoami --credential")


def _fields(principal: Principal, kept: SavedLogin | None) -> dict[str, object]:
    behalf = principal.on_behalf_of
    return {
        "principal": f"{principal.kind.value} {principal.key}",
        "name": principal.name,
        "groups": ", ".join(sorted(principal.groups)) or "none",
        **{f"claim {name}": value for name, value in principal.claims.items()},
        **({"acts for": behalf.key} if behalf else {}),
        "login": principal.session_key or "none",
        "token": principal.token_id,
        **({"user": kept.user} if kept else {}),
        "until": moment_text(principal.expires_at) if principal.expires_at else "no end",
    }


def _facts(principal: Principal, kept: SavedLogin | None) -> dict[str, object]:
    behalf = principal.on_behalf_of
    return {
        "principal": principal.key,
        "kind": principal.kind.value,
        "name": principal.name,
        "groups": sorted(principal.groups),
        "claims": dict(principal.claims),
        "on_behalf_of": behalf.key if behalf else None,
        "session": principal.session_key,
        "token": principal.token_id,
        "user": kept.user if kept else None,
        "expires_at": moment_iso(principal.expires_at) if principal.expires_at else None,
    }
