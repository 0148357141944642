"""Reads plain TOML data into typed settings, strictly: every unknown, missing or mistyped key is a mistake."""

# ruff: noqa: ANN401 - types are values here, and so is what they describe

import types
import typing
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import Any

import msgspec

from yett.config.problems import nearest
from yett.config.toml_lines import Path
from yett.core.durations import Duration, parse_duration
from yett.core.sizes import Size, parse_size

_SECRET_WORDS = ("password", "secret", "credential", "token", "private", "passphrase")
_BY_REFERENCE = 'name where it is kept: { from = "env", … }, { from = "file", … } or { from = "command", … }'


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake at a path of the data, before it is known on which line that path stands."""

    path: Path
    code: str
    message: str
    hint: str = ""


@dataclass(slots=True)
class Reading:
    """One pass over the data; what is wrong is collected, so that a person sees all of it at once."""

    mistakes: list[Mistake] = field(default_factory=list)

    def read(self, kind: Any, data: object, path: Path) -> Any:
        """Return `data` as a value of `kind`; where that fails, note the mistakes and return None."""
        plain = _without_annotation(kind)
        if _is_struct(plain):
            return self._struct(plain, data, path)
        origin, arguments = typing.get_origin(plain), typing.get_args(plain)
        if origin in (typing.Union, types.UnionType):
            return self._union(arguments, data, path)
        if origin is dict:
            return self._table(arguments[1], data, path)
        if origin in (list, tuple) and isinstance(data, list) and _holds_structs(arguments[0]):
            return origin([self.read(arguments[0], item, (*path, index)) for index, item in enumerate(data)])
        return self._leaf(kind, data, path)

    def note(self, path: Path, code: str, message: str, hint: str = "") -> None:
        """Keep one mistake."""
        self.mistakes.append(Mistake(path, code, message, hint))

    def unknown(self, data: Mapping[str, object], known: AbstractSet[str], path: Path) -> None:
        """Note every key of `data` that is not known, with the known one nearest to it."""
        for name in data.keys() - known:
            message = f'unknown setting "{name}" in {_named(path)}'
            self.note((*path, name), "config_unknown_key", message, nearest(name, known - {""}))

    def _table(self, kind: Any, data: object, path: Path) -> dict[str, Any] | None:
        if not isinstance(data, dict):
            self._wrong(path, "a table", data)
            return None
        return {name: self.read(kind, value, (*path, name)) for name, value in data.items()}

    def _union(self, kinds: tuple[Any, ...], data: object, path: Path) -> Any:
        structs = [kind for kind in kinds if _is_struct(kind)]
        if not structs:
            return self._leaf(typing.Union[kinds], data, path)  # noqa: UP007 - built from a tuple
        if not isinstance(data, dict):
            return self._wrong(path, "a table", data)
        if len(structs) == 1:
            return self._struct(structs[0], data, path)
        return self._tagged(structs, data, path)

    def _tagged(self, structs: list[Any], data: dict[str, object], path: Path) -> Any:
        name = structs[0].__struct_config__.tag_field
        by_tag = {struct.__struct_config__.tag: struct for struct in structs}
        tag = data.get(name)
        chosen = by_tag.get(tag) if isinstance(tag, str) else None
        if chosen is not None:
            return self._struct(chosen, data, path)
        known = ", ".join(f'"{one}"' for one in sorted(by_tag))
        if tag is None:
            code = "config_literal_secret" if _sounds_secret(path) else "config_missing_key"
            hint = _BY_REFERENCE if _sounds_secret(path) else ""
            return self.note(path, code, f"{_named(path)} lacks `{name}`, which is one of {known}", hint)
        return self.note(
            (*path, name), "config_invalid_value", f"`{name}` must be one of {known}", nearest(str(tag), by_tag)
        )

    def _struct(self, kind: Any, data: object, path: Path) -> Any:
        if not isinstance(data, dict):
            return self._wrong(path, "a table", data)
        fields = {one.encode_name: one for one in msgspec.structs.fields(kind)}
        before = len(self.mistakes)
        self.unknown(data, fields.keys() | {kind.__struct_config__.tag_field or ""}, path)
        values = {}
        for name, one in fields.items():
            if name in data:
                values[one.name] = self.read(one.type, data[name], (*path, name))
            elif one.required:
                self.note(path, "config_missing_key", f"{_named(path)} lacks `{name}`", _described(one.type))
        return self._made(kind, values, path) if len(self.mistakes) == before else None

    def _made(self, kind: Any, values: Mapping[str, Any], path: Path) -> Any:
        try:
            return kind(**values)
        except ValueError as error:
            return self.note(path, "config_invalid_value", f"{_named(path)}: {error}")

    def _leaf(self, kind: Any, data: object, path: Path) -> Any:
        try:
            return msgspec.convert(data, kind, dec_hook=_from_text)
        except msgspec.ValidationError as error:
            return self.note(path, "config_invalid_value", f"{_named(path)}: {_plainly(str(error))}", _described(kind))

    def _wrong(self, path: Path, wanted: str, data: object) -> None:
        if isinstance(data, str) and _sounds_secret(path):
            self.note(path, "config_literal_secret", f"{_named(path)} holds a secret in the clear", _BY_REFERENCE)
        else:
            self.note(path, "config_invalid_value", f"{_named(path)} must be {wanted}, not {_kind_of(data)}")


def _from_text(kind: type, value: object) -> object:
    readers = {Duration: (parse_duration, "a duration such as 30s"), Size: (parse_size, "a size such as 64KiB")}
    if kind not in readers:
        msg = f"settings cannot hold {kind!r}"
        raise NotImplementedError(msg)
    reader, wanted = readers[kind]
    if not isinstance(value, str):
        msg = f"expected {wanted}, in quotes"
        raise ValueError(msg)  # noqa: TRY004 - msgspec turns ValueError into a ValidationError
    return reader(value)


def _without_annotation(kind: Any) -> Any:
    return typing.get_args(kind)[0] if typing.get_origin(kind) is typing.Annotated else kind


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _holds_structs(kind: Any) -> bool:
    plain = _without_annotation(kind)
    return _is_struct(plain) or any(_is_struct(one) for one in typing.get_args(plain))


def _described(kind: Any) -> str:
    if typing.get_origin(kind) is typing.Annotated:
        metas = [one for one in typing.get_args(kind)[1:] if isinstance(one, msgspec.Meta)]
        return next((one.description for one in metas if one.description), "")
    return ""


def _named(path: Path) -> str:
    return ".".join(str(part) for part in path) if path else "the file"


def _sounds_secret(path: Path) -> bool:
    return any(word in str(part).lower() for part in path[-1:] for word in _SECRET_WORDS)


def _kind_of(data: object) -> str:
    names = {str: "a text", bool: "true or false", int: "a number", float: "a number", list: "a list", dict: "a table"}
    return names.get(type(data), "a date")


def _plainly(message: str) -> str:
    words = {
        "Expected `str`": "expected a text",
        "Expected `int`": "expected a whole number",
        "got `str`": "got a text",
    }
    text = message.partition(" - at `$")[0]
    for theirs, ours in words.items():
        text = text.replace(theirs, ours)
    return text.replace("`", "")
