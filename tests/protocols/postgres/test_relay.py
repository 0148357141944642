"""Transcripts of the relay where policy restricts nothing: the client sees what the server would have shown it."""

import pytest

from protocols.postgres.conversations import (
    BOUND,
    CLOSED,
    NO_DATA,
    PARSED,
    SUSPENDED,
    Conversation,
    bind,
    complete,
    copy_data,
    copy_response,
    described,
    execute,
    only_tables,
    parse,
    query,
    refuse_kinds,
    row,
)
from yett.core.errors import LimitExceeded, ProtocolError
from yett.protocols.postgres import codec
from yett.protocols.postgres.codec import FLUSH, SYNC, close_portal, close_statement, error, notice, ready
from yett.protocols.postgres.refusals import POISON_PARSE, POISON_QUERY
from yett.protocols.postgres.talk import RelayLimits

SYNTAX = error("42601", "syntax error")
ANSWER = described("n") + row("1") + complete("SELECT 1")


def test_a_simple_query_passes_with_its_answer():
    talk = Conversation().client_says(query("SELECT 1"))
    assert talk.sent() == [query("SELECT 1")]
    assert talk.target_says(ANSWER, ready(b"I")).shown() == ["T", "D(1)", "C(SELECT 1)", "Z(I)"]
    (outcome,) = talk.outcomes
    assert (outcome.sequence, outcome.status, outcome.tag, outcome.rows) == (2, "done", "SELECT 1", 1)


def test_several_statements_in_one_query_are_one_operation():
    talk = Conversation().client_says(query("SELECT 1; SELECT 2"))
    talk.target_says(ANSWER, ANSWER, ready(b"I"))
    assert talk.shown() == ["T", "D(1)", "C(SELECT 1)", "T", "D(1)", "C(SELECT 1)", "Z(I)"]
    assert [(one.status, one.rows) for one in talk.outcomes] == [("done", 2)]


def test_a_refused_query_is_answered_in_its_place_and_never_leaves():
    talk = Conversation(refuse_kinds("DROP TABLE"))
    talk.client_says(query("SELECT 1"), query("DROP TABLE t"), query("SELECT 2"))
    assert talk.sent() == [query("SELECT 1"), POISON_QUERY, query("SELECT 2")]
    talk.target_says(ANSWER, ready(b"I"), SYNTAX, ready(b"I"), ANSWER, ready(b"I"))
    assert talk.shown() == ["T", "D(1)", "C(SELECT 1)", "Z(I)", "E(42501)", "Z(I)", "T", "D(1)", "C(SELECT 1)", "Z(I)"]
    assert talk.statuses() == {2: "done", 4: "done"}


@pytest.mark.parametrize("status", [b"I", b"T", b"E"])
def test_a_refusal_in_every_state_of_a_transaction_leaves_the_line_in_step(status):
    talk = Conversation(refuse_kinds("DROP TABLE"))
    talk.client_says(query("SELECT 1")).target_says(ANSWER, ready(status)).shown()
    after = b"E" if status == b"T" else status
    talk.client_says(query("DROP TABLE t")).target_says(SYNTAX, ready(after))
    assert talk.shown() == ["E(42501)", f"Z({after.decode()})"]
    assert not talk.relay.talk.line


def test_a_target_that_accepts_what_stands_for_a_refusal_ends_the_session():
    talk = Conversation(refuse_kinds("DROP TABLE")).client_says(query("DROP TABLE t"))
    with pytest.raises(ProtocolError):
        talk.target_says(complete("DROP TABLE"), ready(b"I"))
    steps = Conversation(refuse_kinds("DROP TABLE")).client_says(parse("DROP TABLE t"), SYNC)
    with pytest.raises(ProtocolError):
        steps.target_says(PARSED, ready(b"I"))


def test_a_pipeline_over_several_segments_keeps_its_order():
    talk = Conversation()
    step = (parse("SELECT $1::int", "a"), bind("a", "", "1"), codec.describe_portal(b""), execute(), SYNC)
    talk.client_says(*step)
    assert talk.sent_kinds() == "PBDES"
    talk.client_says(bind("a", "", "2"), execute(), SYNC)
    assert talk.sent() == []  # another segment waits until the statement is confirmed
    talk.target_says(PARSED, BOUND, described("n"), row("1"), complete("SELECT 1"), ready(b"I"))
    assert talk.sent_kinds() == "BES"
    talk.target_says(BOUND, row("2"), complete("SELECT 1"), ready(b"I"))
    assert talk.shown() == ["1", "2", "T", "D(1)", "C(SELECT 1)", "Z(I)", "2", "D(2)", "C(SELECT 1)", "Z(I)"]
    assert talk.statuses() == {2: "done", 3: "done", 4: "done"}
    assert [(one.kind, one.refers_to) for one in talk.questions] == [("prepare", 0), ("execute", 2), ("execute", 2)]
    assert talk.questions[2].parameters == ((0, 0, b"2"),)


