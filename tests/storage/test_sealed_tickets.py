"""What people are asked is nowhere in the clear, and what was changed from outside counts for nothing."""

import hashlib
import os

import pytest
from sqlalchemy import LargeBinary, update

from approvals.questions import ANA, BEA, BOT, asked, flow
from yett.approvals.desk import ApprovalDesk
from yett.approvals.grants import Grants
from yett.approvals.novelty import Baseline, Novelty, Seen
from yett.approvals.settings import AccessSettings
from yett.core.approvals import TicketState
from yett.core.clock import SystemClock
from yett.core.durations import Duration
from yett.storage import tables
from yett.storage.approval_store import SqlApprovalStore
from yett.storage.database import open_database
from yett.storage.sealing import Sealing, Unreadable
from yett.storage.shape_store import SqlShapeStore

KEY = bytes(range(32))
MARKER = "pl4nted-m4rker"
ROLE = AccessSettings(requestable_by=("corp/support",), approval="dba", max=Duration(3600))


def desk_on(database, key=KEY):
    return ApprovalDesk(SqlApprovalStore(database, key), {"dba": flow(shape_window_max=60)}, SystemClock())


def planted(**changes):
    raw = MARKER.encode()
    values = {
        "statement": b"UPDATE t SET a = '" + raw + b"'",
        "parameters": ((25, 0, raw),),
        "shown": {f"title {MARKER}": MARKER},
        "reason": MARKER,
        "run": MARKER,
        "address": MARKER,
        "program": MARKER,
        "operation": MARKER,
        **changes,
    }
    return asked(**values)


def bytes_of(folder) -> bytes:
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_nothing_of_a_question_its_answers_or_a_grant_is_in_the_clear(tmp_path):
    with open_database(tmp_path) as database:
        desk = desk_on(database)
        store = SqlApprovalStore(database, KEY)
        grants = Grants(store, desk, {"writer": ROLE}, SystemClock())
        question = planted()
        ticket = desk.ask(question)
        desk.decide(ticket.id, BEA, True, f"because {MARKER}", 30.0)
        desk.consume(ticket.id, question.digest)
        desk.settle(ticket.id, f"failed: {MARKER}")
        desk.withdraw(desk.ask(planted(statement=b"2")).id, MARKER)
        request = grants.request(ANA, "writer", 60.0, MARKER)
        desk.decide(request.id, BEA, True)
        grants.revoke(request.id, BEA.key, MARKER)
        shapes = SqlShapeStore(database, KEY)
        novelty = Novelty(shapes, SystemClock())
        novelty.learn(BOT.key, MARKER, MARKER.encode())
        novelty.flush()
        found = bytes_of(tmp_path)
        assert (tmp_path / "yett.db-wal").stat().st_size > 0
    found += bytes_of(tmp_path)
    digest = question.digest
    for secret in (MARKER.encode(), digest, digest.hex().encode(), question.shape, BOT.key.encode(), BEA.key.encode()):
        assert secret not in found
    # A plain hash of a statement with few possible values could be tried out.
    for guess in (question.statement, MARKER.encode(), BOT.key.encode()):
        assert hashlib.sha256(guess).digest() not in found


def _columns():
    for table in (tables.tickets, tables.grants):
        for column in table.columns:
            if column.name not in {"revision", "id"}:
                yield pytest.param(table, column, id=f"{table.name}.{column.name}")


@pytest.mark.parametrize(("table", "column"), list(_columns()))
def test_whatever_is_changed_from_outside_counts_for_nothing(tmp_path, table, column):
    with open_database(tmp_path) as database:
        desk = desk_on(database)
        store = SqlApprovalStore(database, KEY)
        grants = Grants(store, desk, {"writer": ROLE}, SystemClock())
        ticket = desk.ask(asked())
        request = grants.request(ANA, "writer", 60.0, "x")
        desk.decide(request.id, BEA, True)
        value: object = 9e9
        if isinstance(column.type, LargeBinary):
            value = os.urandom(64)
        elif column.name == "state":
            value = "approved"
        with database.writing() as (connection, number):
            connection.execute(update(table).values({column: value, table.c.revision: number}))
        desk.changed()
        assert grants.in_force(SystemClock().now()) == () or table is tables.tickets
        assert store.ticket(ticket.id) is None or table is tables.grants
        assert not desk.consume(ticket.id, ticket.asked.digest)
        assert store.changes_since(0).damaged


