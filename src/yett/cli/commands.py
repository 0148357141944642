"""The commands of yett and the module each lives in, so that only the one that is called gets loaded."""

# ruff: noqa: ANN401 - click's own types are private to typer

import difflib
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command


@dataclass(frozen=True, slots=True)
class Command:
    """Where a command is defined, and the line that `yett --help` shows of it."""

    module: str
    summary: str


SECTIONS: dict[str, dict[str, Command]] = {
    "The gate": {
        "up": Command("yett.cli.up", "Start the gate."),
        "check": Command("yett.cli.check", "Check settings, policies, credentials and targets."),
        "doctor": Command("yett.cli.doctor", "Look for ways around the gate, and for what would stop it."),
        "scan": Command("yett.cli.scan", "Look at samples of a resource and propose labels for its columns."),
        "resource": Command("yett.cli.resource", "The gate's own access to its resources: new passwords."),
        "policy": Command("yett.cli.policy", "Test and explain policies."),
        "baseline": Command("yett.cli.baseline", "What is usual for whom, so that what is new can be held."),
        "version": Command("yett.cli.version", "Say which version runs, and how it was built."),
    },
    "Signing in": {
        "login": Command("yett.cli.login", "Get a short-lived credential for the gate."),
        "logout": Command("yett.cli.login", "End the login and forget its credential."),
        "whoami": Command("yett.cli.login", "Say who the gate takes you for."),
        "connect": Command("yett.cli.connect", "Print or run the client for a resource."),
    },
    "People and machines": {
        "user": Command("yett.cli.people", "Local people."),
        "agent": Command("yett.cli.people", "Local agents."),
        "service": Command("yett.cli.people", "Local services."),
        "token": Command("yett.cli.tokens", "Credentials for agents and services."),
        "revoke": Command("yett.cli.tokens", "End what a person, login or token may do, at once."),
    },
    "Asking and answering": {
        "approvals": Command("yett.cli.approvals", "Answer what waits for a person's yes."),
        "request": Command("yett.cli.access", "Ask for a role for a while."),
        "grants": Command("yett.cli.access", "See and end roles that are had for a while."),
    },
    "Evidence": {
        "sessions": Command("yett.cli.sessions", "Find recorded sessions."),
        "replay": Command("yett.cli.sessions", "Show a session as it happened."),
        "verify": Command("yett.cli.sessions", "Prove that recordings are whole and unchanged."),
        "export": Command("yett.cli.sessions", "Write recordings as JSON lines or OCSF."),
        "erase": Command("yett.cli.sessions", "Erase a payload for good; the proof stays valid."),
    },
}
COMMANDS = {name: command for section in SECTIONS.values() for name, command in section.items()}


def load_command(name: str) -> Any:
    """Return the command `name`, from its module's typer application `app` or from its function of that name."""
    module = importlib.import_module(COMMANDS[name].module)
    application = getattr(module, "app", None) or _single(getattr(module, name))
    command = get_command(application)
    inner = getattr(command, "commands", {}).get(name, command)
    inner.name = name
    return inner


def _single(function: Callable[..., Any]) -> typer.Typer:
    application = typer.Typer(add_completion=False, rich_markup_mode=None)
    application.command()(function)
    return application


class LazyGroup(TyperGroup):
    """A group whose help and completion know every command without importing it."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names of all commands, in the order of the help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 - click's signature
        """Return one command, loading its module; None when there is none of that name."""
        return load_command(cmd_name) if cmd_name in COMMANDS else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find the command that the first argument names; a usage error suggests the nearest one."""
        if args and args[0] not in COMMANDS:
            close = difflib.get_close_matches(args[0], COMMANDS, n=1)
            ctx.fail(f'no command "{args[0]}"' + (f'; did you mean "{close[0]}"?' if close else ""))
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 - click's signature
        """Write the commands by section."""
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl([(name, command.summary) for name, command in commands.items()])

    def shell_complete(self, ctx: Any, incomplete: str) -> list[Any]:
        """Complete the names of commands, and the root's own options."""
        from typer._click.shell_completion import CompletionItem  # noqa: PLC0415 - only for completion

        known = [(name, one) for name, one in COMMANDS.items() if name.startswith(incomplete)]
        return [CompletionItem(name, help=one.summary) for name, one in known] or super().shell_complete(
            ctx, incomplete
        )
