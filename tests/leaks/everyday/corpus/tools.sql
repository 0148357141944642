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

--- PostgREST: relationships
WITH keys AS (SELECT connamespace, conrelid, jsonb_agg(info.cols) AS cols FROM pg_constraint JOIN LATERAL (SELECT array_agg(a.attname ORDER BY a.attnum) AS cols FROM (SELECT unnest(conkey) AS col) _ JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = col) info ON true WHERE contype IN ('p', 'u') AND connamespace::regnamespace::text <> 'pg_catalog' GROUP BY connamespace, conrelid)
SELECT ns.nspname AS table_schema, tab.relname AS table_name, other.relname AS foreign_table, (ns.nspname, tab.relname) = (ns2.nspname, other.relname) AS is_self, fk.conname, ci.cols_and_fcols, (ci.cols IN (SELECT * FROM jsonb_array_elements(k.cols))) AS one_to_one
FROM pg_constraint fk JOIN LATERAL (SELECT array_agg(row(c.attname, r.attname) ORDER BY ord) AS cols_and_fcols, jsonb_agg(c.attname ORDER BY c.attnum) AS cols FROM unnest(fk.conkey, fk.confkey) WITH ORDINALITY AS _(col, ref, ord) JOIN pg_attribute c ON c.attrelid = fk.conrelid AND c.attnum = col JOIN pg_attribute r ON r.attrelid = fk.confrelid AND r.attnum = ref) ci ON true
JOIN pg_namespace ns ON ns.oid = fk.connamespace JOIN pg_class tab ON tab.oid = fk.conrelid JOIN pg_class other ON other.oid = fk.confrelid JOIN pg_namespace ns2 ON ns2.oid = other.relnamespace LEFT JOIN keys k ON k.connamespace = fk.connamespace AND k.conrelid = fk.conrelid
WHERE fk.contype = 'f' AND fk.conparentid = 0 ORDER BY fk.conrelid, fk.conname

--- PostgREST: a request
-- covers: body page_total
WITH pgrst_source AS (SELECT "public"."customers"."id", "public"."customers"."name", "public"."customers"."email" FROM "public"."customers" WHERE "public"."customers"."country" = 'DE' ORDER BY "public"."customers"."id" LIMIT 5 OFFSET 0) SELECT null::bigint AS total_result_set, pg_catalog.count(_postgrest_t) AS page_total, coalesce(json_agg(_postgrest_t), '[]') AS body FROM (SELECT * FROM pgrst_source) _postgrest_t

--- PostgREST: functions
SELECT pn.nspname AS proc_schema, p.proname AS proc_name, d.description, COALESCE(p.proargnames, '{}') AS names, tn.nspname, COALESCE(comp.relname, t.typname) AS name, p.proretset AS rettype_is_setof, p.provolatile, p.provariadic > 0 AS hasvariadic FROM pg_proc p JOIN pg_namespace pn ON pn.oid = p.pronamespace JOIN pg_type t ON t.oid = p.prorettype JOIN pg_namespace tn ON tn.oid = t.typnamespace LEFT JOIN pg_class comp ON comp.oid = t.typrelid LEFT JOIN pg_description d ON d.objoid = p.oid AND d.classoid = 'pg_proc'::regclass WHERE t.oid <> 'trigger'::regtype AND prokind = 'f' AND pn.nspname = ANY ('{public,crm}') ORDER BY 1, 2

--- PostgREST: time zones
SELECT count(name) > 100 FROM pg_timezone_names

