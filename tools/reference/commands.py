"""Walks the command line's own tree: each command with its arguments, options and help."""

from collections.abc import Iterator
from typing import Any

from yett.cli.commands import SECTIONS, load_command

HEAD = """\
# Commands

`yett COMMAND --help` says the same.
"""


def page() -> str:
    """Return the page of all commands, by section."""
    lines = [HEAD]
    for title, names in SECTIONS.items():
        lines += [f"## {title}", ""]
        for name in names:
            for path, command in commands(f"yett {name}", load_command(name)):
                lines += _command(path, command)
    return "\n".join(lines).rstrip() + "\n"


def commands(path: str, command: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 - click's own types
    """Yield a command and all below it, each with its full name."""
    yield path, command
    for name, inner in getattr(command, "commands", {}).items():
        yield from commands(f"{path} {name}", inner)


def undocumented() -> list[str]:
    """Return every command and option that has no help of its own."""
    found = []
    for names in SECTIONS.values():
        for name in names:
            for path, command in commands(f"yett {name}", load_command(name)):
                if not (command.help or "").strip():
                    found.append(path)
                found += [f"{path} {_name(one)}" for one in _shown(command) if not getattr(one, "help", "")]
    return found


def _command(path: str, command: Any) -> list[str]:  # noqa: ANN401 - click's own types
    arguments = [_name(one) for one in _shown(command) if one.param_type_name == "argument"]
    options = [one for one in _shown(command) if one.param_type_name == "option"]
    usage = " ".join([path, *arguments, *(["[OPTIONS]"] if options else [])])
    lines = [f"### `{usage}`", "", (command.help or "").strip(), ""]
    rows = [one for one in _shown(command) if getattr(one, "help", "")]
    if rows:
        lines += ["| name | meaning |", "|---|---|"]
        lines += [f"| `{_name(one)}` | {_cell(one.help)}{_default(one)} |" for one in rows]
        lines.append("")
    return lines


def _shown(command: Any) -> list[Any]:  # noqa: ANN401 - click's own types
    return [one for one in command.params if not getattr(one, "hidden", False) and one.name != "help"]


def _name(one: Any) -> str:  # noqa: ANN401 - click's own types
    if one.param_type_name == "argument":
        return (getattr(one, "metavar", None) or one.name).upper()
    return ", ".join([*one.opts, *one.secondary_opts])


def _default(one: Any) -> str:  # noqa: ANN401 - click's own types
    value = one.default
    if value in (None, "", False, ()) or callable(value):
        return ""
    return f" Default: `{value}`."


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
