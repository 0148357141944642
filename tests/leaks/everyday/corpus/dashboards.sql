-- More of what Metabase, Tableau, Grafana, Superset, Looker, Power BI, Redash and dbt send when people click.

--- Metabase: a summary with a filter and a bucket
SELECT CAST("public"."orders"."placed_at" AS date) AS "placed_at", "public"."orders"."status" AS "status", COUNT(*) AS "count" FROM "public"."orders" WHERE ("public"."orders"."placed_at" >= timestamp with time zone '2026-01-01 00:00:00.000Z') AND ("public"."orders"."placed_at" < timestamp with time zone '2026-02-01 00:00:00.000Z') GROUP BY CAST("public"."orders"."placed_at" AS date), "public"."orders"."status" ORDER BY CAST("public"."orders"."placed_at" AS date) ASC, "public"."orders"."status" ASC

--- Metabase: a binned number
SELECT ((FLOOR((("public"."orders"."total" - 0.0) / 250.0)) * 250.0) + 0.0) AS "total", COUNT(*) AS "count" FROM "public"."orders" GROUP BY ((FLOOR((("public"."orders"."total" - 0.0) / 250.0)) * 250.0) + 0.0) ORDER BY ((FLOOR((("public"."orders"."total" - 0.0) / 250.0)) * 250.0) + 0.0) ASC

--- Metabase: distinct values of a filter
SELECT "public"."customers"."country" AS "country" FROM "public"."customers" GROUP BY "public"."customers"."country" ORDER BY "public"."customers"."country" ASC LIMIT 1000

--- Metabase: an object's detail page
-- with: ["17"]
-- covers: email phone national_id street
SELECT "public"."customers"."id" AS "id", "public"."customers"."name" AS "name", "public"."customers"."email" AS "email", "public"."customers"."phone" AS "phone", "public"."customers"."national_id" AS "national_id", "public"."customers"."street" AS "street" FROM "public"."customers" WHERE "public"."customers"."id" = $1 LIMIT 2000

--- Metabase: foreign keys
SELECT "fk_ns"."nspname" AS "fk-table-schema", "fk_table"."relname" AS "fk-table-name", "fk_column"."attname" AS "fk-column-name", "pk_ns"."nspname" AS "pk-table-schema", "pk_table"."relname" AS "pk-table-name", "pk_column"."attname" AS "pk-column-name" FROM "pg_constraint" AS "c" INNER JOIN "pg_class" AS "fk_table" ON "c"."conrelid" = "fk_table"."oid" INNER JOIN "pg_namespace" AS "fk_ns" ON "c"."connamespace" = "fk_ns"."oid" INNER JOIN "pg_attribute" AS "fk_column" ON "c"."conrelid" = "fk_column"."attrelid" INNER JOIN "pg_class" AS "pk_table" ON "c"."confrelid" = "pk_table"."oid" INNER JOIN "pg_namespace" AS "pk_ns" ON "pk_table"."relnamespace" = "pk_ns"."oid" INNER JOIN "pg_attribute" AS "pk_column" ON "c"."confrelid" = "pk_column"."attrelid" WHERE "fk_ns"."nspname" !~ '^information_schema|catalog_history|pg_' AND "c"."contype" = 'f'::char AND "fk_column"."attnum" = ANY("c"."conkey") AND "pk_column"."attnum" = ANY("c"."confkey") AND "fk_ns"."nspname" IN ('public') ORDER BY "fk-table-schema", "fk-table-name", "fk-column-name"

--- Metabase: which privileges there are
with table_privileges as (select NULL as role, t.schemaname as schema, t.objectname as table, pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'update') as update, pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"' || '.' || '"' || replace(t.objectname, '"', '""') || '"', 'select') as select from (select schemaname, tablename as objectname from pg_catalog.pg_tables union select schemaname, viewname as objectname from pg_catalog.pg_views) t where t.schemaname = 'public') select t.* from table_privileges t order by 3

--- Metabase: a running total
SELECT "source"."month" AS "month", SUM(SUM("source"."total")) OVER (ORDER BY "source"."month" ASC ROWS UNBOUNDED PRECEDING) AS "sum" FROM (SELECT DATE_TRUNC('month', "public"."orders"."placed_at") AS "month", "public"."orders"."total" AS "total" FROM "public"."orders") AS "source" GROUP BY "source"."month" ORDER BY "source"."month" ASC

--- Metabase: a pivot with grouping sets by hand
SELECT "c"."country" AS "country", "o"."status" AS "status", ABS(0) AS "pivot-grouping", SUM("o"."total") AS "sum" FROM "public"."orders" "o" LEFT JOIN "public"."customers" AS "c" ON "o"."customer_id" = "c"."id" GROUP BY "c"."country", "o"."status", ABS(0) ORDER BY ABS(0) ASC, "c"."country" ASC, "o"."status" ASC

