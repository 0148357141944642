-- What is cheaper, or only right, once the rows are in.
CREATE TRIGGER orders_changed BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION note_change();
CREATE INDEX ON orders (customer_id);
CREATE INDEX ON orders (placed_at);
CREATE INDEX ON payments (order_id);
CREATE INDEX ON support_tickets (customer_id);
CREATE INDEX ON support_tickets (lower(subject));
COMMIT;
ANALYZE;
