"""What a session's recorder needs of the vault that opened it."""

from typing import TYPE_CHECKING, Protocol

from yett.recording.chain import ChainFile

if TYPE_CHECKING:
    from yett.recording.recorder import SessionRecorder


class Keeper(Protocol):
    """The vault, as its recorders see it."""

    def refusal(self, now_ns: int) -> str:
        """Return the code for which new operations are refused, or ""."""
        ...

    def release_reserve(self) -> bool:
        """Free the space kept back for last entries; tell whether there was any."""
        ...

    def closed(self, recorder: "SessionRecorder", reason: str, counters: dict[str, int]) -> None:
        """Sign the end of a recording (it is `closed` then) and note it in the index."""
        ...

    def close_later(self, recorder: "SessionRecorder", reason: str, counters: dict[str, int]) -> None:
        """Close a recording as soon as the disk lets us."""
        ...

    async def durable(self, chain: ChainFile) -> None:
        """Return when what was written survives a power cut."""
        ...