--- Tableau: number of rows
SELECT SUM(1) AS "cnt:orders:ok" FROM "public"."orders" "orders" HAVING (COUNT(1) > 0)

--- Tableau: measures by a year
SELECT CAST(EXTRACT(YEAR FROM "orders"."placed_at") AS INTEGER) AS "yr:placed_at:ok", SUM("orders"."total") AS "sum:total:ok", AVG(CAST("orders"."total" AS DOUBLE PRECISION)) AS "avg:total:ok" FROM "public"."orders" "orders" GROUP BY 1 ORDER BY 1

--- Tableau: a top ten by a sub-select
SELECT "customers"."city" AS "city", SUM("orders"."total") AS "sum:total:ok" FROM "public"."orders" "orders" INNER JOIN "public"."customers" "customers" ON ("orders"."customer_id" = "customers"."id") INNER JOIN (SELECT "customers"."city" AS "city", SUM("orders"."total") AS "$__alias__0" FROM "public"."orders" "orders" INNER JOIN "public"."customers" "customers" ON ("orders"."customer_id" = "customers"."id") GROUP BY 1 ORDER BY 2 DESC, 1 ASC LIMIT 10) "t0" ON ("customers"."city" = "t0"."city") GROUP BY 1 ORDER BY 1

--- Tableau: a calculated field
SELECT (CASE WHEN "orders"."total" > 500 THEN 'large' WHEN "orders"."total" > 100 THEN 'middling' ELSE 'small' END) AS "Calculation_1", COUNT(DISTINCT "orders"."customer_id") AS "ctd:customer_id:ok" FROM "public"."orders" "orders" GROUP BY 1 ORDER BY 1

--- Tableau: view data
-- covers: email
SELECT "customers"."name" AS "name", "customers"."email" AS "email", "orders"."total" AS "total" FROM "public"."orders" "orders" INNER JOIN "public"."customers" "customers" ON ("orders"."customer_id" = "customers"."id") WHERE (("customers"."country" = 'BE') AND ("orders"."status" = 'paid')) ORDER BY "orders"."id" LIMIT 10001

--- Tableau: a cursor
-- covers: email
BEGIN
--;
DECLARE "SQL_CUR0x5581" CURSOR WITH HOLD FOR SELECT "customers"."id", "customers"."email" FROM "public"."customers" "customers" ORDER BY "customers"."id" LIMIT 20
--;
FETCH 10 IN "SQL_CUR0x5581"
--;
CLOSE "SQL_CUR0x5581"
--;
COMMIT

--- Grafana: a macro for a time group with nulls filled
-- with: ["1"]
SELECT $1::bigint * 0 + floor(extract(epoch from placed_at)/3600)*3600 AS time, count(*) AS orders FROM orders WHERE placed_at BETWEEN '2026-01-01T00:00:00Z' AND '2026-01-08T00:00:00Z' GROUP BY 1 ORDER BY 1

--- Grafana: a variable's values
SELECT DISTINCT country AS __value, country AS __text FROM customers ORDER BY 1

--- Grafana: a table panel
-- scans: subject
SELECT t.id, t.opened_at, t.open, t.subject, c.country FROM support_tickets t JOIN customers c ON c.id = t.customer_id WHERE t.opened_at > '2026-01-01' ORDER BY t.opened_at DESC, t.id LIMIT 50

--- Grafana: a percentile
SELECT date_trunc('week', placed_at) AS "time", percentile_cont(0.95) WITHIN GROUP (ORDER BY total) AS p95, percentile_disc(0.5) WITHIN GROUP (ORDER BY total) AS p50 FROM orders GROUP BY 1 ORDER BY 1

--- Grafana: rate against the week before
SELECT a.day AS "time", a.n AS now, lag(a.n, 7) OVER (ORDER BY a.day) AS then FROM (SELECT date_trunc('day', placed_at) AS day, count(*) AS n FROM orders GROUP BY 1) a ORDER BY 1 LIMIT 60

--- Grafana: the columns of a table
SELECT quote_ident(column_name) AS "column", data_type AS "type" FROM information_schema.columns WHERE CASE WHEN array_length(parse_ident('orders'), 1) = 2 THEN quote_ident(table_schema) = (parse_ident('orders'))[1] AND quote_ident(table_name) = (parse_ident('orders'))[2] ELSE quote_ident(table_name) = 'orders' AND quote_ident(table_schema) IN (SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i, string_to_array(current_setting('search_path'), ',') s) END ORDER BY ordinal_position

