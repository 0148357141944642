"""What reviewers get from the API: the whole request, a yes that binds, records of each call, and clear refusals."""

import json
import threading
import time

import pytest

from admin.place import FRESH_SECONDS, STATEMENT, Place
from yett.core.approvals import TicketState


def dana(place, **claims):
    return place.token("dana", "dba", **claims)


def test_a_ticket_is_shown_whole(place):
    ticket = place.ask(7)
    found = place.call(f"/api/approvals/{ticket}", dana(place)).body
    assert found["statement"].encode() == STATEMENT
    assert found["statement_bytes"] == len(STATEMENT)
    assert [one["text"] for one in found["parameters"]] == ["refunded", "7"]
    assert found["principal"] == "corp/support-bot"
    assert (found["kind"], found["on_behalf_of"], found["groups"]) == ("Agent", ["corp/ana"], ["corp/support-agents"])
    assert (found["run"], found["client"]) == ("corp/run-17", {"address": "10.0.0.5", "program": "psycopg"})
    assert (found["resource"], found["env"], found["operation"]) == ("orders", "prod", "UPDATE")
    assert (found["policies"], found["reason"]) == (
        ["orders-writes-need-a-dba"],
        "writes to orders are reviewed by a DBA",
    )
    assert found["shown"] == {
        "targets": "write public.orders\nwrite public.orders.status",
        "plan": "about 1 rows, cost 8.29\nIndex Only Scan using orders_pkey on orders: rows 1, cost 8.29",
        "affected rows": "1, counted when it was asked; what triggers and cascades change is not in it",
        "last operations": "SELECT 1",
    }
    assert (found["why_not"], found["may_break_glass"], found["fresh"]) == ("", False, True)


def test_a_long_statement_is_not_cut(place):
    text = b"UPDATE t SET a = '" + b"x" * 900_000 + b"'"
    found = place.call(f"/api/approvals/{place.ask(statement=text)}", dana(place)).body
    assert found["statement"].encode() == text


def test_bytes_that_are_no_text_are_shown_as_they_are(place):
    ticket = place.ask(statement=b"SELECT \xff")
    found = place.call(f"/api/approvals/{ticket}", dana(place)).body
    assert (found["statement"], bytes.fromhex(found["statement_hex"])) == ("SELECT \\xff", b"SELECT \xff")


def test_a_list_holds_nothing_of_statement_parameters_or_digest(place):
    ticket = place.ask()
    answer = place.call("/api/approvals", dana(place))
    assert [one["id"] for one in answer.body["tickets"]] == [ticket]
    for secret in (b"refunded", b"UPDATE public", place.seen(ticket).encode()):
        assert secret not in answer.raw


def test_earlier_tickets_of_the_same_shape_are_named(place):
    first = place.ask(1)
    place.call(f"/api/approvals/{first}/deny", dana(place), {"reason": "wrong customer"})
    place.clock.advance(60)
    found = place.call(f"/api/approvals/{place.ask(2)}", dana(place)).body["same_shape"]
    assert [(one["id"], one["state"], one["reviewers"]) for one in found] == [(first, "denied", ["corp/dana"])]


def test_a_yes_approves_and_is_kept_with_its_reason(place):
    ticket = place.ask()
    answer = place.call(
        f"/api/approvals/{ticket}/approve", dana(place), {"seen": place.seen(ticket), "reason": "case 4711"}
    )
    assert (answer.status, answer.body["state"]) == (200, "approved")
    vote = answer.body["votes"][0]
    assert (vote["reviewer"], vote["yes"], vote["reason"]) == ("corp/dana", True, "case 4711")
    assert place.desk.get(ticket).state is TicketState.APPROVED


def test_a_no_carries_its_reason_to_the_ticket(place):
    ticket = place.ask()
    place.call(f"/api/approvals/{ticket}/deny", dana(place), {"reason": "not in business hours"})
    assert (place.desk.get(ticket).state, place.desk.get(ticket).reason) == (
        TicketState.DENIED,
        "not in business hours",
    )


