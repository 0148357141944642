"""Looks for ways around the gate: whether a target lets anybody in who did not come through it."""

import os
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

from yett.app.findings import Finding, ok
from yett.app.targets import Rows, Tried, try_target
from yett.core.errors import UpstreamFailed
from yett.core.secret import Secret
from yett.credentials.sources import CredentialSource
from yett.protocols._wire.reception import Entry, TargetLogin

_HBA = (
    "SELECT type, pg_catalog.array_to_string(database, ','), pg_catalog.array_to_string(user_name, ','), "
    "address, auth_method, line_number FROM pg_catalog.pg_hba_file_rules WHERE error IS NULL"
)
_BY_NETWORK = frozenset({"host", "hostssl", "hostnossl", "hostgssenc", "hostnogssenc"})
_EVERYWHERE = frozenset({"0.0.0.0", "::", "all"})  # noqa: S104 - what a rule says, not where we listen
_USUAL = ("postgres",)
_PGPASS_FIELDS = re.compile(r"(?:\\.|[^:\\])*")


async def around_findings(entry: Entry, source: CredentialSource) -> AsyncIterator[Finding]:
    """Yield what this machine can do at a target without the gate, and what the target's own rules say."""
    subject = f"around {entry.resource.name}"
    tried: Tried | None = None
    user = entry.resource.name
    try:
        user = (await source.fetch()).user
        tried = await try_target(entry, source, {"rules": _HBA})
    except UpstreamFailed as error:
        if error.code == "upstream_unreachable":
            words = f"{error.message}: where agents run, that is as it should be"
            yield Finding(subject, "skip", words, "run it where the target can be reached, to try more", error.code)
            return
        yield Finding(
            subject, "skip", f"the gate's own credential was not tried: {error.message}", error.hint, error.code
        )
    opened = False
    for login, what in _attempts(entry, user):
        if await _gets_in(entry, login):
            opened = True
            hint = "ask for a password (scram-sha-256) in pg_hba.conf, and allow only the gate's address"
            yield Finding(
                subject, "fail", f"the target lets in {what}, from here, without the gate", hint, "way_around"
            )
    if not opened:
        yield ok(subject, "the target refused every way tried from here without the gate's credential")
    if tried is not None:
        for finding in _rules(subject, tried):
            yield finding


def _attempts(entry: Entry, user: str) -> Iterator[tuple[TargetLogin, str]]:
    """Yield sign-ins that must fail: no password, easy ones, and what this user's clients would send by themselves."""
    for name in dict.fromkeys((user, *_USUAL, entry.resource.name)):
        yield TargetLogin(name), f'"{name}" with no password'
        yield TargetLogin(name, Secret(name)), f'"{name}" with its name as the password'
    for login, where in _own_passwords(entry):
        yield login, f'"{login.user}" with the password in {where}'


def _own_passwords(entry: Entry) -> Iterator[tuple[TargetLogin, str]]:
    given = os.environ
    if given.get("PGPASSWORD") and given.get("PGUSER"):
        yield TargetLogin(given["PGUSER"], Secret(given["PGPASSWORD"])), "$PGPASSWORD"
    path = Path(given.get("PGPASSFILE") or Path.home() / ".pgpass")
    try:
        lines = path.read_text("utf-8").splitlines()[:1000]
    except (OSError, UnicodeDecodeError):
        return
    for line in lines:
        fields = [re.sub(r"\\(.)", r"\1", part) for part in _split(line)]
        if line.startswith("#") or len(fields) != 5:
            continue
        host, port, _, user, password = fields
        if host in {"*", entry.address} and port in {"*", str(entry.port)} and user != "*":
            yield TargetLogin(user, Secret(password)), str(path)


def _split(line: str) -> list[str]:
    fields, at = [], 0
    while True:
        match = _PGPASS_FIELDS.match(line, at)
        assert match is not None
        fields.append(match[0])
        at = match.end() + 1
        if at > len(line):
            return fields


async def _gets_in(entry: Entry, login: TargetLogin) -> bool:
    plain = replace(entry, settings=_as_any_client(entry))
    try:
        await try_target(plain, login)
    except UpstreamFailed:
        return False
    return True


def _as_any_client(entry: Entry) -> object:
    """Return the resource's settings as a stranger's client would have them: no certificate of the gate's."""
    tls = entry.settings.tls
    stranger = type(tls)(mode="prefer")
    return type(entry.settings)(database=entry.settings.database, tls=stranger)


def _rules(subject: str, tried: Tried) -> Iterator[Finding]:
    rows: Rows | None = tried.answers.get("rules")
    if rows is None:
        words = "the target's pg_hba.conf cannot be read with the gate's role; look at it yourself"
        yield Finding(subject, "skip", words, "SELECT * FROM pg_hba_file_rules, as an administrator", "rules_unknown")
        return
    for kind, databases, users, address, method, line in rows:
        whom = f"{users} to {databases} from {address or 'this host'}"
        if method == "trust":
            hint = "replace trust by scram-sha-256"
            yield Finding(subject, "fail", f"pg_hba.conf line {line} trusts {whom}", hint, "way_around")
        elif kind in _BY_NETWORK and address in _EVERYWHERE and method != "reject":
            hint = "name the gate's address there, and nothing else"
            yield Finding(
                subject, "warn", f"pg_hba.conf line {line} lets in {whom}, by {method}", hint, "target_exposed"
            )
