-- What people at a help desk ask, by hand or through their ticket tool.

--- the latest customers
-- covers: email phone national_id street
SELECT * FROM customers ORDER BY created_at DESC, id LIMIT 10

--- one customer by number
-- covers: email phone
SELECT id, name, email, phone, city, country FROM customers WHERE id = 17

--- one customer by number, as a parameter
-- with: ["17"]
-- covers: email phone
SELECT id, name, email, phone, city, country FROM customers WHERE id = $1

--- who wrote from this address
-- covers: phone
SELECT id, name, phone FROM customers WHERE email = '«select email from customers where id = 42»'

--- who wrote from this address, as a parameter
-- with: ["«select email from customers where id = 42»"]
-- covers: email
SELECT id, name, email FROM customers WHERE email = $1

--- nobody has this address
SELECT id, name FROM customers WHERE email = 'nobody@nowhere.example'

--- orders of whoever wrote from this address
-- with: ["«select email from customers where id = 7»"]
SELECT o.id, o.status, o.placed_at, o.total
FROM orders o
JOIN customers c ON c.id = o.customer_id
WHERE c.email = $1
ORDER BY o.placed_at DESC

--- customers by name
-- covers: email
SELECT id, name, email FROM customers WHERE name ILIKE '%jan%' ORDER BY name, id

--- customers in a city, by page
-- covers: phone
SELECT id, name, phone, postcode FROM customers WHERE city = 'Gent' ORDER BY id LIMIT 5 OFFSET 5

--- customers after the last one seen
-- with: ["120"]
-- covers: email phone
SELECT id, name, email, phone FROM customers WHERE id > $1 ORDER BY id LIMIT 20

--- orders of one customer
SELECT id, status, placed_at, total, note FROM orders WHERE customer_id = 17 ORDER BY placed_at DESC

--- what is in one order
SELECT i.line, p.sku, p.name, i.quantity, i.price, i.quantity * i.price AS amount
FROM order_items i
JOIN products p ON p.id = i.product_id
WHERE i.order_id = 33
ORDER BY i.line

--- an order with whom to call about it
-- covers: email phone
SELECT o.id, o.status, o.total, c.name, c.email, c.phone
FROM orders o
JOIN customers c ON c.id = o.customer_id
WHERE o.id = 33

--- where to send a parcel
-- covers: street
SELECT o.id, c.name, c.street, c.postcode, c.city, c.country
FROM orders o
JOIN customers c ON c.id = o.customer_id
WHERE o.status = 'paid'
ORDER BY o.placed_at
LIMIT 20

--- how an order was paid
-- covers: card_number card_holder
SELECT p.id, p.card_number, p.card_holder, p.expires, p.amount, p.paid_at FROM payments p WHERE p.order_id = 33

--- payments of one customer
-- covers: card_number
SELECT o.id AS order_id, p.card_number, p.amount, p.paid_at
FROM payments p
JOIN orders o ON o.id = p.order_id
WHERE o.customer_id = 17
ORDER BY p.paid_at DESC

--- cards that expire this month
-- covers: card_holder
SELECT p.order_id, p.card_holder, p.expires FROM payments p WHERE p.expires = '03/27' ORDER BY p.id

--- open tickets, oldest first
-- scans: subject
SELECT t.id, t.subject, t.opened_at FROM support_tickets t WHERE t.open ORDER BY t.opened_at LIMIT 25

--- one ticket
-- scans: subject body
SELECT * FROM support_tickets WHERE id = 12

--- tickets with whoever opened them
-- covers: email
-- scans: subject
SELECT t.id, t.subject, c.name, c.email, t.open
FROM support_tickets t
JOIN customers c ON c.id = t.customer_id
WHERE t.open
ORDER BY t.id
LIMIT 15

--- tickets about refunds
SELECT id, customer_id, opened_at FROM support_tickets WHERE subject ILIKE '%refund%' OR body ILIKE '%refund%' ORDER BY id

--- tickets by the words in them
SELECT id, ts_rank(to_tsvector('english', body), q) AS rank
FROM support_tickets, plainto_tsquery('english', 'broken chair') AS q
WHERE to_tsvector('english', body) @@ q
ORDER BY rank DESC, id
LIMIT 10

--- how long tickets have been open, in days
SELECT id, (date '2026-07-01' - opened_at::date) AS days FROM support_tickets WHERE open ORDER BY days DESC, id LIMIT 10

--- customers with more than two open tickets
SELECT c.id, c.name, count(*) AS open_tickets
FROM support_tickets t
JOIN customers c ON c.id = t.customer_id
WHERE t.open
GROUP BY c.id
HAVING count(*) > 1
ORDER BY open_tickets DESC, c.id

