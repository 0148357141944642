"""The golden table of the API: every endpoint, by every kind of caller, and what comes of it."""

import pytest

NOBODY, LIMITED = "401 not_signed_in", "401 authentication_failed"
MACHINE, UNKNOWN, STALE = "403 people_only", "404 ticket_unknown", "401 proof_stale"
NOT_ASKED, OWN, FOR = "403 not_reviewer", "403 own", "403 acted_for"

CALLERS = {
    "nobody": "without a credential",
    "garbage": "with something that is none",
    "ended": "with a token past its time",
    "other": "with a token for another audience",
    "revoked": "whose every right was ended",
    "bot": "an agent in the reviewers' group",
    "acting": "an agent that acts for a reviewer",
    "service": "a service in the reviewers' group",
    "eve": "a person in no group",
    "asker": "the reviewer whose ticket it is",
    "ana": "the reviewer for whom it was asked",
    "olga": "who may break the glass",
    "old": "a reviewer who signed in an hour ago",
    "dana": "a reviewer",
}
REFUSED = [NOBODY, LIMITED, LIMITED, LIMITED, LIMITED, MACHINE, MACHINE, MACHINE]

TABLE = {
    "list": [*REFUSED, "200", "200", "200", "200", "200", "200"],
    "watch": [*REFUSED, "200", "200", "200", "200", "200", "200"],
    "show": [*REFUSED, UNKNOWN, "200", "200", "200", "200", "200"],
    "approve": [*REFUSED, UNKNOWN, OWN, FOR, NOT_ASKED, STALE, "200"],
    "deny": [*REFUSED, UNKNOWN, OWN, FOR, NOT_ASKED, "200", "200"],
    "break_glass": [*REFUSED, UNKNOWN, NOT_ASKED, NOT_ASKED, "200", STALE, NOT_ASKED],
    "close_window": [*REFUSED, UNKNOWN, OWN, FOR, NOT_ASKED, "200", "200"],
    "roles": [*REFUSED, "200", "200", "200", "200", "200", "200"],
    "ask": [*REFUSED, "403 not_requestable", "200", "200", *["403 not_requestable"] * 3],
    "grants": [*REFUSED, "200", "200", "200", "200", "200", "200"],
    "revoke": [*REFUSED, "404 grant_unknown", "200", "200", "404 grant_unknown", "200", "200"],
}


def tokens(place):
    local = place.token("mallory", "dba")
    place.world.local.revoke(_subject(), "corp/mallory")
    place.world.sync()
    return {
        "nobody": "",
        "garbage": "eyJ.nonsense.here",
        "ended": place.token("dana", "dba", iat=int(place.clock.now()) - 7200, exp=int(place.clock.now()) - 3600),
        "other": place.token("dana", "dba", aud="somebody-else"),
        "revoked": local,
        "bot": place.token("support-bot", "dba", kind="agent"),
        "acting": place.token("dana", "dba", act={"sub": "support-bot", "groups": ["dba"]}),
        "service": place.token("nightly", "dba", kind="service"),
        "eve": place.token("eve"),
        "asker": place.token("carl", "support-agents", "dba"),
        "ana": place.token("ana", "support-agents", "dba"),
        "olga": place.token("olga", "oncall"),
        "old": place.token("dana", "dba", iat=int(place.clock.now()) - 3600),
        "dana": place.token("dana", "dba"),
    }


def _subject():
    from yett.identity.store import RevocationKind

    return RevocationKind.SUBJECT


def calls(place, number):
    """Return every call as (path, body), each on a ticket and a grant of its own."""
    ticket = place.ask(number, principal="corp/carl", kind="User")
    seen = place.seen(ticket)
    asks = {"role": "orders-writer", "seconds": 600, "reason": f"case {number}"}
    return {
        "list": ("/api/approvals", None),
        "watch": ("/api/approvals/watch", None),
        "show": (f"/api/approvals/{ticket}", None),
        "approve": (f"/api/approvals/{ticket}/approve", {"seen": seen}),
        "deny": (f"/api/approvals/{ticket}/deny", {"reason": "not now"}),
        "break_glass": (f"/api/break-glass/{ticket}", {"seen": seen, "reason": "the shop is down"}),
        "close_window": (f"/api/approvals/{ticket}/close-window", {"reason": "enough"}),
        "roles": ("/api/access", None),
        "ask": ("/api/access", asks),
        "grants": ("/api/grants", None),
        "revoke": (f"/api/grants/{grant(place, number)}/revoke", {"reason": "done"}),
    }


def grant(place, number):
    """Return the id of a grant that Carl has while he acts for Ana."""
    from yett.approvals.store import Grant

    now = place.clock.now()
    one = Grant(f"grant-{number}", "orders-writer", "corp/carl", "corp/ana", "dba", now, now + 600)
    with place.store.writing() as page:
        page.put_grant(one)
    place.desk.changed()
    return one.id


@pytest.mark.parametrize("endpoint", TABLE)
def test_every_endpoint_answers_each_caller_as_the_table_says(place, endpoint):
    known = tokens(place)
    found = []
    for number, caller in enumerate(CALLERS, 1):
        path, body = calls(place, number)[endpoint]
        found.append(place.call(path, known[caller], body).outcome)
    assert dict(zip(CALLERS, found, strict=True)) == dict(zip(CALLERS, TABLE[endpoint], strict=True))


def test_the_table_names_every_endpoint_that_there_is(place):
    from yett.admin.api import api_routes

    routes = {(next(iter(route.methods - {"HEAD"})), route.path) for route in api_routes(place.behind)}
    named = {("POST" if body else "GET", path) for path, body in calls(place, 1).values()}
    known = {
        (method, path.replace(path.split("/")[3], "{id}") if path.count("/") > 2 and "watch" not in path else path)
        for method, path in named
    }
    assert routes == known


@pytest.mark.parametrize("caller", ["nobody", "garbage", "bot", "eve"])
def test_who_sees_nothing_learns_nothing_of_what_exists(place, caller):
    token, ticket = tokens(place)[caller], place.ask()
    there, not_there = place.call(f"/api/approvals/{ticket}", token), place.call("/api/approvals/aaaaa-aaaaa", token)
    assert (there.status, there.raw) == (not_there.status, not_there.raw)
    assert ticket.encode() not in place.call("/api/approvals?state=all", token).raw
