"""Pieces of the catalog look-ups that several of them share, with every name, operator and cast qualified."""

# ruff: noqa: S608 - the pieces put together are constants of this room; values are parameters


def qualified(text: str) -> str:
    """Qualify what the templates below write short: `=@` is pg_catalog's own `=`, `!text` is pg_catalog.text."""
    for operator in ("<>", "~*", "<", ">=", "=", "||", "+"):
        text = text.replace(f" {operator}@ ", f" OPERATOR(pg_catalog.{operator}) ")
    return text.replace("::#", '::pg_catalog."char"').replace("::!", "::pg_catalog.").replace("@", "pg_catalog.")


def _versions(table: str, where: str) -> str:
    return f"(SELECT @concat(@count(*), ' ', @sum(w.xmin::!text::!int8)) FROM @{table} w WHERE {where})"


def shape(row: str) -> str:
    """Return the expression that says of a pg_class row what decides what using the relation does.

    Not the row's xmin: TRUNCATE, CLUSTER, REFRESH and GRANT write the row anew, and the relation is what it was.
    """
    return f"""@concat_ws(' ', {row}.relkind, {row}.relnatts, {row}.relhasrules, {row}.relhastriggers,
  {row}.relrowsecurity, {row}.relhassubclass, {row}.relispartition,
  CASE WHEN {row}.relkind =@ 'v'::# THEN {row}.reloptions END)"""


def fingerprint(oid: str, *, triggers: bool = True, rules: bool = True) -> str:
    """Return the expression that stands for all catalog rows which decide what using relation `oid` does.

    Defaults, checks, indexes, policies, children, triggers and rules (a view is one) cannot be made, replaced or
    dropped without a row of pg_depend on the relation coming or going; triggers and rules can be switched on and off
    without. So one index scan, and two more where pg_class says there is something to find, see every change. The
    number of rows and the sum of the transactions that wrote them are enough: whatever replaces a row comes from a
    later transaction than all that were judged.

    Without `triggers` or `rules` the expression equals the whole one for relations whose pg_class row says that there
    are none; its shape tells when that changes.
    """
    depending = "w.refclassid =@ 'pg_catalog.pg_class'::!regclass::!oid AND w.refobjid =@ k.oid"
    has_triggers = f"CASE WHEN k.relhastriggers THEN {_versions('pg_trigger', 'w.tgrelid =@ k.oid')} END"
    has_rules = f"CASE WHEN k.relhasrules THEN {_versions('pg_rewrite', 'w.ev_class =@ k.oid')} END"
    return f"""(SELECT @concat({shape("k")}, '/', {_versions("pg_depend", depending)}, '/',
  {has_triggers if triggers else "''"}, '/', {has_rules if rules else "''"}) FROM @pg_class k WHERE k.oid =@ {oid})"""


# What stands for all rows of a relation's columns: renaming one, or making another type of it, changes it.
COLUMNS_VERSION = _versions("pg_attribute", "w.attrelid =@ {0} AND w.attnum >=@ 1::!int2")

# Lower ids were made by initdb (FirstNormalObjectId): they are PostgreSQL's own.
OURS = "<@ 16384::!oid"
ALIEN = ">=@ 16384::!oid"

# Types of columns that are not PostgreSQL's own, with what they are made of; * for one whose parts are not followed.
_ALIEN_TYPES = f"""(SELECT @string_agg(DISTINCT @concat_ws(' ', t.oid, t.typelem, t.typbasetype,
  CASE WHEN t.typtype =@ ANY ('{{c,r,m,d}}'::#[]) OR e.typtype =@ ANY ('{{c,r,m,d}}'::#[])
       THEN '*' END), ' ')
  FROM @pg_attribute a JOIN @pg_type t ON t.oid =@ a.atttypid LEFT JOIN @pg_type e ON e.oid =@ t.typelem
  WHERE a.attrelid =@ c.oid AND a.attnum >=@ 1::!int2 AND NOT a.attisdropped AND a.atttypid {ALIEN})"""

_FINGERPRINT = fingerprint("c.oid")
# Every branch answers twelve texts: tag, whose it is, how it was reached, then the thing itself.
RELATION = f"""c.oid::!text, n.nspname::!text, c.relname::!text, c.relkind::!text, c.relpersistence::!text,
  @concat_ws(',', CASE WHEN c.relhasrules THEN 'rules' END, CASE WHEN c.relhastriggers THEN 'triggers' END,
    CASE WHEN c.relrowsecurity THEN 'policies' END, CASE WHEN c.relhassubclass THEN 'children' END,
    CASE WHEN c.relispartition THEN 'partition' END,
    CASE WHEN c.reloptions::!text ~*@ 'security_invoker=(true|on|1|yes)' THEN 'invoker' END),
  {shape("c")}, @concat_ws(' ', c.reltype, {_ALIEN_TYPES}),
  {_FINGERPRINT}"""
ROUTINE = """p.oid::!text, n.nspname::!text, p.proname::!text, p.prokind::!text, p.provolatile::!text,
  @concat_ws(',', CASE WHEN p.prosecdef THEN 'definer' END, CASE WHEN EXISTS (SELECT FROM @pg_depend x
    WHERE x.classid =@ 'pg_catalog.pg_proc'::!regclass::!oid AND x.objid =@ p.oid AND x.deptype =@ 'e'::#)
    THEN 'extension' END), p.xmin::!text, {operands}, @concat_ws(' ', p.pronargs,
  p.pronargdefaults, p.provariadic)"""
NAMESPACE = "JOIN @pg_namespace n ON n.oid =@ {}"
