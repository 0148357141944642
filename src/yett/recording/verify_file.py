"""Proves one recording: nothing changed, nothing moved, nothing missing before the last signed checkpoint."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from yett.recording.checkpoints import ENDS, Checkpoint, read_checkpoint, signature_holds
from yett.recording.container import Kind
from yett.recording.keys import PublicKeys
from yett.recording.reader import Damaged, Entry, RecordingReader, reading


@dataclass(frozen=True, slots=True)
class Problem:
    """The first thing that is wrong with a recording. `entry` is -1 for its header, None for the file as a whole."""

    file: str
    path: str
    entry: int | None
    offset: int | None
    what: str

    def __str__(self) -> str:
        if self.entry is None:
            return f"{self.path}: {self.what}"
        where = "header" if self.entry < 0 else f"entry {self.entry}"
        return f"{self.path}: {where} (byte {self.offset}): {self.what}"


@dataclass(frozen=True, slots=True)
class FileReport:
    """What was found in one recording.

    `state` is `complete` (signed to its end), `sealed` (ended by the gate after a crash), `unfinished` (no end yet) or
    `bad`. `unknown` are operations that were intended and have no outcome; `unsigned` counts the entries after the last
    signed checkpoint; `torn_bytes` are of an entry that was being written when the gate died.
    """

    file: str
    path: str
    state: str
    entries: int = 0
    operations: int = 0
    unknown: tuple[int, ...] = ()
    erased: tuple[int, ...] = ()
    unsigned: int = 0
    torn_bytes: int = 0
    head: bytes = b""
    problem: Problem | None = None


def verify_file(
    path: Path, keys: PublicKeys, name: str = "", expected: Mapping[int, bytes] | None = None
) -> FileReport:
    """Return what is true of the recording at `path`, with public keys alone.

    `name` is the recording it must be. `expected` maps a number of entries to the chain's link after so many, as the
    index or an anchor attests. Never raises for what is in the file.
    """
    shown = str(path)
    try:
        with reading(path) as reader:
            check = _Check(reader, keys, dict(expected or {}))
            return check.run(name or path.stem, shown)
    except FileNotFoundError:
        return _bad(name or path.stem, shown, None, None, "the file is missing")
    except OSError as error:
        return _bad(name or path.stem, shown, None, None, f"the file cannot be read: {error.strerror}")
    except Damaged as error:
        return _bad(name or path.stem, shown, error.number, error.offset, error.what)


class _Check:
    """One walk over one file."""

    def __init__(self, reader: RecordingReader, keys: PublicKeys, expected: dict[int, bytes]) -> None:
        self._reader = reader
        self._keys = keys
        self._expected = expected
        self._pending: dict[int, None] = {}
        self._erased: list[int] = []
        self._operations = 0
        self._signed = 0
        self._end = ""
        self._continued = False

    def run(self, name: str, shown: str) -> FileReport:
        reader = self._reader
        if reader.header.file != name:
            msg = f"this is the recording {reader.header.file}"
            raise Damaged(msg, -1, 0)
        before = reader.head
        for entry in reader:
            self._take(entry, before)
            before = reader.head
            wanted = self._expected.pop(reader.number, before)
            if wanted != before:
                raise Damaged("it is not the entry that was attested here", entry.number, entry.offset)
        self._finish()
        torn = reader.torn.size if reader.torn else 0
        return FileReport(
            name,
            shown,
            {"close": "complete", "seal": "sealed"}.get(self._end, "unfinished"),
            reader.number,
            self._operations,
            tuple(sorted(self._pending)),
            tuple(self._erased),
            reader.number - self._signed,
            torn,
            reader.head,
        )

    def _take(self, entry: Entry, before: bytes) -> None:
        if self._end:
            raise Damaged("it comes after the recording's end", entry.number, entry.offset)
        if entry.erased:
            self._erased.append(entry.number)
        if entry.kind == Kind.CHECKPOINT:
            self._checkpoint(entry, before)
        elif entry.clear:
            raise Damaged("it is in the clear and must not be", entry.number, entry.offset)
        elif entry.kind == Kind.INTENTION:
            self._intended(entry)
        elif entry.kind == Kind.OUTCOME:
            self._pending.pop(entry.operation, None)

    def _intended(self, entry: Entry) -> None:
        if not self._continued:
            self._pending[entry.operation] = None
            self._operations += 1
        self._continued = entry.more

    def _checkpoint(self, entry: Entry, before: bytes) -> None:
        checkpoint = _read(entry)
        if not self._keys.knows(checkpoint.signer):
            msg = f"it is signed by a key that is not trusted here ({checkpoint.signer.hex()})"
            raise Damaged(msg, entry.number, entry.offset)
        if not signature_holds(entry.body, checkpoint, self._keys):
            raise Damaged("its signature does not hold", entry.number, entry.offset)
        if checkpoint.file != self._reader.header.file or checkpoint.number != entry.number:
            raise Damaged("it was signed for another place", entry.number, entry.offset)
        if checkpoint.head != before:
            what = f"entries {self._signed} to {entry.number - 1} are not the ones that were signed"
            raise Damaged(what, entry.number, entry.offset)
        self._signed = entry.number + 1
        if checkpoint.reason in ENDS:
            self._end = checkpoint.reason

    def _finish(self) -> None:
        reader = self._reader
        if self._expected:
            attested = max(self._expected)
            what = f"the file ends after {reader.number} entries, and {attested} were attested"
            raise Damaged(what, reader.number, reader.offset)
        if not self._signed:
            raise Damaged("nothing in it is signed", reader.number, reader.offset)
        if self._end and reader.torn:
            raise Damaged("bytes come after the recording's end", reader.number, reader.offset)


def _read(entry: Entry) -> Checkpoint:
    try:
        return read_checkpoint(entry.body)
    except ValueError:
        raise Damaged("it is no checkpoint", entry.number, entry.offset) from None


def _bad(file: str, path: str, number: int | None, offset: int | None, what: str) -> FileReport:
    return FileReport(file, path, "bad", problem=Problem(file, path, number, offset, what))
