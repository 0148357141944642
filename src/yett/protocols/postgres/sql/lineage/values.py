"""A value on its way through a statement: what it was made from, and whether making it can tell anything."""

import msgspec

from yett.protocols.postgres.sql.lineage.kinds import LITERAL, PARAMETER, UNTYPED
from yett.protocols.postgres.sql.lineage.known import Base
from yett.protocols.postgres.sql.lineage.result import NO_COLUMNS

# Estimates in bytes. A value of more than 1 GiB is an error in PostgreSQL, so whoever can steer a value's size from a
# column's content towards that limit can ask it questions.
COLUMN_BYTES = 8192
SIZE_MAX = 1 << 26
UNBOUNDED = 1 << 31

NEVER, MAY_FAIL, HAS_EFFECTS = 0, 1, 2
CONFLICT = "conflict"
OWN = "column"
"""The collation of a column that was given none: any other beats it."""


class Value(msgspec.Struct, frozen=True, gc=False):
    """What is known of one value.

    `failing`: making it may raise or take long (MAY_FAIL), or its code runs and is seen to run whether the value is
    used or not (HAS_EFFECTS). `collation` names where its collation comes from, CONFLICT where two disagree: then
    whatever needs one raises; `loose` says of a column that what it is equal to may be another text. `size` bounds
    its bytes; `steady` says that its size follows from the sizes of its sources and not from their content.
    `fields` are those of a row, None for what is no row or an unknown one.
    """

    sources: frozenset[Base] = NO_COLUMNS
    verbatim: Base | None = None
    risky: frozenset[Base] = NO_COLUMNS
    opaque: bool = False
    opaque_risky: bool = False
    failing: int = NEVER
    type: int = UNTYPED
    collation: str = ""
    size: int = 64
    steady: bool = False
    fields: "tuple[tuple[str, Value], ...] | None" = None
    # There may be more fields than those, each made of this.
    more: "Value | None" = None
    loose: bool = False


NOTHING = Value(type=LITERAL, steady=True)
OPAQUE = Value(opaque=True, failing=MAY_FAIL, size=UNBOUNDED)


def literal(kind: int, size: int = 64) -> Value:
    """Return a constant's value."""
    return Value(type=kind, size=size, steady=True)


PARAMETER_VALUE = Value(type=PARAMETER, size=COLUMN_BYTES, steady=True)
