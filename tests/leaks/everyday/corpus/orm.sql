-- What object mappers generate: Django, Rails, Prisma, Hibernate, SQLAlchemy, Sequelize, Ecto, Drizzle, EF Core, GORM.

--- Django: a page of customers
-- covers: email phone national_id street
SELECT "customers"."id", "customers"."name", "customers"."email", "customers"."phone", "customers"."country", "customers"."national_id", "customers"."born", "customers"."street", "customers"."postcode", "customers"."city", "customers"."marketing", "customers"."created_at" FROM "customers" WHERE "customers"."country" = 'BE' ORDER BY "customers"."id" ASC LIMIT 21

--- Django: get()
-- with: ["17"]
-- covers: email
SELECT "customers"."id", "customers"."name", "customers"."email" FROM "customers" WHERE "customers"."id" = $1 LIMIT 21

--- Django: count()
SELECT COUNT(*) AS "__count" FROM "orders" WHERE "orders"."status" = 'paid'

--- Django: exists()
SELECT 1 AS "a" FROM "orders" WHERE ("orders"."customer_id" = 17 AND "orders"."status" = 'placed') LIMIT 1

--- Django: select_related
-- covers: email
SELECT "orders"."id", "orders"."customer_id", "orders"."status", "orders"."total", "customers"."id", "customers"."name", "customers"."email" FROM "orders" INNER JOIN "customers" ON ("orders"."customer_id" = "customers"."id") WHERE "orders"."total" > 500 ORDER BY "orders"."placed_at" DESC LIMIT 21

--- Django: annotate and order
SELECT "customers"."id", "customers"."name", COUNT("orders"."id") AS "n" FROM "customers" LEFT OUTER JOIN "orders" ON ("customers"."id" = "orders"."customer_id") GROUP BY "customers"."id" HAVING COUNT("orders"."id") > 3 ORDER BY "n" DESC, "customers"."id" ASC

--- Django: dates by month
SELECT DATE_TRUNC('month', "orders"."placed_at" AT TIME ZONE 'UTC') AS "month", SUM("orders"."total") AS "sum" FROM "orders" GROUP BY 1 ORDER BY 1 ASC

--- Django: icontains
SELECT "products"."id", "products"."name" FROM "products" WHERE UPPER("products"."name"::text) LIKE UPPER('%oak%') ORDER BY "products"."id"

--- Django: prefetch_related
-- scans: subject
SELECT "support_tickets"."id", "support_tickets"."customer_id", "support_tickets"."subject" FROM "support_tickets" WHERE "support_tickets"."customer_id" IN (1, 2, 3, 5, 8, 13) ORDER BY "support_tickets"."id"

--- Django: update()
UPDATE "orders" SET "note" = 'called back' WHERE "orders"."id" = 33

--- Rails: find
-- with: ["17", "1"]
-- covers: email phone national_id street
SELECT "customers".* FROM "customers" WHERE "customers"."id" = $1 LIMIT $2

--- Rails: find_by an address
-- with: ["«select email from customers where id = 17»", "1"]
-- covers: email phone national_id street
SELECT "customers".* FROM "customers" WHERE "customers"."email" = $1 LIMIT $2

--- Rails: includes
-- with: ["1", "2", "3"]
SELECT "orders".* FROM "orders" WHERE "orders"."customer_id" IN ($1, $2, $3)

--- Rails: eager_load
-- covers: t0_r2
SELECT "customers"."id" AS t0_r0, "customers"."name" AS t0_r1, "customers"."email" AS t0_r2, "orders"."id" AS t1_r0, "orders"."total" AS t1_r1 FROM "customers" LEFT OUTER JOIN "orders" ON "orders"."customer_id" = "customers"."id" WHERE "customers"."city" = 'Lyon' ORDER BY "customers"."id", "orders"."id"

--- Rails: pluck
SELECT "orders"."id" FROM "orders" WHERE "orders"."status" != 'cancelled' ORDER BY "orders"."id" LIMIT 10

--- Rails: which columns has the table
SELECT a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull, a.atttypid, a.atttypmod, c.collname, col_description(a.attrelid, a.attnum) AS comment, attidentity AS identity, attgenerated as attgenerated FROM pg_attribute a LEFT JOIN pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum LEFT JOIN pg_type t ON a.atttypid = t.oid LEFT JOIN pg_collation c ON a.attcollation = c.oid AND a.attcollation <> t.typcollation WHERE a.attrelid = '"customers"'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum

