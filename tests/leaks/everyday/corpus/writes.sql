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

--- upsert of a counter
INSERT INTO crm.daily_stats (day, metric, value) VALUES ('2026-02-01', 'orders', 5) ON CONFLICT (day, metric) DO UPDATE SET value = crm.daily_stats.value + EXCLUDED.value RETURNING day, metric, value

--- upsert of many rows from a query
INSERT INTO crm.daily_stats AS d (day, metric, value) SELECT placed_at::date, 'revenue', sum(total) FROM orders GROUP BY 1 ON CONFLICT (day, metric) DO UPDATE SET value = EXCLUDED.value WHERE d.value IS DISTINCT FROM EXCLUDED.value

--- insert unless there
INSERT INTO crm.categories (id, parent_id, name) VALUES (8, 1, 'Books'), (2, 1, 'Hardware') ON CONFLICT DO NOTHING RETURNING id

--- a worker takes jobs
UPDATE crm.jobs SET state = 'running', locked_by = 'worker-1', locked_at = now(), attempts = attempts + 1
WHERE id IN (SELECT id FROM crm.jobs WHERE state = 'ready' AND queue = 'default' AND run_at <= now() ORDER BY run_at LIMIT 5 FOR UPDATE SKIP LOCKED) RETURNING id, payload

--- a worker takes one job with a WITH query
WITH next AS (SELECT id FROM crm.jobs WHERE state = 'ready' ORDER BY run_at FOR UPDATE SKIP LOCKED LIMIT 1)
UPDATE crm.jobs j SET state = 'running', attempts = j.attempts + 1 FROM next WHERE j.id = next.id RETURNING j.*

--- a job that failed
-- with: ["boom", "2"]
UPDATE crm.jobs SET state = CASE WHEN attempts >= 3 THEN 'failed' ELSE 'ready' END, last_error = $1, run_at = now() + (2 ^ attempts) * interval '1 minute' WHERE id = $2

--- old jobs removed in batches
WITH gone AS (DELETE FROM crm.jobs WHERE id IN (SELECT id FROM crm.jobs WHERE state = 'done' ORDER BY id LIMIT 10) RETURNING id, queue) SELECT queue, count(*) FROM gone GROUP BY queue ORDER BY 1

--- a job is put in
INSERT INTO crm.jobs (queue, payload) VALUES ('mail', jsonb_build_object('template', 'welcome', 'person', 42)) RETURNING queue, payload

--- batched soft delete
WITH batch AS (SELECT id FROM crm.people WHERE deleted_at IS NULL AND last_seen_at < '2026-01-10' ORDER BY id LIMIT 20)
UPDATE crm.people p SET deleted_at = now() FROM batch WHERE p.id = batch.id RETURNING p.id

--- several values by a list
UPDATE crm.people AS p SET title = v.title, score = v.score FROM (VALUES (1::bigint, 'CEO', 9.5), (2, 'CFO', 8.25)) AS v(id, title, score) WHERE p.id = v.id

--- arrays as parameters
-- with: ["{1,2,3}", "{a,b,c}"]
UPDATE crm.people p SET title = u.title FROM unnest($1::bigint[], $2::text[]) AS u(id, title) WHERE p.id = u.id RETURNING p.id, p.title

--- add a tag
UPDATE crm.people SET tags = array_append(tags, 'newsletter') WHERE id = 10 AND NOT ('newsletter' = ANY (tags)) RETURNING tags

--- change a document in place
UPDATE crm.people SET attributes = jsonb_set(attributes, '{utm,campaign}', '"spring"') || '{"checked": true}' WHERE id = 11 RETURNING attributes

--- a new person
-- covers: phone
INSERT INTO crm.people (account_id, first_name, last_name, email, phone) VALUES ('00000000-0000-4000-8000-000000000005', 'Nora', 'Newcomer', 'nora@example.org', '+442079412345') RETURNING first_name, full_name, phone

