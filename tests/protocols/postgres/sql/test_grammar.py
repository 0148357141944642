"""The grammar reads what PostgreSQL reads, in PostgreSQL's own words, and no text can hurt the process."""

import threading
import time

import pytest

from yett.protocols.postgres.sql.grammar import QUOTED_TEXT_BYTES_MAX, SyntaxRefused, TextRefused, parse
from yett.protocols.postgres.sql.understanding import Limits, understand

_DEEP = 100_000
HOSTILE = {
    "parentheses": "SELECT " + "(" * _DEEP + "1" + ")" * _DEEP,
    "sub-queries": "SELECT " + "(SELECT " * _DEEP + "1" + ")" * _DEEP,
    "sub-queries in FROM": "SELECT * FROM " + "(SELECT * FROM " * (_DEEP // 2) + "t" + ") a" * (_DEEP // 2),
    "WITH": "WITH a AS (" * (_DEEP // 2) + "SELECT 1" + ") SELECT 1" * (_DEEP // 4),
    "arrays": "SELECT " + "ARRAY[" * _DEEP + "1" + "]" * _DEEP,
    "subscripts": "SELECT a" + "[a" * _DEEP + "]" * _DEEP,
    "calls": "SELECT " + "f(" * _DEEP + "1" + ")" * _DEEP,
    "CASE": "SELECT " + "CASE WHEN a THEN " * (_DEEP // 3) + "1" + " END" * (_DEEP // 3),
    "plus": "SELECT 1" + "+1" * _DEEP * 5,
    "minus": "SELECT " + "- " * _DEEP + "a",
    "NOT": "SELECT " + "NOT " * _DEEP + "a",
    "AND": "SELECT a" + " AND a" * _DEEP,
    "OR of ANDs": "SELECT a" + " OR a AND a" * (_DEEP // 2),
    "casts": "SELECT 1" + "::int" * _DEEP,
    "COLLATE": "SELECT a" + " COLLATE x" * _DEEP,
    "IS NULL": "SELECT a" + " IS NULL" * _DEEP,
    "concatenation": "SELECT a" + "||a" * _DEEP,
    "UNION": "TABLE a" + " UNION TABLE a" * (_DEEP // 2),
    "joins": "SELECT * FROM t" + " JOIN t ON a" * (_DEEP // 2),
    "comments": "/*" * _DEEP + "*/" * _DEEP + "SELECT 1",
    "spaced comments": "/* " * _DEEP + "*/ " * _DEEP + "SELECT 1",
    "operators": "SELECT 1" + "+-" * _DEEP + "1",
    "operators in runs": "SELECT 1" + ("+-" * 400 + "a ") * 1000,
    "list": "SELECT a IN (" + "1," * _DEEP + "1)",
    "rows": "INSERT INTO t VALUES (1,'a')" + ",(1,'a')" * _DEEP,
    "statements": "SELECT 1;" * _DEEP,
    "quotes": "'" * (_DEEP + 1),
    "dollars": "$a$" * (_DEEP + 1),
    "names": "SELECT a" + ".a" * _DEEP,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_no_text_crashes_or_stalls_the_process(text):
    started = time.monotonic()
    understood = understand(text)
    assert time.monotonic() - started < 30
    if understood.refusal is not None:
        assert understood.refusal.code in {
            "syntax_error",
            "text_too_deep",
            "text_operator_run",
            "text_too_long",
            "text_too_many_statements",
        }
    else:
        assert all(one.kind in {"SELECT", "INSERT"} for one in understood.statements)


def test_deep_chains_are_refused_on_small_stacks_too():
    found = []
    text = "SELECT 1" + "+1" * 8_000
    worker = threading.Thread(target=lambda: found.append(understand(text)))
    before = threading.stack_size(2 << 20)
    try:
        worker.start()
    finally:
        threading.stack_size(before)
    worker.join()
    assert found[0].refusal.code == "text_too_deep"


@pytest.mark.parametrize(
    ("text", "message", "position"),
    [
        ("selec 1", 'syntax error at or near "selec"', 1),
        ("select 'é' frm x y", 'syntax error at or near "x"', 16),
        ("select (", "syntax error at end of input", 9),
        ("select 'x", 'unterminated quoted string at or near "\'x"', 8),
        ("/* x", 'unterminated /* comment at or near "/* x"', 1),
    ],
)
def test_a_syntax_error_has_the_servers_own_words_and_place(text, message, position, postgres15):
    with pytest.raises(SyntaxRefused) as refused:
        parse(text)
    assert (refused.value.message, refused.value.position) == (message, position)
    with postgres15.connect() as connection:
        error = connection.pgconn.exec_(text.encode())
    assert error.error_field(77).decode() == message
    assert int(error.error_field(80)) == position
    understood = understand(text)
    assert understood.refusal is not None
    assert (understood.refusal.code, understood.refusal.reason, understood.position) == (
        "syntax_error",
        message,
        position,
    )


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT 'a\0b'", "text_has_nul"),
        ("SELECT '\ud800'", "text_not_unicode"),
        ("SELECT 1" + " " * 93, "text_too_long"),
    ],
)
def test_what_must_not_reach_the_grammar_is_refused(text, code):
    with pytest.raises(TextRefused) as refused:
        parse(text, text_bytes_max=100)
    assert refused.value.code == code
    understood = understand(text, Limits(text_bytes_max=100))
    assert understood.refusal is not None
    assert understood.refusal.code == code


def test_the_length_that_counts_is_in_bytes():
    parse("SELECT 1 AS a" + "é" * 40, text_bytes_max=100)
    with pytest.raises(TextRefused):
        parse("SELECT 1 AS a" + "é" * 45, text_bytes_max=100)


def test_long_runs_of_operator_characters_are_refused_with_advice_unless_they_plainly_stand_in_quotes():
    understood = understand("SELECT E'\\n" + "=" * 401 + "'")
    assert understood.refusal is not None
    assert understood.refusal.code == "text_operator_run"
    assert "parameter" in understood.refusal.hint
    assert understand("SELECT E'\\n" + "=" * 400 + "'").refusal is None
    assert understand("SELECT '" + "=" * 100_000 + "'").refusal is None


def test_threads_may_parse_at_once():
    texts = [
        f"SELECT a{number} FROM t{number} WHERE x = 'é'" + " " * (20_000 if number % 2 else 0) for number in range(40)
    ]
    found: dict[str, object] = {}
    threads = [threading.Thread(target=lambda text=text: found.setdefault(text, understand(text))) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {text: understand(text) for text in texts}


@pytest.mark.parametrize(
    "text",
    [
        "INSERT INTO t VALUES ('" + "x" * 200 + "')",
        "SELECT 'it''s" + "x" * 200 + "', \"" + "y" * 60 + '"',
        "SELECT '" + "-" * 500 + "'",
    ],
)
def test_what_stands_in_quotes_does_not_make_a_text_too_long(text):
    assert len(parse(text, text_bytes_max=100).stmts) == 1


@pytest.mark.parametrize(
    "hidden",
    [
        "SELECT E'\\'', {}, ''",
        "SELECT $$'$$, {}, $$'$$",
        "SELECT 1 --'\n, {} --'",
        "SELECT 1 /*'*/, {} /*'*/",
        "SELECT U&\"'\", {}, '\"'",
    ],
)
def test_nothing_outside_quotes_passes_for_a_value(hidden):
    with pytest.raises(TextRefused) as refused:
        parse(hidden.format(", ".join("1" * 100)), text_bytes_max=100)
    assert refused.value.code == "text_too_long"


def test_values_have_a_limit_of_their_own():
    with pytest.raises(TextRefused) as refused:
        parse("SELECT '" + "x" * QUOTED_TEXT_BYTES_MAX + "'")
    assert refused.value.code == "text_too_long"
