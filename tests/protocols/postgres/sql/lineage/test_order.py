"""The order in which the server works tells: what it sorts by itself, keeps, does not get to, or cannot hold."""

from dataclasses import replace

import pytest

from protocols.postgres.sql.lineage.shop import words
from protocols.postgres.sql.lineage.test_keys import EMAIL, KeyedShop
from yett.protocols.postgres.sql.grammar import parse
from yett.protocols.postgres.sql.lineage.known import Base, RelationColumns, SqlFunction
from yett.protocols.postgres.sql.lineage.statements import trace


class IndexedShop(KeyedShop):
    """The shop with an index over addresses, whose NULLs may be seen; orders and docs have a key as well."""

    def relation(self, schema: str | None, name: str) -> RelationColumns | None:
        found = super().relation(schema, name)
        return replace(found, key=frozenset({1})) if found is not None and name in ("orders", "docs") else found

    def in_index(self, base: Base) -> bool:
        return base == EMAIL

    def sql_function(self, schema: str | None, name: str, arity: int) -> SqlFunction | None:
        return SqlFunction(1, name, ("x",), parse("select x").stmts[0]["stmt"], 23) if schema == "lab" else None


def told(text: str) -> set[str]:
    """Return what is at risk or decides anything in a statement."""
    found = trace(parse(text).stmts[0]["stmt"], IndexedShop())
    risky = frozenset[Base]().union(*(output.risky for output in found.outputs))
    return set(words(found.shaping | risky).split())


@pytest.mark.parametrize(
    "text",
    [
        "select array_agg(id), count(distinct email) from customers",
        "select string_agg(name, ','), string_agg(distinct email, ',') from customers",
        "select any_value(id), count(distinct email) from customers",
        "select json_arrayagg(id), count(distinct email) from customers",
        "select sum(balance::float8), count(distinct email) from customers",
        "select max(balance / 3), count(distinct email) from customers",
        "select count(nextval('s')), count(distinct email) from customers",
        "select my_aggregate(id), count(distinct email) from customers",
        "select s.n from (select array_agg(id) as n, count(distinct email) as m from customers) s",
        "select (select array_agg(c.id)), count(distinct c.email) from customers c",
        "select (select json_arrayagg(c.id)), count(distinct c.email) from customers c",
        "select array_agg(c.id), (select count(distinct c.email)) from customers c",
        "select (select max(nextval('s')) from orders o where o.id = c.id), count(distinct email) from customers c",
    ],
)
def test_what_is_made_distinct_sorts_the_rows_of_all_aggregates(text: str) -> None:
    assert "c.email" in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "select count(*), count(distinct email), sum(balance), max(balance), min(born), bool_or(id > 3) from customers",
        "select name, count(distinct email), array_agg(distinct id) from customers group by name order by name",
        "select count(distinct email), (select array_agg(o.id) from orders o) from customers",
        "select count(distinct email), (select array_agg(o) from orders o) from customers",
        "select count(distinct email), (select json_arrayagg(o.id) from orders o) from customers",
        "select array_agg(m) from (select name, count(distinct email) from customers group by 1) s (n, m) group by n",
    ],
)
def test_what_no_order_changes_may_stand_beside_it(text: str) -> None:
    assert "c.email" not in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "select (email < 'm', 1 / id) = (true, 5) from customers",
        "select (email, 1 / id) < ('m', 5) from customers",
        "select row(email < 'm', 1 / id) is distinct from row(true, 5) from customers",
        "select (email < 'm', 1 / id) in ((true, 5), (true, 6)) from customers",
        "select (email < 'm', nextval('s')::int8) = (true, 5::int8) from customers",
        "select extract(hour from nullif(born, case when email < 'm' then born end)) from customers",
        "select extract(foo from case when email < 'm' then born end) from customers",
        "select strpos((case when email < 'm' then 'a' end) collate loose, 'b') from customers",
        "select replace((case when email < 'm' then 'a' end) collate loose, 'b', 'c') from customers",
    ],
)
def test_what_decides_how_far_the_server_gets_is_at_risk(text: str) -> None:
    assert "c.email" in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "select (email, id) = ('a@b.example', 5) from customers",
        "select extract(year from born), date_part('day', born::timestamp) from customers",
        "select strpos(email, '@'), replace(email, '@', ' at ') from customers",
    ],
)
def test_what_always_gets_to_the_end_is_not(text: str) -> None:
    assert not {"c.email", "c.born"} & told(text) - ({"c.born"} if "timestamp" in text else set())


