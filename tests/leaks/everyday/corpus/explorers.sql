-- More of what mappers and explorers send: Django, SQLAlchemy, Hibernate, Doctrine, Prisma, pgAdmin, DBeaver, pgcli.

--- Django: introspection of tables
SELECT c.relname, CASE WHEN c.relispartition THEN 'p' WHEN c.relkind IN ('m', 'v') THEN 'v' ELSE 't' END, obj_description(c.oid, 'pg_class') FROM pg_catalog.pg_class c LEFT JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND n.nspname NOT IN ('pg_catalog', 'pg_toast') AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY 1

--- Django: introspection of columns
-- with: ["customers"]
SELECT a.attname AS column_name, NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)) AS is_nullable, pg_get_expr(ad.adbin, ad.adrelid) AS column_default, CASE WHEN collname = 'default' THEN NULL ELSE collname END AS collation, a.attidentity != '' AS is_autofield, col_description(a.attrelid, a.attnum) AS column_comment FROM pg_attribute a LEFT JOIN pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum LEFT JOIN pg_collation co ON a.attcollation = co.oid JOIN pg_type t ON a.atttypid = t.oid JOIN pg_class c ON a.attrelid = c.oid JOIN pg_namespace n ON c.relnamespace = n.oid WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND c.relname = $1 AND n.nspname NOT IN ('pg_catalog', 'pg_toast') AND pg_catalog.pg_table_is_visible(c.oid) ORDER BY a.attnum

--- Django: introspection of constraints
-- with: ["orders"]
SELECT c.conname, array(SELECT attname FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx) JOIN pg_attribute AS ca ON cols.colid = ca.attnum WHERE ca.attrelid = c.conrelid ORDER BY cols.arridx), c.contype, (SELECT fkc.relname || '.' || fka.attname FROM pg_attribute AS fka JOIN pg_class AS fkc ON fka.attrelid = fkc.oid WHERE fka.attrelid = c.confrelid AND fka.attnum = c.confkey[1]), cl.reloptions FROM pg_constraint AS c JOIN pg_class AS cl ON c.conrelid = cl.oid WHERE cl.relname = $1 AND pg_catalog.pg_table_is_visible(cl.oid) ORDER BY 1

--- Django: introspection of indexes
-- with: ["orders"]
SELECT indexname, array_agg(attname ORDER BY arridx), indisunique, indisprimary, array_agg(ordering ORDER BY arridx), amname, exprdef, s2.attoptions FROM (SELECT c2.relname as indexname, idx.*, attr.attname, am.amname, CASE WHEN idx.indexprs IS NOT NULL THEN pg_get_indexdef(idx.indexrelid) END AS exprdef, CASE am.amname WHEN 'btree' THEN CASE (option & 1) WHEN 1 THEN 'DESC' ELSE 'ASC' END END as ordering, c2.reloptions as attoptions FROM (SELECT * FROM pg_index i, unnest(i.indkey, i.indoption) WITH ORDINALITY koi(key, option, arridx)) idx LEFT JOIN pg_class c ON idx.indrelid = c.oid LEFT JOIN pg_class c2 ON idx.indexrelid = c2.oid LEFT JOIN pg_am am ON c2.relam = am.oid LEFT JOIN pg_attribute attr ON attr.attrelid = c.oid AND attr.attnum = idx.key WHERE c.relname = $1 AND pg_catalog.pg_table_is_visible(c.oid)) s2 GROUP BY indexname, indisunique, indisprimary, amname, exprdef, attoptions ORDER BY 1

--- Django: introspection of sequences
SELECT s.relname AS sequence_name, a.attname AS colname FROM pg_class s JOIN pg_depend d ON d.objid = s.oid AND d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass JOIN pg_attribute a ON d.refobjid = a.attrelid AND d.refobjsubid = a.attnum JOIN pg_class tbl ON tbl.oid = d.refobjid AND pg_catalog.pg_table_is_visible(tbl.oid) WHERE s.relkind = 'S' ORDER BY 1

--- Django: in_bulk() with a deferred column
-- covers: email
SELECT "customers"."id", "customers"."email" FROM "customers" WHERE "customers"."id" IN (3, 5, 8) ORDER BY "customers"."id"

--- Django: a sub-query annotation
-- covers: address
SELECT "orders"."id", "orders"."total", (SELECT U0."email" FROM "customers" U0 WHERE U0."id" = ("orders"."customer_id") LIMIT 1) AS "address" FROM "orders" WHERE "orders"."id" <= 20 ORDER BY "orders"."id" ASC