--- Rails: types
SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput, r.rngsubtype, t.typtype, t.typbasetype FROM pg_type as t LEFT JOIN pg_range as r ON oid = rngtypid WHERE t.typname IN ('int2', 'int4', 'int8', 'oid', 'float4', 'float8', 'numeric', 'bool')

--- Rails: the primary key
SELECT a.attname FROM ( SELECT indrelid, indkey, generate_subscripts(indkey, 1) idx FROM pg_index WHERE indrelid = '"orders"'::regclass AND indisprimary ) i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[i.idx] ORDER BY i.idx

--- Prisma: findMany with a take and a skip
-- with: ["BE", "10", "0"]
-- covers: email phone
SELECT "public"."customers"."id", "public"."customers"."name", "public"."customers"."email", "public"."customers"."phone" FROM "public"."customers" WHERE "public"."customers"."country" = $1 ORDER BY "public"."customers"."id" ASC LIMIT $2 OFFSET $3

--- Prisma: relations by IN
-- with: ["3", "5"]
SELECT "public"."orders"."id", "public"."orders"."status"::text, "public"."orders"."customer_id" FROM "public"."orders" WHERE "public"."orders"."customer_id" IN ($1,$2) ORDER BY "public"."orders"."id" OFFSET 0

--- Prisma: relations by a lateral join, as JSON
-- covers: customer
SELECT "t1"."id", "t1"."total", "orders_customer"."__prisma_data__" AS "customer" FROM "public"."orders" AS "t1" LEFT JOIN LATERAL (SELECT JSONB_BUILD_OBJECT('id', "t2"."id", 'name', "t2"."name", 'email', "t2"."email") AS "__prisma_data__" FROM (SELECT "t3".* FROM "public"."customers" AS "t3" WHERE "t1"."customer_id" = "t3"."id" LIMIT 1) AS "t2") AS "orders_customer" ON TRUE WHERE "t1"."status" = CAST('paid'::text AS "public"."order_status") ORDER BY "t1"."id" ASC LIMIT 10

--- Prisma: an aggregate
SELECT COUNT(*), SUM("total") FROM (SELECT "public"."orders"."id", "public"."orders"."total" FROM "public"."orders" WHERE 1=1 OFFSET 0) AS "sub"

--- Prisma: update with RETURNING
-- with: ["late", "33"]
UPDATE "public"."orders" SET "note" = $1 WHERE ("public"."orders"."id" = $2 AND 1=1) RETURNING "public"."orders"."id", "public"."orders"."note"

--- Hibernate: an entity with its parent
-- with: ["33"]
-- covers: email2_0_ phone3_0_
select o1_0.id as id1_1_, c1_0.id as id1_0_, c1_0.email as email2_0_, c1_0.phone as phone3_0_, o1_0.placed_at as placed_2_1_, o1_0.total as total3_1_ from orders o1_0 join customers c1_0 on c1_0.id=o1_0.customer_id where o1_0.id=$1

--- Hibernate: a page by fetch first
-- with: ["0", "10"]
select p1_0.id,p1_0.details,p1_0.name,p1_0.price,p1_0.sku,p1_0.stock from products p1_0 order by p1_0.name,p1_0.id offset $1 rows fetch first $2 rows only

--- Hibernate: a projection with coalesce and case
select c1_0.country,coalesce(sum(o1_0.total),0),count(case when o1_0.status='returned' then 1 end) from customers c1_0 left join orders o1_0 on o1_0.customer_id=c1_0.id group by c1_0.country order by 1

--- SQLAlchemy: select with joinedload
-- with: ["10"]
-- covers: email
SELECT anon_1.id, anon_1.total, customers_1.id AS id_1, customers_1.name, customers_1.email FROM (SELECT orders.id AS id, orders.total AS total, orders.customer_id AS customer_id FROM orders ORDER BY orders.id LIMIT $1::INTEGER) AS anon_1 LEFT OUTER JOIN customers AS customers_1 ON customers_1.id = anon_1.customer_id ORDER BY anon_1.id

--- SQLAlchemy: IN with many parameters
-- with: ["placed", "paid", "shipped"]
SELECT orders.id, orders.status FROM orders WHERE orders.status IN ($1::order_status, $2::order_status, $3::order_status) ORDER BY orders.id LIMIT 20

--- SQLAlchemy: count of a subquery
SELECT count(*) AS count_1 FROM (SELECT orders.id AS orders_id FROM orders WHERE orders.total > 100) AS anon_1

