"""Compares what yett.toml labels with what a target has: a pattern that fits no column protects nothing."""

from collections.abc import Iterator, Mapping

from yett.app.findings import Finding
from yett.app.targets import Rows, quoted_text
from yett.config import Config
from yett.masking.labels import COMMENTS_KEY, TYPE_PREFIX, UNLABELLED_KEY, column_parts
from yett.masking.spelling import misspellings

_QUESTION = "label "
_COLUMNS = (
    "SELECT EXISTS (SELECT 1 FROM pg_catalog.pg_attribute a "
    "JOIN pg_catalog.pg_class c ON c.oid OPERATOR(pg_catalog.=) a.attrelid "
    "JOIN pg_catalog.pg_namespace n ON n.oid OPERATOR(pg_catalog.=) c.relnamespace "
    "WHERE a.attnum OPERATOR(pg_catalog.>) 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'm', 'f', 'v') AND "
)
_LIKE = "OPERATOR(pg_catalog.~~)"


def labelled_keys(config: Config, resource: str) -> Mapping[str, str]:
    """Return what `[data.<resource>]` labels, and where each stands."""
    keys = config.settings.data.get(resource, {})
    return {key: config.where("data", resource, key) for key in keys if key not in (UNLABELLED_KEY, COMMENTS_KEY)}


def label_questions(keys: Mapping[str, str]) -> dict[str, str]:
    """Return what to ask a target about these keys; not about those that SQL has no pattern for."""
    return {_QUESTION + key: f"{_COLUMNS}{_condition(key)})" for key in keys if "[" not in key}


def label_findings(subject: str, keys: Mapping[str, str], answers: Mapping[str, Rows | None]) -> Iterator[Finding]:
    """Yield a warning for each key that no column of the target fits."""
    for key, place in keys.items():
        if answers.get(_QUESTION + key) == [("f",)]:
            what = "no column has that type" if key.startswith(TYPE_PREFIX) else "no column fits it"
            hint = "is it spelt right? a label for what is not there protects nothing"
            yield Finding(subject, "warn", f"{place} labels {key}, and {what}", hint, "label_unmatched")


def spelling_findings(config: Config) -> Iterator[Finding]:
    """Yield a warning for each label that nothing gives, and that looks like one that something does."""
    for one in misspellings(config.settings.masking):
        message = f'{config.where(*one.path)}: nothing else has the label "{one.label}"'
        yield Finding("labels", "warn", message, f'did you mean "{one.meant}"?', "label_unknown")


def _condition(key: str) -> str:
    if key.startswith(TYPE_PREFIX):
        name = key.removeprefix(TYPE_PREFIX).strip().lower()
        user = "n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')"
        return f"{user} AND ({' OR '.join(_type_fits(name))})"
    names = zip(("n.nspname", "c.relname", "a.attname"), column_parts(key), strict=True)
    exact = not any(sign in key for sign in "*?")
    return " AND ".join(_fits(name, part, exact=exact) for name, part in names)


def _type_fits(name: str) -> Iterator[str]:
    # As labels are given: by the type with its size, without it, of an array's elements, and without its schema.
    whole = "pg_catalog.lower(pg_catalog.format_type(a.atttypid, a.atttypmod))"
    plain = "pg_catalog.replace(pg_catalog.lower(pg_catalog.format_type(a.atttypid, NULL)), '[]', '')"
    for form in (whole, plain, f"pg_catalog.regexp_replace({plain}, '^.*[.]', '')"):
        yield f"{form} {_LIKE} {quoted_text(_like(name))}"


def _fits(name: str, part: str, *, exact: bool) -> str:
    if exact:
        return f"{name} OPERATOR(pg_catalog.=) {quoted_text(part)}"
    return f"{name}::pg_catalog.text {_LIKE} {quoted_text(_like(part))}"


def _like(pattern: str) -> str:
    return "".join({"*": "%", "?": "_"}.get(sign, f"\\{sign}" if sign in "\\%_" else sign) for sign in pattern)
