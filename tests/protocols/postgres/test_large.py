"""What is prepared from a large text keeps no tree, and is read again beside the event loop to be judged again."""

from collections.abc import Iterator

import psycopg
import pytest

from protocols.postgres.conversations import Conversation, RealTarget, bind, execute, only_tables, parse, query
from servers.postgres import TestPostgres
from yett.protocols.postgres.codec import SYNC
from yett.protocols.postgres.large import heavy, light, to_study
from yett.protocols.postgres.sql.understanding import Understanding
from yett.protocols.postgres.texts import Texts

LARGE = "SELECT n FROM open WHERE n IN (" + ", ".join(["1"] * 20_000) + ")"
HIDDEN = LARGE.replace("open", "secret")


@pytest.fixture
def target(postgres17: TestPostgres) -> Iterator[RealTarget]:
    """Return a connection to a database with something to hide."""
    name = postgres17.create_database("relay_large")
    with postgres17.connect(database=name) as connection:
        connection.execute("CREATE TABLE open (n int); INSERT INTO open VALUES (1), (2)")
        connection.execute("CREATE TABLE secret (n int); INSERT INTO secret VALUES (1)")
    plain = psycopg.connect(postgres17.dsn(database=name, sslmode="disable"), autocommit=True)
    with RealTarget(plain) as found:
        yield found
    postgres17.drop_database(name)


def _kept(talk: Conversation) -> list[object]:
    prepared = talk.relay.talk.names.statements.values()
    return [facts.tree for one in prepared for facts in one.known.statements]


def test_what_is_prepared_large_is_judged_each_time_and_keeps_no_tree(target):
    talk = Conversation(only_tables("public.open"), restricted=True)
    target.settle(talk.client_says(parse(LARGE, "x"), bind("x"), execute(), SYNC))
    assert talk.shown() == ["1", "2", "D(1)", "C(SELECT 1)", "Z(I)"]
    assert _kept(talk) == [None]
    asked = len(talk.questions)
    target.settle(talk.client_says(bind("x"), execute(), SYNC))
    assert talk.shown() == ["2", "D(1)", "C(SELECT 1)", "Z(I)"]
    assert len(talk.questions) == asked + 1
    assert ("public", "open", "n") in {one.target.path for one in talk.questions[-1].operation.accesses}


def test_what_sql_prepares_large_keeps_no_tree_either(target):
    talk = Conversation(only_tables("public.open"), restricted=True)
    target.settle(talk.client_says(query("PREPARE y AS " + LARGE)))
    target.settle(talk.client_says(query("EXECUTE y")))
    assert talk.shown()[-3:] == ["D(1)", "C(SELECT 1)", "Z(I)"]
    assert _kept(talk) == [None]


def test_what_may_not_be_read_may_not_be_read_by_a_large_text_either(target):
    talk = Conversation(only_tables("public.open"), restricted=True)
    target.settle(talk.client_says(query(HIDDEN)))
    target.settle(talk.client_says(query("PREPARE z AS " + HIDDEN)))
    target.settle(talk.client_says(parse(HIDDEN), bind(), execute(), SYNC))
    assert not any(word.startswith("D(") for word in talk.shown())


def test_a_tree_is_made_again_as_it_was():
    texts = Texts("orders", Understanding())
    raw = LARGE.encode()
    texts.studied(raw, texts.study(raw))
    whole = texts.read(raw)
    kept = light(whole)
    assert kept.statements[0].tree is None
    assert to_study(kept, lambda _raw: False) == raw
    assert to_study(kept, texts.has_studied) is None
    assert heavy(kept, texts.read).statements[0].tree == whole.statements[0].tree
