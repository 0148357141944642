"""Which label a column has, by its name, its type or its comment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase

TYPE_PREFIX = "type:"
UNLABELLED_KEY = "unlabelled"
COMMENTS_KEY = "comments"
COMMENT_PREFIX = "yett:"
UNNAMED = "unnamed"
"""The label of a column whose comment promises a label and then names none."""

_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_PART = re.compile(r'"((?:[^"]|"")*)"|([^".]+)')


class Unlabelled(StrEnum):
    """What becomes of columns without a label: shown, searched by detectors, or masked."""

    OPEN = "open"
    SCANNED = "scanned"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class _Glob:
    parts: tuple[str, ...]
    label: str

    def fits(self, path: tuple[str, str, str]) -> bool:
        return all(fnmatchcase(have, want) for have, want in zip(path, self.parts, strict=True))

    @property
    def weight(self) -> int:
        """How much of the pattern is spelled out: the pattern that says most decides."""
        return sum(len(part) - part.count("*") - part.count("?") for part in self.parts)


class Labelling:
    """The labels of one resource, from its `[data.<resource>]`; without one, nothing has a label and all is open.

    A key of the settings is a column, `schema.table.column`, each part plain, in double quotes, or with `*` and `?`;
    or `type:` and the name of a type. An exact name beats patterns, a pattern that spells more out beats one that
    spells out less, and both beat a type. The empty label says that the column has none. A label in a column's
    comment counts where the settings give none: it can add a label, never take one away.
    """

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        keys = settings or {}
        self.unlabelled = _unlabelled(settings)
        self._comments = keys.get(COMMENTS_KEY, COMMENT_PREFIX) if settings is not None else ""
        self._exact: dict[tuple[str, ...], str] = {}
        self._types: list[tuple[str, str]] = []
        globs: list[_Glob] = []
        for key, label in keys.items():
            if key in {UNLABELLED_KEY, COMMENTS_KEY}:
                continue
            if key.startswith(TYPE_PREFIX):
                self._types.append((key.removeprefix(TYPE_PREFIX).lower(), label))
            elif any(mark in key for mark in "*?"):
                globs.append(_Glob(column_parts(key), label))
            else:
                self._exact[column_parts(key)] = label
        self._globs = sorted(globs, key=lambda one: -one.weight)

    @property
    def has_labels(self) -> bool:
        """Whether any column of the resource may have a label or is searched: if not, the wire may be transparent."""
        return bool(self._exact or self._globs or self._types or self._comments) or self.unlabelled != Unlabelled.OPEN

    def label_of(self, schema: str, table: str, column: str, type_name: str = "", comment: str = "") -> str:
        """Return the label of a column, "" for none. Names are as in the catalog, the type as `format_type` has it."""
        configured = self._configured((schema, table, column), type_name)
        return configured or self._from_comment(comment)

    def _configured(self, path: tuple[str, str, str], type_name: str) -> str:
        exact = self._exact.get(path)
        if exact is not None:
            return exact
        for glob in self._globs:
            if glob.fits(path):
                return glob.label
        names = _type_names(type_name) if self._types else ()
        return next((label for wanted, label in self._types if any(fnmatchcase(n, wanted) for n in names)), "")

    def _from_comment(self, comment: str) -> str:
        if not self._comments or not comment:
            return ""
        _, found, rest = comment.partition(self._comments)
        if not found:
            return ""
        named = _LABEL.match(rest.lstrip().lower())
        return named.group() if named else UNNAMED


def column_parts(key: str) -> tuple[str, ...]:
    """Return the three parts of a column's key. Raises ValueError when it is not schema.table.column."""
    parts: list[str] = []
    at = 0
    while found := _PART.match(key, at):
        quoted = found.group(1)
        parts.append(found.group(2) if quoted is None else quoted.replace('""', '"'))
        at = found.end()
        if at == len(key) or key[at] != ".":
            break
        at += 1
    if at != len(key) or len(parts) != 3 or key.endswith("."):
        msg = f"{key!r} is no column: write schema.table.column"
        raise ValueError(msg)
    return tuple(parts)


def is_label(text: str) -> bool:
    """Say whether `text` can be a label: lower case, digits, `_` and `-`, 32 at most, a letter first."""
    return _LABEL.fullmatch(text) is not None


def _unlabelled(settings: Mapping[str, str] | None) -> Unlabelled:
    if settings is None:
        return Unlabelled.OPEN
    return Unlabelled(settings.get(UNLABELLED_KEY, Unlabelled.SCANNED))


def _type_names(type_name: str) -> tuple[str, ...]:
    # "character varying(80)[]" is also "character varying", and "public.citext" is also "citext".
    whole = type_name.lower().strip()
    plain = re.sub(r"\([^)]*\)|\[\]", "", whole).strip()
    return whole, plain, plain.rpartition(".")[2]