--- Sequelize: findAndCountAll with include
-- covers: customer.email
SELECT "order"."id", "order"."total", "customer"."id" AS "customer.id", "customer"."email" AS "customer.email" FROM "orders" AS "order" LEFT OUTER JOIN "customers" AS "customer" ON "order"."customer_id" = "customer"."id" WHERE ("order"."total" >= 100 AND "order"."status" IN ('paid', 'shipped')) ORDER BY "order"."id" ASC LIMIT 10 OFFSET 0

--- Ecto: a query with fragments and casts
-- with: ["2026-01-01"]
SELECT o0."id", o0."total"::float, date_trunc('week', o0."placed_at") FROM "orders" AS o0 WHERE (o0."placed_at" > $1::timestamp) ORDER BY o0."id" LIMIT 10

--- Drizzle: rows as JSON arrays
-- covers: customer
select "orders"."id", "orders_customer"."data" as "customer" from "orders" "orders" left join lateral (select json_build_array("orders_customer"."name", "orders_customer"."phone") as "data" from (select * from "customers" "orders_customer" where "orders_customer"."id" = "orders"."customer_id" limit 1) "orders_customer") "orders_customer" on true order by "orders"."id" limit 5

--- EF Core: a left join with a nested page
-- with: ["5"]
-- covers: Email
SELECT c0."Id", c0."Email", o."id", o."total" FROM ( SELECT c.id AS "Id", c.email AS "Email" FROM customers AS c ORDER BY c.id LIMIT $1 ) AS c0 LEFT JOIN orders AS o ON c0."Id" = o.customer_id ORDER BY c0."Id", o.id

--- GORM: first with a soft condition
-- with: ["17"]
-- covers: email phone national_id street
SELECT * FROM "customers" WHERE "customers"."id" = $1 AND "customers"."marketing" IS NOT NULL ORDER BY "customers"."id" LIMIT 1

--- Spring Data: does one exist
-- with: ["«select email from customers where id = 17»"]
select c1_0.id from customers c1_0 where c1_0.email=$1 fetch first 1 rows only

--- Django: a page of a changelist
-- covers: email
SELECT "crm"."people"."id", "crm"."people"."account_id", "crm"."people"."first_name", "crm"."people"."email", "crm"."people"."deleted_at" FROM "crm"."people" WHERE ("crm"."people"."deleted_at" IS NULL AND "crm"."people"."account_id" = '00000000-0000-4000-8000-000000000003'::uuid) ORDER BY "crm"."people"."id" DESC LIMIT 21

--- Django: count of a changelist
SELECT COUNT(*) AS "__count" FROM "customers" WHERE "customers"."country" IN ('DE', 'FR')

--- Django: count of distinct rows
SELECT COUNT(*) FROM (SELECT DISTINCT "customers"."id" AS "col1" FROM "customers" INNER JOIN "orders" ON ("customers"."id" = "orders"."customer_id") WHERE "orders"."total" > 100) subquery

--- Django: get by primary key, select for update
SELECT "orders"."id", "orders"."customer_id", "orders"."status", "orders"."placed_at", "orders"."changed_at", "orders"."total", "orders"."note" FROM "orders" WHERE "orders"."id" = 33 LIMIT 21 FOR UPDATE

--- Django: prefetch of related rows
SELECT "support_tickets"."id", "support_tickets"."customer_id", "support_tickets"."subject", "support_tickets"."open" FROM "support_tickets" WHERE "support_tickets"."customer_id" IN (1, 2, 3, 4, 5, 6) ORDER BY "support_tickets"."id" ASC

--- Django: annotated with a count, grouped by all columns
-- covers: email phone
SELECT "customers"."id", "customers"."name", "customers"."email", "customers"."phone", "customers"."country", COUNT("orders"."id") AS "order_count" FROM "customers" LEFT OUTER JOIN "orders" ON ("customers"."id" = "orders"."customer_id") GROUP BY "customers"."id", "customers"."name", "customers"."email", "customers"."phone", "customers"."country" ORDER BY "order_count" DESC, "customers"."id" ASC LIMIT 20

--- Django: annotated and grouped by the key
-- covers: email
SELECT "customers"."id", "customers"."email", SUM("orders"."total") AS "spent" FROM "customers" INNER JOIN "orders" ON ("customers"."id" = "orders"."customer_id") GROUP BY "customers"."id" HAVING SUM("orders"."total") > 200 ORDER BY 3 DESC, 1

