"""Follows what a finished text did to its session: what is prepared and declared by name, and what names mean now."""

from typing import TYPE_CHECKING

from yett.protocols.postgres.line import Act
from yett.protocols.postgres.names import Prepared

if TYPE_CHECKING:
    from yett.protocols.postgres.answering import Answering


def completed(answering: "Answering", act: Act, status: bytes) -> None:
    """Follow what a finished text did to the session: its names, and what other names mean from now on."""
    known = act.known
    if known is None or not known.changes:
        return
    talk = answering.talk
    done = answering.desk.completed(known, status, act.operation, failed=bool(act.error))
    if done is None:
        return
    if done.forgets_view or done.all_dropped:
        talk.view = None
        answering.asking.forget_proofs()
    names = talk.names
    if done.all_dropped:
        names.all_dropped()
    for name in done.dropped:
        names.prepared(name.encode(), None)
    for name, inner in done.prepared:
        prepared = Prepared(name.encode(), inner, act.permit, act.operation, talk.segment)
        prepared.confirm()
        names.prepared(prepared.name, prepared)
    for name in done.closed:
        names.cursor_closed(name)
    for name, inner, hold in done.declared:
        names.declare(name.encode(), inner, act, hold=hold)
