-- What analysts write: aggregates, windows, CTEs, dates, pivots, JSON, sets, recursion.

--- orders by status
SELECT status, count(*) FROM orders GROUP BY status ORDER BY count(*) DESC, status

--- revenue by month
SELECT date_trunc('month', placed_at)::date AS month, sum(total) AS revenue, count(*) AS orders
FROM orders WHERE status NOT IN ('cancelled', 'returned') GROUP BY 1 ORDER BY 1

--- revenue by country and quarter
SELECT c.country, date_part('year', o.placed_at) AS year, extract(quarter FROM o.placed_at) AS quarter, sum(o.total)
FROM orders o JOIN customers c ON c.id = o.customer_id
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3

--- the best customers
SELECT c.id, c.name, sum(o.total) AS spent, rank() OVER (ORDER BY sum(o.total) DESC) AS place
FROM customers c JOIN orders o ON o.customer_id = c.id
GROUP BY c.id, c.name ORDER BY place, c.id LIMIT 20

--- the best customers, to be called
-- covers: phone
WITH best AS (
  SELECT customer_id, sum(total) AS spent FROM orders GROUP BY customer_id ORDER BY spent DESC, customer_id LIMIT 10
)
SELECT b.customer_id, c.name, c.phone, b.spent FROM best b JOIN customers c ON c.id = b.customer_id ORDER BY b.spent DESC

--- running total by month
WITH months AS (
  SELECT date_trunc('month', placed_at) AS month, sum(total) AS revenue FROM orders GROUP BY 1
)
SELECT month::date, revenue, sum(revenue) OVER (ORDER BY month) AS so_far,
       round(avg(revenue) OVER (ORDER BY month ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), 2) AS three_months
FROM months ORDER BY month

--- growth against the month before
WITH months AS (SELECT date_trunc('month', placed_at) AS month, sum(total) AS revenue FROM orders GROUP BY 1)
SELECT month::date, revenue, revenue - lag(revenue) OVER w AS change,
       round(100 * (revenue / nullif(lag(revenue) OVER w, 0) - 1), 1) AS percent
FROM months WINDOW w AS (ORDER BY month) ORDER BY month

--- months without a single order
SELECT m::date AS month FROM generate_series(timestamptz '2024-01-01', timestamptz '2026-06-01', interval '1 month') AS m
LEFT JOIN orders o ON date_trunc('month', o.placed_at) = m
WHERE o.id IS NULL ORDER BY m

--- a pivot with FILTER
SELECT c.country,
       count(*) FILTER (WHERE o.status = 'delivered') AS delivered,
       count(*) FILTER (WHERE o.status = 'returned') AS returned,
       round(100.0 * count(*) FILTER (WHERE o.status = 'returned') / count(*), 1) AS percent
FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country ORDER BY c.country

--- a pivot with CASE
SELECT extract(year FROM placed_at)::int AS year,
       sum(CASE WHEN status = 'cancelled' THEN 1 ELSE 0 END) AS cancelled,
       sum(CASE WHEN status = 'cancelled' THEN 0 ELSE total END) AS revenue
FROM orders GROUP BY 1 ORDER BY 1

--- subtotals
SELECT c.country, o.status, count(*), sum(o.total) FROM orders o JOIN customers c ON c.id = o.customer_id
GROUP BY ROLLUP (c.country, o.status) ORDER BY c.country NULLS LAST, o.status NULLS LAST

--- grouping sets
SELECT c.country, c.city, count(*) FROM customers c GROUP BY GROUPING SETS ((c.country), (c.city), ()) ORDER BY 1, 2

--- the cube of country and marketing
SELECT country, marketing, count(*), grouping(country, marketing) FROM customers GROUP BY CUBE (country, marketing)
ORDER BY 4, 1, 2

--- median and quartiles of order totals
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY total) AS median,
       percentile_disc(ARRAY[0.25, 0.75]) WITHIN GROUP (ORDER BY total) AS quartiles,
       mode() WITHIN GROUP (ORDER BY status) AS commonest
FROM orders

--- a histogram of order totals
SELECT width_bucket(total, 0, 1000, 10) AS bucket, count(*), min(total), max(total) FROM orders GROUP BY 1 ORDER BY 1

--- spread and correlation
SELECT round(stddev(i.price), 2), round(variance(i.quantity), 4), corr(i.quantity::float, i.price::float)
FROM order_items i

--- the best product of each month
SELECT month, name, sold FROM (
  SELECT date_trunc('month', o.placed_at)::date AS month, p.name, sum(i.quantity) AS sold,
         row_number() OVER (PARTITION BY date_trunc('month', o.placed_at) ORDER BY sum(i.quantity) DESC, p.id) AS place
  FROM order_items i JOIN orders o ON o.id = i.order_id JOIN products p ON p.id = i.product_id
  GROUP BY date_trunc('month', o.placed_at), p.id, p.name
) ranked WHERE place = 1 ORDER BY month

--- products that are bought together
SELECT a.product_id, b.product_id AS other, count(*) AS times
FROM order_items a JOIN order_items b ON a.order_id = b.order_id AND a.product_id < b.product_id
GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY times DESC, 1, 2 LIMIT 20

--- products nobody bought
SELECT p.sku, p.name FROM products p WHERE NOT EXISTS (SELECT 1 FROM order_items i WHERE i.product_id = p.id) ORDER BY p.sku

--- products above the average price
SELECT sku, name, price FROM products WHERE price > (SELECT avg(price) FROM products) ORDER BY price DESC, sku LIMIT 10

--- stock by material, out of JSON
SELECT details ->> 'material' AS material, sum(stock) AS stock, round(avg((details ->> 'grams')::int)) AS grams
FROM products GROUP BY 1 ORDER BY 2 DESC, 1

--- products by what is inside their JSON
SELECT sku, details -> 'colour' AS colour FROM products WHERE details @> '{"material": "oak"}' ORDER BY sku

