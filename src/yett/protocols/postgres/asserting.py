"""Has the target assert, before an act, that everything is as it was judged."""

from functools import partial

from yett.protocols.postgres.line import ASSERT_BIND, ASSERT_CLOSE, ASSERT_EXECUTE, Act, Due, Kind
from yett.protocols.postgres.proving import Proof
from yett.protocols.postgres.talk import Talk


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