--- Superset: a filter box
SELECT country AS country, count(*) AS "COUNT(*)" FROM public.customers GROUP BY country ORDER BY "COUNT(*)" DESC, country LIMIT 10000

--- Superset: time comparison
SELECT DATE_TRUNC('day', placed_at) AS __timestamp, status AS status, sum(total) AS "SUM(total)" FROM public.orders JOIN (SELECT status AS status__, sum(total) AS mme_inner__ FROM public.orders WHERE placed_at >= TO_TIMESTAMP('2026-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY status ORDER BY mme_inner__ DESC LIMIT 5) AS anon_1 ON status = status__ WHERE placed_at >= TO_TIMESTAMP('2026-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY status, DATE_TRUNC('day', placed_at) ORDER BY 1, 2 LIMIT 1000

--- Superset: samples of a table with labels
-- covers: email phone national_id street
SELECT * FROM public.customers LIMIT 100

--- Looker: an explore with a dimension that is masked
-- covers: customers.email
SELECT customers.id AS "customers.id", customers.email AS "customers.email", COALESCE(SUM(orders.total), 0) AS "orders.total_revenue" FROM public.orders AS orders LEFT JOIN public.customers AS customers ON orders.customer_id = customers.id WHERE customers.country = 'BE' GROUP BY 1 ORDER BY 3 DESC, 1 FETCH NEXT 50 ROWS ONLY

--- Looker: a symmetric aggregate
SELECT customers.country AS "customers.country", COUNT(DISTINCT orders.id) AS "orders.count", COALESCE(SUM(order_items.price * order_items.quantity), 0) AS "items.revenue" FROM public.order_items AS order_items LEFT JOIN public.orders AS orders ON order_items.order_id = orders.id LEFT JOIN public.customers AS customers ON orders.customer_id = customers.id GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 500

--- Power BI: a table's preview
-- covers: email phone national_id street
select "$Ordered"."id", "$Ordered"."name", "$Ordered"."email", "$Ordered"."phone", "$Ordered"."country", "$Ordered"."national_id", "$Ordered"."street" from (select "_"."id", "_"."name", "_"."email", "_"."phone", "_"."country", "_"."national_id", "_"."street" from "public"."customers" "_") "$Ordered" order by "$Ordered"."id" limit 1000

--- Power BI: groups of a joined table
select "rows"."country" as "country", sum(cast("rows"."total" as decimal)) as "a0" from (select "$Outer"."total", "$Inner"."country" from "public"."orders" "$Outer" left outer join "public"."customers" "$Inner" on ("$Outer"."customer_id" = "$Inner"."id")) "rows" group by "country" order by 1 limit 1000001

--- Power BI: character sets and types
select character_set_name from INFORMATION_SCHEMA.character_sets

--- Redash: the schema
SELECT s.nspname as table_schema, c.relname as table_name, a.attname as column_name, null as data_type FROM pg_class c JOIN pg_namespace s ON c.relnamespace = s.oid AND s.nspname NOT IN ('pg_catalog', 'information_schema') JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relkind IN ('m', 'f', 'p') AND has_table_privilege(s.nspname || '.' || c.relname, 'select') UNION SELECT table_schema, table_name, column_name, data_type FROM information_schema.columns WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3

--- Redash: a parameterised question
-- with: ["2026-01-01", "2026-02-01", "paid"]
SELECT date(placed_at) AS day, count(1) AS orders, round(avg(total), 2) AS mean FROM orders WHERE placed_at >= $1::date AND placed_at < $2::date AND status = $3 GROUP BY day ORDER BY day

--- dbt: columns of a relation
select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale from "orders".INFORMATION_SCHEMA.columns where table_name = 'orders' and table_schema = 'public' order by ordinal_position

--- dbt: a test that values are accepted
with all_values as (select status as value_field, count(*) as n_records from "public"."orders" group by status) select * from all_values where value_field not in ('placed','paid','shipped','delivered','returned','cancelled')

--- dbt: a test that a key is unique
select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error from (select id as unique_field, count(*) as n_records from public.orders where id is not null group by id having count(*) > 1) dbt_internal_test

--- dbt: show a model
-- covers: email
with customers as (select * from public.customers), payments as (select order_id, sum(amount) as paid from public.payments group by 1), final as (select c.id, sum(p.paid) as lifetime from customers c left join public.orders o on o.customer_id = c.id left join payments p on p.order_id = o.id group by c.id) select c.id, c.name, c.email, f.lifetime from customers c join final f using (id) order by c.id limit 5
