-- What programs with a language model write: they look around first, then ask, often more than they need.

--- which tables are there
SELECT table_schema, table_name, table_type FROM information_schema.tables
WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY table_schema, table_name

--- which columns has this table
SELECT column_name, data_type, is_nullable, column_default FROM information_schema.columns
WHERE table_schema = 'public' AND table_name = 'customers' ORDER BY ordinal_position

--- describe, with comments and samples of types
SELECT a.attname, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull, col_description(a.attrelid, a.attnum) AS comment
FROM pg_attribute a WHERE a.attrelid = 'public.customers'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum

--- keys between tables
SELECT tc.table_name, kcu.column_name, ccu.table_name AS refers_to, ccu.column_name AS refers_column
FROM information_schema.table_constraints tc
JOIN information_schema.key_column_usage kcu ON tc.constraint_name = kcu.constraint_name
JOIN information_schema.constraint_column_usage ccu ON ccu.constraint_name = tc.constraint_name
WHERE tc.constraint_type = 'FOREIGN KEY' ORDER BY 1, 2

--- primary keys
SELECT conrelid::regclass AS tab, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p'
AND connamespace = 'public'::regnamespace ORDER BY 1

--- values of an enum
SELECT unnest(enum_range(NULL::order_status))

--- values of an enum, the other way
SELECT e.enumlabel FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid WHERE t.typname = 'order_status' ORDER BY e.enumsortorder

--- how many rows has each table
SELECT relname, n_live_tup >= 0 AS known FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY relname

--- rows of each table, counted
SELECT 'customers' AS tab, count(*) FROM customers UNION ALL SELECT 'orders', count(*) FROM orders
UNION ALL SELECT 'payments', count(*) FROM payments

--- definitions of views
SELECT viewname, definition FROM pg_views WHERE schemaname = 'public' ORDER BY viewname

--- who and where am I
SELECT current_database(), current_schema(), current_setting('server_version_num')::int > 0, version() LIKE 'PostgreSQL%'

--- connectivity
SELECT 1

--- the first rows of a table
-- covers: email phone national_id street
SELECT * FROM customers LIMIT 10

--- the first rows of another table
SELECT * FROM orders LIMIT 10

--- three rows of each column to see what they look like
-- covers: card_number card_holder
SELECT * FROM payments LIMIT 3

--- three rows of the tickets
-- scans: subject body
SELECT * FROM support_tickets LIMIT 3

--- with a semicolon, a comment and quoted names
-- covers: email
SELECT "id", "name", "email" FROM "public"."customers" ORDER BY "id" ASC LIMIT 5; -- first five customers

--- a subquery in FROM for no reason
-- covers: email
SELECT t.* FROM (SELECT id, name, email FROM customers) AS t ORDER BY t.id LIMIT 5

--- everything about the customer of one order
-- covers: email phone national_id street
SELECT c.* FROM customers c WHERE c.id = (SELECT customer_id FROM orders WHERE id = 33)

--- top customers with CTEs upon CTEs
-- covers: email
WITH order_totals AS (
    SELECT customer_id, SUM(total) AS total_spent, COUNT(*) AS order_count
    FROM orders
    WHERE status <> 'cancelled'
    GROUP BY customer_id
),
ranked AS (
    SELECT customer_id, total_spent, order_count, ROW_NUMBER() OVER (ORDER BY total_spent DESC, customer_id) AS rn
    FROM order_totals
)
SELECT c.name, c.email, r.order_count, r.total_spent
FROM ranked r
INNER JOIN customers c ON c.id = r.customer_id
WHERE r.rn <= 5
ORDER BY r.rn

--- three months, spelled out
SELECT TO_CHAR(placed_at, 'YYYY-MM') AS month, COUNT(*) AS order_count, ROUND(AVG(total), 2) AS avg_total
FROM orders
WHERE placed_at >= '2026-01-01'::timestamp AND placed_at < '2026-04-01'::timestamp
GROUP BY TO_CHAR(placed_at, 'YYYY-MM')
ORDER BY month