--- Hasura: tables with columns as documents
SELECT s.nspname AS table_schema, t.relname AS table_name, jsonb_build_object('oid', t.oid::integer, 'columns', coalesce(cols.info, '[]'), 'primary_key', pk.info, 'view_info', CASE WHEN t.relkind IN ('v', 'm') THEN jsonb_build_object('is_updatable', ((pg_catalog.pg_relation_is_updatable(t.oid, true) & 4) = 4)) END, 'description', d.description)::json AS info
FROM pg_catalog.pg_class t JOIN pg_catalog.pg_namespace s ON s.oid = t.relnamespace LEFT JOIN pg_catalog.pg_description d ON d.classoid = 'pg_catalog.pg_class'::regclass AND d.objoid = t.oid AND d.objsubid = 0
LEFT JOIN LATERAL (SELECT jsonb_agg(jsonb_build_object('name', c.attname, 'position', c.attnum, 'type', coalesce(b.typname, y.typname), 'is_nullable', NOT c.attnotnull, 'description', pg_catalog.col_description(t.oid, c.attnum)) ORDER BY c.attnum) AS info FROM pg_catalog.pg_attribute c LEFT JOIN pg_catalog.pg_type y ON y.oid = c.atttypid LEFT JOIN pg_catalog.pg_type b ON y.typtype = 'd' AND b.oid = y.typbasetype WHERE c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped) cols ON true
LEFT JOIN LATERAL (SELECT jsonb_build_object('constraint', i.relname, 'columns', (SELECT jsonb_agg(c.attname ORDER BY c.attnum) FROM pg_catalog.pg_attribute c WHERE c.attrelid = t.oid AND c.attnum = ANY (x.indkey))) AS info FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = t.oid AND x.indisprimary) pk ON true
WHERE t.relkind IN ('r', 't', 'v', 'm', 'f', 'p') AND s.nspname IN ('public', 'crm') ORDER BY 1, 2

--- Metabase: fields of a schema
SELECT c.column_name AS name, c.udt_name AS "database-type", c.ordinal_position - 1 AS position, c.table_schema AS "table-schema", c.table_name AS "table-name", pk.column_name IS NOT NULL AS "pk?", col_description(CAST(CAST(format('%I.%I', CAST(c.table_schema AS TEXT), CAST(c.table_name AS TEXT)) AS REGCLASS) AS OID), c.ordinal_position) AS "field-comment", (column_default IS NULL OR LOWER(column_default) = 'null') AND is_nullable = 'NO' AND NOT ((column_default IS NOT NULL AND column_default LIKE '%nextval(%') OR is_identity <> 'NO') AS "database-required" FROM information_schema.columns AS c LEFT JOIN (SELECT tc.table_schema, tc.table_name, kc.column_name FROM information_schema.table_constraints AS tc INNER JOIN information_schema.key_column_usage AS kc ON tc.constraint_name = kc.constraint_name AND tc.table_schema = kc.table_schema AND tc.table_name = kc.table_name WHERE tc.constraint_type = 'PRIMARY KEY') AS pk ON c.table_schema = pk.table_schema AND c.table_name = pk.table_name AND c.column_name = pk.column_name WHERE c.table_schema !~ '^information_schema|catalog_history|pg_' AND c.table_schema IN ('crm') ORDER BY "table-schema", "table-name", position

