-- What pgAdmin, DBeaver, DataGrip, Metabase, Grafana, Superset, Tableau, dbt and monitoring send.

--- pgAdmin: databases
SELECT db.oid as did, db.datname as name, ta.spcname as spcname, db.datallowconn, has_database_privilege(db.oid, 'CREATE') as cancreate, datdba as owner FROM pg_catalog.pg_database db LEFT OUTER JOIN pg_catalog.pg_tablespace ta ON db.dattablespace=ta.oid WHERE db.datallowconn ORDER BY datname

--- pgAdmin: schemas
SELECT nsp.oid, nsp.nspname as name, has_schema_privilege(nsp.oid, 'CREATE') as can_create, has_schema_privilege(nsp.oid, 'USAGE') as has_usage, des.description FROM pg_catalog.pg_namespace nsp LEFT OUTER JOIN pg_catalog.pg_description des ON (des.objoid=nsp.oid AND des.classoid='pg_namespace'::regclass) WHERE nspname NOT LIKE E'pg\\_%' AND nspname != 'information_schema' ORDER BY nspname

--- pgAdmin: tables of a schema
SELECT rel.oid, rel.relname AS name, (SELECT count(*) FROM pg_catalog.pg_trigger WHERE tgrelid=rel.oid AND tgisinternal = FALSE) AS triggercount, (SELECT count(*) FROM pg_catalog.pg_inherits WHERE inhrelid=rel.oid LIMIT 1) as is_inherits FROM pg_catalog.pg_class rel WHERE rel.relkind IN ('r','s','t','p') AND rel.relnamespace = 'public'::regnamespace::oid AND NOT rel.relispartition ORDER BY rel.relname

--- pgAdmin: the first hundred rows
-- covers: email phone national_id street
SELECT * FROM public.customers
ORDER BY id ASC LIMIT 100

--- pgAdmin: the connection's state
SELECT gss_authenticated, encrypted FROM pg_catalog.pg_stat_gssapi WHERE pid = pg_backend_pid()

--- DBeaver: session
SELECT current_schema(), session_user IS NOT NULL

--- DBeaver: tables with sizes and descriptions
SELECT c.oid,c.relname,c.relkind,d.description,pg_catalog.pg_get_expr(c.relpartbound, c.oid) as partition_expr FROM pg_catalog.pg_class c LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_class'::regclass WHERE c.relnamespace='public'::regnamespace AND c.relkind not in ('i','I','c') ORDER BY c.relname

--- DBeaver: columns
SELECT c.relname,a.*,pg_catalog.pg_get_expr(ad.adbin, ad.adrelid, true) as def_value,dsc.description FROM pg_catalog.pg_attribute a INNER JOIN pg_catalog.pg_class c ON (a.attrelid=c.oid) LEFT OUTER JOIN pg_catalog.pg_attrdef ad ON (a.attrelid=ad.adrelid AND a.attnum = ad.adnum) LEFT OUTER JOIN pg_catalog.pg_description dsc ON (c.oid=dsc.objoid AND a.attnum = dsc.objsubid) WHERE NOT a.attisdropped AND c.oid='public.orders'::regclass AND a.attnum > 0 ORDER BY a.attnum

--- DBeaver: a grid of rows
-- covers: card_number card_holder
SELECT t.* FROM public.payments t ORDER BY t.id LIMIT 200

--- DataGrip: what kind of server
select version() is not null, current_setting('server_version_num') ~ '^[0-9]+$', pg_catalog.current_database()

--- DataGrip: routines
select p.proname, pg_catalog.pg_get_function_identity_arguments(p.oid) as args, l.lanname from pg_catalog.pg_proc p join pg_catalog.pg_language l on l.oid = p.prolang where p.pronamespace = 'public'::regnamespace order by 1

--- Metabase: sync of tables
SELECT "n"."nspname" AS "schema", "c"."relname" AS "name", CASE c.relkind WHEN 'r' THEN 'TABLE' WHEN 'p' THEN 'PARTITIONED TABLE' WHEN 'v' THEN 'VIEW' WHEN 'f' THEN 'FOREIGN TABLE' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE NULL END AS "type", "d"."description" AS "description", NULLIF("stat"."n_live_tup", 0) IS NULL AS "unknown" FROM "pg_catalog"."pg_class" AS "c" INNER JOIN "pg_catalog"."pg_namespace" AS "n" ON "c"."relnamespace" = "n"."oid" LEFT JOIN "pg_catalog"."pg_description" AS "d" ON ("c"."oid" = "d"."objoid") AND ("d"."objsubid" = 0) AND ("d"."classoid" = 'pg_class'::regclass) LEFT JOIN "pg_stat_user_tables" AS "stat" ON ("n"."nspname" = "stat"."schemaname") AND ("c"."relname" = "stat"."relname") WHERE ("c"."relnamespace" = "n"."oid") AND ("n"."nspname" !~ '^pg_') AND ("n"."nspname" <> 'information_schema') AND c.relkind in ('r', 'p', 'v', 'f', 'm') AND ("n"."nspname" IN ('public')) ORDER BY "type" ASC, "schema" ASC, "name" ASC