--- the customer with the most orders
-- covers: email
SELECT c.name, c.email, COUNT(o.id) AS n FROM customers c LEFT JOIN orders o ON c.id = o.customer_id
GROUP BY c.id, c.name ORDER BY n DESC, c.id LIMIT 1

--- which product is out of stock soon
SELECT name, stock, CASE WHEN stock = 0 THEN 'out' WHEN stock < 20 THEN 'low' ELSE 'fine' END AS level
FROM products WHERE stock < 20 ORDER BY stock, id

--- is anything wrong with this order
SELECT o.id, o.status, o.total, p.amount AS paid, o.total - coalesce(p.amount, 0) AS open_amount
FROM orders o LEFT JOIN payments p ON p.order_id = o.id WHERE o.id = 33

--- a customer's whole story as one text
SELECT string_agg(line, E'\n' ORDER BY at) FROM (
  SELECT placed_at AS at, format('%s: order %s (%s) of %s', placed_at::date, id, status, total) AS line
  FROM orders WHERE customer_id = 17
) story

--- a customer's whole story as JSON
-- covers: story
SELECT jsonb_build_object('customer', to_jsonb(c), 'orders', (SELECT jsonb_agg(o ORDER BY o.id) FROM orders o WHERE o.customer_id = c.id)) AS story
FROM customers c WHERE c.id = 17

--- the same, without what is not needed
SELECT jsonb_build_object('name', c.name, 'orders', (SELECT jsonb_agg(to_jsonb(o) - 'changed_at' ORDER BY o.id) FROM orders o WHERE o.customer_id = c.id))
FROM customers c WHERE c.id = 17

--- paging through a cursor
-- covers: email
DECLARE page NO SCROLL CURSOR FOR SELECT id, name, email FROM customers ORDER BY id
--;
FETCH 5 FROM page
--;
FETCH 5 FROM page
--;
CLOSE page

--- a prepared statement by hand
-- covers: phone
PREPARE one_customer (bigint) AS SELECT id, name, phone FROM customers WHERE id = $1
--;
EXECUTE one_customer (17)
--;
EXECUTE one_customer (18)
--;
DEALLOCATE one_customer

--- several questions in one go
SELECT count(*) FROM customers; SELECT count(*) FROM orders; SELECT max(placed_at) FROM orders

--- settings that tools look at
SELECT name, setting FROM pg_settings WHERE name IN ('TimeZone', 'server_encoding', 'max_identifier_length') ORDER BY name

--- the size of the tables
SELECT relname, pg_size_pretty(pg_total_relation_size(oid)) AS size FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname

--- similar names
SELECT id, name FROM customers WHERE lower(name) LIKE lower('%MAR%') AND country = ANY (ARRAY['BE', 'FR', 'ES']) ORDER BY name, id LIMIT 10

--- a regular expression over what is public
SELECT sku, name FROM products WHERE name ~* '(chair|table)' ORDER BY id LIMIT 10

--- between dates, in the reader's own time zone
SELECT id, placed_at AT TIME ZONE 'America/New_York' AS placed FROM orders WHERE placed_at BETWEEN '2026-01-01' AND '2026-01-31' ORDER BY id

--- random numbers are nobody's data
SELECT random() BETWEEN 0 AND 1 AS ok, gen_random_uuid() IS NOT NULL AS made

--- what tables are there
SELECT table_schema, table_name, table_type FROM information_schema.tables WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2

--- columns of a table for a prompt
SELECT column_name, data_type, is_nullable, column_default, character_maximum_length FROM information_schema.columns WHERE table_schema = 'crm' AND table_name = 'people' ORDER BY ordinal_position

--- the whole schema as text
SELECT string_agg(format('%I.%I(%s)', t.table_schema, t.table_name, t.cols), E'\n' ORDER BY t.table_schema, t.table_name) AS ddl FROM (SELECT c.table_schema, c.table_name, string_agg(c.column_name || ' ' || c.data_type, ', ' ORDER BY c.ordinal_position) AS cols FROM information_schema.columns c WHERE c.table_schema IN ('public', 'crm') GROUP BY 1, 2) t