--- Django: a subquery annotation
SELECT "customers"."id", "customers"."name", (SELECT U0."placed_at" FROM "orders" U0 WHERE U0."customer_id" = ("customers"."id") ORDER BY U0."placed_at" DESC LIMIT 1) AS "last_order", EXISTS(SELECT 1 AS "a" FROM "support_tickets" V0 WHERE (V0."customer_id" = ("customers"."id") AND V0."open") LIMIT 1) AS "has_ticket" FROM "customers" ORDER BY "customers"."id" LIMIT 10

--- Django: people who have a telephone
-- covers: phone
SELECT "crm"."people"."id", "crm"."people"."full_name", "crm"."people"."phone" FROM "crm"."people" WHERE "crm"."people"."phone" IS NOT NULL ORDER BY "crm"."people"."id" ASC LIMIT 20

--- Django: with excluded nulls
SELECT COUNT(*) AS "__count" FROM "crm"."people" WHERE NOT ("crm"."people"."ssn" IS NULL)

--- Django: update by a queryset
UPDATE "support_tickets" SET "open" = false WHERE "support_tickets"."id" IN (SELECT U0."id" FROM "support_tickets" U0 INNER JOIN "customers" U1 ON (U0."customer_id" = U1."id") WHERE U1."country" = 'DE')

--- Django: bulk update with CASE
UPDATE "orders" SET "note" = (CASE WHEN ("orders"."id" = 1) THEN 'a' WHEN ("orders"."id" = 2) THEN 'b' ELSE NULL END)::text WHERE "orders"."id" IN (1, 2)

--- Django: save with all columns
UPDATE "crm"."people" SET "account_id" = '00000000-0000-4000-8000-000000000003'::uuid, "first_name" = 'Ann', "last_name" = 'Example', "email" = 'ann@example.org', "phone" = '+442079460000', "title" = NULL, "updated_at" = '2026-03-01 00:00:00+00'::timestamptz WHERE "crm"."people"."id" = 42

--- Django: dates of a column
SELECT DISTINCT (DATE_TRUNC('month', "orders"."placed_at" AT TIME ZONE 'UTC'))::date AS "datefield" FROM "orders" WHERE "orders"."placed_at" IS NOT NULL ORDER BY "datefield" ASC

--- Django: search by full text
SELECT "products"."id", "products"."name", ts_rank(to_tsvector(COALESCE("products"."name", '')), plainto_tsquery('desk')) AS "rank" FROM "products" WHERE to_tsvector(COALESCE("products"."name", '')) @@ (plainto_tsquery('desk')) ORDER BY "rank" DESC, 1

--- Django: distinct with related filter
-- covers: email
SELECT DISTINCT "customers"."id", "customers"."name", "customers"."email" FROM "customers" INNER JOIN "orders" ON ("customers"."id" = "orders"."customer_id") WHERE "orders"."status" = 'returned' ORDER BY "customers"."id" ASC LIMIT 20

--- Django: inspectdb's columns
SELECT a.attname AS column_name, NOT (a.attnotnull OR (t.typtype = 'd' AND t.typnotnull)) AS is_nullable, pg_get_expr(ad.adbin, ad.adrelid) AS column_default, CASE WHEN collname = 'default' THEN NULL ELSE collname END AS collation, a.attidentity != '' AS is_autofield, col_description(a.attrelid, a.attnum) AS column_comment FROM pg_attribute a LEFT JOIN pg_attrdef ad ON a.attrelid = ad.adrelid AND a.attnum = ad.adnum LEFT JOIN pg_collation co ON a.attcollation = co.oid JOIN pg_type t ON a.atttypid = t.oid JOIN pg_class c ON a.attrelid = c.oid JOIN pg_namespace n ON c.relnamespace = n.oid WHERE c.relkind IN ('f', 'm', 'p', 'r', 'v') AND c.relname = 'people' AND n.nspname NOT IN ('pg_catalog', 'pg_toast') AND a.attname <> ''

--- Django: inspectdb's constraints
SELECT c.conname, array(SELECT attname FROM unnest(c.conkey) WITH ORDINALITY cols(colid, arridx) JOIN pg_attribute AS ca ON cols.colid = ca.attnum WHERE ca.attrelid = c.conrelid ORDER BY cols.arridx), c.contype, (SELECT fkc.relname || '.' || fka.attname FROM pg_attribute AS fka JOIN pg_class AS fkc ON fka.attrelid = fkc.oid WHERE fka.attrelid = c.confrelid AND fka.attnum = c.confkey[1]), cl.reloptions FROM pg_constraint AS c JOIN pg_class AS cl ON c.conrelid = cl.oid WHERE cl.relname = 'people' AND pg_catalog.pg_table_is_visible(cl.oid) IS NOT NULL ORDER BY 1

