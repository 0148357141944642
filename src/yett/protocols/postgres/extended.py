"""The extended protocol: statements prepared, bound, described and run, in pipelines, each step in its place."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from yett.core.errors import ProtocolError
from yett.core.permits import Permit
from yett.protocols.postgres import codec
from yett.protocols.postgres.asserting import prove
from yett.protocols.postgres.inside import whole
from yett.protocols.postgres.large import light
from yett.protocols.postgres.line import Act, Due, Kind
from yett.protocols.postgres.meaning import Meant
from yett.protocols.postgres.names import Portal, Prepared
from yett.protocols.postgres.refusals import POISON_PARSE, too_many
from yett.protocols.postgres.texts import RESERVED, makes_names

if TYPE_CHECKING:
    from yett.protocols.postgres.asking import Asking
    from yett.protocols.postgres.talk import Talk


def parse(asking: "Asking", body: bytes, frame: bytes) -> None:
    """Take a Parse message: judged now, and again whenever it is bound."""
    if asking.must_settle():
        asking.wait(frame)
        return
    asked = codec.read_parse(body)
    if asked.name.startswith(RESERVED):
        refuse_step(asking, codec.error("42939", "statement names that begin with yett_ belong to the gate"))
        return
    talk = asking.talk
    if talk.names_full(asked.name not in talk.names.statements):
        refuse_step(asking, too_many("names", talk.limits.names_max))
        return
    read = asking.read(asked.text, frame)
    if read is None:
        return
    found = whole(asking, read, frame)
    if found is None:
        return
    known, earlier = found

    def release(permit: Permit, _resolved: Meant | None) -> None:
        prepared = Prepared(asked.name, light(read), permit, talk.judged, talk.segment, asked.types, asked.text)
        change = talk.names.define(prepared)
        talk.to_target.append((permit, frame))
        talk.segment_open = True
        act = talk.begin(permit, None)

        def done() -> None:
            prepared.confirm()
            change.done()

        talk.owe(Due(Kind.PARSE, act, done=done, undo=change.undo))

    asking.judge(
        "prepare",
        known,
        frame,
        release,
        _refuser(asking),
        text=asked.text,
        types=asked.types,
        earlier=earlier,
    )


def bind(asking: "Asking", body: bytes, frame: bytes) -> None:
    """Take a Bind message: the statement is judged again, with its parameters on record."""
    if asking.must_settle():
        asking.wait(frame)
        return
    asked = codec.read_bind(body)
    talk = asking.talk
    prepared = talk.names.statements.get(asked.statement)
    refusal = _no_bind(talk, asked, prepared)
    if refusal:
        refuse_step(asking, refusal)
        return
    if not _settled(asking, prepared, frame):
        return
    if prepared is None:
        refuse_step(asking, _no_statement(asked.statement))
        return
    found = whole(asking, prepared.known, frame)
    if found is None:
        return
    known, earlier = found
    # What a COPY writes comes only once it is to run; binding it runs nothing, not even the planner.
    unasked = prepared.copies_in and not asking.unrestricted()

    def release(permit: Permit, resolved: Meant | None) -> None:
        act = talk.begin(permit, known)
        proofs = resolved.proofs if resolved is not None else ()
        portal = Portal(asked.portal, prepared, act, proofs, talk.segment)
        portal.unasked = unasked
        open_portal(asking, portal, frame)

    asking.judge(
        "prepare" if unasked else "execute",
        known,
        frame,
        release,
        _refuser(asking),
        parameters=codec.typed(asked.parameters, prepared.types),
        refers_to=prepared.sequence,
        types=prepared.types,
        earlier=asking.desk.both(prepared.operation, earlier),
    )


def open_portal(asking: "Asking", portal: Portal, frame: bytes) -> None:
    """Send the Bind of an allowed operation; its portal takes the place of one of the same name."""
    talk = asking.talk
    replaced = talk.names.portals.get(portal.name)
    change = talk.names.open(portal)
    talk.to_target.append((portal.act.permit, frame))
    talk.segment_open = True

    def done() -> None:
        portal.confirmed = True
        change.done()
        talk.portal_ended(replaced)

    talk.owe(Due(Kind.BIND, portal.act, done=done, undo=change.undo))


def execute(asking: "Asking", body: bytes, frame: bytes) -> None:
    """Take an Execute message. Fetching more is judged again: a policy or a revocation may have come between."""
    name, _rows_max = codec.read_execute(body)
    portal = asking.talk.names.portal(name)
    if not _settled(asking, portal, frame):
        return
    if portal is None:
        refuse_step(asking, _no_portal(name))
        return
    if portal.runs == 0 and not portal.unasked:
        _run(asking, portal, portal.act, frame)
        return
    fetches = portal.runs > 0

    def release(permit: Permit, resolved: Meant | None) -> None:
        if not portal.act.running:
            asking.talk.finish(portal.act, "done")
        if not fetches:
            portal.unasked = False
            portal.proofs = resolved.proofs if resolved is not None else portal.proofs
        _run(asking, portal, asking.talk.begin(permit, portal.prepared.known), frame)

    asking.judge(
        "fetch" if fetches else "execute",
        portal.prepared.known,
        frame,
        release,
        _refuser(asking),
        refers_to=portal.act.sequence if fetches else portal.prepared.sequence,
        types=portal.prepared.types,
        earlier=portal.act.operation,
    )


def _run(asking: "Asking", portal: Portal, act: Act, frame: bytes) -> None:
    talk = asking.talk
    portal.act = act
    if act.screen is not None and not act.described:
        # What covers the rows hangs on their types and formats, which the client may not have asked for.
        talk.to_target.append((act.permit, codec.describe_portal(codec.read_execute(frame[5:])[0])))
        talk.owe(Due(Kind.DESCRIBE_PORTAL, act, hidden=True, role="quiet"))
    if portal.runs == 0:
        prove(talk, act, portal.proofs)
    portal.runs += 1
    talk.ran_in = talk.segment
    act.running = True
    talk.to_target.append((act.permit, frame))
    talk.segment_open = True
    talk.owe(Due(Kind.EXECUTE, act))


def describe(asking: "Asking", body: bytes, frame: bytes) -> None:
    """Take a Describe message: it shows what was judged already."""
    what, name = codec.read_named(body)
    talk = asking.talk
    if what == b"S":
        prepared = talk.names.statements.get(name)
        if not _settled(asking, prepared, frame):
            return
        if prepared is None:
            refuse_step(asking, _no_statement(name))
            return
        talk.to_target.append((prepared.permit, frame))
        talk.owe(Due(Kind.DESCRIBE_STATEMENT))
    else:
        portal = talk.names.portal(name)
        if not _settled(asking, portal, frame):
            return
        if portal is None:
            refuse_step(asking, _no_portal(name))
            return
        talk.to_target.append((portal.act.permit, frame))
        talk.owe(Due(Kind.DESCRIBE_PORTAL, portal.act))
        portal.act.described = True
    talk.segment_open = True


def close(asking: "Asking", body: bytes, frame: bytes) -> None:
    """Take a Close message."""
    what, name = codec.read_named(body)
    talk = asking.talk
    if name.startswith(RESERVED):
        refuse_step(asking, codec.error("42939", "names that begin with yett_ belong to the gate"))
        return
    closed = talk.names.portals.get(name) if what == b"P" else None
    change = talk.names.close(what, name)
    talk.to_target.append((talk.pass_, frame))
    talk.segment_open = True

    def done() -> None:
        change.done()
        talk.portal_ended(closed)

    talk.owe(Due(Kind.CLOSE, done=done, undo=change.undo))


def sync(asking: "Asking", body: bytes, _frame: bytes) -> None:
    """Take a Sync message: the end of a pipeline segment."""
    if body:
        raise ProtocolError("a Sync message has a body")
    talk = asking.talk
    if talk.copy_in is not None:
        return
    talk.to_target.append((talk.pass_, codec.SYNC))
    talk.owe(Due(Kind.SYNC, segment=talk.segment))
    asking.end_segment()


def flush(asking: "Asking", body: bytes, _frame: bytes) -> None:
    """Take a Flush message."""
    if body:
        raise ProtocolError("a Flush message has a body")
    if asking.talk.copy_in is None:
        asking.talk.to_target.append((asking.talk.pass_, codec.FLUSH))


def terminate(asking: "Asking", _body: bytes, _frame: bytes) -> None:
    """Take a Terminate message."""
    asking.talk.to_target.append((asking.talk.pass_, codec.TERMINATE))
    asking.talk.end("client_left")


def _no_bind(talk: "Talk", asked: codec.BindBody, prepared: Prepared | None) -> bytes:
    """Return why a Bind is refused whatever it binds, or nothing."""
    if asked.portal.startswith(RESERVED) or asked.statement.startswith(RESERVED):
        return codec.error("42939", "names that begin with yett_ belong to the gate")
    if len(asked.parameters) > talk.limits.parameters_max:
        return too_many("parameters", talk.limits.parameters_max)
    makes = prepared is not None and makes_names(prepared.known)
    if talk.names_full(makes or asked.portal not in talk.names.portals):
        return too_many("names", talk.limits.names_max)
    return b""


def _settled(asking: "Asking", found: Prepared | Portal | None, frame: bytes) -> bool:
    """Say whether a name means what is noted of it; where the target must answer first, the message waits.

    What another segment defines may yet be skipped there, and what is not known may be on its way, made by SQL.
    """
    talk = asking.talk
    settled = not talk.line if found is None else found.confirmed or found.segment == talk.segment
    if not settled and not talk.line:
        raise ProtocolError("it is not known what a name stands for")
    if not settled:
        asking.wait(frame)
    return settled


def refuse_step(asking: "Asking", refusal: bytes) -> None:
    """Refuse one step of a pipeline: the target fails it too, and the rest up to Sync is skipped on both sides."""
    talk = asking.talk
    talk.to_target.append((talk.pass_, POISON_PARSE))
    talk.segment_open = True
    talk.owe(Due(Kind.PARSE, swap=refusal))
    talk.skipping = True


def _refuser(asking: "Asking") -> Callable[[bytes], None]:
    return lambda refusal: refuse_step(asking, refusal)


def _no_statement(name: bytes) -> bytes:
    shown = name.decode("utf-8", "replace")
    what = f'prepared statement "{shown}"' if name else "unnamed prepared statement"
    return codec.error("26000", f"{what} does not exist")


def _no_portal(name: bytes) -> bytes:
    return codec.error("34000", f'portal "{name.decode("utf-8", "replace")}" does not exist')