--- foreign keys
SELECT tc.table_name, kcu.column_name, ccu.table_name AS foreign_table, ccu.column_name AS foreign_column FROM information_schema.table_constraints tc JOIN information_schema.key_column_usage kcu ON tc.constraint_name = kcu.constraint_name AND tc.table_schema = kcu.table_schema JOIN information_schema.constraint_column_usage ccu ON ccu.constraint_name = tc.constraint_name WHERE tc.constraint_type = 'FOREIGN KEY' AND tc.table_schema = 'public' ORDER BY 1, 2

--- row counts from statistics
SELECT relname, n_live_tup FROM pg_stat_user_tables WHERE schemaname = 'public' ORDER BY relname

--- estimated row counts
SELECT n.nspname, c.relname, c.reltuples::bigint AS estimate FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND n.nspname IN ('public', 'crm') ORDER BY 1, 2

--- sizes of tables
SELECT relname, pg_size_pretty(pg_total_relation_size(oid)) AS total, pg_relation_size(oid) >= 0 AS ok FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname

--- exact counts of several tables
SELECT 'customers' AS t, count(*) FROM customers UNION ALL SELECT 'orders', count(*) FROM orders UNION ALL SELECT 'people', count(*) FROM crm.people ORDER BY 1

--- a look at everything
-- covers: body
SELECT * FROM crm.notes ORDER BY id LIMIT 5

--- a random sample
SELECT count(*) FROM (SELECT * FROM customers ORDER BY random() LIMIT 10) s

--- one whole row as JSON
-- covers: to_jsonb
SELECT to_jsonb(p) FROM crm.people p WHERE id = 7

--- rows as JSON lines
-- covers: row_to_json
SELECT row_to_json(t) FROM (SELECT id, full_name, email, title FROM crm.people ORDER BY id LIMIT 5) t

--- an array of documents
-- covers: json_agg
SELECT json_agg(t) FROM (SELECT id, name, email FROM customers ORDER BY id LIMIT 3) t

--- what a column's values look like
SELECT title, count(*) AS n FROM crm.people GROUP BY title ORDER BY n DESC NULLS LAST, 1

--- how many different values
SELECT count(DISTINCT country) AS countries, count(DISTINCT city) AS cities, count(*) AS n, min(created_at), max(created_at) FROM customers

--- null shares of several columns
SELECT count(*) AS n, count(*) - count(title) AS title_null, count(*) FILTER (WHERE last_seen_at IS NULL) AS never_seen, count(*) FILTER (WHERE ssn IS NULL) AS no_ssn FROM crm.people

--- explain
EXPLAIN SELECT c.country, count(*) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.country

--- explain with costs off
EXPLAIN (COSTS OFF, VERBOSE) SELECT id, email FROM customers WHERE id = 5

--- explain as JSON
EXPLAIN (FORMAT JSON) SELECT * FROM crm.people WHERE account_id = '00000000-0000-4000-8000-000000000003' AND deleted_at IS NULL

--- indexes
SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname IN ('public', 'crm') ORDER BY 1, 2

--- enums
SELECT t.typname, array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid GROUP BY t.typname ORDER BY 1

--- views and what they are made of
SELECT table_schema, table_name, view_definition FROM information_schema.views WHERE table_schema IN ('public', 'crm') ORDER BY 1, 2

--- definition of a view
SELECT pg_get_viewdef('crm.active_people'::regclass, true)

--- functions
SELECT p.proname, pg_get_function_arguments(p.oid) AS args, pg_get_function_result(p.oid) AS returns FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = 'public' ORDER BY 1

--- a function's text
SELECT pg_get_functiondef('public.customer_value'::regproc)

--- triggers
SELECT event_object_table, trigger_name, action_timing, event_manipulation FROM information_schema.triggers WHERE trigger_schema = 'crm' ORDER BY 1, 2, 4

--- comments
SELECT c.relname, a.attname, d.description FROM pg_description d JOIN pg_class c ON c.oid = d.objoid JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = d.objsubid WHERE c.relnamespace = 'public'::regnamespace ORDER BY 1, 2

--- what may be done
SELECT table_name, string_agg(privilege_type, ',' ORDER BY privilege_type) FROM information_schema.role_table_grants WHERE table_schema = 'public' AND grantee = current_user GROUP BY 1 ORDER BY 1