@pytest.mark.parametrize("call", ["deny", "break_glass"])
@pytest.mark.parametrize("reason", ["", "  \n"])
def test_a_no_and_breaking_the_glass_need_a_reason(place, call, reason):
    ticket = place.ask()
    path = f"/api/approvals/{ticket}/deny" if call == "deny" else f"/api/break-glass/{ticket}"
    body = {"reason": reason, **({"seen": place.seen(ticket)} if call == "break_glass" else {})}
    assert place.call(path, place.token("olga", "oncall", "dba"), body).outcome == "400 reason_needed"


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        ("", "400 seen_missing"),
        ("0100000", "400 seen_missing"),
        ("f" * 16, "409 seen_other"),
        ("zzzzzzzzzzzz", "409 seen_other"),
    ],
)
def test_nobody_approves_what_they_did_not_look_at(place, seen, outcome):
    ticket = place.ask()
    assert place.call(f"/api/approvals/{ticket}/approve", dana(place), {"seen": seen}).outcome == outcome
    assert place.desk.get(ticket).state is TicketState.OPEN


def test_what_was_seen_of_one_ticket_says_nothing_of_another(place):
    first, second = place.ask(1), place.ask(2)
    outcome = place.call(f"/api/approvals/{second}/approve", dana(place), {"seen": place.seen(first)}).outcome
    assert outcome == "409 seen_other"


@pytest.mark.parametrize(
    ("age", "outcome"), [(0, "200"), (FRESH_SECONDS, "200"), (FRESH_SECONDS + 1, "401 proof_stale")]
)
@pytest.mark.parametrize("claim", ["iat", "auth_time"])
def test_a_yes_needs_a_fresh_sign_in(place, claim, age, outcome):
    ticket = place.ask()
    token = dana(place, **{claim: int(place.clock.now()) - age})
    answer = place.call(f"/api/approvals/{ticket}/approve", token, {"seen": place.seen(ticket)})
    assert answer.outcome == outcome
    if age > FRESH_SECONDS:
        assert 'max_age="900"' in answer.headers["WWW-Authenticate"]


def test_a_sign_in_of_the_future_is_not_fresh(place):
    ticket = place.ask()
    token = dana(place, auth_time=int(place.clock.now()) + 3600)
    assert (
        place.call(f"/api/approvals/{ticket}/approve", token, {"seen": place.seen(ticket)}).outcome == "401 proof_stale"
    )


def test_a_local_persons_credential_serves_as_well(place):
    from yett.core.principals import PrincipalKind

    place.world.local.add("rita", PrincipalKind.USER, frozenset({"dba"}))
    issued = place.world.local.issue(place.world.local.directory.principal("rita"))
    place.world.sync()
    assert place.call("/api/approvals", issued.text.reveal()).status == 200
    assert place.call("/api/approvals", issued.text.reveal() + "x").outcome == "401 authentication_failed"


def test_two_reviewers_of_a_flow_with_a_quorum(place):
    ticket = place.ask(flows=("two",))
    body = {"seen": place.seen(ticket)}
    assert place.call(f"/api/approvals/{ticket}/approve", dana(place), body).body["state"] == "open"
    assert place.call(f"/api/approvals/{ticket}/approve", dana(place), body).outcome == "409 voted"
    assert place.call(f"/api/approvals/{ticket}/approve", place.token("dirk", "dba"), body).body["state"] == "approved"
    assert place.call(f"/api/approvals/{ticket}/approve", place.token("doro", "dba"), body).outcome == "409 ended"


def test_a_shape_may_pass_for_a_while_where_the_flow_offers_it(place):
    ticket = place.ask()
    body = {"seen": place.seen(ticket), "for_shape_seconds": 600}
    answer = place.call(f"/api/approvals/{ticket}/approve", dana(place), body)
    assert answer.body["window_until"]
    other = place.ask(2, flows=("two",))
    body = {"seen": place.seen(other), "for_shape_seconds": 600}
    assert place.call(f"/api/approvals/{other}/approve", dana(place), body).outcome == "400 window_not_offered"


