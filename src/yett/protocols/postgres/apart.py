"""Proves in a round trip of its own what the server runs only as the first act of its transaction, such as VACUUM.

Elsewhere the proof runs just before the act, in the same implicit transaction; there the server would refuse the act.
"""

from collections.abc import Generator
from dataclasses import replace
from typing import TYPE_CHECKING

from yett.protocols.postgres.catalog.queries import CatalogFailed, CatalogQuery, Rows
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.proving import Proof
from yett.protocols.postgres.texts import Text

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking


def proved(asking: "Asking", known: Text, frame: bytes, meant: Meant) -> Meant | None:
    """Return a meaning that can be asked about; None while the target is asked first whether it holds."""
    talk = asking.talk
    if not known.by_itself or not meant.proofs or talk.status != b"I":
        return meant
    if talk.segment_open:
        # A Parse that began the segment was proved. Behind anything else the server refuses the act by itself.
        return replace(meant, proofs=(), apart=meant.proofs) if asking.proved_in == (known, talk.segment) else meant
    if talk.line:
        asking.wait(frame)
        return None
    asking.inbox.push_back(frame)
    asking.look_up(_questions(meant.proofs), lambda held: _answered(asking, known, frame, meant, held=held))
    return None


def _questions(proofs: tuple[Proof, ...]) -> Generator[CatalogQuery, Rows, bool]:
    try:
        for proof in proofs:
            assertion = proof.assertion
            yield CatalogQuery(assertion.sql, assertion.params, in_session=True, name=assertion.statement)
    except CatalogFailed:
        return False
    return True


def _answered(asking: "Asking", known: Text, frame: bytes, meant: Meant, *, held: bool) -> None:
    if held:
        asking.proved_in = (known, asking.talk.segment)
        asking.fresh = (frame, replace(meant, proofs=(), apart=meant.proofs))
        return
    for proof in meant.proofs:
        asking.talk.prepared.discard(proof.assertion.statement)
        asking.desk.stale(proof.assertion)
    if asking.retried:
        asking.fresh = (frame, asking.desk.unresolved(known, "catalog_unavailable"))
    # Else what was known is forgotten, and the message is looked at again.
    asking.retried = True
