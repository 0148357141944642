-- The place that the leak corpus attacks: an order system whose labelled columns hold planted secrets.
-- Everything is made by the role that the gate signs in as, so that nothing but the gate stands in the way.
CREATE TYPE tier AS ENUM ('bronze', 'silver', 'gold', 'platinum');
CREATE TYPE order_status AS ENUM ('placed', 'paid', 'shipped', 'delivered', 'returned', 'cancelled');
CREATE TYPE credential AS (login text, number bigint);
CREATE DOMAIN codename AS text CHECK (length(VALUE) > 2);

CREATE TABLE customers (
    id          integer PRIMARY KEY,
    name        text NOT NULL,
    country     char(2) NOT NULL,
    city        text NOT NULL,
    marketing   boolean NOT NULL,
    created_at  timestamptz NOT NULL,
    balance     numeric(12, 2) NOT NULL,
    email       text NOT NULL UNIQUE,
    phone       text NOT NULL,
    ssn         text NOT NULL,
    secret_code text NOT NULL,
    pin         integer NOT NULL,
    born        date NOT NULL,
    profile     jsonb NOT NULL,
    token       bytea NOT NULL,
    tier        tier NOT NULL,
    shout       text GENERATED ALWAYS AS (upper(secret_code)) STORED
);

CREATE TABLE products (
    id      integer PRIMARY KEY,
    sku     text NOT NULL UNIQUE,
    name    text NOT NULL,
    price   numeric(10, 2) NOT NULL CHECK (price > 0),
    stock   integer NOT NULL CHECK (stock >= 0),
    details jsonb NOT NULL
);

CREATE TABLE orders (
    id          integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers,
    status      order_status NOT NULL,
    placed_at   timestamptz NOT NULL,
    total       numeric(12, 2) NOT NULL,
    note        text
);

CREATE TABLE order_items (
    order_id   integer NOT NULL REFERENCES orders,
    line       smallint NOT NULL,
    product_id integer NOT NULL REFERENCES products,
    quantity   smallint NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, line)
);

CREATE TABLE payments (
    id          integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers,
    order_id    integer NOT NULL REFERENCES orders,
    amount      numeric(12, 2) NOT NULL,
    paid_at     timestamptz NOT NULL,
    card_number text NOT NULL,
    iban        text NOT NULL
);

CREATE TABLE tickets (
    id          integer PRIMARY KEY,
    customer_id integer NOT NULL REFERENCES customers,
    subject     text NOT NULL,
    body        text NOT NULL,
    open        boolean NOT NULL,
    opened_at   timestamptz NOT NULL,
    notes       text NOT NULL
);

-- One code is far more frequent than the others, so that statistics know it.
CREATE TABLE badges (id integer PRIMARY KEY, door text NOT NULL, code text NOT NULL);

-- A small domain behind a unique constraint, and a table that refers to it.
CREATE TABLE lockers (code integer PRIMARY KEY, hall text NOT NULL);
CREATE TABLE vouchers (id integer PRIMARY KEY, locker integer REFERENCES lockers);

