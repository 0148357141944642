"""What a reviewer reads: whole where the yes depends on it, bounded elsewhere, never in charge of a terminal."""

from approvals.questions import asked
from yett.approvals.showing import TEXT_MAX, bounded, shown_to_reviewer
from yett.core.approvals import Ticket, TicketState

NASTY = "a\x1b[2J\x07\r\u202eb\u200b\x9b"


def read(**changes) -> dict[str, str]:
    ticket = Ticket("t", TicketState.OPEN, bounded(asked(**changes)), 0.0, 1.0)
    return {one.title: one.text for one in shown_to_reviewer(ticket)}


def test_everything_a_yes_stands_for_is_there():
    found = read()
    assert found["who"] == "Agent corp/bot"
    assert found["on behalf of"] == "corp/ana"
    assert found["groups"] == "corp/agents, corp/dba"
    assert found["resource"] == "orders (prod)"
    assert found["statement"] == "UPDATE orders SET paid = true WHERE id = 7"
    assert (found["parameter 1"], found["parameter 2"]) == ("'7' (type 23)", "NULL (type 25)")
    assert found["targets"] == "orders/public.orders"
    assert "waits" not in found
    assert "locks" in read(in_transaction=True)["waits"]


def test_a_statement_is_shown_to_its_last_character():
    long = b"SELECT '" + b"x" * 900_000 + b"'; DROP TABLE orders"
    assert read(statement=long)["statement"].endswith("DROP TABLE orders")
    assert read(parameters=((0, 0, long),))["parameter 1"].endswith("DROP TABLE orders'")
    assert read(parameters=((0, 1, long),))["parameter 1"] == f"hexadecimal {long.hex()}"


def test_nothing_that_is_shown_drives_a_terminal():
    text = NASTY.encode()
    found = read(
        statement=text,
        program=NASTY,
        address=NASTY,
        run=NASTY,
        principal=f"corp/{NASTY}",
        on_behalf_of=NASTY,
        groups=(NASTY,),
        reason=NASTY,
        policies=(NASTY,),
        operation=NASTY,
        parameters=((0, 0, text),),
        shown={NASTY: NASTY},
    )
    for title, shown in found.items():
        assert title.isprintable()
        assert shown.replace("\n", "").isprintable(), title


def test_bytes_that_are_no_text_are_shown_as_what_they_are():
    assert read(statement=b"caf\xe9\x00")["statement"] == "caf\\xe9\\x00"


def test_what_only_accompanies_it_has_an_end_and_says_so():
    found = read(shown={"plan": "x" * 100_000}, program="p" * 5_000)
    assert found["plan"].endswith(f"… ({100_000 - TEXT_MAX} more characters)")
    assert found["from"].endswith("(4000 more characters)")
    assert len(read(shown={str(number): "x" for number in range(500)})) < 100