LATERAL = "select count(x) from (select email < 'm' as bit from customers offset 0) c, lateral"


@pytest.mark.parametrize(
    "text",
    [
        f"{LATERAL} (select c.bit, note as x from orders offset 0) s",
        f"{LATERAL} (select x from (select note as x from orders) o, (select c.bit) q offset 0) s",
        f"{LATERAL} (select c, note as x from orders offset 0) s",
        "select s.x from customers c left join lateral (select c.email || o.note as x from orders o) s on true",
    ],
)
def test_what_a_lateral_query_over_tables_is_kept_by_is_told(text: str) -> None:
    assert "c.email" in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "select v.kind, v.x from customers c, lateral (values ('mail', c.email), ('id', c.ssn)) v(kind, x)",
        "select c.email, s.note from customers c, lateral (select note from orders where customer_id = c.id limit 1) s",
    ],
)
def test_a_lateral_query_of_values_or_by_a_key_tells_nothing(text: str) -> None:
    assert not {"c.email", "c.ssn"} & told(text)


CASE = "case when email like 'a%' then 'a' else repeat('b', 400) end"
EACH = "(select o.id, email from customers) c"
SERIES = "generate_series(1, 9)"
CHAIN = "customers c join orders o on o.customer_id = c.id join docs d on d.id = o.id"
LEFT = "customers c left join orders o on o.customer_id = c.id"
SELF = "customers a left join customers b on b.id = a.id"
COUNTED = "customers c join (select customer_id as id, count(*) as n from orders group by 1) t on t.id = c.id"
UNFOUND = "docs d left join orders o on o.customer_id = d.id join customers c on c.id = d.id"
BROKEN = "customers c join orders o on o.customer_id = c.id join docs d on d.owner = o.note"
USING = "orders join docs using (id) join customers c on c.id = customer_id"
CASES = "case when b.email like 'a%' then 'a' else repeat('b', 400) end"
BELOW = f"(select name, {CASE} as x from customers offset 0) s"