--- Rails: find by number
-- with: ["42", "1"]
-- covers: email email_lower phone ssn
SELECT "people".* FROM "crm"."people" WHERE "people"."id" = $1 LIMIT $2

--- Rails: is the address taken
-- with: ["nobody@example.org", "3", "1"]
SELECT 1 AS one FROM "customers" WHERE "customers"."email" = $1 AND "customers"."id" != $2 LIMIT $3

--- Rails: eager load
-- covers: t0_r2
SELECT "customers"."id" AS t0_r0, "customers"."name" AS t0_r1, "customers"."email" AS t0_r2, "orders"."id" AS t1_r0, "orders"."total" AS t1_r1 FROM "customers" LEFT OUTER JOIN "orders" ON "orders"."customer_id" = "customers"."id" WHERE "customers"."country" = 'FR' ORDER BY "customers"."id", "orders"."id"

--- Rails: pluck and group
SELECT COUNT(*) AS "count_all", "orders"."status" AS "orders_status" FROM "orders" GROUP BY "orders"."status" ORDER BY 2

--- Rails: touch
UPDATE "crm"."people" SET "updated_at" = '2026-02-02 02:02:02', "lock_version" = 1 WHERE "crm"."people"."id" = 42 AND "crm"."people"."lock_version" = 0

--- Rails: columns of a table
SELECT a.attname, format_type(a.atttypid, a.atttypmod), pg_get_expr(d.adbin, d.adrelid), a.attnotnull, a.atttypid, a.atttypmod, c.collname, col_description(a.attrelid, a.attnum) AS comment, attidentity AS identity, attgenerated AS attgenerated FROM pg_attribute a LEFT JOIN pg_attrdef d ON a.attrelid = d.adrelid AND a.attnum = d.adnum LEFT JOIN pg_type t ON a.atttypid = t.oid LEFT JOIN pg_collation c ON a.attcollation = c.oid AND a.attcollation <> t.typcollation WHERE a.attrelid = '"crm"."people"'::regclass AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum

--- Rails: indexes of a table
SELECT distinct i.relname, d.indisunique, d.indkey, pg_get_indexdef(d.indexrelid), pg_catalog.obj_description(i.oid, 'pg_class') AS comment, d.indisvalid, ARRAY(SELECT pg_get_indexdef(d.indexrelid, k + 1, true) FROM generate_subscripts(d.indkey, 1) AS k ORDER BY k) AS columns, ARRAY(SELECT a.attname FROM pg_attribute a WHERE a.attrelid = d.indexrelid AND a.attnum > d.indnkeyatts) FROM pg_class t INNER JOIN pg_index d ON t.oid = d.indrelid INNER JOIN pg_class i ON d.indexrelid = i.oid LEFT JOIN pg_namespace n ON n.oid = t.relnamespace WHERE i.relkind IN ('i', 'I') AND d.indisprimary = 'f' AND t.relname = 'people' AND n.nspname = 'crm' ORDER BY i.relname

--- Rails: types to load
SELECT t.oid, t.typname, t.typelem, t.typdelim, t.typinput, r.rngsubtype, t.typtype, t.typbasetype FROM pg_type as t LEFT JOIN pg_range as r ON oid = rngtypid WHERE t.typname IN ('int2', 'int4', 'int8', 'text', 'json', 'jsonb', 'uuid', 'plan') OR t.typtype IN ('r', 'e', 'd') OR t.typelem IN (16, 17) ORDER BY t.oid

--- Hibernate: a page
-- with: ["10", "20"]
-- covers: email
select c1_0.id, c1_0.name, c1_0.email, c1_0.country from customers c1_0 where c1_0.marketing = true order by c1_0.id offset $1 rows fetch next $2 rows only

--- Hibernate: next numbers of a sequence
select nextval('crm.jobs_id_seq') is not null

--- Hibernate: versioned update
update crm.people set first_name = 'Ann', phone = '+441632960001', lock_version = 1 where id = 42 and lock_version = 0