def test_an_error_in_a_pipeline_skips_to_sync_and_takes_names_back():
    talk = Conversation()
    talk.client_says(parse("SELECT 1", "keep"), SYNC).target_says(PARSED, ready(b"I")).shown()
    talk.client_says(parse("SELECT boom", "keep2"), close_statement(b"keep"), parse("SELECT 2", "keep"), SYNC)
    talk.target_says(SYNTAX, ready(b"I"))
    assert talk.shown() == ["E(42601)", "Z(I)"]
    assert talk.statuses() == {2: "done", 3: "failed", 4: "skipped"}
    talk.sent()
    talk.client_says(bind("keep"), execute(), SYNC)
    assert talk.questions[-1].refers_to == 2
    assert talk.sent_kinds() == "BES"


def test_after_an_error_the_client_is_heard_again_from_sync():
    talk = Conversation()
    talk.client_says(parse("SELECT boom"), FLUSH).target_says(SYNTAX)
    talk.client_says(bind(), execute()).sent()
    talk.client_says(SYNC)
    assert talk.sent() == [SYNC]
    assert talk.target_says(ready(b"I")).shown() == ["E(42601)", "Z(I)"]


def test_a_refusal_between_parse_and_bind_stands_in_its_place():
    def refusing(question):
        return refuse_kinds("DELETE")(question) if question.kind == "execute" else refuse_kinds()(question)

    talk = Conversation(refusing)
    talk.client_says(parse("DELETE FROM t"), bind(), execute(), SYNC)
    assert talk.sent() == [parse("DELETE FROM t"), POISON_PARSE, SYNC]
    talk.target_says(PARSED, SYNTAX, ready(b"I"))
    assert talk.shown() == ["1", "E(42501)", "Z(I)"]
    assert talk.statuses() == {2: "done"}


@pytest.mark.parametrize("broken", [(b"P", b"\0SELECT 1\0"), (b"B", b"\0\0\0\1"), (b"D", b"Z\0"), (b"E", b"\0\0")])
def test_a_step_with_a_broken_body_fails_in_its_place_and_never_leaves(broken):
    broken = codec.message(*broken)
    talk = Conversation().client_says(parse("SELECT 1"), broken, bind(), execute(), SYNC, query("SELECT 2"))
    assert talk.sent() == [parse("SELECT 1"), POISON_PARSE, SYNC, query("SELECT 2")]
    talk.target_says(PARSED, SYNTAX, ready(b"I"), ANSWER, ready(b"I"))
    assert talk.shown() == ["1", "E(08P01)", "Z(I)", "T", "D(1)", "C(SELECT 1)", "Z(I)"]


def test_a_query_without_its_end_fails_in_its_place_and_never_leaves():
    talk = Conversation().client_says(codec.message(b"Q", b"SELECT 1"), query("SELECT 2"))
    assert talk.sent() == [POISON_QUERY, query("SELECT 2")]
    talk.target_says(SYNTAX, ready(b"I"), ANSWER, ready(b"I"))
    assert talk.shown() == ["E(08P01)", "Z(I)", "T", "D(1)", "C(SELECT 1)", "Z(I)"]


def test_names_of_the_gate_are_refused_to_clients():
    for message in (parse("SELECT 1", "yett_x"), bind("yett_x"), bind("", "yett_x"), close_statement(b"yett_x")):
        talk = Conversation().client_says(parse("SELECT 1"), message, SYNC)
        talk.target_says(PARSED, SYNTAX, ready(b"I"))
        assert talk.shown()[0] == "1"
        assert b"yett_x" not in b"".join(talk.sent())