--- who and where
SELECT current_user = session_user AS same, current_database(), current_schema(), version() LIKE 'PostgreSQL%' AS pg, pg_is_in_recovery()

--- settings
SELECT name, setting, unit FROM pg_settings WHERE name IN ('work_mem', 'TimeZone', 'server_version', 'statement_timeout') ORDER BY 1

--- extensions
SELECT extname, extversion FROM pg_extension ORDER BY 1

--- is a table there
SELECT to_regclass('public.invoices') IS NULL AS missing, EXISTS (SELECT FROM information_schema.tables WHERE table_schema = 'public' AND table_name = 'orders') AS there

--- columns that look personal
SELECT table_schema, table_name, column_name FROM information_schema.columns WHERE column_name ~* '(email|phone|ssn|card|iban|birth)' AND table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2, 3

--- tables without a primary key
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('public', 'crm') AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary) ORDER BY 1, 2

--- partitions
SELECT inhparent::regclass AS parent, inhrelid::regclass AS child, pg_get_expr(c.relpartbound, c.oid) AS bounds FROM pg_inherits JOIN pg_class c ON c.oid = inhrelid ORDER BY 1, 2

--- all about customers with orders, grouped by many columns
-- covers: email
SELECT c.id, c.name, c.email, c.country, COUNT(o.id) AS order_count, COALESCE(SUM(o.total), 0) AS total_spent FROM customers c LEFT JOIN orders o ON c.id = o.customer_id GROUP BY c.id, c.name, c.email, c.country ORDER BY total_spent DESC LIMIT 10

--- customers without an order for long
-- covers: email
SELECT c.id, c.name, c.email, MAX(o.placed_at) AS last_order_date FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name, c.email HAVING MAX(o.placed_at) < '2026-01-01' ORDER BY last_order_date, c.id LIMIT 10

--- people who can be reached
-- covers: email phone
SELECT id, full_name, email, phone FROM crm.people WHERE email IS NOT NULL AND phone IS NOT NULL AND deleted_at IS NULL ORDER BY id LIMIT 10

--- people with a field missing
SELECT id, full_name FROM crm.people WHERE (ssn IS NULL OR phone IS NULL) AND deleted_at IS NULL ORDER BY id LIMIT 10

--- newest notes with names
-- covers: body
SELECT n.created_at, p.full_name, n.kind, n.body FROM crm.notes n INNER JOIN crm.people p ON n.person_id = p.id ORDER BY n.created_at DESC LIMIT 10

--- everything of one person
-- covers: email email_lower phone ssn
SELECT p.*, a.name AS account_name, (SELECT count(*) FROM crm.notes n WHERE n.person_id = p.id) AS notes FROM crm.people p JOIN crm.accounts a ON a.id = p.account_id WHERE p.id = 42

--- distinct customers who returned something
-- covers: email
SELECT DISTINCT c.id, c.name, c.email FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.status = 'returned' ORDER BY c.id

--- distinct names only
SELECT DISTINCT c.name FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.status = 'cancelled' ORDER BY 1

--- dates of the last days
SELECT date_trunc('day', dd)::date AS day FROM generate_series(current_date - 6, current_date, '1 day'::interval) dd

--- a quick check of duplicates by key
SELECT id, count(*) FROM customers GROUP BY id HAVING count(*) > 1

--- the biggest order with its customer
-- covers: email
SELECT o.*, c.name, c.email FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.total = (SELECT max(total) FROM orders) ORDER BY o.id

--- unused indexes
SELECT relname, indexrelname FROM pg_stat_user_indexes WHERE schemaname = 'public' AND idx_scan >= 0 ORDER BY 1, 2

--- cache hits
SELECT sum(heap_blks_hit) >= 0 AS ok FROM pg_statio_user_tables

--- the database's size
SELECT pg_size_pretty(pg_database_size(current_database())) IS NOT NULL AS ok

--- a transaction that only reads
SET TRANSACTION READ ONLY
--;
SELECT count(*) FROM orders

--- show a setting
SHOW server_version_num

--- set a timeout
SET LOCAL statement_timeout = '5s'
