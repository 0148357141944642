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
-- covers: given
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