def test_every_call_is_recorded_with_who_and_what_came_of_it(place):
    ticket = place.ask()
    seen = place.seen(ticket)
    place.call(f"/api/approvals/{ticket}", dana(place))
    place.call(f"/api/approvals/{ticket}/approve", dana(place), {"seen": "f" * 16})
    place.call(f"/api/approvals/{ticket}/approve", dana(place), {"seen": seen, "reason": "case 4711"})
    place.call("/api/approvals", place.token("support-bot", kind="agent"))
    place.call("/api/approvals", "nonsense")
    told = [(kind, data.get("call"), data.get("outcome"), data.get("code")) for kind, data in place.events]
    assert told == [
        ("api_called", "approvals.show", "ok", None),
        ("api_called", "approvals.approve", "seen_other", None),
        ("api_asked", "approvals.approve", None, None),
        ("api_called", "approvals.approve", "ok", None),
        ("login_refused", None, None, "people_only"),
        ("login_refused", None, None, "token_malformed"),
    ]
    done = place.events[3][1]
    assert (done["principal"], done["address"], done["ticket"]) == ("corp/dana", "127.0.0.1", ticket)
    assert (done["digest"][:16], done["reason"], done["state"]) == (seen, "case 4711", "approved")


def test_nothing_of_a_statement_or_a_token_is_recorded(place):
    ticket, token = place.ask(), dana(place)
    place.call(f"/api/approvals/{ticket}", token)
    place.call(f"/api/approvals/{ticket}/approve", token, {"seen": place.seen(ticket)})
    told = json.dumps(place.events)
    assert "refunded" not in told
    assert "public.orders" not in told
    assert token.rpartition(".")[2] not in told


def test_what_cannot_be_recorded_does_not_happen(place):
    ticket = place.ask()
    body = {"seen": place.seen(ticket)}
    place.recording_fails = True
    assert place.call(f"/api/approvals/{ticket}/approve", dana(place), body).outcome == "503 recording_failed"
    assert place.desk.get(ticket).state is TicketState.OPEN
    answer = place.call(f"/api/approvals/{ticket}", dana(place))
    assert answer.outcome == "503 recording_failed"
    assert b"refunded" not in answer.raw


def test_no_answer_is_kept_by_anybody(place):
    for answer in (place.call("/api/approvals", dana(place)), place.call("/api/approvals")):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_problems_are_problem_details(place):
    answer = place.call("/api/approvals")
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.body["type"] == "urn:yett:problem:not_signed_in"
    assert answer.body["status"] == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    ("body", "headers", "outcome"),
    [
        (b"{}", {"Content_Type": "text/plain"}, "415 body_invalid"),
        (b"{}", {}, "415 body_invalid"),
        (b"not json", {"Content_Type": "application/json"}, "400 body_invalid"),
        (b"[" * 5000, {"Content_Type": "application/json"}, "400 body_invalid"),
        (b'{"seen": "x", "force": true}', {"Content_Type": "application/json"}, "400 body_invalid"),
        (b'{"for_shape_seconds": -1}', {"Content_Type": "application/json"}, "400 body_invalid"),
        (b'{"for_shape_seconds": 1e400}', {"Content_Type": "application/json"}, "400 body_invalid"),
        (b'{"reason": "' + b"x" * 20_000 + b'"}', {"Content_Type": "application/json"}, "413 body_too_large"),
    ],
)
def test_a_body_of_another_form_is_refused(place, body, headers, outcome):
    ticket = place.ask()
    assert place.call(f"/api/approvals/{ticket}/approve", dana(place), body, **headers).outcome == outcome


@pytest.mark.parametrize("headers", [{"Host": "evil.example.net"}, {"Origin": "https://evil.example.net"}])
def test_other_sites_pages_are_refused(place, headers):
    ticket = place.ask()
    assert place.call(f"/api/approvals/{ticket}/deny", dana(place), {"reason": "x"}, **headers).status == 403
    assert place.desk.get(ticket).state is TicketState.OPEN


@pytest.mark.parametrize("scheme", ["Basic", "", "Bearer Bearer"])
def test_only_one_bearer_credential_counts(place, scheme):
    answer = place.call("/api/approvals", Authorization=f"{scheme} {dana(place)}".strip())
    assert answer.status == 401