--- a new person, returned whole
-- covers: email email_lower
INSERT INTO crm.people (account_id, first_name, last_name, email) VALUES ('00000000-0000-4000-8000-000000000005', 'Otto', 'Newcomer', 'otto@example.org') RETURNING account_id, first_name, full_name, email, email_lower, tags, lock_version

--- a person put in or changed by number
INSERT INTO crm.people (id, account_id, first_name, last_name, email) VALUES (42, '00000000-0000-4000-8000-000000000003', 'Zoe', 'Zett', 'zoe@example.org') ON CONFLICT (id) DO UPDATE SET first_name = EXCLUDED.first_name, last_name = EXCLUDED.last_name, email = EXCLUDED.email, updated_at = now()

--- a person put in, or title refreshed
INSERT INTO crm.people (id, account_id, first_name, last_name, email, title) VALUES (42, '00000000-0000-4000-8000-000000000003', 'Zoe', 'Zett', 'zoe@example.org', 'CTO') ON CONFLICT (id) DO UPDATE SET title = EXCLUDED.title RETURNING id, title

--- optimistic locking
UPDATE crm.people SET title = 'Director', lock_version = 1 WHERE id = 12 AND lock_version = 0

--- merge of statistics
MERGE INTO crm.daily_stats d USING (SELECT date '2026-01-05' AS day, 'orders' AS metric, 9 AS value) s ON d.day = s.day AND d.metric = s.metric
WHEN MATCHED THEN UPDATE SET value = s.value WHEN NOT MATCHED THEN INSERT (day, metric, value) VALUES (s.day, s.metric, s.value)

--- an account's plan
UPDATE crm.accounts SET plan = 'business', settings = settings - 'flags', seats = seats + 10 WHERE slug = 'acct-4' RETURNING id, plan, seats

--- a new account
INSERT INTO crm.accounts (slug, name) VALUES ('acct-new', 'New Account') RETURNING slug, plan, seats

--- an event in a partition
INSERT INTO crm.events (person_id, name, props, at) VALUES (42, 'visit', '{"page": "/p/1"}', '2026-05-01') RETURNING name, props, at

--- events of a year removed for a person
DELETE FROM crm.events WHERE person_id = 42 AND at < '2025-06-01'

--- people counted into a table
INSERT INTO crm.daily_stats (day, metric, value) SELECT created_at::date, 'people', count(*) FROM crm.people GROUP BY 1

--- archive in one statement
WITH moved AS (DELETE FROM crm.jobs WHERE state = 'failed' RETURNING *) INSERT INTO crm.jobs (id, queue, payload, state) SELECT id, 'dead', payload, 'failed' FROM moved

--- a note for each person of an account
INSERT INTO crm.notes (person_id, author, body, kind) SELECT id, 'system', 'Price list sent', 'mail' FROM crm.people WHERE account_id = '00000000-0000-4000-8000-000000000003'

--- lines put in by COPY's twin
INSERT INTO crm.categories (id, parent_id, name) SELECT * FROM unnest(ARRAY[20, 21], ARRAY[1, 1], ARRAY['A', 'B'])

--- renumber positions
UPDATE crm.categories c SET position = n.rn FROM (SELECT id, row_number() OVER (PARTITION BY parent_id ORDER BY name) AS rn FROM crm.categories) n WHERE n.id = c.id AND c.position IS DISTINCT FROM n.rn

--- a card's expiry
UPDATE crm.cards SET exp_month = 12, exp_year = 2030 WHERE id = 3 RETURNING id, exp_month, exp_year

--- a card put in or renewed
INSERT INTO crm.cards (id, person_id, pan, brand, exp_month, exp_year) VALUES (900, 3, '4000000000000002', 'master', 1, 2031) ON CONFLICT (person_id, brand) DO UPDATE SET pan = EXCLUDED.pan, exp_year = EXCLUDED.exp_year RETURNING id

--- last seen from events
UPDATE crm.people p SET last_seen_at = e.last FROM (SELECT person_id, max(at) AS last FROM crm.events GROUP BY person_id) e WHERE e.person_id = p.id AND (p.last_seen_at IS NULL OR p.last_seen_at < e.last)