--- does this customer have an order on its way
SELECT EXISTS (SELECT FROM orders WHERE customer_id = 17 AND status IN ('paid', 'shipped')) AS on_its_way

--- the last order of each customer with an open ticket
-- covers: phone
SELECT DISTINCT ON (c.id) c.id, c.name, c.phone, o.id AS order_id, o.status
FROM support_tickets t
JOIN customers c ON c.id = t.customer_id
JOIN orders o ON o.customer_id = c.id
WHERE t.open
ORDER BY c.id, o.placed_at DESC

--- a customer's card for a screen, everything at once
-- covers: email phone street
SELECT c.id, c.name, c.email, c.phone, c.street, c.postcode, c.city, o.orders, o.spent, t.tickets
FROM customers c
LEFT JOIN LATERAL (
  SELECT count(*) AS orders, coalesce(sum(total), 0) AS spent FROM orders WHERE customer_id = c.id
) o ON true
LEFT JOIN LATERAL (
  SELECT count(*) AS tickets FROM support_tickets WHERE customer_id = c.id AND open
) t ON true
WHERE c.id = 17

--- the same card from the view
-- covers: contact phone
SELECT * FROM customer_contacts WHERE id = 17

--- contacts of people in France, through the view
-- covers: contact
SELECT v.name, v.contact FROM customer_contacts v JOIN customers c USING (id) WHERE c.country = 'FR' ORDER BY v.id

--- orders as the overview shows them
SELECT * FROM order_overview WHERE country = 'NL' AND status = 'returned' ORDER BY placed_at DESC LIMIT 10

--- customers who have no order at all
-- covers: email
SELECT c.id, c.name, c.email FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL ORDER BY c.id

--- a greeting for a letter
-- covers: address
SELECT id, 'Dear ' || name || ',' AS greeting, street || ', ' || postcode || ' ' || city AS address
FROM customers WHERE id IN (3, 5, 8) ORDER BY id

--- the last four digits, as people read them out
-- covers: last_four
SELECT order_id, right(card_number, 4) AS last_four, expires FROM payments WHERE order_id = 33

--- a mailing list of those who agreed
-- covers: email
SELECT email, name FROM customers WHERE marketing AND country = 'BE' ORDER BY id

--- addresses of several customers at once
-- with: ["{1,2,3,5,8}"]
-- covers: email
SELECT id, email FROM customers WHERE id = ANY ($1::bigint[]) ORDER BY id

--- what the customer was told about the order
SELECT id, coalesce(note, 'no note') AS note, to_char(placed_at, 'DD Mon YYYY HH24:MI') AS placed FROM orders WHERE id = 33

--- orders as the phone system wants them, one JSON each
-- covers: card
SELECT json_build_object('id', o.id, 'status', o.status, 'caller', c.phone) AS card
FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id BETWEEN 30 AND 34 ORDER BY o.id

--- a person by number
-- covers: email email_lower phone ssn
SELECT * FROM crm.people WHERE id = 42

--- a person by address
-- with: ["«select email from crm.people where id = 42»"]
SELECT id, first_name, last_name, account_id, deleted_at IS NOT NULL AS deleted FROM crm.people WHERE email = $1

--- an order with its customer and payments
-- covers: card_number email phone
SELECT o.id, o.status, o.total, c.name, c.email, c.phone, p.amount, p.card_number, p.paid_at FROM orders o JOIN customers c ON c.id = o.customer_id LEFT JOIN payments p ON p.order_id = o.id WHERE o.id = 77

--- latest tickets with who wrote them
-- covers: email
SELECT t.id, t.subject, t.open, t.opened_at, c.name, c.email, count(*) OVER (PARTITION BY t.customer_id) AS tickets_of_customer FROM support_tickets t JOIN customers c ON c.id = t.customer_id WHERE t.open ORDER BY t.opened_at DESC, t.id LIMIT 25

--- notes of a person, body covered
-- covers: body
SELECT id, author, kind, pinned, body, created_at FROM crm.notes WHERE person_id = 42 ORDER BY pinned DESC, created_at DESC

--- notes with a preview
-- covers: chars preview
SELECT n.id, p.full_name, left(n.body, 40) || '…' AS preview, length(n.body) AS chars FROM crm.notes n JOIN crm.people p ON p.id = n.person_id ORDER BY n.created_at DESC LIMIT 10

--- what an order's customer ordered before
SELECT id, placed_at, status, total FROM orders WHERE customer_id = (SELECT customer_id FROM orders WHERE id = 77) AND id <> 77 ORDER BY placed_at DESC

