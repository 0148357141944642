"""Whatever a client sends: what is printed of it is printable, and stands behind the bar."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from admin.place import asked
from yett.admin.ticket_shown import plain_value, ticket_whole
from yett.cli.approvals_shown import ticket_lines
from yett.core.approvals import Ticket, TicketState

OWN = re.compile(
    r"(ticket|who|on behalf of|groups|run|session|from|what|why held|policies|version|asks|asked at)  .*"
    r"|statement \(.*|parameters:|earlier tickets of this shape: .*|you     .*|digest  [0-9a-f]{64}| +.*|.*:|"
)
TEXTS = st.text(max_size=60)


@settings(max_examples=150, deadline=None)
@given(TEXTS, TEXTS, TEXTS, st.binary(max_size=60), st.sampled_from([0, 40, 80]))
def test_every_line_is_printable_and_either_ours_or_behind_the_bar(statement, value, shown, raw, width):
    one = asked(
        statement=statement.encode("utf-8", "surrogatepass") + raw,
        parameters=((0, 25, raw), (1, 25, value.encode())),
        program=value,
        address=shown,
        reason=statement,
        shown={"plan": shown},
    )
    ticket = Ticket("aaaaa-bbbbb", TicketState.OPEN, one, 1_800_000_000.0, 1_800_000_900.0)
    facts = ticket_whole(ticket, 1_800_000_001.0, (), plain_value)
    facts |= {"why_not": "", "may_break_glass": False, "fresh": True, "evaluation": ""}
    lines = list(ticket_lines(facts, width))
    for line in lines:
        assert line.isprintable()
        assert "│" in line or OWN.fullmatch(line), line
    digests = [line for line in lines if line.startswith("digest")]
    assert digests == [f"digest  {one.digest.hex()}"]
