"""Statements over the shop with what must be said of them: outputs | shaping | matched."""

# ruff: noqa: E501 - a table reads best with one case a line

PLAIN = """
select email from customers -> verbatim c.email
select id, c.* from customers c where false -> verbatim c.id, verbatim c.id, verbatim c.name, verbatim c.email, verbatim c.ssn, verbatim c.balance, verbatim c.born, verbatim c.tags
select t.email from customers as t(a, b) -> verbatim c.email
select t.b from customers as t(a, b) -> verbatim c.name
select (customers).ssn from customers -> verbatim c.ssn
select customers from customers -> derived c.balance c.born c.email c.id c.name c.ssn c.tags
select email(customers) from customers -> derived c.balance c.born c.email c.id c.name c.ssn c.tags !c.balance c.born c.email c.id c.name c.ssn c.tags opaque | c.balance c.born c.email c.id c.name c.ssn c.tags
select customers.text from customers -> derived c.balance c.born c.email c.id c.name c.ssn c.tags !c.balance c.born c.email c.id c.name c.ssn c.tags | c.balance c.born c.email c.id c.name c.ssn c.tags
select ctid, tableoid from customers -> derived c.balance c.born c.email c.id c.name c.ssn c.tags, constant
select s.email from (select email from customers) s -> verbatim c.email
select s.lower from (select lower(email) from customers) s -> derived c.email
select s.x from (select email as x from customers offset 0) s -> verbatim c.email
with q as (select email from customers) select * from q -> verbatim c.email
with q(m) as (select email from customers) select m from q -> verbatim c.email
with customers as (select 1 as email) select email from customers -> constant
with customers as (select 1 as email) select email from public.customers -> verbatim c.email
with a as (select email from customers), b as (select * from a) select * from b -> verbatim c.email
with customers as (select * from customers) select email from customers -> verbatim c.email
with a as (select 1 as x) select * from (with a as (select email as x from customers) select * from a) s, a -> verbatim c.email, constant
select (select email from customers limit 1) -> derived c.email
select array(select email from customers) -> derived c.email
select (select c.email) from customers c -> derived c.email
select x from customers c, lateral (select c.email as x) l -> verbatim c.email
select (select x from (select c.email as x) s) from customers c -> derived c.email
select repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), left(email, 1) as e from customers -> constant, constant, constant, constant, constant, constant, constant, constant, constant, derived c.email !c.email
select repeat('x', 1000000), left(email, 1) as e, email from customers -> constant, derived c.email, verbatim c.email
select mail from people -> verbatim c.email
select mail from rich -> verbatim c.email | c.balance c.id
select p from people p -> derived c.email c.id
select id from casts -> verbatim c.id
select n from casts -> derived c.ssn !c.ssn
select email from customers union all select email from customers -> verbatim c.email
select email from customers union all select name from customers -> derived c.email c.name
select email from customers union all select 'x' -> derived c.email
select * from (select email, id from customers union all select email, id from customers) s -> verbatim c.email, verbatim c.id
values (1), (2) -> constant
select * from (values (1, 'a')) v(n, t) -> constant, constant
select column1 from (values ((select email from customers))) v -> derived c.email
table people -> verbatim c.id, verbatim c.email
select email x from customers order by id -> verbatim c.email | c.id
select *, name from customers natural join (select 1 as id) s -> verbatim c.id, verbatim c.name, verbatim c.email, verbatim c.ssn, verbatim c.balance, verbatim c.born, verbatim c.tags, verbatim c.name | c.id
select id from customers join docs using (id) -> verbatim c.id d.id | c.id d.id
select k.id, c.id, d.id from customers c join docs d using (id) as k -> verbatim c.id d.id, verbatim c.id, verbatim d.id | c.id d.id
select j.note from (customers c join orders o on o.customer_id = c.id) j -> verbatim o.note | c.id o.customer_id
select j.f from (customers c join orders o on true) as j(a, b, e, f) -> verbatim c.ssn
select id from customers full join docs using (id) -> derived c.id d.id | c.id d.id
select email, count(*) from customers group by 1 -> verbatim c.email, constant | c.email
select left(email, 1) as name from customers group by name -> derived c.email | c.name
select left(email, 1) as name from customers order by name -> derived c.email | c.email
select left(email, 1) as k from customers group by k -> derived c.email | c.email
select left(email, 1) as k from customers order by 1 -> derived c.email | c.email
select name from customers order by email desc -> verbatim c.name | c.email
select name from customers group by name having max(email) > 'a' -> verbatim c.name | c.email c.name
select distinct email from customers -> verbatim c.email | c.email
select distinct on (email) name from customers -> verbatim c.name | c.email
select name from customers limit (select length(email) from customers) -> verbatim c.name | c.email
select name from customers group by rollup (name, email) -> verbatim c.name | c.email c.name
select name from customers group by grouping sets ((name), (email), ()) -> verbatim c.name | c.email c.name
select grouping(email) from customers group by email -> constant | c.email
select rank() over (order by email) from customers -> constant | c.email
select rank() over w from customers window w as (partition by email) -> constant | c.email
select count(*) filter (where email like 'a%') from customers -> constant | c.email
select string_agg(name, ',' order by email) from customers -> derived c.name | c.email
select count(distinct email) from customers -> derived c.email
select max(email), min(email), count(email) from customers -> derived c.email, derived c.email, derived c.email
select email from customers union select name from customers -> derived c.email c.name | c.email c.name
select email from customers except all select name from customers -> derived c.email c.name | c.email c.name
select unnest(tags) from customers -> derived c.tags !c.tags | c.tags
select t from customers, unnest(tags) as t -> derived c.tags !c.tags | c.tags
select t.* from customers, unnest(tags) with ordinality as t(v, n) -> derived c.tags !c.tags, constant | c.tags
select key, value from docs, jsonb_each(body) -> derived d.body !d.body, derived d.body !d.body | d.body
select name from customers where exists (select 1 from orders o where o.customer_id = customers.id) -> verbatim c.name | c.id o.customer_id
select name from customers where id in (select customer_id from orders) -> verbatim c.name | c.id o.customer_id
select email in (select note from orders) from customers -> derived c.email o.note !c.email o.note
select email is null from customers -> derived c.email
select name from customers where email is null -> verbatim c.name | c.email
select name from customers for update of customers -> verbatim c.name
select name from customers tablesample system (10) -> verbatim c.name
select generate_series(1, length(email)) from customers -> derived c.email !c.email | c.email
select n from (select 1 as n union all select 2) s -> constant
with recursive r(n, e) as (select 1, email from customers union all select n + 1, e from r where n < 3) select e from r -> verbatim c.email
with recursive r(n, e) as (select 1, 'x'::text union all select n + 1, (select email from customers limit 1) from r) select e from r -> derived c.email
with recursive r(a, b) as (select 'x'::text, email from customers union all select b, a from r) select a, b from r -> derived c.email, derived c.email
with recursive r(a, b) as (select 'x'::text, email from customers union select b, a from r) select a from r -> derived c.email | c.email
with recursive b as (select * from a), a as (select email from customers) select * from b -> verbatim c.email
""".strip()