--- products by a JSON path
SELECT sku, jsonb_path_query_first(details, '$.grams') AS grams FROM products
WHERE details @? '$ ? (@.grams > 5000)' ORDER BY sku

--- keys that occur in the products' JSON
SELECT key, count(*) FROM products, jsonb_object_keys(details) AS key GROUP BY key ORDER BY key

--- JSON made of each product, text and all
SELECT jsonb_pretty(to_jsonb(p) - 'stock') FROM products p ORDER BY p.id LIMIT 3

--- orders with their lines as JSON
SELECT o.id, json_agg(json_build_object('sku', p.sku, 'n', i.quantity) ORDER BY i.line) AS lines
FROM orders o JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id
WHERE o.id <= 10 GROUP BY o.id ORDER BY o.id

--- an order report for an application, customer included
-- covers: report
SELECT json_build_object('order', o.id, 'customer', json_build_object('name', c.name, 'email', c.email)) AS report
FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id <= 5 ORDER BY o.id

--- names bought by one customer, joined into one text
SELECT c.name, string_agg(DISTINCT p.name, ', ' ORDER BY p.name) AS bought
FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id
JOIN products p ON p.id = i.product_id WHERE c.id = 17 GROUP BY c.id, c.name

--- arrays of orders by customer
SELECT customer_id, array_agg(id ORDER BY id) AS orders, cardinality(array_agg(id)) AS n
FROM orders GROUP BY customer_id HAVING count(*) > 4 ORDER BY customer_id

--- cohorts by the month of the first order
WITH first AS (SELECT customer_id, min(placed_at) AS began FROM orders GROUP BY customer_id)
SELECT date_trunc('quarter', f.began)::date AS cohort,
       floor(extract(epoch FROM o.placed_at - f.began) / 86400 / 90)::int AS quarters_later,
       count(DISTINCT o.customer_id) AS active
FROM first f JOIN orders o USING (customer_id) GROUP BY 1, 2 ORDER BY 1, 2

--- days between orders
SELECT customer_id, round(avg(gap)::numeric, 1) AS days FROM (
  SELECT customer_id, extract(epoch FROM placed_at - lag(placed_at) OVER (PARTITION BY customer_id ORDER BY placed_at)) / 86400 AS gap
  FROM orders
) gaps WHERE gap IS NOT NULL GROUP BY customer_id ORDER BY days, customer_id LIMIT 10

--- recency, frequency, money
SELECT customer_id, ntile(4) OVER (ORDER BY max(placed_at)) AS recency, ntile(4) OVER (ORDER BY count(*)) AS frequency,
       ntile(4) OVER (ORDER BY sum(total)) AS money
FROM orders GROUP BY customer_id ORDER BY customer_id LIMIT 30

--- an ABC analysis of products
SELECT product_id, revenue, CASE WHEN share <= 0.8 THEN 'A' WHEN share <= 0.95 THEN 'B' ELSE 'C' END AS class FROM (
  SELECT product_id, sum(price * quantity) AS revenue,
         sum(sum(price * quantity)) OVER (ORDER BY sum(price * quantity) DESC, product_id) / sum(sum(price * quantity)) OVER () AS share
  FROM order_items GROUP BY product_id
) t ORDER BY revenue DESC, product_id

--- ages of customers by country
SELECT country, round(avg(extract(year FROM age(date '2026-01-01', born)))) AS age, count(*) FROM customers GROUP BY country
ORDER BY country

--- how many customers signed up on which day of the week
SELECT to_char(created_at, 'Dy') AS day, extract(isodow FROM created_at) AS n, count(*) FROM customers GROUP BY 1, 2 ORDER BY 2

--- orders in working hours of Brussels
SELECT count(*) FROM orders
WHERE extract(hour FROM placed_at AT TIME ZONE 'Europe/Brussels') BETWEEN 9 AND 17
  AND extract(isodow FROM placed_at AT TIME ZONE 'Europe/Brussels') < 6

--- orders within thirty days of signing up
SELECT count(*) FROM orders o JOIN customers c ON c.id = o.customer_id
WHERE o.placed_at <= c.created_at + interval '30 days' AND o.placed_at >= c.created_at

--- orders whose total is not the sum of their lines
SELECT o.id, o.total, sum(i.price * i.quantity) AS lines FROM orders o JOIN order_items i ON i.order_id = o.id
GROUP BY o.id HAVING o.total <> sum(i.price * i.quantity) ORDER BY o.id

--- payments that differ from their orders
SELECT p.id, p.order_id, p.amount, o.total FROM payments p FULL JOIN orders o ON o.id = p.order_id
WHERE p.amount IS DISTINCT FROM o.total AND o.status NOT IN ('placed', 'cancelled') ORDER BY p.id

--- customers of either kind
SELECT customer_id FROM orders WHERE total > 900 UNION SELECT customer_id FROM support_tickets WHERE open ORDER BY 1

--- customers who buy and complain
SELECT customer_id FROM orders INTERSECT SELECT customer_id FROM support_tickets ORDER BY 1 LIMIT 20

--- customers who buy and never complain
SELECT customer_id FROM orders EXCEPT SELECT customer_id FROM support_tickets ORDER BY 1 LIMIT 20

--- one timeline of orders and tickets
-- scans: what
SELECT 'order' AS kind, id, placed_at AS at, status::text AS what FROM orders WHERE customer_id = 17
UNION ALL
SELECT 'ticket', id, opened_at, subject FROM support_tickets WHERE customer_id = 17
ORDER BY at

--- contacts from two sources, one below the other
-- covers: contact
SELECT id, email AS contact FROM customers WHERE country = 'SE' UNION ALL
SELECT id, phone FROM customers WHERE country = 'SE' ORDER BY id LIMIT 20

