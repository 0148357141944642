"""Pieces of the catalog look-ups that several of them share, with every name, operator and cast qualified."""


def qualified(text: str) -> str:
    """Qualify what the templates below write short: `=@` is pg_catalog's own `=`, `!text` is pg_catalog.text."""
    for operator in ("<>", "~*", "<", ">=", "=", "||", "+"):
        text = text.replace(f" {operator}@ ", f" OPERATOR(pg_catalog.{operator}) ")
    return text.replace("::#", '::pg_catalog."char"').replace("::!", "::pg_catalog.").replace("@", "pg_catalog.")


# The versions of every catalog row that decides what reading or writing relation `r.oid` does. CREATE OR REPLACE
# changes pg_rewrite and not always pg_class; a second trigger, policy or default changes only its own catalog.
# ANALYZE and VACUUM change pg_class in place and leave its xmin alone.
def _versions(table: str, owner: str, key: str) -> str:
    return (
        f"(SELECT @string_agg(@concat(w.{key}, ':', w.xmin), ',' ORDER BY w.{key}) FROM @{table} w"
        f" WHERE w.{owner} =@ r.oid)"
    )


_VERSIONS = ", '/', ".join(
    (
        "@concat((SELECT w.xmin FROM @pg_class w WHERE w.oid =@ r.oid)",
        _versions("pg_rewrite", "ev_class", "oid"),
        _versions("pg_trigger", "tgrelid", "oid"),
        _versions("pg_policy", "polrelid", "oid"),
        _versions("pg_attrdef", "adrelid", "oid"),
        _versions("pg_index", "indrelid", "indexrelid"),
        _versions("pg_inherits", "inhparent", "inhrelid") + ")",
    )
)
FINGERPRINT = qualified(_VERSIONS)

# Lower ids were made by initdb (FirstNormalObjectId): they are PostgreSQL's own.
OURS = "<@ 16384::!oid"
ALIEN = ">=@ 16384::!oid"

# Types of columns that are not PostgreSQL's own, with what they are made of; * for one whose parts are not followed.
_ALIEN_TYPES = f"""(SELECT @string_agg(DISTINCT @concat_ws(' ', t.oid, t.typelem, t.typbasetype,
  CASE WHEN t.typtype =@ ANY ('{{c,r,m,d}}'::#[]) OR e.typtype =@ ANY ('{{c,r,m,d}}'::#[])
       THEN '*' END), ' ')
  FROM @pg_attribute a JOIN @pg_type t ON t.oid =@ a.atttypid LEFT JOIN @pg_type e ON e.oid =@ t.typelem
  WHERE a.attrelid =@ c.oid AND a.attnum >=@ 1::!int2 AND NOT a.attisdropped AND a.atttypid {ALIEN})"""

# Every branch answers twelve texts: tag, whose it is, how it was reached, then the thing itself.
RELATION = f"""c.oid::!text, n.nspname::!text, c.relname::!text, c.relkind::!text, c.relpersistence::!text,
  @concat_ws(',', CASE WHEN c.relhasrules THEN 'rules' END, CASE WHEN c.relhastriggers THEN 'triggers' END,
    CASE WHEN c.relrowsecurity THEN 'policies' END, CASE WHEN c.relhassubclass THEN 'children' END,
    CASE WHEN c.relispartition THEN 'partition' END,
    CASE WHEN c.reloptions::!text ~*@ 'security_invoker=(true|on|1|yes)' THEN 'invoker' END),
  c.xmin::!text, @concat_ws(' ', c.reltype, {_ALIEN_TYPES}),
  (SELECT {_VERSIONS} FROM (SELECT c.oid) AS r(oid))"""
ROUTINE = """p.oid::!text, n.nspname::!text, p.proname::!text, p.prokind::!text, p.provolatile::!text,
  @concat_ws(',', CASE WHEN p.prosecdef THEN 'definer' END, CASE WHEN EXISTS (SELECT FROM @pg_depend x
    WHERE x.classid =@ 'pg_catalog.pg_proc'::!regclass::!oid AND x.objid =@ p.oid AND x.deptype =@ 'e'::#)
    THEN 'extension' END), p.xmin::!text, {operands}, @concat_ws(' ', p.pronargs,
  p.pronargdefaults, p.provariadic)"""
NAMESPACE = "JOIN @pg_namespace n ON n.oid =@ {}"