def test_calls_of_one_person_have_a_limit(place):
    token = dana(place)
    outcomes = [place.call("/api/access", token).outcome for _ in range(65)]
    assert (outcomes[0], outcomes[-1]) == ("200", "429 too_many_calls")
    place.clock.advance(5)
    assert place.call("/api/access", token).status == 200


def test_paths_and_methods_that_are_none_are_problems_too(place):
    assert place.call("/api/nothing", dana(place)).outcome == "404 api_unknown"
    assert place.call("/api/approvals", dana(place), method="DELETE").outcome == "405 method_unknown"
    assert place.call("/api/approvals?state=odd", dana(place)).outcome == "400 body_invalid"


def test_watching_tells_at_once_what_happens(place):
    first = place.call("/api/approvals/watch", dana(place)).body
    assert (first["anew"], first["tickets"]) == (True, [])
    told = []

    def watch():
        told.append(place.call(f"/api/approvals/watch?since={first['cursor']}&wait=20", dana(place)).body)

    watching = threading.Thread(target=watch)
    watching.start()
    time.sleep(0.3)
    began = time.monotonic()
    ticket = place.ask()
    place.desk.changed()
    watching.join(15)
    assert time.monotonic() - began < 5
    assert [one["id"] for one in told[0]["tickets"]] == [ticket]
    again = place.call(f"/api/approvals/watch?since={told[0]['cursor']}&wait=0", dana(place)).body
    assert (again["tickets"], again["anew"]) == ([], False)


def test_watching_tells_nobody_of_what_is_not_theirs(place):
    eve = place.token("eve")
    cursor = place.call("/api/approvals/watch", eve).body["cursor"]
    place.ask()
    place.desk.changed()
    found = place.call(f"/api/approvals/watch?since={cursor}&wait=0", eve).body
    assert found["tickets"] == []


def test_only_so_many_may_watch(place):
    cursor = place.call("/api/approvals/watch", dana(place)).body["cursor"]
    ends = []
    path = f"/api/approvals/watch?since={cursor}&wait=3"
    watching = [threading.Thread(target=lambda: ends.append(place.call(path, dana(place)).outcome)) for _ in range(5)]
    for one in watching:
        one.start()
    for one in watching:
        one.join(15)
    assert sorted(ends) == ["200", "200", "200", "429 too_many_watchers", "429 too_many_watchers"]
    assert place.call(path.replace("wait=3", "wait=0"), dana(place)).outcome == "200"


def test_whoever_is_revoked_while_watching_is_told_nothing_more(place):
    from yett.identity.store import RevocationKind

    cursor = place.call("/api/approvals/watch", dana(place)).body["cursor"]
    token, told = dana(place), []
    path = f"/api/approvals/watch?since={cursor}&wait=20"
    watching = threading.Thread(target=lambda: told.append(place.call(path, token).outcome))
    watching.start()
    time.sleep(0.3)
    place.world.local.revoke(RevocationKind.SUBJECT, "corp/dana")
    place.world.sync()
    place.ask()
    place.desk.changed()
    watching.join(15)
    assert told == ["401 authentication_failed"]


def test_an_unknown_cursor_is_told_all_anew(place):
    ticket = place.ask()
    for cursor in ("", "x", "deadbeef-3", "deadbeef-", "-1"):
        found = place.call(f"/api/approvals/watch?since={cursor}", dana(place)).body
        assert (found["anew"], [one["id"] for one in found["tickets"]]) == (True, [ticket])


def test_an_evaluation_gate_says_so_with_every_answer():
    place = Place(evaluation="the gate runs as ada: an agent could read its keys")
    place.start()
    try:
        ticket = place.ask()
        for path in ("/api/approvals", f"/api/approvals/{ticket}", "/api/approvals/watch"):
            assert "could read its keys" in place.call(path, dana(place)).body["evaluation"]
    finally:
        place.stop()


def test_a_fault_tells_nothing(place, monkeypatch):
    monkeypatch.setattr(place.desk, "visible_to", lambda _person: 1 / 0)
    answer = place.call("/api/approvals", dana(place))
    assert answer.outcome == "500 api_fault"
    assert b"division" not in answer.raw