--- a calendar made by recursion
WITH RECURSIVE days (day) AS (
  SELECT date '2026-01-01' UNION ALL SELECT day + 1 FROM days WHERE day < date '2026-01-14'
)
SELECT d.day, count(o.id) AS orders FROM days d LEFT JOIN orders o ON o.placed_at::date = d.day GROUP BY d.day ORDER BY d.day

--- a chain of orders by recursion
WITH RECURSIVE chain AS (
  SELECT id, customer_id, placed_at, 1 AS n FROM orders WHERE id = 33
  UNION ALL
  (SELECT o.id, o.customer_id, o.placed_at, c.n + 1 FROM chain c
   JOIN orders o ON o.customer_id = c.customer_id AND o.placed_at > c.placed_at ORDER BY o.placed_at LIMIT 1)
)
SELECT * FROM chain ORDER BY n

--- customers by first letter of the name
SELECT upper(left(name, 1)) AS letter, count(*) FROM customers GROUP BY 1 ORDER BY 1

--- how many customers there are in each city, with a bar
SELECT city, count(*), repeat('#', count(*)::int) AS bar FROM customers GROUP BY city ORDER BY 2 DESC, 1

--- a sample of rows for a look
-- covers: email phone national_id street
SELECT * FROM customers TABLESAMPLE BERNOULLI (20) REPEATABLE (7) ORDER BY id LIMIT 5

--- values to compare with, joined by hand
SELECT v.wanted, count(o.id) FROM (VALUES ('paid'::order_status), ('shipped')) AS v (wanted)
LEFT JOIN orders o ON o.status = v.wanted GROUP BY v.wanted ORDER BY v.wanted

--- the revenue view by year
SELECT country, extract(year FROM month)::int AS year, sum(orders) AS orders, sum(revenue) AS revenue
FROM revenue_by_country GROUP BY 1, 2 ORDER BY 1, 2

--- values per customer by the shop's own function
SELECT c.id, c.name, customer_value(c.id) AS value FROM customers c WHERE c.id <= 10 ORDER BY value DESC, c.id

--- the plan of a slow query
SELECT count(*) FROM orders o JOIN order_items i ON i.order_id = o.id WHERE o.placed_at > timestamptz '2025-01-01'

--- the plan itself
EXPLAIN (COSTS off) SELECT * FROM orders WHERE placed_at > timestamptz '2026-01-01' ORDER BY placed_at

--- a notebook's export of orders
COPY (SELECT id, status, total FROM orders ORDER BY id LIMIT 50) TO STDOUT

--- a notebook's export of customers
-- covers: email phone
COPY (SELECT id, name, email, phone, country FROM customers ORDER BY id LIMIT 50) TO STDOUT WITH (FORMAT csv, HEADER)

--- the whole product table
TABLE products ORDER BY id LIMIT 10

--- an order's biggest line and the whole row of it
SELECT DISTINCT ON (i.order_id) i.order_id, i FROM order_items i WHERE i.order_id < 12 ORDER BY i.order_id, i.price DESC

