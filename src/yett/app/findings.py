"""What a check found out about one thing, and what to do about it."""

from dataclasses import dataclass
from typing import Literal

from yett.core.errors import YettError

REFUSALS = {
    "build_stale": "A hot module was compiled before its source was changed.",
    "certificate_early": "A certificate is not valid yet.",
    "certificate_expired": "A certificate is not valid any more.",
    "certificate_expiring": "A certificate ends within 30 days.",
    "core_dumps": "A crash of the gate would write its memory, keys included, to a file.",
    "evaluation_mode": "The gate runs as the user of its clients, who could read its keys.",
    "file_exposed": "A file with secrets is open to other users of this machine.",
    "keys_unavailable": "The keys of an identity provider cannot be had.",
    "lease_gap": "The role that makes leases may not grant everything that policy could allow.",
    "lease_public": "Every role of the target, leases too, may do what PUBLIC may.",
    "name_unknown": "A policy names a table, schema or column that the target does not have.",
    "not_compiled": "Hot modules run as plain Python: right, and slower.",
    "open_files_few": "The limit of open files is too low for the configured number of sessions.",
    "role_too_strong": "The gate signs in to a target with more rights than it needs.",
    "rules_unknown": "The target's pg_hba.conf cannot be read with the gate's role.",
    "target_exposed": "The target's pg_hba.conf lets in anybody who has a password.",
    "tls_unusable": "A TLS file is missing, unreadable, or does not belong to its key.",
    "uvloop_missing": "uvloop is not installed.",
    "way_around": "The target lets somebody in who did not come through the gate.",
}
"""What each code of a finding means, beside those of errors."""

State = Literal["ok", "warn", "fail", "skip"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of `yett check` or `yett doctor`. `code` is stable; it is empty where all is well."""

    subject: str
    state: State
    message: str
    hint: str = ""
    code: str = ""


def ok(subject: str, message: str) -> Finding:
    """All is well."""
    return Finding(subject, "ok", message)


def failed(subject: str, error: YettError) -> Finding:
    """Something an operator has to put right."""
    return Finding(subject, "fail", error.message, error.hint, error.code)


def warned(subject: str, error: YettError) -> Finding:
    """Something that works, but should not stay so."""
    return Finding(subject, "warn", error.message, error.hint, error.code)
