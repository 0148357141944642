"""Every command that a page has somebody type exists, with its sub-commands and options."""

import re
import shlex
from typing import Any

import pytest

from docs.sample import ROOT
from yett.cli.commands import COMMANDS, load_command

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "docs" / "reference").glob("*.md")),
]
TYPED = re.compile(r"(?:^|[|(`])\s*(?:\w+)?[$#]?\s*yett ([a-z][^`|\n]*)", re.MULTILINE)


def typed() -> list[tuple[str, str]]:
    """Return (page, words behind yett) of what stands in console blocks, and of `yett …` in the text."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        blocks = "".join(re.findall(r"^```console\n(.*?)^```", text, re.DOTALL | re.MULTILINE))
        lines = [line for line in blocks.splitlines() if re.match(r"\w*\$ ", line)]
        lines += re.findall(r"`(yett [a-z][^`\n]*)`", text)
        found += [(page.name, words) for line in lines for words in TYPED.findall(line)]
    return sorted(set(found))


def unknown(words: list[str]) -> str:
    """Return what is unknown of a command line, or ""."""
    if words[0] not in COMMANDS:
        return words[0]
    command: Any = load_command(words[0])
    known = options(command)
    for word in words[1:]:
        if word == "--":
            return ""
        if word.startswith("-"):
            name = word.partition("=")[0]
            if name not in known | {"-h", "--help"}:
                return name
        elif word in getattr(command, "commands", {}):
            command = command.commands[word]
            known |= options(command)
        elif getattr(command, "commands", {}) and word[:1].islower():
            return word
    return ""


def options(command: Any) -> set[str]:
    return {name for one in command.params for name in (*one.opts, *one.secondary_opts)}


@pytest.mark.parametrize(("page", "line"), typed())
def test_what_is_typed_exists(page: str, line: str) -> None:
    words = shlex.split(line.replace("…", "").replace("<jti>", "jti"), comments=True)
    assert unknown(words) == "", f"{page}: yett {line}"


def test_there_are_many() -> None:
    assert len(typed()) > 60