@pytest.mark.parametrize(
    "text",
    [
        f"select name, {CASE} from customers order by name",
        f"select name, {CASE} as x from customers union all select '', '' order by name",
        f"select name, x from {BELOW} order by name",
        f"select s.name, s.x from {BELOW} join orders o on o.note = s.name",
        f"select array_agg(name), max(x) from {BELOW}",
        f"select name, x, (select max(nextval('s')) from orders o where o.note = s.name) from {BELOW}",
        f"select name, row_number() over (order by name), upper(x) from {BELOW}",
        f"with s as materialized (select name, {CASE} as x from customers) select name, x from s order by name",
        f"select name, max({CASE}) from customers group by name",
        f"select balance, max({CASE}) from customers group by name, balance order by balance",
        f"select born as name, max({CASE}) from customers group by name, born order by name",
        f"update orders set note = '' from {BELOW} where s.name = orders.note",
        "select n, max(email) from customers, generate_series(1, 300) n group by n order by mod(n, 2)",
        "select btrim(email, 'x') from customers order by name",
        f"select {CASE}, generate_series(1, 9) from customers order by id, mod(generate_series(1, 9), 2)",
        f"select {CASE} from customers order by id, aclexplode(null) is null",
        f"select {CASE} from customers order by id, generate_series(1, 9) in (select 1)",
        f"select max({CASE}), {SERIES} from customers group by id order by id, mod({SERIES}, 2)",
        f"select name, max({CASE}), row_number() over () from customers group by name order by name",
        f"select {CASE} from customers c left join orders o on o.customer_id = c.id order by o.id",
        f"select {CASE} from orders o right join customers c on o.customer_id = c.id order by o.id",
        f"select {CASE} from orders o full join customers c on o.customer_id = c.id order by c.id",
        f"select {CASE} from {UNFOUND} order by o.id",
        f"select {CASE} from docs d join (orders o full join customers c on c.id = o.id) on d.id = c.id order by o.id",
        f"select {CASE} from {CHAIN} order by c.id",
        f"select {CASE} from {BROKEN} order by o.id",
        f"select * from (select id, {CASE} as x, {SERIES} as n from customers) s order by id, mod(n, 2)",
        f"select n, max(email) from (select {SERIES} as n, email from customers) s group by n order by mod(n, 2)",
        f"select * from (select o.id, {CASE} as x from {LEFT}) s order by id",
        f"select * from (select b.id, {CASES} as x from {SELF}) s order by id",
        f"select * from (select c.id, {CASE} as x from {LEFT}) s order by id",
        f"select s.id, x from (select id, {CASE} as x from customers) s join docs d on d.owner = x order by s.id",
        f"select s.id, x from docs d left join (select id, {CASE} as x from customers) s on d.id = s.id order by s.id",
        f"select * from (select id, {CASE} as x from customers union all select 1, '') s order by id",
        f"select * from (select max(id) as id, {CASE} as x from customers group by email) s order by id",
        f"select * from (select id + 0 as id, {CASE} as x from customers) s order by id",
        f"select * from (select id, name, max({CASE}) as x from customers group by rollup (id, name)) s order by id",
        "select (email < 'm')::text from customers order by name",
        "select concat(email < 'm', strpos(email, 'x')) from customers order by name",
        "select 'x' || (email < 'm') from customers order by name",
        "select format('%s', starts_with(email, 'a')) from customers order by name",
        "select json_build_array(email < 'm'), to_jsonb(strpos(email, 'x')) from customers order by name",
        "select json_agg(email < 'm') from customers group by name order by count(*)",
        "select json_array(email < 'm') from customers order by name",
        "select row_to_json(s) from (select name, email < 'm' as x from customers offset 0) s order by name",
        f"select name, max(email) from {BROKEN} group by name order by count(*)",
        f"select total, max(email) from orders o join lateral {EACH} using (id) group by 1 order by count(*)",
    ],
)
def test_what_is_as_large_as_a_column_says_is_not_held_where_the_order_shows(text: str) -> None:
    assert "c.email" in told(text)


@pytest.mark.parametrize(
    "text",
    [
        f"select name, {CASE} from customers where id < 5",
        f"select name, {CASE} from customers order by name, id",
        f"select count(*) from {BELOW}",
        f"select name, x, (select array_agg(o.id) from orders o where o.note = s.name) from {BELOW} limit 9",
        f"select * from (select {CASE} as x, (select json_agg(o order by id) from orders o) from customers) s limit 9",
        f"select name, max({CASE}) from customers group by name order by name",
        f"select lower(name), max({CASE}) from customers group by 1 order by 1",
        f"select {CASE}, generate_series(1, 9) from customers order by id",
        f"select {CASE} from customers order by id, lower(name), (select 1)",
        f"select * from (select id, {CASE} as x from customers) s order by id",
        f"select * from (select id as a, {CASE} as x from customers limit 9) s (b) order by b",
        f"select * from (select * from (select id, {CASE} as x from customers) s) t order by t.id",
        f"with s as (select id, {CASE} as x from customers) select x from s order by id",
        f"select x, s.id from (select id, {CASE} as x from customers) s left join docs d on d.id = s.id order by s.id",
        f"select * from (select d.id, {CASE} as x from {CHAIN}) s order by id",
        "select id, upper(mail), split_part(mail, '@', 2) from people order by id",
        f"select t.n, max(email) from {COUNTED} group by t.n order by count(*)",
        f"select {CASE} from orders o left join customers c on c.id = o.customer_id order by o.id",
        f"select {CASE} from {CHAIN} order by d.id",
        f"select {CASE} from customers c left join (orders o join docs d on d.id = o.id) on o.id = c.id order by c.id",
        f"select name, max(email) from {CHAIN} group by name order by count(*)",
        f"select name, max(email) from {USING} group by name order by count(*)",
        "select upper(email), left(email, 3), email like 'a%' from customers order by name",
        "select md5(email), rpad(email, 40), strpos(email, '@'), starts_with(email, 'a') from customers order by name",
        "select name, max(email) from customers group by name order by count(*)",
        "select name, string_agg(email, ',') as mails from customers group by name order by count(*)",
    ],
)
def test_what_is_held_where_no_order_shows_tells_nothing(text: str) -> None:
    assert "c.email" not in told(text)


