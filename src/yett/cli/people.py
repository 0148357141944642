"""Local people, agents and services: `yett user`, `yett agent`, `yett service`."""

from collections.abc import Callable
from dataclasses import replace
from typing import Annotated

import typer

from yett.cli.local import InputMissing, local_identity, moment_iso, moment_text, operator, read_config, read_secret
from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import print_fields, print_json, print_table
from yett.core.errors import YettError
from yett.core.principals import Claim, PrincipalKind
from yett.identity.local import LocalIdentity
from yett.identity.store import LocalPrincipal

app = typer.Typer(rich_markup_mode=None)

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Its name: a-z, 0-9, dot, - and _.")]
GroupOption = Annotated[
    list[str] | None, typer.Option("--group", "-g", metavar="GROUP", help="A group; may be repeated.")
]
GroupsArgument = Annotated[list[str], typer.Argument(metavar="GROUP...", help="Groups.")]
ClaimOption = Annotated[
    list[str] | None, typer.Option("--claim", metavar="NAME=VALUE", help="A claim for policies; may be repeated.")
]
PasswordOption = Annotated[
    bool, typer.Option("--password", help="Give a password: typed, piped in, or from $YETT_PASSWORD.")
]


def _group(kind: PrincipalKind) -> None:
    word = kind.value.lower()
    group = typer.Typer(
        help=f"Local {_MANY[kind]}: those this gate knows without a provider.",
        no_args_is_help=True,
        rich_markup_mode=None,
        context_settings={"help_option_names": ["-h", "--help"]},
        epilog=f'Policies name them as {kind.value}::"local/NAME", their groups as Group::"local/GROUP".',
    )
    app.add_typer(group, name=word)
    _make(group, kind)
    _look(group, kind)
    _change(group, kind)
    _end(group, kind)


def _make(group: typer.Typer, kind: PrincipalKind) -> None:
    word = kind.value.lower()
    example = f"Example: yett {word} add {_EXAMPLE[kind]} --group support-agents"

    def add(  # noqa: PLR0917  a command's options are its arguments
        name: NameArgument,
        group: GroupOption = None,
        claim: ClaimOption = None,
        password: PasswordOption = False,
        config: ConfigOption = None,
        as_json: JsonOption = False,
    ) -> None:
        claims = dict(_claim(one) for one in claim or ())
        secret = read_secret("Password", "YETT_PASSWORD", twice=True) if password else None
        with local_identity(read_config(config)) as local:
            record = local.add(name, kind, frozenset(group or ()), claims, secret)
        _show(record, as_json=as_json)
        if not as_json:
            print(f"next: yett login {name}" if password else f"next: yett token issue {name}")

    group.command("add", help=f"Make a local {word}.", epilog=example)(add)