def test_a_ticket_cannot_be_given_the_answers_of_another(tmp_path):
    with open_database(tmp_path) as database:
        desk, store = desk_on(database), SqlApprovalStore(database, KEY)
        good, bad = desk.ask(asked()), desk.ask(asked(statement=b"DROP TABLE orders"))
        desk.decide(good.id, BEA, True)
        with database.writing() as (connection, _):
            row = connection.execute(tables.tickets.select().where(tables.tickets.c.id == good.id)).one()._asdict()
            taken = {name: row[name] for name in ("state", "expires_at", "ended_at", "window_until", "answers")}
            connection.execute(update(tables.tickets).where(tables.tickets.c.id == bad.id).values(taken))
        assert store.ticket(bad.id) is None
        assert not desk.consume(bad.id, bad.asked.digest)


def test_with_another_key_everything_is_asked_anew(tmp_path):
    with open_database(tmp_path) as database:
        desk = desk_on(database)
        ticket = desk.ask(asked())
        desk.decide(ticket.id, BEA, True)
        other = desk_on(database, bytes(32))
        assert other.changed() == ()
        assert not other.consume(ticket.id, ticket.asked.digest)
        assert other.ask(asked()).id != ticket.id


def test_a_restart_keeps_questions_and_approvals(tmp_path):
    with open_database(tmp_path) as database:
        ticket = desk_on(database).ask(asked())
    with open_database(tmp_path) as database:
        assert desk_on(database).decide(ticket.id, BEA, True).state is TicketState.APPROVED
    with open_database(tmp_path) as database:
        desk = desk_on(database)
        assert desk.ask(asked()) == desk.get(ticket.id)
        assert desk.consume(ticket.id, ticket.asked.digest)


def test_a_seal_opens_only_where_it_belongs():
    sealing = Sealing(KEY)
    sealed = sealing.seal(b"content", "asked", "t1", 1.0)
    assert sealing.open(sealed, "asked", "t1", 1.0) == b"content"
    for elsewhere in (
        ("asked", "t2", 1.0),
        ("answers", "t1", 1.0),
        ("asked", "t1", 2.0),
        ("asked", "t1"),
        ("askedt1", 1.0),
    ):
        with pytest.raises(Unreadable):
            sealing.open(sealed, *elsewhere)
    for broken in (b"", sealed[:-1], sealed[:12], bytes([sealed[0] ^ 1]) + sealed[1:]):
        with pytest.raises(Unreadable):
            sealing.open(broken, "asked", "t1", 1.0)


def test_equal_contents_are_sealed_differently_and_marks_depend_on_their_purpose():
    sealing = Sealing(KEY)
    assert sealing.seal(b"x", "a") != sealing.seal(b"x", "a")
    assert sealing.mark("digest", b"x") == sealing.mark("digest", b"x") != sealing.mark("shape", b"x")
    assert sealing.mark("digest", b"x") != Sealing(bytes(32)).mark("digest", b"x")
    with pytest.raises(ValueError, match="32 bytes"):
        Sealing(b"short")


def test_shapes_are_kept_by_count_and_time(tmp_path):
    with open_database(tmp_path) as database:
        shapes = SqlShapeStore(database, KEY)
        shapes.add([Seen(b"o", bytes([number]), 1, 1.0, float(number)) for number in range(1, 6)])
        first, _ = shapes.read(None, 1)
        shapes.add([Seen(b"o", bytes([1]), 2, 9.0, 10.0)])
        newest = Seen(b"o", bytes([1]), 3, 1.0, 10.0)
        assert shapes.read(None, 2)[1] == (Seen(b"o", bytes([5]), 1, 1.0, 5.0), newest)
        assert shapes.read(first, 9)[1] == (newest,)
        assert shapes.prune(4, 0.0) == 1
        assert shapes.prune(100, 4.5) == 2
        assert len(shapes.read(None, 100)[1]) == 2
        assert shapes.baselines() == (Baseline(b"o", 2, 4, 1.0, 10.0),)


def test_what_is_forgotten_on_purpose_is_told_to_who_reads_on(tmp_path):
    with open_database(tmp_path) as database:
        shapes = SqlShapeStore(database, KEY)
        shapes.add([Seen(b"o", b"1", 4, 1.0, 2.0), Seen(b"p", b"1", 1, 1.0, 2.0)])
        since, _ = shapes.read(None, 9)
        assert shapes.forget(b"o") == 1
        assert shapes.read(since, 9)[1] == (Seen(b"o", b"1", 0, 1.0, 2.0),)
        assert [one.owner for one in shapes.baselines()] == [b"p"]
        shapes.add([Seen(b"o", b"1", 1, 7.0, 8.0)])
        assert shapes.baselines()[0] == Baseline(b"o", 1, 1, 7.0, 8.0)