--- first and last in a window
SELECT id, customer_id, first_value(total) OVER w AS first, last_value(total) OVER w AS last, nth_value(total, 2) OVER w AS second
FROM orders WHERE customer_id < 5
WINDOW w AS (PARTITION BY customer_id ORDER BY placed_at ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
ORDER BY customer_id, id

--- percent of country revenue by city
SELECT c.country, c.city, sum(o.total) AS revenue,
       round(100 * sum(o.total) / sum(sum(o.total)) OVER (PARTITION BY c.country), 1) AS percent
FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY c.country, c.city ORDER BY c.country, percent DESC

--- how many have given an address
SELECT country, count(email) AS given, count(*) AS all_of_them FROM customers GROUP BY country ORDER BY country

--- how many different cards were used
-- covers: cards
SELECT date_trunc('year', paid_at)::date AS year, count(DISTINCT card_number) AS cards, sum(amount) FROM payments GROUP BY 1 ORDER BY 1

--- contact fields in capitals
-- covers: email tel
SELECT id, upper(email) AS email, 'tel ' || phone AS tel FROM customers ORDER BY id LIMIT 5

--- customers as rows of JSON
-- covers: c
SELECT row_to_json(c) AS c FROM customers c WHERE id <= 3 ORDER BY id

--- monthly cohorts and how many came back
WITH first_orders AS (
  SELECT customer_id, date_trunc('month', min(placed_at)) AS cohort FROM orders GROUP BY customer_id
), activity AS (
  SELECT DISTINCT o.customer_id, f.cohort,
         (extract(year FROM age(date_trunc('month', o.placed_at), f.cohort)) * 12 + extract(month FROM age(date_trunc('month', o.placed_at), f.cohort)))::int AS months_later
  FROM orders o JOIN first_orders f USING (customer_id)
)
SELECT cohort, months_later, count(*) AS customers,
       round(100.0 * count(*) / first_value(count(*)) OVER (PARTITION BY cohort ORDER BY months_later), 1) AS retention_pct
FROM activity GROUP BY cohort, months_later ORDER BY cohort, months_later

--- cohort table as a pivot
WITH c AS (SELECT id, date_trunc('quarter', created_at)::date AS cohort FROM customers)
SELECT c.cohort, count(DISTINCT c.id) AS size,
  count(DISTINCT o.customer_id) FILTER (WHERE o.placed_at < c.cohort + interval '3 months') AS q0,
  count(DISTINCT o.customer_id) FILTER (WHERE o.placed_at >= c.cohort + interval '3 months' AND o.placed_at < c.cohort + interval '6 months') AS q1,
  count(DISTINCT o.customer_id) FILTER (WHERE o.placed_at >= c.cohort + interval '6 months') AS later
FROM c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.cohort ORDER BY 1

--- funnel from visit to purchase
SELECT count(*) FILTER (WHERE visited) AS visited, count(*) FILTER (WHERE visited AND signed_up) AS signed_up,
       count(*) FILTER (WHERE visited AND signed_up AND bought) AS bought,
       round(count(*) FILTER (WHERE bought)::numeric / nullif(count(*) FILTER (WHERE visited), 0), 3) AS rate
FROM (SELECT person_id, bool_or(name = 'visit') AS visited, bool_or(name = 'signup') AS signed_up, bool_or(name = 'purchase') AS bought
      FROM crm.events GROUP BY person_id) t

--- ordered funnel with lateral joins
SELECT count(*) AS visits, count(s.at) AS signups, count(p.at) AS purchases
FROM (SELECT person_id, min(at) AS at FROM crm.events WHERE name = 'visit' GROUP BY 1) v
LEFT JOIN LATERAL (SELECT e.at FROM crm.events e WHERE e.person_id = v.person_id AND e.name = 'signup' AND e.at > v.at ORDER BY e.at LIMIT 1) s ON true
LEFT JOIN LATERAL (SELECT e.at FROM crm.events e WHERE e.person_id = v.person_id AND e.name = 'purchase' AND e.at > s.at ORDER BY e.at LIMIT 1) p ON true

--- percentiles of basket sizes by country
SELECT c.country, percentile_cont(ARRAY[0.25, 0.5, 0.75, 0.95]) WITHIN GROUP (ORDER BY o.total) AS quartiles,
       percentile_disc(0.5) WITHIN GROUP (ORDER BY o.total) AS median, mode() WITHIN GROUP (ORDER BY o.status) AS usual_status, stddev_samp(o.total)::numeric(10,2) AS sd
FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.country HAVING count(*) > 5 ORDER BY c.country

--- seven-day rolling revenue
SELECT day, revenue, sum(revenue) OVER w AS last_7, avg(revenue) OVER (ORDER BY day RANGE BETWEEN interval '6 days' PRECEDING AND CURRENT ROW)::numeric(12,2) AS avg_7
FROM (SELECT placed_at::date AS day, sum(total) AS revenue FROM orders GROUP BY 1) d
WINDOW w AS (ORDER BY day ROWS BETWEEN 6 PRECEDING AND CURRENT ROW) ORDER BY day

--- days without a sale on a date spine
SELECT d::date AS day, coalesce(count(o.id), 0) AS orders
FROM generate_series((SELECT min(placed_at)::date FROM orders), (SELECT max(placed_at)::date FROM orders), interval '1 day') AS d
LEFT JOIN orders o ON o.placed_at >= d AND o.placed_at < d + interval '1 day'
GROUP BY d HAVING count(o.id) = 0 ORDER BY d LIMIT 50

--- month by month against the year before
WITH m AS (SELECT date_trunc('month', placed_at)::date AS month, sum(total) AS revenue FROM orders GROUP BY 1)
SELECT month, revenue, lag(revenue) OVER (ORDER BY month) AS previous, revenue - lag(revenue, 12, 0) OVER (ORDER BY month) AS yoy,
       to_char(100 * (revenue / nullif(lag(revenue) OVER (ORDER BY month), 0) - 1), 'FM990.0') || '%' AS growth FROM m ORDER BY month

--- islands of consecutive order days
SELECT customer_id, min(day) AS from_day, max(day) AS to_day, count(*) AS days FROM (
  SELECT customer_id, day, day - (row_number() OVER (PARTITION BY customer_id ORDER BY day))::int AS island
  FROM (SELECT DISTINCT customer_id, placed_at::date AS day FROM orders) d) i
GROUP BY customer_id, island HAVING count(*) > 1 ORDER BY days DESC, customer_id LIMIT 20

--- gaps in order numbers
SELECT prev + 1 AS gap_start, id - 1 AS gap_end FROM (SELECT id, lag(id) OVER (ORDER BY id) AS prev FROM orders) s WHERE id <> prev + 1 ORDER BY 1 LIMIT 10

--- missing days of a metric
SELECT s.day::date AS day, m.metric FROM generate_series(date '2026-01-01', date '2026-02-15', '1 day') AS s(day)
CROSS JOIN (SELECT DISTINCT metric FROM crm.daily_stats) m
WHERE NOT EXISTS (SELECT 1 FROM crm.daily_stats d WHERE d.day = s.day AND d.metric = m.metric) ORDER BY 1, 2

--- last observation carried forward
SELECT s.day::date, (SELECT d.value FROM crm.daily_stats d WHERE d.metric = 'orders' AND d.day <= s.day ORDER BY d.day DESC LIMIT 1) AS value
FROM generate_series(date '2026-01-01', date '2026-01-31', interval '1 day') s(day) ORDER BY 1

--- category tree with paths
WITH RECURSIVE tree AS (
  SELECT id, parent_id, name, 1 AS depth, ARRAY[position, id] AS sort, name::text AS path FROM crm.categories WHERE parent_id IS NULL
  UNION ALL
  SELECT c.id, c.parent_id, c.name, t.depth + 1, t.sort || c.position || c.id, t.path || ' > ' || c.name FROM crm.categories c JOIN tree t ON c.parent_id = t.id
) SELECT repeat('  ', depth - 1) || name AS label, path, depth FROM tree ORDER BY sort

--- ancestors of a category
WITH RECURSIVE up(id, parent_id, name, lvl) AS (
  SELECT id, parent_id, name, 0 FROM crm.categories WHERE id = 7 UNION ALL SELECT c.id, c.parent_id, c.name, u.lvl + 1 FROM crm.categories c, up u WHERE c.id = u.parent_id
) SELECT string_agg(name, ' / ' ORDER BY lvl DESC) FROM up

--- tree with search and cycle clauses
WITH RECURSIVE t(id, parent_id, name) AS (SELECT id, parent_id, name FROM crm.categories WHERE parent_id IS NULL UNION ALL SELECT c.id, c.parent_id, c.name FROM crm.categories c JOIN t ON c.parent_id = t.id)
SEARCH DEPTH FIRST BY id SET ord CYCLE id SET looped USING way SELECT id, name, looped FROM t ORDER BY ord

--- three newest orders of each customer
SELECT c.id, c.name, o.id AS order_id, o.placed_at, o.total FROM customers c
CROSS JOIN LATERAL (SELECT id, placed_at, total FROM orders WHERE customer_id = c.id ORDER BY placed_at DESC, id LIMIT 3) o
WHERE c.country = 'DE' ORDER BY c.id, o.placed_at DESC, o.id

--- best customers with their address covered
-- covers: email phone
WITH spend AS (SELECT customer_id, sum(total) AS spent, count(*) AS n, max(placed_at) AS last FROM orders WHERE status <> 'cancelled' GROUP BY customer_id)
SELECT c.name, c.email, c.phone, s.spent, s.n, s.last, rank() OVER (ORDER BY s.spent DESC) AS place FROM spend s JOIN customers c ON c.id = s.customer_id ORDER BY s.spent DESC, c.id LIMIT 25

--- pivot of orders by status with CASE
SELECT to_char(placed_at, 'YYYY-MM') AS month,
  sum(CASE WHEN status = 'placed' THEN 1 ELSE 0 END) AS placed, sum(CASE WHEN status IN ('shipped','delivered') THEN 1 ELSE 0 END) AS sent,
  sum(CASE WHEN status = 'returned' THEN total ELSE 0 END) AS returned_value, count(*) AS all_orders
FROM orders GROUP BY to_char(placed_at, 'YYYY-MM') ORDER BY month

--- revenue with grouping sets
SELECT coalesce(c.country::text, 'all') AS country, o.status, GROUPING(c.country, o.status) AS g, sum(o.total) AS revenue
FROM orders o JOIN customers c ON c.id = o.customer_id GROUP BY ROLLUP (c.country, o.status) ORDER BY g, 1, 2

--- cube of marketing consent
SELECT country, marketing, count(*) FROM customers GROUP BY CUBE (country, marketing) ORDER BY country NULLS LAST, marketing NULLS LAST

--- abc classes of products
WITH r AS (SELECT p.id, p.name, sum(i.quantity * i.price) AS revenue FROM products p JOIN order_items i ON i.product_id = p.id GROUP BY p.id, p.name),
     s AS (SELECT *, sum(revenue) OVER (ORDER BY revenue DESC, id) / sum(revenue) OVER () AS share FROM r)
SELECT id, name, revenue, CASE WHEN share <= 0.8 THEN 'A' WHEN share <= 0.95 THEN 'B' ELSE 'C' END AS class FROM s ORDER BY revenue DESC, id

--- rfm scores
SELECT customer_id, ntile(5) OVER (ORDER BY max(placed_at)) AS r, ntile(5) OVER (ORDER BY count(*)) AS f, ntile(5) OVER (ORDER BY sum(total)) AS m
FROM orders GROUP BY customer_id ORDER BY customer_id

--- products bought together
SELECT a.product_id AS one, b.product_id AS other, count(*) AS together FROM order_items a JOIN order_items b ON a.order_id = b.order_id AND a.product_id < b.product_id GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 15

--- time between orders
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM gap) / 86400) AS median_days, max(gap) AS longest
FROM (SELECT placed_at - lag(placed_at) OVER (PARTITION BY customer_id ORDER BY placed_at) AS gap FROM orders) g WHERE gap IS NOT NULL