--- search a customer by name
-- covers: email
SELECT id, name, city, country, email FROM customers WHERE name ILIKE '%an%' ORDER BY name, id LIMIT 20

--- search a person by beginning of the name
-- with: ["fam%"]
-- covers: email phone
SELECT id, full_name, email, phone FROM crm.people WHERE last_name ILIKE $1 AND deleted_at IS NULL ORDER BY last_name, first_name LIMIT 10

--- the customer of a ticket
-- covers: email national_id phone street
SELECT c.* FROM customers c JOIN support_tickets t ON t.customer_id = c.id WHERE t.id = 12

--- whether an address is known
-- with: ["«select email from customers where id = 5»"]
SELECT EXISTS (SELECT 1 FROM customers WHERE email = $1) AS known

--- how many orders somebody with this address has
SELECT count(o.id) AS orders, max(o.placed_at) AS last FROM customers c LEFT JOIN orders o ON o.customer_id = c.id WHERE c.email = '«select email from customers where id = 9»'

--- open tickets by age
SELECT CASE WHEN now() - opened_at < interval '1 day' THEN 'today' WHEN now() - opened_at < interval '7 days' THEN 'week' ELSE 'older' END AS age, count(*) FROM support_tickets WHERE open GROUP BY 1 ORDER BY 1

--- payments of an order, number covered
-- covers: card_holder card_number
SELECT id, amount, expires, card_number, card_holder FROM payments WHERE order_id IN (70, 71, 72) ORDER BY id

--- all about one customer as one document
-- covers: everything
SELECT json_build_object('customer', to_json(c), 'orders', (SELECT json_agg(o ORDER BY o.id) FROM orders o WHERE o.customer_id = c.id)) AS everything FROM customers c WHERE c.id = 17

--- who has a card that ends soon
-- covers: phone
SELECT p.id, p.full_name, p.phone, k.brand, k.exp_month, k.exp_year FROM crm.people p JOIN crm.cards k ON k.person_id = p.id WHERE (k.exp_year, k.exp_month) < (2028, 1) ORDER BY k.exp_year, k.exp_month, p.id LIMIT 20

--- is there a telephone number
-- covers: phone
SELECT id, full_name, phone IS NOT NULL AS has_phone, coalesce(phone, 'none') AS phone FROM crm.people WHERE account_id = '00000000-0000-4000-8000-000000000003' ORDER BY id

--- a refund's history
SELECT o.id, o.status, o.changed_at - o.placed_at AS took, o.note FROM orders o WHERE o.status IN ('returned', 'cancelled') AND o.changed_at >= '2025-01-01' ORDER BY o.changed_at DESC, o.id LIMIT 20

--- contacts of an account
-- covers: email phone
SELECT p.full_name, p.title, p.email, p.phone FROM crm.active_people ap JOIN crm.people p USING (id) JOIN crm.accounts a ON a.id = p.account_id WHERE a.slug = 'acct-3' ORDER BY p.last_name

--- the person with a lock on the row
-- covers: email
SELECT id, full_name, email FROM crm.people WHERE id = 42 FOR UPDATE

--- mark a note as pinned
UPDATE crm.notes SET pinned = true WHERE id = 12 RETURNING id, pinned

--- change a title
UPDATE crm.people SET title = 'Head of Purchasing', updated_at = now() WHERE id = 42 RETURNING id, title, lock_version

--- write a note
INSERT INTO crm.notes (person_id, author, body, kind) VALUES (42, 'agent1', 'Called about the delivery.', 'call') RETURNING person_id, kind

--- change somebody's address
UPDATE crm.people SET email = 'new.address@example.org' WHERE id = 42

--- change a telephone number and see it
-- with: ["+442079400042", "42"]
-- covers: phone
UPDATE crm.people SET phone = $1, lock_version = lock_version + 1 WHERE id = $2 RETURNING id, phone, lock_version

--- remove a person softly
UPDATE crm.people SET deleted_at = now() WHERE id = 43 AND deleted_at IS NULL RETURNING id, deleted_at IS NOT NULL AS gone

--- bring a person back
UPDATE crm.people SET deleted_at = NULL WHERE id = 44 RETURNING id

--- remove a note
DELETE FROM crm.notes WHERE id = 15 RETURNING id, person_id

--- remove a person
DELETE FROM crm.people WHERE id = 399 AND NOT EXISTS (SELECT 1 FROM crm.cards k WHERE k.person_id = 399)

--- move people to another account
UPDATE crm.people SET account_id = '00000000-0000-4000-8000-000000000002' WHERE account_id = '00000000-0000-4000-8000-000000000001' AND title = 'Buyer'