-- Keys, a check and an index that look at labelled columns and at others, which a writer may change.
CREATE TABLE wards (code text PRIMARY KEY, floor integer NOT NULL);
CREATE TABLE stays (
    id integer PRIMARY KEY, ward text NOT NULL REFERENCES wards ON UPDATE CASCADE, paid integer NOT NULL,
    worth integer NOT NULL, shift integer NOT NULL, CHECK (paid < worth)
);
CREATE UNIQUE INDEX stays_once ON stays (ward) WHERE shift = 0;
CREATE TABLE visits (id integer PRIMARY KEY, ward text REFERENCES wards ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE stays_left (CHECK (paid < worth)) INHERITS (stays);
-- A key without a label, by which a change goes on into a table with one.
CREATE TABLE rooms (code text PRIMARY KEY);
CREATE TABLE guests (
    id integer PRIMARY KEY, room text NOT NULL REFERENCES rooms ON DELETE SET NULL ON UPDATE CASCADE, word text NOT NULL,
    CHECK (room <> 'none'), CHECK (room LIKE 'r%' OR room >= word)
);
-- Keys that are put there one by one: each locks the row that it is a key to.
CREATE TABLE desks (code text PRIMARY KEY);
CREATE TABLE bookings (id integer PRIMARY KEY, desk text REFERENCES desks);
-- What is checked at the end of a transaction only.
CREATE TABLE dues (
    id integer PRIMARY KEY, n integer NOT NULL, word text NOT NULL, UNIQUE (n, word) DEFERRABLE INITIALLY DEFERRED
);
-- Rows that a policy chooses by a labelled column and a setting.
CREATE TABLE kept (id integer PRIMARY KEY, word text NOT NULL);
ALTER TABLE kept ENABLE ROW LEVEL SECURITY;
CREATE POLICY kept_rows ON kept USING (word < coalesce(current_setting('app.bound', true), '~'));
-- What is generated of a labelled column and of others: it may fail, be checked, or have to be there.
CREATE TABLE meters (
    id integer PRIMARY KEY, word text NOT NULL,
    place integer NOT NULL DEFAULT 1, code integer NOT NULL DEFAULT 0,
    quotient integer GENERATED ALWAYS AS (1 / (ascii(substr(word, place, 1)) - code)) STORED,
    bound text NOT NULL DEFAULT '~', below boolean GENERATED ALWAYS AS (word <= bound) STORED CHECK (below),
    upto text NOT NULL DEFAULT '~', there boolean GENERATED ALWAYS AS (CASE WHEN word <= upto THEN true END) STORED NOT NULL
);
-- Rows that find their partition by a labelled column and another, in one level or in two.
CREATE TABLE zones (id integer NOT NULL, region text NOT NULL, word text NOT NULL) PARTITION BY RANGE (region, word);
CREATE TABLE zones_home PARTITION OF zones FOR VALUES FROM ('-', MINVALUE) TO ('-', MAXVALUE);
CREATE TABLE zones_low PARTITION OF zones FOR VALUES FROM ('j', MINVALUE) TO ('j', 'kz');
CREATE TABLE zones_high PARTITION OF zones FOR VALUES FROM ('v', MINVALUE) TO ('v', 'vz');
CREATE TABLE levels (id integer NOT NULL, region text NOT NULL, kind text NOT NULL) PARTITION BY LIST (region);
CREATE TABLE levels_home PARTITION OF levels FOR VALUES IN ('home');
CREATE TABLE levels_away PARTITION OF levels DEFAULT PARTITION BY LIST (kind);
CREATE TABLE levels_gold PARTITION OF levels_away FOR VALUES IN ('gold');
-- A key that only one partition has.
CREATE TABLE splits (id integer NOT NULL, kind text NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE splits_one PARTITION OF splits FOR VALUES FROM (1) TO (2);
CREATE TABLE splits_more PARTITION OF splits DEFAULT;
CREATE UNIQUE INDEX splits_once ON splits_more (id, kind);
-- What looks at a whole row, naming none of its columns.
CREATE TABLE deeds (
    id integer PRIMARY KEY, word text NOT NULL, bound text NOT NULL, CHECK ((to_jsonb(deeds) ->> 'word') <= bound)
);
CREATE TABLE wills (id integer PRIMARY KEY, word text NOT NULL);
ALTER TABLE wills ENABLE ROW LEVEL SECURITY;
CREATE POLICY wills_rows ON wills
    USING ((to_jsonb(wills) ->> 'word') <= coalesce(current_setting('app.will', true), '~'));
-- Rows that a policy lets in by a labelled column of another table.
CREATE TABLE claims (id integer, bound text NOT NULL);
ALTER TABLE claims ENABLE ROW LEVEL SECURITY;
CREATE POLICY claims_seen ON claims FOR SELECT USING (true);
CREATE POLICY claims_made ON claims FOR INSERT
    WITH CHECK (EXISTS (SELECT FROM customers c WHERE c.id = 7 AND c.secret_code <= bound));
-- PostgreSQL's own trigger, which leaves out what changes nothing: always, or by a labelled column.
CREATE TABLE stills (id integer PRIMARY KEY, kind text NOT NULL);
CREATE TRIGGER stills_kept BEFORE UPDATE ON stills
    FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE TABLE stirs (id integer PRIMARY KEY, word text NOT NULL, bound text NOT NULL);
CREATE TRIGGER stirs_kept BEFORE UPDATE ON stirs FOR EACH ROW WHEN (NEW.bound >= OLD.word)
    EXECUTE FUNCTION suppress_redundant_updates_trigger();
-- Long texts without a label, of which parts are kept apart.
CREATE TABLE books (id integer PRIMARY KEY, body text NOT NULL);
ALTER TABLE books ALTER body SET STORAGE EXTERNAL;
INSERT INTO books VALUES (1, repeat('x', 300000));
-- Words that need not be there, in an index of their own.
CREATE TABLE whispers (id integer PRIMARY KEY, word text);
CREATE INDEX whispers_word ON whispers (word);
CREATE VIEW stays_paid AS SELECT id, paid, shift FROM stays;

-- Rows that were put where they are by a labelled column.
CREATE TABLE folders (id integer NOT NULL, kind text NOT NULL, word text NOT NULL) PARTITION BY LIST (kind);
CREATE TABLE folders_plain PARTITION OF folders FOR VALUES IN ('bronze', 'silver');
CREATE TABLE folders_fine PARTITION OF folders FOR VALUES IN ('gold', 'platinum') PARTITION BY LIST (kind);
CREATE TABLE folders_gold PARTITION OF folders_fine FOR VALUES IN ('gold');
CREATE TABLE folders_rest PARTITION OF folders_fine DEFAULT;

CREATE TABLE events (id integer NOT NULL, day date NOT NULL, actor text NOT NULL) PARTITION BY RANGE (id);
CREATE TABLE events_low PARTITION OF events FOR VALUES FROM (0) TO (10);
CREATE TABLE events_high PARTITION OF events FOR VALUES FROM (10) TO (1000);

CREATE TABLE contacts (id integer NOT NULL, handle text NOT NULL);
CREATE TABLE vip_contacts (since date) INHERITS (contacts);

-- One labelled column of each type that can carry something.
CREATE TABLE vault (
    id integer PRIMARY KEY,
    plain_varchar varchar(40), padded char(16), identifier name, doc json, tree xml, words text[], twin credential, alias codename,
    nick citext, traits hstore, lexemes tsvector, badge uuid, home inet, mac macaddr, amount numeric, wide bigint, ratio double precision,
    span int8range, spans int8multirange, moment timestamptz, gap interval, bits bit varying, place point, path jsonpath, numbers integer[]
);

CREATE VIEW customer_contacts AS SELECT id, name, email AS contact, phone AS telephone, secret_code AS reference FROM customers;
CREATE VIEW contact_cards AS SELECT id, name || ' <' || contact || '>' AS card, reference FROM customer_contacts;
CREATE VIEW order_overview AS
    SELECT o.id, o.status, o.placed_at, o.total, c.name AS customer, c.country FROM orders o JOIN customers c ON c.id = o.customer_id;
CREATE MATERIALIZED VIEW code_archive AS SELECT id, secret_code AS archived, length(name) AS size FROM customers;
CREATE VIEW spending AS SELECT customer_id, sum(amount) AS spent, count(*) AS payments FROM payments GROUP BY customer_id;
CREATE VIEW platinum_customers AS SELECT id, name FROM customers WHERE tier = 'platinum';

CREATE FUNCTION code_of(customer integer) RETURNS text LANGUAGE sql STABLE
    RETURN (SELECT secret_code FROM customers WHERE id = customer);
CREATE FUNCTION codes() RETURNS SETOF text LANGUAGE plpgsql STABLE AS
    $$ BEGIN RETURN QUERY SELECT secret_code FROM customers ORDER BY id; END $$;

-- What anybody may write to; nothing here is labelled.
CREATE SEQUENCE scratch_seq;
CREATE TABLE scratch (
    id integer GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, body text, number bigint, doc jsonb, raw bytea, list text[]
);
CREATE TABLE scratch_unique (k text PRIMARY KEY, v text);
CREATE TABLE scratch_small (n integer PRIMARY KEY CHECK (n < 1000));
CREATE SCHEMA lab;

CREATE INDEX customers_tier ON customers (tier);
CREATE INDEX customers_code ON customers (lower(secret_code));
CREATE STATISTICS customers_together (mcv) ON country, tier FROM customers;
CREATE STATISTICS badges_together (mcv) ON door, code FROM badges;
