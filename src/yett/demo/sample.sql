-- The quick start's sample: an order system, with the personal data and the secrets that such systems hold.
BEGIN;

CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped', 'delivered', 'returned', 'cancelled');

CREATE TABLE customers (
    id          bigint PRIMARY KEY,
    name        text NOT NULL,
    email       text NOT NULL UNIQUE,
    phone       text NOT NULL,
    country     char(2) NOT NULL,
    national_id text NOT NULL,
    born        date NOT NULL,
    street      text NOT NULL,
    postcode    text NOT NULL,
    city        text NOT NULL,
    marketing   boolean NOT NULL,
    created_at  timestamptz NOT NULL
);
COMMENT ON COLUMN customers.national_id IS 'as the customer''s country numbers its people';

CREATE TABLE products (
    id       integer PRIMARY KEY,
    sku      text NOT NULL UNIQUE,
    name     text NOT NULL,
    price    numeric(10, 2) NOT NULL CHECK (price > 0),
    stock    integer NOT NULL CHECK (stock >= 0),
    details  jsonb NOT NULL
);

CREATE TABLE orders (
    id          bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    status      order_status NOT NULL,
    placed_at   timestamptz NOT NULL,
    changed_at  timestamptz NOT NULL,
    total       numeric(12, 2) NOT NULL,
    note        text
);

CREATE TABLE order_items (
    order_id   bigint NOT NULL REFERENCES orders,
    line       smallint NOT NULL,
    product_id integer NOT NULL REFERENCES products,
    quantity   smallint NOT NULL CHECK (quantity > 0),
    price      numeric(10, 2) NOT NULL,
    PRIMARY KEY (order_id, line)
);

CREATE TABLE payments (
    id          bigint PRIMARY KEY,
    order_id    bigint NOT NULL REFERENCES orders,
    card_number text NOT NULL,
    card_holder text NOT NULL,
    expires     text NOT NULL,
    amount      numeric(12, 2) NOT NULL,
    paid_at     timestamptz NOT NULL
);

CREATE TABLE support_tickets (
    id          bigint PRIMARY KEY,
    customer_id bigint NOT NULL REFERENCES customers,
    subject     text NOT NULL,
    body        text NOT NULL,
    open        boolean NOT NULL,
    opened_at   timestamptz NOT NULL
);

-- What the sample's policy says nothing about, so that nobody reaches it through the gate.
CREATE SCHEMA hr;

CREATE TABLE hr.employees (
    id          integer PRIMARY KEY,
    name        text NOT NULL,
    email       text NOT NULL,
    title       text NOT NULL,
    national_id text NOT NULL,
    iban        text NOT NULL
);

CREATE TABLE hr.payroll (
    employee_id integer NOT NULL REFERENCES hr.employees,
    month       date NOT NULL,
    gross       numeric(10, 2) NOT NULL,
    net         numeric(10, 2) NOT NULL,
    PRIMARY KEY (employee_id, month)
);

CREATE VIEW order_overview AS
    SELECT o.id, o.status, o.placed_at, o.total, c.name AS customer, c.country
    FROM orders o JOIN customers c ON c.id = o.customer_id;

CREATE VIEW customer_contacts AS
    SELECT id, name, email AS contact, phone FROM customers;

CREATE VIEW revenue_by_country AS
    SELECT c.country, date_trunc('month', o.placed_at) AS month, count(*) AS orders, sum(o.total) AS revenue
    FROM orders o JOIN customers c ON c.id = o.customer_id
    WHERE o.status NOT IN ('returned', 'cancelled')
    GROUP BY 1, 2;

CREATE FUNCTION customer_value(customer bigint) RETURNS numeric
LANGUAGE sql STABLE
RETURN (SELECT coalesce(sum(total), 0) FROM orders WHERE customer_id = customer AND status <> 'cancelled');

CREATE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.changed_at := now();
    RETURN NEW;
END
$$;
