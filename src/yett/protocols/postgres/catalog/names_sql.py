"""The look-up that says what the names of a statement mean, all in one round trip."""

# ruff: noqa: S608 - the pieces put together are constants of this room; values are parameters

from yett.protocols.postgres.catalog.fragments import ALIEN, NAMESPACE, OURS, RELATION, ROUTINE, qualified

# $1 path, or NULL for the session's own; $2 kinds; $3 schemas, or NULLs; $4 names. Kinds: r relation, f function or a
# type used as one, o operator, t type, c casts that are not PostgreSQL's own, e event triggers (the names are ignored).
# A routine whose argument types PostgreSQL's own has too, in an earlier schema of the path, can never be meant (unless
# its arguments have names: `lower(x => 'A')` passes over pg_catalog's).
NAMES_SQL = qualified(f"""
WITH wanted AS MATERIALIZED (
  SELECT w.kind, w.nsp::!name AS nsp, w.name::!name AS name, w.ord FROM ROWS FROM
    (@unnest($2::!text[]), @unnest($3::!text[]), @unnest($4::!text[])) WITH ORDINALITY AS w(kind, nsp, name, ord)
), places AS MATERIALIZED (
  SELECT n.oid, p.rank FROM ROWS FROM (@unnest(COALESCE($1::!text[], @current_schemas(true)::!text[])))
    WITH ORDINALITY AS p(name, rank) JOIN @pg_namespace n ON n.nspname =@ p.name::!name
), sought AS MATERIALIZED (
  SELECT w.kind, w.name, w.ord, p.oid AS nsp, p.rank FROM wanted w CROSS JOIN places p WHERE w.nsp IS NULL
  UNION ALL
  SELECT w.kind, w.name, w.ord, n.oid, 0 FROM wanted w JOIN @pg_namespace n
    ON CASE WHEN w.nsp =@ 'pg_temp'::!name THEN n.oid =@ @pg_my_temp_schema() ELSE n.nspname =@ w.nsp END
)
(SELECT DISTINCT ON (s.ord) 'relation', s.ord::!text, '', {RELATION}
  FROM sought s JOIN @pg_class c ON c.relnamespace =@ s.nsp AND c.relname =@ s.name
  {NAMESPACE.format("c.relnamespace")} WHERE s.kind =@ 'r' ORDER BY s.ord, s.rank)
UNION ALL
SELECT DISTINCT 'builtin', s.ord::!text, '', '', '', '', '', '', '', '', '', ''
  FROM sought s JOIN @pg_proc p ON p.proname =@ s.name AND p.pronamespace =@ s.nsp
  WHERE s.kind =@ 'f' AND p.oid {OURS}
UNION ALL
SELECT 'routine', s.ord::!text, '', {ROUTINE.format(operands="p.proargtypes::!text")}
  FROM sought s JOIN @pg_proc p ON p.proname =@ s.name AND p.pronamespace =@ s.nsp
  {NAMESPACE.format("p.pronamespace")} WHERE s.kind =@ 'f' AND p.oid {ALIEN}
  AND NOT EXISTS (SELECT FROM sought b JOIN @pg_proc q ON q.pronamespace =@ b.nsp AND q.proname =@ p.proname
    WHERE b.ord =@ s.ord AND b.rank <@ s.rank AND q.oid {OURS} AND q.proargtypes =@ p.proargtypes
      AND q.provariadic =@ 0::!oid AND p.provariadic =@ 0::!oid AND p.pronargdefaults =@ 0::!int2
      AND p.proargnames IS NULL AND p.prokind =@ 'f'::#)
UNION ALL
SELECT 'routine', s.ord::!text, 'operator',
  {ROUTINE.format(operands="@concat_ws(' ', CASE WHEN o.oprleft <>@ 0::!oid THEN o.oprleft END, o.oprright)")}
  FROM sought s JOIN @pg_operator o ON o.oprname =@ s.name AND o.oprnamespace =@ s.nsp
  JOIN @pg_proc p ON p.oid =@ o.oprcode::!oid {NAMESPACE.format("p.pronamespace")}
  WHERE s.kind =@ 'o' AND o.oid {ALIEN}
  AND NOT EXISTS (SELECT FROM sought b JOIN @pg_operator q ON q.oprnamespace =@ b.nsp AND q.oprname =@ o.oprname
    WHERE b.ord =@ s.ord AND b.rank <@ s.rank AND q.oid {OURS} AND q.oprleft =@ o.oprleft AND q.oprright =@ o.oprright)
UNION ALL
(SELECT DISTINCT ON (s.ord) 'type', s.ord::!text, '', t.oid::!text, n.nspname::!text, t.typname::!text,
  t.typtype::!text, '', '', t.xmin::!text, @concat_ws(' ', t.oid, t.typelem, t.typbasetype), t.typrelid::!text
  FROM sought s JOIN @pg_type t ON t.typname =@ s.name AND t.typnamespace =@ s.nsp
  {NAMESPACE.format("t.typnamespace")} WHERE s.kind =@ 't' OR s.kind =@ 'f' ORDER BY s.ord, s.rank)
UNION ALL
SELECT 'routine', s.ord::!text, 'cast', {ROUTINE.format(operands="@concat_ws(' ', k.castsource, k.casttarget)")}
  FROM wanted s JOIN @pg_cast k ON k.castfunc {ALIEN} JOIN @pg_proc p ON p.oid =@ k.castfunc
  {NAMESPACE.format("p.pronamespace")} WHERE s.kind =@ 'c'
UNION ALL
SELECT 'routine', s.ord::!text, 'event trigger', {ROUTINE.format(operands="''")}
  FROM wanted s JOIN @pg_event_trigger e ON e.evtenabled <>@ 'D'::# AND e.evtevent <>@ 'login'::!name
  JOIN @pg_proc p ON p.oid =@ e.evtfoid {NAMESPACE.format("p.pronamespace")} WHERE s.kind =@ 'e'
""")
