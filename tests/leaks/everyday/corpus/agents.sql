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