--- Hibernate: a join fetch with distinct root
select distinct a1_0.id, a1_0.slug, p1_0.account_id, p1_0.id, p1_0.full_name from crm.accounts a1_0 join crm.people p1_0 on a1_0.id = p1_0.account_id where a1_0.plan = 'team' order by 1, 4 limit 40

--- Prisma: find many with a relation
-- with: ["0", "20"]
-- covers: email
SELECT "public"."customers"."id", "public"."customers"."name", "public"."customers"."email", "public"."customers"."country"::text FROM "public"."customers" WHERE 1=1 ORDER BY "public"."customers"."id" ASC LIMIT $2 OFFSET $1

--- Prisma: a relation as JSON
-- covers: email
SELECT "t0"."id", "t0"."name", "t0"."email", "Customer_orders"."__prisma_data__" AS "orders" FROM "public"."customers" AS "t0" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t3"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t2"."id", 'total', "t2"."total") AS "__prisma_data__" FROM (SELECT "t1".* FROM "public"."orders" AS "t1" WHERE "t0"."id" = "t1"."customer_id" /* root select */) AS "t2" /* inner select */) AS "t3" /* middle select */) AS "t4" /* outer select */) AS "Customer_orders" ON TRUE WHERE "t0"."id" < 10 ORDER BY "t0"."id"

--- Prisma: a relation with covered fields as JSON
-- covers: people
SELECT "t0"."id", "t0"."name", "People"."__prisma_data__" AS "people" FROM "crm"."accounts" AS "t0" LEFT JOIN LATERAL (SELECT COALESCE(JSONB_AGG("__prisma_data__"), '[]') AS "__prisma_data__" FROM (SELECT "t3"."__prisma_data__" FROM (SELECT JSONB_BUILD_OBJECT('id', "t2"."id", 'email', "t2"."email", 'phone', "t2"."phone") AS "__prisma_data__" FROM (SELECT "t1".* FROM "crm"."people" AS "t1" WHERE "t0"."id" = "t1"."account_id") AS "t2") AS "t3") AS "t4") AS "People" ON TRUE ORDER BY "t0"."id" LIMIT 3

--- Prisma: aggregate
SELECT COUNT(*), SUM("total"), AVG("total") FROM (SELECT "public"."orders"."id", "public"."orders"."total" FROM "public"."orders" WHERE 1=1 OFFSET 0) AS "sub"

--- Prisma: upsert
-- with: ["2026-03-03", "signups", "4"]
INSERT INTO "crm"."daily_stats" ("day","metric","value") VALUES ($1,$2,$3) ON CONFLICT ("day","metric") DO UPDATE SET "value" = $3 WHERE 1=1 RETURNING "crm"."daily_stats"."day", "crm"."daily_stats"."value"

--- Prisma: create with all columns
-- with: ["00000000-0000-4000-8000-000000000003", "Pia", "Prisma", "pia@example.org"]
-- covers: email
INSERT INTO "crm"."people" ("account_id","first_name","last_name","email") VALUES ($1,$2,$3,$4) RETURNING "crm"."people"."first_name", "crm"."people"."email"

--- TypeORM: find with relations
-- covers: Person_email
SELECT "Person"."id" AS "Person_id", "Person"."email" AS "Person_email", "Person__account"."id" AS "Person__account_id", "Person__account"."slug" AS "Person__account_slug" FROM "crm"."people" "Person" LEFT JOIN "crm"."accounts" "Person__account" ON "Person__account"."id"="Person"."account_id" WHERE (("Person"."title" = 'CTO')) AND ("Person"."deleted_at" IS NULL) ORDER BY "Person"."id" ASC LIMIT 10

--- TypeORM: pagination by distinct numbers
SELECT DISTINCT "distinctAlias"."Person_id" AS "ids_Person_id" FROM (SELECT "Person"."id" AS "Person_id", "Person"."email" AS "Person_email", "Note"."id" AS "Note_id" FROM "crm"."people" "Person" LEFT JOIN "crm"."notes" "Note" ON "Note"."person_id"="Person"."id") "distinctAlias" ORDER BY "Person_id" ASC LIMIT 10

--- TypeORM: soft delete
UPDATE "crm"."people" SET "deleted_at" = CURRENT_TIMESTAMP, "updated_at" = CURRENT_TIMESTAMP WHERE "id" IN (51)

