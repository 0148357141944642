"""`yett request` and `yett grants` against a real API: asked, granted, ended."""

import json
import threading
import time

from cli.outcomes import code_of
from yett.approvals.store import Grant
from yett.core.principals import Principal, PrincipalKind


def test_asking_for_a_role(place, yett, signed_in):
    signed_in(place.token("ana", "support-agents"))
    assert "orders-writer  2h       dba" in yett("request")[1]
    assert code_of(yett("request", "orders-writer", "--reason", "x", "--json")) == (1, "input_missing")
    assert code_of(yett("request", "orders-writer", "--for", "30m", "--json")) == (1, "input_missing")
    assert code_of(yett("request", "orders-writer", "--for", "9h", "--reason", "x", "--json"))[1] == "duration_unfit"
    assert code_of(yett("request", "nothing", "--for", "9m", "--reason", "x", "--json"))[1] == "role_unknown"
    ticket = json.loads(yett("request", "orders-writer", "--for", "30m", "--reason", "case 4711", "--json")[1])["id"]
    status, out, _ = yett("request", "orders-writer", "--for", "30m", "--reason", "case 4711")
    assert status == 0
    assert f"asked: {ticket}; dba has 15m to answer" in out
    signed_in(place.token("dana", "dba"))
    shown = yett("approvals", "show", ticket)[1]
    assert "role:" in shown
    assert "│ orders-writer" in shown
    yett("approvals", "approve", ticket, "--yes", "--seen", place.seen(ticket))
    place.desk.changed()
    assert json.loads(yett("grants", "--json")[1])[0]["principal"] == "corp/ana"
    assert "orders-writer  corp/ana       30m" in yett("grants")[1]


def test_a_role_is_ended_at_once(place, yett, signed_in):
    now = place.clock.now()
    with place.store.writing() as page:
        page.put_grant(Grant("abcde-fghij", "orders-writer", "corp/ana", "", "dba", now, now + 600))
    place.desk.changed()
    signed_in(place.token("eve"))
    assert code_of(yett("grants", "revoke", "abcde-fghij", "--json"))[1] == "grant_unknown"
    signed_in(place.token("ana", "support-agents"))
    assert yett("grants", "revoke", "abcde-fghij", "--reason", "done") == (
        0,
        "corp/ana has orders-writer no more\n",
        "",
    )
    place.desk.changed()
    assert place.grants.roles_of("corp/ana", now) == frozenset()
    assert yett("grants")[1] == "no roles are in force here\n"


def test_waiting_for_the_answer(place, yett, signed_in):
    dana = Principal(PrincipalKind.USER, "corp", "dana", "dana", frozenset({"corp/dba"}))
    signed_in(place.token("ana", "support-agents"))

    def answer():
        while not (waiting := place.desk.visible_to(dana)):
            time.sleep(0.05)
        place.desk.decide(waiting[0].id, dana, False, "not this week")
        place.desk.changed()

    answering = threading.Thread(target=answer)
    answering.start()
    status, out, _ = yett("request", "orders-writer", "--for", "30m", "--reason", "x", "--wait")
    answering.join(20)
    assert status == 1
    assert "is denied: not this week" in out
