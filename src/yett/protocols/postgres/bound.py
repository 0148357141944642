"""Runs a prepared statement as most drivers ask for it: Bind, Describe, Execute and Sync in one packet, taken as one.

Nothing is judged less than message by message (`extended`): what makes this packet differ from the plain case, such
as names that are not settled or must be looked up, leaves it to that way.
"""

from typing import TYPE_CHECKING, Final

from yett.core.permits import Permit
from yett.protocols.postgres import codec, extended
from yett.protocols.postgres.frames_hot import bound_packet, bound_values
from yett.protocols.postgres.line import Bundle
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.names import Portal, Prepared
from yett.protocols.postgres.proving import BOUND_AND_PROVED, Proof

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking

_UNNAMED: Final = b""
_STATEMENT_AT: Final = 6


def run_bound(asking: "Asking", data: bytes) -> bool:
    """Take one whole packet that came alone; False, with nothing done, where it is anything else or less plain."""
    packed = bound_packet(data)
    if packed < 0:
        return False
    talk = asking.talk
    behind, described = packed >> 1, bool(packed & 1)
    end = data.find(b"\0", _STATEMENT_AT, behind)
    prepared = talk.names.statements.get(data[_STATEMENT_AT:end]) if end > 0 else None
    if prepared is None or not _plain(asking, prepared):
        return False
    free = asking.unrestricted()
    meant: Meant | None = None
    if not free:
        meant = asking.known_meaning(prepared.known, prepared.types)
        if meant is None:
            return False
    values = bound_values(data, end + 1, behind, prepared.types)
    if values is None or len(values) > talk.limits.parameters_max:
        return False

    def release(permit: Permit, meant: Meant | None) -> None:
        _release(asking, permit, prepared, meant.proofs if meant is not None else (), data, behind, described=described)

    def refuse(refusal: bytes) -> None:
        extended.refuse_step(asking, refusal)
        asking.inbox.push_back(data[behind:])

    asking.ask(
        "execute",
        prepared.known,
        meant,
        release,
        refuse,
        parameters=tuple(values),
        refers_to=prepared.sequence,
        types=prepared.types,
        earlier=prepared.operation,
        free=free,
    )
    return True


def _plain(asking: "Asking", prepared: Prepared) -> bool:
    """Say whether a statement is confirmed and leaves nothing behind, and there is room for its portal."""
    talk, known = asking.talk, prepared.known
    if not prepared.confirmed or known.changes or known.barrier or known.operation.refusal is not None:
        return False
    if known.runs_statement or known.runs_cursor or known.by_itself or talk.segment_open or prepared.copies_in:
        return False
    return _UNNAMED in talk.names.portals or not talk.names_full(True)


def _release(  # noqa: PLR0913, PLR0917 - what meets here, given once
    asking: "Asking",
    permit: Permit,
    prepared: Prepared,
    proofs: tuple[Proof, ...],
    data: bytes,
    behind: int,
    *,
    described: bool,
) -> None:
    talk = asking.talk
    act = talk.begin(permit, prepared.known)
    portal = Portal(_UNNAMED, prepared, act, proofs, talk.segment)
    undescribed = act.screen is not None and not described
    if undescribed or len(proofs) > 1 or any(proof.assertion.statement not in talk.prepared for proof in proofs):
        extended.open_portal(asking, portal, data[:behind])
        asking.inbox.push_back(data[behind:])
        return
    replaced = talk.names.portals.get(_UNNAMED)
    talk.names.portals[_UNNAMED] = portal
    portal.runs = 1
    act.running = True
    act.proofs = proofs
    if proofs:
        # Bind takes the locks; the proof reads the definitions under them; only then does the statement run.
        sent, opening = b"".join((data[:behind], proofs[0].run, data[behind:])), BOUND_AND_PROVED
    else:
        sent, opening = data, codec.BIND_COMPLETE
    talk.to_target.append((permit, sent))
    talk.owe(
        Bundle(act, talk.segment, opening, codec.BIND_COMPLETE, described=described, portal=portal, replaced=replaced)
    )
    asking.end_segment()