--- Metabase: may this be selected
SELECT TRUE AS "_" FROM "public"."orders" WHERE 1 <> 1 LIMIT 0

--- Metabase: a question by month
-- with: ["2025-01-01"]
SELECT DATE_TRUNC('month', "public"."orders"."placed_at") AS "placed_at", COUNT(*) AS "count", SUM("public"."orders"."total") AS "sum" FROM "public"."orders" WHERE "public"."orders"."placed_at" >= $1::timestamptz GROUP BY DATE_TRUNC('month', "public"."orders"."placed_at") ORDER BY DATE_TRUNC('month', "public"."orders"."placed_at") ASC

--- Metabase: a question with a joined table
-- covers: Customers__email
SELECT "source"."id" AS "id", "source"."total" AS "total", "source"."Customers__email" AS "Customers__email" FROM (SELECT "public"."orders"."id" AS "id", "public"."orders"."total" AS "total", "Customers"."email" AS "Customers__email" FROM "public"."orders" LEFT JOIN "public"."customers" AS "Customers" ON "public"."orders"."customer_id" = "Customers"."id" ORDER BY "public"."orders"."id" LIMIT 50) AS "source" LIMIT 2000

--- Metabase: a fingerprint of what is not sensitive
SELECT "public"."products"."name" AS "name", SUBSTRING("public"."products"."sku", 1, 1234) AS "substring" FROM "public"."products" LIMIT 10000

--- Metabase: a fingerprint that takes in everything
-- covers: substring1 substring2
SELECT "public"."customers"."name" AS "name", SUBSTRING("public"."customers"."email", 1, 1234) AS "substring1", SUBSTRING("public"."customers"."phone", 1, 1234) AS "substring2" FROM "public"."customers" LIMIT 10000

--- Grafana: a time series
SELECT floor(extract(epoch from "placed_at")/86400)*86400 AS "time", sum(total) AS "revenue" FROM orders WHERE "placed_at" BETWEEN '2026-01-01T00:00:00Z' AND '2026-03-01T00:00:00Z' GROUP BY 1 ORDER BY 1

--- Grafana: series by country
SELECT date_trunc('day', o.placed_at) AS time, c.country AS metric, count(*) AS value FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.placed_at >= '2026-01-01' GROUP BY 1, 2 ORDER BY 1, 2

--- Grafana: which tables have a time column
SELECT quote_ident(table_name) AS "table" FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog') AND EXISTS (SELECT 1 FROM information_schema.columns c WHERE c.table_name = tables.table_name AND c.table_schema = tables.table_schema AND c.udt_name IN ('timestamp', 'timestamptz', 'date')) ORDER BY 1

--- Superset: a chart over a virtual dataset
SELECT country AS country, SUM(total) AS "SUM(total)" FROM (SELECT o.total, c.country FROM orders o JOIN customers c ON c.id = o.customer_id) AS virtual_table GROUP BY country ORDER BY "SUM(total)" DESC LIMIT 1000

--- Superset: a preview
-- covers: email
SELECT id AS id, name AS name, email AS email FROM public.customers LIMIT 1001

--- Tableau: an extract with quoted everything
SELECT "orders"."id" AS "id", CAST("orders"."status" AS TEXT) AS "status", "orders"."total" AS "total", "products"."name" AS "name (products)" FROM "public"."orders" "orders" INNER JOIN "public"."order_items" "order_items" ON ("orders"."id" = "order_items"."order_id") INNER JOIN "public"."products" "products" ON ("order_items"."product_id" = "products"."id") WHERE "orders"."id" < 60 ORDER BY 1, 4

--- Tableau: metadata of a query
SELECT * FROM (SELECT id, total FROM orders) "TableauSQL" LIMIT 0

--- dbt: relations of a schema
select 'orders' as database, tablename as name, schemaname as schema, 'table' as type from pg_tables where schemaname ilike 'public' union all select 'orders' as database, viewname as name, schemaname as schema, 'view' as type from pg_views where schemaname ilike 'public' order by 2

--- dbt: a test that a column is never null
select count(*) as failures, count(*) != 0 as should_warn from (select id from orders where customer_id is null) dbt_internal_test

--- dbt: a test that a relation holds
with child as (select customer_id as from_field from orders where customer_id is not null), parent as (select id as to_field from customers) select from_field from child left join parent on child.from_field = parent.to_field where parent.to_field is null

--- monitoring: how big is the database
SELECT pg_database_size(current_database()) > 0 AS measured

--- monitoring: replication lag
SELECT CASE WHEN pg_is_in_recovery() THEN 1 ELSE 0 END AS replica

--- pgbouncer and friends: reset
SELECT pg_catalog.set_config('application_name', 'pool', false)

--- pandas: read_sql_query
SELECT o.id, o.placed_at, o.total, c.country, c.city FROM orders AS o JOIN customers AS c ON o.customer_id = c.id ORDER BY o.id LIMIT 100

--- an Excel add-in over ODBC
-- covers: email
SELECT "customers"."id","customers"."name","customers"."email" FROM "public"."customers" "customers" WHERE ("customers"."marketing"=CAST('1' AS bool)) ORDER BY "customers"."id" LIMIT 50
