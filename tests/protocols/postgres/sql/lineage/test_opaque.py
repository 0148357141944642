"""What cannot be seen through, what is too large, and trees of an unknown shape are opaque, never clean."""

import copy
from random import Random
from typing import Any

import pytest

from protocols.postgres.sql.lineage.generated import Writer
from protocols.postgres.sql.lineage.shop import OIDS, RELATIONS, Shop, said, traced, words
from yett.protocols.postgres.sql.grammar import parse
from yett.protocols.postgres.sql.lineage.known import Column, RelationColumns
from yett.protocols.postgres.sql.lineage.result import OPAQUE_LINEAGE
from yett.protocols.postgres.sql.lineage.statements import trace

SHAPED_BY_SOMETHING_OPAQUE = """
select 1 from nowhere
select * from nowhere
select x from nowhere
select email from customers, nowhere
select id from loop1
select * from my_function(1)
select * from my_function(1) as f(a int, b text)
select id from customers where my_function(id)
select id from customers order by my_function(id)
select id from customers where id operator(public.=) 1
select id from customers where id::mytype is null
select nothing from customers
select id from customers tablesample mine (1)
select id from customers order by id using operator(public.<)
select most_common_vals from pg_stats where most_common_vals is not null
do 'begin end'
call p(1)
execute p
fetch all from k
create unique index on customers (email)
alter table customers add check (email like 'a%')
refresh materialized view people
create table p partition of customers for values in ('x')
""".strip().splitlines()


@pytest.mark.parametrize("text", SHAPED_BY_SOMETHING_OPAQUE)
def test_rows_shaped_by_what_cannot_be_seen_through_are_opaque(text: str) -> None:
    assert traced(text).opaque_shaping


@pytest.mark.parametrize(
    "text",
    ["select * from nowhere", "select n.* from customers, nowhere n", "select * from my_function(1)", "execute p"],
)
def test_an_unknown_number_of_outputs_is_said_for_every_one_of_them(text: str) -> None:
    found = traced(text)
    assert found.outputs == ()
    assert found.every is not None
    assert found.every.opaque


def test_a_function_of_unknown_columns_passes_on_what_it_was_given() -> None:
    found = traced("select f.* from customers, pg_show_all_settings() f")
    assert found.every is not None
    assert said(found.every) == "constant"
    assert not found.opaque_shaping


def test_statistics_hold_the_values_of_other_columns() -> None:
    assert [said(one) for one in traced("select tablename, most_common_vals from pg_stats").outputs] == [
        "verbatim pg_stats.tablename", "verbatim pg_stats.most_common_vals opaque",
    ]  # fmt: skip  # a list of statements


def test_what_is_planted_in_a_temporary_table_may_be_too_long_to_join_with() -> None:
    assert "!" in said(traced("select big || email from customers, scratch").outputs[0])


@pytest.mark.parametrize("text", [
    "select count(*) from customers", "select exists (select 1 from customers)", "select 1 from customers, orders o where o.id = 1",  # noqa: E501 - as it is
    "select count(*) from people",
])  # fmt: skip  # a list of statements
def test_relations_are_named_where_no_column_of_theirs_is_read(text: str) -> None:
    assert traced(text).tables == {20001}


def test_nesting_without_end_is_opaque() -> None:
    text = "select " + "(" * 3000 + "select 1" + ")" * 3000
    assert trace(parse("select 1").stmts[0]["stmt"], Shop()).outputs
    tree: dict[str, Any] = {"A_Const": {"ival": {"ival": 1}}}
    for _ in range(5000):
        tree = {"A_Expr": {"kind": "AEXPR_OP", "name": [{"String": {"sval": "+"}}], "lexpr": tree, "rexpr": tree}}
    select = {"SelectStmt": {"targetList": [{"ResTarget": {"val": tree}}]}}
    assert trace(select, Shop()) == OPAQUE_LINEAGE
    assert text


def test_doubling_columns_without_end_is_opaque() -> None:
    query = "select * from customers"
    for at in range(14):
        query = f"select a{at}.*, b{at}.* from ({query}) a{at}, ({query if at < 3 else 'select 1'}) b{at}"
    stars = ", ".join(["*"] * 3000)
    assert traced(f"select {stars} from ({query}) s") == OPAQUE_LINEAGE


def test_a_chain_of_concatenations_that_doubles_is_not_vouched_for() -> None:
    query = "select case when email like 'a%' then 'xxxx' else '' end as x from customers"
    for at in range(28):
        query = f"select x || x as x from ({query}) s{at}"
    assert words(traced(query).outputs[0].risky) == "c.email"


def test_views_upon_views_are_looked_through_once_each() -> None:
    made = [RelationColumns(30000, "public", "v0", (Column("m", 1, OIDS["text"]),), "SELECT email AS m FROM customers")]
    for at in range(1, 25):
        text = f"SELECT a.m FROM v{at - 1} a JOIN v{at - 1} b ON true"
        made.append(RelationColumns(30000 + at, "public", f"v{at}", (Column("m", 1, OIDS["text"]),), text))

    class Deep(Shop):
        def relation(self, schema: str | None, name: str) -> RelationColumns | None:
            return next((one for one in [*made, *RELATIONS] if one.name == name), None)

    found = trace(parse("select m from v24").stmts[0]["stmt"], Deep())
    assert found.outputs[0].verbatim == (20001, 3)


def _mutated(random: Random, node: Any) -> Any:
    if isinstance(node, dict) and node:
        key = random.choice(list(node))
        if random.random() < 0.25:
            del node[key]
        elif random.random() < 0.2:
            node[key] = random.choice([{}, [], "x", 7, {"Strange": {}}, None])
        else:
            node[key] = _mutated(random, node[key])
    elif isinstance(node, list) and node:
        at = random.randrange(len(node))
        node[at] = _mutated(random, node[at])
    return node


def test_a_tree_of_an_unknown_shape_never_raises() -> None:
    for seed in range(1500):
        random = Random(seed)
        tree = copy.deepcopy(parse(Writer(random).statement()).stmts[0]["stmt"])
        for _ in range(3):
            tree = _mutated(random, tree)
        trace(tree, Shop())
