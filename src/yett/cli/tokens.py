"""Credentials and their end: `yett token`, `yett revoke`."""

import time
from typing import Annotated

import typer

from yett.cli.local import InputMissing, lifetime, local_identity, moment_iso, moment_text, operator, read_config
from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import print_fields, print_json, print_table
from yett.identity.local import IssuedCredential, LocalIdentity
from yett.identity.store import Credential, Revocation, RevocationKind

app = typer.Typer(rich_markup_mode=None)
token = typer.Typer(
    help="Short-lived credentials for local people, agents and services.",
    no_args_is_help=True,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(token, name="token")


@token.command(epilog="Example: yett token issue support-bot --for 1h --on-behalf-of ada")
def issue(  # noqa: PLR0917  a command's options are its arguments
    name: Annotated[str, typer.Argument(metavar="NAME", help="A local person, agent or service.")],
    for_: Annotated[
        str | None, typer.Option("--for", metavar="TIME", help="How long; else 8h for people, 1h for machines.")
    ] = None,
    on_behalf_of: Annotated[str, typer.Option(metavar="NAME", help="The local person whom an agent acts for.")] = "",
    note: Annotated[str, typer.Option(help="What it is for, as `yett token list` shows.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print a new credential, once: it is stored only as what can check it."""
    with local_identity(read_config(config)) as local:
        local.get(name)
        issued = local.issue(
            local.directory.principal(name),
            lifetime(for_),
            on_behalf_of=on_behalf_of.removeprefix("local/"),
            note=note,
        )
    if as_json:
        print_json(credential_facts(issued))
        return
    print_fields(
        {
            "credential": issued.text.reveal(),
            "user": issued.user,
            "stands for": f"{issued.principal.kind.value} {issued.principal.key}",
            "until": moment_text(issued.expires_at),
        }
    )
    print("It is shown only now. Use it as the password of that user; as a bearer token it needs no user.")


@token.command("list")
def list_tokens(
    every: Annotated[bool, typer.Option("--all", help="Ended and revoked ones too.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List credentials, without their secrets."""
    with local_identity(read_config(config)) as local:
        found = sorted(local.directory.credentials, key=lambda one: one.issued_at)
        states = {one.id: _state(local, one) for one in found}
    shown = [one for one in found if every or states[one.id] == "active"]
    if as_json:
        print_json([_facts(one, states[one.id]) for one in shown])
        return
    rows = [
        (one.id, f"{one.issuer}/{one.subject}", one.on_behalf_of, states[one.id], moment_text(one.expires_at), one.note)
        for one in shown
    ]
    print_table(
        ("id", "stands for", "acts for", "state", "until", "note"),
        rows,
        empty="no credentials; make one: yett token issue NAME",
    )


@token.command("revoke")
def revoke_token(
    identifier: Annotated[str, typer.Argument(metavar="ID", help="The credential's id, as `yett token list` shows.")],
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """End a credential and its sessions, at once."""
    with local_identity(read_config(config)) as local:
        if local.directory.credential(identifier) is None:
            msg = f"there is no credential {identifier}"
            raise InputMissing(msg, hint="yett token list shows their ids", code="credential_unknown")
        done = local.revoke(RevocationKind.TOKEN, identifier, reason, operator())
    _tell(done, as_json=as_json)


@app.command(epilog="Example: yett revoke --subject corp/123 --reason 'left the company'")
def revoke(  # noqa: PLR0917  a command's options are its arguments
    subject: Annotated[str, typer.Option(metavar="ISSUER/SUBJECT", help="A principal, by every way it has.")] = "",
    session: Annotated[str, typer.Option(metavar="ID", help="A session by its id, or all of a login.")] = "",
    token: Annotated[str, typer.Option(metavar="ID", help="A token or credential.")] = "",
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    lift: Annotated[bool, typer.Option("--lift", help="Take the revocation back.")] = False,
    show: Annotated[bool, typer.Option("--list", help="List what is revoked.")] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """End what a person, a login or a token may do: new sign-ins and open sessions, at once."""
    given = [(kind, value) for kind, value in zip(RevocationKind, (subject, session, token), strict=True) if value]
    with local_identity(read_config(config)) as local:
        if show:
            _list(local.revocations.in_force(), as_json=as_json)
            return
        if len(given) != 1:
            raise InputMissing(
                "name exactly one thing to revoke", hint="--subject corp/123, --session ID or --token ID"
            )
        kind, value = given[0]
        if not lift:
            _tell(local.revoke(kind, value, reason, operator()), as_json=as_json)
            return
        if not local.lift(kind, value):
            msg = f"{value} is not revoked"
            raise InputMissing(msg, hint="yett revoke --list shows what is", code="revocation_unknown")
    print_json({"kind": kind.value, "value": value, "lifted": True}) if as_json else print(f"{value} counts again")


def credential_facts(issued: IssuedCredential) -> dict[str, object]:
    """Return a new credential as `--json` prints it, its secret included."""
    behalf = issued.principal.on_behalf_of
    return {
        "id": issued.id,
        "credential": issued.text.reveal(),
        "user": issued.user,
        "principal": issued.principal.key,
        "kind": issued.principal.kind.value,
        "on_behalf_of": behalf.key if behalf else None,
        "session": issued.principal.session_key,
        "expires_at": moment_iso(issued.expires_at),
    }


def _state(local: LocalIdentity, credential: Credential) -> str:
    if credential.expires_at <= time.time():
        return "ended"
    return "active" if local.counts(credential) else "revoked"


def _facts(one: Credential, state: str) -> dict[str, object]:
    return {
        "id": one.id,
        "principal": f"{one.issuer}/{one.subject}",
        "on_behalf_of": f"local/{one.on_behalf_of}" if one.on_behalf_of else None,
        "session": one.login,
        "state": state,
        "issued_at": moment_iso(one.issued_at),
        "expires_at": moment_iso(one.expires_at),
        "note": one.note,
    }


def _tell(done: Revocation, *, as_json: bool) -> None:
    if as_json:
        print_json({"kind": done.kind.value, "value": done.value, "at": moment_iso(done.at), "reason": done.reason})
        return
    print(f"{done.kind.value} {done.value} is revoked; a running gate ends its sessions now")


def _list(found: list[Revocation], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "kind": one.kind.value,
                    "value": one.value,
                    "at": moment_iso(one.at),
                    "by": one.by,
                    "reason": one.reason,
                }
                for one in found
            ]
        )
        return
    rows = [(one.kind.value, one.value, moment_text(one.at), one.by, one.reason) for one in found]
    print_table(("kind", "what", "when", "by", "why"), rows, empty="nothing is revoked")
