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