def _look(group: typer.Typer, kind: PrincipalKind) -> None:
    word = kind.value.lower()

    def list_all(config: ConfigOption = None, as_json: JsonOption = False) -> None:
        with local_identity(read_config(config)) as local:
            found = sorted((one for one in local.directory.records if one.kind is kind), key=lambda one: one.name)
        if as_json:
            print_json([_facts(one) for one in found])
            return
        rows = [(one.name, ", ".join(sorted(one.groups)), _state(one), moment_text(one.created_at)) for one in found]
        print_table(
            ("name", "groups", "state", "made"), rows, empty=f"no {_MANY[kind]}; make one: yett {word} add NAME"
        )

    def show(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
        with local_identity(read_config(config)) as local:
            _show(_of_kind(local, name, kind), as_json=as_json)

    group.command("list", help=f"List local {_MANY[kind]}.")(list_all)
    group.command("show", help=f"Show a local {word}.")(show)


def _change(group: typer.Typer, kind: PrincipalKind) -> None:
    ends = "Sessions that stand on the old groups end at once."

    def join(
        name: NameArgument, groups: GroupsArgument, config: ConfigOption = None, as_json: JsonOption = False
    ) -> None:
        _edit(config, name, kind, lambda one: replace(one, groups=one.groups | set(groups)), as_json=as_json)

    def leave(
        name: NameArgument, groups: GroupsArgument, config: ConfigOption = None, as_json: JsonOption = False
    ) -> None:
        left = {group.removeprefix("local/") for group in groups}
        _edit(config, name, kind, lambda one: replace(one, groups=one.groups - left), as_json=as_json)

    def password(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
        secret = read_secret("New password", "YETT_PASSWORD", twice=True)
        with local_identity(read_config(config)) as local:
            local.set_password(name, secret)
        if as_json:
            print_json({"name": name, "password": True})
            return
        print(f"{name} has a new password; what is signed in stays so until: yett revoke --subject local/{name}")

    example = f"Example: yett {kind.value.lower()} join {_EXAMPLE[kind]} dba"
    group.command("join", help=f"Add groups. {ends}", epilog=example)(join)
    group.command("leave", help=f"Take groups away. {ends}")(leave)
    if kind is PrincipalKind.USER:
        group.command("password", help="Give a person a new password.")(password)


def _end(group: typer.Typer, kind: PrincipalKind) -> None:
    word = kind.value.lower()

    def disable(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
        _edit(config, name, kind, lambda one: replace(one, disabled=True), as_json=as_json)

    def enable(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
        _edit(config, name, kind, lambda one: replace(one, disabled=False), as_json=as_json)

    def remove(name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
        with local_identity(read_config(config)) as local:
            _of_kind(local, name, kind)
            local.remove(name, operator())
        if as_json:
            print_json({"name": name, "removed": True})
        else:
            print(f"{name} is removed, and its credentials count for nothing")

    group.command("disable", help=f"Refuse {_ONE[kind]} and end its sessions, until it is enabled.")(disable)
    group.command("enable", help=f"Take a disabled {word} back.")(enable)
    group.command("remove", help=f"Remove {_ONE[kind]}; its credentials never count again.")(remove)


def _edit(
    config: str | None,
    name: str,
    kind: PrincipalKind,
    change: Callable[[LocalPrincipal], LocalPrincipal],
    *,
    as_json: bool,
) -> None:
    with local_identity(read_config(config)) as local:
        local.change(change(_of_kind(local, name, kind)))
        _show(local.get(name), as_json=as_json)


def _of_kind(local: LocalIdentity, name: str, kind: PrincipalKind) -> LocalPrincipal:
    record = local.get(name)
    if record.kind is not kind:
        word = record.kind.value.lower()
        msg = f"{name} is of another kind: {word}"
        raise YettError(msg, code="principal_unknown", hint=f"yett {word} show {name}")
    return record


def _show(record: LocalPrincipal, *, as_json: bool) -> None:
    if as_json:
        print_json(_facts(record))
        return
    print_fields(
        {
            "name": record.name,
            "kind": record.kind.value,
            "subject": f"local/{record.name}",
            "groups": ", ".join(f"local/{group}" for group in sorted(record.groups)) or "none",
            **{f"claim {name}": value for name, value in record.claims.items()},
            "password": "set" if record.password_hash else "none",
            "state": _state(record),
            "made": moment_text(record.created_at),
        }
    )


def _facts(record: LocalPrincipal) -> dict[str, object]:
    return {
        "name": record.name,
        "kind": record.kind.value,
        "subject": f"local/{record.name}",
        "groups": [f"local/{group}" for group in sorted(record.groups)],
        "claims": dict(record.claims),
        "password": bool(record.password_hash),
        "disabled": record.disabled,
        "created_at": moment_iso(record.created_at),
    }


def _state(record: LocalPrincipal) -> str:
    return "disabled" if record.disabled else "active"


def _claim(text: str) -> tuple[str, Claim]:
    name, found, value = text.partition("=")
    if not found or not name.isidentifier():
        msg = f'"{text}" is not a claim'
        raise InputMissing(msg, hint="write --claim department=support", code="claim_invalid")
    if value in {"true", "false"}:
        return name, value == "true"
    return name, int(value) if value.lstrip("-").isdecimal() and value.isascii() else value


_ONE = {PrincipalKind.USER: "a person", PrincipalKind.AGENT: "an agent", PrincipalKind.SERVICE: "a service"}
_MANY = {PrincipalKind.USER: "people", PrincipalKind.AGENT: "agents", PrincipalKind.SERVICE: "services"}
_EXAMPLE = {PrincipalKind.USER: "ada", PrincipalKind.AGENT: "support-bot", PrincipalKind.SERVICE: "nightly-export"}
for _kind in PrincipalKind:
    _group(_kind)
