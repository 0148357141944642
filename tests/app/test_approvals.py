"""The desk that a gate opens: kept under its own key, followed while it runs, closed to nobody's surprise."""

import asyncio
import time
from contextlib import suppress

import pytest

from approvals.questions import ANA, BEA, BOT, asked
from yett.app.approvals import open_approvals
from yett.config import load_config
from yett.core.approvals import TicketState
from yett.core.clock import SystemClock

SETTINGS = """
[gate]
data = "data"
[identity.oidc.corp]
issuer = "https://login.example.com"
audience = "yett"
[approvals.dba]
reviewers = ["corp/dba"]
expires = "1s"
shape_window_max = "1h"
[access.writer]
requestable_by = ["corp/support"]
approval = "dba"
max = "2h"
"""


@pytest.fixture
def config(tmp_path):
    (tmp_path / "yett.toml").write_text(SETTINGS)
    return load_config(tmp_path / "yett.toml")


async def until(holds, seconds=3.0):
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds
        await asyncio.sleep(0.005)


def following(room, act):
    """Run `act` beside what the room does all the time."""

    async def run():
        task = asyncio.create_task(room.follow(0.02))
        try:
            return await act()
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return asyncio.run(run())


def test_what_another_process_decides_is_heard_on_the_loop(config):
    with open_approvals(config, SystemClock()) as gate, open_approvals(config, SystemClock()) as tool:
        gate.load()
        heard = []
        gate.desk.watch.on_event(lambda event: heard.append(event.kind))

        async def act():
            ticket = await asyncio.to_thread(gate.desk.ask, asked())
            await asyncio.to_thread(tool.desk.decide, ticket.id, BEA, True)
            await until(lambda: "approved" in heard)
            return ticket

        ticket = following(gate, act)
        assert gate.desk.consume(ticket.id, ticket.asked.digest)


def test_time_is_up_by_itself(config):
    with open_approvals(config, SystemClock()) as gate:
        gate.load()
        heard = []
        gate.desk.watch.on_event(lambda event: heard.append(event.kind))

        async def act():
            ticket = await asyncio.to_thread(gate.desk.ask, asked())
            await until(lambda: "expired" in heard)
            return ticket

        assert gate.desk.get(following(gate, act).id).state is TicketState.EXPIRED


def test_roles_begin_and_end_while_the_gate_runs(config):
    with open_approvals(config, SystemClock()) as gate, open_approvals(config, SystemClock()) as tool:
        gate.load()
        told = []
        gate.grants.on_change(told.append)

        async def act():
            ticket = await asyncio.to_thread(tool.grants.request, ANA, "writer", 1.0, "x")
            await asyncio.to_thread(tool.desk.decide, ticket.id, BEA, True)
            await until(lambda: gate.grants.roles_for(ANA, gate.clock.now()) == {"writer"})
            await until(lambda: len(told) == 2)

        following(gate, act)
        assert told == [{ANA.key}, {ANA.key}]
        assert gate.grants.roles_for(ANA, gate.clock.now()) == frozenset()


def test_a_key_that_was_lost_costs_the_tickets_and_is_said(config, capsys):
    with open_approvals(config, SystemClock()) as gate:
        ticket = gate.desk.ask(asked())
        assert (config.data / "keys" / "approvals.key").stat().st_mode & 0o777 == 0o600
    (config.data / "keys" / "approvals.key").unlink()
    with open_approvals(config, SystemClock()) as gate:
        asyncio.run(gate.refresh())
        assert gate.desk.visible_to(BEA) == ()
        assert gate.desk.ask(asked()).id != ticket.id
    assert "approvals unreadable" in capsys.readouterr().out


def test_a_store_that_cannot_be_read_stops_nothing_but_gives_nothing(config, monkeypatch, capsys):
    with open_approvals(config, SystemClock()) as gate:
        gate.load()
        (config.data / "yett.db").rename(config.data / "away.db")
        asyncio.run(gate.refresh())
        asyncio.run(gate.refresh())
        (config.data / "away.db").rename(config.data / "yett.db")
        asyncio.run(gate.refresh())
    said = capsys.readouterr().out
    assert (said.count("store_failed"), said.count("approvals followed again")) == (1, 1)


def test_a_listener_that_fails_does_not_end_the_following(config, capsys):
    with open_approvals(config, SystemClock()) as gate:
        gate.load()
        heard = []
        gate.desk.watch.on_event(lambda event: 1 / 0)
        gate.desk.watch.on_event(lambda event: heard.append(event.kind))
        ticket = gate.desk.ask(asked())
        asyncio.run(gate.refresh())
        gate.desk.withdraw(ticket.id, "cancelled")
        asyncio.run(gate.refresh())
    assert (heard[0], len(heard)) == ("asked", 2)
    assert "a fault while approvals were followed" in capsys.readouterr().out


def test_what_was_learnt_is_known_after_a_restart(config):
    with open_approvals(config, SystemClock()) as gate:
        gate.load()
        gate.novelty.learn(BOT.key, "orders", b"shape")
    with open_approvals(config, SystemClock()) as gate:
        gate.load()
        assert not gate.novelty.novel(BOT.key, "orders", b"shape")
        assert gate.novelty.novel(BOT.key, "stock", b"shape")
