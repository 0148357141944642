"""`column = constant` is a match; everything else that looks at a column to choose rows is filter."""

import pytest

from protocols.postgres.sql.lineage.shop import traced, words

MATCHES = """
select id from customers where email = 'x'
select id from customers where 'x' = email
select id from customers c where c.email = $1
select id from customers c where c.email operator(pg_catalog.=) $1
select id from customers where name like 'a%' and email = 'x'
select c.id from orders o join customers c on c.email = 'x'
select id from customers where email = 'x'::text
select id from customers where email = $1::varchar
select id from customers where $1::pg_catalog.text = email
select id from customers where email in ('x')
select id from customers where email in ($1::text) and id > 3
select c.id from orders o join customers c on c.id = o.customer_id and c.email = 'x'
select mail from people where mail = 'x'
select s.id from (select id, email as m from customers) s where m = 'x'
with q as (select id, email from customers) select id from q where email = 'x'
select 1 from orders where exists (select 1 from customers where email = 'x')
update customers set name = 'x' where email = 'x'
delete from customers where email = 'x'
""".strip().splitlines()

FILTERS = """
select id from customers where email <> 'x'
select id from customers where email > 'x'
select id from customers where email = 'x' or id = 1
select id from customers where not (email = 'x')
select id from customers where email = null
select id from customers where email is null
select id from customers where email = 'x'::varchar(3)
select id from customers where email = 'x'::name
select id from customers where email = 'x'::char(3)
select id from customers where email = 'x'::text::text
select id from customers where email = null::text
select id from customers where email = ('{x}'::text[])[1]
select id from customers where email = 'x' collate "C"
select id from customers where email collate "C" = 'x'
select id from customers where email::text = 'x'
select id from customers where lower(email) = 'x'
select id from customers where email in ('x', 'y')
select id from customers where email in ('x') and email in ('y')
select id from customers where email not in ('x')
select id from customers where email in (name)
select id from customers where email = any ('{x}')
select id from customers where email = (select 'x')
select id from customers where email = name
select id from customers where email like 'x'
select id from customers where email = 'x' and email = 'y'
select id from customers where email = 'x' union all select id from customers where email = 'y'
select id from customers where email = 'x' order by email
select id from customers where (email) = ('x') is true
select id from customers where (email, 1) = ('x', 1)
select id from customers where email between 'x' and 'x'
select id from customers where email is not distinct from 'x'
select id from customers where case when email = 'x' then true end
select id from customers group by id, email having email = 'x'
select o.id from orders o left join customers c on c.email = 'x'
select o.id from orders o full join customers c on c.email = 'x'
select id from (select id, max(email) as email from customers group by id) s where email = 'x'
select id from (select id, email from customers limit 1) s where email = 'x'
select id from (select id, email from customers union all select id, email from customers) s where email = 'x'
select (select 1 from orders where email = 'x') from customers
select email = 'x' as k, count(*) from customers group by k
select count(*) filter (where email = 'x') from customers
merge into orders o using customers c on c.email = 'x' when matched then delete
merge into orders o using customers c on c.id = o.id when matched and c.email = 'x' then delete
select id from customers where email operator(public.=) 'x'
""".strip().splitlines()


@pytest.mark.parametrize("text", MATCHES)
def test_an_equality_with_one_constant_is_a_match(text: str) -> None:
    found = traced(text)
    assert "c.email" in words(found.matched).split()
    assert "c.email" not in words(found.shaping).split()
    assert not found.opaque_shaping


@pytest.mark.parametrize("text", FILTERS)
def test_any_other_look_at_a_column_is_filter(text: str) -> None:
    found = traced(text)
    assert "c.email" in words(found.shaping | frozenset().union(*(one.risky for one in found.outputs))).split()
    assert "c.email" not in words(found.matched).split()


@pytest.mark.parametrize("column", ["born", "tags"])
def test_only_types_with_large_domains_are_matched(column: str) -> None:
    assert words(traced(f"select 1 from customers where {column} = 'x'").shaping) == f"c.{column}"