--- Django: a filtered aggregate
SELECT COUNT("orders"."id") FILTER (WHERE "orders"."status" = 'paid') AS "paid", COUNT("orders"."id") FILTER (WHERE "orders"."total" > 100) AS "large", SUM("orders"."total") FILTER (WHERE "orders"."placed_at" > '2026-01-01T00:00:00+00:00'::timestamptz) AS "fresh" FROM "orders"

--- Django: a window
SELECT "orders"."id", "orders"."customer_id", RANK() OVER (PARTITION BY "orders"."customer_id" ORDER BY "orders"."total" DESC) AS "place" FROM "orders" WHERE "orders"."customer_id" < 20 ORDER BY "orders"."id"

--- Django: a union of querysets
(SELECT "orders"."id" AS "col1" FROM "orders" WHERE "orders"."status" = 'returned' ORDER BY "orders"."id" LIMIT 5) UNION ALL (SELECT "orders"."id" AS "col1" FROM "orders" WHERE "orders"."status" = 'cancelled' ORDER BY "orders"."id" LIMIT 5) ORDER BY 1

--- Django: values_list through two relations
-- covers: email
SELECT "order_items"."order_id", "products"."name", "customers"."email" FROM "order_items" INNER JOIN "products" ON ("order_items"."product_id" = "products"."id") INNER JOIN "orders" ON ("order_items"."order_id" = "orders"."id") INNER JOIN "customers" ON ("orders"."customer_id" = "customers"."id") WHERE "order_items"."order_id" < 15 ORDER BY 1, 2

--- Django: a lookup into JSON
-- with: ["oak"]
SELECT "products"."id", "products"."details" FROM "products" WHERE ("products"."details" ->> 'material') = $1 ORDER BY "products"."id"

--- Django: select_for_update
SELECT "orders"."id", "orders"."status" FROM "orders" WHERE "orders"."id" = 40 LIMIT 21 FOR UPDATE OF "orders"

--- Django: bulk_update
UPDATE "orders" SET "note" = (CASE WHEN ("orders"."id" = 41) THEN 'a' WHEN ("orders"."id" = 42) THEN 'b' ELSE NULL END)::text WHERE "orders"."id" IN (41, 42)

--- SQLAlchemy: reflection of columns
SELECT pg_catalog.pg_attribute.attname AS name, pg_catalog.format_type(pg_catalog.pg_attribute.atttypid, pg_catalog.pg_attribute.atttypmod) AS format_type, (SELECT pg_catalog.pg_get_expr(pg_catalog.pg_attrdef.adbin, pg_catalog.pg_attrdef.adrelid) AS pg_get_expr_1 FROM pg_catalog.pg_attrdef WHERE pg_catalog.pg_attrdef.adrelid = pg_catalog.pg_attribute.attrelid AND pg_catalog.pg_attrdef.adnum = pg_catalog.pg_attribute.attnum AND pg_catalog.pg_attribute.atthasdef) AS "default", pg_catalog.pg_attribute.attnotnull AS not_null, pg_catalog.pg_class.relname AS table_name, pg_catalog.pg_description.description AS comment FROM pg_catalog.pg_class LEFT OUTER JOIN pg_catalog.pg_attribute ON pg_catalog.pg_class.oid = pg_catalog.pg_attribute.attrelid AND pg_catalog.pg_attribute.attnum > 0 AND NOT pg_catalog.pg_attribute.attisdropped LEFT OUTER JOIN pg_catalog.pg_description ON pg_catalog.pg_description.objoid = pg_catalog.pg_attribute.attrelid AND pg_catalog.pg_description.objsubid = pg_catalog.pg_attribute.attnum JOIN pg_catalog.pg_namespace ON pg_catalog.pg_namespace.oid = pg_catalog.pg_class.relnamespace WHERE pg_catalog.pg_class.relkind = ANY (ARRAY['r', 'p', 'f', 'v', 'm']) AND pg_catalog.pg_table_is_visible(pg_catalog.pg_class.oid) AND pg_catalog.pg_namespace.nspname != 'pg_catalog' ORDER BY pg_catalog.pg_class.relname, pg_catalog.pg_attribute.attnum

--- SQLAlchemy: joined loading, paged
-- covers: customers_email
SELECT anon_1.orders_id, anon_1.orders_total, customers_1.id AS customers_id, customers_1.email AS customers_email FROM (SELECT orders.id AS orders_id, orders.total AS orders_total, orders.customer_id AS orders_customer_id FROM orders ORDER BY orders.id LIMIT 10 OFFSET 20) AS anon_1 LEFT OUTER JOIN customers AS customers_1 ON customers_1.id = anon_1.orders_customer_id ORDER BY anon_1.orders_id

