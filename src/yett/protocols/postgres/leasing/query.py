"""Asks a target something on the gate's own connection, and says why where the target refuses."""

from yett.core.errors import ProtocolError, UpstreamFailed
from yett.protocols._wire.dialogue import Leg, Opening, Receive, Send
from yett.protocols.postgres.codec import message, read_fields

Row = tuple[str | None, ...]

_MESSAGE_BYTES_MAX = 16 << 20
_MESSAGES_MAX = 100_000
_WORDS_MAX = 300


class Refused(UpstreamFailed):
    """The target refused a statement of the gate's own; `sqlstate` says why."""

    code = "lease_refused"

    def __init__(self, message: str, sqlstate: str, *, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.sqlstate = sqlstate


def query(sql: str) -> Opening[list[Row]]:
    """Run one text and return the rows of all its statements, as texts. Raises Refused, ProtocolError."""
    yield Send(Leg.TARGET, message(b"Q", sql.encode() + b"\0"))
    rows: list[Row] = []
    refusal: Refused | None = None
    for _ in range(_MESSAGES_MAX):
        header = yield Receive(Leg.TARGET, 5)
        length = int.from_bytes(header[1:5], "big") - 4
        if not 0 <= length <= _MESSAGE_BYTES_MAX:
            raise ProtocolError("a message of the target has an impossible length")
        body: bytes = (yield Receive(Leg.TARGET, length)) if length else b""
        match header[:1]:
            case b"D":
                rows.append(_row(body))
            case b"E":
                refusal = refusal or _refusal(body)
            case b"Z":
                if refusal is not None:
                    raise refusal
                return rows
            case _:
                continue
    raise ProtocolError("the target answers a look-up with too many messages")


def _refusal(body: bytes) -> Refused:
    # Only the target's code and its first line: statement and detail could hold what was sent.
    fields = read_fields(body)
    sqlstate, words = fields.get("C", "XX000"), fields.get("M", "")[:_WORDS_MAX]
    hint = "give the admin role CREATEROLE and the right to grant what sessions need" if sqlstate == "42501" else ""
    return Refused(f"the target refuses the gate's own statement ({sqlstate}): {words}", sqlstate, hint=hint)


def _row(body: bytes) -> Row:
    values: list[str | None] = []
    at = 2
    for _ in range(int.from_bytes(body[:2], "big")):
        size = int.from_bytes(body[at : at + 4], "big", signed=True)
        at += 4
        values.append(None if size < 0 else body[at : at + size].decode())
        at += max(size, 0)
    return tuple(values)