@pytest.mark.parametrize(
    "text",
    [
        f"select {CASE.replace('400', '4000000')}, {CASE.replace('400', '4000000')} from customers",
        "select array(select case when email < 'm' then 'a' end from customers, generate_series(1, 9))",
    ],
)
def test_what_a_content_makes_too_large_for_one_message_is_at_risk(text: str) -> None:
    assert "c.email" in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "select id from customers where email is not null",
        "select id from customers where not (email is null)",
        "select id, name from customers where email is not null order by name",
        "select array_agg(id) from customers where email is not null",
        "select id from (select id, email is not null as there from customers) s where there",
        "with s as (select id, email is not null as there from customers) select id from s where there",
        "select id from customers where email is not null order by id, mod(generate_series(1, 9), 2)",
        "select lab.max(id) from customers where email is not null",
        "select name, count(*) from customers where email is not null group by name",
        "select name, count(*) from customers where email is not null group by name order by 2",
        "select name, born, count(*) from customers where email is not null group by 1, 2 order by 1, 3",
        "select id from customers c where (select c.email is not null)",
        "select o.id from orders o join customers c on c.id = o.customer_id and c.email is not null",
        "select id, row_number() over () from customers where email is not null order by id",
        "select distinct on (id) id from customers where email is not null order by id",
        "update customers set name = '' where email is not null",
        "delete from customers where email is not null and id < 5",
    ],
)
def test_an_index_tells_the_order_of_what_is_not_null(text: str) -> None:
    assert "c.email" in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "select id from customers where email is null",
        "select id from customers where email is not null order by id",
        "select count(*), max(balance) from customers where email is not null",
        "select name, count(*) from customers where email is not null group by name order by name",
        "select name, count(*) as n from customers where email is not null group by name order by n, name",
        "select id, name, count(*) from customers where email is not null group by 1, 2 order by id",
        "select email is not null, id from customers",
        "select s.there, s.id from (select id, email is not null as there from customers) s",
        "update customers set name = '' where id = 3 and email is null returning email is not null",
    ],
)
def test_that_order_is_hidden_by_a_key_or_a_group(text: str) -> None:
    assert "c.email" not in told(text)


@pytest.mark.parametrize("loose", [True, False])
def test_a_key_fits_once_unless_a_collation_overlooks_differences(*, loose: bool) -> None:
    class Owned(IndexedShop):
        def relation(self, schema: str | None, name: str) -> RelationColumns | None:
            found = super().relation(schema, name)
            if found is not None and name == "orders":
                return replace(found, columns=tuple(replace(one, loose=loose) for one in found.columns))
            return replace(found, key=frozenset({3})) if found is not None and name == "docs" else found

    text = f"select max(email) from {BROKEN} group by total order by count(*)"
    found = trace(parse(text).stmts[0]["stmt"], Owned())
    assert (EMAIL in found.shaping) == loose


@pytest.mark.parametrize(
    ("text", "only"),
    [
        (f"select {CASE} from customers order by name", True),
        ("select id from customers where email is not null", True),
        ("select array_agg(id) from customers where email is not null", False),
        (f"select {CASE} from customers where email < 'm' order by name", False),
        (f"explain select {CASE} from customers order by name", False),
    ],
)
def test_what_only_the_order_tells_is_known_as_such(text: str, *, only: bool) -> None:
    found = trace(parse(text).stmts[0]["stmt"], IndexedShop())
    assert EMAIL in found.shaping
    assert (EMAIL in found.ordering) == only