--- Metabase: who may select what
WITH table_privileges AS (SELECT NULL AS role, t.schemaname AS schema, t.objectname AS "table", pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"."' || replace(t.objectname, '"', '""') || '"', 'update') AS update, pg_catalog.has_any_column_privilege(current_user, '"' || replace(t.schemaname, '"', '""') || '"."' || replace(t.objectname, '"', '""') || '"', 'select') AS select FROM (SELECT schemaname, tablename AS objectname FROM pg_catalog.pg_tables UNION SELECT schemaname, viewname FROM pg_catalog.pg_views UNION SELECT schemaname, matviewname FROM pg_catalog.pg_matviews) t WHERE t.schemaname !~ '^pg_' AND t.schemaname <> 'information_schema' AND pg_catalog.has_schema_privilege(current_user, t.schemaname, 'USAGE')) SELECT t.* FROM table_privileges t WHERE t.select ORDER BY 2, 3

--- Metabase: field values
SELECT "crm"."people"."title" AS "title" FROM "crm"."people" GROUP BY "crm"."people"."title" ORDER BY "crm"."people"."title" ASC LIMIT 1001

--- Metabase: people by week with a joined account
SELECT CAST(DATE_TRUNC('week', "crm"."people"."created_at") AS timestamp) AS "created_at", "Accounts"."plan" AS "plan", COUNT(*) AS "count" FROM "crm"."people" LEFT JOIN "crm"."accounts" AS "Accounts" ON "crm"."people"."account_id" = "Accounts"."id" WHERE "crm"."people"."created_at" >= DATE_TRUNC('year', timestamp '2025-06-01') GROUP BY 1, 2 ORDER BY 1 ASC, 2 ASC

--- Metabase: not empty
SELECT COUNT(*) AS "count" FROM "crm"."people" WHERE "crm"."people"."phone" IS NOT NULL

--- Superset: a chart's query
SELECT DATE_TRUNC('day', placed_at) AS placed_at, status AS status, sum(total) AS "SUM(total)", COUNT(DISTINCT customer_id) AS "COUNT_DISTINCT(customer_id)" FROM public.orders JOIN (SELECT status AS status__, sum(total) AS mme_inner__ FROM public.orders GROUP BY status ORDER BY mme_inner__ DESC LIMIT 3) AS series_limit ON status = status__ WHERE placed_at >= TO_TIMESTAMP('2025-01-01 00:00:00.000000', 'YYYY-MM-DD HH24:MI:SS.US') GROUP BY DATE_TRUNC('day', placed_at), status ORDER BY "SUM(total)" DESC, 1, 2 LIMIT 100

--- Superset: rows of a dataset
-- covers: email phone
SELECT id AS id, full_name AS full_name, email AS email, phone AS phone, created_at AS created_at FROM crm.people ORDER BY id LIMIT 100

--- Superset: a virtual dataset
SELECT country AS country, COUNT(*) AS count FROM (SELECT c.*, o.total FROM customers c JOIN orders o ON o.customer_id = c.id) AS virtual_table GROUP BY country ORDER BY count DESC LIMIT 100

--- Grafana: macros expanded
SELECT floor(extract(epoch from placed_at)/86400)*86400 AS "time", status::text AS metric, count(*) AS value FROM orders WHERE placed_at BETWEEN '2025-01-01T00:00:00Z' AND '2026-12-31T00:00:00Z' GROUP BY 1, 2 ORDER BY 1, 2

--- Grafana: a table panel
-- covers: email
SELECT t.opened_at AS "time", t.subject, c.name, c.email FROM support_tickets t JOIN customers c ON c.id = t.customer_id WHERE t.open ORDER BY t.opened_at DESC, t.id LIMIT 20

--- Grafana: tables to choose from
SELECT CASE WHEN quote_ident(table_schema) IN (SELECT CASE WHEN trim(s[i]) = '"$user"' THEN user ELSE trim(s[i]) END FROM generate_series(array_lower(string_to_array(current_setting('search_path'), ','), 1), array_upper(string_to_array(current_setting('search_path'), ','), 1)) AS i, string_to_array(current_setting('search_path'), ',') s) THEN quote_ident(table_name) ELSE quote_ident(table_schema) || '.' || quote_ident(table_name) END AS "table" FROM information_schema.tables WHERE quote_ident(table_schema) NOT IN ('information_schema', 'pg_catalog', '_timescaledb_cache') ORDER BY 1

--- Tableau: a cast and quoted sheet
SELECT "customers"."country" AS "country", SUM(CAST("orders"."total" AS DOUBLE PRECISION)) AS "sum:total:ok", COUNT(DISTINCT "customers"."id") AS "ctd:id:ok" FROM "public"."orders" "orders" INNER JOIN "public"."customers" "customers" ON ("orders"."customer_id" = "customers"."id") GROUP BY 1 ORDER BY 1

--- Tableau: a sheet of people
-- covers: email
SELECT "people"."id" AS "id", "people"."email" AS "email", MIN("people"."score") AS "TEMP(score)" FROM "crm"."people" "people" WHERE ("people"."deleted_at" IS NULL) GROUP BY 1, 2 ORDER BY 1 LIMIT 50

--- Power BI: preview with a wrapped sub-select
-- covers: email
select "$Table"."id" as "id", "$Table"."name" as "name", "$Table"."email" as "email", "$Table"."country" as "country" from "public"."customers" "$Table" order by 1 limit 200 offset 0

--- Power BI: folded groups
select "rows"."country" as "country", count(1) as "a0", sum("rows"."total") as "a1" from (select "o"."total", "c"."country" from "public"."orders" "o" left outer join "public"."customers" "c" on ("o"."customer_id" = "c"."id")) "rows" group by "country" order by "country" limit 1000001

--- dbt: a test of uniqueness
select count(*) as failures, count(*) != 0 as should_warn, count(*) != 0 as should_error from (select id as unique_field, count(*) as n_records from crm.people where id is not null group by id having count(*) > 1) dbt_internal_test

--- dbt: a test of not null
select count(*) as failures, count(*) != 0 as should_warn from (select email from crm.people where email is null) dbt_internal_test

--- dbt: a test of relationships
select count(*) as failures from (with child as (select customer_id as from_field from orders where customer_id is not null), parent as (select id as to_field from customers) select from_field from child left join parent on child.from_field = parent.to_field where parent.to_field is null) dbt_internal_test

--- dbt: a test of accepted values
select count(*) as failures from (with all_values as (select status as value_field, count(*) as n_records from orders group by status) select * from all_values where value_field not in ('placed','paid','shipped','delivered','returned','cancelled')) dbt_internal_test

--- dbt: dependencies
with relation as (select pg_rewrite.ev_class as class, pg_rewrite.oid as id from pg_rewrite), class as (select oid as id, relname as name, relnamespace as schema, relkind as kind from pg_class), dependency as (select distinct pg_depend.objid as id, pg_depend.refobjid as ref from pg_depend) select referenced.name, dependent.name as dependent from relation join class dependent on dependent.id = relation.class join dependency on relation.id = dependency.id join class referenced on referenced.id = dependency.ref and referenced.id != dependent.id join pg_namespace n on n.oid = referenced.schema where n.nspname in ('crm', 'public') and referenced.kind in ('r', 'v') group by 1, 2 order by 1, 2

--- Airbyte: tables and columns
SELECT nspname, relname, attname, attnum, format_type(atttypid, atttypmod), attnotnull FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE nspname NOT IN ('information_schema', 'pg_catalog', 'pg_internal', 'catalog_history') AND NOT attisdropped AND attnum > 0 AND relkind IN ('r', 'm', 'v', 't', 'f', 'p') AND nspname = 'crm' ORDER BY 1, 2, 4

--- Airbyte: what may be read
SELECT DISTINCT table_catalog, table_schema, table_name, privilege_type FROM information_schema.table_privileges WHERE grantee = current_user AND privilege_type = 'SELECT' AND table_schema = 'public' ORDER BY 3

--- Airbyte: an incremental read
-- with: ["2026-01-01"]
SELECT "id", "first_name", "email", "updated_at" IS NOT NULL AS u FROM "crm"."people" WHERE "created_at" > $1 OR "created_at" IS NULL ORDER BY "created_at" ASC LIMIT 50

--- Fivetran: a page by primary key
-- covers: email phone
SELECT id, name, email, phone, country, created_at FROM public.customers WHERE id > 100 ORDER BY id ASC LIMIT 20

--- Stitch: the largest replication key
SELECT max(changed_at) FROM orders

--- psql: is this connection encrypted
SELECT ssl FROM pg_catalog.pg_stat_ssl WHERE pid = pg_catalog.pg_backend_pid()

--- pgAdmin: properties of the server
SELECT usename IS NOT NULL AS u, pg_is_in_recovery() AS inrecovery, CASE WHEN pg_is_in_recovery() THEN pg_is_wal_replay_paused() ELSE FALSE END AS isreplaypaused FROM pg_catalog.pg_user WHERE usename = current_user

--- pgAdmin: role's rights
SELECT roles.rolname IS NOT NULL AS name, roles.rolsuper AS is_superuser, CASE WHEN roles.rolsuper THEN true ELSE roles.rolcreaterole END AS can_create_role, CASE WHEN roles.rolsuper THEN true ELSE roles.rolcreatedb END AS can_create_db, CASE WHEN 'pg_signal_backend' = ANY (ARRAY(WITH RECURSIVE cte AS (SELECT pg_roles.oid, pg_roles.rolname FROM pg_roles WHERE pg_roles.oid = roles.oid UNION ALL SELECT m.roleid, pgr.rolname FROM cte cte_1 JOIN pg_auth_members m ON m.member = cte_1.oid JOIN pg_roles pgr ON pgr.oid = m.roleid) SELECT rolname FROM cte)) THEN true ELSE false END AS can_signal_backend FROM pg_catalog.pg_roles AS roles WHERE rolname = current_user

--- pgAdmin: columns of a table
SELECT DISTINCT att.attname AS name, att.attnum AS "OID", pg_catalog.format_type(ty.oid, NULL) AS datatype, pg_catalog.format_type(ty.oid, att.atttypmod) AS displaytypname, att.attnotnull AS not_null, CASE WHEN att.atthasdef OR att.attidentity != '' OR ty.typdefault IS NOT NULL THEN true ELSE false END AS has_default_val, des.description, seq.seqtypid FROM pg_catalog.pg_attribute att JOIN pg_catalog.pg_type ty ON ty.oid = atttypid JOIN pg_catalog.pg_class cl ON cl.oid = att.attrelid LEFT OUTER JOIN pg_catalog.pg_depend dep ON dep.refobjid = att.attrelid AND dep.refobjsubid = att.attnum AND dep.deptype = 'i' LEFT OUTER JOIN pg_catalog.pg_sequence seq ON dep.objid = seq.seqrelid LEFT OUTER JOIN pg_catalog.pg_description des ON des.objoid = att.attrelid AND des.objsubid = att.attnum AND des.classoid = 'pg_class'::regclass WHERE att.attrelid = 'crm.people'::regclass AND att.attnum > 0 AND att.attisdropped IS FALSE ORDER BY att.attnum

--- pgAdmin: statistics of tables
SELECT st.relname AS "Table name", n_live_tup >= 0 AS live, n_dead_tup >= 0 AS dead, last_vacuum IS NULL AS v, last_autoanalyze IS NULL AS a, pg_size_pretty(pg_relation_size(st.relid) + CASE WHEN cl.reltoastrelid = 0 THEN 0 ELSE pg_relation_size(cl.reltoastrelid) END) IS NOT NULL AS size FROM pg_stat_all_tables st JOIN pg_class cl ON cl.oid = st.relid WHERE schemaname = 'crm' ORDER BY 1

--- DBeaver: indexes
SELECT i.*, i.indkey AS keys, c.relname, c.relnamespace, c.relam, c.reltablespace, tc.relname AS tabrelname, dsc.description, pg_catalog.pg_get_expr(i.indpred, i.indrelid) AS pred_expr, pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) AS expr, pg_catalog.pg_relation_size(i.indexrelid) > 0 AS index_rel_size FROM pg_catalog.pg_index i INNER JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid INNER JOIN pg_catalog.pg_class tc ON tc.oid = i.indrelid LEFT OUTER JOIN pg_catalog.pg_description dsc ON i.indexrelid = dsc.objoid WHERE i.indrelid = 'crm.people'::regclass ORDER BY tabrelname, c.relname

