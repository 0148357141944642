"""Odd and broken messages have the same answers in the same order through the gate, and the session goes on."""

from collections.abc import Callable, Iterator

import pytest

from e2e.gates import Gate, gate_before
from e2e.raw import Message, sign_in
from e2e.routes import DATABASE, Route
from e2e.wire_edges import EDGES
from servers.authority import Authority
from servers.postgres import TestPostgres
from yett.protocols.postgres.codec import read_fields

# Whoever `forbid` could match is not proved to be free, so each statement is resolved, judged and proved.
RESTRICTED = f"""
permit (principal in Group::"corp/everything", action, resource);
forbid (principal in Group::"corp/everything", action, resource == Table::"{DATABASE}/public.no_such_table");
"""


@pytest.fixture(scope="module")
def strict(filled: Callable[[int], TestPostgres], authority: Authority) -> Iterator[Gate]:
    """Start a gate that lets nothing pass without resolving and proving it."""
    with gate_before(filled(17), authority, policies={"strict": RESTRICTED}) as found:
        yield found


@pytest.mark.parametrize("name", EDGES)
def test_the_same_is_answered_to_everybody(name: str, direct: Route, gate: Gate, strict: Gate) -> None:
    wanted = _answered(name, direct)
    assert _answered(name, gate.route()) == wanted
    assert _answered(name, strict.route()) == wanted


def _answered(name: str, route: Route) -> list[tuple[str, object]]:
    said, readies = EDGES[name]
    with sign_in(route) as peer:
        peer.say(said)
        heard = peer.hear(readies) if readies else peer.hear(quiet=0.5)
        return [*(_comparable(one) for one in heard), ("closed", peer.closed)]


def _comparable(one: Message) -> tuple[str, object]:
    """Words may differ where the gate speaks in the server's place; what programs read may not."""
    kind, body = one
    return kind.decode(), read_fields(body)["C"] if kind in {b"E", b"N"} else body