def test_a_suspended_portal_is_fetched_in_parts_and_each_part_has_its_outcome():
    talk = Conversation()
    talk.client_says(query("BEGIN")).target_says(complete("BEGIN"), ready(b"T")).shown()
    talk.client_says(parse("SELECT n"), bind("", "p"), execute("p", 1), SYNC)
    talk.target_says(PARSED, BOUND, row("1"), SUSPENDED, ready(b"T"))
    talk.client_says(execute("p", 1), SYNC).target_says(row("2"), SUSPENDED, ready(b"T"))
    talk.client_says(close_portal(b"p"), SYNC).target_says(CLOSED, ready(b"T"))
    assert talk.shown() == ["1", "2", "D(1)", "s", "Z(T)", "D(2)", "s", "Z(T)", "3", "Z(T)"]
    assert [(one.sequence, one.status, one.rows) for one in talk.outcomes[1:]] == [
        (3, "done", 0),
        (4, "done", 1),
        (5, "done", 1),
    ]


def test_parts_of_a_portal_that_are_asked_for_at_once_are_counted_apart():
    talk = Conversation()
    talk.client_says(parse("SELECT n"), bind("", "p"), execute("p", 1), execute("p", 1), SYNC)
    talk.target_says(PARSED, BOUND, row("1"), SUSPENDED, row("2"), complete("SELECT 1"), ready(b"I"))
    assert [(one.sequence, one.rows) for one in talk.outcomes] == [(2, 0), (3, 1), (4, 1)]


def test_a_suspended_portal_that_is_closed_in_its_pipeline_has_an_outcome():
    talk = Conversation()
    talk.client_says(query("BEGIN")).target_says(complete("BEGIN"), ready(b"T"))
    talk.client_says(parse("SELECT n"), bind("", "p"), execute("p", 1), close_portal(b"p"), SYNC)
    talk.target_says(PARSED, BOUND, row("1"), SUSPENDED, CLOSED, ready(b"T"))
    assert talk.statuses() == {2: "done", 3: "done", 4: "done"}


def test_a_portal_that_another_replaces_has_an_outcome():
    talk = Conversation()
    talk.client_says(query("BEGIN")).target_says(complete("BEGIN"), ready(b"T"))
    talk.client_says(parse("SELECT n"), bind(), execute("", 1), bind(), SYNC)
    talk.target_says(PARSED, BOUND, row("1"), SUSPENDED, BOUND, ready(b"T"))
    assert talk.statuses() == {2: "done", 3: "done", 4: "done"}
    talk.client_says(query("SELECT 1")).target_says(ANSWER, ready(b"T"))
    assert talk.statuses() == {2: "done", 3: "done", 4: "done", 5: "skipped", 6: "done"}
    assert not talk.relay.talk.acts


def test_a_portal_of_another_segment_waits_until_the_target_has_it():
    talk = Conversation()
    talk.client_says(query("BEGIN")).target_says(complete("BEGIN"), ready(b"T"))
    talk.client_says(parse("SELECT 1", "a"), parse("SELECT 2", "b"), bind("a", "p"), SYNC)
    talk.target_says(PARSED, PARSED, BOUND, ready(b"T")).sent()
    # What is skipped here would have put another statement into the portal's place.
    talk.client_says(
        parse("boom"), close_portal(b"p"), bind("b", "p"), SYNC, query("ROLLBACK TO s"), execute("p"), SYNC
    )
    assert talk.sent_kinds() == "PCBSQ"
    talk.target_says(SYNTAX, ready(b"E"), complete("ROLLBACK"), ready(b"T"))
    assert talk.sent_kinds() == "ES"
    talk.target_says(row("1"), complete("SELECT 1"), ready(b"T"))
    assert (talk.outcomes[-1].sequence, talk.outcomes[-1].rows) == (5, 1)


def test_portals_end_with_their_transaction():
    talk = Conversation()
    talk.client_says(parse("SELECT 1"), bind("", "p"), SYNC).target_says(PARSED, BOUND, ready(b"I"))
    assert talk.statuses() == {2: "done", 3: "skipped"}
    talk.client_says(execute("p"), SYNC).target_says(SYNTAX, ready(b"I"))
    assert talk.shown()[-2:] == ["E(34000)", "Z(I)"]


def test_a_statement_prepared_by_sql_in_the_same_pipeline_is_known_when_it_is_bound():
    talk = Conversation()
    talk.client_says(parse("PREPARE x AS SELECT 1"), bind(), execute(), bind("x", "q"), execute("q"), SYNC)
    assert talk.sent_kinds() == "PBEH"
    talk.target_says(PARSED, BOUND, complete("PREPARE"))
    assert talk.sent_kinds() == "BES"
    assert talk.target_says(BOUND, row("1"), complete("SELECT 1"), ready(b"I")).shown()[-1] == "Z(I)"