--- DBeaver: constraints
SELECT c.oid, c.*, t.relname AS tabrelname, rt.relnamespace AS refnamespace, d.description, pg_catalog.pg_get_constraintdef(c.oid) AS definition FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid = c.conrelid LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid = c.confrelid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0 AND d.classoid = 'pg_constraint'::regclass WHERE c.conrelid = 'crm.people'::regclass ORDER BY c.oid

--- DBeaver: types
SELECT t.oid, t.*, c.relkind, format_type(nullif(t.typbasetype, 0), t.typtypmod) AS base_type_name, d.description FROM pg_catalog.pg_type t LEFT OUTER JOIN pg_catalog.pg_type et ON et.oid = t.typelem LEFT OUTER JOIN pg_catalog.pg_class c ON c.oid = t.typrelid LEFT OUTER JOIN pg_catalog.pg_description d ON t.oid = d.objoid WHERE t.typname IS NOT NULL AND (c.relkind IS NULL OR c.relkind = 'c') AND (et.typcategory IS NULL OR et.typcategory <> 'C') AND t.oid < 2000 ORDER BY t.oid

--- DBeaver: rows counted for a grid
SELECT count(*) FROM crm.people t WHERE t.deleted_at IS NULL

--- DBeaver: a grid ordered and filtered
SELECT t.*, t.ctid IS NOT NULL AS there FROM crm.accounts t WHERE t.plan = 'team' ORDER BY t.name LIMIT 200

