"""Caps that policy sets on an answer: so many rows and bytes pass, the rest is dropped, and the client is told."""

from yett.core.decisions import Obligation
from yett.protocols.postgres.codec import message, notice

_RECORDED_BYTES_MAX = 8 << 20


class Cap:
    """What may still pass of one answer. `cut` is set once something was held back."""

    __slots__ = ("bytes_left", "cut", "passed", "rows_left", "words")

    def __init__(self, rows: int | None, size: int | None) -> None:
        self.rows_left = rows
        self.bytes_left = size
        self.passed = 0
        self.cut = False
        parts = [f"{rows} rows"] if rows is not None else []
        self.words = " and ".join([*parts, *([f"{size} bytes"] if size is not None else [])])

    def take(self, buf: bytes, pos: int, end: int) -> int:
        """Return where those of the whole rows in `buf[pos:end]` end that may pass."""
        at = pos
        while at < end and not self.cut:
            behind = at + 1 + int.from_bytes(buf[at + 1 : at + 5], "big")
            if self.rows_left == 0 or (self.bytes_left is not None and behind - at > self.bytes_left):
                self.cut = True
                return at
            if self.rows_left is not None:
                self.rows_left -= 1
            if self.bytes_left is not None:
                self.bytes_left -= behind - at
            self.passed += 1
            at = behind
        return at

    def completed(self, tag: str) -> bytes:
        """Return a notice and the CommandComplete that the client gets for an answer that was cut."""
        told = notice(
            "01000",
            f"the answer was cut: policy lets {self.words} pass",
            severity="WARNING",
            hint="Ask for fewer rows, or page through them by key.",
        )
        word = tag.rpartition(" ")[0] if tag.rpartition(" ")[2].isdecimal() else tag
        return told + message(b"C", f"{word} {self.passed}".encode() + b"\0")


def cap_of(obligations: tuple[Obligation, ...]) -> Cap | None:
    """Return the cap that a decision obliges to, None where there is none."""
    values = {one.name: int(one.value) for one in obligations if one.name in ("cap_rows", "cap_bytes")}
    return Cap(values.get("cap_rows"), values.get("cap_bytes")) if values else None


def rows_to_record(obligations: tuple[Obligation, ...]) -> int:
    """Return how many rows of the answer must be on record whatever they weigh (within 8 MiB), 0 for no such duty."""
    return next((int(one.value) for one in obligations if one.name == "record_rows"), 0)


def record_bytes(act_rows: int, rows: int, usual: int) -> int:
    """Return how many bytes of an answer may be kept now: more than usual while rows that must be are missing."""
    return max(usual, _RECORDED_BYTES_MAX) if act_rows < rows else usual
