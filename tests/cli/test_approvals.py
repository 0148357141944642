"""`yett approvals`, `request` and `grants` against a real API: what is printed, asked, refused and returned."""

import json
import re
import sys

import pexpect
import pytest

from cli.outcomes import code_of
from yett.cli.approvals_shown import odd_characters, ticket_lines, wrapped
from yett.core.approvals import TicketState

ANSI = re.compile(r"\x1b\[[0-9;]*[a-zA-Z]")


def test_the_list_names_what_waits(place, yett):
    assert yett("approvals", "list")[1] == "nothing waits\n"
    ticket = place.ask()
    status, out, err = yett("approvals", "list")
    assert (status, err) == (0, "")
    for word in (ticket, "open", "15m", "corp/support-bot", "corp/ana", "UPDATE", "orders (prod)", "reviewed by a DBA"):
        assert word in out
    assert [one["id"] for one in json.loads(yett("approvals", "list", "--json")[1])] == [ticket]
    assert json.loads(yett("approvals", "list", "--state", "denied", "--json")[1]) == []
    assert code_of(yett("approvals", "list", "--state", "odd", "--json")) == (1, "body_invalid")


def test_show_prints_everything_that_a_reviewer_needs(place, yett):
    ticket = place.ask(7, in_transaction=True)
    status, out, err = yett("approvals", "show", ticket)
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == f"ticket        {ticket}  open, 1m left"
    for line in (
        "who           Agent corp/support-bot",
        "on behalf of  corp/ana",
        "groups        corp/support-agents",
        "run           corp/run-17",
        "from          10.0.0.5, psycopg",
        "what          UPDATE on orders (prod), inside an open transaction: it keeps locks while it waits",
        "why held      writes to orders are reviewed by a DBA",
        "policies      orders-writes-need-a-dba",
        "asks          dba",
        "statement (3 lines, 50 bytes):",
        "      1 │ UPDATE public.orders",
        "      2 │ SET status = $1",
        "     $1 │ refunded",
        "     $2 │ 7",
        "targets:",
        "      2 │ write public.orders.status",
        "last operations:",
        "earlier tickets of this shape: none",
        "you     may answer",
        f"digest  {place.desk.get(ticket).asked.digest.hex()}",
    ):
        assert line in out.splitlines(), line
    assert json.loads(yett("approvals", "show", ticket, "--json")[1])["statement_bytes"] == 50


