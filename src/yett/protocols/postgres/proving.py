"""Sends the proof along with the act: that names still mean what was judged, checked in the same round trip."""

from dataclasses import dataclass
from typing import Final

from yett.protocols.postgres import codec
from yett.protocols.postgres.catalog.assertion import Assertion


@dataclass(frozen=True, slots=True)
class Proof:
    """One assertion as the bytes that run it, and those that prepare it where the session has not yet."""

    assertion: Assertion
    run: bytes
    prepare: bytes


def proof_of(assertion: Assertion) -> Proof:
    """Encode an assertion once, for every use of what it belongs to.

    Its portal is closed at once: a portal lives as long as its transaction, and the next proof wants the name.
    """
    name = assertion.statement.encode()
    run = codec.bind_text(name, name, assertion.params) + codec.execute(name) + codec.close_portal(name)
    return Proof(assertion, run, codec.close_statement(name) + codec.parse(name, assertion.sql.encode()))


# What the target answers where a proof holds: BindComplete, its one row, its end, and CloseComplete.
_HOLDS: Final = (
    codec.BIND_COMPLETE
    + codec.message(b"D", b"\0\1\0\0\0\1" + b"1")
    + codec.message(b"C", b"SELECT 1\0")
    + codec.message(b"3", b"")
)
BOUND_AND_PROVED: Final = codec.BIND_COMPLETE + _HOLDS
"""How the answer to a bound statement begins, as long as its proof holds."""
READ_AND_PROVED: Final = codec.PARSE_COMPLETE + BOUND_AND_PROVED
"""How the answer to a simple query begins that was sent by the extended protocol."""