--- TypeORM: schema of tables
SELECT "table_schema", "table_name", obj_description(('"' || "table_schema" || '"."' || "table_name" || '"')::regclass, 'pg_class') AS table_comment FROM "information_schema"."tables" WHERE ("table_schema" = 'crm' AND "table_name" = 'people') OR ("table_schema" = 'public' AND "table_name" = 'orders') ORDER BY 1, 2

--- TypeORM: constraints
SELECT "ns"."nspname" AS "table_schema", "t"."relname" AS "table_name", "cnst"."conname" AS "constraint_name", pg_get_constraintdef("cnst"."oid") AS "expression", CASE "cnst"."contype" WHEN 'p' THEN 'PRIMARY' WHEN 'u' THEN 'UNIQUE' WHEN 'c' THEN 'CHECK' WHEN 'x' THEN 'EXCLUDE' END AS "constraint_type", "a"."attname" AS "column_name" FROM "pg_constraint" "cnst" INNER JOIN "pg_class" "t" ON "t"."oid" = "cnst"."conrelid" INNER JOIN "pg_namespace" "ns" ON "ns"."oid" = "cnst"."connamespace" LEFT JOIN "pg_attribute" "a" ON "a"."attrelid" = "cnst"."conrelid" AND "a"."attnum" = ANY ("cnst"."conkey") WHERE "t"."relkind" IN ('r', 'p') AND "ns"."nspname" = 'crm' ORDER BY 1, 2, 3, 6

--- Sequelize: findAll with include
SELECT "Order"."id", "Order"."status", "Order"."total", "customer"."id" AS "customer.id", "customer"."name" AS "customer.name", "customer"."email" AS "customer.email" FROM "orders" AS "Order" INNER JOIN "customers" AS "customer" ON "Order"."customer_id" = "customer"."id" AND "customer"."country" = 'DE' WHERE "Order"."total" >= 50 ORDER BY "Order"."id" DESC LIMIT 10 OFFSET 0

--- Sequelize: findAndCountAll's count
SELECT count("Order"."id") AS "count" FROM "orders" AS "Order" LEFT OUTER JOIN "customers" AS "customer" ON "Order"."customer_id" = "customer"."id" WHERE "Order"."status" = 'paid'

--- Sequelize: describe a table
SELECT pk.constraint_type as "Constraint", c.column_name as "Field", c.column_default as "Default", c.is_nullable as "Null", (CASE WHEN c.udt_name = 'hstore' THEN c.udt_name ELSE c.data_type END) || (CASE WHEN c.character_maximum_length IS NOT NULL THEN '(' || c.character_maximum_length || ')' ELSE '' END) as "Type", (SELECT array_agg(e.enumlabel) FROM pg_catalog.pg_type t JOIN pg_catalog.pg_enum e ON t.oid=e.enumtypid WHERE t.typname=c.udt_name) AS "special", (SELECT pgd.description FROM pg_catalog.pg_statio_all_tables AS st INNER JOIN pg_catalog.pg_description pgd on (pgd.objoid=st.relid) WHERE c.ordinal_position=pgd.objsubid AND c.table_name=st.relname) AS "Comment" FROM information_schema.columns c LEFT JOIN (SELECT tc.table_schema, tc.table_name, cu.column_name, tc.constraint_type FROM information_schema.TABLE_CONSTRAINTS tc JOIN information_schema.KEY_COLUMN_USAGE cu ON tc.table_schema=cu.table_schema and tc.table_name=cu.table_name and tc.constraint_name=cu.constraint_name and tc.constraint_type='PRIMARY KEY') pk ON pk.table_schema=c.table_schema AND pk.table_name=c.table_name AND pk.column_name=c.column_name WHERE c.table_name = 'customers' AND c.table_schema = 'public'

--- Ecto: a preload
-- with: ["{1,2,3}"]
SELECT s0."id", s0."subject", s0."open", s0."customer_id" FROM "support_tickets" AS s0 WHERE (s0."customer_id" = ANY($1)) ORDER BY s0."customer_id", s0."id"

--- Ecto: aggregate over a subquery
SELECT sum(s0."total"), count('*') FROM (SELECT so0."id" AS "id", so0."total" AS "total" FROM "orders" AS so0 WHERE (so0."status" = 'paid')) AS s0

--- Ecto: insert all with conflicts
INSERT INTO "crm"."daily_stats" AS d0 ("day","metric","value") VALUES ('2026-03-09','a',1),('2026-03-09','b',2) ON CONFLICT ("day","metric") DO UPDATE SET "value" = d0."value" + EXCLUDED."value"

