"""Proves a whole folder of recordings against its index and its anchors, and says what cannot be known."""

import base64
import binascii
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from yett.recording import paths
from yett.recording.checkpoints import About, read_checkpoint, signature_holds
from yett.recording.container import Kind
from yett.recording.index import Listed, Listing, matching, read_listing
from yett.recording.keys import PublicKeys
from yett.recording.reader import Damaged, reading
from yett.recording.verify_file import FileReport, Problem, verify_file

Attested = dict[str, dict[int, bytes]]

NO_ANCHOR = (
    "No anchor was given. If somebody put the whole folder back to an earlier state, index included, this cannot be "
    "seen; nor can the loss of what was written after the last signed checkpoint of a recording that is still open."
)
NO_INDEX = "The index was not looked at, so a recording cut back to an earlier signed checkpoint cannot be seen."


@dataclass(frozen=True, slots=True)
class Report:
    """What was found. `unknowable` says in words what could not be proved."""

    files: tuple[FileReport, ...]
    problems: tuple[Problem, ...]
    unknowable: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Tell whether nothing is wrong."""
        return not self.problems


@dataclass(slots=True)
class _Index:
    listing: Listing = field(default_factory=Listing)
    attested: Attested = field(default_factory=lambda: defaultdict(dict))
    reports: list[FileReport] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def bad(self) -> bool:
        return any(report.problem is not None for report in self.reports)


class _Anchor(msgspec.Struct, frozen=True):
    file: str
    checkpoint: str


def verify_all(folder: Path, keys: PublicKeys, anchors: Sequence[Path] = ()) -> Report:
    """Return what is true of every recording in `folder`, with public keys alone."""
    anchored, problems = read_anchors(anchors, keys)
    index = _read_index(folder, keys, anchored)
    reports = [_verify_listed(folder, keys, listed, index, anchored) for listed in _present(index.listing)]
    every = (*index.reports, *reports)
    problems += [report.problem for report in every if report.problem is not None]
    problems += index.problems
    problems += [p for report in every if (p := _erasure_problem(report, index.listing)) is not None]
    if not index.bad:
        # What a damaged index does not name, its lost part may have named.
        problems += _strays(folder, index.listing.files) + _vanished(index, anchored)
    return Report(every, tuple(problems), () if anchors else (NO_ANCHOR,))


def verify_session(folder: Path, file: str, keys: PublicKeys, anchors: Sequence[Path] = ()) -> Report:
    """Return what is true of one recording, and of the index that names it."""
    anchored, problems = read_anchors(anchors, keys)
    index = _read_index(folder, keys, anchored)
    problems += [report.problem for report in index.reports if report.problem is not None] + index.problems
    names = matching(index.listing.files, file)
    if len(names) != 1:
        what = "the index names several recordings like this" if names else "the index names no such recording"
        return Report((), (*problems, Problem(file, file, None, None, what)), ())
    listed = index.listing.files[names[0]]
    report = _verify_listed(folder, keys, listed, index, anchored)
    found = (report.problem, _erasure_problem(report, index.listing))
    problems += [problem for problem in found if problem is not None]
    return Report((report,), tuple(problems), () if anchors else (NO_ANCHOR,))


def verify_lone(path: Path, keys: PublicKeys, anchors: Sequence[Path] = ()) -> Report:
    """Return what is true of one file by itself, as an auditor who was given nothing else would."""
    anchored, problems = read_anchors(anchors, keys)
    report = verify_file(path, keys, expected=anchored.get(path.stem))
    if report.problem is not None:
        problems.append(report.problem)
    return Report((report,), tuple(problems), (NO_INDEX,) if anchors else (NO_INDEX, NO_ANCHOR))


def read_anchors(anchors: Iterable[Path], keys: PublicKeys) -> tuple[Attested, list[Problem]]:
    """Return what anchors attest: for each file, links by the number of entries before them."""
    attested: Attested = defaultdict(dict)
    problems = []
    for path in anchors:
        try:
            lines = path.read_bytes().splitlines()
        except OSError as error:
            problems.append(Problem("", str(path), None, None, f"the anchor cannot be read: {error.strerror}"))
            continue
        for number, line in enumerate(lines, 1):
            if not _take_anchor(line, keys, attested):
                problems.append(
                    Problem(
                        "", str(path), None, None, f"line {number} of the anchor is not signed by a key trusted here"
                    )
                )
    return attested, problems


def _take_anchor(line: bytes, keys: PublicKeys, attested: Attested) -> bool:
    try:
        anchor = msgspec.json.decode(line, type=_Anchor)
        body = base64.b64decode(anchor.checkpoint, validate=True)
        checkpoint = read_checkpoint(body)
    except (msgspec.DecodeError, binascii.Error, ValueError):
        return False
    if checkpoint.file != anchor.file or not signature_holds(body, checkpoint, keys):
        return False
    attested[anchor.file][checkpoint.number] = checkpoint.head
    return True


def _read_index(folder: Path, keys: PublicKeys, anchored: Attested) -> _Index:
    index = _Index()
    previous: FileReport | None = None
    segments = paths.index_segments(folder)
    if not segments:
        index.problems.append(Problem("index", str(folder / "index"), None, None, "there is no index"))
    for path in segments:
        report = verify_file(path, keys, expected=anchored.get(path.stem))
        index.reports.append(report)
        try:
            first = _take_segment(path, index)
        except (Damaged, OSError, ValueError):
            first = None
        if problem := _order_problem(report, previous, first):
            index.problems.append(problem)
        previous = report
    return index


def _take_segment(path: Path, index: _Index) -> About | None:
    """Take the statements in, up to the first that is bad, and return what is said of the segment before."""
    before: About | None = None
    with reading(path) as reader:
        for entry in reader:
            about = read_checkpoint(entry.body).about if entry.kind == Kind.CHECKPOINT else None
            if about is None:
                continue
            if about.what == "previous":
                before = about
                continue
            index.listing.add(about, entry.time_ns, None)
            if about.head:
                index.attested[about.file][about.entries] = about.head
    return before


def _order_problem(report: FileReport, previous: FileReport | None, before: About | None) -> Problem | None:
    if report.problem is not None:
        return None
    if before is None:
        what = "it does not name the segment before it" if previous else ""
    elif previous is None or previous.file != before.file:
        what = f"the segment before it, {before.file}, is missing"
    else:
        what = "" if previous.head == before.head else f"{before.file} is not as it was when this segment began"
    return Problem(report.file, report.path, None, None, what) if what else None


def _present(listing: Listing) -> Iterable[Listed]:
    return (listed for listed in listing.files.values() if not listed.retired and listed.kind != "index")


def _verify_listed(folder: Path, keys: PublicKeys, listed: Listed, index: _Index, anchored: Attested) -> FileReport:
    try:
        path = paths.under(folder, listed.path)
    except ValueError as error:
        return FileReport(
            listed.file, listed.path, "bad", problem=Problem(listed.file, listed.path, None, None, str(error))
        )
    expected = index.attested.get(listed.file, {}) | anchored.get(listed.file, {})
    report = verify_file(path, keys, listed.file, expected)
    if report.problem is None and listed.end is not None and report.entries != listed.end.entries:
        what = f"it has {report.entries} entries, and was closed with {listed.end.entries}"
        return FileReport(
            listed.file, report.path, "bad", problem=Problem(listed.file, report.path, listed.end.entries, None, what)
        )
    return report


def _erasure_problem(report: FileReport, listing: Listing) -> Problem | None:
    listed = listing.files.get(report.file)
    unrecorded = sorted(set(report.erased) - (listed.erased if listed else set()))
    if not unrecorded:
        return None
    what = f"{len(unrecorded)} payloads were erased, and no erasure of them is recorded"
    return Problem(report.file, report.path, unrecorded[0], None, what)


def _strays(folder: Path, files: Mapping[str, Listed]) -> list[Problem]:
    found = _unnamed(folder, files)
    if found:
        # A gate that runs may have begun one meanwhile, and named it in the index since.
        try:
            found = _unnamed(folder, read_listing(folder).files)
        except Damaged:
            return []
    what = "the index does not name this recording"
    return [Problem(path.stem, str(folder / path), None, None, what) for path in found]


def _unnamed(folder: Path, files: Mapping[str, Listed]) -> list[Path]:
    known = {listed.path for listed in files.values()}
    found = [p.relative_to(folder) for p in sorted(folder.glob("[0-9]*/[0-9]*/[0-9]*/*" + paths.SUFFIX))]
    return [path for path in found if str(path) not in known]


def _vanished(index: _Index, anchored: Attested) -> list[Problem]:
    """Return files that an anchor saw and nothing here names any more."""
    known = set(index.listing.files) | {report.file for report in index.reports}
    return [
        Problem(file, file, None, None, "an anchor attests this recording, and the index does not name it")
        for file in anchored
        if file not in known
    ]
