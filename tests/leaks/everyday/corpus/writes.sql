-- What support staff and agents change: orders and tickets. Each runs in a transaction that is rolled back.

--- a note on an order
UPDATE orders SET note = 'customer called' WHERE id = 33

--- a note, and see it
UPDATE orders SET note = coalesce(note || '; ', '') || 'called back' WHERE id = 33 RETURNING id, note, status

--- an order's next status
-- with: ["shipped", "33"]
UPDATE orders SET status = $1::order_status WHERE id = $2 RETURNING id, status

--- a status, but only from the right one
UPDATE orders SET status = 'cancelled' WHERE id = 33 AND status NOT IN ('returned', 'cancelled') RETURNING id

--- close a ticket
UPDATE support_tickets SET open = false WHERE id = 12

--- close all tickets of an order's customer
UPDATE support_tickets t SET open = false FROM orders o WHERE o.customer_id = t.customer_id AND o.id = 33 AND t.open RETURNING t.id

--- close the oldest tickets of a country
UPDATE support_tickets SET open = false
WHERE id IN (SELECT t.id FROM support_tickets t JOIN customers c ON c.id = t.customer_id WHERE c.country = 'FR' AND t.open ORDER BY t.opened_at, t.id LIMIT 3)
RETURNING id

--- close the ticket of whoever wrote from this address
-- with: ["«select c.email from customers c join support_tickets t on t.customer_id = c.id where t.open order by t.id limit 1»"]
UPDATE support_tickets SET open = false WHERE customer_id = (SELECT id FROM customers WHERE email = $1) RETURNING id

--- a new ticket
INSERT INTO support_tickets (id, customer_id, subject, body, open, opened_at) VALUES (900001, 17, 'Chair wobbles', 'One leg is too short.', true, '2026-07-01')

--- a new ticket, returned whole
-- scans: subject body
INSERT INTO support_tickets VALUES (900002, 17, 'Late parcel', 'Should have been here on Monday.', true, '2026-07-01') RETURNING *

--- a new ticket, with parameters
-- with: ["900003", "17", "Wrong colour", "It is green, not blue."]
INSERT INTO support_tickets (id, customer_id, subject, body, open, opened_at) VALUES ($1, $2, $3, $4, true, '2026-07-01') RETURNING id

--- several tickets at once
INSERT INTO support_tickets (id, customer_id, subject, body, open, opened_at) VALUES
  (900004, 3, 'Recall', 'Please send it back.', true, '2026-07-01'), (900005, 5, 'Recall', 'Please send it back.', true, '2026-07-01')
RETURNING id, customer_id

--- a ticket for everyone who bought a product
INSERT INTO support_tickets (id, customer_id, subject, body, open, opened_at)
SELECT 910000 + row_number() OVER (ORDER BY o.customer_id), o.customer_id, 'Recall of ' || p.sku, 'Please send it back.', true, '2026-07-01'
FROM (SELECT DISTINCT o.customer_id, i.product_id FROM orders o JOIN order_items i ON i.order_id = o.id WHERE i.product_id = 7) o
JOIN products p ON p.id = o.product_id
RETURNING id, customer_id, subject

--- an upsert of an order's note
INSERT INTO orders (id, customer_id, status, placed_at, changed_at, total, note)
VALUES (33, 17, 'placed', '2026-07-01', '2026-07-01', 0, 'again')
ON CONFLICT (id) DO UPDATE SET note = excluded.note RETURNING id, note

--- an insert that gives way
INSERT INTO support_tickets (id, customer_id, subject, body, open, opened_at) VALUES (12, 17, 'x', 'y', true, '2026-07-01')
ON CONFLICT DO NOTHING RETURNING id

--- a copy of an order
INSERT INTO orders SELECT 900001, customer_id, 'placed', '2026-07-01', '2026-07-01', total, 'replacement for ' || id FROM orders WHERE id = 33
RETURNING id, customer_id, note

--- forget a ticket
DELETE FROM support_tickets WHERE id = 12 RETURNING id, open

--- forget what was closed long ago
WITH gone AS (DELETE FROM support_tickets WHERE NOT open AND opened_at < '2024-03-01' RETURNING id)
SELECT count(*) FROM gone

--- change and look in one statement, customer included
-- covers: email
WITH changed AS (UPDATE orders SET note = 'see ticket' WHERE id IN (33, 34) RETURNING id, customer_id)
SELECT changed.id, c.name, c.email FROM changed JOIN customers c ON c.id = changed.customer_id ORDER BY changed.id

--- lock the row first
SELECT id, status FROM orders WHERE id = 33 FOR UPDATE

--- a queue of tickets
SELECT id, opened_at FROM support_tickets WHERE open ORDER BY opened_at, id LIMIT 1 FOR UPDATE SKIP LOCKED

--- a merge of two orders' notes
MERGE INTO orders AS o USING (VALUES (33::bigint, 'first'), (34, 'second')) AS v (id, note) ON o.id = v.id
WHEN MATCHED THEN UPDATE SET note = v.note

--- half of it taken back
SAVEPOINT before
--;
UPDATE orders SET note = 'wrong' WHERE id = 33
--;
ROLLBACK TO SAVEPOINT before
--;
SELECT note FROM orders WHERE id = 33
