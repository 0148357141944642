"""What is written from what, and what RETURNING shows of it."""

# ruff: noqa: E501 - a table reads best with one case a line

import pytest

from protocols.postgres.sql.lineage.shop import NAMES, said, traced, words
from yett.protocols.postgres.sql.lineage.result import Written


def _written(one: Written) -> str:
    place = f"new {one.made_column}" if one.column is None else NAMES[one.relation, one.column]
    how = "verbatim " if one.verbatim else ""
    return f"{place} < {how}{words(one.sources)}".strip(" <") + (" opaque" if one.opaque else "")


CASES = """
insert into orders (note) values ('x') -> o.note
insert into orders (id, note) select id, email from customers -> o.id < verbatim c.id, o.note < verbatim c.email
insert into orders select 1, id, balance, email from customers -> o.id, o.customer_id < verbatim c.id, o.total < verbatim c.balance, o.note < verbatim c.email | c.balance
insert into archive (short) select email from customers -> a.short < verbatim c.email | c.email
insert into archive (email) select lower(email) from customers -> a.email < c.email
insert into archive (id) select email::int from customers -> a.id < c.email | c.email
insert into archive default values ->
insert into people (mail) values ('x') -> people.mail, c.email
update customers set name = email -> c.name < verbatim c.email
update customers set name = default -> c.name
update customers c set name = o.note from orders o where o.customer_id = c.id -> c.name < verbatim o.note | c.id o.customer_id
update customers set (name, ssn) = (select note, status from orders limit 1) -> c.name < o.note, c.ssn < o.status | o.status
update customers set (name, ssn) = (email, 'x') -> c.name < verbatim c.email, c.ssn
update customers set (name, ssn) = row(email, 'x') -> c.name < verbatim c.email, c.ssn
update customers set tags[1] = email -> c.tags < c.email | c.email
update people set mail = 'x' where id = 2 -> people.mail, c.email
delete from customers where ssn like 'a%' -> | c.ssn
insert into archive (id, email) values (1, 'x') on conflict (id) do update set email = excluded.email, id = archive.id -> a.id, a.email, a.email, a.id < verbatim a.id
insert into archive (id, email) select id, email from customers on conflict (id) do update set email = excluded.email where archive.email <> 'x' -> a.id < verbatim c.id, a.email < verbatim c.email, a.email < a.email c.email | a.email a.id
insert into archive (email) select email from customers on conflict do nothing -> a.email < verbatim c.email | a.email
merge into archive a using customers c on c.id = a.id when matched then update set email = c.email when not matched then insert (id, email) values (c.id, lower(c.email)) -> a.email < verbatim c.email, a.id < verbatim c.id, a.email < c.email | a.id c.id
create table made as select email, lower(name) from customers -> new email < verbatim c.email, new lower < c.name
create table made (a, b) as select email, name from customers -> new a < verbatim c.email, new b < verbatim c.name
create materialized view made as select count(*) as n, max(email) as m from customers -> new n, new m < c.email
create view made (m) as select email from customers where ssn > 'x' -> new m < verbatim c.email | c.ssn
select email into made from customers -> new email < verbatim c.email
select email into made from customers union all select name from customers -> new email < c.email c.name
create table made as execute p -> new opaque
create temp table made as select email::int from customers -> new email < c.email | c.email
copy orders (id, note) from stdin -> o.id, o.note
copy orders from stdin where note like 'a%' -> o.id, o.customer_id, o.total, o.note, o.status | o.note
with w as (insert into archive (email) select email from customers returning id) select * from w -> a.email < verbatim c.email
""".strip().splitlines()
NAMES.update({(20010, 2): "people.mail"})


def _split(line: str) -> tuple[str, str, str]:
    text, _, expected = line.partition(" -> ") if " -> " in line else line.partition(" ->")
    writes, _, shaping = expected.partition("| ")
    return text, writes.strip(), shaping.strip()


@pytest.mark.parametrize(("text", "writes", "shaping"), [_split(line) for line in CASES], ids=CASES)
def test_what_is_written_from_what(text: str, writes: str, shaping: str) -> None:
    found = traced(text)
    assert (", ".join(_written(one) for one in found.writes), words(found.shaping)) == (writes, shaping)
    assert found.outputs == () or text.startswith("with")


RETURNED = """
insert into orders (note) values ('x') returning * -> verbatim o.id, verbatim o.customer_id, verbatim o.total, verbatim o.note, verbatim o.status
insert into orders (note) select email from customers returning note, id -> derived c.email o.note, verbatim o.id
update customers set name = email returning name, email -> derived c.email c.name, verbatim c.email
update customers set name = lower(name) returning name -> verbatim c.name
update customers set name = email returning old.name, new.name -> verbatim c.name, derived c.email c.name
update customers set name = email returning with (old as o, new as n) o.name, n.name, n.id -> verbatim c.name, derived c.email c.name, verbatim c.id
update customers c set name = 'x' from orders o where o.id = c.id returning o.*, c.email -> verbatim o.id, verbatim o.customer_id, verbatim o.total, verbatim o.note, verbatim o.status, verbatim c.email
delete from customers returning email, customers -> verbatim c.email, derived c.balance c.born c.email c.id c.name c.ssn c.tags
delete from orders using customers c where c.id = orders.customer_id returning c.email -> verbatim c.email
merge into archive a using customers c on c.id = a.id when matched then update set email = c.email returning merge_action(), a.email, c.email -> constant, derived a.email c.email, verbatim c.email
insert into archive (id, email) values (1, 'x') on conflict (id) do update set email = excluded.short returning email -> derived a.email a.short
with w as (delete from customers returning email) select * from w -> verbatim c.email
with w as (update customers set name = ssn returning name as n) select n from w -> derived c.name c.ssn
update people set mail = 'x' returning mail -> verbatim c.email
copy customers (email, id) to stdout -> verbatim c.email, verbatim c.id
copy (select lower(email) from customers) to stdout -> derived c.email
copy people to stdout -> verbatim c.id, verbatim c.email
declare k cursor for select email from customers -> verbatim c.email
prepare p as select email from customers -> verbatim c.email
""".strip().splitlines()


@pytest.mark.parametrize(("text", "outputs"), [line.split(" -> ") for line in RETURNED], ids=RETURNED)
def test_what_returning_and_copy_show(text: str, outputs: str) -> None:
    assert ", ".join(said(one) for one in traced(text).outputs) == outputs


def test_explain_reads_what_it_would_show_and_filters_what_is_risky() -> None:
    found = traced("explain analyze select email, ssn::int from customers where name = 'x'")
    assert found.outputs == ()
    assert words(found.shaping) == "c.email c.name c.ssn"
    assert words(traced("explain select email, ssn::int from customers").shaping) == "c.ssn"
    assert words(found.matched) == ""
    assert words(found.read) == "c.email c.name c.ssn"
