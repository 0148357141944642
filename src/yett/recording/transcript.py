"""How a protocol shows what was recorded of it: declared by the protocol, handed in by the application."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol


class Transcript(Protocol):
    """Renders one protocol's operations as lines of text. Lines may hold any character: the viewer escapes them."""

    def asked(self, kind: str, text: bytes, parameters: Sequence[Sequence[object]]) -> Iterable[str]:
        """Return the lines of a request; parameters are (format, type id, bytes or None)."""
        ...

    def answered(self, frames: bytes) -> Iterable[str]:
        """Return the lines of an answer, from the bytes given to `SessionRecorder.rows`."""
        ...


class PlainTranscript:
    """What is shown of a protocol that declares nothing: the text, and how many bytes were answered."""

    def asked(self, kind: str, text: bytes, parameters: Sequence[Sequence[object]]) -> Iterable[str]:
        """Return the request's text, then each parameter."""
        yield from (text.decode("utf-8", "backslashreplace") or kind).splitlines()
        for number, (_, _, value) in enumerate(parameters, 1):
            shown = value.decode("utf-8", "backslashreplace") if isinstance(value, bytes) else "NULL"
            yield f"  ${number} = {shown}"

    def answered(self, frames: bytes) -> Iterable[str]:
        """Return one line with the size."""
        yield f"({len(frames)} bytes)"


Transcripts = Mapping[str, Transcript]