--- DataGrip: a grid
-- covers: email email_lower phone ssn
SELECT t.* FROM crm.people t ORDER BY t.id LIMIT 501

--- DataGrip: schemas and their state
select N.oid::bigint as id, N.nspname as name, D.description, pg_catalog.pg_get_userbyid(N.nspowner) is not null as owner from pg_catalog.pg_namespace N left join pg_catalog.pg_description D on N.oid = D.objoid order by case when nspname = pg_catalog.current_schema() then -1::bigint else N.oid::bigint end

--- DataGrip: columns
with T as (select distinct T.oid as table_id from pg_catalog.pg_class T where T.relnamespace = 'crm'::regnamespace and T.relkind in ('r', 'm', 'v', 'f', 'p')) select T.table_id, C.attnum as column_position, C.attname as column_name, C.atttypmod as type_mod, C.attndims as dimensions_number, pg_catalog.format_type(C.atttypid, C.atttypmod) as type_spec, C.attnotnull as mandatory, pg_catalog.pg_get_expr(D.adbin, T.table_id) as column_default_expression, not C.attislocal as column_is_inherited, C.attisdropped as column_is_dropped, C.attidentity as identity_kind, C.attgenerated as generated from T join pg_catalog.pg_attribute C on T.table_id = C.attrelid left join pg_catalog.pg_attrdef D on (C.attrelid, C.attnum) = (D.adrelid, D.adnum) where attnum > 0 order by table_id, attnum

