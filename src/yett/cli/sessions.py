"""Find, replay, prove, export and erase recorded sessions."""

import getpass
import json
import os
import socket
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import EXIT_FOUND, print_fields, print_json, print_table, styled
from yett.core.errors import ConfigError
from yett.recording import paths
from yett.recording.archive import Archive, summary_of
from yett.recording.erase import erase as erase_payloads
from yett.recording.export import json_lines, moment_facts
from yett.recording.index import Listed
from yett.recording.keys import PublicKeys, load_public_keys
from yett.recording.ocsf import ocsf_lines
from yett.recording.replay import Line, Replay, pace
from yett.recording.settings import FileAnchor, RecordingSettings
from yett.recording.story import Moment
from yett.recording.transcript import Transcripts
from yett.recording.verify import Report, verify_all, verify_lone, verify_session

DataOption = Annotated[
    Path | None, typer.Option("--data", metavar="DIR", help="The data folder, instead of the one the settings name.")
]


def sessions(
    principal: Annotated[str, typer.Option(help="Only of this principal, or one acting for it.")] = "",
    resource: Annotated[str, typer.Option(help="Only on this resource.")] = "",
    since: Annotated[str, typer.Option(help="Only begun since: 2026-11-21, 2026-11-21T10:00, or 2h ago.")] = "",
    until: Annotated[str, typer.Option(help="Only begun until then.")] = "",
    denied: Annotated[bool, typer.Option("--denied", help="Only with denied operations.")] = False,
    text: Annotated[str, typer.Option(help="Only with this text in a statement or answer (opens each recording).")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find recorded sessions, newest last."""
    archive = _archive(config, data)
    tests = _tests(principal, resource, since, until, denied=denied)
    found = [listed for listed in archive.listing() if all(test(listed) for test in tests)]
    if text:
        archive.note("searched", {"by": _who(), "sessions": len(found)})
        found = [listed for listed in found if not listed.retired and archive.mentions(listed, text.encode())]
    found = found[-limit:]
    if as_json:
        print_json([_summary_json(listed) for listed in found])
        return
    print_table(
        ("session", "began", "principal", "resource", "operations", "denied", "end"),
        [_summary_row(listed) for listed in found],
        empty="no session matches",
    )


def replay(
    session: Annotated[str, typer.Argument(help="The session's id, or its last characters.")],
    speed: Annotated[float, typer.Option(min=0.01, help="How many times as fast as it happened.")] = 1.0,
    begin: Annotated[int, typer.Option("--from", min=0, help="Begin at this operation.")] = 0,
    search: Annotated[str, typer.Option(help="Show only operations that contain this text.")] = "",
    no_wait: Annotated[bool, typer.Option("--no-wait", help="Show all at once (so it is when piped).")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a session as it happened. Replaying is recorded too."""
    archive = _archive(config, data)
    listed = archive.find(session)
    archive.note("replayed", {"by": _who(), "session": listed.file})
    with archive.story(listed) as story:
        if as_json:
            for moment in story:
                print(json.dumps(moment_facts(listed.file, moment), ensure_ascii=True))
            return
        lines: Iterable[Line] = Replay(_transcripts(), begin, search).lines(story)
        if not no_wait and sys.stdout.isatty():
            lines = pace(lines, speed)
        for line in lines:
            print(_coloured(line), flush=sys.stdout.isatty())


def verify(
    session: Annotated[
        str | None, typer.Argument(help="A session's id or a recording's file; all recordings when left out.")
    ] = None,
    key: Annotated[list[Path] | None, typer.Option(help="A public key (PEM) to trust, kept elsewhere.")] = None,
    anchor: Annotated[list[Path] | None, typer.Option(help="An anchor: a file of signed checkpoints.")] = None,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Prove that recordings are whole and unchanged; needs public keys alone. Exit status 1 when they are not."""
    lone = Path(session) if session and Path(session).is_file() else None
    if lone and key:
        report = verify_lone(lone, load_public_keys(*key), anchor or ())
        words: list[str] = []
    else:
        folder, settings = _folder(config, data)
        keys, words = _public_keys(folder, key)
        report = _verified(paths.recordings(folder), session, lone, keys, [*(anchor or ()), *_anchors(settings)])
    if as_json:
        print_json(_report_json(report, words))
    else:
        _print_report(report, words)
    if not report.ok:
        raise typer.Exit(EXIT_FOUND)


def export(
    session: Annotated[list[str] | None, typer.Argument(help="Sessions' ids; all when left out.")] = None,
    form: Annotated[str, typer.Option("--format", help="`jsonl`, or `ocsf` (Datastore Activity events).")] = "jsonl",
    output: Annotated[Path | None, typer.Option(help="The file to write (made private); standard output else.")] = None,
    since: Annotated[str, typer.Option(help="Only sessions begun since.")] = "",
    until: Annotated[str, typer.Option(help="Only sessions begun until then.")] = "",
    config: ConfigOption = None,
    data: DataOption = None,
) -> None:
    """Write recordings as JSON lines or OCSF. Exporting is recorded too."""
    writers: dict[str, Callable[[str, Iterable[Moment]], Iterable[bytes]]] = {"jsonl": json_lines, "ocsf": ocsf_lines}
    if form not in writers:
        raise ConfigError(f"no format {form}", hint="--format jsonl or --format ocsf", code="usage")
    archive = _archive(config, data)
    tests = _tests("", "", since, until, denied=False)
    chosen = [archive.find(one) for one in session] if session else archive.listing()
    chosen = [listed for listed in chosen if not listed.retired and all(test(listed) for test in tests)]
    archive.note("exported", {"by": _who(), "format": form, "sessions": [listed.file for listed in chosen]})
    descriptor = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600) if output else os.dup(1)
    with os.fdopen(descriptor, "wb") as file:
        for listed in chosen:
            with archive.story(listed) as story:
                file.writelines(writers[form](listed.file, story))


def erase(
    session: Annotated[str, typer.Argument(help="The session's id.")],
    reason: Annotated[str, typer.Option(help="Why; it is recorded.")],
    sequence: Annotated[list[int] | None, typer.Option(help="Erase this operation; may be repeated.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Erase all payloads of the session.")] = False,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Erase payloads for good; the proof stays valid, and who erased what and why is recorded."""
    if everything == bool(sequence):
        raise ConfigError("say which operations to erase", hint="--sequence N, or --all", code="usage")
    archive = _archive(config, data)
    listed = archive.find(session)
    done = erase_payloads(archive, listed, None if everything else frozenset(sequence or ()), _who(), reason)
    facts = {"session": listed.file, "payloads_erased": done.payloads, "summaries_erased": done.summaries}
    if as_json:
        print_json(facts)
    else:
        print_fields(facts)


def _transcripts() -> Transcripts:
    from yett.protocols.postgres.transcript import PostgresTranscript  # noqa: PLC0415 - only for a replay

    return {"postgres": PostgresTranscript()}


def _folder(config: str | None, data: Path | None) -> tuple[Path, RecordingSettings]:
    if data is not None:
        return data.expanduser(), RecordingSettings()
    from yett.config import find_config, load_config  # noqa: PLC0415 - not needed with --data

    loaded = load_config(find_config(config))
    return loaded.data, loaded.settings.recording


def _archive(config: str | None, data: Path | None) -> Archive:
    folder, settings = _folder(config, data)
    if not paths.recordings(folder).is_dir():
        raise ConfigError(f"{folder} holds no recordings", hint="is this the gate's data folder?", code="no_recordings")
    return Archive(folder, settings)


def _anchors(settings: RecordingSettings) -> list[Path]:
    found = (Path(anchor.path).expanduser() for anchor in settings.anchors if isinstance(anchor, FileAnchor))
    return [path for path in found if path.exists()]


def _public_keys(folder: Path, given: list[Path] | None) -> tuple[PublicKeys, list[str]]:
    if given:
        return load_public_keys(*given), []
    words = [
        "The public keys beside the recordings were trusted. Whoever could replace both can forge both: "
        "give --key with a copy that is kept elsewhere."
    ]
    return load_public_keys(*sorted((folder / "keys").glob("*.pub.pem"))), words


def _verified(folder: Path, session: str | None, lone: Path | None, keys: PublicKeys, anchors: list[Path]) -> Report:
    if lone is not None:
        return verify_lone(lone, keys, anchors)
    return verify_session(folder, session, keys, anchors) if session else verify_all(folder, keys, anchors)


def _tests(
    principal: str, resource: str, since: str, until: str, *, denied: bool
) -> list[Callable[[Listed], bool]]:
    tests: list[Callable[[Listed], bool]] = []
    if principal:
        tests.append(lambda listed: _is_of(listed, principal))
    if resource:
        tests.append(lambda listed: summary_of(listed).resource == resource)
    if since:
        start = _moment(since)
        tests.append(lambda listed: listed.opened_ns / 1e9 >= start)
    if until:
        end = _moment(until)
        tests.append(lambda listed: listed.opened_ns / 1e9 <= end)
    if denied:
        tests.append(lambda listed: summary_of(listed).denied > 0)
    return tests


def _is_of(listed: Listed, principal: str) -> bool:
    known = summary_of(listed)
    names = (known.principal, known.on_behalf_of, known.name, known.principal.partition("/")[2])
    return principal in names


def _moment(text: str) -> float:
    from yett.core.durations import parse_duration  # noqa: PLC0415 - only where a time was given

    try:
        return time.time() - parse_duration(text.removesuffix("ago").strip())
    except ValueError:
        pass
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{text} is no time", hint="2026-11-21, 2026-11-21T10:00, or 2h", code="usage") from None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


def _who() -> dict[str, object]:
    """Say who runs this command, as the operating system knows them."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = ""
    return {"user": name, "uid": os.getuid(), "host": socket.gethostname(), "command": "yett"}


def _summary_row(listed: Listed) -> tuple[object, ...]:
    known = summary_of(listed)
    who = known.principal or "(erased)"
    behalf = f" for {known.on_behalf_of}" if known.on_behalf_of else ""
    began = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(listed.opened_ns / 1e9))
    counted = (known.operations, known.denied) if listed.end else ("", "")
    return listed.file, began, who + behalf, known.resource, *counted, _end_of(listed)


def _end_of(listed: Listed) -> str:
    if listed.retired:
        return "retired"
    if listed.end is None:
        return "open"
    return "sealed after a crash" if listed.end.what == "sealed" else summary_of(listed).reason or "closed"


def _summary_json(listed: Listed) -> dict[str, Any]:
    facts: dict[str, Any] = msgspec.to_builtins(summary_of(listed))
    return facts | {
        "began_ns": listed.opened_ns,
        "state": "retired" if listed.retired else listed.end.what if listed.end else "open",
        "outcomes_unknown": listed.end.unknown if listed.end else 0,
        "erased_payloads": len(listed.erased),
        "path": listed.path,
    }


_COLOURS = {"who": "cyan", "ask": "bright_white", "ok": "green", "fail": "red", "note": "yellow", "gone": "magenta"}


def _coloured(line: Line) -> str:
    if not sys.stdout.isatty() or line.mood not in _COLOURS or "NO_COLOR" in os.environ:
        return line.text
    return typer.style(line.text, fg=_COLOURS[line.mood])


def _print_report(report: Report, words: list[str]) -> None:
    for problem in report.problems:
        print(f"{styled('bad', 'fail')}  {problem}")
    good = [file for file in report.files if file.problem is None]
    entries, erased = sum(f.entries for f in good), sum(len(f.erased) for f in good)
    states = {state: sum(f.state == state for f in good) for state in ("complete", "sealed", "unfinished")}
    counted = ", ".join(f"{count} {state}" for state, count in states.items() if count)
    mood = "ok" if report.ok else "fail"
    verdict = "verified" if report.ok else "NOT verified"
    print(f"{styled(verdict, mood)}: {len(good)} recordings ({counted or 'none'}), {entries} entries, {erased} payloads erased")
    for file in good:
        if file.torn_bytes:
            print(f"note: {file.file} ends in {file.torn_bytes} bytes of an entry that was never whole (torn, not changed)")
        if file.unknown:
            print(f"note: {file.file} has {len(file.unknown)} operations with outcome_unknown")
    for text in (*words, *report.unknowable):
        print(f"note: {text}")


def _report_json(report: Report, words: list[str]) -> Mapping[str, object]:
    return {
        "ok": report.ok,
        "problems": [
            {"file": p.file, "path": p.path, "entry": p.entry, "offset": p.offset, "what": p.what}
            for p in report.problems
        ],
        "files": [
            {
                "file": f.file,
                "path": f.path,
                "state": f.state,
                "entries": f.entries,
                "operations": f.operations,
                "outcome_unknown": list(f.unknown),
                "erased": len(f.erased),
                "unsigned": f.unsigned,
                "torn_bytes": f.torn_bytes,
                "head": f.head.hex(),
            }
            for f in report.files
        ],
        "unknowable": [*words, *report.unknowable],
    }
