"""Which reading belongs to which type and wire format: everything that might carry text is read."""

from functools import lru_cache

from yett.protocols.postgres.masking import types
from yett.protocols.postgres.masking.binary_reading import INET_BINARY, INT8_BINARY, NUMERIC_BINARY, nested_reading
from yett.protocols.postgres.masking.description import Column
from yett.protocols.postgres.masking.forms import length_limit
from yett.protocols.postgres.masking.json_reading import JSON_TEXT, JSONB_BINARY
from yett.protocols.postgres.masking.reading import (
    BYTEA_BINARY,
    BYTEA_TEXT,
    ESCAPED_NULLED,
    NOT_READ,
    NULLED,
    STRUCTURED_TEXT,
    XML_TEXT,
    Reading,
    text_reading,
)

_IN_BOTH = {types.JSON: JSON_TEXT, types.XML: XML_TEXT}
_IN_TEXT = {
    types.JSONB: JSON_TEXT,
    types.BYTEA: BYTEA_TEXT,
    types.INT8: NULLED,
    types.NUMERIC: NULLED,
    types.INET: NULLED,
    types.CIDR: NULLED,
}
_IN_BINARY = {
    types.JSONB: JSONB_BINARY,
    types.BYTEA: BYTEA_BINARY,
    types.INT8: INT8_BINARY,
    types.NUMERIC: NUMERIC_BINARY,
    types.INET: INET_BINARY,
    types.CIDR: INET_BINARY,
}


@lru_cache(maxsize=1024)
def reading_of(column: Column) -> Reading:
    """Return how a column is read; of a type that is not known, everything is."""
    if column.type in types.HARMLESS:
        return NOT_READ
    if column.type in types.TEXTS:
        return text_reading(length_limit(column), padded=column.type == types.BPCHAR)
    known = _IN_BOTH.get(column.type) or (_IN_BINARY if column.format else _IN_TEXT).get(column.type)
    if known is not None:
        return known
    if column.format == 0:
        return ESCAPED_NULLED if column.type in types.ARRAYS_NULLED else STRUCTURED_TEXT
    return nested_reading(column.type, reading_of)
