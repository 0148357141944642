"""Find, replay, prove, export and erase recorded sessions."""

# ruff: noqa: PLR0917 - typer makes an option of each argument, and calls by name

import json
import os
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Annotated

import typer

from yett.cli.evidence import data_folder, known_anchors, open_archive, session_tests, trusted_keys, who
from yett.cli.evidence_shown import coloured, print_report, report_json, summary_json, summary_row
from yett.cli.options import ConfigOption, JsonOption
from yett.cli.output import EXIT_FOUND, print_fields, print_json, print_table
from yett.core.errors import ConfigError
from yett.recording import paths
from yett.recording.erase import erase as erase_payloads
from yett.recording.export import json_lines, moment_facts
from yett.recording.keys import PublicKeys, load_public_keys
from yett.recording.ocsf import ocsf_lines
from yett.recording.replay import Line, Replay, pace
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
    text: Annotated[
        str, typer.Option(help="Only with this text in a statement or answer (opens each recording).")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many, the newest.")] = 50,
    config: ConfigOption = None,
    data: DataOption = None,
    as_json: JsonOption = False,
) -> None:
    """Find recorded sessions, newest last."""
    archive = open_archive(config, data)
    tests = session_tests(principal, resource, since, until, denied=denied)
    if text:
        archive.note("searched", {"by": who()})
        tests.append(lambda listed: not listed.retired and archive.mentions(listed, text.encode()))
    found = archive.newest(lambda listed: all(test(listed) for test in tests), limit)
    if as_json:
        print_json([summary_json(listed) for listed in found])
        return
    print_table(
        ("session", "began", "principal", "resource", "operations", "denied", "end"),
        [summary_row(listed) for listed in found],
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
    archive = open_archive(config, data)
    listed = archive.find(session)
    archive.note("replayed", {"by": who(), "session": listed.file})
    with archive.story(listed) as story:
        if as_json:
            for moment in story:
                print(json.dumps(moment_facts(listed.file, moment), ensure_ascii=True))
            return
        lines: Iterable[Line] = Replay(_transcripts(), begin, search).lines(story)
        if not no_wait and sys.stdout.isatty():
            lines = pace(lines, speed)
        for line in lines:
            print(coloured(line), flush=sys.stdout.isatty())


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
        folder, settings = data_folder(config, data)
        keys, words = trusted_keys(folder, key)
        report = _verified(paths.recordings(folder), session, lone, keys, [*(anchor or ()), *known_anchors(settings)])
    if as_json:
        print_json(report_json(report, words))
    else:
        print_report(report, words)
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
        msg = f"no format {form}"
        raise ConfigError(msg, hint="--format jsonl or --format ocsf", code="usage")
    archive = open_archive(config, data)
    tests = session_tests("", "", since, until, denied=False)
    chosen = [archive.find(one) for one in session] if session else archive.listing()
    chosen = [listed for listed in chosen if not listed.retired and all(test(listed) for test in tests)]
    archive.note("exported", {"by": who(), "format": form, "sessions": [listed.file for listed in chosen]})
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
    archive = open_archive(config, data)
    listed = archive.find(session)
    done = erase_payloads(archive, listed, None if everything else frozenset(sequence or ()), who(), reason)
    facts = {"session": listed.file, "payloads_erased": done.payloads, "summaries_erased": done.summaries}
    if as_json:
        print_json(facts)
    else:
        print_fields(facts)


def _transcripts() -> Transcripts:
    from yett.protocols.postgres.transcript import PostgresTranscript  # noqa: PLC0415 - only for a replay

    return {"postgres": PostgresTranscript()}


def _verified(folder: Path, session: str | None, lone: Path | None, keys: PublicKeys, anchors: list[Path]) -> Report:
    if lone is not None:
        return verify_lone(lone, keys, anchors)
    return verify_session(folder, session, keys, anchors) if session else verify_all(folder, keys, anchors)