--- sessions from events
WITH marked AS (SELECT person_id, at, CASE WHEN at - lag(at) OVER w > interval '30 minutes' OR lag(at) OVER w IS NULL THEN 1 ELSE 0 END AS starts FROM crm.events WINDOW w AS (PARTITION BY person_id ORDER BY at)),
     numbered AS (SELECT *, sum(starts) OVER (PARTITION BY person_id ORDER BY at ROWS UNBOUNDED PRECEDING) AS session FROM marked)
SELECT person_id, session, min(at) AS began, max(at) - min(at) AS lasted, count(*) AS hits FROM numbered GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 40

--- which page is slow
SELECT props ->> 'page' AS page, count(*) AS hits, avg((props ->> 'ms')::int)::int AS avg_ms, max((props ->> 'ms')::numeric) AS max_ms FROM crm.events WHERE props ? 'page' AND (props ->> 'ms')::int > 100 GROUP BY 1 ORDER BY hits DESC, page

--- campaigns out of nested documents
SELECT attributes #>> '{utm,campaign}' AS campaign, attributes -> 'source' AS source, count(*) AS people, count(email) AS with_mail, count(*) FILTER (WHERE phone IS NOT NULL) AS with_phone
FROM crm.people WHERE attributes @> '{"source": "web"}' GROUP BY 1, 2 ORDER BY 1

--- flags of accounts unnested
SELECT f.flag, count(*) FROM crm.accounts a CROSS JOIN LATERAL jsonb_array_elements_text(a.settings -> 'flags') AS f(flag) GROUP BY f.flag ORDER BY 2 DESC, 1

--- a path query into settings
SELECT slug, jsonb_path_query_first(settings, '$.limits.api') AS api, jsonb_path_exists(settings, '$.flags[*] ? (@ == "b1")') AS b1 FROM crm.accounts ORDER BY created_at LIMIT 10

--- tags counted
SELECT tag, count(*) FROM crm.people, unnest(tags) AS tag WHERE deleted_at IS NULL GROUP BY tag ORDER BY count(*) DESC

--- people with a tag and their covered addresses
-- covers: email
SELECT id, full_name, email, tags FROM crm.people WHERE tags && ARRAY['vip'] AND 'lead' = ANY (tags) AND deleted_at IS NULL ORDER BY last_seen_at DESC NULLS LAST, id LIMIT 20

--- names cleaned up
SELECT id, initcap(lower(trim(both ' ' from name))) AS clean, regexp_replace(name, '\s+', ' ', 'g') AS squeezed, split_part(name, ' ', 1) AS first, translate(lower(name), 'äöü', 'aou') AS plain, length(name) AS n FROM customers ORDER BY id LIMIT 30