--- SQLAlchemy: selectin loading
-- with: ["1", "2", "3"]
SELECT orders.customer_id AS orders_customer_id, orders.id AS orders_id, orders.status AS orders_status FROM orders WHERE orders.customer_id IN ($1::bigint, $2::bigint, $3::bigint) ORDER BY orders.id

--- SQLAlchemy: insert many with values
INSERT INTO support_tickets (id, customer_id, subject, body, open, opened_at) SELECT p0::bigint, p1::bigint, p2::text, p3::text, p4::boolean, p5::timestamptz FROM (VALUES (900001, 1, 'a', 'b', true, '2026-03-01', 0), (900002, 2, 'c', 'd', false, '2026-03-02', 1)) AS imp_sen(p0, p1, p2, p3, p4, p5, sen_counter) ORDER BY sen_counter RETURNING support_tickets.id, support_tickets.id AS id__1

--- SQLAlchemy: an exists() criterion
SELECT customers.id, customers.name FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE customers.id = orders.customer_id AND orders.total > 900) ORDER BY customers.id

--- SQLAlchemy: a CTE and a lateral
-- covers: email
WITH top AS (SELECT id, country FROM customers WHERE city = 'Lyon') SELECT top.id, c.email, latest.total FROM top JOIN customers AS c ON c.id = top.id JOIN LATERAL (SELECT orders.total AS total FROM orders WHERE orders.customer_id = top.id ORDER BY orders.placed_at DESC, orders.id LIMIT 1) AS latest ON true ORDER BY top.id

--- Hibernate: a page with fetch first
-- with: ["0", "10"]
-- covers: email
select c1_0.id,c1_0.city,c1_0.country,c1_0.email,c1_0.name from customers c1_0 where c1_0.country='BE' order by c1_0.id offset $1 rows fetch first $2 rows only

--- Hibernate: an entity graph
-- with: ["17"]
-- covers: email phone
select o1_0.id,c1_0.id,c1_0.email,c1_0.name,c1_0.phone,o1_0.note,o1_0.placed_at,o1_0.status,o1_0.total from orders o1_0 join customers c1_0 on c1_0.id=o1_0.customer_id where o1_0.id=$1

--- Hibernate: a batch of ids as an array
-- with: ["{1,2,3,4}"]
select o1_0.customer_id,o1_0.id,o1_0.status,o1_0.total from orders o1_0 where o1_0.customer_id = any ($1::bigint[]) order by o1_0.id

--- Hibernate: a count for a page
select count(c1_0.id) from customers c1_0 where c1_0.country='BE' and exists(select 1 from orders o1_0 where o1_0.customer_id=c1_0.id)

--- Hibernate: sequences there are
select * from information_schema.sequences

--- Doctrine: a comparator's list of columns
SELECT a.attnum, quote_ident(a.attname) AS field, t.typname AS type, format_type(a.atttypid, a.atttypmod) AS complete_type, (SELECT tc.collcollate FROM pg_catalog.pg_collation tc WHERE tc.oid = a.attcollation) AS collation, a.attnotnull AS isnotnull, (SELECT 't' FROM pg_index WHERE c.oid = pg_index.indrelid AND pg_index.indkey[0] = a.attnum AND pg_index.indisprimary = 't') AS pri, (SELECT pg_description.description FROM pg_description WHERE pg_description.objoid = c.oid AND a.attnum = pg_description.objsubid) AS comment FROM pg_attribute a, pg_class c, pg_type t WHERE a.attnum > 0 AND a.attrelid = c.oid AND a.atttypid = t.oid AND c.relname = 'customers' ORDER BY a.attnum

--- Prisma: a nested read as JSON
-- covers: customer
SELECT "t0"."id", "t0"."total"::text, (SELECT JSONB_BUILD_OBJECT('id', "t1"."id", 'name', "t1"."name", 'email', "t1"."email") AS "data" FROM "public"."customers" AS "t1" WHERE "t1"."id" = "t0"."customer_id" LIMIT 1) AS "customer" FROM "public"."orders" AS "t0" ORDER BY "t0"."id" LIMIT 5

--- pgAdmin: the dashboard of a table
SELECT seq_scan AS "Sequential scans", idx_scan AS "Index scans", n_live_tup AS "Live tuples", pg_relation_size(stat.relid) > 0 AS "Table size" FROM pg_catalog.pg_stat_all_tables stat WHERE schemaname = 'public' AND relname = 'order_overview'