def test_what_a_failed_text_of_several_statements_may_have_prepared_is_not_known_any_more():
    talk = Conversation()
    talk.client_says(query("PREPARE x AS SELECT 1")).target_says(complete("PREPARE"), ready(b"I"))
    talk.client_says(query("DEALLOCATE x; PREPARE x AS SELECT 2; SELECT 1/0"))
    talk.target_says(complete("DEALLOCATE"), complete("PREPARE"), error("22012", "division by zero"), ready(b"I"))
    assert b"x" not in talk.relay.talk.names.statements


def test_cursors_end_with_their_transaction_unless_they_are_held_and_when_they_are_closed():
    talk = Conversation()
    cursors = talk.relay.talk.names
    talk.client_says(query("BEGIN; DECLARE a CURSOR FOR SELECT 1; DECLARE b CURSOR WITH HOLD FOR SELECT 1"))
    talk.target_says(complete("BEGIN"), complete("DECLARE CURSOR"), complete("DECLARE CURSOR"), ready(b"T"))
    assert set(cursors.cursors) == {b"a", b"b"}
    talk.client_says(query("COMMIT")).target_says(complete("COMMIT"), ready(b"I"))
    assert set(cursors.cursors) == {b"b"}
    talk.client_says(query("CLOSE b")).target_says(complete("CLOSE CURSOR"), ready(b"I"))
    assert not cursors.cursors


def test_a_definition_inside_an_open_transaction_is_uncommitted_in_the_extended_protocol_too():
    talk = Conversation()
    talk.client_says(parse("BEGIN"), bind(), execute(), parse("CREATE TABLE t (a int)"), bind(), execute(), SYNC)
    talk.target_says(PARSED, BOUND, complete("BEGIN"), PARSED, BOUND, complete("CREATE TABLE"), ready(b"T"))
    desk = talk.relay._desk
    assert desk._dirty
    talk.client_says(parse("COMMIT"), bind(), execute(), SYNC)
    talk.target_says(PARSED, BOUND, complete("COMMIT"), ready(b"I"))
    assert not desk._dirty


def test_a_function_call_is_refused_and_the_session_goes_on():
    talk = Conversation(refuse_kinds("function call")).client_says(codec.message(b"F", bytes(10)))
    assert talk.sent() == [POISON_QUERY]
    assert talk.target_says(SYNTAX, ready(b"I")).shown() == ["E(42501)", "Z(I)"]


def test_notices_notifications_and_settings_pass_at_any_moment():
    odd = notice("00000", "hm") + codec.message(b"A", b"\0\0\0\1news\0\0") + codec.parameter_status("TimeZone", "UTC")
    talk = Conversation().target_says(odd)
    assert talk.shown() == ["N(00000)", "A", "S"]
    talk.client_says(query("SELECT 1")).target_says(
        odd, described("n"), odd, row("1"), odd, complete("SELECT 1"), odd, ready(b"I"), odd
    )
    shown = talk.shown()
    assert [one for one in shown if one not in ("N(00000)", "A", "S")] == ["T", "D(1)", "C(SELECT 1)", "Z(I)"]
    assert len(shown) == 19
    assert talk.relay.talk.parameters["TimeZone"] == "UTC"


@pytest.mark.parametrize(
    "unasked",
    [
        PARSED,
        BOUND,
        CLOSED,
        NO_DATA,
        row("1"),
        complete("SELECT 1"),
        ready(b"I"),
        copy_response(),
        copy_data(b"1"),
        b"W\0\0\0\4",
        b"R\0\0\0\4",
    ],
)
def test_an_answer_that_nothing_asked_for_ends_the_session(unasked):
    with pytest.raises(ProtocolError):
        Conversation().target_says(unasked)


@pytest.mark.parametrize("wrong", [BOUND, ready(b"I"), row("1"), complete("SELECT 1"), CLOSED])
def test_an_answer_to_something_else_ends_the_session(wrong):
    with pytest.raises(ProtocolError):
        Conversation().client_says(parse("SELECT 1"), SYNC).target_says(wrong)


def test_a_message_over_the_limit_is_refused_at_its_header():
    talk = Conversation(limits=RelayLimits(message_bytes_max=1000))
    with pytest.raises(LimitExceeded):
        talk.client_says(b"Q" + (2000).to_bytes(4, "big"))