--- words in product names
SELECT lower(w) AS word, count(*) FROM products, regexp_split_to_table(name, '\W+') AS w WHERE length(w) > 3 GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20

--- product attributes of every kind
SELECT k.key, jsonb_typeof(k.value) AS kind, count(*) FROM products p, jsonb_each(p.details) AS k GROUP BY 1, 2 ORDER BY 1

--- orders as documents
SELECT jsonb_build_object('id', o.id, 'total', o.total, 'lines', (SELECT jsonb_agg(jsonb_build_object('sku', p.sku, 'qty', i.quantity) ORDER BY i.line) FROM order_items i JOIN products p ON p.id = i.product_id WHERE i.order_id = o.id)) AS doc FROM orders o WHERE o.id BETWEEN 10 AND 15 ORDER BY o.id

--- lists of orders per customer
SELECT c.id, c.name, array_agg(o.id ORDER BY o.placed_at DESC, o.id) AS orders, (array_agg(o.total ORDER BY o.placed_at DESC, o.id))[1] AS newest_total, string_agg(DISTINCT o.status::text, ', ') AS statuses FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY c.id, c.name ORDER BY c.id LIMIT 20

--- one customer per country with distinct on
-- covers: email
SELECT DISTINCT ON (country) country, id, name, email, created_at FROM customers ORDER BY country, created_at, id

--- customers who ordered and never wrote a ticket
-- covers: phone
SELECT c.id, c.name, c.phone FROM customers c WHERE EXISTS (SELECT FROM orders o WHERE o.customer_id = c.id AND o.total > 100) AND c.id NOT IN (SELECT customer_id FROM support_tickets) ORDER BY c.id LIMIT 20

--- ids by set operations
(SELECT customer_id FROM orders WHERE status = 'returned' INTERSECT SELECT customer_id FROM support_tickets WHERE open) EXCEPT SELECT id FROM customers WHERE country = 'FR' ORDER BY 1

--- how complete the contact data is
SELECT count(*) AS n, count(email) AS emails, count(phone) AS phones, count(ssn) AS ssns, round(100.0 * count(phone) / count(*), 1) AS phone_pct, sum(CASE WHEN ssn IS NULL THEN 1 ELSE 0 END) AS without_ssn FROM crm.people

--- sizes of accounts from the materialized view
SELECT s.name, s.people, a.plan, a.seats - s.people AS free_seats FROM crm.account_sizes s JOIN crm.accounts a USING (id) ORDER BY 2 DESC, 1 LIMIT 10

--- buckets of basket sizes
SELECT width_bucket(total, 0, 1000, 10) AS bucket, count(*), min(total), max(total), repeat('*', (count(*) / 5)::int) AS bar FROM orders GROUP BY 1 ORDER BY 1

--- hours and weekdays
SELECT extract(isodow FROM placed_at) AS dow, date_part('hour', placed_at AT TIME ZONE 'Europe/Paris') AS hour, count(*) FROM orders GROUP BY 1, 2 ORDER BY 1, 2

--- correlation and regression
SELECT corr(seats, length(name)) AS r, regr_slope(seats, extract(epoch FROM created_at)) AS slope, variance(seats) FROM crm.accounts

--- ages by decade
SELECT (extract(year FROM age(current_date, born))::int / 10) * 10 AS decade, count(*) FROM customers GROUP BY 1 ORDER BY 1

--- customer lifetime with the shop's function
SELECT id, name, customer_value(id) AS value FROM customers WHERE country = 'BE' ORDER BY value DESC, id LIMIT 10

--- a crosstab with array positions
SELECT m.month, m.counts[1] AS placed, m.counts[2] AS paid FROM (SELECT date_trunc('month', placed_at) AS month, ARRAY[count(*) FILTER (WHERE status = 'placed'), count(*) FILTER (WHERE status = 'paid')] AS counts FROM orders GROUP BY 1) m ORDER BY 1

--- sampled rows
SELECT count(*) > 0 AS some FROM orders TABLESAMPLE BERNOULLI (50) REPEATABLE (7)

--- values list joined
SELECT v.code, v.label, count(c.id) FROM (VALUES ('DE', 'Germany'), ('FR', 'France'), ('BE', 'Belgium')) AS v(code, label) LEFT JOIN customers c ON c.country = v.code GROUP BY 1, 2 ORDER BY 1

--- contact list with a label from the address's presence
-- covers: contact
SELECT id, full_name, CASE WHEN phone IS NULL AND email IS NULL THEN 'unreachable' ELSE 'reachable' END AS reach, coalesce(phone, email) AS contact FROM crm.people ORDER BY id LIMIT 15

--- newest note of each person
-- covers: body
SELECT p.id, p.full_name, n.kind, n.body, n.created_at FROM crm.people p JOIN LATERAL (SELECT kind, body, created_at FROM crm.notes WHERE person_id = p.id ORDER BY created_at DESC LIMIT 1) n ON true WHERE p.title = 'CTO' ORDER BY p.id LIMIT 10

--- notes per kind and author
SELECT author, kind, count(*), max(created_at) AS last, avg(length(author))::numeric(4,1) AS n FROM crm.notes GROUP BY GROUPING SETS ((author, kind), (author), ()) ORDER BY 1, 2

--- expiring cards by brand
SELECT brand, exp_year, count(*) FROM crm.cards WHERE make_date(exp_year, exp_month, 1) < date '2029-01-01' GROUP BY ROLLUP (brand, exp_year) ORDER BY 1, 2

--- cards with their last four as the mask shows them
-- covers: pan
SELECT k.id, p.full_name, k.brand, k.pan, k.exp_month || '/' || k.exp_year AS expires FROM crm.cards k JOIN crm.people p ON p.id = k.person_id ORDER BY k.id LIMIT 10

--- export by a cursor
-- covers: email
DECLARE export NO SCROLL CURSOR FOR SELECT id, full_name, email FROM crm.people ORDER BY id
--;
FETCH FORWARD 50 FROM export
--;
FETCH FORWARD 50 FROM export
--;
CLOSE export