--- DataGrip: access methods and tablespaces
select T.oid::bigint as id, T.spcname as name, pg_catalog.pg_get_userbyid(T.spcowner) as owner, pg_catalog.pg_tablespace_location(T.oid) as location, T.spcoptions as options from pg_catalog.pg_tablespace T order by 1

--- pgcli: completions of columns
SELECT nsp.nspname schema_name, cls.relname table_name, att.attname column_name, att.atttypid::regtype::text type_name, att.atthasdef AS has_default, pg_catalog.pg_get_expr(def.adbin, def.adrelid, true) as default FROM pg_catalog.pg_attribute att INNER JOIN pg_catalog.pg_class cls ON att.attrelid = cls.oid INNER JOIN pg_catalog.pg_namespace nsp ON cls.relnamespace = nsp.oid LEFT OUTER JOIN pg_attrdef def ON def.adrelid = att.attrelid AND def.adnum = att.attnum WHERE cls.relkind = ANY('{r,p,f}') AND NOT att.attisdropped AND att.attnum > 0 ORDER BY 1, 2, att.attnum

--- pgcli: foreign keys
SELECT s_p.nspname AS parentschema, t_p.relname AS parenttable, unnest((select array_agg(attname ORDER BY i) from (select unnest(confkey) as attnum, generate_subscripts(confkey, 1) as i) x JOIN pg_catalog.pg_attribute c USING(attnum) WHERE c.attrelid = fk.confrelid)) AS parentcolumn, s_c.nspname AS childschema, t_c.relname AS childtable FROM pg_catalog.pg_constraint fk JOIN pg_catalog.pg_class t_p ON t_p.oid = fk.confrelid JOIN pg_catalog.pg_namespace s_p ON s_p.oid = t_p.relnamespace JOIN pg_catalog.pg_class t_c ON t_c.oid = fk.conrelid JOIN pg_catalog.pg_namespace s_c ON s_c.oid = t_c.relnamespace WHERE fk.contype = 'f' ORDER BY 1, 2, 4, 5

