"""Notices when the gate runs where its clients could read its keys: as an ordinary person's own account."""

import os
import pwd

_SYSTEM_UIDS_MAX = 999


def evaluation_mode() -> str:
    """Return why this gate is only good for evaluation, or nothing.

    A gate that runs as a person's account (or as root beside its clients) shares files and processes with whatever
    that person's agents run; production means a user, host or container of its own.
    """
    uid = os.getuid()
    if _is_person(uid) or os.environ.get("SUDO_USER"):
        name = _name(uid)
        return (
            f"the gate runs as {name}: an agent that runs as the same user can read its keys and recordings; "
            "give it a user, host or container of its own (docs/deployment.md)"
        )
    return ""


def _is_person(uid: int) -> bool:
    return uid > _SYSTEM_UIDS_MAX or bool(os.environ.get("SSH_CONNECTION") or os.environ.get("DISPLAY"))


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"
