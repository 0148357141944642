"""Has the target assert, before an act, that everything is as it was judged."""

from functools import partial
from typing import Final

from yett.protocols.postgres.codec import query
from yett.protocols.postgres.line import ASSERT_BIND, ASSERT_CLOSE, ASSERT_EXECUTE, Act, Due, Kind
from yett.protocols.postgres.proving import Proof
from yett.protocols.postgres.talk import Talk
from yett.protocols.postgres.texts import Text

_LEAVES_OPEN: Final = 180_000
"""From this version on a Query of one statement behind extended messages stays uncommitted, and a Sync loses it."""
_COMMIT: Final = query("COMMIT")


def must_settle(talk: Talk, known: Text, proofs: tuple[Proof, ...]) -> bool:
    """Say whether a Query behind these proofs would be left uncommitted; several statements are committed as one."""
    if not proofs or talk.status != b"I" or len(known.statements) != 1:
        return False
    return talk.view is None or talk.view.server_version >= _LEAVES_OPEN


def settle(talk: Talk, act: Act, segment: int) -> None:
    """Have the target commit a Query that it would leave uncommitted, once that has all it waits for."""
    if act.settles:
        talk.to_target.append((act.permit, _COMMIT))
        talk.owe(Due(Kind.QUERY, act, role="settles", segment=segment))


def prove(talk: Talk, act: Act, proofs: tuple[Proof, ...]) -> None:
    """Send proofs under an act's permit; those that the session does not have yet are prepared first."""
    act.proofs = proofs
    for proof in proofs:
        if proof.assertion.statement not in talk.prepared:
            name = proof.assertion.statement
            talk.prepared.add(name)
            talk.to_target.append((act.permit, proof.prepare))
            talk.owe(ASSERT_CLOSE)
            # Where what comes before it fails, the target skips it, and it is not there the next time.
            talk.owe(Due(Kind.PARSE, hidden=True, role="asserted", undo=partial(talk.prepared.discard, name)))
        talk.to_target.append((act.permit, proof.run))
        talk.owe(ASSERT_BIND)
        talk.owe(ASSERT_EXECUTE)
        talk.owe(ASSERT_CLOSE)