--- Prisma: the schema's columns
SELECT oid.namespace, info.table_name, info.column_name, format_type(att.atttypid, att.atttypmod) AS formatted_type, info.numeric_precision, info.data_type, info.udt_schema AS type_schema_name, info.udt_name AS full_data_type, pg_get_expr(attdef.adbin, attdef.adrelid) AS column_default, info.is_nullable, info.is_identity, info.character_maximum_length, col_description(att.attrelid, ordinal_position) AS description FROM information_schema.columns info JOIN pg_attribute att ON att.attname = info.column_name JOIN (SELECT pg_class.oid, relname, pg_namespace.nspname AS namespace FROM pg_class JOIN pg_namespace ON pg_namespace.oid = pg_class.relnamespace AND pg_namespace.nspname = ANY ('{crm}') WHERE reltype > 0) AS oid ON oid.oid = att.attrelid AND relname = info.table_name AND namespace = info.table_schema LEFT JOIN pg_attrdef attdef ON attdef.adrelid = att.attrelid AND attdef.adnum = att.attnum AND table_schema = namespace WHERE table_schema = ANY ('{crm}') AND attnum > 0 ORDER BY namespace, info.table_name, ordinal_position

--- Prisma: enums
SELECT t.typname AS name, e.enumlabel AS value, n.nspname AS namespace, d.description FROM pg_type t JOIN pg_enum e ON t.oid = e.enumtypid JOIN pg_namespace n ON n.oid = t.typnamespace LEFT OUTER JOIN pg_description d ON d.objoid = t.oid WHERE n.nspname = ANY ('{public,crm}') ORDER BY e.enumsortorder, 1

--- Prisma: is the table of migrations there
SELECT EXISTS(SELECT * FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = 'public' AND relname = '_prisma_migrations'), version() IS NOT NULL, current_setting('server_version_num')::integer > 0

--- drizzle-kit: columns
SELECT a.attrelid::regclass::text, a.attname, is_nullable, a.attndims AS array_dimensions, CASE WHEN a.atttypid = ANY ('{int,int8,int2}'::regtype[]) AND EXISTS (SELECT FROM pg_attrdef ad WHERE ad.adrelid = a.attrelid AND ad.adnum = a.attnum AND pg_get_expr(ad.adbin, ad.adrelid) = 'nextval(''' || pg_get_serial_sequence(a.attrelid::regclass::text, a.attname)::regclass || '''::regclass)') THEN CASE a.atttypid WHEN 'int'::regtype THEN 'serial' WHEN 'int8'::regtype THEN 'bigserial' WHEN 'int2'::regtype THEN 'smallserial' END ELSE format_type(a.atttypid, a.atttypmod) END AS data_type FROM pg_attribute a JOIN information_schema.columns inf ON inf.column_name = a.attname AND inf.table_name = 'jobs' AND inf.table_schema = 'crm' WHERE a.attrelid = '"crm"."jobs"'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum

--- Flyway: is the schema empty
SELECT EXISTS (SELECT c.oid FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_catalog.pg_depend d ON d.objid = c.oid AND d.deptype = 'e' WHERE n.nspname = 'crm' AND d.objid IS NULL AND c.relkind IN ('r', 'v', 'S', 't'))

--- pg_dump's look at a table's rows
COPY crm.categories (id, parent_id, name, position) TO stdout

--- pgbench: one look
SELECT count(*) FROM orders WHERE customer_id BETWEEN 10 AND 20

--- Debezium: is the slot's table there
SELECT has_table_privilege('crm.people', 'SELECT'), (SELECT relreplident FROM pg_class WHERE oid = 'crm.people'::regclass)
