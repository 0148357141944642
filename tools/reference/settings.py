"""Walks the settings' own types: each key of yett.toml with its type, default and meaning."""

# ruff: noqa: ANN401 - types are the data here, of any shape

import re
import types
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

import msgspec

from yett.config.protocols import known_protocols, protocol_settings
from yett.config.settings import ResourceSettings, Settings
from yett.core.durations import Duration, duration_text
from yett.core.sizes import Size, size_text

HEAD = """\
# Settings

Everything that `yett.toml` may say. An unknown key is an error. Durations are written like `30s`, `15m` or `8h`, sizes
like `64KiB` or `1MiB`. `<name>` stands for a name that you choose.
"""


@dataclass(frozen=True, slots=True)
class Setting:
    """One key: where it stands, what it may be, what it is when unset, and what it means."""

    table: str
    key: str
    kind: str
    default: str
    meaning: str


def page() -> str:
    """Return the page of all settings, a section for each table."""
    lines = [HEAD]
    for table, struct in tables("", Settings):
        rows = list(settings(table, struct))
        if not rows:
            continue
        lines += [_heading(table, struct), "", _intro(struct), ""]
        lines += ["| key | type | default | meaning |", "|---|---|---|---|"]
        lines += [f"| `{one.key}` | {one.kind} | {one.default} | {one.meaning} |" for one in rows]
        lines.append("")
    return "\n".join(lines)


def _heading(table: str, struct: type) -> str:
    mark = struct.__struct_config__
    form = f' with `{mark.tag_field} = "{mark.tag}"`' if mark.tag else ""
    return f"## `[{table}]`{form}" if table else "## At the top"


def undocumented() -> list[str]:
    """Return the settings that neither say what they mean nor are named in their table's description."""
    return [
        f"{one.table}.{one.key}"
        for table, struct in tables("", Settings)
        for one in settings(table, struct)
        if not one.meaning and f"`{one.key}" not in _intro(struct)
    ]


def tables(path: str, struct: type) -> Iterator[tuple[str, type]]:
    """Yield each table below `struct`, with its path in yett.toml."""
    yield path, struct
    for name, kind in _fields(struct):
        here = f"{path}.{name}" if path else name
        for inner, below in _structs(kind, here):
            yield from tables(below, inner)
    if struct is ResourceSettings:
        for protocol in sorted(known_protocols()):
            yield from tables(path, protocol_settings(protocol))


def settings(table: str, struct: type) -> Iterator[Setting]:
    """Yield the keys of one table that are not tables themselves."""
    defaults = {one.encode_name: one for one in msgspec.structs.fields(struct)}
    intro = _intro(struct)
    mark = struct.__struct_config__
    if mark.tag:
        yield Setting(table, mark.tag_field, f'`"{mark.tag}"`', "**needed**", "Chooses this form.")
    for name, kind in _fields(struct):
        if list(_structs(kind, name)):
            continue
        meaning = _cell(_meaning(kind) or _from_intro(intro, name))
        yield Setting(table, name, _cell(_kind(kind)), _default(defaults[name]), meaning)


def _fields(struct: type) -> Iterator[tuple[str, Any]]:
    hints = typing.get_type_hints(struct, include_extras=True)
    for one in msgspec.structs.fields(struct):
        yield one.encode_name, hints[one.name]


def _structs(kind: Any, path: str) -> Iterator[tuple[type, str]]:
    """Yield the tables that a type is made of, each with the path where it stands."""
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        yield kind, path
    elif get_origin(kind) is dict:
        yield from _structs(get_args(kind)[1], f"{path}.<name>")
    elif get_origin(kind) in {list, tuple}:
        for inner in get_args(kind):
            yield from _structs(inner, f"[{path}]")
    elif get_origin(kind) in {typing.Union, types.UnionType}:
        for inner in get_args(kind):
            yield from _structs(inner, path)


def _meaning(kind: Any) -> str:
    """Return the description that a type carries; the outermost one wins."""
    if get_origin(kind) is Annotated:
        _inner, *marks = get_args(kind)
        return next((mark.description for mark in marks if isinstance(mark, msgspec.Meta) and mark.description), "")
    return ""


def _from_intro(intro: str, name: str) -> str:
    """Return the part of a table's description that begins with the key's name."""
    sentences = re.split(r"(?<=[.;])\s+", " ".join(intro.split()))
    return next((sentence for sentence in sentences if f"`{name}`" in sentence or f"`{name} =" in sentence), "")


def _kind(kind: Any) -> str:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _kind(arguments[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(_kind(inner) for inner in arguments if inner is not types.NoneType)
    if origin in {list, tuple, set, frozenset}:
        return f"list of {_kind(arguments[0])}" if arguments else "list"
    if origin is dict:
        return f"table of {_kind(arguments[1])}"
    return {"str": "text", "int": "number", "float": "number", "bool": "true or false"}.get(
        getattr(kind, "__name__", str(kind)), getattr(kind, "__name__", str(kind)).lower()
    )


def _default(one: Any) -> str:
    if one.default is not msgspec.NODEFAULT:
        value = one.default
    elif one.default_factory is not msgspec.NODEFAULT:
        value = one.default_factory()
    else:
        return "**needed**"
    if value in ("", None) or (isinstance(value, tuple | list | dict) and not value):
        return ""
    return f"`{_shown(value)}`"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Duration):
        return duration_text(value).replace(" ", "") if value else "0s"
    if isinstance(value, Size):
        return size_text(value).replace(" ", "")
    if isinstance(value, tuple | list):
        return ", ".join(str(item) for item in value)
    return str(value)


def _intro(struct: type) -> str:
    return " ".join((struct.__doc__ or "").split())


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())