--- GORM: first with soft deletes
-- covers: email email_lower phone ssn
SELECT * FROM "crm"."people" WHERE "people"."id" = 42 AND "people"."deleted_at" IS NULL ORDER BY "people"."id" LIMIT 1

--- GORM: save
UPDATE "crm"."people" SET "first_name"='A',"last_name"='B',"email"='ab@example.org',"phone"='1',"updated_at"='2026-01-01 00:00:00',"deleted_at"=NULL WHERE "people"."deleted_at" IS NULL AND "id" = 42

--- GORM: has column
SELECT count(*) FROM INFORMATION_SCHEMA.columns WHERE table_schema = CURRENT_SCHEMA() AND table_name = 'orders' AND column_name = 'note'

--- sqlc: many by ids
-- with: ["{4,5,6}"]
-- covers: email phone
SELECT id, name, email, phone, country, created_at FROM customers WHERE id = ANY($1::bigint[]) ORDER BY id

--- sqlc: optional filters
-- with: [null, "2025-01-01", "10"]
SELECT id, status, total FROM orders WHERE ($1::text IS NULL OR status = $1::text::order_status) AND placed_at >= coalesce($2::timestamptz, '-infinity') ORDER BY id LIMIT $3

--- SQLAlchemy: joined load
-- covers: email
SELECT customers.id, customers.name, customers.email, orders_1.id AS id_1, orders_1.total FROM customers LEFT OUTER JOIN orders AS orders_1 ON customers.id = orders_1.customer_id WHERE customers.id IN (1, 2, 3) ORDER BY customers.id, orders_1.id

--- SQLAlchemy: exists and anon
SELECT count(*) AS count_1 FROM (SELECT customers.id AS customers_id, customers.name AS customers_name, customers.email AS customers_email FROM customers WHERE EXISTS (SELECT 1 FROM orders WHERE customers.id = orders.customer_id AND orders.total > 300)) AS anon_1

--- SQLAlchemy: insert many values
INSERT INTO crm.people (account_id, first_name, last_name, email) SELECT p0::uuid, p1::varchar, p2::varchar, p3::varchar FROM (VALUES ('00000000-0000-4000-8000-000000000003', 'A', 'Abc1', 'a1@example.org', 0), ('00000000-0000-4000-8000-000000000003', 'B', 'Abc2', 'b1@example.org', 1)) AS imp_sen(p0, p1, p2, p3, sen_counter) ORDER BY sen_counter RETURNING crm.people.first_name

--- Knex: first with raw count
select count("id") as "total", max("created_at") as "newest" from "customers" where "country" = 'DE' and "marketing" = true

--- Drizzle: a relational query
-- covers: email
select "customers"."id", "customers"."email", "customers_orders"."data" as "orders" from "customers" "customers" left join lateral (select coalesce(json_agg(json_build_array("customers_orders"."id", "customers_orders"."total") order by "customers_orders"."id" desc), '[]'::json) as "data" from (select * from "orders" "customers_orders" where "customers_orders"."customer_id" = "customers"."id" order by "customers_orders"."id" desc limit 2) "customers_orders") "customers_orders" on true order by "customers"."id" limit 3

--- Dapper: several results
-- covers: email
SELECT id, name, email FROM customers WHERE id = 5; SELECT id, total FROM orders WHERE customer_id = 5 ORDER BY id

--- Entity Framework: paged
SELECT c.id, c.name, c.email, (SELECT count(*)::int FROM orders AS o WHERE c.id = o.customer_id) AS "Orders" FROM customers AS c WHERE c.country = 'DE' AND strpos(c.name, 'a') > 0 ORDER BY c.id LIMIT 5 OFFSET 5

--- Entity Framework: grouped
SELECT t."Key" AS country, COALESCE(sum(t.total), 0.0) AS "Sum" FROM (SELECT o.total, c.country AS "Key" FROM orders AS o INNER JOIN customers AS c ON o.customer_id = c.id) AS t GROUP BY t."Key" ORDER BY 1

--- Laravel: paginated with counts
-- covers: email national_id phone street
select "customers".*, (select count(*) from "orders" where "customers"."id" = "orders"."customer_id") as "orders_count" from "customers" where "customers"."country" = 'NL' order by "customers"."id" desc limit 15 offset 0

--- Laravel: where null and like
-- covers: email email_lower phone ssn
select * from "crm"."people" where "deleted_at" is null and "last_name"::text like 'Family1%' order by "id" limit 5