--- export as CSV
-- covers: email
COPY (SELECT c.id, c.name, c.email, c.country FROM customers c ORDER BY c.id LIMIT 30) TO STDOUT WITH (FORMAT csv, HEADER)

--- people without duplicates by name
SELECT lower(last_name) AS name, count(*) FROM crm.people GROUP BY lower(last_name) HAVING count(*) > 1 ORDER BY 2 DESC

--- running totals that restart
SELECT id, customer_id, total, sum(total) OVER (PARTITION BY customer_id ORDER BY placed_at, id) AS so_far, row_number() OVER (PARTITION BY customer_id ORDER BY placed_at, id) AS nth, count(*) OVER () AS n FROM orders ORDER BY id LIMIT 50 OFFSET 100

--- windows with exclusion and groups
SELECT id, total, avg(total) OVER (ORDER BY placed_at, id ROWS BETWEEN 3 PRECEDING AND 3 FOLLOWING EXCLUDE CURRENT ROW) AS around, nth_value(total, 2) OVER (PARTITION BY status ORDER BY total DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS second FROM orders ORDER BY id LIMIT 30

--- customers grouped by key and covered columns
-- covers: email phone
SELECT c.id, c.name, c.email, c.phone, count(DISTINCT o.id) AS orders, sum(i.quantity) AS items FROM customers c JOIN orders o ON o.customer_id = c.id JOIN order_items i ON i.order_id = o.id GROUP BY c.id, c.name, c.email, c.phone ORDER BY items DESC, c.id LIMIT 10

--- the same by numbers
-- covers: email
SELECT c.id, c.email, date_trunc('year', o.placed_at) AS year, sum(o.total) FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY 1, 2, 3 ORDER BY 1, 3 LIMIT 20

--- segments by presence of contact data
SELECT (phone IS NOT NULL) AS has_phone, (ssn IS NOT NULL) AS has_ssn, count(*) FROM crm.people GROUP BY 1, 2 ORDER BY 1, 2

--- contacts of each account in one cell
-- covers: emails
SELECT a.name, count(*) AS people, string_agg(p.full_name, '; ' ORDER BY p.id) AS names, string_agg(p.email, '; ' ORDER BY p.id) AS emails FROM crm.people p JOIN crm.accounts a ON a.id = p.account_id GROUP BY a.name ORDER BY a.name LIMIT 5

--- contacts of each account as documents
-- covers: contacts
SELECT a.slug, json_agg(json_build_object('name', p.full_name, 'email', p.email, 'phone', p.phone) ORDER BY p.id) AS contacts FROM crm.accounts a JOIN crm.people p ON p.account_id = a.id WHERE a.plan = 'team' GROUP BY a.slug ORDER BY 1 LIMIT 3

--- addresses at one provider, counted and covered
-- covers: at_example
SELECT country, sum(CASE WHEN email LIKE '%@example.com' THEN 1 ELSE 0 END) AS at_example, count(*) AS n FROM customers GROUP BY country ORDER BY country

--- completeness by account
SELECT a.slug, count(p.id) AS people, count(p.phone) AS with_phone, round(100.0 * count(p.phone) / nullif(count(p.id), 0), 1) AS pct FROM crm.accounts a LEFT JOIN crm.people p ON p.account_id = a.id GROUP BY a.slug ORDER BY pct NULLS FIRST, a.slug LIMIT 10

--- reachable people by title
SELECT coalesce(title, '(none)') AS title, count(*) FILTER (WHERE phone IS NOT NULL AND email IS NOT NULL) AS both, count(*) FILTER (WHERE phone IS NULL) AS no_phone FROM crm.people GROUP BY 1 ORDER BY 1

--- newest person of each account
-- covers: email
SELECT DISTINCT ON (p.account_id) p.account_id, p.id, p.full_name, p.email, p.created_at FROM crm.people p WHERE p.deleted_at IS NULL ORDER BY p.account_id, p.created_at DESC, p.id

--- distinct people with calls
-- covers: email phone
SELECT DISTINCT p.id, p.full_name, p.email, p.phone FROM crm.people p JOIN crm.notes n ON n.person_id = p.id WHERE n.kind = 'call' ORDER BY p.full_name, p.id LIMIT 20

--- distinct people with calls, all of their columns
-- covers: email national_id phone street
SELECT DISTINCT p.* FROM crm.cards k JOIN crm.cards k2 ON k2.brand = k.brand JOIN customers p ON p.id = k.person_id WHERE k.exp_year = 2028 ORDER BY p.id LIMIT 5

--- payments by customer with holder
SELECT c.id, c.name, count(p.id) AS payments, sum(p.amount) AS paid, max(p.paid_at) AS last FROM customers c JOIN orders o ON o.customer_id = c.id JOIN payments p ON p.order_id = o.id GROUP BY c.id, c.name ORDER BY paid DESC, c.id LIMIT 10

--- payments listed with covered cards
-- covers: card_holder card_number
SELECT p.id, p.card_number, p.card_holder, p.expires, p.amount, o.status FROM payments p JOIN orders o ON o.id = p.order_id WHERE p.paid_at >= '2025-06-01' ORDER BY p.amount DESC, p.id LIMIT 10

--- share of customers with tickets
SELECT round(avg(CASE WHEN t.n > 0 THEN 1.0 ELSE 0 END), 3) AS share FROM customers c LEFT JOIN (SELECT customer_id, count(*) AS n FROM support_tickets GROUP BY 1) t ON t.customer_id = c.id

--- first response by percentiles
SELECT kind, percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM n.created_at - p.created_at)) AS p90 FROM crm.notes n JOIN crm.people p ON p.id = n.person_id GROUP BY kind ORDER BY kind

--- longest notes by their covered lengths
-- covers: chars
SELECT id, author, length(body) AS chars FROM crm.notes ORDER BY id LIMIT 10

