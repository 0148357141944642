"""The simple protocol: one Query message, judged whole, sent as it is or re-framed so that its proof holds."""

from typing import TYPE_CHECKING, Final

from yett.core.permits import Permit
from yett.core.targets import Effect
from yett.protocols.postgres import codec
from yett.protocols.postgres.asserting import must_settle, prove, settle
from yett.protocols.postgres.inside import whole
from yett.protocols.postgres.line import QUIET_BIND, QUIET_PARSE, Act, Bundle, Due, Kind
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.proving import READ_AND_PROVED, Proof
from yett.protocols.postgres.refusals import POISON_QUERY, malformed, too_many
from yett.protocols.postgres.texts import Text, makes_names

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking

_RULE_ON: Final = " on "
"""What the name of a rule has in it where it is a target: `rule on table`."""
_BIND_UNNAMED: Final = codec.bind_text(b"", b"", ())
_RUN_UNNAMED: Final = codec.describe_portal(b"") + codec.execute(b"") + codec.SYNC


def query(asking: "Asking", body: bytes, frame: bytes) -> None:
    """Take a Query message."""
    talk = asking.talk
    if asking.must_settle() or (talk.segment_open and talk.line):
        # Within a segment it may be skipped, and then drops nothing.
        asking.wait(frame)
        return
    if not body.endswith(b"\0"):
        _refuse(asking, malformed("a Query message's text has no end"))
        return
    text = body[:-1]
    read = asking.read(text, frame)
    if read is None:
        return
    found = whole(asking, read, frame)
    if found is None:
        return
    known, earlier = found
    if talk.names_full(makes_names(read)):
        _refuse(asking, too_many("names", talk.limits.names_max))
        return

    def release(permit: Permit, resolved: Meant | None) -> None:
        _release(asking, permit, known, resolved, text, frame)

    asking.judge(
        "statement", known, frame, release, lambda refusal: _refuse(asking, refusal), text=text, earlier=earlier
    )


def function_call(asking: "Asking", body: bytes, frame: bytes) -> None:
    """Take a FunctionCall message: nothing in it says what it would touch, so only those may who may do everything."""
    known = asking.desk.fast_path()
    parameters = ((1, 0, body),)

    def release(permit: Permit, _resolved: Meant | None) -> None:
        talk = asking.talk
        act = talk.begin(permit, known)
        talk.to_target.append((permit, frame))
        talk.owe(Due(Kind.QUERY, act, segment=talk.segment))
        asking.end_segment()

    asking.judge(
        "function call", known, frame, release, lambda refusal: _refuse(asking, refusal), parameters=parameters
    )


def _release(asking: "Asking", permit: Permit, known: Text, resolved: Meant | None, text: bytes, frame: bytes) -> None:  # noqa: PLR0913, PLR0917 - what meets here, given once
    talk = asking.talk
    act = talk.begin(permit, known)
    talk.portal_ended(talk.names.unnamed_dropped())
    proofs = resolved.proofs if resolved is not None else ()
    act.simple = True
    act.frame = b"" if asking.retried else frame
    if len(proofs) == 1 and known.single_query and b"$" not in text and not _shows_rows_of_rules(act):
        _release_reframed(asking, act, proofs, text)
    else:
        prove(talk, act, proofs)
        talk.alone = bool(proofs)
        talk.to_target.append((permit, frame))
        talk.owe(Due(Kind.QUERY, act, segment=talk.segment))
        act.settles = must_settle(talk, known, proofs)
        if not any(one.copy == "in" for one in known.statements):
            settle(talk, act, talk.segment)
    asking.end_segment()


def _shows_rows_of_rules(act: Act) -> bool:
    """Say whether a rule may answer a write with rows, which only the simple protocol shows: then it must be that.

    Behind a screen they stay hidden: nobody has judged what is in them.
    """
    if act.screen is not None or act.operation is None or act.operation.kind == "SELECT":
        return False
    named = (one.target.path[-1] for one in act.operation.accesses if one.effect is Effect.EXECUTE and one.target.path)
    return any(_RULE_ON in name for name in named)


def _release_reframed(asking: "Asking", act: Act, proofs: tuple[Proof, ...], text: bytes) -> None:
    """Send a simple query by the extended protocol, so that what was judged is asserted while its tables are locked.

    The order closes the race: parsing and binding take the locks, the proof reads the definitions under them,
    and only then does the statement run.
    """
    talk = asking.talk
    (proof,) = proofs
    if proof.assertion.statement in talk.prepared and not talk.line:
        act.proofs = proofs
        data = b"".join((codec.parse(b"", text), _BIND_UNNAMED, proof.run, _RUN_UNNAMED))
        talk.to_target.append((act.permit, data))
        talk.owe(Bundle(act, talk.segment, READ_AND_PROVED, b""))
        return
    talk.to_target.append((act.permit, codec.parse(b"", text) + _BIND_UNNAMED))
    talk.owe(QUIET_PARSE)
    talk.owe(QUIET_BIND)
    prove(talk, act, proofs)
    talk.to_target.append((act.permit, _RUN_UNNAMED))
    talk.owe(Due(Kind.DESCRIBE_PORTAL, act, role="quiet"))
    talk.owe(Due(Kind.EXECUTE, act))
    talk.owe(Due(Kind.SYNC, act, segment=talk.segment))


def _refuse(asking: "Asking", refusal: bytes) -> None:
    talk = asking.talk
    talk.portal_ended(talk.names.unnamed_dropped())
    talk.to_target.append((talk.pass_, POISON_QUERY))
    talk.owe(Due(Kind.QUERY, swap=refusal, segment=talk.segment))
    asking.end_segment()
