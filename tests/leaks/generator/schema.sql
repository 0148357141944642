-- What generated statements are about. Which columns are labelled is in planted.py; everything else must be in the clear.
CREATE TYPE mood AS ENUM ('calm', 'glad', 'sour', 'wild');
CREATE DOMAIN code AS varchar(60);

CREATE TABLE teams (
    id     int PRIMARY KEY,
    title  text NOT NULL,
    budget numeric(10, 2) NOT NULL
);

CREATE TABLE people (
    id       int PRIMARY KEY,
    team     int NOT NULL REFERENCES teams,
    name     text NOT NULL,
    city     text,
    joined   date NOT NULL,
    active   boolean NOT NULL,
    email    text,
    phone    text,
    pin      int,
    salary   numeric(10, 2),
    birthday date,
    secret   jsonb,
    tags     text[],
    feeling  mood,
    badge    code,
    handle   varchar(40),
    grade    char(3),
    height   float8,
    steps    bigint,
    seen     timestamptz,
    member   boolean,
    mail_len int GENERATED ALWAYS AS (length(email)) STORED
);
CREATE INDEX ON people (lower(email));

CREATE TABLE accounts (
    id      int PRIMARY KEY,
    owner   int NOT NULL REFERENCES people,
    kind    text NOT NULL,
    opened  date NOT NULL,
    balance numeric(12, 2) NOT NULL,
    iban    text,
    ceiling int
);

CREATE TABLE visits (
    id     int NOT NULL,
    person int NOT NULL,
    day    date NOT NULL,
    what   text NOT NULL,
    place  text,
    score  int
) PARTITION BY RANGE (day);
CREATE TABLE visits_old PARTITION OF visits FOR VALUES FROM (MINVALUE) TO ('2025-01-01');
CREATE TABLE visits_new PARTITION OF visits FOR VALUES FROM ('2025-01-01') TO (MAXVALUE);

CREATE TABLE partners (since date NOT NULL) INHERITS (people);

CREATE VIEW contacts AS SELECT id, name, email AS contact, lower(phone) AS tel, team FROM people;
CREATE VIEW cards AS SELECT c.id, c.name, 'mail ' || c.contact AS card, t.title FROM contacts c JOIN teams t ON t.id = c.team;
CREATE VIEW well_paid AS SELECT id, name, team FROM people WHERE salary > 100;
CREATE VIEW team_pay AS SELECT team, count(*) AS heads, sum(salary) AS pay FROM people GROUP BY team;
CREATE VIEW streets AS SELECT DISTINCT city, team FROM people;
CREATE VIEW rich_accounts AS SELECT a.id, a.kind, a.balance, p.name FROM accounts a JOIN people p ON p.id = a.owner WHERE a.balance > 10;
CREATE MATERIALIZED VIEW snapshot AS SELECT id, team, email, city FROM people;

CREATE FUNCTION initials(word text) RETURNS text LANGUAGE sql IMMUTABLE RETURN upper(left(word, 1)) || '.';
CREATE FUNCTION pay_of(who int) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT salary FROM people WHERE id = who';
CREATE FUNCTION mails_of(which int) RETURNS SETOF text LANGUAGE sql STABLE AS 'SELECT email FROM people WHERE team = which ORDER BY id';
CREATE FUNCTION peek(who int) RETURNS text LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT phone FROM people WHERE id = who); END';