--- pgAdmin: properties of a table
SELECT rel.oid, rel.relname AS name, rel.relhassubclass AS hassub, con.conname, pg_get_userbyid(rel.relowner) IS NOT NULL AS owned, rel.relhaspkey_workaround FROM (SELECT c.*, EXISTS (SELECT 1 FROM pg_index WHERE indrelid = c.oid AND indisprimary) AS relhaspkey_workaround FROM pg_class c) rel LEFT OUTER JOIN pg_constraint con ON con.conrelid = rel.oid AND con.contype = 'p' WHERE rel.relnamespace = 'public'::regnamespace AND rel.relname = 'orders'

--- pgAdmin: the DDL of indexes
SELECT DISTINCT ON (cls.relname) cls.oid, cls.relname AS name, indrelid, indkey, indisclustered, indisvalid, indisunique, indisprimary, pg_get_indexdef(idx.indexrelid) AS def FROM pg_catalog.pg_index idx JOIN pg_catalog.pg_class cls ON cls.oid = indexrelid JOIN pg_catalog.pg_class tab ON tab.oid = indrelid WHERE tab.relname = 'customers' ORDER BY cls.relname

--- pgAdmin: count all rows
SELECT COUNT(*) FROM public.customers

--- pgAdmin: an explain of a plain question
EXPLAIN (FORMAT JSON, ANALYZE FALSE, VERBOSE FALSE, COSTS FALSE) SELECT id FROM public.orders WHERE id = 3

--- DBeaver: the size of a result
SELECT count(*) FROM (SELECT * FROM public.orders WHERE status = 'paid') dbvrcnt

--- DBeaver: a filtered grid
-- covers: email phone national_id street
SELECT x.* FROM public.customers x WHERE x.country = 'BE' ORDER BY x.id LIMIT 200

--- DBeaver: constraints
SELECT c.oid, c.*, t.relname as tabrelname, rt.relnamespace as refnamespace, d.description, case when c.contype='c' then "substring"(pg_get_constraintdef(c.oid), 7) else null end as consrc_copy FROM pg_catalog.pg_constraint c INNER JOIN pg_catalog.pg_class t ON t.oid=c.conrelid LEFT OUTER JOIN pg_catalog.pg_class rt ON rt.oid=c.confrelid LEFT OUTER JOIN pg_catalog.pg_description d ON d.objoid=c.oid AND d.objsubid=0 AND d.classoid='pg_constraint'::regclass WHERE c.conrelid='public.order_items'::regclass ORDER BY c.oid

--- DBeaver: dependencies of a table
SELECT DISTINCT dep.deptype, dep.classid, dep.objid, cl.relkind, coalesce(pg_class.relname, con.conname, typ.typname, ns.nspname) as name FROM pg_depend dep LEFT JOIN pg_class cl ON dep.objid=cl.oid LEFT JOIN pg_class ON pg_class.oid = dep.objid LEFT JOIN pg_constraint con ON con.oid = dep.objid LEFT JOIN pg_type typ ON typ.oid = dep.objid LEFT JOIN pg_namespace ns ON ns.oid = dep.objid WHERE dep.refobjid = 'public.products'::regclass ORDER BY 1, 2, 3

--- DBeaver: an enum's values
SELECT t.oid, t.typname, e.enumlabel FROM pg_catalog.pg_type t JOIN pg_catalog.pg_enum e ON e.enumtypid = t.oid ORDER BY t.oid, e.enumsortorder

--- pgcli: completion of columns
SELECT nsp.nspname schema_name, cls.relname table_name, att.attname column_name, att.atttypid::regtype::text type_name, att.atthasdef AS has_default, pg_catalog.pg_get_expr(def.adbin, def.adrelid, true) as default FROM pg_catalog.pg_attribute att INNER JOIN pg_catalog.pg_class cls ON att.attrelid = cls.oid INNER JOIN pg_catalog.pg_namespace nsp ON cls.relnamespace = nsp.oid LEFT OUTER JOIN pg_attrdef def ON def.adrelid = att.attrelid AND def.adnum = att.attnum WHERE cls.relkind = ANY(ARRAY['r', 'p', 'v', 'm']) AND nsp.nspname = 'public' AND NOT att.attisdropped AND att.attnum > 0 ORDER BY 1, 2, att.attnum

--- pgcli: completion of functions
SELECT n.nspname schema_name, p.proname func_name, p.proargnames, COALESCE(proallargtypes::regtype[], proargtypes::regtype[])::text[], p.proargmodes, prorettype::regtype::text return_type, p.prokind = 'a' is_aggregate, p.prokind = 'w' is_window, p.proretset is_set_returning FROM pg_catalog.pg_proc p INNER JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace WHERE p.prorettype::regtype != 'trigger'::regtype AND n.nspname = 'public' ORDER BY 1, 2