HOSTILE = [
    "\x1b]0;owned\x07\x1b[2J\x1b[1;1H",
    "\r\x1b[Kstatement (1 line, 8 bytes):",
    "\u202eelbat pord\u202c",
    "a\u200bb\u2066c",
    "\x9b31m",
    "\x08\x08\x08harmless",
    "\ud83d".encode("utf-16", "surrogatepass").decode("utf-16", "replace"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_that_a_client_sent_drives_the_terminal(place, yett, text):
    raw = f"UPDATE t SET a = '{text}'".encode("utf-8", "replace")
    ticket = place.ask(
        statement=raw,
        parameters=((0, 25, text.encode("utf-8", "replace")),),
        program=text,
        reason=f"why {text}",
        shown={f"title {text}": text},
        address=text,
        run=text,
        principal=f"corp/{text}",
    )
    for command in (("approvals", "show", ticket), ("approvals", "list")):
        status, out, _ = yett(*command)
        assert status == 0
        bare = out.replace("\n", "")
        assert bare.isprintable(), [one for one in bare if not one.isprintable()]


def test_a_statement_cannot_pretend_to_be_the_rest_of_the_page(place, yett):
    ticket = place.ask(statement=b"SELECT 1\n\ndigest  0000\n\nnext: yett approvals approve other\n")
    lines = yett("approvals", "show", ticket)[1].splitlines()
    assert [line for line in lines if line.startswith("digest")] == [
        f"digest  {place.desk.get(ticket).asked.digest.hex()}"
    ]
    assert "      3 │ digest  0000" in lines


def test_letters_that_look_like_others_are_pointed_out(place, yett):
    ticket = place.ask(statement="UPDATE p\u0430yments SET a = 1".encode())
    assert "it holds U+0430" in yett("approvals", "show", ticket)[1]
    assert odd_characters("plain") == ""
    assert odd_characters("".join(chr(300 + n) for n in range(9))).endswith("and 1 more")


def test_long_lines_are_wrapped_behind_the_bar(place, yett):
    ticket = place.ask(statement=b"SELECT '" + b" " * 200 + b"digest 0000'")
    found = json.loads(yett("approvals", "show", ticket, "--json")[1])
    quoted = [line for line in ticket_lines(found, 60) if "│" in line]
    assert all(len(line) <= 60 for line in quoted)
    assert "".join(line.partition("│ ")[2] for line in quoted[:5]).startswith("SELECT '" + " " * 200 + "digest 0000'")


def test_wide_letters_count_twice():
    assert wrapped("漢字漢字", 4) == ["漢字", "漢字"]
    assert wrapped("", 10) == [""]
    assert wrapped("abc", 0) == ["abc"]


def test_approving_without_a_terminal_needs_what_was_seen(place, yett):
    ticket = place.ask()
    assert code_of(yett("approvals", "approve", ticket, "--json")) == (1, "input_missing")
    assert code_of(yett("approvals", "approve", ticket, "--yes", "--json")) == (1, "input_missing")
    assert code_of(yett("approvals", "approve", ticket, "--yes", "--seen", "f" * 16, "--json")) == (1, "seen_other")
    status, out, _ = yett(
        "approvals", "approve", ticket, "--yes", "--seen", place.seen(ticket), "--reason", "case 4711"
    )
    assert (status, out) == (0, f"{ticket} is approved\n")
    assert place.desk.get(ticket).votes[0].reason == "case 4711"


def test_denying_carries_the_reason(place, yett):
    ticket = place.ask()
    assert yett("approvals", "deny", ticket)[0] == 2
    assert yett("approvals", "deny", ticket, "--reason", "not today")[:2] == (0, f"{ticket} is denied\n")
    assert place.desk.get(ticket).reason == "not today"
    assert code_of(yett("approvals", "deny", ticket, "--reason", "again", "--json"))[1] == "ended"


def test_breaking_the_glass(place, yett, signed_in):
    signed_in(place.token("olga", "oncall"))
    ticket = place.ask()
    given = ("--yes", "--seen", place.seen(ticket), "--reason", "the shop is down")
    status, out, _ = yett("approvals", "break-glass", ticket, *given)
    assert (status, out.splitlines()[-1]) == (0, f"{ticket} is approved")
    assert place.desk.get(ticket).votes[0].break_glass


def test_a_window_for_the_shape(place, yett):
    ticket = place.ask()
    status, out, _ = yett("approvals", "approve", ticket, "--yes", "--seen", place.seen(ticket), "--for", "10m")
    assert status == 0
    assert "This shape may pass until" in out
    assert place.desk.get(ticket).window_until
    assert yett("approvals", "close-window", ticket)[:2] == (
        0,
        f"what has the shape of {ticket} is asked about again\n",
    )
    assert not place.desk.get(ticket).window_until


def on_a_terminal(place, *arguments, answer):
    child = pexpect.spawn(
        sys.executable, ["-m", "yett", "approvals", *arguments], encoding="utf-8", timeout=20, dimensions=(60, 100)
    )
    child.expect("Type yes: ")
    before = ANSI.sub("", child.before)
    child.sendline(answer)
    child.expect(pexpect.EOF)
    child.close()
    return before, ANSI.sub("", child.before), child.exitstatus


@pytest.mark.parametrize(("answer", "status", "state"), [("yes", 0, TicketState.APPROVED), ("y", 1, TicketState.OPEN)])
def test_on_a_terminal_it_is_shown_first_and_then_asked(place, signed_in, answer, status, state):
    ticket = place.ask()
    before, after, ended = on_a_terminal(place, "approve", ticket, answer=answer)
    assert "      1 │ UPDATE public.orders" in before.splitlines()
    assert "approve exactly this, once" in before
    assert (ended, place.desk.get(ticket).state) == (status, state)
    assert ("is approved" if state is TicketState.APPROVED else "nothing was done") in after


def test_what_somebody_else_did_meanwhile_is_said(place, signed_in, yett):
    ticket = place.ask()
    yett("approvals", "deny", ticket, "--reason", "no")
    given = ("--yes", "--seen", place.seen(ticket), "--json")
    assert code_of(yett("approvals", "approve", ticket, *given)) == (1, "ended")


def test_a_sign_in_that_is_too_old_says_what_to_do(place, yett, signed_in):
    signed_in(place.token("dana", "dba", iat=int(place.clock.now()) - 3600))
    ticket = place.ask()
    status, _, err = yett("approvals", "approve", ticket, "--yes", "--seen", place.seen(ticket))
    assert status == 4
    assert "error[proof_stale]" in err
    assert "yett login" in err


def test_who_is_not_signed_in_is_told_how(place, yett, monkeypatch):
    monkeypatch.delenv("YETT_TOKEN")
    assert code_of(yett("approvals", "list", "--json")) == (4, "not_signed_in")
    monkeypatch.setenv("YETT_TOKEN", "nonsense")
    assert code_of(yett("approvals", "list", "--json")) == (4, "authentication_failed")


def test_a_token_in_a_file_serves(place, yett, monkeypatch, tmp_path):
    (tmp_path / "token").write_text(place.token("dana", "dba") + "\n")
    monkeypatch.delenv("YETT_TOKEN")
    assert yett("approvals", "list", "--token-file", str(tmp_path / "token"))[0] == 0
    (tmp_path / "empty").touch()
    assert code_of(yett("approvals", "list", "--token-file", str(tmp_path / "empty"), "--json"))[1] == "input_missing"
    assert code_of(yett("approvals", "list", "--token-file", str(tmp_path / "none"), "--json"))[1] == "input_missing"


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://127.0.0.1:1", (5, "gate_unreachable")),
        ("http://gate.example.com:6480", (3, "plaintext_refused")),
        ("ftp://localhost", (3, "config_invalid")),
        ("http://localhost:99999", (3, "config_invalid")),
        ("nonsense", (3, "config_invalid")),
    ],
)
def test_an_address_that_cannot_be_used_is_explained(yett, monkeypatch, url, outcome):
    monkeypatch.setenv("YETT_URL", url)
    assert code_of(yett("approvals", "list", "--json")) == outcome


