"""What values become when something is made of them: together, one of several, a row, with more at risk."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import structs

from yett.protocols.postgres.sql.lineage.kinds import PARAMETER, UNTYPED
from yett.protocols.postgres.sql.lineage.known import Base
from yett.protocols.postgres.sql.lineage.result import NO_COLUMNS
from yett.protocols.postgres.sql.lineage.values import CONFLICT, MAY_FAIL, NEVER, OWN, UNBOUNDED, Value

_ROW_MAX = 1 << 29
# What the gate takes in one message is less (`limits.target_message`): what a content makes large stays below that.
_STEERED_MAX = 15 << 20
_SHORT_NUMBER = 30


def number_size(constant: Mapping[str, Any]) -> int:
    """Return how large a number may be that an A_Const stands for: UNBOUNDED where not at a glance a short one."""
    text = next((str(constant[kind].get(kind, "")) for kind in ("fval", "sval") if kind in constant), "")
    return UNBOUNDED if len(text) > _SHORT_NUMBER or "e" in text.lower() else 64


def may_be_loose(value: Value) -> bool:
    """Say whether a text's collation may find different texts equal: many functions refuse one, where there is a text.

    Whether there is one, a CASE around it can decide.
    """
    return value.collation.startswith(("loose", "named"))


def given(made: Value, values: Sequence[Value]) -> Value:
    """Return what is made of values as what may fail where a parameter is among them.

    Whatever type the client declared it to be decides which function is meant, and its value is not known here.
    """
    if made.failing or all(value.type != PARAMETER for value in values):
        return made
    return structs.replace(made, failing=MAY_FAIL)


def _both(one: str, other: str) -> str:
    if not other or one == other or (other == OWN and one):
        return one
    return other if one in {"", OWN} else CONFLICT


def mix(  # noqa: PLR0913 (these are the ways in which what is made of values differs)
    values: Sequence[Value],
    kind: int = UNTYPED,
    *,
    total: bool = True,
    failing: int = NEVER,
    size: int = 64,
    collated: bool = False,
    steady: bool = False,
) -> Value:
    """Return what is made of `values`; `collated` says that making it needs a collation.

    Where it is not `total`, what went in is risky.
    """
    sources, risky = NO_COLUMNS, NO_COLUMNS
    opaque = opaque_risky = False
    collation = ""
    for value in values:
        if value.sources:
            sources = sources | value.sources if sources else value.sources
            if value.risky:
                risky |= value.risky
        elif value.risky:
            risky |= value.risky
        opaque = opaque or value.opaque
        opaque_risky = opaque_risky or value.opaque_risky
        failing = max(failing, value.failing)
        collation = _both(collation, value.collation)
    if not total or (collated and collation == CONFLICT):
        risky |= sources
        opaque_risky = opaque_risky or opaque
        failing = failing or MAY_FAIL
    return Value(sources, None, risky, opaque, opaque_risky, failing, kind, collation, size, steady)


def with_risk(value: Value, risky: frozenset[Base], *, opaque: bool) -> Value:
    """Return the value with more columns at risk."""
    if not risky and not opaque:
        return value
    return structs.replace(
        value, risky=value.risky | risky, opaque_risky=value.opaque_risky or opaque, failing=value.failing or MAY_FAIL
    )


def computed(value: Value, **changes: object) -> Value:
    """Return the value as one that is no longer a whole column's."""
    return structs.replace(value, verbatim=None, **changes)


def too_wide(fields: Iterable[tuple[str, Value]]) -> bool:
    """Say whether values of known sizes may be too much for one row, which is limited as a value is."""
    return sum(value.size for _, value in fields if value.size != UNBOUNDED) > _ROW_MAX


def steered(fields: Iterable[tuple[str, Value]]) -> bool:
    """Say whether the content of columns may make a row too large for one message of the protocol."""
    made = (value for _, value in fields if value.verbatim is None and value.sources and not value.steady)
    # What is of no known size was within bounds where it was made.
    return sum(_STEERED_MAX // 2 if value.size == UNBOUNDED else value.size for value in made) > _STEERED_MAX


def row(fields: Sequence[tuple[str, Value]], more: Value | None = None) -> Value:
    """Return a row made of these fields."""
    made = mix([value for _, value in fields] if more is None else [*(value for _, value in fields), more])
    if too_wide(fields):
        made = with_risk(made, made.sources, opaque=made.opaque)
    size = sum(value.size for _, value in fields) if more is None else UNBOUNDED
    steady = more is None and all(value.steady for _, value in fields)
    return structs.replace(made, type=2249, size=size, steady=steady, fields=tuple(fields), more=more)


def either(values: Sequence[Value]) -> Value:
    """Return the value that is one of `values`, nobody knows which: a whole column's where all are the same one's."""
    if len(values) == 1:
        return values[0]
    first = values[0]
    if all(value == first for value in values):
        return first
    made = mix(values, first.type if all(value.type == first.type for value in values) else UNTYPED)
    same = first.verbatim is not None and all(value.verbatim == first.verbatim for value in values)
    size = max(value.size for value in values)
    steady = all(value.steady for value in values)
    return structs.replace(made, verbatim=first.verbatim if same else None, size=size, steady=steady)