TOTAL = """
email || ' ' || name -> derived c.email c.name
lower(trim(email)) || '!' -> derived c.email
length(email) -> derived c.email
coalesce(email, 'none') -> derived c.email
nullif(email, '') -> derived c.email
greatest(email, 'm') -> derived c.email
case when email like '%@x.org' then 'in' else 'out' end -> derived c.email
case email when 'a' then 1 else 2 end -> derived c.email
case when email > 'm' then id end -> derived c.email c.id
email = 'x' -> derived c.email
email <> name -> derived c.email c.name
email in ('a', 'b') -> derived c.email
email between 'a' and 'b' -> derived c.email
email = any(array['a', 'b']) -> derived c.email
email = any(tags) -> derived c.email c.tags
email is distinct from 'x' -> derived c.email
not (email = 'x') -> derived c.email
email = 'x' and ssn = 'y' -> derived c.email c.ssn
(email, ssn) = ('a', 'b') -> derived c.email c.ssn
email like 'a%' -> derived c.email
email like 'a\\' -> derived c.email !c.email
email like name -> derived c.email c.name !c.email c.name
email ~ 'a' -> derived c.email !c.email
email similar to 'a' -> derived c.email !c.email
substr(email, 1, 3) -> derived c.email
substr(email, 1, -3) -> derived c.email !c.email
substr(email, id) -> derived c.email c.id !c.email c.id
left(email, id) -> derived c.email c.id
split_part(email, '@', 2) -> derived c.email
split_part(email, '@', 0) -> derived c.email !c.email
replace(email, 'a', 'b') -> derived c.email
md5(email) -> derived c.email
concat(email, ' ', id, balance) -> derived c.balance c.email c.id
format('%s <%s>', name, email) -> derived c.email c.name
format('%I', email) -> derived c.email !c.email
format('%s %s', email) -> derived c.email !c.email
format('%1000000s', email) -> derived c.email !c.email
format(email, 1) -> derived c.email !c.email
json_build_object('e', email) -> derived c.email
json_build_object(email, 1) -> derived c.email !c.email
json_object('e': email) -> derived c.email
to_json(email) -> derived c.email
row_to_json(customers) -> derived c.balance c.born c.email c.id c.name c.ssn c.tags
to_jsonb(customers) -> derived c.balance c.born c.email c.id c.name c.ssn c.tags
row(email, id) -> derived c.email c.id
array[email, name] -> derived c.email c.name
tags[1] -> derived c.tags
tags[id] -> derived c.id c.tags !c.id c.tags
email::text -> derived c.email
email::varchar(3) -> derived c.email
balance::text -> derived c.balance
ssn::int -> derived c.ssn !c.ssn
balance + 1 -> derived c.balance !c.balance
balance > 100 -> derived c.balance
id / 0 -> derived c.id !c.id
round(balance, 2) -> derived c.balance
extract(year from born) -> derived c.born
age(born) -> derived c.born !c.born | c.born
born > '2000-01-01' -> derived c.born
born + 1 -> derived c.born !c.born
email::mytype -> derived c.email !c.email opaque | c.email
my_function(email) -> derived c.email !c.email opaque | c.email
my_function(1) -> opaque
public.lower(email) -> derived c.email !c.email opaque | c.email
email operator(public.=) 'x' -> derived c.email !c.email opaque | c.email
email operator(pg_catalog.=) 'x' -> derived c.email
case when email like 'a%' then 1/0 end -> derived c.email !c.email
case when id = 1 then 'x' when email like 'a%' then 1::text else (id / 0)::text end -> derived c.email c.id !c.email c.id
case when email like 'a%' then pg_sleep(5)::text end -> derived c.email !c.email | c.email
case when email like 'a%' then (select 1) end -> derived c.email !c.email | c.email
case when email like 'a%' then my_function(1) end -> derived c.email !c.email opaque | c.email
case when email like 'a%' then (1e30::money)::text end -> derived c.email !c.email
case when email like 'a%' then '-1'::information_schema.cardinal_number end -> derived c.email !c.email opaque | c.email
case when email like 'a%' then 7::smallint else '5'::int end -> derived c.email
coalesce(email, (id / 0)::text) -> derived c.email c.id !c.email c.id
email = 'a' and 1 / id > 0 -> derived c.email c.id !c.email c.id
1 / id > 0 or email = 'a' -> derived c.email c.id !c.email c.id
pg_sleep(length(email)) -> derived c.email !c.email | c.email
nextval(email) -> derived c.email !c.email | c.email
query_to_xml(email, true, true, '') -> derived c.email !c.email opaque | c.email
repeat(email, 1000000000) -> derived c.email !c.email
cardinality(array[repeat(email, 8000), repeat('x', 1000000)]) -> derived c.email !c.email
count(row(repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), repeat('x', 1000000), left(email, 1))) -> derived c.email !c.email
repeat('x', 1073741800) || email -> derived c.email !c.email
lpad(email, 1073741800) -> derived c.email !c.email
replace(replace(replace(email, 'a', repeat('x', 1000)), 'x', repeat('y', 1000)), 'y', 'yy') -> derived c.email !c.email
lower(email collate "C") -> derived c.email
lower((email collate "C") || name) -> derived c.email c.name
email::xml -> derived c.email !c.email
xmlelement(name a, email) -> derived c.email !c.email
json(email) -> derived c.email !c.email
json_value(email, '$') -> derived c.email !c.email
convert_from(email::bytea, 'UTF8') -> derived c.email !c.email | c.email
set_config('a.b', email, false) -> derived c.email !c.email | c.email
pg_notify('c', email) -> derived c.email !c.email | c.email
lo_from_bytea(0, email::bytea) -> derived c.email !c.email opaque | c.email
lag(email) over () -> derived c.email
first_value(email) over () -> derived c.email
sum(balance) -> derived c.balance
sum(case when email like 'a%' then 2147483647 end) -> derived c.email !c.email
string_agg(email, ',') -> derived c.email
string_agg(case when email like 'a%' then 'x' end, ',') -> derived c.email !c.email
array_agg(email) -> derived c.email
json_agg(customers) -> derived c.balance c.born c.email c.id c.name c.ssn c.tags
percentile_cont(0.5) within group (order by balance) -> derived c.balance !c.balance | c.balance
avg(balance) -> derived c.balance
current_user -> constant
$1 -> constant
$1 || email -> derived c.email
nullif('x', email) -> derived c.email
nullif('x', email)::int -> derived c.email !c.email
nullif($1, email)::int -> derived c.email !c.email
nullif(id, 7)::int -> derived c.id
case when email like 'a%' then $1::int end -> derived c.email !c.email
case when email like 'a%' then $1::text end -> derived c.email
case when email like 'a%' then $1 = $2 end -> derived c.email !c.email
case when email like 'a%' then name || $1 end -> derived c.email c.name !c.email
case when email like 'a%' then length($1) end -> derived c.email !c.email
case when email like 'a%' then tags[$1] end -> derived c.email c.tags !c.email
case when email like 'a%' then jsonb_build_object('a', $1) end -> derived c.email !c.email
sum(case when email like 'a%' then 9e131071 else 0 end) -> derived c.email !c.email
sum(case when email like 'a%' then '9e131071'::numeric else 0 end) -> derived c.email !c.email
avg(case when email like 'a%' then balance else 0 end) -> derived c.balance c.email !c.balance c.email
avg(case when email like 'a%' then 1.5 else 0 end) -> derived c.email
round(avg(balance), 2) -> derived c.balance
round(case when email like 'a%' then balance else 0 end) -> derived c.balance c.email !c.balance c.email
case when email like 'a%' then round(balance) end -> derived c.balance c.email !c.email
array[balance]::numeric(3)[] -> derived c.balance !c.balance
array[balance]::numeric[] -> derived c.balance
case when email like 'a%' then 5::bigint else -1 end = 7::oid -> derived c.email !c.email
array_agg(case when email like 'a%' then '{}'::inet[] else '{::1}'::inet[] end) -> derived c.email !c.email
""".strip()