--- weekly active people
SELECT date_trunc('week', at)::date AS week, count(DISTINCT person_id) AS people, count(*) AS events FROM crm.events GROUP BY 1 ORDER BY 1 LIMIT 30

--- retention by days since the first event
WITH f AS (SELECT person_id, min(at)::date AS d0 FROM crm.events GROUP BY 1) SELECT e.at::date - f.d0 AS day, count(DISTINCT e.person_id) FROM crm.events e JOIN f USING (person_id) GROUP BY 1 ORDER BY 1 LIMIT 15

--- cumulative people by month with a spine
SELECT m::date AS month, count(p.id) AS new, sum(count(p.id)) OVER (ORDER BY m) AS total FROM generate_series(timestamptz '2025-02-01', timestamptz '2026-01-01', interval '1 month') m LEFT JOIN crm.people p ON date_trunc('month', p.created_at) = m GROUP BY m ORDER BY m

--- people as rows of a pivot by plan
SELECT title, count(*) FILTER (WHERE a.plan = 'free') AS free, count(*) FILTER (WHERE a.plan = 'team') AS team, count(*) FILTER (WHERE a.plan = 'business') AS business FROM crm.people p JOIN crm.accounts a ON a.id = p.account_id GROUP BY title ORDER BY title NULLS LAST

--- top customers with email, ties by number
-- covers: email
SELECT c.id, c.name, c.email, SUM(o.total) AS total_spent, COUNT(*) AS order_count, AVG(o.total)::numeric(10,2) AS avg_order FROM customers AS c INNER JOIN orders AS o ON c.id = o.customer_id WHERE o.status <> 'cancelled' GROUP BY c.id, c.name, c.email HAVING COUNT(*) >= 2 ORDER BY total_spent DESC, c.id ASC LIMIT 10

--- customers of the last quarter, unqualified
-- covers: email
SELECT customers.id, name, email, count(orders.id) FROM customers JOIN orders ON orders.customer_id = customers.id WHERE placed_at > '2025-06-01' GROUP BY customers.id, name, email ORDER BY 4 DESC, 1 LIMIT 10

--- tickets with a covered contact
-- covers: contact
SELECT t.id, t.subject, c.name, COALESCE(c.phone, c.email) AS contact, CASE WHEN t.open THEN 'open' ELSE 'closed' END AS state FROM support_tickets t LEFT JOIN customers c ON c.id = t.customer_id ORDER BY t.id LIMIT 15

--- duplicates by name within a country
-- covers: email
SELECT * FROM (SELECT id, name, country, email, row_number() OVER (PARTITION BY name, country ORDER BY created_at, id) AS nth FROM customers) d WHERE nth > 1 ORDER BY id

--- ranks of customers with their addresses
-- covers: email
SELECT id, email, dense_rank() OVER (ORDER BY created_at DESC, id) AS newest, lag(name) OVER (ORDER BY created_at, id) AS before FROM customers ORDER BY id LIMIT 12

--- an exploded list joined back
-- covers: email
SELECT x.id, c.name, c.email FROM unnest(ARRAY[3, 5, 8]::bigint[]) WITH ORDINALITY AS x(id, ord) JOIN customers c ON c.id = x.id ORDER BY x.ord

--- upper and trimmed addresses
-- covers: domain n prefix shouted
SELECT id, upper(trim(email)) AS shouted, split_part(email, '@', 2) AS domain, length(email) AS n, left(phone, 3) AS prefix FROM customers ORDER BY id LIMIT 5

--- last digits for a phone call
-- covers: ends_in
SELECT id, full_name, '…' || right(phone, 4) AS ends_in FROM crm.people WHERE account_id = '00000000-0000-4000-8000-000000000003' ORDER BY id

--- hashed addresses for an export
-- covers: hash
SELECT md5(lower(trim(email))) AS hash, country FROM customers ORDER BY id LIMIT 10

--- revenue and an address by country over four tables
-- covers: somebody
SELECT c.country, count(*) AS orders, round(sum(i.quantity * p.price), 2) AS revenue, max(c.email) AS somebody
FROM customers c JOIN orders o ON o.customer_id = c.id
JOIN order_items i ON i.order_id = o.id JOIN products p ON p.id = i.product_id
GROUP BY c.country HAVING count(*) > 10 ORDER BY revenue DESC LIMIT 5

--- a page of cards, wrapped by a tool
-- covers: card
SELECT * FROM (SELECT c.id, jsonb_build_object('name', c.name, 'email', c.email, 'orders',
  (SELECT array_agg(o.id ORDER BY o.placed_at DESC) FROM orders o WHERE o.customer_id = c.id)) AS card FROM customers c) page
ORDER BY id LIMIT 20

--- hashed addresses by name
-- covers: hash
SELECT name, md5(lower(email)) AS hash FROM customers ORDER BY name, created_at LIMIT 20

--- customers who never ordered, by name
-- covers: email
SELECT c.id, c.name, c.email FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL ORDER BY c.name

--- who can be called, by country
SELECT country, count(*) AS reachable FROM customers WHERE phone IS NOT NULL GROUP BY country ORDER BY reachable DESC, country

--- people and revenue by country
-- covers: people
SELECT c.country, count(DISTINCT c.email) AS people, sum(o.total) AS revenue
FROM customers c JOIN orders o ON o.customer_id = c.id GROUP BY 1 ORDER BY 3 DESC

--- providers of the newest customers
-- covers: provider
SELECT id, name, CASE WHEN email LIKE '%@post.example' THEN 'post' ELSE 'other' END AS provider
FROM customers ORDER BY created_at DESC, id LIMIT 20

--- the cards of each order in one row
-- covers: cards
SELECT o.id, (SELECT array_agg(p.card_number ORDER BY p.id) FROM (SELECT * FROM payments WHERE order_id = o.id) p) AS cards
FROM orders o ORDER BY o.id LIMIT 5