def test_more_names_than_may_be_are_refused_and_the_session_goes_on():
    talk = Conversation(limits=RelayLimits(names_max=2))
    talk.client_says(parse("SELECT 1", "a"), parse("SELECT 1", "b"), SYNC).target_says(
        PARSED, PARSED, ready(b"I")
    ).shown()
    talk.client_says(parse("SELECT 1", "c"), SYNC).target_says(SYNTAX, ready(b"I"))
    assert talk.shown() == ["E(54000)", "Z(I)"]
    talk.client_says(query("PREPARE c AS SELECT 1")).target_says(SYNTAX, ready(b"I"))
    assert talk.shown() == ["E(54000)", "Z(I)"]
    talk.client_says(close_statement(b"a"), SYNC).target_says(CLOSED, ready(b"I"))
    talk.client_says(parse("SELECT 1", "c"), SYNC).target_says(PARSED, ready(b"I"))
    assert talk.shown() == ["3", "Z(I)", "1", "Z(I)"]


def test_more_parameters_than_may_be_are_refused():
    talk = Conversation(limits=RelayLimits(parameters_max=2))
    talk.client_says(parse("SELECT $1, $2, $3"), bind("", "", "1", "2", "3"), execute(), SYNC)
    talk.target_says(PARSED, SYNTAX, ready(b"I"))
    assert talk.shown() == ["1", "E(54000)", "Z(I)"]


def test_what_a_client_has_in_flight_is_bounded():
    talk = Conversation(limits=RelayLimits(in_flight_max=5))
    talk.client_says(*[SYNC] * 100)
    assert len(talk.relay.talk.line) <= 6
    for _ in range(100):
        talk.target_says(ready(b"I"))
    assert talk.shown() == ["Z(I)"] * 100


def test_a_segment_longer_than_may_be_in_flight_goes_on_as_it_is_answered():
    talk = Conversation(limits=RelayLimits(in_flight_max=4))
    talk.client_says(*[parse("SELECT 1")] * 10, SYNC)
    while talk.relay.talk.line:
        kinds = talk.sent_kinds()
        talk.target_says(*[PARSED if kind == "P" else ready(b"I") for kind in kinds if kind in "PS"])
    assert talk.shown() == ["1"] * 10 + ["Z(I)"]


def test_a_huge_row_streams_without_being_kept():
    talk = Conversation().client_says(query("SELECT n"))
    big = codec.message(b"D", b"\0\1" + (50 << 20).to_bytes(4, "big") + bytes(50 << 20))
    for at in range(0, len(big), 1 << 20):
        talk.relay.from_target(big[at : at + (1 << 20)])
        assert sum(map(len, talk.relay.talk.to_client)) <= 2 << 20
        talk.relay.talk.to_client.clear()
    talk.target_says(complete("SELECT 1"), ready(b"I"))
    assert (talk.outcomes[0].rows, talk.outcomes[0].bytes_out) == (1, len(big))
    assert len(talk.outcomes[0].answer) <= RelayLimits().answer_bytes_kept


def test_a_connection_that_is_lost_leaves_outcomes_unknown_once():
    talk = Conversation().client_says(query("UPDATE t SET a = 1"), parse("SELECT 1"))
    talk.relay.abandoned("outcome_unknown")
    talk.client_says()
    assert talk.statuses() == {2: "outcome_unknown", 3: "outcome_unknown"}


@pytest.mark.parametrize(
    ("sqlstate", "words", "shown"),
    [
        ("53200", b"out of memory", b"the gate could not ask the target"),
        ("57014", b"canceling statement due to user request", b"canceling statement due to user request"),
    ],
)
def test_a_look_up_that_the_target_refuses_is_not_asked_for_ever(sqlstate, words, shown):
    talk = Conversation(restricted=True, decide=only_tables("public.t")).client_says(query("SELECT n FROM t"))
    assert talk.sent_kinds() == "CPBECS"
    talk.target_says(CLOSED, error(sqlstate, words.decode()), ready(b"I"))
    assert talk.sent() == [POISON_QUERY]
    said = talk.target_says(SYNTAX, ready(b"I")).shown_bytes()
    assert shown in said
    assert (b"C" + sqlstate.encode() if sqlstate == "57014" else b"C57P03") in said


def test_messages_wait_while_a_look_up_is_under_way():
    talk = Conversation(restricted=True).client_says(query("SELECT n FROM t"))
    talk.sent()
    talk.client_says(query("SELECT 2"), parse("SELECT 3"), SYNC)
    assert talk.sent() == []
    assert talk.questions == []
