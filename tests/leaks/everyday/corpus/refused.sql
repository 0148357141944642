-- What people do want, and what is refused by design: each would tell something of a labelled value, or is not permitted.

--- search by a piece of the address
-- refused: filter: each answer tells whether the piece occurs; use = with the whole address
SELECT id, name FROM customers WHERE email LIKE '%@example.org'

--- search by a piece of a telephone number
-- refused: filter: pieces of a number can be guessed one digit at a time
SELECT id, name FROM customers WHERE phone LIKE '+32%'

--- the whole telephone number
-- refused: match: permitted on the address only
SELECT id, name FROM customers WHERE phone = '+32470000000'

--- the address in any spelling
-- refused: filter: only the bare column can be matched
SELECT id, name FROM customers WHERE lower(email) = 'someone@example.org'

--- the most frequent mail hosts
-- refused: filter: groups show which values are alike
SELECT split_part(email, '@', 2) AS host, count(*) FROM customers GROUP BY 1 ORDER BY 2 DESC

--- customers ordered by their address
-- refused: filter: an order tells how values compare
SELECT id, name FROM customers ORDER BY email

--- customers with the same telephone number
-- refused: filter: a join shows which values are alike
SELECT a.id, b.id FROM customers a JOIN customers b ON a.phone = b.phone AND a.id < b.id

--- cards that were used more than once
-- refused: filter: groups show which values are alike
SELECT count(*), min(order_id) FROM payments GROUP BY card_number HAVING count(*) > 1

--- who holds this card
-- refused: filter: not even equality is permitted on cards
SELECT order_id FROM payments WHERE card_number = '4111111111111111'

--- staff
-- refused: read: hr is not theirs
SELECT name, email FROM hr.employees

--- salaries
-- refused: read: hr is not theirs
SELECT avg(gross) FROM hr.payroll

--- a customer's new address
-- refused: write: customers are changed elsewhere
UPDATE customers SET phone = '+32470000000' WHERE id = 17

--- an address noted where anybody can read it
-- refused: unmask: the note has no label, so the address would be in the clear
UPDATE orders o SET note = c.email FROM customers c WHERE c.id = o.customer_id AND o.id = 33

--- a table of one's own
-- refused: define: not permitted
CREATE TABLE my_customers AS SELECT id, email FROM customers

--- statistics of columns
-- refused: shared_role: what columns hold stands there, of every table; ask the table itself
SELECT attname, n_distinct, null_frac, avg_width FROM pg_stats WHERE schemaname = 'public' AND tablename = 'orders' ORDER BY attname

--- frequent values of a column
-- refused: shared_role: what columns hold stands there, of every table; ask the table itself
SELECT attname, most_common_vals FROM pg_stats WHERE schemaname = 'public' AND tablename = 'orders' AND attname = 'status'

--- locks that wait
-- refused: shared_role: what other sessions do
SELECT count(*) >= 0 FROM pg_locks WHERE NOT granted

--- own sessions
-- refused: shared_role: what other sessions ask
SELECT count(*) >= 1 AS some FROM pg_stat_activity WHERE datname = current_database()

--- providers of customers, in an order that leaves some equal
-- refused: filter: what does not fit into memory is sorted in another order; end ORDER BY with the key
SELECT name, CASE WHEN email LIKE '%@post.example' THEN 'post' ELSE 'other' END AS provider FROM customers ORDER BY name

--- parts of addresses, in an order that leaves some equal
-- refused: filter: as above
SELECT name, split_part(email, '@', 2) AS host FROM customers ORDER BY country