def test_the_address_and_the_login_come_from_yett_toml(place, yett, monkeypatch, tmp_path):
    from yett.cli.saved_login import SavedLogin, keep_login

    monkeypatch.delenv("YETT_URL")
    monkeypatch.delenv("YETT_TOKEN")
    (tmp_path / "yett.toml").write_text(
        f'[gate]\ndata = "{tmp_path}/data"\n[admin]\nlisten = "0.0.0.0:{place.server.port}"\n'
    )
    keep_login(SavedLogin(f"{tmp_path}/data", "x", "dana", "corp/dana", place.token("dana", "dba"), 2e9))
    ticket = place.ask()
    assert json.loads(yett("approvals", "list", "--json")[1])[0]["id"] == ticket
    (tmp_path / "yett.toml").write_text(f'[gate]\ndata = "{tmp_path}/data"\n[admin]\nlisten = ""\n')
    assert code_of(yett("approvals", "list", "--json")) == (3, "api_off")


@pytest.mark.parametrize("ticket", ["", "../../metrics", "a/b", "a?b", "é"])
def test_an_id_that_is_none_reaches_no_address(yett, ticket):
    assert code_of(yett("approvals", "show", "--json", "--", ticket)) == (1, "ticket_unknown")


def test_an_evaluation_gate_is_called_so(yett, place):
    object.__setattr__(place.behind, "evaluation", "an agent could read its keys")
    place.stop()
    place.start()
    status, out, err = yett("approvals", "list", "--url", f"http://127.0.0.1:{place.server.port}")
    assert (status, out) == (0, "nothing waits\n")
    assert err == "EVALUATION MODE: an agent could read its keys\n"


@pytest.mark.parametrize(
    ("name", "group", "you"),
    [
        ("olga", "oncall", "may not answer (not_reviewer), may go on without a reviewer"),
        ("ana", "dba", "may not answer (acted_for)"),
    ],
)
def test_who_may_not_answer_is_told_so(place, yett, signed_in, name, group, you):
    signed_in(place.token(name, group))
    ticket = place.ask()
    shown = yett("approvals", "show", ticket)[1]
    assert f"you     {you}" in shown.splitlines()
    assert "next:" not in shown


def test_who_signed_in_long_ago_is_told_before_they_answer(place, yett, signed_in):
    signed_in(place.token("dana", "dba", iat=int(place.clock.now()) - 3600))
    assert "you     may answer; to say yes, sign in anew" in yett("approvals", "show", place.ask())[1]


def test_watching_outlives_a_gate_that_starts_again(place, signed_in):
    child = pexpect.spawn(sys.executable, ["-m", "yett", "approvals", "watch"], encoding="utf-8", timeout=40)
    child.expect("0 open; waiting for more")
    port = place.server.port
    place.stop()
    child.expect("cannot be reached.*; trying again")
    place.port = port
    place.start()
    child.expect("0 open; waiting for more")
    ticket = place.ask()
    place.desk.changed()
    child.expect(f"{ticket}  .*open")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()


def test_watching_prints_each_thing_that_happens(place, signed_in):
    first = place.ask(1)
    child = pexpect.spawn(sys.executable, ["-m", "yett", "approvals", "watch"], encoding="utf-8", timeout=20)
    child.expect("1 open; waiting for more")
    child.expect(f"{first}  .*open")
    second = place.ask(2)
    place.desk.changed()
    child.expect(f"{second}  .*open.*corp/support-bot for corp/ana: UPDATE orders")
    child.sendintr()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
